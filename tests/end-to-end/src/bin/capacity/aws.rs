//! AWS in this process: a table that counts, queues whose messages are taken out again, a bus, and a bucket with one letter
//! in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_double::{Answer, Aws, Call, Table};
use aws_types::sdk_config::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The letter that every referral carries.
pub(crate) const LETTER: &[u8] = b"%PDF-1.7";
pub(crate) const SITE_WORK: &str = "https://sqs.invalid/site-work";
pub(crate) const IMPORTS: &str = "https://sqs.invalid/imports";
pub(crate) const WEBHOOK_EVENTS: &str = "https://sqs.invalid/webhook-events";
pub(crate) const WEBHOOK_SEND: &str = "https://sqs.invalid/webhook-send";

/// A message that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) queue: String,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

#[derive(Debug, Default)]
struct Kept {
    sent: Vec<Sent>,
    counts: Counts,
}

/// What was asked of the other services.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) queue_calls: u64,
    pub(crate) events: u64,
    pub(crate) bucket_calls: u64,
    /// The time that the doubles took.
    pub(crate) spent: Duration,
}

/// The double of AWS.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    pub(crate) table: Arc<Table>,
    kept: Arc<Mutex<Kept>>,
}

impl Cloud {
    /// The configuration of every SDK client.
    pub(crate) fn config(&self) -> SdkConfig {
        let cloud = self.clone();
        Aws::forgetting(move |call| {
            let began = Instant::now();
            let answer = cloud.table.answer(call).unwrap_or_else(|| cloud.answer(call));
            cloud.kept().counts.spent += began.elapsed();
            answer
        })
        .config()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.kept().counts
    }

    /// Takes the messages out that were sent since the last time.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.kept().sent)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, Call { operation, body, .. }: &Call) -> Answer {
        let mut kept = self.kept();
        match operation.as_str() {
            "SendMessage" => {
                kept.send(body, body);
                kept.counts.queue_calls += 1;
                Answer::of(json!({ "MessageId": "made-up" }))
            }
            "SendMessageBatch" => {
                let entries = body["Entries"].as_array().expect("entries");
                for entry in entries {
                    kept.send(body, entry);
                }
                kept.counts.queue_calls += 1;
                let taken: Vec<_> = entries
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "MessageId": "made-up", "MD5OfMessageBody": "" }))
                    .collect();
                Answer::of(json!({ "Successful": taken, "Failed": [] }))
            }
            "PutEvents" => {
                let count = body["Entries"].as_array().map_or(0, Vec::len);
                kept.counts.events += count as u64;
                Answer::of(json!({ "FailedEntryCount": 0, "Entries": [] }))
            }
            "GetSecretValue" => {
                Answer::of(json!({ "SecretString": "a made-up key of some length" }))
            }
            path => {
                kept.counts.bucket_calls += 1;
                match path.split_once(' ') {
                    Some(("HEAD", _)) => Answer::nothing()
                        .with_header("content-length", LETTER.len().to_string())
                        .with_header("content-type", "application/pdf")
                        .with_header(
                            "x-amz-checksum-sha256",
                            STANDARD.encode(Sha256::digest(LETTER)),
                        ),
                    Some(("GET", _)) => Answer::bytes(LETTER.to_vec()),
                    Some(("PUT" | "DELETE", _)) => Answer::nothing(),
                    _ => panic!("{path} is not expected"),
                }
            }
        }
    }
}

impl Kept {
    fn send(&mut self, request: &Value, message: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let seconds = message["DelaySeconds"].as_u64().unwrap_or_default();
        let queue = text(&request["QueueUrl"]);
        let body = text(&message["MessageBody"]);
        self.sent.push(Sent { queue, body, delay: Duration::from_secs(seconds) });
        self.counts.messages += 1;
    }
}
