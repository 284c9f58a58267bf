//! Booking guide, section 2.2: location, duration, and sending switched on.

use end_to_end::{Answer, Caller, TestStack};
use reqwest::Method;
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

fn wanted(location: Value, duration: Value) -> Value {
    json!({
        "timeZone": "Australia/Brisbane",
        "bookings": { "enabled": true, "locationId": location, "durationMinutes": duration },
    })
}

#[tokio::test]
async fn an_administrator_chooses_one_of_the_practices_locations_and_a_duration() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    let locations = practice.clinician.get("/locations").await;
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:practice_locations"]);
    let names: Vec<_> = locations
        .at("/locations")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Bluegum Hollow Family Practice",
            "Bluegum Hollow - Riverside",
            "Bluegum Hollow - Northgate"
        ]
    );
    assert!(locations.text_at("/locations/0/address").contains("Ironbark Street"));
    assert!(locations.at("/locations/0/phone").is_string());

    assert_eq!(*practice.clinician.get("/settings").await.at("/bookings/enabled"), json!(false));
    let saved = practice.practice_admin.put("/settings", &wanted(json!(4), json!(15))).await;
    saved.assert_status(200);
    let read = practice.clinician.get("/settings").await;
    assert_eq!(read.json, saved.json);
    assert_eq!(read.text_at("/timeZone"), "Australia/Brisbane");
    assert_eq!(*read.at("/bookings/locationId"), json!(4));
    assert_eq!(*read.at("/bookings/durationMinutes"), json!(15));
}

#[tokio::test]
async fn a_location_the_practice_does_not_have_is_refused_and_changes_nothing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let before = practice.clinician.get("/settings").await;
    practice
        .practice_admin
        .put("/settings", &wanted(json!(3), json!(15)))
        .await
        .assert_problem(422, "location-unknown");
    assert_eq!(practice.clinician.get("/settings").await.json, before.json);
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let mut wrong = wanted(json!(-1), json!(0));
    wrong["timeZone"] = json!("Australia/Bendigo");
    wrong["bookings"]["onlineWording"] = json!("インターネット");
    let answer = practice.practice_admin.put("/settings", &wrong).await;
    answer.assert_problem(400, "invalid-request");
    let pointers: Vec<_> = answer
        .at("/errors")
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/timeZone",
            "/bookings/locationId",
            "/bookings/durationMinutes",
            "/bookings/onlineWording",
        ]
    );
    let missing = practice.practice_admin.put("/settings", &wanted(Value::Null, Value::Null)).await;
    assert_eq!(
        missing.assert_problem(400, "invalid-request").at("/errors").as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_clinician_cannot_change_settings_and_a_platform_can() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let wanted = wanted(json!(1), json!(30));
    practice.clinician.put("/settings", &wanted).await.assert_problem(403, "forbidden");
    practice.platform.put("/settings", &wanted).await.assert_status(200);
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    // The location was validated before. A change of the duration needs no query to the practice.
    let mut longer = wanted.clone();
    longer["bookings"]["durationMinutes"] = json!(45);
    practice.practice_admin.put("/settings", &longer).await.assert_status(200);
}

/// A request with this header.
async fn conditional(
    caller: &Caller,
    method: Method,
    path: &str,
    header: (&str, &str),
    body: Option<&Value>,
) -> Answer {
    let request = caller.request(method, path).header(header.0, header.1);
    caller
        .send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn of_two_administrators_at_once_the_second_is_told_and_overwrites_nothing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let (admin, other) = (&practice.practice_admin, &practice.platform);
    let member = |name: &str| json!([{ "ahpraNumber": "MED9990000001", "firstName": "Sam", "lastName": name }]);
    let settings = |minutes: u32| wanted(json!(1), json!(minutes));
    admin.put("/settings", &settings(10)).await.assert_status(200);
    for (path, first, second) in
        [("/settings", settings(15), settings(30)), ("/staff", member("First"), member("Second"))]
    {
        let seen = admin.get(path).await.header("etag").unwrap().to_owned();
        let same = ("if-none-match", seen.as_str());
        let known = conditional(admin, Method::GET, path, same, None).await;
        assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));

        // Both have seen the same and write at the same moment.
        let (first, second, seen) = (&first, &second, ("if-match", seen.as_str()));
        let (one, two) = tokio::join!(
            conditional(admin, Method::PUT, path, seen, Some(first)),
            conditional(other, Method::PUT, path, seen, Some(second)),
        );
        let (saved, refused) = if one.status == 200 { (one, two) } else { (two, one) };
        saved.assert_status(200);
        refused.assert_problem(412, "precondition-failed");
        let kept = admin.get(path).await;
        assert_eq!((&kept.json, kept.header("etag")), (&saved.json, saved.header("etag")));
        let changed = conditional(admin, Method::GET, path, same, None).await;
        changed.assert_status(200);

        // What was read again may be replaced. Without a condition, everything may.
        let seen = ("if-match", kept.header("etag").unwrap());
        conditional(other, Method::PUT, path, seen, Some(first)).await.assert_status(200);
        other.put(path, second).await.assert_status(200);
    }
    for path in ["/v1/health", "/v1/openapi.json"] {
        let seen = admin.get(path).await.header("etag").unwrap().to_owned();
        let known = conditional(admin, Method::GET, path, ("if-none-match", &seen), None).await;
        assert_eq!(known.status, 304, "{path}");
    }
}
