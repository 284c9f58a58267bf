//! A server with scripted answers, for what the simulator cannot do: break off in the middle, fall
//! silent, or refuse with half a body. The tests check what the client makes of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use halo::{Call, Command, Deadline, Error, ExecutionMode, HaloClient, Parameter, Ran, Uuid};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ample, client_of, fixed};

/// One answer.
pub(crate) enum Say {
    /// This, and then the connection ends.
    Then(String),
    /// This, and then nothing more, with the connection kept open.
    Silence(String),
}

pub(crate) struct Scripted {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers one connection after the other.
    pub(crate) async fn start(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let received = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut silent = Vec::new();
            for say in script {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                let request = receive(&mut stream).await;
                received.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let (Say::Then(text) | Say::Silence(text)) = &say;
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.flush().await;
                if matches!(say, Say::Silence(_)) {
                    silent.push(stream);
                }
            }
            std::future::pending::<()>().await;
        });
        Self { url, requests }
    }

    /// The requests that arrived, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn client(&self) -> HaloClient {
        client_of(&self.url, fixed("some-key", None))
    }
}

async fn receive(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

/// An answer whose announced length exceeds its real length by `missing` bytes.
pub(crate) fn answer(status: &str, headers: &str, body: &str, missing: usize) -> String {
    let length = body.len() + missing;
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

const DONE: &str = r#"{"result":{"rowsAffected":1,"size":0}}"#;

fn write() -> Command {
    Command::text("UPDATE t SET a = 1").mode(ExecutionMode::NonQuery)
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_waited_for_no_longer_than_the_deadline() {
    let half = answer("200 OK", "", r#"{"result":"#, 40);
    let server = Scripted::start(vec![Say::Silence(half)]).await;
    let started = Instant::now();
    let deadline = Deadline::after(Duration::from_millis(400));
    let site = Uuid::new_v4();
    let stopped = server.client().immediate(site, &write(), Call::Write, deadline).await;
    assert_eq!(stopped.unwrap_err(), Error::OutcomeUnknown { timed_out: true });
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_stream_that_stops_in_the_middle_ends_with_an_error_by_the_deadline() {
    let half = answer("200 OK", "", "[{\"a\":1},", 40);
    let server = Scripted::start(vec![Say::Silence(half)]).await;
    let started = Instant::now();
    let deadline = Deadline::after(Duration::from_millis(600));
    let (site, query) = (Uuid::new_v4(), Uuid::new_v4());
    let stream = server.client().page_stream(site, query, 1, deadline).await.expect("opens");
    let parts: Vec<_> = stream.collect().await;
    assert_eq!(parts.last(), Some(&Err(Error::OutcomeUnknown { timed_out: true })));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_refusal_whose_body_is_cut_still_means_what_its_status_says() {
    for (status, headers, meaning) in [
        ("401 Unauthorized", "", Error::KeyRefused),
        ("503 Service Unavailable", "", Error::SiteOffline),
        (
            "429 Too Many Requests",
            "retry-after: 90\r\n",
            Error::RateLimited { retry_after: Some(Duration::from_secs(90)) },
        ),
    ] {
        let cut = answer(status, headers, r#"{"statusCode":"#, 40);
        let server = Scripted::start(vec![Say::Then(cut)]).await;
        let site = Uuid::new_v4();
        let refused = server.client().immediate(site, &write(), Call::Write, ample()).await;
        assert_eq!(refused.unwrap_err(), meaning);
        assert_eq!(meaning.did_it_run(), Ran::No);
    }
}

#[tokio::test]
async fn a_cut_400_leaves_open_whether_the_command_ran() {
    let cut = answer("400 Bad Request", "", r#"{"errorDetails":{"errorType":"#, 90);
    let server = Scripted::start(vec![Say::Then(cut)]).await;
    let site = Uuid::new_v4();
    let refused = server.client().immediate(site, &write(), Call::Write, ample()).await;
    assert_eq!(refused.unwrap_err().did_it_run(), Ran::Unknown);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_command_that_had_to_wait_may_queue_for_less_time() {
    let later = answer("429 Too Many Requests", "retry-after: 2\r\n", "{}", 0);
    let done = answer("200 OK", "", DONE, 0);
    let server = Scripted::start(vec![Say::Then(later), Say::Then(done)]).await;
    let deadline = Deadline::after(Duration::from_secs(20));
    let site = Uuid::new_v4();
    server.client().immediate(site, &write(), Call::Write, deadline).await.expect("is done");
    let queue_times: Vec<u64> = server
        .requests()
        .iter()
        .map(|request| {
            let (_, body) = request.split_once("\r\n\r\n").expect("a body");
            serde_json::from_str::<Value>(body).unwrap()["maxTimeInQueue"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(queue_times.len(), 2);
    assert!(queue_times[0] < 20_000, "{queue_times:?}");
    assert!(queue_times[1] + 1_000 < queue_times[0], "{queue_times:?}");
}

#[tokio::test]
async fn a_request_that_is_not_ready_by_its_deadline_is_not_put_on_the_wire() {
    let silent = Say::Silence(String::new());
    let server = Scripted::start(vec![silent]).await;
    let (client, site) = (server.client(), Uuid::new_v4());
    // Encoding this takes longer than the deadline leaves.
    let large = write().with(Parameter::var_char("@body", "x".repeat(30 << 20)));
    let deadline = Deadline::after(Duration::from_millis(3));
    let error = client.immediate(site, &large, Call::Write, deadline).await.unwrap_err();
    assert_eq!((&error, error.did_it_run()), (&Error::NotReached, Ran::No));
    let late = Deadline::after(Duration::ZERO);
    let queue = Duration::from_secs(60);
    let error = client.submit(site, &write(), queue, Call::Write, late).await.unwrap_err();
    assert_eq!(error, Error::NotReached);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_output_value_that_is_not_text_does_not_lose_the_answer() {
    let body = r#"{"result":{"rowsAffected":1,"parameters":[
        {"name":"@id","value":66},{"name":"@none","value":null},{"name":"@bare"}]}}"#;
    let server = Scripted::start(vec![Say::Then(answer("200 OK", "", body, 0))]).await;
    let site = Uuid::new_v4();
    let done = server.client().immediate(site, &write(), Call::Write, ample()).await.unwrap();
    let values: Vec<Option<&str>> =
        done.parameters.iter().map(|parameter| parameter.value.as_deref()).collect();
    assert_eq!(values, [Some("66"), None, None]);
}

#[tokio::test]
async fn a_failure_inside_a_success_is_a_failure() {
    let body = r#"{"status":"executionFailed","errorDetails":{
        "errorType":"mssql","errorCode":2627,"errorMessage":"Violation of a key."}}"#;
    let server = Scripted::start(vec![Say::Then(answer("200 OK", "", body, 0))]).await;
    let site = Uuid::new_v4();
    let failed = server.client().immediate(site, &write(), Call::Write, ample()).await;
    assert_eq!(failed.unwrap_err().did_it_run(), Ran::Failed);
}

#[tokio::test]
async fn an_answer_of_another_kind_never_passes_for_an_empty_page_or_resource() {
    let wrong = || Say::Then(answer("200 OK", "", r#"{"notice":["unexpected",1]}"#, 0));
    let server = Scripted::start((0..12).map(|_| wrong()).collect()).await;
    let client = server.client();
    let (site, query) = (Uuid::new_v4(), Uuid::new_v4());
    let brief = || Deadline::after(Duration::from_millis(150));
    assert!(matches!(
        client.page(site, query, 1, brief()).await,
        Err(Error::Malformed { what: "result page" })
    ));
    assert!(matches!(
        client.fhir_metadata(site, brief()).await,
        Err(Error::Malformed { what: "FHIR resource" })
    ));
    let search = halo::FhirQuery { resource: "Patient", parameters: Vec::new() };
    assert!(matches!(
        client.fhir_search(site, &search, brief()).await,
        Err(Error::Malformed { what: "FHIR bundle" })
    ));
}

#[tokio::test]
async fn a_path_that_would_lead_elsewhere_is_never_sent() {
    let server = Scripted::start(Vec::new()).await;
    for id in ["..", ".", ""] {
        let read = server.client().fhir_read(Uuid::new_v4(), &["Patient", id], ample()).await;
        assert_eq!(read.unwrap_err().did_it_run(), Ran::No);
    }
    assert!(server.requests().is_empty());
}
