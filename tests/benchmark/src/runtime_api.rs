//! A Lambda Runtime API on loopback, for one process. It hands out events one by one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::error::Error;

/// A process's answer to an event.
#[derive(Debug)]
pub(crate) struct Answered {
    /// From handing out the event to the last byte of the answer.
    pub(crate) wall: Duration,
    /// `None` if the invocation ended in an error instead of an answer.
    pub(crate) body: Option<Bytes>,
}

/// How often the process has asked for an event, and when it did so first.
type Polls = (u64, Option<Instant>);

/// The Runtime API. It ends with this value.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Bytes>,
    polls: watch::Receiver<Polls>,
    answers: mpsc::UnboundedReceiver<Answered>,
    server: JoinHandle<()>,
}

struct Shared {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    polls: watch::Sender<Polls>,
    answers: mpsc::UnboundedSender<Answered>,
    handed_out: watch::Sender<Option<Instant>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let (events, waiting) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let (polls, polled) = watch::channel((0, None));
        let (handed_out, _) = watch::channel(None);
        let shared = Arc::new(Shared { events: Mutex::new(waiting), polls, answers, handed_out });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared);
        let server = tokio::spawn(async move {
            // Runs until it is aborted. The server itself retries a failed accept.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, events, polls: polled, answers: answered, server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the process has asked for its first event. Returns when it did.
    pub(crate) async fn first_poll(&mut self) -> Instant {
        self.polled(1).await
    }

    /// Gives the waiting process an event. Waits for the answer, and until the process asks for the next event.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> Option<Answered> {
        let polls = self.polls.borrow().0;
        self.events.send(event).ok()?;
        let answered = self.answers.recv().await?;
        self.polled(polls + 1).await;
        Some(answered)
    }

    async fn polled(&mut self, times: u64) -> Instant {
        match self.polls.wait_for(|(polls, _)| *polls >= times).await.map(|polls| polls.1) {
            Ok(Some(first)) => first,
            // The sender lives as long as the server, so this never happens.
            _ => std::future::pending().await,
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let polled_at = Instant::now();
    shared.polls.send_modify(|(polls, first)| {
        *polls += 1;
        first.get_or_insert(polled_at);
    });
    let Some(event) = shared.events.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let number = shared.polls.borrow().0;
    let deadline = SystemTime::now() + Duration::from_mins(10);
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
    shared.handed_out.send_replace(Some(Instant::now()));
    (headers, event)
}

impl Shared {
    fn answered(&self, body: Option<Bytes>) -> StatusCode {
        let began = *self.handed_out.borrow();
        let wall = began.map(|began| began.elapsed()).unwrap_or_default();
        // Nobody waits if the measurement has ended.
        let _ = self.answers.send(Answered { wall, body });
        StatusCode::ACCEPTED
    }
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    shared.answered(Some(body))
}

async fn error(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.answered(None)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    const POLL: &str = "GET /2018-06-01/runtime/invocation/next";

    async fn ask(address: SocketAddr, request: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream
    }

    async fn answer(address: SocketAddr, request: &str, body: &str) -> String {
        let mut text = String::new();
        ask(address, request, body).await.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn the_first_poll_is_noticed_and_other_requests_are_not_taken_for_it() {
        let mut api = RuntimeApi::start().await.unwrap();
        let other = answer(api.address(), "GET /2018-06-01/runtime/invocation", "").await;
        assert!(other.starts_with("HTTP/1.1 404"), "{other}");
        assert_eq!(api.polls.borrow().0, 0, "a request for something else was counted");

        let before = Instant::now();
        let _held = ask(api.address(), POLL, "").await;
        let first = timeout(Duration::from_secs(10), api.first_poll()).await.unwrap();
        assert!(first >= before && first <= Instant::now());
    }

    #[tokio::test]
    async fn an_event_is_answered_or_fails_and_the_next_poll_ends_its_measurement() {
        for (how, body) in [("response", Some("{\"statusCode\":401}")), ("error", None)] {
            let mut api = RuntimeApi::start().await.unwrap();
            let address = api.address();
            let function = tokio::spawn(async move {
                let event = answer(address, POLL, "").await;
                assert!(event.ends_with("an event"), "{event}");
                let route = format!("POST /2018-06-01/runtime/invocation/x/{how}");
                let taken = answer(address, &route, body.unwrap_or("{}")).await;
                assert!(taken.starts_with("HTTP/1.1 202"), "{taken}");
                ask(address, POLL, "").await
            });
            api.first_poll().await;
            let answered = api.invoke(Bytes::from("an event")).await.unwrap();
            assert_eq!(answered.body.as_deref(), body.map(str::as_bytes));
            function.await.unwrap();
        }
    }
}
