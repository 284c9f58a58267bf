//! Immediate queries: run a command at once and wait for its result.

use std::borrow::Cow;

use reqwest::Method;
use serde::Deserialize;
use uuid::Uuid;

use crate::client::{Answer, Body, Call, Deadline, HaloClient, Request};
use crate::command::{Command, OutputParameter};
use crate::error::Error;
use crate::meter::Cost;
use crate::rows::{self, Rows};

/// The outcome of an immediate query (`SuccessfulImmediateQuery.result`).
#[derive(Debug)]
pub struct QueryResult {
    /// The result sets, each a list of rows. Empty for a command that returns none.
    pub sets: Vec<Rows>,
    /// `rowsAffected` of a command without rows.
    pub rows_affected: Option<i64>,
    /// Output parameters and return values.
    pub parameters: Vec<OutputParameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireImmediate<'a> {
    // One place in Halo's documents calls it "results".
    #[serde(alias = "results", borrow)]
    result: WireResult<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResult<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
    rows_affected: Option<i64>,
    #[serde(default)]
    parameters: Option<Vec<OutputParameter>>,
}

/// The encoded rows. They are copied only if the text has escapes.
#[derive(Deserialize)]
struct Data<'a>(#[serde(borrow)] Cow<'a, str>);

impl HaloClient {
    /// Runs a command at once and waits for its result (`POST …/queries/immediate`).
    ///
    /// The command may queue for part of the time that the deadline leaves. A command that could only start
    /// after the caller stopped waiting does not start at all.
    ///
    /// # Errors
    /// Every error that a call can have. Check [`Error::did_it_run`] before you repeat a write.
    pub async fn immediate(
        &self,
        site: Uuid,
        command: &Command,
        call: Call,
        deadline: Deadline,
    ) -> Result<QueryResult, Error> {
        let request = Request {
            method: Method::POST,
            path: ["sites", &site.to_string(), "queries", "immediate"].map(str::to_owned).into(),
            query: Vec::new(),
            body: Body::Immediate(command),
            call,
            cost: Cost::Query(command.name()),
        };
        self.send(&request, deadline, read_immediate).await
    }
}

fn read_immediate(answer: &Answer) -> Result<QueryResult, Error> {
    if let Some(failure) = answer.hidden_failure() {
        return Err(failure);
    }
    let result = answer.json::<WireImmediate<'_>>("immediate query")?.result;
    let sets = match &result.data {
        Some(Data(data)) => rows::decode(data)?,
        None if result.rows_affected.is_some() => Vec::new(),
        None => return Err(Error::Malformed { what: "result without data" }),
    };
    Ok(QueryResult {
        sets,
        rows_affected: result.rows_affected,
        parameters: result.parameters.unwrap_or_default(),
    })
}
