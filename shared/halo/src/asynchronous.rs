//! Asynchronous queries: submit, ask, fetch pages.

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
    /// Waiting at the practice.
    Queued,
    /// Running.
    Executing,
    /// Ran; the result is on its way.
    Uploading,
    /// Done.
    Successful,
    /// Never reached the practice.
    InitialisationFailedCacheError,
    /// Never reached the practice: it had closed its session.
    InitialisationFailedSiteOffline,
    /// Never reached the practice: it was silent.
    InitialisationFailedSiteUnreachable,
    /// Waited too long and will not run.
    ExpiredInQueue,
    /// Ran and failed.
    ExecutionFailed,
    /// Ran; the result was lost.
    UploadFailed,
}

impl AsyncState {
    /// Whether nothing will change any more.
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
    /// Not yet sent.
    #[default]
    Queued,
    /// On its way.
    Uploading,
    /// Can be fetched.
    Cached,
}

/// A page of a result. Its row range is left out: Halo's own examples contradict each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// From 1.
    pub page_number: u32,
    /// Whether it can be fetched.
    #[serde(default)]
    pub status: PageStatus,
}

/// A query's status.
#[derive(Debug)]
pub struct AsyncQuery {
    /// Where it stands.
    pub state: AsyncState,
    /// Pages of the result, once there is one.
    pub pages: Vec<Page>,
    /// `rowsAffected` of a command without rows.
    pub rows_affected: Option<i64>,
    /// Why it failed, where Halo says. Whether it ran is for the state to say.
    pub failure: Option<Error>,
}

/// An entry of a batch status.
#[derive(Debug)]
pub struct BatchEntry {
    /// The query asked for.
    pub query_id: Uuid,
    /// `None` where Halo does not know it.
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
    /// Submits a command (`POST …/queries/async`), to be started within `max_time_in_queue` or never.
    ///
    /// # Errors
    /// What any call may meet. If the answer is lost, so is the id: only the command's own traces tell.
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
    /// What any call may meet.
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
    /// What any call may meet; an unknown query is an entry without one.
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
    /// [`Error::Gone`] when it is no longer kept, and what any call may meet.
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

    /// A page's rows, one after the other, as its bytes come: of a page of any size, one row is in
    /// memory. Result sets are not told apart. The stream ends with the page or its first error;
    /// [`Error::Malformed`] is also a page that breaks off.
    ///
    /// # Errors
    /// [`Error::Gone`] when it is no longer kept, and what any call may meet.
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
                    None => match reader.finish() {
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

    /// A page of a result as bytes, as they come (`GET …/results/{pageNumber}/stream`). Whether
    /// they are the envelope or the rows themselves is not published.
    ///
    /// # Errors
    /// [`Error::Gone`] when it is no longer kept, and what any call may meet; the stream's own
    /// errors end it.
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

/// A command without rows has a page without data, so an object of another kind must not pass for
/// a page: it would be an empty result.
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
