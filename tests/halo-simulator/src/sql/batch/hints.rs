//! Table hints and query options.

use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

const HINTS: &[&str] = &[
    "NOLOCK",
    "READUNCOMMITTED",
    "UPDLOCK",
    "HOLDLOCK",
    "ROWLOCK",
    "TABLOCK",
    "TABLOCKX",
    "READPAST",
    "READCOMMITTED",
    "READCOMMITTEDLOCK",
    "REPEATABLEREAD",
    "SERIALIZABLE",
    "XLOCK",
    "PAGLOCK",
    "NOWAIT",
    "INDEX",
    "FORCESEEK",
    "FORCESCAN",
    "NOEXPAND",
    "SNAPSHOT",
];

/// The hints that say which locks a statement takes.
const LOCKS: &[&str] = &[
    "NOLOCK",
    "READUNCOMMITTED",
    "UPDLOCK",
    "HOLDLOCK",
    "TABLOCK",
    "TABLOCKX",
    "READPAST",
    "REPEATABLEREAD",
    "SERIALIZABLE",
    "XLOCK",
];

/// Removes `OPTION (...)` and the hints for the plan: SQLite has other plans. The hints for locks are left, as
/// `WITH (NOLOCK, ...)`. An INSERT locks its rows in any case, so the hints of its target are removed.
pub(super) fn strip(tokens: &mut Vec<TokenWithSpan>) {
    let word = |token: Option<&TokenWithSpan>, words: &[&str]| match token.map(|t| &t.token) {
        Some(Token::Word(Word { value, quote_style: None, .. })) => {
            words.iter().any(|word| value.eq_ignore_ascii_case(word))
        }
        _ => false,
    };
    let open = |token: Option<&TokenWithSpan>| token.is_some_and(|t| t.token == Token::LParen);
    let mut at = 0;
    while at < tokens.len() {
        let hinted = word(tokens.get(at), &["WITH"])
            && open(tokens.get(at + 1))
            && word(tokens.get(at + 2), HINTS);
        let bare = open(tokens.get(at))
            && word(tokens.get(at + 1), HINTS)
            && tokens.get(at + 2).is_some_and(|t| t.token == Token::RParen)
            && at > 0
            && matches!(tokens[at - 1].token, Token::Word(_));
        let option = word(tokens.get(at), &["OPTION"]) && open(tokens.get(at + 1));
        if hinted || bare || option {
            let mut depth = 0_usize;
            let mut end = at;
            while let Some(token) = tokens.get(end) {
                match token.token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth -= 1,
                    _ => {}
                }
                end += 1;
                if depth == 0 && end > at + 1 {
                    break;
                }
            }
            let kept = if option || is_insert_target(&tokens[..at]) {
                Vec::new()
            } else {
                lock_hints(&tokens[at..end])
            };
            let length = kept.len();
            tokens.splice(at..end, kept);
            at += length;
        } else {
            at += 1;
        }
    }
}

/// `WITH (...)` with those of the hints that are about locks, or nothing.
fn lock_hints(hints: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut kept = Vec::new();
    for token in hints {
        let Token::Word(word) = &token.token else { continue };
        if LOCKS.iter().any(|lock| word.value.eq_ignore_ascii_case(lock)) {
            let before = if kept.is_empty() { Token::LParen } else { Token::Comma };
            kept.push(TokenWithSpan::wrap(before));
            kept.push(token.clone());
        }
    }
    if !kept.is_empty() {
        kept.insert(0, TokenWithSpan::wrap(Token::make_keyword("WITH")));
        kept.push(TokenWithSpan::wrap(Token::RParen));
    }
    kept
}

/// Whether the name at the end of these tokens is the table of an INSERT.
fn is_insert_target(tokens: &[TokenWithSpan]) -> bool {
    for token in tokens.iter().rev() {
        match &token.token {
            Token::Period => {}
            Token::Word(word) => match word.value.to_ascii_uppercase().as_str() {
                "INSERT" | "INTO" => return true,
                "FROM" | "JOIN" | "APPLY" | "UPDATE" | "DELETE" => return false,
                _ => {}
            },
            _ => return false,
        }
    }
    false
}
