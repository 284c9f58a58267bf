//! The servers of platforms: one HTTP server on loopback, with an address for each endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::pause;

/// How an endpoint answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Manner {
    /// With 204.
    #[default]
    Well,
    /// With this status line and headers.
    With(&'static str),
    /// After this time.
    Late(Duration),
    /// Never.
    Hangs,
    /// With 500, but only to bodies that contain this.
    Chokes(String),
}

/// What an endpoint received and took.
#[derive(Clone, Debug)]
pub struct Got {
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`.
    pub timestamp: i64,
    /// The header `webhook-signature`.
    pub signatures: String,
    /// The body.
    pub body: String,
}

#[derive(Debug, Default)]
struct Kept {
    manners: HashMap<String, Manner>,
    got: HashMap<String, Vec<Got>>,
    tries: HashMap<String, usize>,
}

/// A server. It ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct Receiver {
    port: u16,
    kept: Arc<Mutex<Kept>>,
}

impl Receiver {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a listener on loopback");
        let receiver = Self {
            port: listener.local_addr().expect("a listener on loopback").port(),
            kept: Arc::default(),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    /// The address of the endpoint with this name.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    /// From now on, the endpoint answers like this.
    pub fn behave(&self, name: &str, manner: Manner) {
        self.kept().manners.insert(name.to_owned(), manner);
    }

    /// What the endpoint took, in order.
    #[must_use]
    pub fn got(&self, name: &str) -> Vec<Got> {
        self.kept().got.get(name).cloned().unwrap_or_default()
    }

    /// The ids of what the endpoint took, in order.
    #[must_use]
    pub fn ids(&self, name: &str) -> Vec<String> {
        self.got(name).into_iter().map(|got| got.id).collect()
    }

    /// How often somebody sent something to the endpoint.
    #[must_use]
    pub fn tries(&self, name: &str) -> usize {
        self.kept().tries.get(name).copied().unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut first = String::new();
            if stream.read_line(&mut first).await.ok()? == 0 {
                return None;
            }
            let name = first.split_whitespace().nth(1)?.trim_start_matches('/').to_owned();
            let mut headers = HashMap::new();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                let Some((name, value)) = line.split_once(':') else { break };
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            let length: usize = headers.get("content-length")?.parse().ok()?;
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let got = Got {
                id: headers.get("webhook-id")?.clone(),
                timestamp: headers.get("webhook-timestamp")?.parse().ok()?,
                signatures: headers.get("webhook-signature")?.clone(),
                body: String::from_utf8(body).ok()?,
            };
            let manner = {
                let mut kept = self.kept();
                *kept.tries.entry(name.clone()).or_default() += 1;
                kept.manners.get(&name).cloned().unwrap_or_default()
            };
            let answer = match manner {
                Manner::Hangs => std::future::pending().await,
                Manner::With(answer) => answer,
                Manner::Chokes(on) if got.body.contains(&on) => "500 Choked\r\n",
                Manner::Late(by) => {
                    pause("an endpoint that answers late", by).await;
                    "204 Taken\r\n"
                }
                Manner::Well | Manner::Chokes(_) => "204 Taken\r\n",
            };
            if answer.starts_with('2') {
                self.kept().got.entry(name).or_default().push(got);
            }
            let answer = format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
        }
    }
}
