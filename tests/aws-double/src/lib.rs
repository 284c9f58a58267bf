#![doc = include_str!("../README.md")]

mod expression;
mod s3;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{SdkConfig, SharedCredentialsProvider};
use http::StatusCode;
use serde_json::{Value, json};

pub use s3::StrictS3;
pub use table::Table;

const ENDPOINT: &str = "http://aws.invalid";

/// One call that the code under test made.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation's name (`PutItem`, `SendMessage`, `PutEvents`). For S3 the method and the path
    /// (`DELETE /bucket/key`).
    pub operation: String,
    /// The request's body, if it is JSON.
    pub body: Value,
    /// The request's body, if it is in memory.
    pub bytes: Vec<u8>,
}

/// An answer that the double gives.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    body: Value,
    bytes: Option<Vec<u8>>,
}

impl Answer {
    /// Success, with this body.
    #[must_use]
    pub fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body, bytes: None }
    }

    /// Success, with these bytes: an object of S3.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self { bytes: Some(bytes), ..Self::nothing() }
    }

    /// No object of S3 has this key.
    #[must_use]
    pub fn no_object() -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::nothing() }
    }

    /// Success, without a body.
    #[must_use]
    pub fn nothing() -> Self {
        Self::of(json!({}))
    }

    /// A refusal, with DynamoDB's name for the error.
    #[must_use]
    pub fn refused(error: &str) -> Self {
        let name = format!("com.amazonaws.dynamodb.v20120810#{error}");
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({ "__type": name, "message": "refused" }),
            bytes: None,
        }
    }

    /// The same answer with a member more in its body.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.body[name] = value;
        self
    }

    /// A cancelled transaction, with DynamoDB's code for each of its writes.
    #[must_use]
    pub fn cancelled(codes: &[&str]) -> Self {
        let mut answer = Self::refused("TransactionCanceledException");
        answer.body["CancellationReasons"] =
            codes.iter().map(|code| json!({ "Code": code })).collect();
        answer
    }
}

/// The double of AWS.
#[derive(Clone)]
pub struct Aws(Arc<Double>);

struct Double {
    answer: Box<dyn Fn(&Call) -> Answer + Send + Sync>,
    calls: Mutex<Vec<Call>>,
}

impl Aws {
    /// Answers each call with this function.
    #[must_use]
    pub fn answering(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(Double { answer: Box::new(answer), calls: Mutex::default() }))
    }

    /// The configuration to make an SDK client from.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        config_with(SharedHttpConnector::new(self.clone()))
    }

    /// All calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.kept().clone()
    }

    /// The names of all calls so far, in order.
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.kept().iter().map(|call| call.operation.clone()).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The configuration of a client whose calls end at this connector.
fn config_with(connector: SharedHttpConnector) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("ap-southeast-2"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIAMADEUP",
            "made up",
            None,
            None,
            "a test",
        )))
        .endpoint_url(ENDPOINT)
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::disabled())
        .build()
}

impl fmt::Debug for Aws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.kept().iter()).finish()
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").and_then(|it| it.split_once('.'));
        let operation = target.map_or_else(
            || {
                let path = request.uri().strip_prefix(ENDPOINT).unwrap_or_default();
                let path = path.split_once('?').map_or(path, |(path, _)| path);
                format!("{} {path}", request.method())
            },
            |(_, operation)| operation.to_owned(),
        );
        let bytes = request.body().bytes().unwrap_or_default().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        let call = Call { operation, body, bytes };
        let Answer { status, body, bytes } = (self.0.answer)(&call);
        self.kept().push(call);
        let body = bytes.map_or_else(|| SdkBody::from(body.to_string()), SdkBody::from);
        let mut response = HttpResponse::new(status.into(), body);
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}
