//! The tokens of a batch, and the ends of its statements.

use sqlparser::ast::Expr;
use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};

use super::super::SqlError;
use super::hints;

static DIALECT: MsSqlDialect = MsSqlDialect {};

/// Words that begin a statement at every place outside parentheses.
const STARTERS: &[&str] = &[
    "DECLARE",
    "IF",
    "WHILE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVE",
    "PRINT",
    "RETURN",
    "THROW",
    "RAISERROR",
    "ELSE",
    "BREAK",
    "CONTINUE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "WAITFOR",
    "EXEC",
    "EXECUTE",
    "USE",
    "GRANT",
    "GOTO",
    "SET",
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
];

/// Tokens without blanks, comments and hints for the plan, and a reading position.
pub(super) struct Tokens {
    tokens: Vec<TokenWithSpan>,
    at: usize,
}

impl Tokens {
    pub(super) fn new(text: &str) -> Result<Self, SqlError> {
        let all = Tokenizer::new(&DIALECT, text).tokenize_with_location().map_err(|error| {
            if error.message.contains("string literal") {
                SqlError::new(105, "Unclosed quotation mark after the character string.")
            } else {
                SqlError::syntax(&error.message)
            }
        })?;
        if let Some(marker) = all.iter().find_map(|token| match &token.token {
            Token::Placeholder(marker) if marker.starts_with('?') => Some(marker),
            _ => None,
        }) {
            let SqlError { number, message } = SqlError::syntax(marker);
            let advice = "Halo's parameters have names: use @name.";
            return Err(SqlError::new(number, format!("{message} {advice}")));
        }
        for token in &all {
            match token.token {
                Token::DoubleEq => return Err(SqlError::syntax("=")),
                Token::StringConcat => return Err(SqlError::syntax("|")),
                _ => {}
            }
        }
        let mut tokens: Vec<TokenWithSpan> =
            all.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
        hints::strip(&mut tokens);
        guard_for(&mut tokens);
        Ok(Self { tokens, at: 0 })
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn move_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|token| &token.token)
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.get(self.at)
    }

    /// The unquoted word at an index, in capitals.
    pub(super) fn word(&self, at: usize) -> Option<String> {
        match self.get(at) {
            Some(Token::Word(Word { value, quote_style: None, .. })) => {
                Some(value.to_ascii_uppercase())
            }
            _ => None,
        }
    }

    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.get(at), Some(Token::Word(Word { value, quote_style: None, .. }))
            if value.eq_ignore_ascii_case(word))
    }

    /// Consumes the word if it is next.
    pub(super) fn accept(&mut self, word: &str) -> bool {
        let found = self.is_word(self.at, word);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), SqlError> {
        if self.accept(word) { Ok(()) } else { Err(self.error(self.at)) }
    }

    /// The error for an unexpected token at an index.
    pub(super) fn error(&self, at: usize) -> SqlError {
        let near = self.get(at).or_else(|| self.get(self.len().saturating_sub(1)));
        SqlError::syntax(&near.map(ToString::to_string).unwrap_or_default())
    }

    /// The end (exclusive) of the statement that starts at `start`.
    pub(super) fn statement_end(&self, start: usize) -> usize {
        let first = self.word(start).unwrap_or_default();
        let (mut depth, mut cases) = (0_usize, 0_usize);
        // Whether a verb may still follow inside the statement: after WITH the main one, in INSERT the
        // SELECT or EXEC, in UPDATE the SET.
        let mut verb_open = first == "WITH";
        let mut inner_open = first == "INSERT";
        let mut set_open = first == "UPDATE";
        for at in start + 1..self.len() {
            match self.get(at) {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth = depth.saturating_sub(1),
                Some(Token::SemiColon) if depth == 0 => return at,
                _ => {}
            }
            if depth > 0 || matches!(self.get(at - 1), Some(Token::Period)) {
                continue;
            }
            let Some(word) = self.word(at) else { continue };
            match word.as_str() {
                "CASE" => cases += 1,
                "END" if cases > 0 => cases -= 1,
                "END" => return at,
                "ELSE" if cases > 0 => {}
                "VALUES" => inner_open = false,
                "SELECT" if inner_open || verb_open => (inner_open, verb_open) = (false, false),
                "EXEC" | "EXECUTE" if inner_open => inner_open = false,
                "INSERT" | "UPDATE" | "DELETE" if verb_open => {
                    verb_open = false;
                    inner_open = word == "INSERT";
                    set_open = word == "UPDATE";
                }
                "SET" if set_open => set_open = false,
                "SELECT" if self.joins_queries(at - 1) => {}
                "WITH" if inner_open && !matches!(self.get(at + 1), Some(Token::LParen)) => {
                    verb_open = true;
                }
                other if STARTERS.contains(&other) => return at,
                _ => {}
            }
        }
        self.len()
    }

    fn joins_queries(&self, at: usize) -> bool {
        self.word(at)
            .is_some_and(|word| matches!(word.as_str(), "UNION" | "ALL" | "EXCEPT" | "INTERSECT"))
    }

    /// Splits a range at the commas that are outside of parentheses.
    pub(super) fn list(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0_usize, from);
        for at in from..to {
            match self.get(at) {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth = depth.saturating_sub(1),
                Some(Token::Comma) if depth == 0 => {
                    parts.push((start, at));
                    start = at + 1;
                }
                _ => {}
            }
        }
        if start < to || !parts.is_empty() {
            parts.push((start, to));
        }
        parts
    }

    /// The index of the parenthesis that closes the one at `open`.
    pub(super) fn closing(&self, open: usize) -> Result<usize, SqlError> {
        let mut depth = 0_usize;
        for at in open..self.len() {
            match self.get(at) {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                _ => {}
            }
        }
        Err(self.error(self.len()))
    }

    /// Reads a range with sqlparser, which must consume all of it.
    pub(super) fn read<T>(
        &self,
        from: usize,
        to: usize,
        body: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>,
    ) -> Result<T, SqlError> {
        let slice = self.tokens.get(from..to).unwrap_or_default().to_vec();
        self.read_tokens(slice, body)
    }

    pub(super) fn read_tokens<T>(
        &self,
        tokens: Vec<TokenWithSpan>,
        body: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>,
    ) -> Result<T, SqlError> {
        let last = tokens.last().map(|token| token.token.to_string()).unwrap_or_default();
        let mut parser = Parser::new(&DIALECT).with_tokens_with_locations(tokens);
        let result = body(&mut parser).map_err(|error| syntax_error(&error, &last))?;
        match &parser.peek_token_ref().token {
            Token::EOF => Ok(result),
            rest => Err(SqlError::syntax(&rest.to_string())),
        }
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> Vec<TokenWithSpan> {
        self.tokens.get(from..to).unwrap_or_default().to_vec()
    }

    pub(super) fn expression(&self, from: usize, to: usize) -> Result<Expr, SqlError> {
        if from >= to {
            return Err(self.error(to));
        }
        self.read(from, to, Parser::parse_expr)
    }

    /// The text of a range, with blanks between the words. This is enough for the name of a type.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        let mut text = String::new();
        let mut after_word = false;
        for at in from..to {
            let Some(token) = self.get(at) else { break };
            let is_word = matches!(token, Token::Word(_));
            if is_word && after_word {
                text.push(' ');
            }
            match token {
                Token::Word(word) => text.push_str(&word.value),
                other => text.push_str(&other.to_string()),
            }
            after_word = is_word;
        }
        text
    }
}

fn syntax_error(error: &ParserError, last: &str) -> SqlError {
    let text = error.to_string();
    let near = match text.split_once("found: ") {
        Some((_, rest)) => rest.split(" at Line").next().unwrap_or(rest),
        None => return SqlError::new(102, format!("Incorrect syntax: {text}")),
    };
    SqlError::syntax(if near == "EOF" { last } else { near })
}

/// Inserts `WHERE 1 = 1` before the FOR JSON of a SELECT without FROM. Otherwise sqlparser would read FOR
/// as the last column's alias.
fn guard_for(tokens: &mut Vec<TokenWithSpan>) {
    let word = |token: &TokenWithSpan| match &token.token {
        Token::Word(Word { value, quote_style: None, .. }) => value.to_ascii_uppercase(),
        _ => String::new(),
    };
    let mut at = 1;
    while at + 1 < tokens.len() {
        let clause = word(&tokens[at]) == "FOR"
            && matches!(word(&tokens[at + 1]).as_str(), "JSON" | "XML" | "BROWSE");
        if clause {
            let mut depth = 0_usize;
            let mut bare = false;
            for token in tokens[..at].iter().rev() {
                match &token.token {
                    Token::RParen => depth += 1,
                    Token::LParen if depth == 0 => break,
                    Token::LParen => depth -= 1,
                    _ if depth > 0 => {}
                    _ => match word(token).as_str() {
                        "FROM" | "WHERE" | "ORDER" | "HAVING" => break,
                        "SELECT" => {
                            bare = true;
                            break;
                        }
                        _ => {}
                    },
                }
            }
            if bare {
                let number = || TokenWithSpan::wrap(Token::Number("1".to_owned(), false));
                let guard = [
                    TokenWithSpan::wrap(Token::make_keyword("WHERE")),
                    number(),
                    TokenWithSpan::wrap(Token::Eq),
                    number(),
                ];
                tokens.splice(at..at, guard);
                at += 4;
            }
        }
        at += 1;
    }
}
