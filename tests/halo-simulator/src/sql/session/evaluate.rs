//! Expressions outside queries, and the queries of procedures.

use sqlparser::ast::Expr;

use super::super::SqlError;
use super::super::batch::{self, Statement};
use super::super::convert::Val;
use super::super::types::Type;
use super::Session;
use super::access::Reading;

impl Session<'_> {
    /// Evaluates an expression outside any query.
    pub(super) fn evaluate(&self, expr: &Expr) -> Result<(Val, Type), SqlError> {
        let compiled = self.compiler().scalar(expr)?;
        let kind = compiled.columns[0].1;
        let rows = self.read(&compiled, Reading::Expr(expr))?;
        Ok((
            rows.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or(Val::Null),
            kind,
        ))
    }

    /// The rows of a query that a procedure contains, in the current frame.
    pub(crate) fn query(&self, text: &str) -> Result<Vec<Vec<Val>>, SqlError> {
        match batch::parse(text)?.first() {
            Some(Statement::Query(query)) => {
                self.read(&self.compiler().statement(query)?, Reading::Query(query))
            }
            _ => Err(SqlError::syntax(text)),
        }
    }
}
