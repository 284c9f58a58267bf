//! A peer's process, and the Lambda Runtime API that it polls.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use end_to_end::TestStack;
use local::{Language, Peers, Progress};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(120);

struct Channels {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Result<Value, Value>>,
}

/// A peer that waits for events.
pub(super) struct Peer {
    events: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Result<Value, Value>>,
    server: JoinHandle<()>,
    child: Child,
}

impl Peer {
    /// Starts the peer of a function. It works on the stack's table, bucket, queues and simulator.
    pub(super) async fn start(stack: &TestStack, language: Language, function: &str) -> Self {
        let peers = Peers::install(&local::checkout().unwrap(), &Progress::shown()).await.unwrap();
        let (events, next_event) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let channels = Channels { events: Mutex::new(next_event), answers: answer };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(answered))
            .with_state(Arc::new(channels));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let (program, arguments) = peers.program(language, function);
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment(stack).await)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdin(Stdio::null())
            // Log lines. A failure shows on standard error.
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { events, answers, server, child }
    }

    /// Sends an event and returns the answer.
    pub(super) async fn invoke(&mut self, event: Value) -> Value {
        self.events.send(event).await.unwrap();
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        answer.unwrap().unwrap().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The process goes first: without its Runtime API it would complain. It may have ended already.
        let _ = self.child.start_kill();
        self.server.abort();
    }
}

/// The variables that Lambda and the template give the function, for this stack.
async fn environment(stack: &TestStack) -> Vec<(&'static str, String)> {
    let outputs = stack.aws().deployed().await.unwrap();
    let output = |name| outputs.need(name).unwrap().to_owned();
    let aws = &stack.file().aws;
    vec![
        ("PATH", std::env::var("PATH").unwrap()),
        ("AWS_REGION", aws.region.clone()),
        ("AWS_DEFAULT_REGION", aws.region.clone()),
        ("AWS_ACCESS_KEY_ID", aws.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", aws.secret_access_key.clone()),
        ("AWS_ENDPOINT_URL", aws.endpoint_url.clone()),
        ("TABLE_NAME", aws.table.clone().unwrap()),
        ("BUCKET_NAME", aws.bucket.clone().unwrap()),
        ("HALO_BASE_URL", stack.file().simulator.url.clone()),
        ("HALO_SECRET_ARN", output("HaloSecretArn")),
        ("AUDIT_RETENTION_DAYS", "30".to_owned()),
        ("EVENT_BUS_NAME", output("EventBusName")),
        ("IMPORT_QUEUE_URL", output("ImportQueueUrl")),
        ("WEBHOOK_EVENTS_QUEUE_URL", output("WebhookEventsQueueUrl")),
    ]
}

async fn next(State(channels): State<Arc<Channels>>) -> Response {
    let Some(event) = channels.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = (SystemTime::now() + PATIENCE).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", Uuid::new_v4().to_string()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
    ];
    (headers, event.to_string()).into_response()
}

async fn answered(
    State(channels): State<Arc<Channels>>,
    Path((_, outcome)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = serde_json::from_slice(&body).unwrap();
    let answer = if outcome == "response" { Ok(answer) } else { Err(answer) };
    // The test may have given up.
    let _ = channels.answers.send(answer).await;
    StatusCode::ACCEPTED
}
