//! A delivery: one document or text on its way into a practice's Bp, from acceptance until a doctor has
//! checked it.

mod addressed;
mod check;
mod chosen;
mod client_id;
mod document;
mod id;
mod letter;
mod patient;
mod request;
mod state;
mod summary;
mod token;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use addressed::{AddressedTo, WhyFallback};
pub use check::Check;
pub use chosen::{Acknowledged, Chosen, ChosenPatient, PatientCheck};
pub use client_id::ClientId;
pub use document::{AnnouncedDocument, DocumentType, StoredDocument};
pub use id::DeliveryId;
pub use letter::Letter;
pub use patient::{DescribedPatient, MedicareCard, MessagePatient, NumberedPatient, PatientName};
pub use request::{
    Addressee, Content, Message, MessageKind, MessageSubject, MessageText, RecipientName, Referral,
    ReferralSubject, SenderName,
};
pub use state::{DeliveryKind, DeliveryState, DeliveryStep};
pub use summary::{KeptFile, KeptSummary, ReferralSummary};
pub use token::CorrelationToken;

use crate::connection::Database;
use crate::ids::{BpUserId, PatientId, PracticeId, Subject};
use crate::problem::ProblemType;

/// A delivery, as it is stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub delivery_id: DeliveryId,
    /// The Bp database. The numbers of patients and users in the letter belong to it.
    pub site: Database,
    /// The referral, message or summary.
    pub letter: Letter,
    /// Who sent it: a token's subject. For a summary: the clinician on whose behalf the record is read.
    pub asked_by: Subject,
    /// When we accepted it.
    pub accepted_at: Timestamp,
    /// The text in Bp by which a lookup finds it.
    pub token: CorrelationToken,
    /// The state that callers see.
    pub state: DeliveryState,
    /// How often it was sent to Bp.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// Its number in Bp: in Correspondence Out, in the inbox, or in Correspondence In once it is checked.
    pub bp_record_id: Option<i64>,
    /// Whether Bp has allocated it to a patient. An item of the inbox may still wait for that.
    pub allocated: Option<bool>,
    /// The inbox that received it.
    #[serde(default)]
    pub addressed_to: Option<AddressedTo>,
    /// The user in whose inbox it was last found. People at a practice move messages.
    #[serde(default)]
    pub inbox_of: Option<BpUserId>,
    /// The patient under whom people at the practice filed it, if it is another than it was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_under: Option<PatientId>,
    /// Whether the last query did not find it.
    #[serde(default)]
    pub missed: bool,
    /// Whether we have reported that nobody has checked it for a long time.
    #[serde(default)]
    pub reported_unchecked: bool,
    /// What the doctor recorded.
    #[serde(default)]
    pub check: Option<Check>,
    /// Why it waits or has failed.
    pub problem: Option<ProblemType>,
    /// What happened, oldest first.
    pub history: Vec<DeliveryStep>,
}

impl Delivery {
    /// The most steps that are kept: the first one and the latest.
    pub const MOST_STEPS: usize = 60;

    /// A new delivery.
    #[must_use]
    pub fn accept(
        practice: &PracticeId,
        site: Database,
        delivery_id: DeliveryId,
        letter: Letter,
        asked_by: Subject,
        now: Timestamp,
    ) -> Self {
        Self {
            token: delivery_id.token(practice),
            delivery_id,
            site,
            letter,
            asked_by,
            accepted_at: now,
            state: DeliveryState::Accepted,
            attempts: 0,
            next_attempt_at: None,
            bp_record_id: None,
            allocated: None,
            addressed_to: None,
            inbox_of: None,
            filed_under: None,
            missed: false,
            reported_unchecked: false,
            check: None,
            problem: None,
            history: vec![DeliveryStep { at: now, state: DeliveryState::Accepted, reason: None }],
        }
    }

    /// What it delivers.
    #[must_use]
    pub fn kind(&self) -> DeliveryKind {
        match &self.letter {
            Letter::Referral(_) => DeliveryKind::Referral,
            Letter::Summary(_) => DeliveryKind::PatientSummary,
            Letter::Message(message) => match message.kind {
                MessageKind::Acknowledgement => DeliveryKind::Acknowledgement,
                MessageKind::Advice => DeliveryKind::Advice,
                MessageKind::Report => DeliveryKind::Report,
                MessageKind::Other => DeliveryKind::Other,
            },
        }
    }

    /// The patient's number in Bp, if the delivery names one.
    #[must_use]
    pub fn patient(&self) -> Option<PatientId> {
        match &self.letter {
            Letter::Referral(referral) => Some(referral.patient),
            Letter::Summary(summary) => Some(summary.patient),
            Letter::Message(message) => message.patient.number(),
        }
    }

    /// How the write checks that the patient's number still belongs to the patient; `None` for a message without
    /// a number.
    #[must_use]
    pub fn patient_check(&self) -> Option<PatientCheck> {
        match &self.letter {
            Letter::Referral(referral) => Some(referral.chosen.check()),
            Letter::Summary(summary) => Some(summary.chosen.check()),
            Letter::Message(message) => message.patient.check(),
        }
    }

    /// When it was delivered to Bp.
    #[must_use]
    pub fn delivered_at(&self) -> Option<Timestamp> {
        let delivered = |step: &&DeliveryStep| step.state == DeliveryState::Delivered;
        self.history.iter().rev().find(delivered).map(|step| step.at)
    }

    /// Whether it goes to an inbox, where a doctor will check it.
    #[must_use]
    pub fn is_for_an_inbox(&self) -> bool {
        matches!(self.letter, Letter::Message(_))
    }

    /// The document it carries, if any.
    #[must_use]
    pub fn document(&self) -> Option<&StoredDocument> {
        match &self.letter {
            Letter::Referral(referral) => Some(&referral.document),
            Letter::Message(Message { content: Content::Document(document), .. }) => Some(document),
            Letter::Message(_) | Letter::Summary(_) => None,
        }
    }

    /// The delivery of the summary that goes with this referral, if one does.
    #[must_use]
    pub fn summary_id(&self) -> Option<DeliveryId> {
        match &self.letter {
            Letter::Referral(Referral { summary: true, .. }) => {
                self.delivery_id.client_id().map(|id| DeliveryId::of_summary(&id))
            }
            _ => None,
        }
    }

    /// The delivery of the summary that goes with this referral, to be accepted together with it.
    #[must_use]
    pub fn summary(&self, practice: &PracticeId) -> Option<Self> {
        let Letter::Referral(referral) = &self.letter else { return None };
        Some(Self::accept(
            practice,
            self.site.clone(),
            self.summary_id()?,
            Letter::Summary(ReferralSummary::of(referral)),
            self.asked_by.clone(),
            self.accepted_at,
        ))
    }

    /// The documents of a summary, once they are in Bp.
    #[must_use]
    pub fn delivered_summary(&self) -> Option<&KeptSummary> {
        match &self.letter {
            Letter::Summary(summary) if self.state == DeliveryState::Delivered => {
                summary.kept.as_ref()
            }
            _ => None,
        }
    }

    /// It is being sent to Bp.
    pub fn sending(&mut self, attempt: u32, now: Timestamp) {
        self.attempts = attempt;
        self.next_attempt_at = None;
        self.problem = None;
        self.step(DeliveryState::Sending, None, now);
    }

    /// It has to wait.
    pub fn waiting(&mut self, reason: ProblemType, again: Option<Timestamp>, now: Timestamp) {
        self.next_attempt_at = again;
        self.problem = Some(reason);
        self.step(DeliveryState::Waiting, Some(reason), now);
    }

    /// Sets the user whose inbox received it, as Bp's answer says. Comes just before [`Delivery::delivered`].
    pub fn addressed(&mut self, to: Option<AddressedTo>) {
        self.addressed_to = to;
    }

    /// It is in Bp. If it went to the fallback addressee, the history says why. The message's text and the
    /// patient's details are erased, because Bp has them and we no longer need them.
    pub fn delivered(&mut self, record: i64, allocated: bool, now: Timestamp) {
        self.next_attempt_at = None;
        self.problem = None;
        self.bp_record_id = Some(record);
        self.allocated = Some(allocated);
        match &mut self.letter {
            Letter::Message(Message { content, patient, .. }) => {
                if matches!(content, Content::Text(_)) {
                    *content = Content::DeliveredText;
                }
                patient.erase();
            }
            Letter::Referral(referral) => {
                referral.chosen.erase();
            }
            Letter::Summary(summary) => summary.chosen.erase(),
        }
        let why = self.addressed_to.and_then(|to| to.fallback);
        self.step(DeliveryState::Delivered, why.map(WhyFallback::problem), now);
    }

    /// A query found it under this patient. If the query did not say, nothing changes.
    pub fn found_under(&mut self, patient: Option<PatientId>) {
        if patient.is_some() {
            self.filed_under = patient.filter(|_| patient != self.patient());
        }
    }

    /// Under whose record it is in Bp, as far as is known.
    #[must_use]
    pub fn filed_patient(&self) -> Option<PatientId> {
        self.filed_under.or(self.patient())
    }

    /// A doctor has checked it, and Bp has moved it to Correspondence In, under another number.
    pub fn checked(&mut self, record: i64, check: Check, at: Timestamp) {
        self.next_attempt_at = None;
        self.problem = None;
        self.bp_record_id = Some(record);
        self.allocated = Some(true);
        self.check = Some(check);
        self.step(DeliveryState::Checked, None, at);
    }

    /// A query found it unchecked in this user's inbox. Returns whether to report that now: once, when nobody
    /// has checked it for `long`.
    pub fn unchecked(&mut self, owner: BpUserId, long: SignedDuration, now: Timestamp) -> bool {
        (self.inbox_of, self.missed) = (Some(owner), false);
        let overdue = self.delivered_at().is_some_and(|at| now.duration_since(at) >= long);
        let report = overdue && !self.reported_unchecked;
        self.reported_unchecked |= overdue;
        report
    }

    /// A query did not find it. A query may run between Bp's two changes when Bp files the message. So only
    /// the second such query in a row means that the message is no longer in Bp.
    pub fn missing(&mut self, at: Timestamp) {
        if self.missed {
            self.step(DeliveryState::Removed, None, at);
        }
        self.missed = true;
    }

    /// It cannot be delivered as it is.
    pub fn failed(&mut self, problem: ProblemType, now: Timestamp) {
        self.next_attempt_at = None;
        self.problem = Some(problem);
        self.step(DeliveryState::Failed, Some(problem), now);
    }

    /// The letter that this summary goes with has failed, so there is no summary either.
    pub fn letter_failed(&mut self, problem: ProblemType, now: Timestamp) {
        if let Letter::Summary(summary) = &mut self.letter {
            summary.failed_with_letter = true;
            self.failed(problem, now);
        }
    }

    /// The letter has arrived after all. Returns whether the summary, which had failed with it, starts again.
    pub fn letter_arrived(&mut self, now: Timestamp) -> bool {
        let Letter::Summary(summary) = &mut self.letter else { return false };
        std::mem::take(&mut summary.failed_with_letter) && self.retry(now).is_ok()
    }

    /// Whether this is a summary that has failed only because its letter did.
    #[must_use]
    pub fn waits_for_letter_again(&self) -> bool {
        matches!(&self.letter, Letter::Summary(summary) if summary.failed_with_letter)
    }

    /// Starts a failed delivery again. All other deliveries are on their way already.
    ///
    /// # Errors
    /// If it has not failed.
    pub fn retry(&mut self, now: Timestamp) -> Result<(), NotFailed> {
        if self.state != DeliveryState::Failed {
            return Err(NotFailed);
        }
        self.next_attempt_at = None;
        self.problem = None;
        self.step(DeliveryState::Accepted, None, now);
        Ok(())
    }

    /// A linked clinician retries it. The record of a summary is then read on behalf of this clinician, because
    /// the one who sent the referral may have left the practice.
    pub fn asked_again_by(&mut self, clinician: &Subject) {
        if matches!(self.letter, Letter::Summary(_)) {
            self.asked_by = clinician.clone();
        }
    }

    fn step(&mut self, state: DeliveryState, reason: Option<ProblemType>, at: Timestamp) {
        self.state = state;
        if self.history.last().is_some_and(|last| last.state == state && last.reason == reason) {
            // If a practice is offline for a week, the history has one step, not a thousand.
            return;
        }
        if self.history.len() >= Self::MOST_STEPS {
            self.history.remove(1);
        }
        self.history.push(DeliveryStep { at, state, reason });
    }
}

/// Only a failed delivery can be started again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("only a delivery that has failed can be tried again")]
pub struct NotFailed;

#[cfg(test)]
mod tests;
