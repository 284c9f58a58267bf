//! The patient's summary that goes with a referral: reads the record, and keeps it as FHIR and as a PDF.
//!
//! The record is read when the summary is about to be written, because the practice may be offline for days
//! after it was accepted. Both documents are in the bucket before the attempt is marked. If the writer dies
//! before the mark, nothing was written, and the next turn reads the record again.
//!
//! While an attempt is in doubt, its documents stay as they are. Once it is certain that nothing was written, the
//! next attempt writes the same documents if they are fresh, and reads the record again if they are not.

use std::num::NonZeroU16;

use best_practice::{BpClient, BpError};
use connection::{Connections, Session, SessionError};
use document_bucket::DocumentBucket;
use domain::audit::{AuditRecord, AuditedAction};
use domain::clinical::{Identity, SectionName};
use domain::connection::Connection;
use domain::delivery::{
    Chosen, ChosenPatient, Delivery, KeptFile, KeptSummary, Letter, ReferralSummary,
};
use domain::ids::PracticeId;
use domain::problem::ProblemType;
use domain::time_zone::PracticeTimeZone;
use halo::Error;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use patient_summary::Origin;
use store::{AuditItem, PracticeRecord, Store};
use uuid::Uuid;

use crate::kind::{NoCommand, NotRead, Verdict};
use crate::outcome::Trouble;

/// What reading and keeping summaries needs.
#[derive(Clone, Debug)]
pub struct Summaries {
    pub bp: BpClient,
    /// For the practice's time zone and the audit trail.
    pub store: Store,
    pub bucket: DocumentBucket,
    /// How long audit lines are kept.
    pub audit_retention: SignedDuration,
    /// How many observations of a kind a summary shows.
    pub observations_per_code: NonZeroU16,
}

/// The longest FHIR document, in bytes. Lambda's answer of 6 MiB holds it as text, in which each quotation mark
/// takes two bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// For how long a record that was read may still be written. Within a day at the practice, retries cost no
/// further query. A practice that was off overnight or longer may have changed the record since.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Why a summary was not read.
enum Unread {
    /// The practice's Bp cannot be asked now.
    Site(SessionError),
    /// Something failed that will pass.
    Later(&'static str),
    /// Bp refused to read the record. It may refuse each time.
    Failed(ProblemType),
    /// There will be no summary.
    Never(ProblemType),
}

impl Summaries {
    /// Reads the record of a summary's patient and keeps it. One query.
    pub(super) async fn read<C: Connections>(
        &self,
        delivery: &mut Delivery,
        practice: &PracticeId,
        session: &mut Session<'_, C>,
        now: Timestamp,
    ) -> Result<(), NotRead> {
        let asked = delivery.clone();
        let Letter::Summary(summary) = &mut delivery.letter else { return Ok(()) };
        let problem = match self.document(&asked, summary, practice, session, now).await {
            Ok(kept) => {
                summary.kept = Some(kept);
                summary.failed_reads = 0;
                return Ok(());
            }
            Err(Unread::Site(error)) => return Err(NotRead::Site(error)),
            Err(Unread::Later(what)) => {
                tracing::warn!(practice = practice.as_str(), what, "a summary was not read");
                return Err(NotRead::NoCommand(NoCommand::Later));
            }
            Err(Unread::Failed(problem)) => {
                summary.failed_reads += 1;
                if summary.failed_reads < ReferralSummary::MOST_FAILED_READS {
                    return Err(NotRead::NoCommand(NoCommand::Later));
                }
                problem
            }
            Err(Unread::Never(problem)) => problem,
        };
        // Somebody may try it again.
        summary.failed_reads = 0;
        delivery.failed(problem, now);
        Err(NotRead::NoCommand(NoCommand::Verdict(Verdict::Refused)))
    }

    async fn document<C: Connections>(
        &self,
        delivery: &Delivery,
        summary: &ReferralSummary,
        practice: &PracticeId,
        session: &mut Session<'_, C>,
        now: Timestamp,
    ) -> Result<KeptSummary, Unread> {
        let stored = self.store.practice(practice).await;
        let stored = stored.map_err(|_| Unread::Later("the table did not answer"))?;
        check_asker(&stored, delivery, session.connection())?;
        // Times of day need the practice's time zone.
        let time_zone = stored.settings.time_zone.as_ref();
        // Nothing is read without a line. Each question gets one, even if it brings no answer.
        self.audit(delivery, summary, practice, now).await?;
        let (deadline, patient) = (session.deadline(), summary.patient);
        let question = |guid| {
            let observations = self.observations_per_code;
            self.bp.identified_record(guid, patient, &SectionName::ALL, observations, deadline)
        };
        let record = session.ask(question).await.map_err(unread)?;
        let record = record.ok_or(Unread::Never(ProblemType::PatientNotFound))?;
        if !is_chosen(&record.identity, &summary.chosen) {
            return Err(Unread::Never(ProblemType::PatientChanged));
        }
        let connection = session.connection();
        let origin = Origin {
            document: Uuid::new_v4(),
            site_id: &connection.site_id,
            practice_name: connection.site.practice_name.as_deref(),
            time_zone,
            read_at: now,
        };
        let fhir = patient_summary::to_json(&patient_summary::document(&record, &origin))
            .map_err(|_| Unread::Never(ProblemType::Internal))?;
        if fhir.len() > LARGEST {
            return Err(Unread::Never(ProblemType::DocumentTooLarge));
        }
        let pdf = renditions::fhir_document_pdf(&fhir, time_zone)
            .ok_or(Unread::Never(ProblemType::Internal))?;
        Ok(KeptSummary {
            read_at: now,
            read_on: time_zone.and_then(|zone| day_in(zone, now)),
            fhir: self.store_file(fhir).await?,
            pdf: self.store_file(pdf).await?,
        })
    }

    /// Records who had the record read, for which referral.
    async fn audit(
        &self,
        delivery: &Delivery,
        summary: &ReferralSummary,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<(), Unread> {
        let record = AuditRecord {
            at: now,
            subject: delivery.asked_by.clone(),
            action: AuditedAction::ReferralSummaryRead,
            patients: vec![summary.patient],
            resource: Some(delivery.delivery_id.as_str().to_owned()),
            user_id: None,
            former_user_id: None,
            request_id: String::new(),
        };
        let line = AuditItem { record, retention: self.audit_retention };
        let written = self.store.audit(practice, &line).await;
        written.map_err(|_| Unread::Later("the audit line was not written"))
    }

    async fn store_file(&self, bytes: Vec<u8>) -> Result<KeptFile, Unread> {
        // A random name, because it appears in the bucket's logs.
        let key = format!("summaries/{}", Uuid::new_v4().simple());
        let stored = self.bucket.put(&key, bytes.into()).await;
        let stored = stored.map_err(|_| Unread::Later("the bucket did not answer"))?;
        Ok(KeptFile { key, bytes: stored.bytes, sha256: stored.sha256 })
    }
}

/// Whether the record must be read before an attempt. Only if nothing can have been written yet.
pub(super) fn must_read(summary: &ReferralSummary, now: Timestamp) -> bool {
    summary.kept.as_ref().is_none_or(|kept| now.duration_since(kept.read_at) > FRESH_FOR)
}

/// Checks that the clinician who asked may still read at this practice. Days may have passed since.
fn check_asker(
    stored: &PracticeRecord,
    delivery: &Delivery,
    held: &Connection,
) -> Result<(), Unread> {
    let same = |known: &Connection| {
        known.is_open()
            && (known.paired_at, known.generation, known.database())
                == (held.paired_at, held.generation, held.database())
    };
    if !stored.connection.as_ref().is_some_and(same) {
        return Err(Unread::Later("the connection has changed during the turn"));
    }
    let linked = stored.linked(&delivery.asked_by);
    linked.map(|_| ()).ok_or(Unread::Never(ProblemType::ClinicianLinkNeeded))
}

fn day_in(zone: &PracticeTimeZone, at: Timestamp) -> Option<Date> {
    at.in_tz(zone.as_str()).ok().map(|local| local.date())
}

fn unread(error: SessionError) -> Unread {
    let SessionError::Asked(error) = error else { return Unread::Site(error) };
    match &error {
        BpError::LoginRefused => Unread::Site(SessionError::Asked(error)),
        BpError::Halo(Error::ResultTooLarge) => Unread::Never(ProblemType::DocumentTooLarge),
        BpError::Halo(of_halo) if Trouble::known(of_halo).is_some() => {
            Unread::Site(SessionError::Asked(error))
        }
        // The client has already asked several times.
        BpError::NotPermitted { .. }
        | BpError::NotInThisRelease { .. }
        | BpError::Malformed { .. } => Unread::Never(error.problem()),
        BpError::Refused { .. } => Unread::Failed(error.problem()),
        // A read changes nothing, so it does not matter whether it ran.
        BpError::Locked { .. } => Unread::Later("the record was locked"),
        BpError::Halo(_) => Unread::Later("Halo brought no answer"),
    }
}

/// Whether the record is the chosen patient's. The statement that writes compares again.
fn is_chosen(identity: &Identity, chosen: &Chosen) -> bool {
    let Some(ChosenPatient { surname, date_of_birth }) = chosen.patient() else { return true };
    let found =
        identity.last_name.as_deref().and_then(|name| ChosenPatient::parse_last_name(name).ok());
    // A name that cannot be compared here is compared by the statement.
    let same_name = found.is_none_or(|found| found == *surname);
    same_name && identity.date_of_birth.is_none_or(|born| born == *date_of_birth)
}
