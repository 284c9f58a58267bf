//! A practice of the simulation: what is stored of it at the beginning, and what its people do.

use std::time::Duration;

use ::halo::Deadline;
use aws::events::EventMessage;
use aws::queues::{ImportWake, SiteWake};
use axum::http::Method;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId, SiteId};
use domain::schedule::Job;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::aws::{IMPORTS, LETTER, SITE_WORK, Sent, WEBHOOK_EVENTS};
use crate::load::Action;
use crate::world::{ACCOUNT, Group, TURN, World};

/// A doctor of the simulator's practice, and a letter of patient 1.
const DOCTOR: i64 = 1;
const LETTER_NUMBER: i64 = 12_183;

/// A practice, by its number.
pub(crate) fn named(number: usize) -> PracticeId {
    PracticeId::parse(&format!("practice-{number}")).expect("a practice's id")
}

fn site_id(number: usize) -> SiteId {
    SiteId::parse(&(100_000 + number).to_string()).expect("a Bp Site ID")
}

/// Stores a connected practice with a linked doctor, settings for bookings and one member of staff.
pub(crate) fn store(world: &World, number: usize) {
    let practice = named(number);
    let connection = Connection {
        site_id: site_id(number),
        site: Site {
            halo_guid: HaloGuid(Uuid::from_u128(0xbb00_0000 + number as u128)),
            practice_name: Some("Bluegum Hollow Family Practice".to_owned()),
            pms_version: Some("Oxford SP1".to_owned()),
            halo_link_version: Some("26.713.10445".to_owned()),
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        },
        standing: Standing::Paired,
        paired_at: Timestamp::UNIX_EPOCH,
        generation: 0,
        edition: 0,
    };
    let staff = json!({
        "staff": [{ "ahpraNumber": "MED9990000001", "firstName": "Amelia", "lastName": "Thornbury",
            "standing": { "state": "synced", "user": DOCTOR } }],
        "site": site_id(number).as_str(), "syncedAt": "2026-01-05T00:00:00Z",
    });
    let settings = json!({ "timeZone": "Australia/Sydney", "bookings": { "enabled": true, "locationId": 1,
        "durationMinutes": 15, "appointmentTypeCode": 1, "onlineWording": null } });
    let link = json!({ "userId": DOCTOR, "firstName": "Amelia", "lastName": "Thornbury",
        "providerNumberPrefix": null });
    let of_practice = format!("PRACTICE#{practice}");
    let put = |pk: &str, sk: &str, item: Value| world.cloud.table.put_attributes(pk, sk, &item);
    let connection = serde_json::to_value(connection).expect("a connection as JSON");
    put(&of_practice, "CONNECTION", json!({ "body": connection, "told": "paired" }));
    put(&of_practice, "SETTINGS", json!({ "body": settings }));
    let account = format!("CLINICIAN#ACCOUNT#{ACCOUNT}");
    put(&of_practice, &account, json!({ "body": link, "generation": 0 }));
    put(&format!("STAFF#{practice}"), "LIST", json!({ "body": staff, "version": 1 }));
}

/// Plans a practice's jobs. Each is due for the first time within its interval.
pub(crate) async fn plan_jobs(
    world: &World,
    number: usize,
    now: Timestamp,
    mut random: impl FnMut() -> f64,
) {
    for job in Job::ALL {
        let seconds = job.interval().as_secs_f64() * random();
        let first = now + SignedDuration::from_secs(seconds as i64);
        world.store.schedule(&named(number), job, first).await.expect("a planned job");
    }
}

/// Does something as the people of a practice do it. What follows in the background is left in the queues.
pub(crate) async fn act(world: &mut World, number: usize, action: Action) {
    let practice = named(number);
    let id = Uuid::new_v4().simple().to_string();
    let get = |path: &str| (Method::GET, path.to_owned());
    match action {
        Action::Search => {
            let body = json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" });
            let route = (Method::POST, "/patients/search".to_owned());
            world.call(Group::Patients, &practice, route, Some(body)).await;
        }
        Action::Demographics => {
            world.call(Group::Patients, &practice, get("/patients/1"), None).await;
        }
        Action::Record => {
            let route = get("/patients/1/clinical-summary");
            world.call(Group::Clinical, &practice, route, None).await;
        }
        Action::Attachments => {
            let route = get("/patients/1/attachments");
            world.call(Group::Attachments, &practice, route, None).await;
        }
        Action::Import => {
            let chosen = json!({ "folder": "correspondenceIn", "documentId": LETTER_NUMBER });
            let body = json!({ "importId": id, "items": [chosen] });
            let route = (Method::POST, "/patients/1/attachment-imports".to_owned());
            world.call(Group::Attachments, &practice, route, Some(body)).await;
            // People see the progress once before it is finished, and once after.
            for _ in 0..2 {
                let route = get(&format!("/attachment-imports/{id}"));
                world.call(Group::Attachments, &practice, route, None).await;
            }
        }
        Action::Referral => {
            let sha256: String =
                Sha256::digest(LETTER).iter().map(|byte| format!("{byte:02x}")).collect();
            let document = json!({ "documentId": id, "contentType": "application/pdf",
                "bytes": LETTER.len(), "sha256": sha256 });
            let route = (Method::POST, "/documents".to_owned());
            world.call(Group::Correspondence, &practice, route, Some(document)).await;
            let referral = json!({ "patientId": 1, "documentId": id, "subject": "Cardiology",
                "recipientName": "Wattlebird Heart Clinic" });
            let route = (Method::PUT, format!("/referrals/{id}"));
            world.call(Group::Correspondence, &practice, route, Some(referral)).await;
            let route = get(&format!("/deliveries/referral-{id}"));
            world.call(Group::Correspondence, &practice, route, None).await;
        }
        Action::Message => {
            let body = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": DOCTOR },
                "kind": "report", "subject": "Left knee", "text": "It is mending." });
            let route = (Method::PUT, format!("/correspondence/{id}"));
            world.call(Group::Correspondence, &practice, route, Some(body)).await;
        }
        Action::Booking => {
            let tomorrow = Timestamp::now() + SignedDuration::from_hours(20);
            let start = tomorrow.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M");
            let body = json!({ "ahpraNumber": "MED9990000001", "start": start.to_string(),
                "representative": { "name": "Made Up", "company": "Made-Up Devices" } });
            let route = (Method::PUT, format!("/bookings/{id}"));
            world.call(Group::Appointments, &practice, route, Some(body)).await;
        }
        Action::Status => {
            world.call(Group::Practice, &practice, get("/connection"), None).await;
        }
    }
}

/// Does what messages of one queue ask for, in one invocation of its function.
pub(crate) async fn serve(world: &mut World, queue: &str, messages: Vec<Sent>) {
    let read = "our own message";
    match queue {
        SITE_WORK => {
            for message in messages {
                let wake: SiteWake = serde_json::from_str(&message.body).expect(read);
                let practice = PracticeId::stored(&wake.practice_id).expect(read);
                let job = wake.job.as_deref().map(|job| Job::parse(job).expect(read));
                world
                    .step("site-writer", 1.0, async |world| {
                        let turn = world.writer.turn(&practice, job, TURN);
                        world.counter.charge(&practice, turn).await.expect("a turn");
                    })
                    .await;
            }
        }
        IMPORTS => {
            for message in messages {
                let wake: ImportWake = serde_json::from_str(&message.body).expect(read);
                let practice = PracticeId::stored(&wake.practice_id).expect(read);
                let deadline = Deadline::after(Duration::from_secs(600));
                world
                    .step("attachment-importer", 1.0, async |world| {
                        let work = world.importer.handle(&wake, deadline);
                        world.counter.charge(&practice, work).await.expect("a copy");
                    })
                    .await;
            }
        }
        WEBHOOK_EVENTS => {
            let read = |sent: Sent| serde_json::from_str::<EventMessage>(&sent.body).expect(read);
            world.hand_out(messages.into_iter().map(read).collect()).await;
        }
        other => panic!("nothing is sent to {other}"),
    }
}
