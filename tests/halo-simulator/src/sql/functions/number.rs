//! Arithmetic.

use super::super::SqlError;
use super::super::convert::{self, Val};
use super::super::types::Type;
use super::{Body, at, float_at, integer_at, text_at, type_at};

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("ts_div", |a| divide(a, false)),
    ("ts_mod", |a| divide(a, true)),
    ("ts_fits", |a| match at(a, 0) {
        Val::Integer(_) => fits(a),
        other => Ok(other.clone()),
    }),
    ("ts_round", round),
    ("ts_floor", |a| whole(a, f64::floor)),
    ("ts_ceiling", |a| whole(a, f64::ceil)),
    ("ts_isnumeric", |a| {
        let text = text_at(a, 0)?.unwrap_or_default();
        let text = text.trim().trim_start_matches('$').replace(',', "");
        let numeric = !text.is_empty()
            && text.parse::<f64>().is_ok()
            && !text.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
        Ok(Val::Integer(i64::from(numeric)))
    }),
    ("ts_power", |a| {
        Ok(match (float_at(a, 0)?, float_at(a, 1)?) {
            (Some(base), Some(exponent)) => same_kind(a, base.powf(exponent)),
            _ => Val::Null,
        })
    }),
    ("ts_sqrt", |a| Ok(float_at(a, 0)?.map_or(Val::Null, |number| Val::Real(number.sqrt())))),
    ("ts_sign", |a| {
        Ok(float_at(a, 0)?.map_or(Val::Null, |number| {
            same_kind(a, if number == 0.0 { 0.0 } else { number.signum() })
        }))
    }),
];

/// `ts_fits(number, type)`: the number, or an error if the type does not hold it.
fn fits(arguments: &[Val]) -> Result<Val, SqlError> {
    let kind = type_at(arguments, 1);
    convert::convert(at(arguments, 0).clone(), Type::BigInt, kind, 0).map_err(|_| {
        SqlError::new(
            8115,
            format!(
                "Arithmetic overflow error converting expression to data type {}.",
                kind.name()
            ),
        )
    })
}

fn same_kind(arguments: &[Val], number: f64) -> Val {
    match at(arguments, 0) {
        Val::Integer(_) => Val::Integer(convert::truncated(number)),
        _ => Val::Real(number),
    }
}

fn divide(arguments: &[Val], remainder: bool) -> Result<Val, SqlError> {
    let number = |index: usize| match at(arguments, index) {
        Val::Text(_) => convert::convert(at(arguments, index).clone(), Type::Unknown, Type::Int, 0),
        other => Ok(other.clone()),
    };
    let zero = || SqlError::new(8134, "Divide by zero error encountered.");
    Ok(match (number(0)?, number(1)?) {
        (Val::Null, _) | (_, Val::Null) => Val::Null,
        (_, Val::Integer(0)) => return Err(zero()),
        (Val::Integer(a), Val::Integer(b)) => {
            Val::Integer(if remainder { a.wrapping_rem(b) } else { a.wrapping_div(b) })
        }
        _ => match (float_at(arguments, 0)?, float_at(arguments, 1)?) {
            (_, Some(0.0)) => return Err(zero()),
            (Some(a), Some(b)) => Val::Real(if remainder { a % b } else { a / b }),
            _ => Val::Null,
        },
    })
}

fn round(arguments: &[Val]) -> Result<Val, SqlError> {
    let (Some(number), Some(places)) = (float_at(arguments, 0)?, integer_at(arguments, 1)?) else {
        return Ok(Val::Null);
    };
    let places = i32::try_from(places).unwrap_or(0);
    let cut = integer_at(arguments, 2)?.unwrap_or(0) != 0;
    let result = if cut {
        let factor = 10_f64.powi(places);
        (number * factor).trunc() / factor
    } else {
        convert::round(number, places)
    };
    Ok(same_kind(arguments, result))
}

fn whole(arguments: &[Val], body: fn(f64) -> f64) -> Result<Val, SqlError> {
    Ok(match at(arguments, 0) {
        Val::Integer(number) => Val::Integer(*number),
        _ => float_at(arguments, 0)?.map_or(Val::Null, |number| Val::Real(body(number))),
    })
}
