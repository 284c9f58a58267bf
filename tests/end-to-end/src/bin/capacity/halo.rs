//! A double of Halo for thousands of sites.
//!
//! It answers a statement as the simulator answered it the first time, whatever the site. So the answers have the right
//! form and size, and cost no SQL afterwards. Three statements are answered from what the site itself was sent: pushes of
//! bookings, the appointment book, and the fate of messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

const KEY_HEADER: &str = "ocp-apim-subscription-key";

/// What Halo was asked so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) queries: u64,
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
}

/// The double. It lives as long as this value.
pub(crate) struct HaloDouble {
    pub(crate) url: String,
    pub(crate) key: String,
    shared: Arc<Shared>,
    _simulator: Running,
}

struct Shared {
    http: reqwest::Client,
    simulator: String,
    /// The simulator's site that answers the first time.
    site: String,
    key: String,
    state: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    asked: Asked,
    /// Rows by statement.
    rows: HashMap<String, String>,
    /// What Halo said of the site.
    site: Option<Value>,
    /// Queued queries, with their rows.
    queued: HashMap<Uuid, String>,
    /// The appointments of each site, by their tokens.
    books: HashMap<String, BTreeMap<String, Value>>,
    appointments: u64,
}

impl HaloDouble {
    /// Starts the simulator, pairs with its large practice, and answers from then on.
    pub(crate) async fn start() -> Self {
        let simulator = Simulator::start(Options::default()).await.expect("the simulator");
        let key = simulator.primary_key().to_owned();
        let site_id = simulator.practices()[0].site_id.clone();
        let http = local_client().expect("an HTTP client");
        let issue = format!("{}/practices/{site_id}/pairing-codes", simulator.control_url());
        let issued = http.post(issue).send().await.expect("a pairing code");
        let issued: Value =
            serde_json::from_str(&issued.text().await.expect("a code")).expect("JSON");
        let code = issued["pairingCode"].as_str().expect("a pairing code");
        let pair = format!(
            "{}/integrator/pair-site?practiceManagementSiteId={site_id}\
             &practiceManagementName=Best%20Practice&pairingCode={code}",
            simulator.url()
        );
        let paired = http.post(pair).header(KEY_HEADER, &key).send().await.expect("a paired site");
        let paired: Value =
            serde_json::from_str(&paired.text().await.expect("a site")).expect("JSON");
        let shared = Arc::new(Shared {
            http,
            simulator: simulator.url().to_owned(),
            site: paired["id"].as_str().expect("the site's id").to_owned(),
            key: key.clone(),
            state: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, key, shared, _simulator: simulator }
    }

    pub(crate) fn asked(&self) -> Asked {
        self.shared.known().asked
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of a statement, in base64.
    async fn rows(&self, site: &str, command: &Value) -> String {
        let text = command["text"].as_str().expect("a statement");
        let first = text.lines().next().unwrap_or_default();
        let name = first.strip_prefix("-- statement: ").expect("a named statement");
        let parameter = |name: &str| {
            let all = command["parameters"].as_array().expect("parameters");
            let found = all.iter().find(|one| one["name"] == name).expect("a parameter");
            found["value"].as_str().unwrap_or_default().to_owned()
        };
        let own = match name {
            "booking_push" => Some(self.known().push(site, &parameter)),
            "appointment_book" => Some(self.known().book(site)),
            "inbox_checked" => Some(unchecked(&parameter("@tokens"))),
            _ => None,
        };
        if let Some(own) = own {
            return STANDARD.encode(own.to_string());
        }
        if let Some(known) = self.known().rows.get(name) {
            return known.clone();
        }
        let url = format!("{}/integrator/sites/{}/queries/immediate", self.simulator, self.site);
        let asked = json!({ "maxTimeInQueue": 20_000, "command": command });
        let sent = self.http.post(url).header(KEY_HEADER, &self.key).json(&asked).send();
        let answer = sent.await.expect("the simulator answers").text().await.expect("with text");
        let answer: Value = serde_json::from_str(&answer).expect("the simulator answers with JSON");
        let rows = answer["result"]["data"].as_str();
        let rows = rows.unwrap_or_else(|| panic!("{name}: {answer}")).to_owned();
        self.known().rows.insert(name.to_owned(), rows.clone());
        rows
    }

    async fn status_of_site(&self, site: &str) -> Value {
        let known = self.known().site.clone();
        let mut status = match known {
            Some(known) => known,
            None => {
                let url = format!("{}/integrator/sites/{}", self.simulator, self.site);
                let sent = self.http.get(url).header(KEY_HEADER, &self.key).send();
                let text = sent.await.expect("a status").text().await.expect("with text");
                let status: Value = serde_json::from_str(&text).expect("a status is JSON");
                self.known().site = Some(status.clone());
                status
            }
        };
        status["id"] = site.into();
        // A server at work reports every minute.
        let now = Timestamp::now().to_string();
        status["heartbeatTimestampUTC"] = now.clone().into();
        status["clientTimestampUTC"] = now.into();
        status
    }
}

impl Known {
    /// Keeps a booking as the site's book then has it.
    fn push(&mut self, site: &str, parameter: &dyn Fn(&str) -> String) -> Value {
        let book = self.books.entry(site.to_owned()).or_default();
        let number = |name: &str| parameter(name).parse::<i64>().expect("a number");
        if number("@wanted") == 0 {
            book.remove(&parameter("@token"));
            return json!([{ "Outcome": "cancelled", "AppointmentId": null, "Created": null,
                "Sessions": "inside", "InTheWay": "" }]);
        }
        let token = parameter("@token");
        let known = book.get(&token).map(|row| row["AppointmentId"].clone());
        self.appointments += u64::from(known.is_none());
        let outcome = if known.is_some() { "updated" } else { "created" };
        let id = known.unwrap_or_else(|| self.appointments.into());
        let created = "2026-01-05 08:30:00.000";
        let row = json!({
            "AppointmentId": id, "Created": created, "UserId": number("@userId"),
            "LocationId": number("@locationId"), "Day": parameter("@day"), "Time": number("@time"),
            "Length": number("@length"), "TypeCode": number("@type"),
            "Reason": parameter("@reason"), "Arrived": 0, "Overlapped": 0,
        });
        book.insert(token, row);
        json!([{ "Outcome": outcome, "AppointmentId": id, "Created": created, "Sessions": "inside",
            "InTheWay": "" }])
    }

    fn book(&self, site: &str) -> Value {
        self.books.get(site).map_or(json!([]), |book| book.values().cloned().collect())
    }
}

/// Every message is still in its doctor's inbox.
fn unchecked(tokens: &str) -> Value {
    let row = |token: &str, place: i64| {
        json!({ "Token": token, "Place": place, "RecordId": 1, "PatientId": 1, "UserId": 1,
            "Live": 1, "CheckedBy": 0, "CheckedOn": null, "Notation": 0, "Action": 0 })
    };
    std::iter::once(row("", 0)).chain(tokens.split_whitespace().map(|it| row(it, 2))).collect()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, axum::Json<Value>) {
    assert!(headers.contains_key(KEY_HEADER), "a call without a key");
    let path = uri.path().trim_start_matches("/integrator/sites/").to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let command = || {
        let request: Value = serde_json::from_slice(&body).expect("a command is JSON");
        request["command"].clone()
    };
    let (is_query, answer) = match (method.as_str(), parts.as_slice()) {
        ("GET", [site]) => (false, shared.status_of_site(site).await),
        ("POST", [site, "queries", "immediate"]) => {
            let rows = shared.rows(site, &command()).await;
            (true, json!({ "result": { "data": rows } }))
        }
        ("POST", [site, "queries", "async"]) => {
            let rows = shared.rows(site, &command()).await;
            let id = Uuid::new_v4();
            shared.known().queued.insert(id, rows);
            (true, json!({ "id": id }))
        }
        ("GET", [_, "queries", id]) => (
            false,
            json!({ "id": id, "status": "successful",
                "result": { "pages": [{ "pageNumber": 1, "status": "cached" }] } }),
        ),
        ("GET", [_, "queries", id, "results", "1"]) => {
            let rows = id.parse().ok().and_then(|id: Uuid| shared.known().queued.remove(&id));
            (false, json!({ "data": rows.expect("a known query") }))
        }
        _ => panic!("{method} {uri} is not expected"),
    };
    let asked = &mut shared.known().asked;
    asked.calls += 1;
    asked.queries += u64::from(is_query);
    asked.bytes += body.len() as u64 + answer.to_string().len() as u64;
    (StatusCode::OK, axum::Json(answer))
}
