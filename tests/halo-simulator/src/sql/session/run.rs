//! Runs statements.

use sqlparser::ast::{Expr, Query, SelectItem, SetExpr};

use super::super::batch::{Statement, Switch};
use super::super::catalog::quote;
use super::super::compile::Changed;
use super::super::convert::{self, Val};
use super::super::dates;
use super::super::storing;
use super::super::types::Type;
use super::super::{ResultSet, SqlError, parameters};
use super::access::Reading;
use super::{Flow, Session};

/// The number of characters of each row into which SQL Server splits top-level FOR JSON.
const JSON_ROW: usize = 2033;
/// A WHILE with more iterations counts as endless.
const LONGEST_LOOP: usize = 200_000;

impl Session<'_> {
    pub(super) fn run(&mut self, statements: &[Statement]) -> Result<Flow, SqlError> {
        for statement in statements {
            let flow = match self.step(statement) {
                Ok(flow) => flow,
                Err(error) => {
                    self.last_error = error.number;
                    self.failed_depth = self.failed_depth.max(self.depth);
                    self.give_way()?;
                    if self.tries == 0 && !self.abort_on_error && error.ends_only_the_statement() {
                        self.pending.get_or_insert(error);
                        continue;
                    }
                    return Err(error);
                }
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, statement: &Statement) -> Result<Flow, SqlError> {
        match statement {
            Statement::Declare { name, kind, initial } => {
                let value = match initial {
                    Some(initial) => {
                        let (value, source) = self.evaluate(initial)?;
                        storing::implicit(source, *kind)?;
                        convert::convert(value, source, *kind, 0)?
                    }
                    None => Val::Null,
                };
                self.declare(name, *kind, value);
            }
            Statement::DeclareTable { name, definition } => self.declare_table(name, definition)?,
            Statement::CreateTable { name, definition } => self.create_table(name, definition)?,
            Statement::DropTable { names, if_exists } => {
                for name in names {
                    self.drop_table(name, *if_exists)?;
                }
            }
            Statement::Set { name, value } => {
                let (value, kind) = self.evaluate(value)?;
                self.assign(name, value, kind)?;
                self.row_count = 1;
            }
            Statement::Switch(Switch::NoCount(on)) => self.no_count = *on,
            Statement::Switch(Switch::AbortOnError(on)) => self.abort_on_error = *on,
            Statement::Switch(Switch::LockTimeout(wait)) => self.work.lock_timeout = *wait,
            Statement::Switch(Switch::DeadlockPriority(priority)) => {
                self.process.locks().hold().set_priority(self.process.id(), *priority);
            }
            Statement::Switch(Switch::DateFormat(order)) => {
                dates::set(dates::Settings { order: *order, ..dates::settings() });
            }
            Statement::Switch(Switch::FirstWeekday(day)) => {
                dates::set(dates::Settings { first_weekday: *day, ..dates::settings() });
            }
            Statement::Switch(Switch::Language(language)) => {
                self.language = *language;
                dates::set(language.dates());
            }
            Statement::Query(query) => self.select(query)?,
            Statement::Insert(insert) => {
                let changed = self.compiler().insert(insert)?;
                self.change(&changed, "INSERT", Reading::Insert(&insert.statement))?;
            }
            Statement::InsertExecute { target, execute } => self.insert_execute(target, execute)?,
            Statement::Update(update) => {
                let changed = self.compiler().update(update)?;
                self.change(&changed, "UPDATE", Reading::Update(update))?;
            }
            Statement::Delete(delete) => {
                let changed = self.compiler().delete(delete)?;
                self.change(&changed, "DELETE", Reading::Delete(delete))?;
            }
            Statement::Begin => self.begin(),
            Statement::Commit => self.commit()?,
            Statement::Rollback(name) => self.rollback(name.as_deref())?,
            Statement::Save(name) => self.save(name)?,
            Statement::If { condition, then, otherwise } => {
                let branch = if self.holds(condition)? { Some(then) } else { otherwise.as_ref() };
                return branch
                    .map_or(Ok(Flow::Next), |branch| self.run(std::slice::from_ref(branch)));
            }
            Statement::While { condition, body } => return self.repeat(condition, body),
            Statement::Block(body) => return self.run(body),
            Statement::Try { body, handler } => return self.attempt(body, handler),
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
            Statement::Return(value) => {
                let value = match value {
                    Some(expr) => self.evaluate(expr)?,
                    None => (Val::Integer(0), Type::Int),
                };
                let value = convert::convert(value.0, value.1, Type::Int, 0)?;
                return Ok(Flow::Return(if let Val::Integer(number) = value { number } else { 0 }));
            }
            Statement::Throw(parts) => return Err(self.thrown(parts.as_deref())?),
            Statement::RaiseError(parts) => self.raise(parts)?,
            Statement::Print(expr) => {
                self.evaluate(expr)?;
            }
            Statement::Execute(execute) => self.execute(execute)?,
            Statement::ExecuteText(expr) => {
                let text = self.text(expr)?;
                self.dynamic(&text, super::Frame::default())?;
            }
            Statement::Nothing => {}
        }
        if !matches!(statement, Statement::Declare { .. }) {
            self.last_error = 0;
        }
        Ok(Flow::Next)
    }

    pub(super) fn text(&self, expr: &Expr) -> Result<String, SqlError> {
        let (value, kind) = self.evaluate(expr)?;
        convert::to_text(&value, kind, 0)
    }

    fn holds(&self, condition: &Expr) -> Result<bool, SqlError> {
        let compiled = self.compiler().holds(condition)?;
        let rows = self.fetch(&compiled, "SELECT")?;
        Ok(matches!(rows.first().and_then(|row| row.first()), Some(Val::Integer(1..))))
    }

    fn repeat(&mut self, condition: &Expr, body: &Statement) -> Result<Flow, SqlError> {
        for _ in 0..LONGEST_LOOP {
            if !self.holds(condition)? {
                return Ok(Flow::Next);
            }
            match self.run(std::slice::from_ref(body))? {
                Flow::Break => return Ok(Flow::Next),
                flow @ Flow::Return(_) => return Ok(flow),
                Flow::Next | Flow::Continue => {}
            }
        }
        Err(SqlError::new(
            -2,
            "Execution Timeout Expired. The timeout period elapsed prior to completion of the operation \
             or the server is not responding.",
        ))
    }

    fn attempt(&mut self, body: &[Statement], handler: &[Statement]) -> Result<Flow, SqlError> {
        self.tries += 1;
        self.failed_depth = 0;
        let result = self.run(body);
        self.tries -= 1;
        let error = match result {
            Ok(flow) => return Ok(flow),
            // SQL Server does not catch a missing object in the batch that names it.
            Err(error) if error.number == 208 && self.failed_depth == self.depth => {
                return Err(error);
            }
            Err(error) => error,
        };
        if self.abort_on_error && self.work.transactions > 0 {
            self.work.doomed = true;
        }
        self.caught.push(error);
        let result = self.run(handler);
        self.caught.pop();
        result
    }

    fn thrown(&self, parts: Option<&[Expr; 3]>) -> Result<SqlError, SqlError> {
        let Some([number, message, _]) = parts else {
            return Ok(self.caught.last().cloned().unwrap_or_else(|| {
                SqlError::new(
                    10704,
                    "To rethrow an error, a THROW statement must be used inside a CATCH block.",
                )
            }));
        };
        let number = match self.evaluate(number)?.0 {
            Val::Integer(number) => i32::try_from(number).unwrap_or(50_000),
            _ => 50_000,
        };
        if number < 50_000 {
            return Err(SqlError::new(
                35_100,
                format!(
                    "Error number {number} in the THROW statement is outside the valid range. Specify an \
                     error number in the valid range of 50000 to 2147483647."
                ),
            ));
        }
        Ok(SqlError::new(number, self.text(message)?))
    }

    fn raise(&mut self, parts: &[Expr]) -> Result<(), SqlError> {
        let [message, severity, _, arguments @ ..] = parts else {
            return Err(SqlError::syntax("RAISERROR"));
        };
        let mut text = self.text(message)?;
        for argument in arguments {
            let value = self.text(argument)?;
            let place = ["%s", "%d", "%i"].iter().filter_map(|mark| text.find(mark)).min();
            if let Some(at) = place {
                text.replace_range(at..at + 2, &value);
            }
        }
        let severe = matches!(self.evaluate(severity)?.0, Val::Integer(number) if number > 10);
        if !severe {
            return Ok(());
        }
        let error = SqlError::new(50_000, text);
        if self.tries > 0 {
            return Err(error);
        }
        // RAISERROR ends neither the batch nor the transaction, not even under XACT_ABORT.
        self.pending.get_or_insert(error);
        Ok(())
    }

    pub(super) fn assign(&mut self, name: &str, value: Val, kind: Type) -> Result<(), SqlError> {
        let key = name.to_lowercase();
        let target = self
            .frame
            .symbols
            .variables
            .get(&key)
            .copied()
            .ok_or_else(|| SqlError::undeclared(name))?;
        storing::implicit(kind, target)?;
        self.frame.values.insert(key, convert::convert(value, kind, target, 0)?);
        Ok(())
    }

    fn select(&mut self, query: &Query) -> Result<(), SqlError> {
        let compiled = self.compiler().statement(query)?;
        let select = match query.body.as_ref() {
            SetExpr::Select(select) => Some(select),
            _ => None,
        };
        if let Some(target) =
            select.and_then(|select| select.into.as_ref()).and_then(|into| into.targets.first())
        {
            let name = target.to_string();
            if !name.starts_with('#') {
                return Err(SqlError::new(
                    262,
                    "CREATE TABLE permission denied in database 'BPSPatients'.",
                ));
            }
            self.create_for_rows(&name, &compiled.columns)?;
            let mut compiled = compiled;
            let list: Vec<String> =
                (1..=compiled.columns.len()).map(|index| format!("_{index}")).collect();
            compiled.sql = format!(
                "INSERT INTO temp.{} SELECT {} FROM ({})",
                quote(&name),
                list.join(", "),
                compiled.sql
            );
            compiled.columns.clear();
            let table = self.catalog.table(&[name], &self.frame.symbols, "INSERT")?;
            let changed =
                Changed { statement: compiled, into: None, identity: false, table, before: None };
            return self.change(&changed, "INSERT", Reading::Query(query));
        }
        let rows = self.read(&compiled, Reading::Query(query))?;
        let is_assignment = select.is_some_and(|select| {
            select.projection.iter().any(|item| {
                matches!(item, SelectItem::ExprWithAlias { alias, .. }
                    if alias.quote_style.is_none() && alias.value.starts_with('@'))
            })
        });
        self.row_count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if is_assignment {
            if let Some(row) = rows.into_iter().next_back() {
                for (value, (name, kind)) in row.into_iter().zip(&compiled.columns) {
                    if !name.starts_with('@') {
                        return Err(SqlError::new(
                            141,
                            "A SELECT statement that assigns a value to a variable must not be combined \
                             with data-retrieval operations.",
                        ));
                    }
                    self.assign(name, value, *kind)?;
                }
            }
            return Ok(());
        }
        if query.for_clause.is_some() {
            self.push_document(&compiled.columns[0].0.clone(), rows);
        } else {
            self.push_rows(&compiled.columns, rows);
        }
        Ok(())
    }

    /// Top-level FOR JSON: no row without data, and several rows for a long text.
    fn push_document(&mut self, column: &str, rows: Vec<Vec<Val>>) {
        let text = match rows.into_iter().flatten().next() {
            Some(Val::Text(text)) => text,
            _ => String::new(),
        };
        let characters: Vec<char> = text.chars().collect();
        let rows = characters
            .chunks(JSON_ROW)
            .map(|chunk| vec![super::super::Value::Text(chunk.iter().collect())])
            .collect();
        self.result_sets.push(ResultSet { columns: vec![column.to_owned()], rows });
    }

    pub(crate) fn push_rows(&mut self, columns: &[(String, Type)], rows: Vec<Vec<Val>>) {
        let rows = rows
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .zip(columns)
                    .map(|(value, (_, kind))| parameters::cell(value, *kind))
                    .collect()
            })
            .collect();
        self.result_sets.push(ResultSet {
            columns: columns.iter().map(|(name, _)| name.clone()).collect(),
            rows,
        });
    }

    /// Runs an INSERT, UPDATE or DELETE.
    pub(super) fn change(
        &mut self,
        changed: &Changed,
        verb: &str,
        reading: Reading<'_>,
    ) -> Result<(), SqlError> {
        let reading = (reading, changed.statement.hinted);
        let rows =
            self.atomically(&changed.table, changed.before.as_ref(), reading, |session| {
                let before = session.database.total_changes();
                let rows = session.fetch(&changed.statement, verb)?;
                let count = session.database.total_changes() - before;
                session.row_count = i64::try_from(count).unwrap_or(i64::MAX);
                if changed.identity && count > 0 {
                    session.identity = Val::Integer(session.database.last_insert_rowid());
                }
                Ok(rows)
            })?;
        let count = self.row_count;
        if !changed.statement.columns.is_empty() {
            match &changed.into {
                Some(target) => self.store_rows(target, &[], &rows)?,
                None => self.push_rows(&changed.statement.columns, rows),
            }
        }
        self.row_count = count;
        if !self.no_count {
            self.rows_affected = self.rows_affected.max(0) + count;
        }
        Ok(())
    }
}
