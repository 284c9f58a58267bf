//! A practice, what its platform sends to it, and what arrives in Bp.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::{Answer, Bp, TestPractice, TestStack};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::kept::Tables;
use crate::steps::form;

/// One of our practices, and its Bp.
pub(super) struct Clinic {
    pub(super) site: String,
    pub(super) tables: Tables,
    practice: TestPractice,
    doctors: Vec<Doctor>,
    patients: Vec<i64>,
    /// What was sent, by delivery.
    pub(super) sent: BTreeMap<String, Sent>,
}

struct Doctor {
    user: i64,
    provider: String,
    first_name: String,
    last_name: String,
}

/// A document that was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sent {
    pub(super) subject: String,
    pub(super) patient: i64,
    pub(super) to: To,
    pub(super) sha256: String,
}

/// The recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum To {
    /// A person elsewhere: the letter is filed in Correspondence Out.
    Recipient(String),
    /// A Bp user: the message goes to the inbox.
    User(i64),
}

pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// Active doctors with a unique provider number.
fn doctors(users: &Value) -> Vec<Doctor> {
    let users = users.as_array().unwrap().iter();
    users
        .filter(|user| user["active"] == true && text(user, "group").contains("Doctor"))
        .filter(|user| user["providerNumber"].is_string())
        .map(|user| Doctor {
            user: user["userId"].as_i64().unwrap(),
            provider: text(user, "providerNumber"),
            first_name: text(user, "firstName"),
            last_name: text(user, "lastName"),
        })
        .collect()
}

impl Clinic {
    /// Creates a practice and connects it to a site.
    pub(super) async fn open(stack: &TestStack, bp: &Bp<'_>, site: &str) -> Self {
        let there = bp.practice(site).await;
        let patients = there["patients"].as_array().unwrap().iter();
        let clinic = Self {
            site: site.to_owned(),
            tables: Tables::open(&there),
            practice: stack.new_practice().await,
            doctors: doctors(&there["users"]),
            patients: patients
                .filter(|one| !text(one, "why").starts_with("deleted"))
                .map(|one| one["patientId"].as_i64().unwrap())
                .collect(),
            sent: BTreeMap::new(),
        };
        clinic.pair(bp).await;
        clinic
    }

    /// A person generates a code in Bp, and a doctor enters it.
    async fn pair(&self, bp: &Bp<'_>) {
        let Doctor { first_name, last_name, .. } = &self.doctors[0];
        let code = bp.pairing_code(&self.site).await;
        let form = form(&self.site, &code, first_name, last_name);
        self.practice.clinician.put("/connection", &form).await.assert_status(200);
    }

    /// Pairs again if Halo has forgotten the pairing. Returns whether it had.
    pub(super) async fn mend_pairing(&self, bp: &Bp<'_>) -> bool {
        let connection = self.practice.clinician.get("/connection?live=true").await;
        let lost = connection.assert_status(200).text_at("/state") == "revoked";
        if lost {
            self.pair(bp).await;
        }
        lost
    }

    /// Sends a document, as a platform does.
    pub(super) async fn send(&mut self, http: &reqwest::Client, id: &str, dice: &mut StdRng) {
        let patient = *self.patients.choose(dice).unwrap();
        let subject = format!("Soak {id}");
        let letter = dice.random_bool(0.5);
        let (mut body, sha256) = if !letter && dice.random_bool(0.3) {
            let words =
                format!("Reply {id}: thank you, we have your referral and will write again.");
            (json!({ "text": words }), hash(words.as_bytes()))
        } else {
            let mut bytes = format!("%PDF-1.4\nsoak {id}\n").into_bytes();
            bytes.extend((0..dice.random_range(200..60_000)).map(|_| dice.random::<u8>()));
            (json!({ "documentId": id }), self.upload(http, id, bytes).await)
        };
        body["subject"] = json!(subject);
        let (path, to) = if letter {
            let recipient = format!("Wattlebird Heart Clinic, room {}", dice.random_range(1..99));
            body["patientId"] = json!(patient);
            body["recipientName"] = json!(recipient);
            // Some of the patients worth trying are deceased or inactive.
            body["acknowledge"] = json!(["deceased", "inactive"]);
            (format!("/referrals/{id}"), To::Recipient(recipient))
        } else {
            let doctor = self.doctors.choose(dice).unwrap();
            body["patient"] = json!({ "patientId": patient });
            body["addressee"] = match dice.random_bool(0.5) {
                true => json!({ "userId": doctor.user }),
                false => json!({ "providerNumber": doctor.provider }),
            };
            let kinds = ["acknowledgement", "advice", "report", "other"];
            body["kind"] = json!(kinds.choose(dice).unwrap());
            (format!("/correspondence/{id}"), To::User(doctor.user))
        };
        let accepted = self.practice.platform.put(&path, &body).await;
        accepted.assert_status(202);
        let delivery = accepted.text_at("/deliveryId").to_owned();
        // A platform that lost the answer repeats its request.
        if dice.random_bool(0.2) {
            let again = self.practice.platform.put(&path, &body).await;
            assert_eq!(again.assert_status(202).text_at("/deliveryId"), delivery);
        }
        let sent = Sent { subject, patient, to, sha256 };
        assert_eq!(self.sent.insert(delivery, sent), None, "two documents are one delivery");
    }

    async fn upload(&self, http: &reqwest::Client, id: &str, bytes: Vec<u8>) -> String {
        let sha256 = hash(&bytes);
        let document = json!({
            "documentId": id, "contentType": "application/pdf", "bytes": bytes.len(), "sha256": sha256,
        });
        let upload = self.practice.platform.post("/documents", &document).await;
        upload.assert_status(201);
        let mut put = http.put(upload.text_at("/uploadUrl")).body(bytes);
        for (name, value) in upload.at("/uploadHeaders").as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        assert!(put.send().await.unwrap().status().is_success(), "the upload was refused");
        sha256
    }

    /// An operator retries a delivery, whatever its state.
    pub(super) async fn retry(&self, delivery: &str) {
        let path = format!("/deliveries/{delivery}/retry");
        let answer = self.practice.platform.post(&path, &json!({})).await;
        if answer.status.as_u16() != 202 {
            answer.assert_problem(409, "already-delivered");
        }
    }

    /// An operator retries a random delivery.
    pub(super) async fn retry_any(&self, dice: &mut StdRng) -> &'static str {
        let known: Vec<&String> = self.sent.keys().collect();
        match known.choose(dice) {
            Some(delivery) => {
                self.retry(delivery).await;
                "retried by hand"
            }
            None => "nothing to retry",
        }
    }

    /// A doctor reads the newest message that has arrived.
    pub(super) async fn check(&self, bp: &Bp<'_>) -> &'static str {
        let Some(report) = self.tables.newest_message() else { return "nothing to check" };
        let path = format!("/practices/{}/inbox/{report}/check", self.site);
        let check = json!({ "userId": self.doctors[0].user, "notation": 1, "action": 1 });
        bp.control(reqwest::Method::POST, &path, Some(check)).await;
        "message checked"
    }

    /// Sends a wake that has no reason.
    pub(super) async fn wake(&self, stack: &TestStack) -> &'static str {
        let body = json!({ "practiceId": self.practice.practice_id }).to_string();
        let queue = &stack.file().aws.queues["siteWork"];
        let wake = json!({ "QueueUrl": queue, "MessageBody": body });
        for _ in 0..3 {
            stack.aws().call("sqs", "AmazonSQS.SendMessage", &wake).await.unwrap();
        }
        "wakes tripled"
    }

    /// All deliveries in a state.
    pub(super) async fn listed(&self, state: &str) -> Vec<Answer> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                self.practice.platform.get(&format!("/deliveries?state={state}{cursor}")).await;
            let items = page.assert_status(200).at("/items").as_array().unwrap();
            found.extend(items.iter().map(|one| Answer { json: one.clone(), ..page.clone() }));
            match page.at("/nextCursor").as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// All deliveries that are not in a final state.
    pub(super) async fn on_their_way(&self) -> Vec<Answer> {
        let mut found = self.listed("accepted").await;
        found.extend(self.listed("sending").await);
        found.extend(self.listed("waiting").await);
        found
    }

    /// Compares the API's list and Bp's tables with what was sent.
    pub(super) async fn verify(&self) {
        let mut delivered = self.listed("delivered").await;
        delivered.extend(self.listed("checked").await);
        let listed: BTreeSet<&str> =
            delivered.iter().map(|one| one.text_at("/deliveryId")).collect();
        assert_eq!(listed.len(), delivered.len(), "{}: a delivery is listed twice", self.site);
        let sent: BTreeSet<&str> = self.sent.keys().map(String::as_str).collect();
        assert_eq!(listed, sent, "{}: what the API says was delivered", self.site);
        self.tables.verify(&self.site, &self.sent);
        for one in &delivered {
            let (record, Sent { subject, .. }) =
                (one.at("/bpRecordId").as_i64().unwrap(), &self.sent[one.text_at("/deliveryId")]);
            assert!(self.tables.is_about(record, subject), "{}: {}", self.site, one.json);
        }
    }
}
