//! Literals, and what an expression's form says about it.

use sqlparser::ast::{Expr, GroupByExpr, Query, SetExpr, Top, TopQuantity, Value};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::grouping::groups;
use super::{Collation, Piece};

/// SUBSTRING of a binary value with SQLite's own function, which does not copy the whole of a large value.
/// `length` begins with a comma.
pub(super) fn part_of_bytes(value: &str, from: &str, length: &str) -> String {
    let length = length.trim_start_matches([',', ' ']);
    format!("substr({value}, max({from}, 1), max({length} + min({from}, 1) - 1, 0))")
}

/// Reserved words that are values.
pub(super) const NAMELESS: [&str; 4] = ["USER", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER"];

/// Whether a subquery cannot give two rows.
pub(super) fn one_row(query: &Query) -> bool {
    if query.for_clause.is_some() {
        return true;
    }
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let first = matches!(&select.top, Some(Top { percent: false, with_ties: false, quantity: Some(quantity) })
        if matches!(quantity, TopQuantity::Constant(1)) || matches!(quantity,
            TopQuantity::Expr(Expr::Value(number)) if number.to_string() == "1"));
    let ungrouped =
        matches!(&select.group_by, GroupByExpr::Expressions(groups, _) if groups.is_empty());
    first || (select.from.is_empty()) || (ungrouped && groups(select))
}

pub(super) fn spelt_out(written: &str) -> Result<Collation, SqlError> {
    let name = written.trim_matches(['[', ']', '"']).to_owned();
    let upper = name.to_ascii_uppercase();
    if matches!(upper.as_str(), "DATABASE_DEFAULT" | "CATALOG_DEFAULT") {
        return Ok(Collation { name: "Latin1_General_CI_AS".to_owned(), exact: false });
    }
    let binary = upper.ends_with("_BIN") || upper.ends_with("_BIN2");
    let linguistic = ["_CI_AI", "_CI_AS", "_CS_AI", "_CS_AS"].iter().any(|end| upper.contains(end));
    if !binary && !linguistic {
        return Err(SqlError::new(448, format!("Invalid collation '{name}'.")));
    }
    Ok(Collation { exact: binary || upper.contains("_CS_"), name })
}

pub(super) fn one_column() -> SqlError {
    SqlError::new(
        116,
        "Only one expression can be specified in the select list when the subquery is not introduced \
         with EXISTS.",
    )
}

pub(super) fn constant(value: &Value) -> Result<Piece, SqlError> {
    let text = |text: &str, unicode| {
        let length = u32::try_from(text.chars().count()).ok().map(|n| n.max(1));
        Piece::new(literal(text), Type::Text { unicode, fixed: false, length })
    };
    Ok(match value {
        Value::Number(digits, _) => number(digits),
        Value::SingleQuotedString(content) => text(content, false),
        Value::NationalStringLiteral(content) => text(content, true),
        Value::HexStringLiteral(digits) => {
            let padded =
                if digits.len().is_multiple_of(2) { digits.clone() } else { format!("0{digits}") };
            let length = u32::try_from(padded.len() / 2).ok();
            Piece::new(format!("x'{padded}'"), Type::Binary { fixed: false, length })
        }
        Value::Null => Piece::new("NULL", Type::Unknown),
        other => return Err(SqlError::unsupported(format!("the literal {other}"))),
    })
}

fn number(digits: &str) -> Piece {
    if digits.contains(['e', 'E']) {
        return Piece::new(digits, Type::Float);
    }
    if let Some((whole, fraction)) = digits.split_once('.') {
        let scale = u8::try_from(fraction.len()).unwrap_or(38);
        let precision = u8::try_from(whole.len()).unwrap_or(38).saturating_add(scale);
        return Piece::new(
            format!("{whole}.{fraction}0").replacen(
                '.',
                if whole.is_empty() { "0." } else { "." },
                1,
            ),
            Type::Decimal { precision: precision.max(1), scale },
        );
    }
    match digits.parse::<i64>() {
        Ok(number) if i32::try_from(number).is_ok() => Piece::new(digits, Type::Int),
        Ok(_) => Piece::new(digits, Type::BigInt),
        Err(_) => Piece::new(format!("{digits}.0"), Type::Decimal { precision: 38, scale: 0 }),
    }
}
