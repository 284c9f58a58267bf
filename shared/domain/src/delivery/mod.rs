//! A delivery: one document or text on its way into a practice's Bp, from the moment we answer for it
//! to the moment a doctor has seen it.

mod addressed;
mod check;
mod chosen;
mod client_id;
mod document;
mod id;
mod patient;
mod request;
mod state;
mod token;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use addressed::{AddressedTo, WhyFallback};
pub use check::Check;
pub use chosen::{Acknowledged, Chosen, ChosenPatient, PatientCheck};
pub use client_id::ClientId;
pub use document::{AnnouncedDocument, DocumentType, StoredDocument};
pub use id::DeliveryId;
pub use patient::{DescribedPatient, MedicareCard, MessagePatient, PatientName};
pub use request::{
    Addressee, Content, Letter, Message, MessageKind, MessageSubject, MessageText, RecipientName,
    Referral, ReferralSubject, SenderName,
};
pub use state::{DeliveryKind, DeliveryState, DeliveryStep};
pub use token::CorrelationToken;

use crate::connection::Database;
use crate::ids::{BpUserId, PatientId, PracticeId, Subject};
use crate::problem::ProblemType;

/// A delivery, as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub delivery_id: DeliveryId,
    /// To whose Bp: the numbers of patients and users in the letter are this database's.
    pub site: Database,
    /// What is to be delivered.
    pub letter: Letter,
    /// Who asked: a token's subject.
    pub asked_by: Subject,
    /// When we began to answer for it.
    pub accepted_at: Timestamp,
    /// What its write carries into Bp.
    pub token: CorrelationToken,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was sent to Bp.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// Bp's number of it: in Correspondence Out, in the inbox, and in Correspondence In once checked.
    pub bp_record_id: Option<i64>,
    /// Whether Bp has it under a patient; an item of the inbox may wait to be allocated.
    pub allocated: Option<bool>,
    /// In whose inbox it was put.
    #[serde(default)]
    pub addressed_to: Option<AddressedTo>,
    /// Whose inbox it was last found in. People at a practice move messages.
    #[serde(default)]
    pub inbox_of: Option<BpUserId>,
    /// Whether the last look found it nowhere.
    #[serde(default)]
    pub missed: bool,
    /// Whether it was reported that nobody has checked it for long.
    #[serde(default)]
    pub reported_unchecked: bool,
    /// What the doctor made of it.
    #[serde(default)]
    pub check: Option<Check>,
    /// Why it waits or has failed.
    pub problem: Option<ProblemType>,
    /// What happened, oldest first.
    pub history: Vec<DeliveryStep>,
}

impl Delivery {
    /// Steps that are kept: the first one, and the latest.
    pub const MOST_STEPS: usize = 60;

    /// A delivery that we answer for from now on.
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
            missed: false,
            reported_unchecked: false,
            check: None,
            problem: None,
            history: vec![DeliveryStep { at: now, state: DeliveryState::Accepted, reason: None }],
        }
    }

    /// What it carries.
    #[must_use]
    pub fn kind(&self) -> DeliveryKind {
        match &self.letter {
            Letter::Referral(_) => DeliveryKind::Referral,
            Letter::Message(message) => match message.kind {
                MessageKind::Acknowledgement => DeliveryKind::Acknowledgement,
                MessageKind::Advice => DeliveryKind::Advice,
                MessageKind::Report => DeliveryKind::Report,
                MessageKind::Other => DeliveryKind::Other,
            },
        }
    }

    /// The patient it names by Bp's number.
    #[must_use]
    pub fn patient(&self) -> Option<PatientId> {
        match &self.letter {
            Letter::Referral(referral) => Some(referral.patient),
            Letter::Message(Message { patient: MessagePatient::Known(id), .. }) => Some(*id),
            Letter::Message(_) => None,
        }
    }

    /// By what a referral's write knows its patient; `None` for a message.
    #[must_use]
    pub fn patient_check(&self) -> Option<PatientCheck> {
        match &self.letter {
            Letter::Referral(referral) => Some(referral.chosen.check()),
            Letter::Message(_) => None,
        }
    }

    /// When Bp had it.
    #[must_use]
    pub fn delivered_at(&self) -> Option<Timestamp> {
        let delivered = |step: &&DeliveryStep| step.state == DeliveryState::Delivered;
        self.history.iter().rev().find(delivered).map(|step| step.at)
    }

    /// Whether a doctor will check it.
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
            Letter::Message(_) => None,
        }
    }

    /// It is being sent.
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

    /// It is in this user's inbox, as Bp has told; comes just before [`Delivery::delivered`].
    pub fn addressed(&mut self, to: Option<AddressedTo>) {
        self.addressed_to = to;
    }

    /// It is in Bp; the history says why where it is with the fallback. A text has served its purpose, and so has who a patient is: what is in Bp need not
    /// be with us.
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
                if matches!(patient, MessagePatient::Described(_)) {
                    *patient = MessagePatient::Erased;
                }
            }
            Letter::Referral(referral) => {
                if matches!(referral.chosen, Chosen::Patient(_)) {
                    referral.chosen = Chosen::Erased;
                }
            }
        }
        let why = self.addressed_to.and_then(|to| to.fallback);
        self.step(DeliveryState::Delivered, why.map(WhyFallback::problem), now);
    }

    /// A doctor has checked it: Bp has moved it to Correspondence In, under another number.
    pub fn checked(&mut self, record: i64, check: Check, at: Timestamp) {
        self.next_attempt_at = None;
        self.problem = None;
        self.bp_record_id = Some(record);
        self.allocated = Some(true);
        self.check = Some(check);
        self.step(DeliveryState::Checked, None, at);
    }

    /// It waits in this user's inbox. Whether that is to be reported now: once, when nobody has checked it
    /// for `long`.
    pub fn unchecked(&mut self, owner: BpUserId, long: SignedDuration, now: Timestamp) -> bool {
        (self.inbox_of, self.missed) = (Some(owner), false);
        let overdue = self.delivered_at().is_some_and(|at| now.duration_since(at) >= long);
        let report = overdue && !self.reported_unchecked;
        self.reported_unchecked |= overdue;
        report
    }

    /// A look found it nowhere. One look may come just when Bp files it, between two reads; the second one
    /// in a row says that it is in Bp no more.
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

    /// It is to be tried again. Only what has failed can be: everything else is on its way.
    ///
    /// # Errors
    /// When it has not failed.
    pub fn retry(&mut self, now: Timestamp) -> Result<(), NotFailed> {
        if self.state != DeliveryState::Failed {
            return Err(NotFailed);
        }
        self.next_attempt_at = None;
        self.problem = None;
        self.step(DeliveryState::Accepted, None, now);
        Ok(())
    }

    fn step(&mut self, state: DeliveryState, reason: Option<ProblemType>, at: Timestamp) {
        self.state = state;
        if self.history.last().is_some_and(|last| last.state == state && last.reason == reason) {
            // A practice that is off for a week is one step, not a thousand.
            return;
        }
        if self.history.len() >= Self::MOST_STEPS {
            self.history.remove(1);
        }
        self.history.push(DeliveryStep { at, state, reason });
    }
}

/// Only what has failed is tried again by hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("only a delivery that has failed can be tried again")]
pub struct NotFailed;

#[cfg(test)]
mod tests;
