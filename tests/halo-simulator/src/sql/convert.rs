//! CAST, CONVERT, and the implicit conversions when a value is stored.

use jiff::civil::{DateTime, Time};
pub(crate) use rusqlite::types::Value as Val;

use super::SqlError;
use super::bytes::{ansi, from_ansi, hex, text_bytes, unhex};
use super::dates::{self, Order, Unreadable};
use super::types::Type;

/// Converts as `CONVERT(target, value, style)` does.
pub(crate) fn convert(value: Val, source: Type, target: Type, style: i64) -> Result<Val, SqlError> {
    if matches!(value, Val::Null) {
        return Ok(Val::Null);
    }
    match target {
        Type::Unknown => Ok(value),
        Type::Bit | Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
            integer(&value, source, target)
        }
        Type::Decimal { .. } | Type::Money | Type::Float | Type::Real => {
            number(&value, source, target)
        }
        Type::Text { unicode, fixed, length } => {
            let text = to_text(&value, source, style)?;
            let text = if unicode { text } else { ansi(&text) };
            // A whole number that does not fit becomes a star, but only in these types.
            let starred = matches!(source, Type::TinyInt | Type::SmallInt | Type::Int) && !unicode;
            if let Some(length) = length
                && starred
                && text.chars().count() > to_usize(length)
            {
                return Ok(Val::Text(fit("*".to_owned(), fixed, Some(length))));
            }
            if let Some(length) = length
                && !source.is_text()
                && source != Type::Unknown
                && source.is_number()
                && text.chars().count() > to_usize(length)
            {
                return Err(SqlError::new(
                    8115,
                    format!(
                        "Arithmetic overflow error converting expression to data type {}.",
                        target.name()
                    ),
                ));
            }
            Ok(Val::Text(fit(text, fixed, length)))
        }
        Type::Json | Type::Xml => Ok(Val::Text(to_text(&value, source, style)?)),
        Type::Date
        | Type::Time
        | Type::DateTime
        | Type::SmallDateTime
        | Type::DateTime2
        | Type::DateTimeOffset => temporal(&value, source, target, style),
        Type::Binary { fixed, length } => binary(value, source, fixed, length, style),
        Type::Uuid => uuid(&value, source),
    }
}

pub(super) fn to_usize(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// Cuts the text to the length, and pads fixed types with blanks.
fn fit(mut text: String, fixed: bool, length: Option<u32>) -> String {
    if let Some(length) = length.map(to_usize) {
        if let Some((at, _)) = text.char_indices().nth(length) {
            text.truncate(at);
        }
        if fixed {
            let missing = length - text.chars().count().min(length);
            text.extend(std::iter::repeat_n(' ', missing));
        }
    }
    text
}

fn failed(value: &str, source: Type, target: Type) -> SqlError {
    let source = if source.is_text() { source.name() } else { "varchar" };
    match target {
        Type::BigInt | Type::Decimal { .. } | Type::Money | Type::Float | Type::Real => {
            SqlError::new(
                8114,
                format!("Error converting data type {source} to {}.", target.name()),
            )
        }
        _ => SqlError::new(
            245,
            format!(
                "Conversion failed when converting the {source} value '{value}' to data type {}.",
                target.name()
            ),
        ),
    }
}

fn integer(value: &Val, source: Type, target: Type) -> Result<Val, SqlError> {
    let number = match value {
        Val::Integer(number) => *number,
        Val::Real(number) => truncated(*number),
        Val::Text(text) if source.is_temporal() => {
            let moment = dates::parse(text, Order::MonthFirst).ok_or_else(not_a_date)?;
            days_since_base(moment)
        }
        Val::Text(text) => {
            let trimmed = text.trim();
            match trimmed.to_ascii_lowercase().as_str() {
                "" => 0,
                "true" if target == Type::Bit => 1,
                "false" if target == Type::Bit => 0,
                digits => digits.parse().map_err(|_| failed(text, source, target))?,
            }
        }
        Val::Blob(bytes) => bytes.iter().fold(0, |sum: i64, byte| (sum << 8) | i64::from(*byte)),
        Val::Null => return Ok(Val::Null),
    };
    let range = match target {
        Type::Bit => return Ok(Val::Integer(i64::from(number != 0))),
        Type::TinyInt => 0..=255,
        Type::SmallInt => i64::from(i16::MIN)..=i64::from(i16::MAX),
        Type::Int => i64::from(i32::MIN)..=i64::from(i32::MAX),
        _ => i64::MIN..=i64::MAX,
    };
    if range.contains(&number) {
        return Ok(Val::Integer(number));
    }
    Err(match value {
        Val::Text(text) => SqlError::new(
            248,
            format!(
                "The conversion of the varchar value '{text}' overflowed an {} column.",
                target.name()
            ),
        ),
        _ if matches!(target, Type::TinyInt | Type::SmallInt) => SqlError::new(
            220,
            format!("Arithmetic overflow error for data type {}, value = {number}.", target.name()),
        ),
        _ => SqlError::new(
            8115,
            format!(
                "Arithmetic overflow error converting expression to data type {}.",
                target.name()
            ),
        ),
    })
}

pub(crate) fn truncated(number: f64) -> i64 {
    number as i64
}

pub(crate) fn to_float(number: i64) -> f64 {
    number as f64
}

fn number(value: &Val, source: Type, target: Type) -> Result<Val, SqlError> {
    let number = match value {
        Val::Integer(number) => to_float(*number),
        Val::Real(number) => *number,
        Val::Text(text) => {
            let trimmed = text.trim();
            let digits = if target == Type::Money {
                trimmed.trim_start_matches('$').replace(',', "")
            } else {
                trimmed.to_owned()
            };
            digits.parse().map_err(|_| failed(text, source, target))?
        }
        Val::Blob(_) => return Err(failed("", source, target)),
        Val::Null => return Ok(Val::Null),
    };
    Ok(Val::Real(match target {
        Type::Decimal { precision, scale } => {
            if number.abs() >= 10_f64.powi(i32::from(precision) - i32::from(scale)) {
                return Err(SqlError::new(
                    8115,
                    "Arithmetic overflow error converting expression to data type numeric.",
                ));
            }
            round(number, i32::from(scale))
        }
        Type::Money => round(number, 4),
        _ => number,
    }))
}

/// Rounds half away from zero, as SQL Server rounds decimals.
pub(crate) fn round(number: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    // The small addition makes 2.675 round up, although its binary value is slightly less.
    let scaled = number * factor;
    (scaled + scaled.signum() * scaled.abs() * f64::EPSILON).round() / factor
}

/// The text of a number of this type.
pub(crate) fn number_text(number: f64, source: Type) -> String {
    match source {
        Type::Decimal { scale, .. } => format!("{number:.*}", usize::from(scale)),
        Type::Money => format!("{number:.2}"),
        _ => {
            let six = format!("{number:.5e}");
            let rounded: f64 = six.parse().unwrap_or(number);
            rounded.to_string()
        }
    }
}

pub(crate) fn to_text(value: &Val, source: Type, style: i64) -> Result<String, SqlError> {
    Ok(match value {
        Val::Null => String::new(),
        Val::Integer(number) => number.to_string(),
        Val::Real(number) => number_text(*number, source),
        Val::Text(text) if source.is_temporal() => {
            let moment = dates::parse(text, Order::MonthFirst).ok_or_else(not_a_date)?;
            let style = match (source, style) {
                (Type::DateTime | Type::SmallDateTime, style) => style,
                (_, 0) => 121,
                (_, style) => style,
            };
            if source == Type::Time {
                return Ok(dates::iso_time(moment.time()));
            }
            dates::styled(moment, style, source == Type::Date).ok_or_else(|| {
                SqlError::new(
                    281,
                    format!(
                        "{style} is not a valid style number when converting from {} to a character string.",
                        source.name()
                    ),
                )
            })?
        }
        Val::Text(text) => text.clone(),
        Val::Blob(bytes) if style == 1 => format!("0x{}", hex(bytes)),
        Val::Blob(bytes) if style == 2 => hex(bytes),
        Val::Blob(bytes) => bytes.iter().map(|&byte| from_ansi(byte)).collect(),
    })
}

pub(crate) fn not_a_date() -> SqlError {
    SqlError::new(241, "Conversion failed when converting date and/or time from character string.")
}

fn days_since_base(moment: DateTime) -> i64 {
    i64::from(moment.date().since(dates::base()).map_or(0, |span| span.get_days()))
}

/// Reads a value as a date and time. Numbers are days since 1900.
pub(crate) fn moment(value: &Val, style: i64) -> Result<Option<DateTime>, SqlError> {
    match value {
        Val::Null => Ok(None),
        Val::Text(text) => {
            dates::parse(text, Order::of_style(style)).map(Some).ok_or_else(not_a_date)
        }
        Val::Integer(days) => add_days(to_float(*days)).map(Some),
        Val::Real(days) => add_days(*days).map(Some),
        Val::Blob(_) => Err(not_a_date()),
    }
}

fn add_days(days: f64) -> Result<DateTime, SqlError> {
    let millis = truncated((days * 86_400_000.0).round());
    dates::base()
        .to_datetime(Time::midnight())
        .checked_add(jiff::Span::new().milliseconds(millis))
        .map_err(|_| {
            SqlError::new(
                8115,
                "Arithmetic overflow error converting expression to data type datetime.",
            )
        })
}

/// Writes a date and time as a value of the type.
pub(crate) fn write_moment(moment: DateTime, target: Type) -> Val {
    Val::Text(match target {
        Type::Date => moment.date().to_string(),
        Type::Time => dates::iso_time(moment.time()),
        Type::DateTime2 | Type::DateTimeOffset => dates::iso(moment),
        Type::SmallDateTime => {
            dates::iso(moment.with().second(0).subsec_nanosecond(0).build().unwrap_or(moment))
        }
        _ => dates::iso(dates::round_datetime(moment)),
    })
}

fn temporal(value: &Val, source: Type, target: Type, style: i64) -> Result<Val, SqlError> {
    if matches!(value, Val::Integer(_) | Val::Real(_))
        && matches!(target, Type::Date | Type::DateTime2)
    {
        return Err(SqlError::new(
            529,
            format!("Explicit conversion from data type int to {} is not allowed.", target.name()),
        ));
    }
    let out_of_range = || {
        SqlError::new(
            242,
            format!(
                "The conversion of a varchar data type to a {} data type resulted in an out-of-range value.",
                target.name()
            ),
        )
    };
    let old = matches!(target, Type::DateTime | Type::SmallDateTime);
    let moment = match value {
        Val::Text(text) if source.is_text() => {
            let order = if style == 0 { dates::settings().order } else { Order::of_style(style) };
            dates::read(text, order, old).map_err(|problem| match problem {
                Unreadable::OutOfRange if old => out_of_range(),
                Unreadable::OutOfRange | Unreadable::NoDate => not_a_date(),
            })?
        }
        _ => match moment(value, if source.is_temporal() { 0 } else { style })? {
            Some(moment) => moment,
            None => return Ok(Val::Null),
        },
    };
    if old && moment.year() < 1753 {
        return Err(out_of_range());
    }
    Ok(write_moment(moment, target))
}

fn binary(
    value: Val,
    source: Type,
    fixed: bool,
    length: Option<u32>,
    style: i64,
) -> Result<Val, SqlError> {
    let mut bytes = match value {
        Val::Null => return Ok(Val::Null),
        Val::Blob(bytes) => bytes,
        Val::Text(text) if style == 1 || style == 2 => {
            let digits = if style == 1 { text.strip_prefix("0x") } else { Some(text.as_str()) };
            digits.and_then(unhex).ok_or_else(|| failed_binary(source))?
        }
        Val::Text(text) => text_bytes(&text, source),
        Val::Integer(number) => match source {
            Type::BigInt => number.to_be_bytes().to_vec(),
            Type::Bit | Type::TinyInt => vec![number.to_be_bytes()[7]],
            _ => number.to_be_bytes()[4..].to_vec(),
        },
        Val::Real(number) => number.to_be_bytes().to_vec(),
    };
    if let Some(length) = length.map(to_usize) {
        bytes.truncate(length);
        if fixed {
            bytes.resize(length, 0);
        }
    }
    Ok(Val::Blob(bytes))
}

fn failed_binary(source: Type) -> SqlError {
    SqlError::new(8114, format!("Error converting data type {} to varbinary.", source.name()))
}

fn uuid(value: &Val, source: Type) -> Result<Val, SqlError> {
    let text = to_text(value, source, 0)?;
    uuid::Uuid::parse_str(text.trim()).map(|id| Val::Text(id.to_string().to_uppercase())).map_err(
        |_| {
            SqlError::new(
                8169,
                "Conversion failed when converting from a character string to uniqueidentifier.",
            )
        },
    )
}
