//! DECLARE, SET and EXEC.

use sqlparser::ast::{Expr, UnaryOperator};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::super::dates::Order;
use super::super::{Language, SqlError};
use super::tokens::Tokens;
use super::{Argument, Execute, Statement, Switch, definition};

pub(super) fn declare(tokens: &Tokens, from: usize, to: usize) -> Result<Statement, SqlError> {
    let name = tokens.text(from, from + 1);
    if !name.starts_with('@') {
        return Err(tokens.error(from));
    }
    let kind_at = from + 1 + usize::from(tokens.is_word(from + 1, "AS"));
    if tokens.is_word(kind_at, "TABLE") {
        let (definition, _) = definition::table(tokens, kind_at + 1)?;
        return Ok(Statement::DeclareTable { name, definition });
    }
    if tokens.is_word(kind_at, "CURSOR") {
        return Err(SqlError::unsupported("cursors"));
    }
    let (kind, after) = definition::type_name(tokens, kind_at, to)?;
    let initial = match tokens.get(after) {
        _ if after >= to => None,
        Some(Token::Eq) => Some(tokens.expression(after + 1, to)?),
        _ => return Err(tokens.error(after)),
    };
    Ok(Statement::Declare { name, kind, initial })
}

const IGNORED: &[&str] = &[
    "ANSI_NULLS",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "CONCAT_NULL_YIELDS_NULL",
    "QUOTED_IDENTIFIER",
    "NUMERIC_ROUNDABORT",
    "TRANSACTION",
    "ANSI_NULL_DFLT_ON",
    "ANSI_DEFAULTS",
    "STATISTICS",
    "IDENTITY_INSERT",
    "TEXTSIZE",
    "IMPLICIT_TRANSACTIONS",
    "CURSOR_CLOSE_ON_COMMIT",
    "ROWCOUNT",
    "FMTONLY",
    "ARITHIGNORE",
    "CONTEXT_INFO",
];

pub(super) fn set(tokens: &Tokens, from: usize, end: usize) -> Result<Statement, SqlError> {
    let word = tokens.word(from).ok_or_else(|| tokens.error(from))?;
    if word.starts_with('@') {
        let name = tokens.text(from, from + 1);
        // `SET @x += 1` is `SET @x = @x + (1)`.
        let operator = tokens.get(from + 1);
        if operator == Some(&Token::Eq) {
            return Ok(Statement::Set { name, value: tokens.expression(from + 2, end)? });
        }
        if tokens.get(from + 2) == Some(&Token::Eq) && operator.is_some() {
            let mut slice = tokens.slice(from, from + 2);
            slice.extend(Tokens::new("(")?.slice(0, 1));
            slice.extend(tokens.slice(from + 3, end));
            slice.extend(Tokens::new(")")?.slice(0, 1));
            return Ok(Statement::Set {
                name,
                value: tokens.read_tokens(slice, Parser::parse_expr)?,
            });
        }
        return Err(tokens.error(from + 1));
    }
    let on = match tokens.word(end - 1).as_deref() {
        Some("ON") => Some(true),
        Some("OFF") => Some(false),
        _ => None,
    };
    let mut switches = Vec::new();
    for (start, _) in tokens.list(from, end) {
        let word = tokens.word(start).ok_or_else(|| tokens.error(start))?;
        match (word.as_str(), on) {
            ("NOCOUNT", Some(on)) => switches.push(Statement::Switch(Switch::NoCount(on))),
            ("XACT_ABORT", Some(on)) => switches.push(Statement::Switch(Switch::AbortOnError(on))),
            ("NOCOUNT" | "XACT_ABORT", None) => return Err(tokens.error(end - 1)),
            ("LOCK_TIMEOUT", _) => {
                let wait = number(tokens, start + 1)?;
                switches.push(Statement::Switch(Switch::LockTimeout(wait)));
            }
            ("DEADLOCK_PRIORITY", _) => {
                let priority = priority(tokens, start + 1)?;
                switches.push(Statement::Switch(Switch::DeadlockPriority(priority)));
            }
            ("DATEFORMAT", _) => {
                let order = date_format(tokens, start + 1)?;
                switches.push(Statement::Switch(Switch::DateFormat(order)));
            }
            ("DATEFIRST", _) => {
                let day = tokens.text(start + 1, start + 2).parse();
                let day = day.ok().filter(|day| (1..=7).contains(day));
                let day = day.ok_or_else(|| tokens.error(start + 1))?;
                switches.push(Statement::Switch(Switch::FirstWeekday(day)));
            }
            ("LANGUAGE", _) => {
                switches.push(Statement::Switch(Switch::Language(language(tokens, start + 1)?)));
            }
            (known, _) if IGNORED.contains(&known) => {}
            _ => {
                return Err(SqlError::new(
                    195,
                    format!("'{word}' is not a recognized SET option."),
                ));
            }
        }
    }
    Ok(Statement::Block(switches))
}

fn number(tokens: &Tokens, at: usize) -> Result<i64, SqlError> {
    let negative = tokens.get(at) == Some(&Token::Minus);
    let digits = at + usize::from(negative);
    let number: i64 = tokens.text(digits, digits + 1).parse().map_err(|_| tokens.error(digits))?;
    Ok(if negative { -number } else { number })
}

fn priority(tokens: &Tokens, at: usize) -> Result<i32, SqlError> {
    match tokens.word(at).as_deref() {
        Some("LOW") => Ok(-5),
        Some("NORMAL") => Ok(0),
        Some("HIGH") => Ok(5),
        _ => match number(tokens, at)? {
            priority @ -10..=10 => Ok(i32::try_from(priority).unwrap_or_default()),
            _ => Err(tokens.error(at)),
        },
    }
}

fn language(tokens: &Tokens, at: usize) -> Result<Language, SqlError> {
    let written = bare(&tokens.text(at, at + 1));
    match written.to_ascii_lowercase().as_str() {
        "us_english" | "english" => Ok(Language::English),
        "british" | "british english" => Ok(Language::British),
        _ => Err(SqlError::unsupported(format!("SET LANGUAGE {written}"))),
    }
}

fn date_format(tokens: &Tokens, at: usize) -> Result<Order, SqlError> {
    match bare(&tokens.text(at, at + 1)).to_ascii_lowercase().as_str() {
        "mdy" | "myd" => Ok(Order::MonthFirst),
        "ymd" => Ok(Order::YearMonthDay),
        "dmy" | "ydm" | "dym" => Ok(Order::DayFirst),
        _ => Err(SqlError::new(2741, "SET DATEFORMAT date order is invalid.")),
    }
}

/// A name or a string without its quotes or brackets.
fn bare(written: &str) -> String {
    let text = written.strip_prefix(['N', 'n']).filter(|text| text.starts_with('\''));
    text.unwrap_or(written).trim_matches(['\'', '[', ']', '"']).to_owned()
}

/// Refuses an argument that SQL Server would have to calculate: EXEC and THROW take constants and variables.
pub(super) fn plain(expr: Expr) -> Result<Expr, SqlError> {
    match &expr {
        Expr::Value(_) | Expr::Identifier(_) => Ok(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr: inner }
            if matches!(inner.as_ref(), Expr::Value(_)) =>
        {
            Ok(expr)
        }
        Expr::BinaryOp { op, .. } => Err(SqlError::syntax(&op.to_string())),
        _ => Err(SqlError::syntax("(")),
    }
}

pub(super) fn execute(tokens: &Tokens, from: usize, end: usize) -> Result<Execute, SqlError> {
    let mut at = from;
    let mut result = None;
    if tokens.get(at + 1) == Some(&Token::Eq) {
        result = Some(tokens.text(at, at + 1));
        at += 2;
    }
    let mut procedure = Vec::new();
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) if at < end => procedure.push(word.value.clone()),
            Some(Token::Period) if at < end => {
                at += 1;
                continue;
            }
            _ => return Err(tokens.error(at)),
        }
        at += 1;
        if tokens.get(at) != Some(&Token::Period) {
            break;
        }
    }
    let mut arguments = Vec::new();
    for (mut from, mut to) in tokens.list(at, end) {
        let mut name = None;
        if tokens.get(from + 1) == Some(&Token::Eq) && to > from + 1 {
            name = Some(tokens.text(from, from + 1));
            from += 2;
        }
        let output = tokens.is_word(to - 1, "OUTPUT") || tokens.is_word(to - 1, "OUT");
        if output {
            to -= 1;
        }
        let default = tokens.is_word(from, "DEFAULT") && to == from + 1;
        let value = if default { None } else { Some(plain(tokens.expression(from, to)?)?) };
        arguments.push(Argument { name, value, output });
    }
    Ok(Execute { result, procedure, arguments })
}
