//! The booking guide: settings, staff sync, then a representative's visit: booked, moved, cancelled.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::example::Example;
use super::guide::{As, Call, Guide, member};
use crate::Error;

const ZONE: &str = "Australia/Brisbane";

pub(crate) async fn book_a_visit(guide: &mut Guide<'_>, example: &Example) -> Result<(), Error> {
    let practice = format!("/v1/practices/{}", example.practice_id);
    let doctor = registered_doctor(guide, example).await?;
    choose_how(guide, &practice).await?;

    guide.chapter("Sync the medical staff");
    let staff = json!([
        { "ahpraNumber": doctor["registrationNumber"], "firstName": doctor["firstName"], "lastName": doctor["lastName"] },
        { "ahpraNumber": "MED0000000000", "firstName": "Nobody", "lastName": "Known" },
    ]);
    guide
        .call(platform(
            "The platform sends its staff list",
            Method::PUT,
            format!("{practice}/staff"),
            Some(&staff),
            200,
        ))
        .await?;
    let nothing = json!({});
    guide
        .call(platform(
            "Sync Staff: each doctor is synced, or the answer says what to correct and where",
            Method::POST,
            format!("{practice}/staff/sync"),
            Some(&nothing),
            200,
        ))
        .await?;

    guide.chapter("Book a representative's visit");
    let path = format!("{practice}/bookings/demo-{}", Uuid::new_v4().simple());
    let mut visit = json!({
        "ahpraNumber": doctor["registrationNumber"],
        "start": start(3, "12:30"),
        "representative": { "name": "Kim Example", "company": "Example Laboratories" },
        "notes": "Lunch for six",
    });
    send(guide, "A representative books a visit", &path, &visit).await?;
    follow(
        guide,
        &path,
        "The visit is in Bp's appointment book, marked as an online appointment",
        "synced",
    )
    .await?;
    visit["start"] = start(4, "13:00").into();
    send(guide, "The platform moves the visit to the next day", &path, &visit).await?;
    follow(guide, &path, "Bp's book shows the new time, still as one appointment", "synced")
        .await?;
    guide
        .call(platform(
            "Resend to the practice's software",
            Method::POST,
            format!("{path}/resend"),
            Some(&nothing),
            202,
        ))
        .await?;
    follow(guide, &path, "The visit is already in Bp's book, so nothing is booked twice", "synced")
        .await?;
    guide
        .call(platform("The platform cancels the visit", Method::DELETE, path.clone(), None, 202))
        .await?;
    follow(guide, &path, "The visit is no longer in Bp's book", "cancelled").await?;
    Ok(())
}

async fn choose_how(guide: &mut Guide<'_>, practice: &str) -> Result<(), Error> {
    guide.chapter("Choose location and duration");
    const LOCATIONS: &str = "The practice's locations";
    let locations = guide
        .call(platform(LOCATIONS, Method::GET, format!("{practice}/locations"), None, 200))
        .await?;
    let settings = json!({
        "timeZone": ZONE,
        "bookings": {
            "enabled": true,
            "locationId": member(LOCATIONS, &locations, "/locations/0/locationId")?,
            "durationMinutes": 15,
        },
    });
    guide
        .call(platform(
            "Switch bookings on, with a location and a duration",
            Method::PUT,
            format!("{practice}/settings"),
            Some(&settings),
            200,
        ))
        .await?;
    Ok(())
}

/// A doctor whose registration number no other user has.
async fn registered_doctor(guide: &mut Guide<'_>, example: &Example) -> Result<Value, Error> {
    const STEP: &str = "The practice's doctors and their registration numbers in Bp";
    let answer = guide
        .call(Call {
            title: STEP,
            caller: As::Practice,
            method: Method::GET,
            path: format!("/practices/{}", example.site_id),
            body: None,
            expected: 200,
        })
        .await?;
    let users = member(STEP, &answer, "/users")?.as_array().cloned().unwrap_or_default();
    let number = |user: &Value| user["registrationNumber"].as_str().map(str::to_owned);
    let alone = |user: &&Value| {
        user["active"] == true
            && number(user).is_some()
            && users.iter().filter(|other| number(other) == number(user)).count() == 1
    };
    users.iter().find(alone).cloned().ok_or_else(|| Error::Demo {
        step: STEP,
        problem: "no active user has a unique registration number".into(),
    })
}

async fn send(
    guide: &mut Guide<'_>,
    title: &'static str,
    path: &str,
    visit: &Value,
) -> Result<(), Error> {
    guide.call(platform(title, Method::PUT, path.to_owned(), Some(visit), 202)).await?;
    Ok(())
}

async fn follow(
    guide: &mut Guide<'_>,
    path: &str,
    title: &'static str,
    state: &'static str,
) -> Result<(), Error> {
    guide
        .wait(platform(title, Method::GET, path.to_owned(), None, 200), |booking| {
            booking["state"] == state
        })
        .await?;
    Ok(())
}

fn platform<'a>(
    title: &'static str,
    method: Method,
    path: String,
    body: Option<&'a Value>,
    expected: u16,
) -> Call<'a> {
    Call { title, caller: As::Platform, method, path, body, expected }
}

/// A time on the practice's clock, months ahead, where the appointment book is empty.
fn start(days: i64, time: &str) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let day = Timestamp::now().to_zoned(zone).date().saturating_add((280 + days).days());
    format!("{day}T{time}")
}
