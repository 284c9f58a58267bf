//! A running simulator and the calls that tests make on it.

use std::{future::Future, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use halo_simulator::{Options, Running, Simulator, local_client_builder};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::cloud_api::schema;

pub(crate) const BEST_PRACTICE: &str = "Best Practice";

/// A simulator, and the client of an integrator.
pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) client: Client,
}

/// The answer to a call.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// The rows of an immediate result.
    pub(crate) fn rows(&self) -> Value {
        decode(self.body["result"]["data"].as_str().expect("a result has data"))
    }

    pub(crate) fn message(&self) -> &str {
        let body = &self.body;
        [&body["error"]["message"], &body["message"], &body["errorDetails"]["errorMessage"]]
            .into_iter()
            .find_map(Value::as_str)
            .unwrap_or_default()
    }
}

pub(crate) fn decode(data: &str) -> Value {
    serde_json::from_slice(&STANDARD.decode(data).expect("data is base64")).expect("rows are JSON")
}

pub(crate) fn client() -> Client {
    local_client_builder()
        .unwrap()
        // On a pooled connection that is cut, the client would silently try again.
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let running = Simulator::start(options).await.expect("the simulator starts");
        Self { running, client: client() }
    }

    pub(crate) fn site_id(&self) -> &str {
        &self.running.practices()[0].site_id
    }

    pub(crate) fn other_site_id(&self) -> &str {
        &self.running.practices()[1].site_id
    }

    /// A call with the primary key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.running.url()))
            .header("Ocp-Apim-Subscription-Key", self.running.primary_key())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        reply(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) fn control_url(&self) -> &str {
        self.running.control_url()
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Reply {
        let url = format!("{}{path}", self.running.control_url());
        let request = self.client.request(method, url);
        reply(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub(crate) async fn change(&self, body: Value) -> Reply {
        let reply =
            self.control(Method::PUT, &format!("/practices/{}", self.site_id()), body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply
    }

    pub(crate) async fn faults(&self, faults: Value) {
        let reply = self.control(Method::PUT, "/faults", faults).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        let reply = self.control(Method::POST, "/clock/advance", json!({"seconds": seconds})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// The journal's entries after this number.
    pub(crate) async fn calls(&self, since: u64) -> Vec<Value> {
        let path = format!("/queries?since={since}");
        let reply = self.control(Method::GET, &path, Value::Null).await;
        reply.body["queries"].as_array().expect("a list of calls").clone()
    }

    pub(crate) async fn code(&self, site_id: &str) -> String {
        let path = format!("/practices/{site_id}/pairing-codes");
        let reply = self.control(Method::POST, &path, Value::Null).await;
        reply.body["pairingCode"].as_str().expect("a pairing code").to_owned()
    }

    pub(crate) async fn pair_with(&self, site_id: &str, code: Option<&str>) -> Reply {
        reply(self.pair_request(site_id, code)).await
    }

    pub(crate) fn pair_request(&self, site_id: &str, code: Option<&str>) -> RequestBuilder {
        let mut query =
            vec![("practiceManagementSiteId", site_id), ("practiceManagementName", BEST_PRACTICE)];
        query.extend(code.map(|code| ("pairingCode", code)));
        self.request(Method::POST, "/integrator/pair-site").query(&query)
    }

    /// Pairs with the large practice. Returns its Halo GUID.
    pub(crate) async fn pair(&self) -> String {
        self.pair_site(self.site_id()).await
    }

    pub(crate) async fn pair_site(&self, site_id: &str) -> String {
        let code = self.code(site_id).await;
        let reply = self.pair_with(site_id, Some(&code)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body["id"].as_str().expect("a Halo GUID").to_owned()
    }

    pub(crate) async fn find(&self, site_id: &str) -> Reply {
        let query =
            [("practiceManagementSiteId", site_id), ("practiceManagementName", BEST_PRACTICE)];
        reply(self.request(Method::GET, "/integrator/sites").query(&query)).await
    }

    pub(crate) async fn immediate(&self, guid: &str, body: Value) -> Reply {
        self.post(&format!("/integrator/sites/{guid}/queries/immediate"), body).await
    }

    pub(crate) async fn select(&self, guid: &str, text: &str) -> Reply {
        self.immediate(guid, json!({"command": {"text": text}})).await
    }

    /// Submits a query. Returns its id.
    pub(crate) async fn submit(&self, guid: &str, body: Value) -> String {
        let reply = self.post(&format!("/integrator/sites/{guid}/queries/async"), body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        schema::check("asyncQuery", 201, &reply.body);
        reply.body["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn status(&self, guid: &str, id: &str) -> Value {
        let reply = self.get(&format!("/integrator/sites/{guid}/queries/{id}")).await;
        schema::check("queryStatus", reply.status, &reply.body);
        reply.body
    }

    /// Polls until the query has ended.
    pub(crate) async fn settle(&self, guid: &str, id: &str) -> Value {
        eventually("the query ends", || async {
            let status = self.status(guid, id).await;
            let over = !["initialising", "queued", "executing", "uploading"]
                .iter()
                .any(|phase| status["status"] == *phase);
            over.then_some(status)
        })
        .await
    }

    pub(crate) async fn page(&self, guid: &str, id: &str, number: usize) -> Reply {
        let path = format!("/integrator/sites/{guid}/queries/{id}/results/{number}");
        let reply = self.get(&path).await;
        schema::check("resultPage", reply.status, &reply.body);
        reply
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    try_reply(request).await.expect("an answer")
}

pub(crate) async fn try_reply(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok(Reply { status, headers, body })
}

/// Waits for a condition, not for a time.
pub(crate) async fn eventually<T, F, W>(what: &str, mut condition: F) -> T
where
    F: FnMut() -> W,
    W: Future<Output = Option<T>>,
{
    let patience = Duration::from_secs(30);
    support::until(what, patience, async || condition().await.ok_or("not yet")).await
}
