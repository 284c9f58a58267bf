//! Endpoints and attempts as callers see them.

use domain::webhooks::{Attempted, Endpoint, Fate, NoAnswer, WhyDisabled};
use jiff::Timestamp;
use serde::Serialize;
use store::webhooks::{KeptEvent, Standing};
use utoipa::ToSchema;

/// How an endpoint fares.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EndpointState {
    /// Events are sent to it.
    Working,
    /// It does not take events at present. They are sent again.
    Failing,
    /// Your platform has switched it off. Events wait.
    Paused,
    /// We have switched it off. Events wait. Save it again to switch it on.
    Disabled,
}

pub(super) fn state_of(endpoint: &Endpoint, standing: &Standing) -> EndpointState {
    if !endpoint.enabled {
        EndpointState::Paused
    } else if endpoint.disabled.is_some() {
        EndpointState::Disabled
    } else if standing.failing_since.is_some() {
        EndpointState::Failing
    } else {
        EndpointState::Working
    }
}

/// A webhook endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointView {
    /// Your own id of it.
    pub(super) endpoint_id: String,
    /// The address that receives events.
    pub(super) url: String,
    /// The types that it receives; null for all that your scopes may see.
    pub(super) events: Option<Vec<String>>,
    /// Whether you want it to receive events.
    pub(super) enabled: bool,
    /// How it fares.
    pub(super) state: EndpointState,
    /// Why we switched it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) disabled_because: Option<WhyDisabled>,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    pub(super) created_at: Timestamp,
    /// When it last took an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    pub(super) last_success_at: Option<Timestamp>,
    /// Since when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    pub(super) failing_since: Option<Timestamp>,
    /// When events are sent to it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    pub(super) next_attempt_at: Option<Timestamp>,
    /// How many events wait. 1000 means 1000 or more.
    pub(super) waiting: usize,
    /// The secret that signs. Only the answer that made it has it: keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) secret: Option<String>,
}

/// A platform's endpoints.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointPage {
    pub(super) items: Vec<EndpointView>,
    /// Always null: a platform has few endpoints.
    pub(super) next_cursor: Option<String>,
}

/// The result of a test.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestView {
    /// The id of the event that was sent.
    pub(super) event_id: String,
    /// Whether the endpoint took it: any 2xx.
    pub(super) delivered: bool,
    /// The status of the endpoint's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) failure: Option<NoAnswer>,
    /// How long it took, in milliseconds.
    pub(super) duration_ms: u64,
}

/// What was asked to be sent again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayView {
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    pub(super) from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    pub(super) to: Timestamp,
}

/// An event, and the latest attempt to send it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptView {
    /// The event's id: the header `webhook-id`.
    event_id: String,
    /// The event's type.
    #[serde(rename = "type")]
    kind: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    timestamp: Timestamp,
    /// Whether it was delivered, waits or was given up.
    state: Fate,
    /// How often it was sent.
    attempts: u32,
    /// When the latest attempt ended.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    attempted_at: Timestamp,
    /// The status of the endpoint's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<NoAnswer>,
}

impl AttemptView {
    /// `None` if the event was never sent.
    pub(super) fn of(event: KeptEvent) -> Option<Self> {
        let last = event.last?;
        let (status, failure) = status_and_failure(last.ended);
        Some(Self {
            event_id: event.id,
            kind: event.kind,
            timestamp: event.at,
            state: event.fate,
            attempts: event.attempts,
            attempted_at: last.at,
            status,
            failure,
        })
    }
}

pub(super) fn status_and_failure(ended: Attempted) -> (Option<u16>, Option<NoAnswer>) {
    match ended {
        Attempted::Status(status) => (Some(status), None),
        Attempted::Failure(why) => (None, Some(why)),
    }
}

/// Events and their latest attempts, the latest attempts first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptPage {
    pub(super) items: Vec<AttemptView>,
    /// Null on the last page.
    pub(super) next_cursor: Option<String>,
}
