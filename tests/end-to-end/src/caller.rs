use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::contract::{Received, assert_described};

/// Calls the API with a token. A path is relative to the practice, or starts with `/v1`.
#[derive(Clone, Debug)]
pub struct Caller {
    http: reqwest::Client,
    api_url: String,
    practice_id: String,
    token: Option<String>,
}

impl Caller {
    pub(crate) fn new(
        http: reqwest::Client,
        api_url: &str,
        practice_id: &str,
        token: Option<String>,
    ) -> Self {
        Self { http, api_url: api_url.to_owned(), practice_id: practice_id.to_owned(), token }
    }

    /// The same caller for another practice.
    #[must_use]
    pub fn at(&self, practice_id: &str) -> Self {
        Self { practice_id: practice_id.to_owned(), ..self.clone() }
    }

    /// The same caller with another token, or with none.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// The token, for tests that change it.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// A request with only the token, for tests that send something unusual.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let Self { api_url, practice_id, .. } = self;
        let url = if path.starts_with("/v1/") {
            format!("{api_url}{path}")
        } else {
            format!("{api_url}/v1/practices/{practice_id}{path}")
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer. Fails the test if the OpenAPI document does not describe it.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("the test makes a valid request");
        let (method, url) = (request.method().clone(), request.url().to_string());
        let sent = request.body().and_then(|body| body.as_bytes()).map(<[u8]>::to_vec);
        let answer = self.http.execute(request).await.expect("the API answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.expect("the API's answer is text");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, json, text };
        let path = url.strip_prefix(&self.api_url).expect("requests go to the API");
        let path = path.split('?').next().unwrap_or_default();
        let content_type = answer.header("content-type").unwrap_or_default();
        let cache_control = answer.header("cache-control");
        let received = Received { status, content_type, cache_control, body: &answer.json };
        assert_described(&method, path, sent.as_deref(), &received);
        answer
    }
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap<HeaderValue>,
    /// The body, or null when it is not JSON.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Fails the test with the answer's text unless the answer has this status.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "the answer was {}", self.text);
        self
    }

    /// Fails the test unless the answer is a problem of this type and status. It must have the media type
    /// of problems and the members that every problem has.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, slug: &str) -> &Self {
        self.assert_status(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let kind = self.json["type"].as_str().unwrap_or_default();
        assert_eq!(kind.rsplit('/').next(), Some(slug), "the answer was {}", self.text);
        assert_eq!(self.json["status"], status, "the answer was {}", self.text);
        for member in ["title", "detail"] {
            assert!(self.json[member].is_string(), "no {member} in {}", self.text);
        }
        self
    }

    /// The value at a JSON pointer; null when there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer.
    #[track_caller]
    #[must_use]
    pub fn text_at(&self, pointer: &str) -> &str {
        let found = self.at(pointer).as_str();
        found.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.text))
    }

    /// A header that occurs once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        self.headers.get(name)?.to_str().ok()
    }
}
