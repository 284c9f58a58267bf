//! A delivery as its caller sees it: ids, states and reasons, nothing of the patient.

use domain::delivery::{
    AddressedTo, Check, Delivery, DeliveryKind, DeliveryState, DeliveryStep, PatientCheck,
};
use domain::ids::BpUserId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// A document or text on its way into a practice's Bp.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// `referral-` or `message-`, and the caller's own id.
    delivery_id: String,
    kind: DeliveryKind,
    state: DeliveryState,
    #[schema(value_type = String, format = DateTime)]
    accepted_at: Timestamp,
    /// How often it was sent to Bp.
    attempts: u32,
    /// When it is tried or looked for again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// Bp's number: of the letter in Correspondence Out, of the item in the inbox, of the document in
    /// Correspondence In once it is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp_record_id: Option<i64>,
    /// By what a referral's patient is known when it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_check: Option<PatientCheck>,
    /// Whether Bp has it under a patient. An item of the inbox that is not waits for somebody at the
    /// practice to allocate it.
    #[serde(skip_serializing_if = "Option::is_none")]
    allocated: Option<bool>,
    /// In whose inbox a message was put, where Bp tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    addressed_to: Option<AddressedToView>,
    /// The Bp user in whose inbox a message was last found: people at a practice move messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_user_id: Option<BpUserId>,
    /// What the doctor made of it, once checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
    /// Why it waits or has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
    /// What happened, oldest first.
    history: Vec<DeliveryStep>,
}

/// In whose inbox a message was put.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressedToView {
    /// The Bp user.
    user_id: BpUserId,
    /// Whether that is the fallback. The step `delivered` of the history says why: its `reason` is
    /// `addressee-not-found`, `addressee-ambiguous` or `addressee-away`.
    fallback: bool,
}

impl From<AddressedTo> for AddressedToView {
    fn from(to: AddressedTo) -> Self {
        Self { user_id: to.user_id, fallback: to.fallback.is_some() }
    }
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryPage {
    pub(super) items: Vec<DeliveryView>,
    /// Asks for the next page; null on the last one.
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
            history: delivery.history,
        }
    }
}
