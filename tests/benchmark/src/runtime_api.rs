//! A fake Lambda Runtime API on loopback, for one process.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::Error;

/// How often each answer was given: a status, or [`FAILED`].
pub(crate) type Answers = BTreeMap<String, usize>;

/// The invocation ended in an error instead of an answer.
pub(crate) const FAILED: &str = "failed";

/// Hands out one event a number of times. After that the process waits for more.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    idle_since: watch::Receiver<Option<Instant>>,
    server: JoinHandle<()>,
}

struct Shared {
    event: Bytes,
    progress: Mutex<Progress>,
    idle_since: watch::Sender<Option<Instant>>,
}

struct Progress {
    left: usize,
    answers: Answers,
}

impl RuntimeApi {
    /// Serves `times` invocations with `event`.
    pub(crate) async fn start(event: &Value, times: usize) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let (idle_sender, idle_since) = watch::channel(None);
        let shared = Arc::new(Shared {
            event: Bytes::from(event.to_string()),
            progress: Mutex::new(Progress { left: times, answers: Answers::new() }),
            idle_since: idle_sender,
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // Runs until it is aborted. The server itself retries a failed accept.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, shared, idle_since, server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// When the process asked for work and no event was left. Without events this is its first poll.
    pub(crate) async fn idle(&mut self) -> Instant {
        loop {
            if let Some(since) = *self.idle_since.borrow_and_update() {
                return since;
            }
            if self.idle_since.changed().await.is_err() {
                // The sender is in `shared` and lives as long as this value.
                return pending().await;
            }
        }
    }

    /// The answers so far.
    pub(crate) fn answers(&self) -> Answers {
        self.shared.progress().answers.clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the invocation to hand out next.
    fn next_number(&self) -> Option<usize> {
        let mut progress = self.progress();
        progress.left = progress.left.checked_sub(1)?;
        Some(progress.left)
    }

    fn answered(&self, answer: String) {
        *self.progress().answers.entry(answer).or_default() += 1;
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let polled_at = Instant::now();
    let Some(number) = shared.next_number() else {
        shared.idle_since.send_if_modified(|since| since.replace(polled_at).is_none());
        return pending().await;
    };
    let deadline = SystemTime::now() + Duration::from_secs(29);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", format!("00000000-0000-4000-8000-{number:012}")),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:ap-southeast-2:000000000000:function:benchmark".to_owned(),
        ),
    ];
    (headers, shared.event.clone()).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let status = match answer.get("statusCode") {
        Some(status) => status.to_string(),
        None => "answered".to_owned(),
    };
    shared.answered(status);
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.answered(FAILED.to_owned());
    StatusCode::ACCEPTED
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    const POLL: &str = "GET /2018-06-01/runtime/invocation/next";

    async fn ask(api: &RuntimeApi, request: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(api.address()).await.unwrap();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream
    }

    async fn answer(api: &RuntimeApi, request: &str, body: &str) -> String {
        let mut text = String::new();
        ask(api, request, body).await.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn the_first_poll_is_noticed_and_other_requests_are_not_taken_for_it() {
        let mut api = RuntimeApi::start(&Value::Null, 0).await.unwrap();
        let other = answer(&api, "GET /2018-06-01/runtime/invocation", "").await;
        assert!(other.starts_with("HTTP/1.1 404"), "{other}");
        assert!(api.idle_since.borrow().is_none(), "a request for something else was counted");

        let before = Instant::now();
        let _held = ask(&api, POLL, "").await;
        let first = timeout(Duration::from_secs(10), api.idle()).await.unwrap();
        assert!(first >= before && first <= Instant::now());

        let _later = ask(&api, POLL, "").await;
        assert_eq!(timeout(Duration::from_secs(10), api.idle()).await.unwrap(), first);
    }

    #[tokio::test]
    async fn events_are_handed_out_as_often_as_wanted_and_their_answers_counted() {
        let mut api = RuntimeApi::start(&json!({ "httpMethod": "GET" }), 3).await.unwrap();
        for (number, body) in [(2, r#"{"statusCode":401}"#), (1, r#"{"statusCode":401}"#)] {
            let event = answer(&api, POLL, "").await;
            assert!(event.ends_with(r#"{"httpMethod":"GET"}"#), "{event}");
            let id = format!("00000000-0000-4000-8000-{number:012}");
            assert!(event.contains(&format!("lambda-runtime-aws-request-id: {id}")), "{event}");
            let route = format!("POST /2018-06-01/runtime/invocation/{id}/response");
            assert!(answer(&api, &route, body).await.starts_with("HTTP/1.1 202"));
        }
        answer(&api, POLL, "").await;
        answer(&api, "POST /2018-06-01/runtime/invocation/x/error", "{}").await;
        assert!(api.idle_since.borrow().is_none(), "a poll that was given work counts as idle");

        let _held = ask(&api, POLL, "").await;
        timeout(Duration::from_secs(10), api.idle()).await.unwrap();
        let expected = [("401".to_owned(), 2), (FAILED.to_owned(), 1)];
        assert_eq!(api.answers(), Answers::from(expected));
    }
}
