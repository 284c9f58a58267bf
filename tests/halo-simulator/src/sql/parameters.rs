//! Converts Halo's parameters, which are text, to typed values and back.

use super::bytes;
use super::convert::{self, Val};
use super::types::Type;
use super::{CommandKind, Parameter, SqlError, Value};

fn refused(target: &str) -> SqlError {
    SqlError::new(0, format!("Failed to convert parameter value from a String to a {target}."))
}

/// The type and value of a parameter as ADO.NET would send them.
pub(crate) fn decode(parameter: &Parameter, kind: CommandKind) -> Result<(Type, Val), SqlError> {
    let sql_type = declared(parameter)?;
    let Some(text) = &parameter.value else { return Ok((sql_type, Val::Null)) };
    // For procedures Halo converts implicitly, which fails for large values. This defect is documented.
    if kind == CommandKind::StoredProcedure {
        let too_large = match sql_type {
            Type::Binary { .. } => {
                bytes::from_base64(text).map_or(text.len(), |bytes| bytes.len()) > 8_000
            }
            Type::Text { unicode: true, .. } => text.chars().count() > 4_000,
            _ => false,
        };
        if too_large {
            return Err(refused("Byte[]"));
        }
    }
    let value = Val::Text(text.clone());
    let trimmed = text.trim();
    let convert = |name: &str| {
        if trimmed.is_empty() {
            return Err(refused(name));
        }
        convert::convert(value.clone(), Type::Unknown, sql_type, 0).map_err(|_| refused(name))
    };
    let value = match sql_type {
        Type::Bit => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Val::Integer(1),
            "false" | "0" => Val::Integer(0),
            _ => return Err(refused("Boolean")),
        },
        Type::TinyInt => convert("Byte")?,
        Type::SmallInt => convert("Int16")?,
        Type::Int => convert("Int32")?,
        Type::BigInt => convert("Int64")?,
        Type::Decimal { .. } | Type::Money => convert("Decimal")?,
        Type::Float => convert("Double")?,
        Type::Real => convert("Single")?,
        Type::Time => convert("TimeSpan")?,
        kind if kind.is_temporal() => convert("DateTime")?,
        Type::Uuid => convert("Guid")?,
        Type::Binary { length, fixed } => {
            let bytes = bytes::from_base64(text).ok_or_else(|| refused("Byte[]"))?;
            let kind = Type::Binary { length, fixed };
            convert::convert(Val::Blob(bytes), kind, kind, 0)?
        }
        kind => convert::convert(value, Type::nvarchar(None), kind, 0)?,
    };
    Ok((sql_type, value))
}

fn declared(parameter: &Parameter) -> Result<Type, SqlError> {
    let lower = parameter.sql_type.to_ascii_lowercase();
    let size = parameter.size.filter(|size| *size > 0).and_then(|size| u32::try_from(size).ok());
    Ok(match lower.as_str() {
        "structured" | "udt" => {
            return Err(SqlError::unsupported(format!(
                "parameters of type {}",
                parameter.sql_type
            )));
        }
        "variant" => Type::nvarchar(None),
        "decimal" => {
            let value = parameter.value.as_deref().unwrap_or("");
            let scale = value.trim().split_once('.').map_or(0, |(_, fraction)| fraction.len());
            Type::Decimal { precision: 38, scale: u8::try_from(scale.min(30)).unwrap_or(0) }
        }
        _ => match Type::parse(&lower) {
            Some(Type::Text { unicode, fixed, .. }) => {
                Type::Text { unicode, fixed: fixed && size.is_some(), length: size }
            }
            Some(Type::Binary { .. }) => Type::Binary { fixed: false, length: size },
            Some(kind) => kind,
            None => {
                return Err(SqlError::new(
                    0,
                    format!("'{}' is not a SqlDbType.", parameter.sql_type),
                ));
            }
        },
    })
}

/// A value in the form in which Halo returns an output parameter.
pub(crate) fn encode(value: &Val, kind: Type) -> Option<String> {
    match (value, kind) {
        (Val::Null, _) => None,
        (Val::Integer(number), Type::Bit) => {
            Some(if *number == 0 { "False" } else { "True" }.to_owned())
        }
        (Val::Integer(number), _) => Some(number.to_string()),
        (Val::Real(number), kind) => Some(convert::number_text(*number, kind)),
        (Val::Text(text), _) => Some(text.clone()),
        (Val::Blob(bytes), _) => Some(bytes::to_base64(bytes)),
    }
}

/// A result cell with its column's type.
pub(crate) fn cell(value: Val, kind: Type) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Integer(number) => match kind {
            Type::Bit => Value::Bit(number != 0),
            Type::Decimal { .. } | Type::Money | Type::Float | Type::Real => {
                Value::Float(convert::to_float(number))
            }
            _ => Value::Int(number),
        },
        Val::Real(number) if kind.is_integer() => Value::Int(convert::truncated(number)),
        Val::Real(number) => Value::Float(number),
        Val::Text(text) => Value::Text(text),
        Val::Blob(bytes) => Value::Bytes(bytes),
    }
}
