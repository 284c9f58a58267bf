//! AWS on one address: DynamoDB, SQS, Secrets Manager, EventBridge and S3. It answers at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_double::{Answer, Call, Table};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::counts::Counter;

/// The document that every referral carries. Its bucket has it under every key.
pub(crate) const LETTER: &[u8] = b"%PDF-1.4 a made-up letter";

/// The double of AWS.
#[derive(Default)]
pub(crate) struct Cloud {
    table: Table,
    sent: Mutex<Vec<Sent>>,
    /// The keys that are read from Secrets Manager, whatever the secret's name.
    secret: String,
    counter: Counter,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) queue: String,
    pub(crate) body: String,
}

impl Cloud {
    pub(super) fn new(secret: String, counter: Counter) -> Self {
        Self { secret, counter, ..Self::default() }
    }

    /// Stores an item with these attributes.
    pub(crate) fn put(&self, (pk, sk): (&str, &str), attributes: &Value) {
        self.table.put_attributes(pk, sk, attributes);
    }

    /// Takes the messages out of all queues.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, request: &Value, message: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let sent = Sent { queue: text(&request["QueueUrl"]), body: text(&message["MessageBody"]) };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }

    fn json(&self, service: &str, call: &Call) -> Answer {
        if service == "dynamodb" {
            let unknown = || Answer::refused("UnknownOperationException");
            return self.table.answer(call).unwrap_or_else(unknown);
        }
        let Call { operation, body, .. } = call;
        match operation.as_str() {
            "SendMessage" => {
                self.send(body, body);
                Answer::of(json!({ "MessageId": "made-up", "MD5OfMessageBody": md5_of(body) }))
            }
            "SendMessageBatch" => {
                let entries = body["Entries"].as_array().map_or(&[][..], Vec::as_slice);
                entries.iter().for_each(|entry| self.send(body, entry));
                let taken = entries.iter().map(
                    |entry| json!({ "Id": entry["Id"], "MessageId": "made-up", "MD5OfMessageBody": md5_of(entry) }),
                );
                Answer::of(json!({ "Successful": taken.collect::<Vec<_>>(), "Failed": [] }))
            }
            "PutEvents" => {
                let entries = body["Entries"].as_array().map_or(0, Vec::len);
                let taken = vec![json!({ "EventId": "made-up" }); entries];
                Answer::of(json!({ "FailedEntryCount": 0, "Entries": taken }))
            }
            "GetSecretValue" => Answer::of(json!({ "SecretString": self.secret })),
            _ => Answer::refused("UnknownOperationException"),
        }
    }
}

pub(super) async fn answer(
    State(cloud): State<Arc<Cloud>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let began = Instant::now();
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let (operation, answer) = match target.and_then(|target| target.split_once('.')) {
        Some((service, operation)) => {
            let service = match service {
                "DynamoDB_20120810" => "dynamodb",
                "AmazonSQS" => "sqs",
                "AWSEvents" => "events",
                _ => "secrets",
            };
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            let call = Call { operation: operation.to_owned(), body, bytes: Vec::new() };
            (format!("{service} {operation}"), cloud.json(service, &call))
        }
        None => s3(&method, &uri, &headers),
    };
    let (status, more, body) = answer.into_parts();
    let mut response = Response::builder().status(status);
    if target.is_some() {
        response = response.header("content-type", "application/x-amz-json-1.0");
    }
    for (name, value) in more {
        response = response.header(name, value);
    }
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(body) };
    let response = response.body(body).unwrap_or_else(|_| {
        let mut failed = Response::default();
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    });
    cloud.counter.called(operation, began.elapsed());
    response
}

/// S3 keeps no bytes: what is put there is only counted.
fn s3(method: &Method, uri: &Uri, headers: &HeaderMap) -> (String, Answer) {
    let query = uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let (operation, xml) = match *method {
        Method::HEAD => {
            let found = Answer::nothing()
                .with_header("content-length", LETTER.len().to_string())
                .with_header("content-type", "application/pdf")
                .with_header("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(LETTER)));
            return ("s3 HeadObject".to_owned(), found);
        }
        Method::GET => return ("s3 GetObject".to_owned(), Answer::bytes(LETTER.to_vec())),
        Method::POST if has("uploads") => (
            "CreateMultipartUpload",
            "<InitiateMultipartUploadResult><UploadId>made-up</UploadId></InitiateMultipartUploadResult>",
        ),
        Method::POST => (
            "CompleteMultipartUpload",
            "<CompleteMultipartUploadResult><ETag>\"made-up\"</ETag></CompleteMultipartUploadResult>",
        ),
        Method::PUT if has("partNumber") => ("UploadPart", ""),
        Method::PUT => ("PutObject", ""),
        Method::DELETE => ("DeleteObject", ""),
        _ => ("Unknown", ""),
    };
    let mut answer = Answer::bytes(xml.as_bytes().to_vec()).with_header("etag", "\"made-up\"");
    let sum = headers.get("x-amz-checksum-crc32").and_then(|sum| sum.to_str().ok());
    if let Some(sum) = sum {
        answer = answer.with_header("x-amz-checksum-crc32", sum);
    }
    (format!("s3 {operation}"), answer)
}

/// The checksum of a message. The SDK for JavaScript compares it.
fn md5_of(message: &Value) -> String {
    let text = message["MessageBody"].as_str().unwrap_or_default();
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
