//! A batch of T-SQL as statements and control flow.
//!
//! sqlparser reads queries and expressions. This module finds the tokens of each statement, because T-SQL
//! needs no semicolons. It also reads everything that controls the flow (DECLARE, IF, EXEC, TRY...).

mod definition;
mod hints;
mod statement;
mod steering;
mod tokens;

use sqlparser::ast::{Expr, Query};

use super::dates::Order;
use super::types::Type;
use super::{Language, SqlError};
use tokens::Tokens;

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Declare { name: String, kind: Type, initial: Option<Expr> },
    DeclareTable { name: String, definition: TableDefinition },
    CreateTable { name: String, definition: TableDefinition },
    DropTable { names: Vec<String>, if_exists: bool },
    Set { name: String, value: Expr },
    Switch(Switch),
    Query(Box<Query>),
    Insert(Box<Changing<sqlparser::ast::Insert>>),
    InsertExecute { target: Box<sqlparser::ast::Insert>, execute: Execute },
    Update(Box<Changing<sqlparser::ast::Update>>),
    Delete(Box<Changing<sqlparser::ast::Delete>>),
    Begin,
    Commit,
    Rollback(Option<String>),
    Save(String),
    If { condition: Expr, then: Box<Self>, otherwise: Option<Box<Self>> },
    While { condition: Expr, body: Box<Self> },
    Block(Vec<Self>),
    Try { body: Vec<Self>, handler: Vec<Self> },
    Break,
    Continue,
    Return(Option<Expr>),
    Throw(Option<Box<[Expr; 3]>>),
    RaiseError(Vec<Expr>),
    Print(Expr),
    Execute(Execute),
    ExecuteText(Expr),
    Nothing,
}

/// An INSERT, UPDATE or DELETE, with its CTEs and its TOP.
#[derive(Clone, Debug)]
pub(crate) struct Changing<T> {
    pub(crate) statement: T,
    pub(crate) with: Option<sqlparser::ast::With>,
    pub(crate) top: Option<Expr>,
}

/// A session setting that the simulator supports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Switch {
    NoCount(bool),
    AbortOnError(bool),
    /// DATEFORMAT.
    DateFormat(Order),
    /// DATEFIRST. 1 is Monday.
    FirstWeekday(u8),
    /// LOCK_TIMEOUT in milliseconds; -1 waits for ever.
    LockTimeout(i64),
    /// DEADLOCK_PRIORITY: -5 for LOW, 0 for NORMAL, 5 for HIGH.
    DeadlockPriority(i32),
    /// LANGUAGE, which also sets DATEFORMAT and DATEFIRST.
    Language(Language),
}

/// `EXEC [@result =] procedure arguments`.
#[derive(Clone, Debug)]
pub(crate) struct Execute {
    pub(crate) result: Option<String>,
    /// The parts of the name without brackets. A single variable stands for its value.
    pub(crate) procedure: Vec<String>,
    pub(crate) arguments: Vec<Argument>,
}

/// One argument of `EXEC`.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<String>,
    /// `None` for `DEFAULT`.
    pub(crate) value: Option<Expr>,
    pub(crate) output: bool,
}

/// The columns of a table variable or temporary table.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableDefinition {
    pub(crate) columns: Vec<ColumnDefinition>,
    /// The column lists of the table's PRIMARY KEY and UNIQUE constraints.
    pub(crate) keys: Vec<Vec<String>>,
}

/// One column of a [`TableDefinition`].
#[derive(Clone, Debug)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) not_null: bool,
    pub(crate) unique: bool,
    pub(crate) identity: bool,
    pub(crate) default: Option<Expr>,
}

/// Reads a whole batch.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, SqlError> {
    let mut tokens = Tokens::new(text)?;
    let statements = statement::sequence(&mut tokens)?;
    match tokens.peek() {
        None => Ok(statements),
        Some(token) => Err(SqlError::syntax(&token.to_string())),
    }
}
