//! EXEC: Bp's procedures, dynamic SQL, and the few system procedures that clients use.

use sqlparser::ast::{Expr, Insert, ObjectName, TableObject};

use super::super::batch::{self, Execute, Statement};
use super::super::convert::{self, Val};
use super::super::objects::PATIENTS;
use super::super::procedures::{self, Body, Procedure};
use super::super::types::Type;
use super::super::{Command, Direction, SqlError, parameters};
use super::{Flow, Frame, Session, at_name};

/// An argument for a procedure.
pub(super) struct Passed {
    pub(super) name: Option<String>,
    /// `None` for DEFAULT.
    pub(super) value: Option<(Val, Type)>,
    /// The caller's variable for an OUTPUT.
    output: Option<String>,
}

impl Session<'_> {
    /// Halo's `storedProcedure` commands.
    pub(super) fn procedure_command(&mut self, command: &Command) -> Result<i64, SqlError> {
        let mut passed = Vec::new();
        for parameter in &command.parameters {
            if parameter.direction == Direction::ReturnValue {
                continue;
            }
            let (kind, value) = parameters::decode(parameter, command.kind)?;
            let name = at_name(&parameter.name);
            let output = (parameter.direction != Direction::Input).then(|| name.clone());
            if output.is_some() {
                self.declare(&name, kind, value.clone());
            }
            passed.push(Passed { name: Some(name), value: Some((value, kind)), output });
        }
        let name: Vec<String> = command
            .text
            .trim()
            .trim_end_matches(';')
            .split('.')
            .map(|part| part.trim_matches(['[', ']', '"', ' ']).to_owned())
            .collect();
        self.call(&name, passed)
    }

    pub(super) fn execute(&mut self, execute: &Execute) -> Result<(), SqlError> {
        let mut name = execute.procedure.clone();
        if let [variable] = &name[..]
            && variable.starts_with('@')
        {
            let Val::Text(text) = self.value(&variable.to_lowercase()) else {
                return Err(SqlError::undeclared(variable));
            };
            name = text.split('.').map(str::to_owned).collect();
        }
        let mut passed = Vec::new();
        for argument in &execute.arguments {
            let value = match &argument.value {
                // In EXEC a bare word is a string.
                Some(Expr::Identifier(ident)) if !ident.value.starts_with('@') => {
                    Some((Val::Text(ident.value.clone()), Type::nvarchar(None)))
                }
                Some(expr) => Some(self.evaluate(expr)?),
                None => None,
            };
            let output = match (&argument.value, argument.output) {
                (Some(Expr::Identifier(ident)), true) => Some(ident.value.clone()),
                (_, true) => {
                    return Err(SqlError::new(
                        179,
                        "Cannot use the OUTPUT option when passing a constant to a stored procedure.",
                    ));
                }
                _ => None,
            };
            passed.push(Passed { name: argument.name.clone(), value, output });
        }
        let returned = self.call(&name, passed)?;
        if let Some(result) = &execute.result {
            self.assign(result, Val::Integer(returned), Type::Int)?;
        }
        Ok(())
    }

    pub(super) fn insert_execute(
        &mut self,
        target: &Insert,
        execute: &Execute,
    ) -> Result<(), SqlError> {
        let TableObject::TableName(name) = &target.table else {
            return Err(SqlError::unsupported("INSERT into a function"));
        };
        if self.inserting {
            return Err(SqlError::new(8164, "An INSERT EXEC statement cannot be nested."));
        }
        let outer = std::mem::take(&mut self.result_sets);
        self.inserting = true;
        let result = self.execute(execute);
        self.inserting = false;
        let inner = std::mem::replace(&mut self.result_sets, outer);
        result?;
        let parts: Vec<String> = name
            .to_string()
            .split('.')
            .map(|part| part.trim_matches(['[', ']', '"']).to_owned())
            .collect();
        let named: Vec<String> = target.columns.iter().map(last_part).collect();
        let width = self.target_columns(&parts, &named)?.len();
        if inner.iter().any(|set| set.columns.len() != width) {
            return Err(SqlError::wrong_width());
        }
        let rows: Vec<Vec<Val>> = inner
            .into_iter()
            .flat_map(|set| set.rows)
            .map(|row| row.into_iter().map(procedures::to_val).collect())
            .collect();
        self.store_rows(&parts, &named, &rows)?;
        self.row_count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Runs dynamic SQL in its own frame and returns that frame.
    pub(super) fn dynamic(&mut self, text: &str, frame: Frame) -> Result<Frame, SqlError> {
        let mut frame = frame;
        // Dynamic SQL can see temporary tables, but no variables and table variables.
        std::mem::swap(&mut self.frame, &mut frame);
        let switches = self.switches();
        self.depth += 1;
        let result = self.batch(text);
        self.depth -= 1;
        self.drop_temporary_tables();
        self.switch_back(switches);
        std::mem::swap(&mut self.frame, &mut frame);
        if result.is_err() {
            self.failed_depth = self.failed_depth.max(self.depth + 1);
        }
        result.map(|_| frame)
    }

    fn call(&mut self, name: &[String], passed: Vec<Passed>) -> Result<i64, SqlError> {
        let missing = || {
            SqlError::new(2812, format!("Could not find stored procedure '{}'.", name.join(".")))
        };
        let short = name.last().ok_or_else(missing)?;
        match short.to_ascii_lowercase().as_str() {
            "sp_executesql" => return self.execute_sql(passed),
            "sp_columns" | "sp_tables" => return self.describe(name, passed),
            "sp_getapplock" => return Ok(self.get_application_lock(&passed)),
            "sp_releaseapplock" => return Ok(self.release_application_lock(&passed)),
            "sp_set_session_context" => return Ok(0),
            _ => {}
        }
        let in_reach = match name {
            [_] => true,
            [schema, _] => schema.eq_ignore_ascii_case("dbo"),
            [database, schema, _] => {
                self.catalog.database_named(database).is_some_and(|found| found.file == "dbo")
                    && (schema.is_empty() || schema.eq_ignore_ascii_case("dbo"))
            }
            _ => false,
        } && self.catalog.current() == PATIENTS;
        let procedure = procedures::find(short).filter(|_| in_reach).ok_or_else(missing)?;
        if self.catalog.is_denied(procedure.name) {
            return Err(SqlError::denied("EXECUTE", procedure.name));
        }
        let frame = bind(procedure, passed)?;
        let caller = std::mem::replace(&mut self.frame, frame);
        let owner = self.catalog.as_owner.replace(true);
        let switches = self.switches();
        let transactions = self.work.transactions;
        self.depth += 1;
        let result = match procedure.body {
            Body::Batch(text) => self.batch(text).map(|flow| match flow {
                Flow::Return(number) => number,
                _ => 0,
            }),
            Body::Rust(body) => body(self),
        };
        self.depth -= 1;
        self.drop_temporary_tables();
        self.switch_back(switches);
        self.catalog.as_owner.set(owner);
        self.frame = caller;
        let result = result.and_then(|number| {
            // Under XACT_ABORT the server says nothing, and the batch goes on without a transaction.
            if self.work.transactions == transactions || self.abort_on_error {
                return Ok(number);
            }
            let (before, now) = (transactions, self.work.transactions);
            Err(SqlError::new(
                266,
                format!(
                    "Transaction count after EXECUTE indicates a mismatching number of BEGIN and \
                     COMMIT statements. Previous count = {before}, current count = {now}."
                ),
            ))
        });
        if result.is_err() {
            self.failed_depth = self.failed_depth.max(self.depth + 1);
        }
        result
    }

    fn execute_sql(&mut self, passed: Vec<Passed>) -> Result<i64, SqlError> {
        let mut arguments = passed.into_iter();
        let wrong = |name: &str| {
            SqlError::new(
                214,
                format!("Procedure expects parameter '{name}' of type 'ntext/nchar/nvarchar'."),
            )
        };
        let text_of = |passed: Option<Passed>| match passed.and_then(|passed| passed.value) {
            Some((Val::Text(text), kind)) => Some((text, kind.is_unicode())),
            _ => None,
        };
        let Some((text, true)) = text_of(arguments.next()) else {
            return Err(wrong("@statement"));
        };
        let definitions = match text_of(arguments.next()) {
            Some((_, false)) => return Err(wrong("@params")),
            Some((definitions, true)) => definitions,
            None => String::new(),
        };
        let mut frame = Frame::default();
        let mut outputs = Vec::new();
        for (index, (name, kind, _)) in declarations(&definitions)?.into_iter().enumerate() {
            let _ = index;
            frame.symbols.variables.insert(name.to_lowercase(), kind);
            outputs.push(name);
        }
        let mut received = Vec::new();
        let mut given = Vec::new();
        for (index, passed) in arguments.enumerate() {
            let name =
                passed.name.clone().or_else(|| outputs.get(index).cloned()).ok_or_else(|| {
                    SqlError::new(8144, "Procedure or function has too many arguments specified.")
                })?;
            let kind = *frame.symbols.variables.get(&name.to_lowercase()).ok_or_else(|| {
                SqlError::new(8145, format!("{name} is not a parameter for procedure ."))
            })?;
            given.push(name.to_lowercase());
            if let Some((value, source)) = passed.value {
                frame.values.insert(name.to_lowercase(), convert::convert(value, source, kind, 0)?);
            }
            if let Some(output) = passed.output {
                received.push((name.to_lowercase(), kind, output));
            }
        }
        for name in &outputs {
            if !given.contains(&name.to_lowercase()) {
                return Err(SqlError::new(
                    8178,
                    format!(
                        "The parameterized query '({definitions}){text}' expects the parameter '{name}', \
                         which was not supplied."
                    ),
                ));
            }
        }
        let frame = self.dynamic(&text, frame)?;
        for (name, kind, output) in received {
            let value = frame.values.get(&name).cloned().unwrap_or(Val::Null);
            self.assign(&output, value, kind)?;
        }
        Ok(0)
    }
}

fn last_part(name: &ObjectName) -> String {
    let part = name.0.last().map(ToString::to_string).unwrap_or_default();
    part.trim_matches(['[', ']', '"']).to_owned()
}

/// Reads `@a int, @b varchar(10) = NULL OUTPUT` into names, types and defaults.
fn declarations(text: &str) -> Result<Vec<(String, Type, Option<Expr>)>, SqlError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut cleaned = String::new();
    for part in text.split('@').skip(1) {
        let part = part.trim().trim_end_matches(',').trim_end();
        let lower = part.to_ascii_lowercase();
        let length = if lower.ends_with(" output") {
            part.len() - 7
        } else if lower.ends_with(" out") {
            part.len() - 4
        } else {
            part.len()
        };
        if !cleaned.is_empty() {
            cleaned.push_str(", ");
        }
        cleaned.push('@');
        cleaned.push_str(&part[..length]);
    }
    batch::parse(&format!("DECLARE {cleaned}"))?
        .into_iter()
        .map(|statement| match statement {
            Statement::Declare { name, kind, initial } => Ok((name, kind, initial)),
            _ => Err(SqlError::syntax(text)),
        })
        .collect()
}

/// Matches arguments to a procedure's parameters.
fn bind(procedure: &Procedure, passed: Vec<Passed>) -> Result<Frame, SqlError> {
    let declared = declarations(procedure.parameters)?;
    let mut frame = Frame::default();
    let mut positional = 0;
    for passed in passed {
        let found = match &passed.name {
            Some(name) => declared
                .iter()
                .find(|(known, ..)| known.eq_ignore_ascii_case(name))
                .ok_or_else(|| {
                    SqlError::new(
                        8145,
                        format!("{name} is not a parameter for procedure {}.", procedure.name),
                    )
                })?,
            None => {
                positional += 1;
                declared.get(positional - 1).ok_or_else(|| {
                    SqlError::new(
                        8144,
                        format!(
                            "Procedure or function {} has too many arguments specified.",
                            procedure.name
                        ),
                    )
                })?
            }
        };
        if let Some(output) = &passed.output {
            return Err(SqlError::new(
                8162,
                format!(
                    "The formal parameter \"{output}\" was not declared as an OUTPUT parameter, but the \
                     actual parameter passed in requested output."
                ),
            ));
        }
        let Some((value, source)) = passed.value else { continue };
        let key = found.0.to_lowercase();
        if frame.values.contains_key(&key) {
            return Err(SqlError::new(
                8143,
                format!("Parameter '{}' was supplied multiple times.", found.0),
            ));
        }
        let value = convert::convert(value, source, found.1, 0).map_err(|_| {
            SqlError::new(
                8114,
                format!("Error converting data type {} to {}.", source.name(), found.1.name()),
            )
        })?;
        frame.symbols.variables.insert(key.clone(), found.1);
        frame.values.insert(key, value);
    }
    for (name, kind, default) in &declared {
        let key = name.to_lowercase();
        if frame.values.contains_key(&key) {
            continue;
        }
        let Some(default) = default else {
            return Err(SqlError::new(
                201,
                format!(
                    "Procedure or function '{}' expects parameter '{name}', which was not supplied.",
                    procedure.name
                ),
            ));
        };
        let value = match default.to_string().parse::<i64>() {
            Ok(number) => Val::Integer(number),
            Err(_) => Val::Null,
        };
        frame.symbols.variables.insert(key.clone(), *kind);
        frame.values.insert(key, value);
    }
    Ok(frame)
}
