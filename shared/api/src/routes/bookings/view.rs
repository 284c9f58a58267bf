//! A booking as callers see it.

use domain::booking::{Booking, BookingId, BookingState, Happened, time};
use domain::ids::{BpUserId, LocationId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem, ProblemBody};

/// A booking, and how far Bp's appointment book shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookingView {
    booking_id: String,
    state: BookingState,
    /// The platform cancelled it.
    cancelled: bool,
    ahpra_number: String,
    /// On the practice's clock.
    #[schema(example = "2027-03-01T12:30")]
    start: String,
    duration_minutes: i64,
    representative: RepresentativeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    bp_user_id: BpUserId,
    location_id: LocationId,
    /// The appointment's number in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp_appointment_id: Option<i64>,
    /// It stands in Bp's book at a time that is in none of the practitioner's sessions.
    outside_sessions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
    /// The practice's other bookings that stand in its way; only where one booking is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked_by: Vec<String>,
    /// When it is tried again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    accepted_at: Timestamp,
    /// Oldest first.
    history: Vec<HistoryView>,
}

/// Who comes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepresentativeView {
    name: String,
    company: String,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    event: Happened,
    /// The problem's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Kind>)]
    problem: Option<&'static str>,
}

impl BookingView {
    /// With the ids of the bookings in its way.
    pub(super) fn blocked_by(self, others: impl Iterator<Item = BookingId>) -> Self {
        Self { blocked_by: others.map(String::from).collect(), ..self }
    }
}

impl From<Booking> for BookingView {
    fn from(booking: Booking) -> Self {
        let visit = booking.visit;
        let text = |text: &domain::booking::text::BpText| text.as_str().to_owned();
        Self {
            booking_id: booking.booking_id.into(),
            state: booking.state,
            cancelled: booking.cancelled,
            ahpra_number: visit.ahpra_number.into(),
            start: time::write_start(visit.start),
            duration_minutes: booking.planned.duration_minutes,
            representative: RepresentativeView {
                name: text(&visit.representative.name),
                company: text(&visit.representative.company),
            },
            notes: visit.notes.as_ref().map(text),
            bp_user_id: booking.planned.placement.user,
            location_id: booking.planned.placement.location,
            bp_appointment_id: booking.appointment,
            outside_sessions: booking.outside_sessions,
            problem: booking.problem.map(|problem| Problem::new(problem).body()),
            blocked_by: Vec::new(),
            next_attempt_at: booking.next_attempt_at,
            accepted_at: booking.accepted_at,
            history: booking
                .history
                .into_iter()
                .map(|line| HistoryView {
                    at: line.at,
                    event: line.what,
                    problem: line.problem.map(Kind::slug),
                })
                .collect(),
        }
    }
}
