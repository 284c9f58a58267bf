//! The header fields that tell callers about their limits (draft-ietf-httpapi-ratelimit-headers-10).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::limits::Window;

use super::limiter::Standing;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds what the limits of the request are, and what is left of them.
pub(super) fn add_fields(headers: &mut HeaderMap, standings: &[Standing]) {
    let window = Window::LENGTH.as_secs();
    let each = |write: &dyn Fn(&Standing) -> String| {
        standings.iter().map(write).collect::<Vec<_>>().join(", ")
    };
    let policy = each(&|it| format!("\"{}\";q={};w={window}", it.name, it.most));
    let left = each(&|it| format!("\"{}\";r={};t={}", it.name, it.left, it.ends_in));
    for (name, value) in [(POLICY, policy), (LEFT, left)] {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_structured_and_left_out_without_limits() {
        let standing =
            |name: &str, most, left| Standing { name: name.to_owned(), most, left, ends_in: 321 };
        let standings =
            [standing("records-person", 200, 7), standing("records-practice", 2000, 1900)];
        let mut headers = HeaderMap::new();
        add_fields(&mut headers, &standings);
        let policy = r#""records-person";q=200;w=900, "records-practice";q=2000;w=900"#;
        assert_eq!(headers["ratelimit-policy"], policy);
        let left = r#""records-person";r=7;t=321, "records-practice";r=1900;t=321"#;
        assert_eq!(headers["ratelimit"], left);
        let mut headers = HeaderMap::new();
        add_fields(&mut headers, &[]);
        assert!(headers.is_empty());
    }
}
