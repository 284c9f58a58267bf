//! Asynchronous queries: submit, get the status, fetch pages.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Body, Call, Deadline, HaloClient, Request};
use crate::command::{Command, OutputParameter};
use crate::error::{Error, Ran};
use crate::meter::Cost;
use crate::row_stream::RowReader;
use crate::rows::{self, Row, Rows};
use crate::wire::Reported;

/// An accepted query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Submitted {
    /// Halo's id of the query.
    pub query_id: Uuid,
}

/// `AsyncQuery.status`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum AsyncState {
    /// Accepted.
    Initialising,
    /// Waiting in the practice's queue.
    Queued,
    /// Running.
    Executing,
    /// It ran; the result is being uploaded.
    Uploading,
    /// Done.
    Successful,
    /// Never reached the practice.
    InitialisationFailedCacheError,
    /// Never reached the practice: the site had closed its session.
    InitialisationFailedSiteOffline,
    /// Never reached the practice: the site did not respond.
    InitialisationFailedSiteUnreachable,
    /// Waited longer than `max_time_in_queue`; it will not run.
    ExpiredInQueue,
    /// Ran and failed.
    ExecutionFailed,
    /// It ran; the result was lost.
    UploadFailed,
}

impl AsyncState {
    /// Whether the state is final.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Initialising | Self::Queued | Self::Executing | Self::Uploading)
    }

    /// Whether the command took effect.
    #[must_use]
    pub fn did_it_run(self) -> Ran {
        match self {
            Self::Successful | Self::UploadFailed | Self::Uploading => Ran::Yes,
            Self::ExecutionFailed => Ran::Failed,
            Self::ExpiredInQueue
            | Self::InitialisationFailedCacheError
            | Self::InitialisationFailedSiteOffline
            | Self::InitialisationFailedSiteUnreachable => Ran::No,
            Self::Initialising | Self::Queued | Self::Executing => Ran::Unknown,
        }
    }
}

/// `Page.status`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum PageStatus {
    /// Not yet sent by the practice.
    #[default]
    Queued,
    /// Being uploaded.
    Uploading,
    /// Ready to be fetched.
    Cached,
}

/// A page of a result. The row range is left out, because Halo's own examples contradict each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The page's number, from 1.
    pub page_number: u32,
    /// Whether it can be fetched.
    #[serde(default)]
    pub status: PageStatus,
}

/// A query's status.
#[derive(Debug)]
pub struct AsyncQuery {
    /// Its state.
    pub state: AsyncState,
    /// Pages of the result, once there is one.
    pub pages: Vec<Page>,
    /// `rowsAffected` of a command without rows.
    pub rows_affected: Option<i64>,
    /// Why it failed, if Halo says so. The state says whether it ran.
    pub failure: Option<Error>,
}

/// An entry of a batch status.
#[derive(Debug)]
pub struct BatchEntry {
    /// The query's id.
    pub query_id: Uuid,
    /// `None` if Halo does not know the query.
    pub query: Option<AsyncQuery>,
}

/// A fetched page.
#[derive(Debug)]
pub struct ResultPage {
    /// The result sets in it.
    pub sets: Vec<Rows>,
    /// Output parameters and return values.
    pub parameters: Vec<OutputParameter>,
}

#[derive(Deserialize)]
struct WireSubmitted {
    id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireQuery {
    status: AsyncState,
    #[serde(alias = "results")]
    result: Option<WireAsyncResult>,
    #[serde(flatten)]
    reported: Reported,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAsyncResult {
    rows_affected: Option<i64>,
    #[serde(default)]
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct WireBatch {
    results: Vec<WireBatchEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBatchEntry {
    query_id: Uuid,
    query: Option<WireQuery>,
}

#[derive(Deserialize)]
struct WirePage {
    data: Option<String>,
    #[serde(default)]
    parameters: Option<Vec<OutputParameter>>,
}

impl From<WireQuery> for AsyncQuery {
    fn from(wire: WireQuery) -> Self {
        let (rows_affected, pages) =
            wire.result.map_or((None, Vec::new()), |result| (result.rows_affected, result.pages));
        Self { state: wire.status, pages, rows_affected, failure: wire.reported.failure() }
    }
}

impl HaloClient {
    /// Submits a command (`POST …/queries/async`). Halo starts it within `max_time_in_queue` or never.
    ///
    /// # Errors
    /// Every error that a call can have. If the answer is lost, the id is lost too: then only the effects of
    /// the command show whether it ran.
    pub async fn submit(
        &self,
        site: Uuid,
        command: &Command,
        max_time_in_queue: Duration,
        call: Call,
        deadline: Deadline,
    ) -> Result<Submitted, Error> {
        let request = Request {
            method: Method::POST,
            path: queries(site, &["async"]),
            query: Vec::new(),
            body: Body::Json(command.to_json(max_time_in_queue)),
            call,
            cost: Cost::Submission(command.name()),
        };
        let accepted = self
            .send(&request, deadline, |answer| answer.json::<WireSubmitted>("accepted query"))
            .await?;
        Ok(Submitted { query_id: accepted.id })
    }

    /// A query's status (`GET …/queries/{queryId}`).
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn query(
        &self,
        site: Uuid,
        query: Uuid,
        deadline: Deadline,
    ) -> Result<AsyncQuery, Error> {
        let request = read(queries(site, &[&query.to_string()]));
        self.send(&request, deadline, |answer| answer.json::<WireQuery>("query status"))
            .await
            .map(AsyncQuery::from)
    }

    /// The status of several queries (`POST …/queries/status`).
    ///
    /// # Errors
    /// Every error that a call can have. An unknown query is an entry without a status.
    pub async fn queries(
        &self,
        site: Uuid,
        ids: &[Uuid],
        deadline: Deadline,
    ) -> Result<Vec<BatchEntry>, Error> {
        let request = Request {
            method: Method::POST,
            path: queries(site, &["status"]),
            query: Vec::new(),
            body: Body::Json(json!({ "queryIds": ids })),
            call: Call::Read,
            cost: Cost::Nothing,
        };
        let batch = self
            .send(&request, deadline, |answer| answer.json::<WireBatch>("batch status"))
            .await?;
        Ok(batch
            .results
            .into_iter()
            .map(|entry| BatchEntry {
                query_id: entry.query_id,
                query: entry.query.map(AsyncQuery::from),
            })
            .collect())
    }

    /// A page of a result, decoded (`GET …/results/{pageNumber}`).
    ///
    /// # Errors
    /// [`Error::Gone`] when Halo no longer keeps it, and every error that a call can have.
    pub async fn page(
        &self,
        site: Uuid,
        query: Uuid,
        page: u32,
        deadline: Deadline,
    ) -> Result<ResultPage, Error> {
        let request = read(queries(site, &[&query.to_string(), "results", &page.to_string()]));
        self.send(&request, deadline, read_page).await
    }

    /// A page's rows, one after the other, as its bytes arrive. Only one row is in memory, whatever the size
    /// of the page. The rows of several result sets are not separated. The stream ends after the page or
    /// after its first error. A page that breaks off gives [`Error::Malformed`].
    ///
    /// # Errors
    /// [`Error::Gone`] when Halo no longer keeps it, and every error that a call can have.
    pub async fn page_rows(
        &self,
        site: Uuid,
        query: Uuid,
        page: u32,
        deadline: Deadline,
    ) -> Result<impl Stream<Item = Result<Row, Error>> + Send + use<>, Error> {
        let bytes = Box::pin(self.page_stream(site, query, page, deadline).await?);
        let state = Some((bytes, RowReader::new()));
        Ok(stream::unfold(state, |state| async move {
            let (mut bytes, mut reader) = state?;
            loop {
                if let Some(row) = reader.next_row() {
                    return Some((Ok(row), Some((bytes, reader))));
                }
                let read = match bytes.next().await {
                    Some(Ok(piece)) => reader.feed(&piece),
                    Some(Err(error)) => Err(error),
                    None => match reader.end_input() {
                        Ok(()) => return None,
                        Err(error) => Err(error),
                    },
                };
                if let Err(error) = read {
                    return Some((Err(error), None));
                }
            }
        }))
    }

    /// A page of a result as bytes, as they arrive (`GET …/results/{pageNumber}/stream`). Halo does not
    /// publish whether they are the envelope or the rows themselves.
    ///
    /// # Errors
    /// [`Error::Gone`] when Halo no longer keeps it, and every error that a call can have. An error in the
    /// stream ends it.
    pub async fn page_stream(
        &self,
        site: Uuid,
        query: Uuid,
        page: u32,
        deadline: Deadline,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let request =
            read(queries(site, &[&query.to_string(), "results", &page.to_string(), "stream"]));
        self.send_streaming(&request, deadline).await
    }
}

/// A command without rows has a page without data. So another object must not be read as a page: it would
/// look like an empty result.
fn read_page(answer: &Answer) -> Result<ResultPage, Error> {
    let malformed = Error::Malformed { what: "result page" };
    let page: serde_json::Map<String, Value> = answer.json("result page")?;
    let known = page.contains_key("data") || page.contains_key("parameters");
    if !known && !page.is_empty() {
        return Err(malformed);
    }
    let wire: WirePage = serde_json::from_value(Value::Object(page)).map_err(|_| malformed)?;
    Ok(ResultPage {
        sets: wire.data.as_deref().map(rows::decode).transpose()?.unwrap_or_default(),
        parameters: wire.parameters.unwrap_or_default(),
    })
}

fn read(path: Vec<String>) -> Request<'static> {
    let (call, cost) = (Call::Read, Cost::Nothing);
    Request { method: Method::GET, path, query: Vec::new(), body: Body::None, call, cost }
}

fn queries(site: Uuid, rest: &[&str]) -> Vec<String> {
    let mut path = ["sites", &site.to_string(), "queries"].map(str::to_owned).to_vec();
    path.extend(rest.iter().map(|&segment| segment.to_owned()));
    path
}
