//! Implicit conversions between types.

use sqlparser::ast::BinaryOperator;

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::{Collation, Piece};

/// The same text type without padding or length, as string functions return it.
pub(super) fn loose(kind: Type) -> Type {
    match kind {
        Type::Text { unicode, length, .. } => Type::Text { unicode, fixed: false, length },
        Type::Binary { .. } => kind,
        other if other.is_unicode() => Type::nvarchar(None),
        _ => Type::varchar(None),
    }
}

/// The type of `a - b` and similar operations.
pub(super) fn arithmetic(left: Type, right: Type) -> Type {
    if left.is_text() || right.is_text() {
        return if left.is_text() { right } else { left };
    }
    match left.combine(right) {
        Type::Bit => Type::Int,
        other => other,
    }
}

pub(super) fn plus(left: &Piece, right: &Piece) -> Piece {
    let (l, r) = (&left.sql, &right.sql);
    if left.kind.is_text() && right.kind.is_text() {
        let unicode = left.kind.is_unicode() || right.kind.is_unicode();
        return Piece::new(
            format!("({l} || {r})"),
            Type::Text { unicode, fixed: false, length: None },
        );
    }
    if left.kind.is_temporal() && right.kind.is_number() {
        let kind = literal(&left.kind.to_string());
        return Piece::new(format!("ts_dateadd('day', {r}, {l}, {kind})"), left.kind);
    }
    if left.kind.is_number() && right.kind.is_number() {
        return Piece::new(format!("({l} + {r})"), arithmetic(left.kind, right.kind));
    }
    // Text joined with a date is read as a date, which usually fails.
    if left.kind.is_text() && right.kind.is_temporal() {
        return Piece::new(format!("ts_add({}, {r})", cast(left, right.kind)), right.kind);
    }
    if left.kind.is_temporal() && right.kind.is_text() {
        return Piece::new(format!("ts_add({l}, {})", cast(right, left.kind)), left.kind);
    }
    let kind = match (left.kind, right.kind) {
        (Type::Unknown, text) | (text, Type::Unknown) if text.is_text() => loose(text),
        (a, b) => arithmetic(a, b),
    };
    Piece::new(format!("ts_add({l}, {r})"), kind)
}

pub(super) fn cast(piece: &Piece, target: Type) -> String {
    format!(
        "ts_cast({}, {}, {}, 0)",
        piece.sql,
        literal(&piece.kind.to_string()),
        literal(&target.to_string())
    )
}

/// The value as text: dates are written as SQL Server writes them.
pub(super) fn text_of(piece: &Piece) -> String {
    if piece.kind.is_temporal() { cast(piece, Type::varchar(None)) } else { piece.sql.clone() }
}

/// Writes dates in one form, so that the branches of CASE and UNION agree.
pub(super) fn coerced(piece: &Piece, kind: Type) -> String {
    let moves = piece.kind != kind
        && piece.kind != Type::Unknown
        && (kind.is_temporal() || (kind.is_number() && piece.kind.is_text()));
    if moves { cast(piece, kind) } else { piece.sql.clone() }
}

pub(super) fn common_kind<'p>(pieces: impl Iterator<Item = &'p Piece>) -> Type {
    pieces.map(|piece| piece.kind).reduce(Type::combine).unwrap_or(Type::Unknown)
}

/// Refuses comparisons that SQL Server refuses.
pub(super) fn comparison(
    left: &Piece,
    right: &Piece,
    operator: &BinaryOperator,
) -> Result<(), SqlError> {
    let words = match operator {
        BinaryOperator::Eq => "equal to",
        BinaryOperator::NotEq => "not equal to",
        BinaryOperator::Lt => "less than",
        BinaryOperator::LtEq => "less than or equal to",
        BinaryOperator::Gt => "greater than",
        _ => "greater than or equal to",
    };
    if (left.kind.is_legacy() || right.kind.is_legacy())
        && left.kind != Type::Unknown
        && right.kind != Type::Unknown
    {
        return Err(SqlError::operands(left.kind.name(), right.kind.name(), words));
    }
    for (one, other) in [(left, right), (right, left)] {
        if one.kind.is_newer_temporal() && other.kind.is_number() {
            return Err(SqlError::clash(one.kind.name(), other.kind.name()));
        }
    }
    conflict(left, right, words)
}

/// Refuses two different collations that the statement names.
pub(super) fn conflict(left: &Piece, right: &Piece, operation: &str) -> Result<(), SqlError> {
    match (&left.collation, &right.collation) {
        (Some(one), Some(other)) if !one.name.eq_ignore_ascii_case(&other.name) => {
            Err(SqlError::new(
                468,
                format!(
                    "Cannot resolve the collation conflict between \"{}\" and \"{}\" in the {operation} \
                     operation.",
                    other.name, one.name
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// The collation that one of the two operands names.
pub(super) fn one_of(left: &Piece, right: &Piece) -> Option<Collation> {
    left.collation.clone().or_else(|| right.collation.clone())
}

/// Refuses operands with which SQL Server does not calculate.
pub(super) fn calculable(
    left: &Piece,
    right: &Piece,
    operator: &BinaryOperator,
) -> Result<(), SqlError> {
    let word = match operator {
        BinaryOperator::Plus => "add",
        BinaryOperator::Minus => "subtract",
        BinaryOperator::Multiply => "multiply",
        BinaryOperator::Divide => "divide",
        BinaryOperator::Modulo => "modulo",
        _ => return Ok(()),
    };
    let (l, r) = (left.kind, right.kind);
    if l == Type::Unknown || r == Type::Unknown {
        return Ok(());
    }
    if l.is_legacy() || r.is_legacy() {
        return Err(SqlError::operands(l.name(), r.name(), word));
    }
    if word != "add" && l.is_text() && r.is_text() {
        return Err(SqlError::operand(l.name(), word));
    }
    for (one, other) in [(l, r), (r, l)] {
        if one.is_newer_temporal() && other.is_number() {
            return Err(SqlError::clash(one.name(), other.name()));
        }
        if one.is_newer_temporal() && other.is_text() {
            return Err(SqlError::operands(l.name(), r.name(), word));
        }
        if one.is_newer_temporal() && other.is_temporal() {
            return Err(SqlError::operand(one.name(), word));
        }
    }
    Ok(())
}

/// A result that must fit its type of whole numbers.
pub(super) fn whole(piece: Piece) -> Piece {
    match piece.kind {
        Type::TinyInt | Type::SmallInt | Type::Int => Piece {
            sql: format!("ts_fits({}, {})", piece.sql, literal(piece.kind.name())),
            ..piece
        },
        _ => piece,
    }
}

/// Whether CAST and CONVERT convert between the types.
pub(super) fn explicit(source: Type, target: Type) -> bool {
    if source == Type::Unknown || target == Type::Unknown {
        return true;
    }
    match source {
        Type::Binary { fixed: true, length: None } => matches!(target, Type::Binary { .. }),
        legacy if legacy.is_legacy() => target.is_text(),
        _ if target.is_legacy() => source.is_text() || matches!(source, Type::Binary { .. }),
        _ => {
            let mixed =
                |a: Type, b: Type| (a.is_newer_temporal() || a == Type::Uuid) && b.is_number();
            !mixed(source, target) && !mixed(target, source)
        }
    }
}

/// Refuses what DISTINCT, ORDER BY and GROUP BY do not accept.
pub(super) fn sortable(piece: &Piece) -> Result<(), SqlError> {
    if !piece.kind.is_legacy() {
        return Ok(());
    }
    Err(SqlError::new(
        306,
        "The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL \
         or LIKE operator.",
    ))
}

/// Both sides of a comparison, in the form that SQLite needs.
pub(super) fn comparable(left: &Piece, right: &Piece) -> (String, String) {
    let (l, r) = (left.kind, right.kind);
    let same_spelling = |kind: Type| {
        matches!(
            kind,
            Type::DateTime | Type::DateTime2 | Type::SmallDateTime | Type::DateTimeOffset
        )
    };
    let target = if l.is_temporal() || r.is_temporal() {
        let (date, other) = if l.is_temporal() { (l, r) } else { (r, l) };
        Some(if other.is_temporal() { date.combine(other) } else { date })
    } else if (l.is_number() && r.is_text()) || (l.is_text() && r.is_number()) {
        Some(if l.is_number() { l } else { r })
    } else {
        None
    };
    if let Some(target) = target {
        let side = |piece: &Piece| {
            let fits = piece.kind == target
                || (same_spelling(piece.kind) && same_spelling(target))
                || piece.sql == "NULL"
                || (target.is_number() && piece.kind.is_number());
            if fits { piece.sql.clone() } else { cast(piece, target) }
        };
        return (side(left), side(right));
    }
    if l.is_number() || r.is_number() {
        return (left.sql.clone(), right.sql.clone());
    }
    match (&left.collation, &right.collation) {
        (None, Some(_)) => (left.sql.clone(), right.collated()),
        _ if l.may_be_text() => (left.collated(), right.sql.clone()),
        _ => (left.sql.clone(), right.collated()),
    }
}
