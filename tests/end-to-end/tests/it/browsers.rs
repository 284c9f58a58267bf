//! Web pages of another origin: a browser's preflight request, and what it lets the page read.

use end_to_end::{Answer, Caller, TestStack};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;
use sha2::Digest as _;

const PAGE: &str = "https://app.example.org";

/// Whether a browser lets a page make such a call, after this answer to its preflight request.
fn lets_through(status: u16, headers: &HeaderMap, method: &Method, sent: &[&str]) -> bool {
    let listed = |name: &str| -> Vec<String> {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .split(',')
            .map(|item| item.trim().to_lowercase())
            .collect()
    };
    let origins = listed("access-control-allow-origin");
    (200..300).contains(&status)
        && (origins == ["*"] || origins == [PAGE])
        && listed("access-control-allow-methods").contains(&method.as_str().to_lowercase())
        && sent
            .iter()
            .all(|name| listed("access-control-allow-headers").contains(&name.to_lowercase()))
}

async fn may_call(caller: &Caller, method: Method, path: &str, sent: &[&str]) -> bool {
    // Browsers send no token with a preflight request.
    let question = caller
        .with_token(None)
        .request(Method::OPTIONS, path)
        .header("origin", PAGE)
        .header("access-control-request-method", method.as_str())
        .header("access-control-request-headers", sent.join(","));
    let Answer { status, headers, .. } = caller.send(question).await;
    lets_through(status.as_u16(), &headers, &method, sent)
}

fn readable(answer: &Answer) -> bool {
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
    answer
        .header("access-control-allow-origin")
        .is_some_and(|origin| origin == "*" || origin == PAGE)
        && ["etag", "location", "retry-after", "content-disposition", "x-amzn-requestid"]
            .iter()
            .all(|name| exposed.split(',').any(|exposed| exposed == *name))
}

#[tokio::test]
async fn a_page_of_another_origin_may_call_the_api_and_read_its_answers() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let caller = &practice.clinician;
    for (method, path) in [
        (Method::PUT, "/connection"),
        (Method::DELETE, "/connection"),
        (Method::POST, "/patients/search"),
        (Method::GET, "/patients/1/attachments"),
        (Method::PUT, "/bookings/b-1"),
    ] {
        let sent = ["authorization", "content-type"];
        assert!(may_call(caller, method.clone(), path, &sent).await, "{method} {path}");
        // What tracing tools and conditional requests add.
        let sent = ["authorization", "if-match", "if-none-match", "traceparent", "tracestate"];
        assert!(may_call(caller, method.clone(), path, &sent).await, "{method} {path}");
        let sent = ["baggage", "x-request-id", "idempotency-key", "accept"];
        assert!(may_call(caller, method.clone(), path, &sent).await, "{method} {path}");
    }
    assert!(!may_call(caller, Method::PATCH, "/connection", &["authorization"]).await);

    // A function's answers, and API Gateway's own.
    let settings = caller.get("/settings").await;
    assert!(readable(&settings), "{settings:?}");
    let stranger = practice.stranger.get("/connection").await;
    assert!(readable(stranger.assert_problem(401, "unauthenticated")), "{stranger:?}");
    let nothing = caller.get("/nothing-here").await;
    assert!(readable(nothing.assert_problem(404, "not-found")), "{nothing:?}");
}

#[tokio::test]
async fn a_page_of_another_origin_may_upload_what_it_announced() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = crate::steps::paired_practice(stack, &bp).await;
    let document = b"%PDF-1.4\n% made up, from a page\n%%EOF\n";
    let sha256: String =
        sha2::Sha256::digest(document).iter().map(|byte| format!("{byte:02x}")).collect();
    let announced = json!({ "documentId": "from-a-page", "contentType": "application/pdf",
        "bytes": document.len(), "sha256": sha256 });
    let answer = practice.platform.post("/documents", &announced).await;
    let url = answer.assert_status(201).text_at("/uploadUrl").to_owned();
    let headers = answer.at("/uploadHeaders").as_object().unwrap().clone();
    let sent: Vec<&str> = headers.keys().map(String::as_str).collect();

    let http = local::loopback_client().unwrap();
    let question = http
        .request(Method::OPTIONS, &url)
        .header("origin", PAGE)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", sent.join(","));
    let asked = question.send().await.unwrap();
    let status = asked.status().as_u16();
    assert!(lets_through(status, asked.headers(), &Method::PUT, &sent), "{asked:?}");

    let mut upload = http.put(&url).header("origin", PAGE).body(document.to_vec());
    for (name, value) in &headers {
        upload = upload.header(name, value.as_str().unwrap());
    }
    let uploaded = upload.send().await.unwrap();
    assert_eq!(uploaded.status(), 200);
    assert!(uploaded.headers().contains_key("access-control-allow-origin"), "{uploaded:?}");
}
