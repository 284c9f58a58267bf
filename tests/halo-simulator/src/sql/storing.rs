//! Stores a value in a variable or column that already has a type.

use super::SqlError;
use super::convert::{Val, convert, to_text, to_usize};
use super::types::Type;

/// Refuses conversions that SQL Server does only with CAST or CONVERT.
pub(crate) fn implicit(source: Type, target: Type) -> Result<(), SqlError> {
    let clashes = (source.is_newer_temporal() && target.is_number())
        || (source.is_number() && target.is_newer_temporal());
    if clashes {
        return Err(SqlError::clash(source.name(), target.name()));
    }
    let explicit = (source.is_text() && matches!(target, Type::Binary { .. }))
        || (matches!(source, Type::DateTime | Type::SmallDateTime) && target.is_number());
    if !explicit {
        return Ok(());
    }
    Err(SqlError::new(
        257,
        format!(
            "Implicit conversion from data type {} to {} is not allowed. Use the CONVERT function to \
             run this query.",
            source.name(),
            target.name()
        ),
    ))
}

/// The variable or column to store in, for error messages.
pub(crate) struct Target<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) not_null: bool,
    pub(crate) verb: &'a str,
}

/// Converts a value for storage. A value that does not fit is an error and is not cut.
pub(crate) fn store(
    value: Val,
    source: Type,
    target: Type,
    place: &Target<'_>,
) -> Result<Val, SqlError> {
    if matches!(value, Val::Null) {
        return if place.not_null {
            Err(SqlError::null_refused(place.column, place.table, place.verb))
        } else {
            Ok(Val::Null)
        };
    }
    let too_long = match (target, &value) {
        (Type::Text { length: Some(length), .. }, Val::Text(text)) if !source.is_temporal() => {
            text.trim_end_matches(' ').chars().count() > to_usize(length)
        }
        (Type::Binary { length: Some(length), .. }, Val::Blob(bytes)) => {
            bytes.len() > to_usize(length)
        }
        _ => false,
    };
    if too_long {
        let kept = convert(value, source, target, 0)?;
        let kept = to_text(&kept, target, 0)?;
        return Err(SqlError::new(
            2628,
            format!(
                "String or binary data would be truncated in table 'BPSPatients.dbo.{}', column \
                 '{}'. Truncated value: '{kept}'.",
                place.table, place.column
            ),
        ));
    }
    convert(value, source, target, 0)
}
