//! Booking guide, section 2.2: location, duration, and sending switched on.

use end_to_end::TestStack;
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
