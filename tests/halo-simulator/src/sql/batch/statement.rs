//! Reads statements, one after the other.

use sqlparser::ast::{self, Expr, SetExpr};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::SqlError;
use super::steering::{declare, execute, plain, set};
use super::tokens::Tokens;
use super::{Changing, Statement, definition};

/// Reads statements up to the end of the batch, an `END` or an `ELSE`.
pub(super) fn sequence(tokens: &mut Tokens) -> Result<Vec<Statement>, SqlError> {
    let mut statements = Vec::new();
    loop {
        while tokens.peek() == Some(&Token::SemiColon) {
            tokens.move_to(tokens.position() + 1);
        }
        if tokens.peek().is_none() || tokens.is_word(tokens.position(), "END") {
            return Ok(statements);
        }
        let at = tokens.position();
        let ended = at == 0
            || statements.is_empty()
            || tokens.get(at - 1) == Some(&Token::SemiColon)
            || tokens.is_word(at - 1, "END");
        if !ended && tokens.is_word(at, "THROW") {
            return Err(tokens.error(at));
        }
        one(tokens, &mut statements)?;
    }
}

/// Reads the single statement or block after IF or WHILE.
fn governed(tokens: &mut Tokens) -> Result<Box<Statement>, SqlError> {
    let mut statements = Vec::new();
    one(tokens, &mut statements)?;
    Ok(Box::new(match statements.len() {
        1 => statements.remove(0),
        _ => Statement::Block(statements),
    }))
}

fn one(tokens: &mut Tokens, into: &mut Vec<Statement>) -> Result<(), SqlError> {
    let start = tokens.position();
    let Some(word) = tokens.word(start) else { return Err(tokens.error(start)) };
    match word.as_str() {
        "BEGIN" => {
            into.push(begin(tokens)?);
            return Ok(());
        }
        "IF" | "WHILE" => {
            let end = tokens.statement_end(start);
            let condition = tokens.expression(start + 1, end)?;
            tokens.move_to(end);
            let body = governed(tokens)?;
            if word == "WHILE" {
                into.push(Statement::While { condition, body });
                return Ok(());
            }
            let semicolon = tokens.peek() == Some(&Token::SemiColon);
            if semicolon && tokens.is_word(tokens.position() + 1, "ELSE") {
                tokens.move_to(tokens.position() + 1);
            }
            let otherwise = if tokens.accept("ELSE") { Some(governed(tokens)?) } else { None };
            into.push(Statement::If { condition, then: body, otherwise });
            return Ok(());
        }
        _ => {}
    }
    let end = tokens.statement_end(start);
    simple(tokens, &word, start, end, into)?;
    tokens.move_to(end);
    Ok(())
}

fn begin(tokens: &mut Tokens) -> Result<Statement, SqlError> {
    tokens.expect("BEGIN")?;
    if tokens.accept("TRAN") || tokens.accept("TRANSACTION") {
        if matches!(tokens.peek(), Some(Token::Word(_)))
            && tokens.statement_end(tokens.position() - 1) > tokens.position()
        {
            tokens.move_to(tokens.position() + 1);
        }
        return Ok(Statement::Begin);
    }
    if tokens.accept("TRY") {
        let body = sequence(tokens)?;
        tokens.expect("END")?;
        tokens.expect("TRY")?;
        while tokens.peek() == Some(&Token::SemiColon) {
            tokens.move_to(tokens.position() + 1);
        }
        tokens.expect("BEGIN")?;
        tokens.expect("CATCH")?;
        let handler = sequence(tokens)?;
        tokens.expect("END")?;
        tokens.expect("CATCH")?;
        return Ok(Statement::Try { body, handler });
    }
    let body = sequence(tokens)?;
    if body.is_empty() {
        return Err(SqlError::new(102, "Incorrect syntax near 'END'."));
    }
    tokens.expect("END")?;
    Ok(Statement::Block(body))
}

fn simple(
    tokens: &Tokens,
    word: &str,
    start: usize,
    end: usize,
    into: &mut Vec<Statement>,
) -> Result<(), SqlError> {
    let rest = start + 1;
    // The name after an optional TRAN, TRANSACTION or WORK.
    let transaction_name = || {
        let skip = usize::from(matches!(
            tokens.word(rest).as_deref(),
            Some("TRAN" | "TRANSACTION" | "WORK")
        ));
        (rest + skip < end).then(|| tokens.text(rest + skip, rest + skip + 1))
    };
    into.push(match word {
        "SELECT" | "WITH" => query(tokens, start, end)?,
        "INSERT" => insert(tokens, start, end)?,
        "UPDATE" | "DELETE" => {
            let (mut slice, top) = without_top(tokens, start, end)?;
            if word == "DELETE" {
                slice = reordered_delete(slice);
            }
            let statement = tokens.read_tokens(slice, Parser::parse_statement)?;
            changing(statement, None, top)?
        }
        "DECLARE" => {
            for (from, to) in tokens.list(rest, end) {
                into.push(declare(tokens, from, to)?);
            }
            return Ok(());
        }
        "SET" => set(tokens, rest, end)?,
        "COMMIT" => Statement::Commit,
        "ROLLBACK" => Statement::Rollback(transaction_name()),
        "SAVE" => Statement::Save(transaction_name().ok_or_else(|| tokens.error(end))?),
        "RETURN" if rest < end => Statement::Return(Some(tokens.expression(rest, end)?)),
        "RETURN" => Statement::Return(None),
        "BREAK" => Statement::Break,
        "CONTINUE" => Statement::Continue,
        "PRINT" => Statement::Print(tokens.expression(rest, end)?),
        "THROW" if rest == end => Statement::Throw(None),
        "THROW" => {
            let parts: Result<Vec<Expr>, SqlError> =
                expressions(tokens, rest, end)?.into_iter().map(plain).collect();
            let parts: [Expr; 3] = parts?.try_into().map_err(|_| tokens.error(rest))?;
            Statement::Throw(Some(Box::new(parts)))
        }
        "RAISERROR" => {
            let close = tokens.closing(rest)?;
            Statement::RaiseError(expressions(tokens, rest + 1, close)?)
        }
        "EXEC" | "EXECUTE" if tokens.get(rest) == Some(&Token::LParen) => {
            Statement::ExecuteText(tokens.expression(rest, end)?)
        }
        "EXEC" | "EXECUTE" => Statement::Execute(execute(tokens, rest, end)?),
        "CREATE" if tokens.is_word(rest, "TABLE") => {
            let name = tokens.text(rest + 1, rest + 2);
            if !name.starts_with('#') {
                return Err(SqlError::new(
                    262,
                    "CREATE TABLE permission denied in database 'BPSPatients'.",
                ));
            }
            let (definition, _) = definition::table(tokens, rest + 2)?;
            Statement::CreateTable { name, definition }
        }
        "DROP" if tokens.is_word(rest, "TABLE") => {
            let if_exists = tokens.is_word(rest + 1, "IF");
            let from = if if_exists { rest + 3 } else { rest + 1 };
            let names: Vec<String> = tokens
                .list(from, end)
                .into_iter()
                .map(|(from, to)| tokens.text(from, to))
                .collect();
            Statement::DropTable { names, if_exists }
        }
        "USE" => Statement::Nothing,
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" | "GRANT" => {
            return Err(SqlError::new(
                262,
                format!(
                    "{} permission denied in database 'BPSPatients'.",
                    tokens.text(start, rest + 1)
                ),
            ));
        }
        "MERGE" | "WAITFOR" | "GOTO" | "OPEN" | "FETCH" | "CLOSE" | "DEALLOCATE" | "BULK" => {
            return Err(SqlError::unsupported(word));
        }
        _ => return Err(tokens.error(start)),
    });
    Ok(())
}

fn expressions(tokens: &Tokens, from: usize, to: usize) -> Result<Vec<Expr>, SqlError> {
    tokens.list(from, to).into_iter().map(|(from, to)| tokens.expression(from, to)).collect()
}

fn query(tokens: &Tokens, start: usize, end: usize) -> Result<Statement, SqlError> {
    let query = tokens.read(start, end, Parser::parse_query)?;
    match *query.body {
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            changing(statement, query.with, None)
        }
        SetExpr::Merge(_) => Err(SqlError::unsupported("MERGE")),
        _ => Ok(Statement::Query(query)),
    }
}

fn changing(
    statement: ast::Statement,
    with: Option<ast::With>,
    top: Option<Expr>,
) -> Result<Statement, SqlError> {
    match statement {
        ast::Statement::Insert(statement) => {
            Ok(Statement::Insert(Box::new(Changing { statement, with, top })))
        }
        ast::Statement::Update(statement) => {
            Ok(Statement::Update(Box::new(Changing { statement, with, top })))
        }
        ast::Statement::Delete(statement) => {
            Ok(Statement::Delete(Box::new(Changing { statement, with, top })))
        }
        other => Err(SqlError::unsupported(other)),
    }
}

/// The tokens of an INSERT, UPDATE or DELETE without `TOP (n)`, which sqlparser does not know.
fn without_top(
    tokens: &Tokens,
    start: usize,
    end: usize,
) -> Result<(Vec<TokenWithSpan>, Option<Expr>), SqlError> {
    if !tokens.is_word(start + 1, "TOP") || tokens.get(start + 2) != Some(&Token::LParen) {
        return Ok((tokens.slice(start, end), None));
    }
    let close = tokens.closing(start + 2)?;
    let mut slice = tokens.slice(start, start + 1);
    slice.extend(tokens.slice(close + 1, end));
    Ok((slice, Some(tokens.expression(start + 3, close)?)))
}

/// `DELETE [FROM] target [OUTPUT ...] [FROM ...] [WHERE ...]` in the order that sqlparser expects.
fn reordered_delete(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is_word = |token: &TokenWithSpan, word: &str| {
        matches!(&token.token, Token::Word(found)
            if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
    };
    let mut parts: [Vec<TokenWithSpan>; 4] = Default::default();
    let (mut current, mut depth) = (0, 0_usize);
    let mut from = None;
    for (index, token) in tokens.into_iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if index == 1 && is_word(&token, "FROM") {
            from = Some(token);
            continue;
        }
        if depth == 0 && index > 1 {
            current = match () {
                () if is_word(&token, "OUTPUT") => 1,
                () if is_word(&token, "FROM") => 2,
                () if is_word(&token, "WHERE") => 3,
                () => current,
            };
        }
        parts[current].push(token);
    }
    let [mut target, output, sources, condition] = parts;
    if sources.is_empty() {
        let from = from.unwrap_or_else(|| TokenWithSpan::wrap(Token::make_keyword("FROM")));
        target.insert(1, from);
    }
    target.extend(sources);
    target.extend(output);
    target.extend(condition);
    target
}

fn insert(tokens: &Tokens, start: usize, end: usize) -> Result<Statement, SqlError> {
    let (mut slice, top) = without_top(tokens, start, end)?;
    let execute_at =
        (start..end).find(|&at| tokens.is_word(at, "EXEC") || tokens.is_word(at, "EXECUTE"));
    if let Some(at) = execute_at {
        slice = tokens.slice(start, at);
        slice.extend(Tokens::new("VALUES (1)")?.slice(0, 4));
        let statement = tokens.read_tokens(slice, Parser::parse_statement)?;
        let ast::Statement::Insert(target) = statement else { return Err(tokens.error(start)) };
        let execute = execute(tokens, at + 1, end)?;
        return Ok(Statement::InsertExecute { target: Box::new(target), execute });
    }
    changing(tokens.read_tokens(slice, Parser::parse_statement)?, None, top)
}
