//! Status and result pages of asynchronous queries.

use std::{io, path::PathBuf, sync::Arc};

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{fs::File, io::AsyncReadExt as _};
use uuid::Uuid;

use crate::cloud::{
    answer::{Answer, Payload, Refusal},
    asynchronous::{AsyncQuery, Status},
    command,
    effect::Effect,
    fault::Weather,
    options::StreamForm,
    world::World,
};

/// How much of a page is in memory at a time. A multiple of three, so that its base64 parts can be joined.
const CHUNK: usize = 48 * 1024;

/// The state of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PageStatus {
    Uploading,
    Cached,
}

/// A page as the status operation lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    page_number: usize,
    pub(crate) status: PageStatus,
    pub(crate) size: usize,
    rows: Rows,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rows {
    count: usize,
    range_start: usize,
    range_end: usize,
}

impl Page {
    pub(crate) fn cached(page_number: usize, size: usize, count: usize, first: usize) -> Self {
        let rows = Rows { count, range_start: first, range_end: first + count };
        Self { page_number, status: PageStatus::Cached, size, rows }
    }
}

pub(crate) async fn write(folder: PathBuf, number: usize, bytes: Vec<u8>) -> io::Result<()> {
    tokio::fs::create_dir_all(&folder).await?;
    tokio::fs::write(folder.join(format!("{number}.json")), bytes).await
}

/// The query with this id, if it belongs to this site.
fn find(world: &World, guid: &str, id: &str) -> Result<Option<Arc<AsyncQuery>>, Refusal> {
    let site = world.paired_site(guid)?;
    let id =
        Uuid::try_parse(id).map_err(|_| Refusal::bad_request("The query id is not a GUID."))?;
    Ok(world.query(id).filter(|query| query.site_id == site.identity.site_id))
}

fn unknown_query() -> Refusal {
    Refusal::not_found("There is no query with this id at this site.")
}

/// `GET …/queries/{queryId}`.
pub(crate) fn status(world: &World, guid: &str, id: &str) -> Result<Answer, Refusal> {
    if let Some(query) = find(world, guid, id)? {
        return Ok(Answer::ok(query.describe(world)));
    }
    let site = world.paired_site(guid)?;
    Uuid::try_parse(id)
        .ok()
        .and_then(|id| world.immediate(id, &site.identity.site_id))
        .map(Answer::ok)
        .ok_or_else(unknown_query)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchBody {
    query_ids: Vec<Uuid>,
}

/// `POST …/queries/status`.
pub(crate) fn batch(world: &World, guid: &str, body: &Bytes) -> Result<Answer, Refusal> {
    let site = world.paired_site(guid)?;
    let wanted: BatchBody = command::read(body)?;
    let results: Vec<Value> = wanted
        .query_ids
        .into_iter()
        .map(|id| {
            let found = world.query(id).filter(|query| query.site_id == site.identity.site_id);
            match found {
                Some(query) => {
                    json!({"queryId": id, "status": "found", "query": query.describe(world)})
                }
                None => json!({"queryId": id, "status": "notFound"}),
            }
        })
        .collect();
    Ok(Answer::ok(json!({"results": results})))
}

/// Which of the two page operations was called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    Envelope,
    Stream,
}

/// `GET …/results/{pageNumber}` and `GET …/results/{pageNumber}/stream`.
pub(crate) async fn fetch(
    world: &World,
    guid: &str,
    id: &str,
    number: &str,
    delivery: Delivery,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let query = find(world, guid, id)?.ok_or_else(unknown_query)?;
    let number: usize = number.parse().ok().filter(|&number| number > 0).ok_or_else(|| {
        Refusal::bad_request("The page number is not a whole number of at least 1.")
    })?;
    let gone = || {
        let message = weather.fault.as_ref().and_then(|fault| fault.message.clone());
        let message = message.unwrap_or_else(|| "The result is no longer kept.".to_owned());
        Refusal::new(StatusCode::GONE, message)
    };
    let (page, parameters) = {
        let progress = query.progress();
        let kept_until = progress
            .completed
            .and_then(|completed| completed.checked_add(world.options.retention).ok());
        let expired = kept_until.is_some_and(|until| until <= world.clock.now());
        if weather.is(Effect::PageGone) || (expired && progress.status == Status::Successful) {
            return Err(gone());
        }
        let page = progress.pages.get(number - 1).cloned();
        let page = page.filter(|page| page.status == PageStatus::Cached);
        (page, progress.parameters.clone())
    };
    let page =
        page.ok_or_else(|| Refusal::not_found("The result has no such page, or not yet."))?;
    let parameters =
        if parameters.is_empty() { None } else { serde_json::to_string(&parameters).ok() };

    let (body, length) = if query.is_non_query() {
        let text = parameters.map_or("{}".to_owned(), |list| format!("{{\"parameters\":{list}}}"));
        let length = text.len();
        (Body::from(text), length)
    } else {
        let path = world.result_folder(query.id).join(format!("{number}.json"));
        let file = File::open(path).await.map_err(|_| gone())?;
        match (delivery, world.options.stream_form) {
            (Delivery::Stream, StreamForm::Rows) => (Body::from_stream(chunks(file)), page.size),
            _ => envelope(file, page.size, parameters),
        }
    };
    Ok(Answer {
        status: StatusCode::OK,
        headers: vec![
            ("size", page.size.to_string()),
            ("rows-count", page.rows.count.to_string()),
            ("rows-range-start", page.rows.range_start.to_string()),
            ("rows-range-end", page.rows.range_end.to_string()),
        ],
        payload: Payload::Stream(body, length as u64),
    })
}

/// `{"data":"…","parameters":…}`, without the whole page in memory.
fn envelope(file: File, size: usize, parameters: Option<String>) -> (Body, usize) {
    let head = "{\"data\":\"";
    let tail = parameters.map_or("\"}".to_owned(), |list| format!("\",\"parameters\":{list}}}"));
    let length = head.len() + size.div_ceil(3) * 4 + tail.len();
    let data = chunks(file).map(|chunk| chunk.map(|bytes| Bytes::from(STANDARD.encode(bytes))));
    let parts = stream::iter([Ok(Bytes::from_static(head.as_bytes()))])
        .chain(data)
        .chain(stream::iter([Ok(Bytes::from(tail))]));
    (Body::from_stream(parts), length)
}

/// The file in full chunks. Only the last one may be shorter.
fn chunks(file: File) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let mut chunk = Vec::with_capacity(CHUNK);
        match (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(chunk)), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    })
}
