//! Errors in a batch that SQL Server finds before it runs any of it.

use sqlparser::ast::Expr;

use super::super::SqlError;
use super::super::batch::{Execute, Statement};
use super::super::catalog::Symbols;
use super::super::compile::Compiler;
use super::Session;

impl Session<'_> {
    pub(super) fn check(&self, statements: &[Statement]) -> Result<(), SqlError> {
        let mut symbols = self.frame.symbols.clone();
        no_stray_jump(statements)?;
        self.check_all(statements, &mut symbols)
    }

    fn check_all(&self, statements: &[Statement], symbols: &mut Symbols) -> Result<(), SqlError> {
        statements.iter().try_for_each(|statement| self.check_one(statement, symbols))
    }

    fn check_one(&self, statement: &Statement, symbols: &mut Symbols) -> Result<(), SqlError> {
        match statement {
            Statement::Declare { name, kind, initial } => {
                if kind.is_legacy() {
                    return Err(SqlError::new(
                        2739,
                        "The text, ntext, and image data types are invalid for local variables.",
                    ));
                }
                kind.check_length(&format!("parameter '{name}'"))?;
                if let Some(initial) = initial {
                    self.check_expr(initial, symbols)?;
                }
                let known = symbols.variables.insert(name.to_lowercase(), *kind);
                if known.is_some() {
                    return Err(SqlError::new(
                        134,
                        format!(
                            "The variable name '{name}' has already been declared. Variable names must \
                             be unique within a query batch or stored procedure."
                        ),
                    ));
                }
                Ok(())
            }
            Statement::DeclareTable { name, .. } => {
                symbols.tables.insert(name.to_lowercase(), "@".to_owned());
                Ok(())
            }
            Statement::Set { name, value } => {
                known_variable(name, symbols)?;
                self.check_expr(value, symbols)
            }
            Statement::Query(query) => {
                deferred(Compiler::new(&self.catalog, symbols).statement(query))
            }
            Statement::Insert(insert) => {
                deferred(Compiler::new(&self.catalog, symbols).insert(insert))
            }
            Statement::Update(update) => {
                deferred(Compiler::new(&self.catalog, symbols).update(update))
            }
            Statement::Delete(delete) => {
                deferred(Compiler::new(&self.catalog, symbols).delete(delete))
            }
            Statement::If { condition, then, otherwise } => {
                deferred(Compiler::new(&self.catalog, symbols).holds(condition))?;
                self.check_one(then, symbols)?;
                otherwise.as_ref().map_or(Ok(()), |otherwise| self.check_one(otherwise, symbols))
            }
            Statement::While { condition, body } => {
                deferred(Compiler::new(&self.catalog, symbols).holds(condition))?;
                self.check_one(body, symbols)
            }
            Statement::Block(body) => self.check_all(body, symbols),
            Statement::Try { body, handler } => {
                self.check_all(body, symbols)?;
                self.check_all(handler, symbols)
            }
            Statement::Return(Some(expr))
            | Statement::Print(expr)
            | Statement::ExecuteText(expr) => self.check_expr(expr, symbols),
            Statement::Throw(Some(parts)) => {
                parts.iter().try_for_each(|expr| self.check_expr(expr, symbols))
            }
            Statement::RaiseError(parts) => {
                parts.iter().try_for_each(|expr| self.check_expr(expr, symbols))
            }
            Statement::Execute(execute) | Statement::InsertExecute { execute, .. } => {
                self.check_execute(execute, symbols)
            }
            _ => Ok(()),
        }
    }

    fn check_execute(&self, execute: &Execute, symbols: &Symbols) -> Result<(), SqlError> {
        if let Some(result) = &execute.result {
            known_variable(result, symbols)?;
        }
        execute
            .arguments
            .iter()
            .filter_map(|argument| argument.value.as_ref())
            .filter(
                |value| !matches!(value, Expr::Identifier(ident) if !ident.value.starts_with('@')),
            )
            .try_for_each(|value| self.check_expr(value, symbols))
    }

    fn check_expr(&self, expr: &Expr, symbols: &Symbols) -> Result<(), SqlError> {
        deferred(Compiler::new(&self.catalog, symbols).scalar(expr))
    }
}

/// Refuses BREAK and CONTINUE outside a WHILE.
fn no_stray_jump(statements: &[Statement]) -> Result<(), SqlError> {
    statements.iter().try_for_each(|statement| match statement {
        Statement::Break | Statement::Continue => {
            let (number, word) = match statement {
                Statement::Break => (135, "BREAK"),
                _ => (136, "CONTINUE"),
            };
            Err(SqlError::new(
                number,
                format!("Cannot use a {word} statement outside the scope of a WHILE statement."),
            ))
        }
        Statement::If { then, otherwise, .. } => {
            no_stray_jump(std::slice::from_ref(then))?;
            otherwise.as_ref().map_or(Ok(()), |body| no_stray_jump(std::slice::from_ref(body)))
        }
        Statement::Block(body) => no_stray_jump(body),
        Statement::Try { body, handler } => {
            no_stray_jump(body)?;
            no_stray_jump(handler)
        }
        _ => Ok(()),
    })
}

fn known_variable(name: &str, symbols: &Symbols) -> Result<(), SqlError> {
    if symbols.variables.contains_key(&name.to_lowercase()) {
        Ok(())
    } else {
        Err(SqlError::undeclared(name))
    }
}

/// Missing objects and rights are errors only when the statement runs.
fn deferred<T>(result: Result<T, SqlError>) -> Result<(), SqlError> {
    match result {
        Err(error) if !matches!(error.number, 208 | 229) => Err(error),
        _ => Ok(()),
    }
}
