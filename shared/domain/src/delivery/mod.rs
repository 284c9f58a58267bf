//! A delivery: one document or text on its way into a practice's Bp, from the moment we answer for it
//! to the moment a doctor has seen it.

pub mod ansi;
mod document;
mod request;
mod token;

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use document::{AnnouncedDocument, DocumentType, Sha256, StoredDocument};
pub use request::{
    Addressee, ClientId, Content, DescribedPatient, Letter, MedicareCard, Message, MessageKind,
    MessagePatient, MessageSubject, MessageText, PatientName, RecipientName, Referral,
    ReferralSubject, SenderName,
};
pub use token::CorrelationToken;

use crate::Invalid;
use crate::ids::{BpUserId, PatientId, PracticeId, SiteId, Subject};

/// A delivery's id: `referral-` or `message-`, and the platform's own id. The platform can tell it
/// without asking, and a referral and a message of one id do not meet.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryId(String);

const REFERRAL: &str = "referral";
const MESSAGE: &str = "message";

impl DeliveryId {
    /// The delivery of a referral.
    #[must_use]
    pub fn of_referral(id: &ClientId) -> Self {
        Self(format!("{REFERRAL}-{}", id.as_str()))
    }

    /// The delivery of a message.
    #[must_use]
    pub fn of_message(id: &ClientId) -> Self {
        Self(format!("{MESSAGE}-{}", id.as_str()))
    }

    /// Takes the id of a delivery.
    ///
    /// # Errors
    /// Says so when no delivery can have it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = Invalid("a delivery's id is referral- or message- and the id that was sent");
        let (kind, id) = text.split_once('-').ok_or(wrong)?;
        if !matches!(kind, REFERRAL | MESSAGE) || ClientId::parse(id).is_err() {
            return Err(wrong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What its write carries into Bp.
    #[must_use]
    pub fn token(&self, practice: &PracticeId) -> CorrelationToken {
        let (kind, id) = self.0.split_once('-').unwrap_or_default();
        CorrelationToken::of(practice, kind, id)
    }
}

impl TryFrom<String> for DeliveryId {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<DeliveryId> for String {
    fn from(id: DeliveryId) -> Self {
        id.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a delivery carries.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryKind {
    /// A referral, for Correspondence Out.
    Referral,
    /// The referral has arrived.
    Acknowledgement,
    /// Advice and guidance.
    Advice,
    /// A report of a consultation.
    Report,
    /// Anything else.
    Other,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// We answer for it.
    Accepted,
    /// On its way into Bp.
    Sending,
    /// Bp cannot be reached, or it is being found out whether it arrived.
    Waiting,
    /// In Bp.
    Delivered,
    /// A doctor has checked it: it is in Correspondence In.
    Checked,
    /// It cannot be delivered as it is.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Accepted,
        Self::Sending,
        Self::Waiting,
        Self::Delivered,
        Self::Checked,
        Self::Failed,
    ];

    /// The state's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Checked => "checked",
            Self::Failed => "failed",
        }
    }

    /// Takes a state's name.
    ///
    /// # Errors
    /// Names the states.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(Invalid("this is accepted, sending, waiting, delivered, checked or failed"))
    }
}

/// Why a delivery waits or has failed. Named as the API's problems of the same kind.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryProblem {
    /// The practice's server is off.
    SiteOffline,
    /// Halo cannot be used at the moment.
    HaloUnavailable,
    /// The last attempt failed in a way that passes.
    AttemptFailed,
    /// It is not known whether it arrived: it is looked for before it is sent again.
    OutcomeUnknown,
    /// The practice has un-ticked us in Bp.
    IntegrationNotEnabled,
    /// The practice is disconnected on our side.
    NotConnected,
    /// Another practice answers under the Bp Site ID.
    PracticeChanged,
    /// Bp has no such patient.
    PatientNotFound,
    /// No active user of Bp is that addressee.
    AddresseeNotFound,
    /// Several users of Bp are.
    AddresseeAmbiguous,
    /// The uploaded document is no longer kept.
    DocumentNotFound,
    /// The uploaded bytes are not what was announced.
    DocumentMismatch,
    /// Our Bp login may not write this.
    BpPermissionMissing,
    /// This Bp release has no such table or column.
    BpReleaseDiffers,
    /// The database refused the write.
    BpRefused,
    /// An answer that makes no sense.
    MalformedAnswer,
}

/// A step of a delivery.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryStep {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it came to.
    pub state: DeliveryState,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<DeliveryProblem>,
}

/// What a doctor made of an item of the inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The Bp user who checked it.
    pub checked_by: BpUserId,
    /// On which day, on the practice's calendar.
    #[schema(value_type = Option<String>, format = Date)]
    pub checked_on: Option<Date>,
    /// Bp's word for what it says: `Normal`, `Abnormal`, …
    #[schema(value_type = Option<String>)]
    pub notation: Option<Cow<'static, str>>,
    /// Bp's word for what is to be done: `No action`, `Urgent appointment`, …
    #[schema(value_type = Option<String>)]
    pub action: Option<Cow<'static, str>>,
}

impl Check {
    /// Bp's codes in words; 0 is blank, and a code that is not known publicly says nothing.
    #[must_use]
    pub fn of(checked_by: BpUserId, checked_on: Option<Date>, notation: i64, action: i64) -> Self {
        const NOTATIONS: [&str; 7] = [
            "Normal",
            "Abnormal",
            "Stable",
            "Acceptable",
            "Unacceptable",
            "Being treated",
            "Under specialist care",
        ];
        const ACTIONS: [&str; 7] = [
            "No action",
            "Reception to advise",
            "Nurse to advise",
            "Doctor to advise",
            "Send routine reminder",
            "Non-urgent appointment",
            "Urgent appointment",
        ];
        let word = |words: [&'static str; 7], code: i64| {
            let at = usize::try_from(code).ok()?.checked_sub(1)?;
            words.get(at).copied().map(Cow::Borrowed)
        };
        Self {
            checked_by,
            checked_on,
            notation: word(NOTATIONS, notation),
            action: word(ACTIONS, action),
        }
    }
}

/// A delivery, as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// To whose Bp: the numbers of patients and users in the letter are this site's.
    pub site: SiteId,
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
    /// What the doctor made of it.
    #[serde(default)]
    pub check: Option<Check>,
    /// Why it waits or has failed.
    pub problem: Option<DeliveryProblem>,
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
        site: SiteId,
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
    pub fn waiting(&mut self, reason: DeliveryProblem, again: Option<Timestamp>, now: Timestamp) {
        self.next_attempt_at = again;
        self.problem = Some(reason);
        self.step(DeliveryState::Waiting, Some(reason), now);
    }

    /// It is in Bp. A text has served its purpose, and so has who a patient is: what is in Bp need not
    /// be with us.
    pub fn delivered(&mut self, record: i64, allocated: bool, now: Timestamp) {
        self.next_attempt_at = None;
        self.problem = None;
        self.bp_record_id = Some(record);
        self.allocated = Some(allocated);
        if let Letter::Message(Message { content, patient, .. }) = &mut self.letter {
            if matches!(content, Content::Text(_)) {
                *content = Content::DeliveredText;
            }
            if matches!(patient, MessagePatient::Described(_)) {
                *patient = MessagePatient::Told;
            }
        }
        self.step(DeliveryState::Delivered, None, now);
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

    /// It cannot be delivered as it is.
    pub fn failed(&mut self, problem: DeliveryProblem, now: Timestamp) {
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

    fn step(&mut self, state: DeliveryState, reason: Option<DeliveryProblem>, at: Timestamp) {
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
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn message() -> Delivery {
        let practice = PracticeId::parse("ours").unwrap();
        let id = DeliveryId::of_message(&ClientId::parse("m-1").unwrap());
        let letter = Letter::Message(Message {
            patient: MessagePatient::Known(PatientId(1)),
            addressee: Addressee::Ahpra("MED0000000001".to_owned()),
            sender_name: None,
            kind: MessageKind::Advice,
            subject: MessageSubject::parse("Left knee").unwrap(),
            content: Content::Text(MessageText::parse("Rest it.").unwrap()),
        });
        let subject = Subject("platform".to_owned());
        let site = SiteId::parse("71001").unwrap();
        Delivery::accept(&practice, site, id, letter, subject, at(0))
    }

    #[test]
    fn a_deliverys_id_says_which_of_the_platforms_ids_it_is() {
        let id = ClientId::parse("0b7e-1.a_B").unwrap();
        assert_eq!(DeliveryId::of_referral(&id).as_str(), "referral-0b7e-1.a_B");
        assert_eq!(DeliveryId::parse("referral-0b7e-1.a_B"), Ok(DeliveryId::of_referral(&id)));
        for wrong in ["", "0b7e", "letter-1", "referral-", "referral-a/b", "message-a b"] {
            assert!(DeliveryId::parse(wrong).is_err(), "{wrong:?} was taken");
        }
        let practice = PracticeId::parse("ours").unwrap();
        assert_ne!(
            DeliveryId::of_referral(&id).token(&practice),
            DeliveryId::of_message(&id).token(&practice)
        );
    }

    #[test]
    fn a_practice_that_is_off_for_a_week_is_one_step_of_the_history() {
        let mut delivery = message();
        for second in 1..1000 {
            delivery.waiting(DeliveryProblem::SiteOffline, Some(at(second + 30)), at(second));
        }
        assert_eq!(delivery.history.len(), 2);
        assert_eq!(delivery.next_attempt_at, Some(at(1029)));
    }

    #[test]
    fn a_restless_history_keeps_its_beginning_and_its_end() {
        let mut delivery = message();
        for second in 1..200 {
            delivery.sending(u32::try_from(second).unwrap(), at(second));
            delivery.waiting(DeliveryProblem::AttemptFailed, None, at(second));
        }
        assert_eq!(delivery.history.len(), Delivery::MOST_STEPS);
        assert_eq!(delivery.history[0].state, DeliveryState::Accepted);
        assert_eq!(delivery.history.last().unwrap().at, at(199));
        assert_eq!(delivery.attempts, 199);
    }

    #[test]
    fn only_a_failed_delivery_is_tried_again() {
        let mut delivery = message();
        assert_eq!(delivery.retry(at(1)), Err(NotFailed));
        delivery.failed(DeliveryProblem::AddresseeNotFound, at(2));
        assert_eq!(delivery.retry(at(3)), Ok(()));
        assert_eq!((delivery.state, delivery.problem), (DeliveryState::Accepted, None));
        delivery.delivered(7, true, at(4));
        assert_eq!(delivery.retry(at(5)), Err(NotFailed));
    }

    #[test]
    fn a_delivered_text_is_kept_no_longer() {
        let mut delivery = message();
        delivery.delivered(7, false, at(4));
        assert!(!serde_json::to_string(&delivery).unwrap().contains("Rest it."));
        assert_eq!(delivery.bp_record_id, Some(7));
    }

    #[test]
    fn what_is_kept_is_read_back_the_same() {
        let mut delivery = message();
        delivery.waiting(DeliveryProblem::OutcomeUnknown, Some(at(9)), at(1));
        let text = serde_json::to_string(&delivery).unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&text).unwrap(), delivery);
        assert!(text.contains("outcome-unknown"), "{text}");
    }
}
