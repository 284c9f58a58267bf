//! Character functions.

use sha2::Digest as _;

use super::super::bytes;
use super::super::convert::{self, Val};
use super::super::types::Type;
use super::super::{SqlError, like};
use super::{Body, at, integer_at, text_at, type_at};

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("ts_like", matches),
    ("ts_patindex", |a| both(a, |pattern, value| count(like::pattern_index(pattern, value)))),
    ("ts_charindex", charindex),
    ("ts_upper", |a| one(a, |text| text.chars().map(capital).collect())),
    ("ts_lower", |a| one(a, |text| text.to_lowercase())),
    ("ts_reverse", |a| one(a, |text| text.chars().rev().collect())),
    ("ts_left", |a| cut(a, |text, n| text.chars().take(n).collect())),
    ("ts_right", |a| {
        cut(a, |text, n| {
            let skip = text.chars().count().saturating_sub(n);
            text.chars().skip(skip).collect()
        })
    }),
    ("ts_substring", substring),
    ("ts_replace", replace),
    ("ts_stuff", stuff),
    ("ts_replicate", |a| cut(a, |text, n| text.repeat(n))),
    ("ts_space", |a| Ok(integer_at(a, 0)?.map_or(Val::Null, |n| Val::Text(" ".repeat(clamp(n)))))),
    ("ts_concat", |a| {
        let mut text = String::new();
        for index in 0..a.len() {
            text += &text_at(a, index)?.unwrap_or_default();
        }
        Ok(Val::Text(text))
    }),
    ("ts_concat_ws", |a| {
        let separator = text_at(a, 0)?.unwrap_or_default();
        let parts: Vec<String> = (1..a.len())
            .map(|index| text_at(a, index))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        Ok(Val::Text(parts.join(&separator)))
    }),
    ("ts_char", |a| character(a, 255)),
    ("ts_nchar", |a| character(a, 0x10_ffff)),
    ("ts_unicode", |a| first(a, |c| i64::from(u32::from(c)))),
    ("ts_ascii", |a| first(a, |c| i64::from(bytes::to_ansi(c).unwrap_or(b'?')))),
    ("ts_add", add),
    ("ts_datalength", data_length),
    ("ts_hash", hash),
    ("ts_quotename", |a| one(a, |text| format!("[{}]", text.replace(']', "]]")))),
    ("ts_split", |a| {
        both(a, |text, separator| {
            let parts: Vec<&str> = text.split(separator).collect();
            Val::Text(serde_json::to_string(&parts).unwrap_or_default())
        })
    }),
    ("ts_xml", |a| {
        one(a, |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    }),
    ("ts_to_base64", |a| {
        Ok(match at(a, 0) {
            Val::Blob(value) => Val::Text(bytes::to_base64(value)),
            _ => Val::Null,
        })
    }),
    ("ts_base64", |a| {
        let Some(text) = text_at(a, 0)? else { return Ok(Val::Null) };
        bytes::from_base64(&text).map(Val::Blob).ok_or_else(|| {
            SqlError::new(9400, "XQuery: the value is not valid for the type xs:base64Binary.")
        })
    }),
    ("ts_object", |a| one(a, |text| object_name(&text).to_owned())),
    ("ts_object_database", |a| Ok(text_at(a, 0)?.as_deref().map_or(Val::Null, object_database))),
    ("ts_type_length", |a| Ok(Val::Integer(type_at(a, 0).byte_length()))),
];

/// The last part of a name, without brackets.
fn object_name(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text).trim_matches(['[', ']', '"', ' '])
}

/// The database before a name of three parts.
fn object_database(text: &str) -> Val {
    match text.split('.').collect::<Vec<_>>()[..] {
        [database, _, _] => Val::Text(object_name(database).to_owned()),
        _ => Val::Null,
    }
}

fn count(number: usize) -> Val {
    Val::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Limits a length from SQL to what 8,000-byte strings and the LOBs of a test database need.
fn clamp(number: i64) -> usize {
    usize::try_from(number.clamp(0, 16_000_000)).unwrap_or(0)
}

fn one(arguments: &[Val], body: fn(String) -> String) -> Result<Val, SqlError> {
    Ok(text_at(arguments, 0)?.map_or(Val::Null, |text| Val::Text(body(text))))
}

fn both(arguments: &[Val], body: fn(&str, &str) -> Val) -> Result<Val, SqlError> {
    Ok(match (text_at(arguments, 0)?, text_at(arguments, 1)?) {
        (Some(left), Some(right)) => body(&left, &right),
        _ => Val::Null,
    })
}

fn first(arguments: &[Val], body: fn(char) -> i64) -> Result<Val, SqlError> {
    Ok(text_at(arguments, 0)?
        .and_then(|text| text.chars().next())
        .map_or(Val::Null, |c| Val::Integer(body(c))))
}

/// SQL Server maps one character to one character. So ß stays, and so does an ANSI letter without an ANSI
/// capital.
fn capital(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None)
            if bytes::to_ansi(letter).is_none() || bytes::to_ansi(capital).is_some() =>
        {
            capital
        }
        _ => letter,
    }
}

fn cut(arguments: &[Val], body: fn(String, usize) -> String) -> Result<Val, SqlError> {
    let (Some(text), Some(length)) = (text_at(arguments, 0)?, integer_at(arguments, 1)?) else {
        return Ok(Val::Null);
    };
    if length < 0 {
        return Err(SqlError::new(
            537,
            "Invalid length parameter passed to the LEFT or SUBSTRING function.",
        ));
    }
    Ok(Val::Text(body(text, clamp(length))))
}

/// `CHAR` takes an ANSI code. `NCHAR` takes a Unicode code.
fn character(arguments: &[Val], highest: i64) -> Result<Val, SqlError> {
    let code = integer_at(arguments, 0)?
        .filter(|code| (0..=highest).contains(code))
        .and_then(|code| u32::try_from(code).ok());
    Ok(match (code, highest) {
        (None, _) => Val::Null,
        (Some(code), 255) => {
            Val::Text(bytes::from_ansi(u8::try_from(code).unwrap_or(b'?')).to_string())
        }
        (Some(code), _) => char::from_u32(code).map_or(Val::Null, |c| Val::Text(c.to_string())),
    })
}

/// `ts_like(value, pattern, escape, ansi)`
fn matches(arguments: &[Val]) -> Result<Val, SqlError> {
    let (Some(value), Some(pattern)) = (text_at(arguments, 0)?, text_at(arguments, 1)?) else {
        return Ok(Val::Null);
    };
    let escape = text_at(arguments, 2)?;
    if escape.as_ref().is_some_and(|text| text.chars().count() != 1) {
        return Err(SqlError::new(
            506,
            "The invalid escape character was specified in a LIKE predicate.",
        ));
    }
    let escape = escape.and_then(|text| text.chars().next());
    let ansi = at(arguments, 3) == &Val::Integer(1);
    Ok(Val::Integer(i64::from(like::like(&value, &pattern, escape, ansi))))
}

fn folded(text: &str) -> Vec<char> {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

fn find(needle: &[char], hay: &[char], from: usize) -> Option<usize> {
    if needle.is_empty() || needle.len() > hay.len() {
        return None;
    }
    (from..=hay.len() - needle.len()).find(|&start| hay[start..].starts_with(needle))
}

fn charindex(arguments: &[Val]) -> Result<Val, SqlError> {
    let (Some(needle), Some(hay)) = (text_at(arguments, 0)?, text_at(arguments, 1)?) else {
        return Ok(Val::Null);
    };
    let from = clamp(integer_at(arguments, 2)?.unwrap_or(1) - 1);
    let found = find(&folded(&needle), &folded(&hay), from);
    Ok(count(found.map_or(0, |start| start + 1)))
}

fn substring(arguments: &[Val]) -> Result<Val, SqlError> {
    let Some(start) = integer_at(arguments, 1)? else { return Ok(Val::Null) };
    let length = match arguments.get(2) {
        None => i64::from(i32::MAX),
        Some(_) => match integer_at(arguments, 2)? {
            None => return Ok(Val::Null),
            Some(length) => length,
        },
    };
    if length < 0 {
        return Err(SqlError::new(
            537,
            "Invalid length parameter passed to the LEFT or SUBSTRING function.",
        ));
    }
    let skip = clamp(start.max(1) - 1);
    let take = clamp(start.saturating_add(length) - start.max(1));
    if let Val::Blob(bytes) = at(arguments, 0) {
        return Ok(Val::Blob(bytes.iter().skip(skip).take(take).copied().collect()));
    }
    Ok(text_at(arguments, 0)?
        .map_or(Val::Null, |text| Val::Text(text.chars().skip(skip).take(take).collect())))
}

fn replace(arguments: &[Val]) -> Result<Val, SqlError> {
    let (Some(text), Some(from), Some(to)) =
        (text_at(arguments, 0)?, text_at(arguments, 1)?, text_at(arguments, 2)?)
    else {
        return Ok(Val::Null);
    };
    let original: Vec<char> = text.chars().collect();
    let (hay, needle) = (folded(&text), folded(&from));
    let mut result = String::with_capacity(text.len());
    let mut position = 0;
    while let Some(start) = find(&needle, &hay, position) {
        result.extend(&original[position..start]);
        result.push_str(&to);
        position = start + needle.len();
    }
    result.extend(&original[position..]);
    Ok(Val::Text(result))
}

fn stuff(arguments: &[Val]) -> Result<Val, SqlError> {
    let (Some(text), Some(start), Some(length)) =
        (text_at(arguments, 0)?, integer_at(arguments, 1)?, integer_at(arguments, 2)?)
    else {
        return Ok(Val::Null);
    };
    let characters: Vec<char> = text.chars().collect();
    if start < 1 || length < 0 || clamp(start) > characters.len() {
        return Ok(Val::Null);
    }
    let start = clamp(start) - 1;
    let end = (start + clamp(length)).min(characters.len());
    let mut result: String = characters[..start].iter().collect();
    result += &text_at(arguments, 3)?.unwrap_or_default();
    result.extend(&characters[end..]);
    Ok(Val::Text(result))
}

/// `+` if the types are known only at execution.
fn add(arguments: &[Val]) -> Result<Val, SqlError> {
    let (left, right) = (at(arguments, 0), at(arguments, 1));
    Ok(match (left, right) {
        (Val::Null, _) | (_, Val::Null) => Val::Null,
        (Val::Text(a), Val::Text(b)) => Val::Text(format!("{a}{b}")),
        (Val::Blob(a), Val::Blob(b)) => Val::Blob([a.as_slice(), b.as_slice()].concat()),
        (Val::Integer(a), Val::Integer(b)) => Val::Integer(a.checked_add(*b).ok_or_else(|| {
            SqlError::new(
                8115,
                "Arithmetic overflow error converting expression to data type bigint.",
            )
        })?),
        (Val::Text(text), Val::Integer(number)) | (Val::Integer(number), Val::Text(text)) => {
            let text = Val::Text(text.clone());
            match convert::convert(text, Type::varchar(None), Type::Int, 0)? {
                Val::Integer(other) => Val::Integer(number + other),
                other => other,
            }
        }
        _ => {
            let number =
                |value: &Val| convert::convert(value.clone(), Type::Unknown, Type::Float, 0);
            match (number(left)?, number(right)?) {
                (Val::Real(a), Val::Real(b)) => Val::Real(a + b),
                _ => Val::Null,
            }
        }
    })
}

fn data_length(arguments: &[Val]) -> Result<Val, SqlError> {
    let source = type_at(arguments, 1);
    Ok(match at(arguments, 0) {
        Val::Null => Val::Null,
        Val::Blob(bytes) => count(bytes.len()),
        Val::Text(text) if source.is_text() || source == Type::Unknown => {
            count(bytes::text_bytes(text, source).len())
        }
        Val::Integer(_) if source == Type::Unknown => Val::Integer(4),
        _ => Val::Integer(source.byte_length().max(4)),
    })
}

/// `ts_hash(algorithm, value, type)`
fn hash(arguments: &[Val]) -> Result<Val, SqlError> {
    let bytes = match at(arguments, 1) {
        Val::Null => return Ok(Val::Null),
        Val::Blob(bytes) => bytes.clone(),
        Val::Text(text) => bytes::text_bytes(text, type_at(arguments, 2)),
        other => convert::to_text(other, Type::Unknown, 0)?.into_bytes(),
    };
    match text_at(arguments, 0)?.unwrap_or_default().to_ascii_uppercase().as_str() {
        "SHA2_256" => Ok(Val::Blob(sha2::Sha256::digest(&bytes).to_vec())),
        "SHA2_512" => Ok(Val::Blob(sha2::Sha512::digest(&bytes).to_vec())),
        other => Err(SqlError::unsupported(format!("HASHBYTES('{other}', ...)"))),
    }
}
