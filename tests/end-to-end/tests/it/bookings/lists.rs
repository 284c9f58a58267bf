//! Lists: each has `items` and `nextCursor`, and its pages together have each entry once, in order.

use end_to_end::{Answer, Caller, TestStack};
use reqwest::Method;
use serde_json::{Value, json};

use super::{DOCTOR, at, book, quiet_day, ready, visit};

/// The items of all pages of a list, read in pages of this size.
async fn all(caller: &Caller, path: &str, limit: usize) -> Vec<Value> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}{sign}limit={limit}{cursor}")).await;
        let read = page.assert_status(200).at("/items").as_array().unwrap();
        assert!(read.len() <= limit, "{}", page.text);
        items.extend(read.iter().cloned());
        match page.at("/nextCursor").as_str() {
            None => return items,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

async fn cursor(caller: &Caller, path: &str) -> String {
    caller.get(path).await.assert_status(200).text_at("/nextCursor").to_owned()
}

#[tokio::test]
async fn the_pages_of_bookings_and_of_the_audit_trail_have_each_entry_once_in_order() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let day = quiet_day(0);
    // Two begin at each time.
    for number in 0..7 {
        let start = at(day, &format!("{:02}:00", 9 + number / 2));
        book(&practice, &format!("visit-{number}"), &visit(DOCTOR, &start)).await;
    }
    let id = |item: &Value| item["bookingId"].as_str().unwrap().to_owned();
    let path = format!("/bookings?from={day}&to={day}");
    let listed: Vec<_> = all(&practice.platform, &path, 2).await.iter().map(id).collect();
    let wanted: Vec<_> = (0..7).map(|number| format!("visit-{number}")).collect();
    assert_eq!(listed, wanted);
    let backwards = practice.platform.get("/bookings?from=2027-01-02&to=2027-01-01").await;
    backwards.assert_problem(400, "invalid-request");
    assert_eq!(backwards.text_at("/errors/0/pointer"), "from");

    let admin = &practice.practice_admin;
    let whole = all(admin, "/audit", 200).await;
    let changed = whole.iter().filter(|line| line["action"] == "bookingChanged").count();
    assert_eq!(changed, 7);
    assert_eq!(all(admin, "/audit", 3).await, whole);
    assert!(whole.iter().map(|line| line["at"].as_str().unwrap()).is_sorted());

    // A cursor opens only the caller's own list with the same filters.
    let of_bookings = cursor(&practice.platform, &format!("{path}&limit=2")).await;
    let of_trail = cursor(admin, "/audit?limit=2").await;
    for (caller, other) in [
        (&practice.platform, format!("/bookings?from={day}&limit=2&cursor={of_bookings}")),
        (admin, format!("{path}&limit=2&cursor={of_bookings}")),
        (admin, format!("/bookings?cursor={of_trail}")),
        (admin, format!("/audit?patientId=1&cursor={of_trail}")),
        (admin, "/audit?limit=201".to_owned()),
    ] {
        caller.get(&other).await.assert_problem(400, "invalid-request");
    }
}

/// Where a 202 says that its work can be followed, resolved as every client does.
fn follow(asked: &str, answer: &Answer) -> String {
    assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
    let base = format!("https://service.example/stage/v1/practices/p{asked}");
    let base = reqwest::Url::parse(&base).unwrap();
    let followed = base.join(answer.header("location").unwrap()).unwrap();
    let query = followed.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = followed.path().strip_prefix("/stage/v1/practices/p").unwrap();
    format!("{path}{query}")
}

#[tokio::test]
async fn work_that_was_accepted_is_found_where_the_answer_says() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let start = at(quiet_day(0), "09:00");
    let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 },
        "kind": "advice", "subject": "Made up", "text": "Made up." });
    let import = json!({ "importId": "import-1",
        "items": [{ "folder": "clinicalImages", "documentId": 1 }] });
    let nothing = Value::Null;
    let (platform, clinician) = (&practice.platform, &practice.clinician);
    for (caller, method, path, body) in [
        (platform, Method::PUT, "/bookings/visit-1", &visit(DOCTOR, &start)),
        (platform, Method::POST, "/bookings/visit-1/resend", &nothing),
        (platform, Method::POST, "/bookings/resend", &nothing),
        (platform, Method::PUT, "/correspondence/m-1", &message),
        (clinician, Method::POST, "/patients/1/attachment-imports", &import),
        (clinician, Method::POST, "/attachment-imports/import-1/retry", &nothing),
    ] {
        let request = caller.request(method.clone(), path).json(body);
        let answer = caller.send(request).await;
        answer.assert_status(202);
        let place = follow(path, &answer);
        caller.get(&place).await.assert_status(200);
    }
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_and_by_kind_and_time() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    for (number, kind) in ["advice", "report", "advice", "other"].into_iter().enumerate() {
        let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 },
            "kind": kind, "subject": "Made up", "text": "Made up." });
        let path = format!("/correspondence/m-{number}");
        practice.platform.put(&path, &message).await.assert_status(202);
    }
    let ids = async |filter: &str| -> Vec<String> {
        let items = all(&practice.platform, &format!("/deliveries{filter}"), 1).await;
        items.iter().map(|item| item["deliveryId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("").await, ["message-m-3", "message-m-2", "message-m-1", "message-m-0"]);
    assert_eq!(ids("?kind=advice").await, ["message-m-2", "message-m-0"]);
    assert!(ids("?to=2020-01-01").await.is_empty());
    assert_eq!(ids("?from=2020-01-01").await.len(), 4);
    for wrong in ["kind=letter", "from=soon", "from=2026-01-02&to=2026-01-01"] {
        let refused = practice.platform.get(&format!("/deliveries?{wrong}")).await;
        refused.assert_problem(400, "invalid-request");
        let name = wrong.split('=').next().unwrap();
        assert_eq!(refused.text_at("/errors/0/pointer"), name);
    }
}
