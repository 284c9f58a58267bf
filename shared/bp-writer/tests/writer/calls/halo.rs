//! A Halo whose sites are online and whose queries have ended when they are first asked for. It answers each call
//! after a fixed time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo::Uuid;
use serde_json::{Value, json};
use support::pause;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Cheap to clone. It ends with the runtime that it was started in.
#[derive(Clone)]
pub(crate) struct QuickHalo {
    port: u16,
    delay: Duration,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl QuickHalo {
    pub(crate) async fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let halo = Self { port, delay, calls: Arc::default() };
        let serving = halo.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        halo
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The calls since the last time.
    pub(crate) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut stream = BufReader::new(stream);
        loop {
            let mut first = String::new();
            if stream.read_line(&mut first).await.ok()? == 0 {
                return None;
            }
            let mut length = 0;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(number) = line.strip_prefix("content-length:") {
                    length = number.trim().parse().ok()?;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let (name, answer) = answer(first.split_whitespace().nth(1)?, &body);
            self.calls.lock().unwrap().push(name);
            pause("Halo takes its time", self.delay).await;
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            stream.write_all((head + &answer).as_bytes()).await.ok()?;
        }
    }
}

/// The first digit of a query's id says what was asked.
fn answer(path: &str, body: &[u8]) -> (&'static str, Value) {
    let steps: Vec<&str> = path.split('/').skip(2).collect();
    match steps.as_slice() {
        ["sites", id] => {
            ("site", json!({ "id": id, "availability": "online", "status": "active" }))
        }
        [.., "async"] => {
            let text = String::from_utf8_lossy(body).to_ascii_lowercase();
            let kind = if text.contains("incomingreports") || text.contains("correspondenceout") {
                "a"
            } else {
                "b"
            };
            let id = format!("{kind}{}", &Uuid::new_v4().to_string()[1..]);
            ("submit", json!({ "id": id }))
        }
        [.., "results", query, page] | [.., query, "results", page]
            if page.parse::<u32>().is_ok() =>
        {
            ("page", rows(query))
        }
        _ => (
            "status",
            json!({ "status": "successful", "result": { "pages": [{ "pageNumber": 1, "status": "cached" }] } }),
        ),
    }
}

fn rows(query: &str) -> Value {
    let row = match query.starts_with('a') {
        true => json!({ "Outcome": "written", "RecordId": 7, "Allocated": 1 }),
        false => json!({ "Outcome": "created", "AppointmentId": 7,
            "Created": "2027-03-01 09:30:00.000", "Sessions": "inside" }),
    };
    json!({ "data": STANDARD.encode(json!([row]).to_string()) })
}
