//! Conditional requests (RFC 9110, section 13). A resource's `ETag` identifies what is shown of it.
//! `If-None-Match` saves a download, and `If-Match` keeps a caller from replacing what they have not seen.

use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::{Problem, ProblemType};

/// How a resource without patients' data is kept: by the caller only, and each use asks first.
pub(crate) const ASK_FIRST: &str = "private, no-cache";

/// A resource as it is sent, with the tag that identifies it.
#[derive(Debug)]
pub(crate) struct Tagged {
    body: Vec<u8>,
    tag: String,
}

impl Tagged {
    /// A resource as JSON.
    pub(crate) fn json(resource: &impl Serialize) -> Result<Self, Problem> {
        serde_json::to_vec(resource)
            .map(Self::bytes)
            .map_err(|_| Problem::new(ProblemType::Internal))
    }

    /// JSON that is already written.
    pub(crate) fn bytes(body: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", domain::Sha256::of(&body));
        Self { body, tag }
    }

    /// The answer to a caller who may know the resource already.
    pub(crate) fn unless_known(self, known: &IfNoneMatch) -> Response {
        self.cached(ASK_FIRST, known)
    }

    /// The same, with this `Cache-Control`.
    pub(crate) fn cached(self, cache_control: &'static str, known: &IfNoneMatch) -> Response {
        let headers = [(header::CACHE_CONTROL, cache_control)];
        if known.0.has(&self.tag, Comparison::Weak) {
            return (StatusCode::NOT_MODIFIED, headers, [(header::ETAG, self.tag)]).into_response();
        }
        (headers, self).into_response()
    }
}

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let headers =
            [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, self.tag)];
        (headers, self.body).into_response()
    }
}

/// How two tags are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    /// A weak tag equals the strong one.
    Weak,
    /// A weak tag equals none: it does not promise the same bytes.
    Strong,
}

/// The tags in a header. `None` if the header is absent.
#[derive(Debug)]
struct Tags(Option<Vec<String>>);

impl Tags {
    fn of(headers: &HeaderMap, name: HeaderName) -> Self {
        if !headers.contains_key(&name) {
            return Self(None);
        }
        let texts = headers.get_all(name).iter().filter_map(|tags| tags.to_str().ok());
        let tags = texts.flat_map(|tags| tags.split(','));
        Self(Some(tags.map(|tag| tag.trim().to_owned()).collect()))
    }

    fn has(&self, tag: &str, comparison: Comparison) -> bool {
        let equals = |other: &String| match comparison {
            Comparison::Weak => other.strip_prefix("W/").unwrap_or(other) == tag,
            Comparison::Strong => other == tag,
        };
        self.0.iter().flatten().any(|other| other == "*" || equals(other))
    }
}

/// What the caller knows already.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(Tags);

impl IfNoneMatch {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(Tags::of(headers, header::IF_NONE_MATCH))
    }
}

/// What the caller wants to replace.
#[derive(Debug)]
pub(crate) struct IfMatch(Tags);

impl IfMatch {
    /// Refuses the request if the resource is not the one that the caller has seen. Returns whether the caller
    /// named one. Then the write must be conditional on the resource as it was read.
    pub(crate) fn allows(&self, resource: &Tagged) -> Result<bool, Problem> {
        let is_given = self.0.0.is_some();
        if is_given && !self.0.has(&resource.tag, Comparison::Strong) {
            return Err(changed());
        }
        Ok(is_given)
    }
}

/// Somebody has changed the resource since the caller read it.
pub(crate) fn changed() -> Problem {
    Problem::new(ProblemType::PreconditionFailed)
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.headers))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(Tags::of(&parts.headers, header::IF_MATCH)))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn what_the_caller_knows_is_not_sent_again() {
        let resource = || Tagged::json(&"settings").unwrap();
        let tag = resource().tag;
        for (known, status) in [
            (tag.clone(), 304),
            (format!("\"other\", W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
            (tag.trim_matches('"').to_owned(), 200),
        ] {
            let known_tags = IfNoneMatch::of(&headers(header::IF_NONE_MATCH, &known));
            let answer = resource().unless_known(&known_tags);
            assert_eq!(answer.status().as_u16(), status, "{known}");
            assert_eq!(answer.headers()["etag"], tag);
            assert_eq!(answer.headers()["cache-control"], "private, no-cache");
        }
        let answer = resource().unless_known(&IfNoneMatch::of(&HeaderMap::new()));
        assert_eq!(answer.status(), 200);
    }

    #[test]
    fn only_what_the_caller_has_seen_is_replaced() {
        let resource = Tagged::json(&"settings").unwrap();
        let tag = resource.tag.clone();
        let outcome = |wanted: &str| {
            IfMatch(Tags::of(&headers(header::IF_MATCH, wanted), header::IF_MATCH))
                .allows(&resource)
        };
        assert_eq!(outcome(&tag), Ok(true));
        assert_eq!(outcome("*"), Ok(true));
        assert_eq!(outcome(&format!("\"other\",{tag}")), Ok(true));
        for wrong in ["\"other\"", "", &format!("W/{tag}"), tag.trim_matches('"')] {
            assert_eq!(outcome(wrong), Err(changed()), "{wrong}");
        }
        let absent = IfMatch(Tags::of(&HeaderMap::new(), header::IF_MATCH));
        assert_eq!(absent.allows(&resource), Ok(false));
    }
}
