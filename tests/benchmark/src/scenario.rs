//! The real work: what is asked of the functions, and how their answers are checked.

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::doubles::LETTER;
use crate::error::Error;
use crate::events::{clinician, messages, platform};
use crate::practice::{Documents, LONG, MEGABYTES, THIN};
use crate::running::Running;

/// The most turns that one piece of work may need.
const MOST_TURNS: usize = 60;

/// A piece of work.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub(crate) enum Scenario {
    /// A patient search in a warm process.
    Search,
    /// The first search of a process: TLS to DynamoDB and Halo, and the keys.
    FirstSearch,
    /// A patient's demographics.
    Demographics,
    /// A short clinical record.
    Record,
    /// A clinical record of 2,000 rows.
    LongRecord,
    /// The short record as FHIR.
    Fhir,
    /// The long record as FHIR.
    LongFhir,
    /// The first page of a patient's documents.
    Attachments,
    /// A referral, from its request until the letter is in Bp.
    Referral,
    /// A visit, from its request until it is in the appointment book.
    Booking,
    /// A document of 1 MB copied to S3.
    Stage1,
    /// A document of 20 MB copied to S3.
    Stage20,
    /// A document of 100 MB copied to S3.
    Stage100,
}

impl Scenario {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The functions that the work needs, the measured ones first.
    pub(crate) fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Search | Self::FirstSearch | Self::Demographics => &["patient-search"],
            Self::Record | Self::LongRecord | Self::Fhir | Self::LongFhir => &["clinical-import"],
            Self::Attachments => &["attachments"],
            Self::Referral => &["site-writer", "correspondence"],
            Self::Booking => &["site-writer", "appointments"],
            Self::Stage1 | Self::Stage20 | Self::Stage100 => {
                &["attachment-importer", "attachments"]
            }
        }
    }

    /// Whether peers do this work too.
    pub(crate) fn has_peers(self) -> bool {
        let is_search = matches!(self, Self::Search | Self::FirstSearch);
        is_search || matches!(self, Self::Record | Self::LongRecord) || self.megabytes().is_some()
    }

    /// Whether each round needs new processes.
    pub(crate) fn is_fresh(self) -> bool {
        self == Self::FirstSearch || self.megabytes().is_some()
    }

    pub(crate) fn megabytes(self) -> Option<u32> {
        match self {
            Self::Stage1 => Some(MEGABYTES[0]),
            Self::Stage20 => Some(MEGABYTES[1]),
            Self::Stage100 => Some(MEGABYTES[2]),
            _ => None,
        }
    }

    /// How many rounds are counted, if `warm` are wanted of the quick ones.
    pub(crate) fn rounds(self, warm: usize) -> usize {
        match self {
            Self::Stage100 => 3,
            Self::Stage1 | Self::Stage20 => 5,
            Self::FirstSearch => warm.div_ceil(10).max(5),
            Self::Referral | Self::Booking => warm.div_ceil(20).max(5),
            _ => warm,
        }
    }

    /// Does the work once. Returns the answer, if peers' answers are compared with it.
    pub(crate) async fn round(
        self,
        running: &mut Running,
        documents: &Documents,
        number: usize,
    ) -> Result<Value, Error> {
        let search = json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" });
        let (function, event) = match self {
            Self::Search | Self::FirstSearch => {
                ("patient-search", clinician("POST", "/patients/search", Some(&search)))
            }
            Self::Demographics => ("patient-search", get(&format!("/patients/{THIN}"))),
            Self::Record => ("clinical-import", get(&format!("/patients/{THIN}/clinical-summary"))),
            Self::LongRecord => {
                ("clinical-import", get(&format!("/patients/{LONG}/clinical-summary")))
            }
            Self::Fhir => ("clinical-import", get(&format!("/patients/{THIN}/summary"))),
            Self::LongFhir => ("clinical-import", get(&format!("/patients/{LONG}/summary"))),
            Self::Attachments => ("attachments", get(&format!("/patients/{THIN}/attachments"))),
            Self::Referral => return self.referral(running).await,
            Self::Booking => return self.booking(running, number).await,
            Self::Stage1 => return self.stage(running, documents[0]).await,
            Self::Stage20 => return self.stage(running, documents[1]).await,
            Self::Stage100 => return self.stage(running, documents[2]).await,
        };
        let answer = running.measured(function, &event).await?;
        self.body(running, answer, &[200])
    }

    async fn referral(self, running: &mut Running) -> Result<Value, Error> {
        let id = Uuid::new_v4().simple().to_string();
        let sha256 = Sha256::digest(LETTER);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let document = json!({ "documentId": id, "contentType": "application/pdf",
            "bytes": LETTER.len(), "sha256": sha256 });
        let event = clinician("POST", "/documents", Some(&document));
        let answer = running.beside("correspondence", &event).await?;
        self.body(running, answer, &[200, 201])?;
        let referral = json!({ "patientId": THIN, "documentId": id, "subject": "Cardiology",
            "recipientName": "Wattlebird Heart Clinic" });
        let event = clinician("PUT", &format!("/referrals/{id}"), Some(&referral));
        let answer = running.measured("correspondence", &event).await?;
        self.body(running, answer, &[202])?;
        self.turns(running, "site-writer", "site-work").await?;
        let event = get(&format!("/deliveries/referral-{id}"));
        let answer = running.beside("correspondence", &event).await?;
        self.settled(running, answer, "delivered")
    }

    async fn booking(self, running: &mut Running, number: usize) -> Result<Value, Error> {
        let id = Uuid::new_v4().simple().to_string();
        // A place of its own for each visit: the simulator refuses visits that overlap.
        let day = Timestamp::now() + SignedDuration::from_hours(24 * (60 + number as i64 / 4));
        let day = day.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d");
        let start = format!("{day}T{:02}:{:02}", 21 + number % 2, 30 * (number / 2 % 2));
        let body = json!({ "ahpraNumber": "MED9990000001", "start": start,
            "representative": { "name": "Made Up", "company": "Made-Up Devices" } });
        let event = platform("PUT", &format!("/bookings/{id}"), Some(&body));
        let answer = running.measured("appointments", &event).await?;
        self.body(running, answer, &[200, 201, 202])?;
        self.turns(running, "site-writer", "site-work").await?;
        let event = platform("GET", &format!("/bookings/{id}"), None);
        let answer = running.beside("appointments", &event).await?;
        self.settled(running, answer, "synced")
    }

    async fn stage(self, running: &mut Running, document: i64) -> Result<Value, Error> {
        let id = Uuid::new_v4().simple().to_string();
        let item = json!({ "folder": "correspondenceIn", "documentId": document });
        let body = json!({ "importId": id, "items": [item] });
        let path = format!("/patients/{THIN}/attachment-imports");
        let event = clinician("POST", &path, Some(&body));
        let answer = running.beside("attachments", &event).await?;
        self.body(running, answer, &[202])?;
        self.turns(running, "attachment-importer", "imports").await?;
        let answer =
            running.beside("attachments", &get(&format!("/attachment-imports/{id}"))).await?;
        let mut import = self.settled(running, answer, "complete")?;
        Ok(import["items"][0]["sha256"].take())
    }

    /// Hands a queue's messages to its function until none is left.
    async fn turns(self, running: &mut Running, function: &str, queue: &str) -> Result<(), Error> {
        for _ in 0..MOST_TURNS {
            let sent = running.doubles.cloud.take_sent();
            let bodies: Vec<String> = sent
                .into_iter()
                .filter(|message| message.queue.ends_with(queue))
                .map(|message| message.body)
                .collect();
            if bodies.is_empty() {
                return Ok(());
            }
            let answer = running.measured(function, &messages(bodies)).await?;
            let failures = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
            if failures > 0 {
                return Err(running.refused(function).await);
            }
        }
        Err(self.wrong(running, format!("{function} with messages for itself without an end")))
    }

    fn body(self, running: &Running, answer: Value, expected: &[u64]) -> Result<Value, Error> {
        let body = answer["body"].as_str().unwrap_or_default();
        match answer["statusCode"].as_u64() {
            Some(status) if expected.contains(&status) => {
                Ok(comparable(serde_json::from_str(body)?))
            }
            _ => Err(self.wrong(running, answer.to_string())),
        }
    }

    fn settled(self, running: &Running, answer: Value, state: &str) -> Result<Value, Error> {
        let body = self.body(running, answer, &[200])?;
        let found =
            if body["state"].is_object() { &body["state"]["state"] } else { &body["state"] };
        if found == state { Ok(body) } else { Err(self.wrong(running, body.to_string())) }
    }

    fn wrong(self, running: &Running, found: String) -> Error {
        Error::Answer { scenario: self.name(), program: running.label.clone(), found }
    }
}

fn get(path: &str) -> Value {
    clinician("GET", path, None)
}

/// An answer without what differs each time.
fn comparable(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.remove("readAt");
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_reading_is_not_compared_and_everything_else_is() {
        let found = comparable(json!({ "readAt": "now", "matches": [1] }));
        assert_eq!(found, json!({ "matches": [1] }));
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_is_counted_at_least_three_times() {
        let names: std::collections::BTreeSet<_> =
            Scenario::value_variants().iter().map(|scenario| scenario.name()).collect();
        assert_eq!(names.len(), Scenario::value_variants().len());
        assert!(Scenario::value_variants().iter().all(|scenario| scenario.rounds(1) >= 1));
        assert!(Scenario::Stage100.rounds(100) >= 3);
    }
}
