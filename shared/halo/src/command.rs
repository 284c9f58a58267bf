//! SQL commands and their parameters.

use std::time::Duration;

use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::wire;

/// Halo refuses immediate commands that may queue for longer than this.
const LONGEST_IMMEDIATE_QUEUE: Duration = Duration::from_secs(60);

/// The names of `SqlDbType` that a client needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum SqlType {
    /// 64-bit integer.
    BigInt,
    /// Truth value.
    Bit,
    /// Calendar date.
    Date,
    /// Date and time.
    DateTime,
    /// 32-bit integer.
    Int,
    /// Unicode text.
    NVarChar,
    /// Binary.
    VarBinary,
    /// ANSI text.
    VarChar,
}

/// The direction of a parameter.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the database.
    Input,
    /// From the database.
    Output,
    /// Both ways.
    InputOutput,
    /// A procedure's RETURN code.
    ReturnValue,
}

/// A parameter. Its value cannot be printed: it may identify a patient.
#[derive(Clone, Debug)]
pub struct Parameter {
    name: &'static str,
    direction: Direction,
    kind: SqlType,
    value: Option<SecretString>,
    size: Option<i64>,
}

impl Parameter {
    fn input(name: &'static str, kind: SqlType, value: String) -> Self {
        // The size is in bytes; Unicode text takes two for each UTF-16 unit.
        let size = match kind {
            SqlType::NVarChar => Some(value.encode_utf16().count() as i64 * 2),
            SqlType::VarChar => Some(value.chars().count() as i64),
            _ => None,
        };
        Self {
            name,
            direction: Direction::Input,
            kind,
            value: Some(SecretString::from(value)),
            size,
        }
    }

    /// A 32-bit number. `name` begins with `@`.
    #[must_use]
    pub fn int(name: &'static str, value: i64) -> Self {
        Self::input(name, SqlType::Int, value.to_string())
    }

    /// A date without a time or a zone.
    #[must_use]
    pub fn date(name: &'static str, value: Date) -> Self {
        Self::input(name, SqlType::Date, value.to_string())
    }

    /// ANSI text.
    #[must_use]
    pub fn var_char(name: &'static str, value: impl Into<String>) -> Self {
        Self::input(name, SqlType::VarChar, value.into())
    }

    /// Unicode text.
    #[must_use]
    pub fn n_var_char(name: &'static str, value: impl Into<String>) -> Self {
        Self::input(name, SqlType::NVarChar, value.into())
    }

    /// A value that the command returns. `size` is in bytes, for types of variable length.
    #[must_use]
    pub fn output(name: &'static str, kind: SqlType, size: Option<i64>) -> Self {
        Self { name, direction: Direction::Output, kind, value: None, size }
    }

    /// A procedure's RETURN code.
    #[must_use]
    pub fn return_value(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::ReturnValue,
            kind: SqlType::Int,
            value: None,
            size: None,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "direction": self.direction,
            "type": self.kind,
            "value": self.value.as_ref().map(ExposeSecret::expose_secret),
            "size": self.size,
        })
    }
}

/// The value of an output parameter, or a return value.
#[derive(Clone, Deserialize)]
pub struct OutputParameter {
    /// The name, with its `@`.
    pub name: String,
    /// The value as text.
    #[serde(default, deserialize_with = "wire::text")]
    pub value: Option<String>,
}

impl std::fmt::Debug for OutputParameter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OutputParameter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The kind of result.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExecutionMode {
    /// Rows.
    Reader,
    /// The number of affected rows.
    NonQuery,
    /// The first column of the first row.
    Scalar,
}

/// A command. Never build its SQL text from values: use parameters.
#[derive(Clone, Debug)]
pub struct Command {
    name: &'static str,
    text: String,
    stored_procedure: bool,
    mode: ExecutionMode,
    parameters: Vec<Parameter>,
    catalogue: Option<String>,
}

impl Command {
    /// A batch of SQL that returns rows.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            name: "unnamed",
            text: text.into(),
            stored_procedure: false,
            mode: ExecutionMode::Reader,
            parameters: Vec::new(),
            catalogue: None,
        }
    }

    /// A stored procedure by name. Halo calls this experimental: a parameter over 8,000 bytes or 4,000
    /// characters fails. A batch that EXECs the procedure has no such limit.
    #[must_use]
    pub fn stored_procedure(name: impl Into<String>) -> Self {
        Self { stored_procedure: true, ..Self::text(name) }
    }

    /// Sets the name under which a [`Meter`](crate::Meter) counts the command; `unnamed` by default.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Sets the kind of result.
    #[must_use]
    pub fn mode(mut self, mode: ExecutionMode) -> Self {
        self.mode = mode;
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Runs the command on another database of the site than the default one.
    #[must_use]
    pub fn catalogue(mut self, name: impl Into<String>) -> Self {
        self.catalogue = Some(name.into());
        self
    }

    pub(crate) fn command_json(&self) -> Value {
        json!({
            "text": self.text,
            "type": if self.stored_procedure { "storedProcedure" } else { "text" },
            "executionMode": self.mode,
            "parameters": self.parameters.iter().map(Parameter::to_json).collect::<Vec<_>>(),
        })
    }

    /// The body of an immediate query. It may queue for part of the remaining time, so that it starts while
    /// the caller still waits and has time to run.
    pub(crate) fn to_immediate_json(&self, remaining: Duration) -> Value {
        self.to_json(remaining.mul_f32(0.6).min(LONGEST_IMMEDIATE_QUEUE))
    }

    pub(crate) fn to_json(&self, max_time_in_queue: Duration) -> Value {
        let mut body = json!({
            "maxTimeInQueue": u64::try_from(max_time_in_queue.as_millis()).unwrap_or(u64::MAX),
            "command": self.command_json(),
        });
        if let Some(catalogue) = &self.catalogue {
            body["catalogue"] = json!(catalogue);
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commands_values_cannot_be_printed() {
        let command = Command::text("SELECT @name").with(Parameter::var_char("@name", "Nguyen"));
        assert!(!format!("{command:?}").contains("Nguyen"));
        assert_eq!(command.command_json()["parameters"][0]["value"], "Nguyen");
    }

    #[test]
    fn a_parameters_size_counts_bytes() {
        let json = Parameter::n_var_char("@name", "Zoë").to_json();
        assert_eq!((json["type"].as_str(), json["size"].as_i64()), (Some("NVarChar"), Some(6)));
    }
}
