//! A small client of the local AWS, with the few calls that set up and inspect a stack. The AWS SDKs
//! would bring hundreds of crates for them.

mod api_gateway;
mod cloudformation;
mod cognito;
mod dynamodb;
mod logs;
mod s3;
mod secrets;
mod sqs;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

pub use self::cloudformation::Outputs;
pub use self::logs::LogEvent;
use crate::{Error, loopback_client};

/// The one region.
pub(crate) const REGION: &str = "ap-southeast-2";
/// The access key that the local AWS accepts.
pub(crate) const ACCESS_KEY_ID: &str = "test";
/// The secret key that the local AWS accepts.
pub(crate) const SECRET_ACCESS_KEY: &str = "test";

/// The AWS APIs behind one loopback port.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
    http: reqwest::Client,
}

impl Aws {
    /// The APIs at this address, `http://127.0.0.1:<port>`.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn at(endpoint: &str) -> Result<Self, Error> {
        Ok(Self { endpoint: endpoint.trim_end_matches('/').to_owned(), http: loopback_client()? })
    }

    /// The address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether the APIs are being served.
    pub async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/_ministack/ready", self.endpoint)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Calls an operation of a service that speaks AWS's JSON protocol. `target` is the value of
    /// `X-Amz-Target`, `DynamoDB_20120810.Scan` for example, and `service` the name that requests
    /// are signed with.
    ///
    /// # Errors
    /// When the call fails or is refused.
    pub async fn call(&self, service: &str, target: &str, body: &Value) -> Result<Value, Error> {
        let version = if service == "dynamodb" || service == "sqs" { "1.0" } else { "1.1" };
        let request = self
            .http
            .post(&self.endpoint)
            .header(AUTHORIZATION, authorization(service))
            .header(CONTENT_TYPE, format!("application/x-amz-json-{version}"))
            .header("X-Amz-Target", target)
            .body(body.to_string());
        let text = self.answer(target, request).await?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(Error::malformed("the local AWS's answer"))
    }

    /// Calls an operation of a service that speaks AWS's query protocol, and returns the XML.
    ///
    /// # Errors
    /// When the call fails or is refused.
    pub async fn query(
        &self,
        service: &str,
        operation: &str,
        form: &[(&str, &str)],
    ) -> Result<String, Error> {
        let mut fields = vec![("Action", operation)];
        fields.extend_from_slice(form);
        let request = self
            .http
            .post(&self.endpoint)
            .header(AUTHORIZATION, authorization(service))
            .form(&fields);
        self.answer(operation, request).await
    }

    /// Calls an operation of a service that speaks REST and JSON.
    ///
    /// # Errors
    /// When the call fails or is refused.
    pub async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<String, Error> {
        let operation = format!("{method} {path}");
        let request = self
            .http
            .request(method, format!("{}{path}", self.endpoint))
            .header(AUTHORIZATION, authorization(service))
            .json(body);
        self.answer(&operation, request).await
    }

    async fn answer(
        &self,
        operation: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<String, Error> {
        const WHAT: &str = "calling the local AWS";
        let answer = request.send().await.map_err(Error::call(WHAT))?;
        let status = answer.status();
        let body = answer.text().await.map_err(Error::call(WHAT))?;
        if status.is_success() {
            Ok(body)
        } else {
            let operation = operation.to_owned();
            Err(Error::Aws { operation, status: status.as_u16(), body })
        }
    }
}

/// The local AWS reads the service's name from the signature's scope and checks nothing else.
fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/20260101/{REGION}/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}
