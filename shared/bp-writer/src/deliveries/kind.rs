//! What the writer of a practice's Bp has to know of deliveries.

use crate::{Kind, Step, Unready, Verdict};
use aws::events::EventKind;
use best_practice::{
    BpError, StatementPack, Written, delivery_found, message_written, referral_written,
};
use document_bucket::{DocumentBucket, DocumentBucketError};
use domain::connection::Database;
use domain::delivery::{
    Content, Delivery, DeliveryState, Letter, Message, MessagePatient, StoredDocument,
};
use domain::problem::ProblemType;
use domain::schedule::Job;
use halo::{Command, Row};
use jiff::Timestamp;
use store::work::{Listing, WorkKind};

/// Deliveries as a kind of work.
#[derive(Clone, Debug)]
pub struct Deliveries {
    pack: StatementPack,
    bucket: DocumentBucket,
}

/// Why a document's bytes cannot be had.
enum Unreadable {
    /// Not now.
    Later,
    /// Never.
    Never(ProblemType),
}

impl Deliveries {
    /// In the statements of this pack, with documents from this bucket.
    #[must_use]
    pub fn new(pack: StatementPack, bucket: DocumentBucket) -> Self {
        Self { pack, bucket }
    }

    /// A document's bytes, which are what was announced or are not given at all.
    async fn bytes(&self, document: &StoredDocument) -> Result<Vec<u8>, Unreadable> {
        let announced = &document.announced;
        let mismatch = || Unreadable::Never(ProblemType::DocumentMismatch);
        let read = self.bucket.read(&document.key, announced.sha256, announced.bytes).await;
        let bytes = read.map_err(|error| match error {
            DocumentBucketError::NotFound => Unreadable::Never(ProblemType::DocumentNotFound),
            DocumentBucketError::Corrupt | DocumentBucketError::TooLarge { .. } => mismatch(),
            error => {
                tracing::warn!(%error, "a document cannot be read at the moment");
                Unreadable::Later
            }
        })?;
        if bytes.len() as u64 != announced.bytes || announced.content_type.fits(&bytes).is_err() {
            return Err(mismatch());
        }
        Ok(bytes.into())
    }

    /// The write, once everything that it carries is there.
    async fn write(&self, delivery: &Delivery) -> Result<Option<Command>, Unreadable> {
        Ok(Some(match &delivery.letter {
            Letter::Referral(referral) => {
                let bytes = self.bytes(&referral.document).await?;
                self.pack.write_referral(&delivery.token, referral, &bytes)
            }
            Letter::Message(Message { patient: MessagePatient::Told, .. }) => return Ok(None),
            Letter::Message(message) => {
                let bytes = match &message.content {
                    Content::Document(document) => self.bytes(document).await?,
                    Content::Text(text) => text.encoded(),
                    Content::DeliveredText => return Ok(None),
                };
                self.pack.write_message(&delivery.token, message, &bytes)
            }
        }))
    }
}

impl Kind for Deliveries {
    const KIND: WorkKind = WorkKind::Delivery;
    type Entity = Delivery;

    fn site<'e>(&self, delivery: &'e Delivery) -> &'e Database {
        &delivery.site
    }

    async fn command(&self, delivery: &mut Delivery, now: Timestamp) -> Result<Command, Unready> {
        match self.write(delivery).await {
            Ok(Some(command)) => Ok(command),
            Ok(None) => Err(Unready::Nothing),
            Err(Unreadable::Later) => Err(Unready::Later),
            Err(Unreadable::Never(problem)) => {
                delivery.failed(problem, now);
                Err(Unready::Refused)
            }
        }
    }

    fn lookup(&self, delivery: &Delivery) -> Command {
        self.pack.look_for_delivery(&delivery.token)
    }

    fn read(
        &self,
        delivery: &mut Delivery,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError> {
        let written = match delivery.letter {
            Letter::Referral(_) => referral_written(rows)?,
            Letter::Message(_) => message_written(rows)?,
        };
        let problem = match written {
            Written::There(found) => {
                delivery.addressed(found.addressed);
                delivery.delivered(found.record, found.allocated, now);
                return Ok(Verdict::Done);
            }
            Written::NoPatient => ProblemType::PatientNotFound,
            Written::PatientChanged => ProblemType::PatientChanged,
            Written::PatientDeceased => ProblemType::PatientDeceased,
            Written::PatientInactive => ProblemType::PatientInactive,
            Written::NoAddressee => ProblemType::AddresseeNotFound,
            Written::ManyAddressees => ProblemType::AddresseeAmbiguous,
        };
        delivery.failed(problem, now);
        Ok(Verdict::Refused)
    }

    fn read_lookup(
        &self,
        delivery: &mut Delivery,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError> {
        Ok(delivery_found(rows)?.map(|found| {
            delivery.addressed(found.addressed);
            delivery.delivered(found.record, found.allocated, now);
            Verdict::Done
        }))
    }

    fn note(&self, delivery: &mut Delivery, step: &Step, now: Timestamp) {
        match *step {
            Step::Sending { attempt } => delivery.sending(attempt, now),
            Step::Waiting { reason, next } => delivery.waiting(reason.problem(), next, now),
            Step::Failed(failure) => delivery.failed(failure.problem(), now),
        }
    }

    fn looked_after(&self, delivery: &Delivery, now: Timestamp) -> Option<(Job, Timestamp)> {
        let first_look = now + Job::Checked.interval();
        delivery.is_for_an_inbox().then_some((Job::Checked, first_look))
    }

    fn listing(&self, delivery: &Delivery) -> Listing {
        store::deliveries::listing(delivery)
    }

    fn event(&self, before: &Delivery, after: &Delivery) -> Option<EventKind> {
        if before.state == after.state {
            return None;
        }
        match after.state {
            DeliveryState::Delivered => Some(EventKind::DeliveryDelivered),
            DeliveryState::Checked => Some(EventKind::DeliveryChecked),
            DeliveryState::Removed => Some(EventKind::DeliveryRemoved),
            DeliveryState::Failed => Some(EventKind::DeliveryFailed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use domain::delivery::{
        AddressedTo, Addressee, ClientId, DeliveryId, Message, MessageKind, MessagePatient,
        MessageSubject, MessageText, WhyFallback,
    };
    use domain::ids::{BpUserId, PatientId, PracticeId, SiteId, Subject};

    use super::*;

    fn deliveries() -> Deliveries {
        let config = aws_sdk_s3::config::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
            .build();
        let bucket = DocumentBucket::new(aws_sdk_s3::Client::from_conf(config), "made-up");
        Deliveries::new(StatementPack::load(None).unwrap(), bucket)
    }

    fn message() -> Delivery {
        let practice = PracticeId::parse("ours").unwrap();
        let id = DeliveryId::of_message(&ClientId::parse("m-1").unwrap());
        let letter = Letter::Message(Message {
            patient: MessagePatient::Known(PatientId(1)),
            addressee: Addressee::Ahpra("MED0000000001".to_owned()),
            fallback: None,
            sender_name: None,
            kind: MessageKind::Advice,
            subject: MessageSubject::parse("Left knee").unwrap(),
            content: Content::Text(MessageText::parse("Rest it.").unwrap()),
        });
        Delivery::accept(
            &practice,
            SiteId::parse("71001").unwrap().into(),
            id,
            letter,
            Subject("platform".to_owned()),
            Timestamp::UNIX_EPOCH,
        )
    }

    fn rows(json: &str) -> Vec<Row> {
        halo::rows::decode(&STANDARD.encode(json)).unwrap().into_iter().flatten().collect()
    }

    #[test]
    fn an_answer_that_is_not_what_the_statement_promises_decides_nothing() {
        let (kind, now) = (deliveries(), Timestamp::UNIX_EPOCH);
        for wrong in [
            "[]",
            r#"[{"Outcome": "written", "RecordId": null, "Allocated": 1}]"#,
            r#"[{"Outcome": "written", "RecordId": 0, "Allocated": 1}]"#,
            r#"[{"Outcome": "maybe", "RecordId": 7, "Allocated": 1}]"#,
            r#"[{"RecordId": 7}]"#,
            r#"[{"Outcome": "written", "RecordId": 7, "Allocated": 1, "UserId": 3, "Fallback": "because"}]"#,
            r#"[{"Outcome": "written", "RecordId": 7, "Allocated": 1, "UserId": 3}]"#,
        ] {
            let mut delivery = message();
            assert!(kind.read(&mut delivery, &rows(wrong), now).is_err(), "{wrong}");
            assert_eq!(delivery, message(), "{wrong}");
        }
    }

    #[test]
    fn what_bp_says_of_a_message_is_what_the_delivery_says() {
        let (kind, now) = (deliveries(), Timestamp::UNIX_EPOCH);
        let answer = |outcome: &str| {
            rows(&format!(r#"[{{"Outcome": "{outcome}", "RecordId": 7, "Allocated": 0}}]"#))
        };
        for (outcome, verdict, problem) in [
            ("written", Verdict::Done, None),
            ("found", Verdict::Done, None),
            ("noPatient", Verdict::Refused, Some(ProblemType::PatientNotFound)),
            ("patientChanged", Verdict::Refused, Some(ProblemType::PatientChanged)),
            ("patientDeceased", Verdict::Refused, Some(ProblemType::PatientDeceased)),
            ("patientInactive", Verdict::Refused, Some(ProblemType::PatientInactive)),
            ("noAddressee", Verdict::Refused, Some(ProblemType::AddresseeNotFound)),
            ("manyAddressees", Verdict::Refused, Some(ProblemType::AddresseeAmbiguous)),
        ] {
            let mut delivery = message();
            assert_eq!(kind.read(&mut delivery, &answer(outcome), now), Ok(verdict));
            assert_eq!(delivery.problem, problem);
            let event = kind.event(&message(), &delivery);
            if problem.is_none() {
                assert_eq!((delivery.bp_record_id, delivery.allocated), (Some(7), Some(false)));
                assert_eq!(event, Some(EventKind::DeliveryDelivered));
            } else {
                assert_eq!(event, Some(EventKind::DeliveryFailed));
            }
        }
    }

    #[test]
    fn a_look_that_finds_nothing_leaves_the_delivery_to_be_written() {
        let (kind, now) = (deliveries(), Timestamp::UNIX_EPOCH);
        let mut delivery = message();
        assert_eq!(kind.read_lookup(&mut delivery, &[], now), Ok(None));
        let moved = rows(
            r#"[{"Place": 2, "RecordId": 5, "Allocated": 0}, {"Place": 3, "RecordId": 9, "Allocated": 1}]"#,
        );
        assert_eq!(kind.read_lookup(&mut delivery, &moved, now), Ok(Some(Verdict::Done)));
        assert_eq!((delivery.bp_record_id, delivery.allocated), (Some(9), Some(true)));
    }

    #[test]
    fn a_delivery_says_in_whose_inbox_it_was_put_as_far_as_the_statement_tells() {
        let (kind, now) = (deliveries(), Timestamp::UNIX_EPOCH);
        let to = |user, fallback| Some(AddressedTo { user_id: BpUserId(user), fallback });
        for (more, told, reason) in [
            // A deployment's own statement, from before there were fallbacks.
            ("", None, None),
            (r#", "UserId": 0, "Fallback": """#, None, None),
            (r#", "UserId": 3, "Fallback": """#, to(3, None), None),
            (
                r#", "UserId": 3, "Fallback": "away""#,
                to(3, Some(WhyFallback::Away)),
                Some(ProblemType::AddresseeAway),
            ),
        ] {
            let row = format!(r#"{{"Outcome": "written", "RecordId": 7, "Allocated": 1{more}}}"#);
            let mut written = message();
            let done = kind.read(&mut written, &rows(&format!("[{row}]")), now);
            assert_eq!(done, Ok(Verdict::Done), "{more}");
            let mut seen = message();
            let done = kind.read_lookup(&mut seen, &rows(&format!("[{row}]")), now);
            assert_eq!(done, Ok(Some(Verdict::Done)), "{more}");
            for delivery in [written, seen] {
                assert_eq!(delivery.addressed_to, told, "{more}");
                assert_eq!(delivery.history.last().unwrap().reason, reason, "{more}");
                assert_eq!(delivery.problem, None);
            }
        }
    }

    #[test]
    fn delivered_messages_are_listed_apart_from_delivered_referrals() {
        let mut delivery = message();
        assert_eq!(store::deliveries::listing(&delivery), Listing::state("accepted"));
        delivery.delivered(7, true, Timestamp::UNIX_EPOCH);
        assert_eq!(
            store::deliveries::listing(&delivery),
            Listing::by("delivered", "unchecked#1970-01-01T00:00:00.000Z")
        );
    }
}
