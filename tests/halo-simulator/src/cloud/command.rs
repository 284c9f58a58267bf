//! The commands that integrators send, and what Halo Cloud itself checks in them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    cloud::{answer::Refusal, fault::Traits, pool::Catalogue},
    sql::{self, Command, CommandKind, Direction, SqlError},
};

/// The parameter types that Halo lists.
const PARAMETER_TYPES: [&str; 32] = [
    "BigInt",
    "Binary",
    "Bit",
    "Char",
    "String",
    "Date",
    "DateTime",
    "DateTime2",
    "DateTimeOffset",
    "Decimal",
    "Float",
    "Image",
    "Int",
    "Money",
    "NChar",
    "NText",
    "NVarChar",
    "Real",
    "SmallDateTime",
    "SmallInt",
    "SmallMoney",
    "Structured",
    "Text",
    "Time",
    "Timestamp",
    "TinyInt",
    "Udt",
    "UniqueIdentifier",
    "VarBinary",
    "VarChar",
    "Variant",
    "Xml",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubmissionBody {
    command: Option<Command>,
    catalogue: Option<String>,
    max_time_in_queue: Option<i64>,
}

/// A checked request with its command.
pub(crate) struct Submission {
    pub(crate) command: Command,
    pub(crate) catalogue: Catalogue,
    /// Milliseconds.
    pub(crate) max_time_in_queue: i64,
    pub(crate) command_size: usize,
    pub(crate) request_size: usize,
}

/// The bounds of `maxTimeInQueue` in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct QueueTime {
    pub(crate) standard: i64,
    pub(crate) longest: i64,
}

impl QueueTime {
    pub(crate) const IMMEDIATE: Self = Self { standard: 30_000, longest: 60_000 };
    pub(crate) const ASYNC: Self = Self { standard: 3_600_000, longest: 7_200_000 };
}

/// Reads a JSON request body.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        // Says where the error is, but not what is there: a serde error quotes the value.
        Refusal::bad_request(format!(
            "The request body does not have the expected form (line {}, column {}).",
            error.line(),
            error.column()
        ))
    })
}

impl Submission {
    pub(crate) fn read(body: &Bytes, bounds: QueueTime) -> Result<Self, Refusal> {
        let parsed: SubmissionBody = read(body)?;
        let command =
            parsed.command.ok_or_else(|| Refusal::bad_request("The command is missing."))?;
        check(&command)?;
        let max_time_in_queue = parsed.max_time_in_queue.unwrap_or(bounds.standard);
        if !(0..=bounds.longest).contains(&max_time_in_queue) {
            return Err(Refusal::bad_request(format!(
                "maxTimeInQueue must be between 0 and {} milliseconds.",
                bounds.longest
            )));
        }
        let catalogue = match parsed.catalogue.as_deref() {
            None | Some("") => Catalogue::Patients,
            Some(name) => Catalogue::named(name)
                .ok_or_else(|| Refusal::bad_request("The site has no such catalogue."))?,
        };
        Ok(Self {
            command_size: command_size(&command),
            request_size: body.len(),
            command,
            catalogue,
            max_time_in_queue,
        })
    }
}

pub(crate) fn command_size(command: &Command) -> usize {
    serde_json::to_vec(command).map_or(0, |bytes| bytes.len())
}

/// Checks for what Halo refuses before the command reaches a practice.
pub(crate) fn check(command: &Command) -> Result<(), Refusal> {
    if command.text.trim().is_empty() {
        return Err(Refusal::bad_request("The command text is empty."));
    }
    for (index, parameter) in command.parameters.iter().enumerate() {
        if !PARAMETER_TYPES.contains(&parameter.sql_type.as_str()) {
            return Err(Refusal::bad_request(format!(
                "The type of parameter {index} is not a known one."
            )));
        }
    }
    Ok(())
}

/// Link's implicit conversion of a stored procedure's parameters fails for long values.
pub(crate) fn link_conversion_defect(command: &Command) -> Option<SqlError> {
    if command.kind != CommandKind::StoredProcedure {
        return None;
    }
    let stumbles = command.parameters.iter().any(|parameter| {
        let Some(value) = &parameter.value else { return false };
        parameter.direction != Direction::Output
            && match parameter.sql_type.as_str() {
                "VarBinary" | "Image" => {
                    STANDARD.decode(value).map_or(value.len(), |bytes| bytes.len()) > 8_000
                }
                "NVarChar" | "NText" => value.encode_utf16().count() > 4_000,
                _ => false,
            }
    });
    stumbles.then(|| SqlError {
        number: 0,
        message: "Failed to convert parameter value from a String to a Byte[].".to_owned(),
    })
}

/// The error of Link's login if the practice has unticked the integration.
pub(crate) fn login_failed() -> SqlError {
    SqlError { number: 18456, message: "Login failed for user 'BPSPartner'.".to_owned() }
}

/// The properties that faults select by. They contain no values.
pub(crate) fn traits(command: &Command) -> Traits {
    let text = command.text.to_lowercase();
    Traits {
        site_id: None,
        statement: statement_name(command),
        reads_free_slots: text.contains("bp_getfreeappointments"),
        books: text.contains("bp_addappointment"),
    }
}

/// The name that a statement gives itself. A longer or unusual text is ignored, because it might be a
/// value.
fn statement_name(command: &Command) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    sql::statement_name(command).filter(|name| name.len() <= 80 && name.chars().all(plain))
}

/// The traits of a request with a command, before the command is checked.
pub(crate) fn traits_of_body(body: &Bytes) -> Traits {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Peek {
        command: Option<Command>,
        register_command: Option<Box<Peek>>,
    }
    let Ok(peek) = serde_json::from_slice::<Peek>(body) else { return Traits::default() };
    let command = peek.command.or_else(|| peek.register_command.and_then(|inner| inner.command));
    command.as_ref().map(traits).unwrap_or_default()
}

/// The HTTP status for a failed statement.
pub(crate) const EXECUTION_FAILED: StatusCode = StatusCode::BAD_REQUEST;
