//! The column lists of `DECLARE @t TABLE (...)` and `CREATE TABLE #t (...)`.

use sqlparser::tokenizer::Token;

use super::super::SqlError;
use super::super::types::Type;
use super::tokens::Tokens;
use super::{ColumnDefinition, TableDefinition};

/// Reads the list whose `(` is at `open`. Returns the index after its `)`.
pub(super) fn table(tokens: &Tokens, open: usize) -> Result<(TableDefinition, usize), SqlError> {
    if tokens.get(open) != Some(&Token::LParen) {
        return Err(tokens.error(open));
    }
    let close = tokens.closing(open)?;
    let mut definition = TableDefinition::default();
    for (from, to) in tokens.list(open + 1, close) {
        let mut at = from;
        if tokens.is_word(at, "CONSTRAINT") {
            at += 2;
        }
        match tokens.word(at).as_deref() {
            Some("PRIMARY" | "UNIQUE") => definition.keys.push(key(tokens, at, to)?),
            Some("INDEX") => {}
            Some("CHECK" | "FOREIGN") => {
                return Err(SqlError::unsupported("CHECK and FOREIGN KEY on temporary tables"));
            }
            _ => definition.columns.push(column(tokens, at, to)?),
        }
    }
    Ok((definition, close + 1))
}

fn key(tokens: &Tokens, from: usize, to: usize) -> Result<Vec<String>, SqlError> {
    let open = (from..to)
        .find(|&at| tokens.get(at) == Some(&Token::LParen))
        .ok_or_else(|| tokens.error(to))?;
    let close = tokens.closing(open)?;
    Ok(tokens.list(open + 1, close).into_iter().map(|(at, _)| tokens.text(at, at + 1)).collect())
}

fn column(tokens: &Tokens, from: usize, to: usize) -> Result<ColumnDefinition, SqlError> {
    if !matches!(tokens.get(from), Some(Token::Word(_))) {
        return Err(tokens.error(from));
    }
    let name = tokens.text(from, from + 1);
    let (kind, mut at) = type_name(tokens, from + 1, to)?;
    let mut column = ColumnDefinition {
        name,
        kind,
        not_null: false,
        unique: false,
        identity: false,
        default: None,
    };
    while at < to {
        let word = tokens.word(at).unwrap_or_default();
        at += 1;
        match word.as_str() {
            "NOT" => {
                column.not_null = true;
                at += 1;
            }
            "NULL" | "CLUSTERED" | "NONCLUSTERED" => {}
            "PRIMARY" => {
                column.not_null = true;
                column.unique = true;
                at += 1;
            }
            "UNIQUE" => column.unique = true,
            "IDENTITY" => {
                column.identity = true;
                if tokens.get(at) == Some(&Token::LParen) {
                    at = tokens.closing(at)? + 1;
                }
            }
            "COLLATE" | "CONSTRAINT" => at += 1,
            "DEFAULT" => {
                let end = (at..to)
                    .find(|&i| {
                        i > at
                            && matches!(
                                tokens.word(i).as_deref(),
                                Some("NOT" | "NULL" | "PRIMARY" | "UNIQUE")
                            )
                    })
                    .unwrap_or(to);
                column.default = Some(tokens.expression(at, end)?);
                at = end;
            }
            _ => return Err(tokens.error(at - 1)),
        }
    }
    Ok(column)
}

/// Reads a type. Returns the index after it.
pub(super) fn type_name(
    tokens: &Tokens,
    from: usize,
    to: usize,
) -> Result<(Type, usize), SqlError> {
    let mut end = from + 1;
    while tokens.get(end) == Some(&Token::Period) {
        end += 2;
    }
    if tokens.is_word(end, "PRECISION") || tokens.is_word(end, "VARYING") {
        end += 1;
    }
    if end < to && tokens.get(end) == Some(&Token::LParen) {
        end = tokens.closing(end)? + 1;
    }
    let text = tokens.text(from, end.min(to));
    if text.is_empty() {
        return Err(tokens.error(from));
    }
    match Type::parse(&text) {
        Some(kind) => Ok((kind, end)),
        None => Err(SqlError::new(
            2715,
            format!("Column, parameter, or variable: Cannot find data type {text}."),
        )),
    }
}
