//! A delivery as callers see it: ids, states and reasons, but nothing about the patient.

use domain::delivery::{
    AddressedTo, Check, Delivery, DeliveryKind, DeliveryState, DeliveryStep, PatientCheck,
};
use domain::ids::{BpUserId, PracticeId};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody, ProblemType};

/// A document or text on its way to a practice's Bp.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    /// `referral-`, `message-` or `summary-`, followed by the caller's own id.
    delivery_id: String,
    kind: DeliveryKind,
    state: DeliveryState,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    accepted_at: Timestamp,
    /// How often it was sent to Bp.
    attempts: u32,
    /// When it is sent again, or when Bp is asked again whether it arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    next_attempt_at: Option<Timestamp>,
    /// The number in Bp: of the letter in Correspondence Out, of the item in the inbox, or of the document in
    /// Correspondence In once the item is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bp_record_id: Option<i64>,
    /// How it is checked, when it is written, that the patient's number still belongs to the patient. Left out for
    /// a message without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    patient_check: Option<PatientCheck>,
    /// Whether it is filed under a patient in Bp. If not, somebody at the practice allocates the item in the
    /// inbox: no patient matched, or Bp has somebody else under the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    allocated: Option<bool>,
    /// Whose inbox a message was put in, if Bp says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    addressed_to: Option<AddressedToView>,
    /// The Bp user in whose inbox a message was last found. People at a practice can move messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    inbox_user_id: Option<BpUserId>,
    /// The doctor's decision, once the message is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    check: Option<Check>,
    /// Why it waits or has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
    /// The patient's summary that goes with a referral. Left out in lists, where the summary is an item of its
    /// own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<SummaryView>,
    /// What happened, oldest first.
    #[serde(serialize_with = "steps")]
    history: Vec<DeliveryStep>,
}

/// The summary that goes with a referral. It is a delivery of its own, which begins when the letter is in Bp.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryView {
    delivery_id: String,
    state: DeliveryState,
    /// Why it waits or has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
    /// The path of the FHIR document, once the summary is in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fhir: Option<String>,
    /// SHA-256 of the FHIR document, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// When the record was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    read_at: Option<Timestamp>,
}

/// The user whose inbox a message was put in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressedToView {
    /// The Bp user.
    user_id: BpUserId,
    /// Whether this is the fallback addressee. The `reason` of the step `delivered` in the history says why:
    /// `addressee-not-found`, `addressee-ambiguous` or `addressee-away`.
    fallback: bool,
}

/// A step with milliseconds. Stored steps keep their own form.
#[derive(Serialize)]
struct StepView {
    #[serde(serialize_with = "domain::instant::serialize")]
    at: Timestamp,
    state: DeliveryState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ProblemType>,
}

fn steps<S: Serializer>(steps: &[DeliveryStep], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().map(|step| StepView {
        at: step.at,
        state: step.state,
        reason: step.reason,
    }))
}

impl From<AddressedTo> for AddressedToView {
    fn from(to: AddressedTo) -> Self {
        Self { user_id: to.user_id, fallback: to.fallback.is_some() }
    }
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryPage {
    pub(super) items: Vec<DeliveryView>,
    /// The cursor of the next page. Null on the last page.
    pub(super) next_cursor: Option<String>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            kind: delivery.kind(),
            patient_check: delivery.patient_check(),
            delivery_id: delivery.delivery_id.into(),
            state: delivery.state,
            accepted_at: delivery.accepted_at,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            bp_record_id: delivery.bp_record_id,
            allocated: delivery.allocated,
            addressed_to: delivery.addressed_to.map(AddressedToView::from),
            inbox_user_id: delivery.inbox_of,
            check: delivery.check,
            problem: delivery.problem.map(|problem| Problem::new(problem).body()),
            summary: None,
            history: delivery.history,
        }
    }
}

impl DeliveryView {
    /// Adds the summary that goes with a referral.
    pub(super) fn with_summary(self, practice: &PracticeId, summary: &Delivery) -> Self {
        let kept = summary.delivered_summary();
        let own = summary.delivery_id.client_id();
        let fhir = own.map(|id| {
            format!("/v1/practices/{}/referrals/{}/summary", practice.public(), id.as_str())
        });
        let view = SummaryView {
            delivery_id: summary.delivery_id.as_str().to_owned(),
            state: summary.state,
            problem: summary.problem.map(|problem| Problem::new(problem).body()),
            fhir: fhir.filter(|_| kept.is_some()),
            sha256: kept.map(|kept| kept.fhir.sha256.to_string()),
            read_at: kept.map(|kept| kept.read_at),
        };
        Self { summary: Some(view), ..self }
    }
}
