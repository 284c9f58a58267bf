//! The arguments of built-in functions.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::Piece;
use super::comparison::cast;

/// A value as text functions take it: dates are written as SQL Server writes them.
pub(super) fn written(piece: &Piece) -> String {
    if piece.kind.is_temporal() || matches!(piece.kind, Type::Decimal { .. } | Type::Money) {
        return format!(
            "ts_cast({}, {}, 'varchar(max)', 0)",
            piece.sql,
            literal(&piece.kind.to_string())
        );
    }
    piece.sql.clone()
}

pub(super) fn dated(name: &str, part: &str, pieces: &[Piece]) -> Result<Piece, SqlError> {
    let wanted = if matches!(name, "DATEPART" | "DATENAME") { 1 } else { 2 };
    if pieces.len() != wanted {
        return Err(SqlError::argument_count(&name.to_lowercase(), wanted + 1));
    }
    // DATEADD reads a string as `datetime`, and the others as `datetime2`.
    let first = &match name {
        "DATEADD" => pieces[0].sql.clone(),
        _ => as_date(&pieces[0], Type::DateTime2),
    };
    Ok(match name {
        "DATEADD" => {
            let kind = if pieces[1].kind.is_temporal() { pieces[1].kind } else { Type::DateTime };
            let sql = format!(
                "ts_dateadd({part}, {first}, {}, {})",
                as_date(&pieces[1], Type::DateTime),
                literal(&kind.to_string())
            );
            Piece::new(sql, kind)
        }
        "DATEPART" => Piece::new(format!("ts_datepart({part}, {first})"), Type::Int),
        "DATENAME" => Piece::new(format!("ts_datename({part}, {first})"), Type::nvarchar(Some(30))),
        _ => {
            let second = as_date(&pieces[1], Type::DateTime2);
            Piece::new(format!("ts_datediff({part}, {first}, {second})"), Type::Int)
        }
    })
}

/// The argument of a date function. A string is converted to `kind`.
pub(super) fn as_date(piece: &Piece, kind: Type) -> String {
    if piece.kind.is_text() { cast(piece, kind) } else { piece.sql.clone() }
}

pub(super) fn arguments(call: &Function) -> Result<Vec<Expr>, SqlError> {
    match &call.args {
        FunctionArguments::None => Ok(Vec::new()),
        FunctionArguments::Subquery(query) => Ok(vec![Expr::Subquery(query.clone())]),
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok(Expr::Wildcard(
                    sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
                )),
                other => Err(SqlError::syntax(&other.to_string())),
            })
            .collect(),
    }
}
