//! Halo: the simulator computes an answer once, then it is repeated at once. Writes, and what is read of them, always
//! reach the simulator.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use halo_simulator::{Options, Running, Simulator, local_client};
use serde_json::Value;

use super::counts::Counter;
use crate::error::Error;

const KEY_HEADER: &str = "ocp-apim-subscription-key";
/// Statements that only read, and whose answers no scenario changes.
const REPEATED: [&str; 4] =
    ["patient_search", "patient_demographics", "clinical_summary", "attachments"];

/// The simulator, paired with its large practice.
pub(crate) struct Halo {
    pub(crate) simulator: Running,
    /// The paired site's id at Halo.
    pub(crate) guid: String,
    http: reqwest::Client,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    status: StatusCode,
    content_type: String,
    body: Bytes,
}

impl Halo {
    pub(crate) async fn start() -> Result<Arc<Self>, Error> {
        let simulator = Simulator::start(Options::default()).await.map_err(Error::Simulator)?;
        let http = local_client().map_err(|_| Error::Halo("client"))?;
        let site = simulator.practices()[0].site_id.clone();
        let issue = format!("{}/practices/{site}/pairing-codes", simulator.control_url());
        let issued = json(http.post(issue)).await?;
        let code = issued["pairingCode"].as_str().ok_or(Error::Halo("pairing code"))?;
        let pair = format!(
            "{}/integrator/pair-site?practiceManagementSiteId={site}\
             &practiceManagementName=Best%20Practice&pairingCode={code}",
            simulator.url()
        );
        let paired = json(http.post(pair).header(KEY_HEADER, simulator.primary_key())).await?;
        let guid = paired["id"].as_str().ok_or(Error::Halo("paired site"))?.to_owned();
        Ok(Arc::new(Self { simulator, guid, http, known: Mutex::default() }))
    }

    async fn ask(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Known, reqwest::Error> {
        let url = format!("{}{uri}", self.simulator.url());
        let mut request = self.http.request(method.clone(), url).body(body);
        for name in [KEY_HEADER, "content-type", "accept"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let content_type = answer.headers().get("content-type");
        let content_type = content_type.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let (status, content_type) = (answer.status(), content_type.to_owned());
        Ok(Known { status, content_type, body: answer.bytes().await? })
    }
}

async fn json(request: reqwest::RequestBuilder) -> Result<Value, Error> {
    let failed = |_| Error::Halo("answer");
    let bytes = request.send().await.map_err(failed)?.bytes().await.map_err(failed)?;
    serde_json::from_slice(&bytes).map_err(|_| Error::Halo("JSON"))
}

/// The simulator as one program sees it.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) halo: Arc<Halo>,
    pub(super) counter: Counter,
}

pub(super) async fn answer(
    State(Seen { halo, counter }): State<Seen>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let began = Instant::now();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (operation, key) = described(&method, uri.path(), &request);
    let known = || halo.known.lock().unwrap_or_else(PoisonError::into_inner);
    let found = key.as_ref().and_then(|key| known().get(key).cloned());
    let found = match found {
        Some(found) => Ok(found),
        None => halo.ask(&method, &uri, &headers, body).await,
    };
    let response = match found {
        Ok(found) => {
            if let Some(key) = key.filter(|_| found.status.is_success()) {
                known().insert(key, found.clone());
            }
            Response::builder()
                .status(found.status)
                .header("content-type", found.content_type)
                .body(Body::from(found.body))
                .unwrap_or_default()
        }
        Err(_) => {
            let mut failed = Response::default();
            *failed.status_mut() = StatusCode::BAD_GATEWAY;
            failed
        }
    };
    counter.called(operation, began.elapsed());
    response
}

/// The operation for the counts, and a key if its answer may be repeated.
fn described(method: &Method, path: &str, request: &Value) -> (String, Option<String>) {
    let command = &request["command"];
    let text = command["text"].as_str().unwrap_or_default();
    let name = text.lines().next().and_then(|line| line.strip_prefix("-- statement: "));
    let last = path.rsplit('/').find(|part| part.parse::<u64>().is_err() && part.len() != 36);
    let operation = match name {
        Some(name) => format!("halo query {name}"),
        None => format!("halo {method} {}", last.unwrap_or_default()),
    };
    let is_repeated = path.ends_with("/immediate") && name.is_some_and(|it| REPEATED.contains(&it));
    (operation, is_repeated.then(|| format!("{path} {command}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn query(path: &str, text: &str, limit: u64) -> (String, Option<String>) {
        let request = json!({ "command": { "text": text }, "config": { "timeout": limit } });
        described(&Method::POST, path, &request)
    }

    #[test]
    fn a_search_is_repeated_whatever_its_time_limit_and_a_write_never_is() {
        let path = "/integrator/sites/1/queries/immediate";
        let search = "-- statement: patient_search\nSELECT 1";
        let (name, key) = query(path, search, 1);
        assert_eq!(name, "halo query patient_search");
        assert_eq!(key, query(path, search, 2).1);
        assert!(key.is_some());
        assert_eq!(query(path, "-- statement: booking_push\nEXEC x", 1).1, None);
        assert_eq!(query("/integrator/sites/1/queries/async", search, 1).1, None);
    }
}
