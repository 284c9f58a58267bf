//! A booking as callers see it.

use domain::booking::token::Token;
use domain::booking::{Attendant, Booking, BookingState, Happened, time};
use domain::ids::{BpUserId, LocationId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody, ProblemType};

/// A booking and its state in Bp's appointment book.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookingView {
    booking_id: String,
    state: BookingState,
    /// Whether the platform cancelled the booking.
    cancelled: bool,
    /// Whether the booking is sent to Bp.
    send: bool,
    /// Who is visited. Absent if there are `attendants`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ahpra_number: Option<String>,
    /// Who is visited, if there are several, and the state of each one's appointment. An attendant who is
    /// no longer named is shown until their appointment is out of Bp.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attendants: Vec<AttendantView>,
    /// How many attendants must have room.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at_least: Option<usize>,
    /// The start in the practice's time zone.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$", example = "2027-03-01T12:30")]
    start: String,
    duration_minutes: i64,
    representative: RepresentativeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bp_user_id: Option<BpUserId>,
    location_id: LocationId,
    /// The appointment's number in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bp_appointment_id: Option<i64>,
    /// Whether the appointment is outside the practitioner's sessions in Bp.
    outside_sessions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
    /// The practice's other bookings that are in the way. Only shown when one booking is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked_by: Vec<String>,
    /// The time of the next automatic retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    next_attempt_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    accepted_at: Timestamp,
    /// What happened to the booking, oldest first.
    history: Vec<HistoryView>,
}

/// An attendant's appointment. The fields mean the same as those of a booking.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttendantView {
    ahpra_number: String,
    state: BookingState,
    /// Whether the platform no longer names this attendant.
    cancelled: bool,
    /// Whether the appointment was taken out of Bp because too few of the other attendants have room.
    withdrawn: bool,
    bp_user_id: BpUserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bp_appointment_id: Option<i64>,
    outside_sessions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
    /// The practice's other bookings that are in the way. Only shown when one booking is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked_by: Vec<String>,
    /// The time of the next automatic retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    next_attempt_at: Option<Timestamp>,
}

/// The representative.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepresentativeView {
    name: String,
    company: String,
}

/// An event in the history of a booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    at: Timestamp,
    event: Happened,
    /// The type of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemType>, nullable = false)]
    problem: Option<&'static str>,
}

impl BookingView {
    /// A booking with the ids of the bookings that are in its way. They are among `others`.
    pub(super) fn of(booking: Booking, others: &[Booking]) -> Self {
        let named = |marks: &[Token]| {
            let others = others.iter().filter(|other| marks.contains(&other.token));
            let mut ids: Vec<String> =
                others.map(|other| other.booking_id.as_str().to_owned()).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let blocked_by = named(&booking.blocked_by);
        let of_each: Vec<_> =
            booking.attendants.iter().map(|attendant| named(&attendant.blocked_by)).collect();
        let mut view = Self { blocked_by, ..Self::from(booking) };
        for (attendant, blocked_by) in view.attendants.iter_mut().zip(of_each) {
            attendant.blocked_by = blocked_by;
        }
        view
    }
}

impl From<Attendant> for AttendantView {
    fn from(attendant: Attendant) -> Self {
        Self {
            ahpra_number: attendant.ahpra_number.into(),
            state: attendant.state,
            cancelled: attendant.cancelled,
            withdrawn: attendant.withdrawn,
            bp_user_id: attendant.user,
            bp_appointment_id: attendant.appointment,
            outside_sessions: attendant.outside_sessions,
            problem: attendant.problem.map(|problem| Problem::new(problem).body()),
            blocked_by: Vec::new(),
            next_attempt_at: attendant.next_attempt_at,
        }
    }
}

/// A booking's problem. If too few attendants have room, it names the attendants without room.
fn problem(booking: &Booking) -> Option<ProblemBody> {
    let kind = booking.problem?;
    if kind != ProblemType::TooFewAttendants {
        return Some(Problem::new(kind).body());
    }
    let in_the_way: Vec<String> = booking
        .attendants
        .iter()
        .filter(|attendant| attendant.stands_in_the_way())
        .map(|attendant| {
            let why = attendant.problem.map_or("pending", ProblemType::slug);
            format!("{} ({why})", attendant.ahpra_number.as_str())
        })
        .collect();
    let detail = format!(
        "The visit needs {} attendants. These have no room: {}.",
        booking.visit.fewest(),
        in_the_way.join(", ")
    );
    Some(Problem::because(kind, detail).body())
}

impl From<Booking> for BookingView {
    fn from(booking: Booking) -> Self {
        let problem = problem(&booking);
        let visit = booking.visit;
        let several = visit.attendance.is_some();
        let shown = if several { booking.attendants } else { Vec::new() };
        let text = |text: &domain::BpText| text.as_str().to_owned();
        Self {
            booking_id: booking.booking_id.into(),
            state: booking.state,
            cancelled: booking.cancelled && !booking.held_back,
            send: visit.send,
            at_least: several.then(|| visit.fewest()),
            attendants: shown.into_iter().map(AttendantView::from).collect(),
            ahpra_number: (!several).then(|| visit.ahpra_number.into()),
            start: time::write_start(visit.start),
            duration_minutes: booking.planned.duration_minutes,
            representative: RepresentativeView {
                name: text(&visit.representative.name),
                company: text(&visit.representative.company),
            },
            notes: visit.notes.as_ref().map(text),
            bp_user_id: (!several).then_some(booking.planned.placement.user),
            location_id: booking.planned.placement.location,
            bp_appointment_id: booking.appointment,
            outside_sessions: booking.outside_sessions,
            problem,
            blocked_by: Vec::new(),
            next_attempt_at: booking.next_attempt_at,
            accepted_at: booking.accepted_at,
            history: booking
                .history
                .into_iter()
                .map(|line| HistoryView {
                    at: line.at,
                    event: line.what,
                    problem: line.problem.map(ProblemType::slug),
                })
                .collect(),
        }
    }
}
