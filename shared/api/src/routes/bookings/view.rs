//! A booking as callers see it.

use domain::booking::token::Token;
use domain::booking::{Attendant, Booking, BookingState, Happened, time};
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
    /// Whom the representative visits; left out where there are `attendants`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ahpra_number: Option<String>,
    /// Whom the representative visits, where it is a visit to several: where each one's appointment
    /// stands. Attendants who were named before are shown until theirs have left Bp's book.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attendants: Vec<AttendantView>,
    /// How many of the attendants must have room.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<usize>,
    /// On the practice's clock.
    #[schema(example = "2027-03-01T12:30")]
    start: String,
    duration_minutes: i64,
    representative: RepresentativeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp_user_id: Option<BpUserId>,
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

/// One attendant's appointment, in the same words as a booking's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttendantView {
    ahpra_number: String,
    state: BookingState,
    /// The platform names this attendant no more.
    cancelled: bool,
    /// This attendant has room and is kept out of Bp's book, because too few of the others have.
    withdrawn: bool,
    bp_user_id: BpUserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp_appointment_id: Option<i64>,
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
    /// With the ids of the bookings in its way, which are among these.
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

/// A booking's problem. Where too few attendants have room, it names those who have none.
fn problem(booking: &Booking) -> Option<ProblemBody> {
    let kind = booking.problem?;
    if kind != Kind::TooFewAttendants {
        return Some(Problem::new(kind).body());
    }
    let in_the_way: Vec<String> = booking
        .attendants
        .iter()
        .filter(|attendant| attendant.stands_in_the_way())
        .map(|attendant| {
            let why = attendant.problem.map_or("pending", Kind::slug);
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
            cancelled: booking.cancelled,
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
                    problem: line.problem.map(Kind::slug),
                })
                .collect(),
        }
    }
}
