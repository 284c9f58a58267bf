//! Deliveries as a [`Kind`] of work: what to write, and what Bp's answers mean.

use super::summary::{self, Summaries};
use crate::{Kind, NoCommand, NotRead, Status, Verdict};
use aws::events::EventKind;
use best_practice::{
    BpError, StatementPack, Written, delivery_found, message_written, referral_written,
};
use connection::{Connections, Session};
use document_bucket::DocumentBucketError;
use domain::connection::Database;
use domain::delivery::{
    Content, Delivery, DeliveryState, DocumentType, KeptSummary, Letter, Message, MessagePatient,
    StoredDocument,
};
use domain::ids::PracticeId;
use domain::problem::ProblemType;
use domain::schedule::Job;
use halo::{Command, Row};
use jiff::Timestamp;
use store::work::{Listing, WorkKey, WorkKind};

/// Deliveries as a kind of work.
#[derive(Clone, Debug)]
pub struct Deliveries {
    pack: StatementPack,
    summaries: Summaries,
}

/// Why a document cannot be read.
enum Unreadable {
    Later,
    Never(ProblemType),
}

impl Deliveries {
    /// Uses the statements of this pack, and the documents of the bucket that summaries are kept in.
    #[must_use]
    pub fn new(pack: StatementPack, summaries: Summaries) -> Self {
        Self { pack, summaries }
    }

    /// The bytes of a document, if they are what was announced.
    async fn bytes(&self, document: &StoredDocument) -> Result<Vec<u8>, Unreadable> {
        let announced = &document.announced;
        let mismatch = || Unreadable::Never(ProblemType::DocumentMismatch);
        let bucket = &self.summaries.bucket;
        let read = bucket.read(&document.key, announced.sha256, announced.bytes).await;
        let bytes = read.map_err(unreadable)?;
        if bytes.len() as u64 != announced.bytes || announced.content_type.fits(&bytes).is_err() {
            return Err(mismatch());
        }
        Ok(bytes.into())
    }

    /// The PDF of a summary.
    async fn summary_pdf(&self, kept: &KeptSummary) -> Result<Vec<u8>, Unreadable> {
        let pdf = &kept.pdf;
        let read = self.summaries.bucket.read(&pdf.key, pdf.sha256, pdf.bytes).await;
        let bytes = read.map_err(unreadable)?;
        if DocumentType::Pdf.fits(&bytes).is_err() {
            return Err(Unreadable::Never(ProblemType::DocumentMismatch));
        }
        Ok(bytes.into())
    }

    /// The command, with all bytes that it carries. `None` if there is nothing to write.
    async fn write(&self, delivery: &Delivery) -> Result<Option<Command>, Unreadable> {
        Ok(Some(match &delivery.letter {
            Letter::Referral(referral) => {
                let bytes = self.bytes(&referral.document).await?;
                self.pack.write_referral(&delivery.token, referral, &bytes)
            }
            Letter::Summary(summary) => {
                let kept = summary.kept.as_ref().ok_or(Unreadable::Later)?;
                let pdf = self.summary_pdf(kept).await?;
                self.pack.write_summary(&delivery.token, summary, &pdf)
            }
            Letter::Message(Message {
                patient: MessagePatient::Erased | MessagePatient::NumberedErased(_),
                ..
            }) => return Ok(None),
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

fn unreadable(error: DocumentBucketError) -> Unreadable {
    match error {
        DocumentBucketError::NotFound => Unreadable::Never(ProblemType::DocumentNotFound),
        DocumentBucketError::Corrupt | DocumentBucketError::TooLarge { .. } => {
            Unreadable::Never(ProblemType::DocumentMismatch)
        }
        error => {
            tracing::warn!(%error, "a document cannot be read at the moment");
            Unreadable::Later
        }
    }
}

impl Kind for Deliveries {
    const KIND: WorkKind = WorkKind::Delivery;
    type Entity = Delivery;

    fn site<'e>(&self, delivery: &'e Delivery) -> &'e Database {
        &delivery.site
    }

    async fn command(&self, delivery: &mut Delivery, now: Timestamp) -> Result<Command, NoCommand> {
        match self.write(delivery).await {
            Ok(Some(command)) => Ok(command),
            Ok(None) => Err(NoCommand::Verdict(Verdict::Done)),
            Err(Unreadable::Later) => Err(NoCommand::Later),
            Err(Unreadable::Never(problem)) => {
                if let Letter::Summary(summary) = &mut delivery.letter
                    && problem == ProblemType::DocumentNotFound
                {
                    // The copy has expired. No attempt has written it, so the record may be read again.
                    summary.kept = None;
                    return Err(NoCommand::Later);
                }
                delivery.failed(problem, now);
                Err(NoCommand::Verdict(Verdict::Refused))
            }
        }
    }

    fn must_read(&self, delivery: &Delivery, now: Timestamp) -> bool {
        matches!(&delivery.letter, Letter::Summary(summary) if summary::must_read(summary, now))
    }

    async fn read_first<C: Connections>(
        &self,
        delivery: &mut Delivery,
        practice: &PracticeId,
        session: &mut Session<'_, C>,
        now: Timestamp,
    ) -> Result<(), NotRead> {
        self.summaries.read(delivery, practice, session, now).await
    }

    /// A summary begins when its referral is in Bp.
    fn followed_by(&self, delivery: &Delivery) -> Option<WorkKey> {
        delivery.summary_id().map(|id| WorkKey::delivery(id.as_str()))
    }

    fn fail_after(&self, letter: &Delivery, summary: &mut Delivery, now: Timestamp) {
        summary.letter_failed(letter.problem.unwrap_or(ProblemType::Internal), now);
    }

    fn start_again_after(&self, summary: &mut Delivery, now: Timestamp) -> bool {
        summary.letter_arrived(now)
    }

    fn lookup(&self, delivery: &Delivery) -> Command {
        self.pack.delivery_lookup(&delivery.token)
    }

    fn read(
        &self,
        delivery: &mut Delivery,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError> {
        let written = match delivery.letter {
            Letter::Referral(_) | Letter::Summary(_) => referral_written(rows)?,
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

    fn set_status(&self, delivery: &mut Delivery, status: &Status, now: Timestamp) {
        match *status {
            Status::Sending { attempt } => delivery.sending(attempt, now),
            Status::Waiting { reason, next } => delivery.waiting(reason.problem(), next, now),
            Status::Failed(reason) => delivery.failed(reason.problem(), now),
        }
    }

    fn later_check(&self, delivery: &Delivery, now: Timestamp) -> Option<(Job, Timestamp)> {
        let first_check = now + Job::Checked.interval();
        delivery.is_for_an_inbox().then_some((Job::Checked, first_check))
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
    use std::num::NonZeroU16;
    use std::sync::Arc;

    use aws_double::{Answer, Aws};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use best_practice::BpClient;
    use document_bucket::DocumentBucket;
    use domain::delivery::{
        AddressedTo, Addressee, ClientId, DeliveryId, Message, MessageKind, MessagePatient,
        MessageSubject, MessageText, WhyFallback,
    };
    use domain::ids::{BpUserId, PatientId, SiteId, Subject};
    use halo::{FixedKeys, HaloClient, Keys};
    use jiff::SignedDuration;
    use store::Store;

    use super::*;

    /// None of these tests asks Halo or AWS.
    fn deliveries() -> Deliveries {
        let aws = Aws::answering(|_| Answer::nothing()).config();
        let keys = Arc::new(FixedKeys(Keys { primary: String::new().into(), secondary: None }));
        let url = "http://halo.invalid".parse().unwrap();
        let halo = HaloClient::new(halo_simulator::local_client().unwrap(), url, keys);
        let pack = StatementPack::load(None).unwrap();
        let summaries = Summaries {
            bp: BpClient::new(halo, pack.clone()),
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws), "table"),
            bucket: DocumentBucket::new(aws_sdk_s3::Client::new(&aws), "bucket"),
            audit_retention: SignedDuration::ZERO,
            observations_per_code: NonZeroU16::MIN,
        };
        Deliveries::new(pack, summaries)
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
    fn a_lookup_that_finds_nothing_leaves_the_delivery_to_be_written() {
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
            // A deployment may have its own statement, older than fallbacks.
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
