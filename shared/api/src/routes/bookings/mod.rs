//! `…/bookings`: representatives' visits on their way into Bp's appointment book (booking guide,
//! section 2.4). The platform's word is kept before it is answered; Bp is told by the practice's one
//! writer.

mod desk;
mod request;
mod resend;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::{Booking, BookingId, BookingState, Together, Visit};
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::work::WorkKey;
use store::{BookingQuery, BookingsOf, KeptBooking, StoreError};
use utoipa::ToSchema;

use self::desk::Desk;
use self::request::BookingRequest;
pub use self::resend::Resent;
pub(crate) use self::resend::*;
pub use self::view::BookingView;
use crate::App;
use crate::caller::{Allowed, KeepBookings, SeeBookings};
use crate::input::{Body, Checker, Parameters};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::tools::Wakes;
use crate::trail::Deed;

/// A list shows as many.
const MOST_SHOWN: usize = 1000;
/// An entry that the writer changes at the same moment is read again, but not for ever.
const TRIES: u32 = 8;

/// What the routes of staff and bookings work with.
#[derive(Debug)]
pub struct AppointmentsApp {
    /// Bp and the table.
    pub app: App,
    /// What wakes the practice's writer.
    pub wakes: Wakes,
}

/// Bookings, earliest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingList {
    bookings: Vec<BookingView>,
    /// There are more: ask for a shorter time.
    more: bool,
}

/// The path of one booking.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookingPath {
    booking_id: String,
}

impl BookingPath {
    /// Whatever cannot be a booking's id is nobody's.
    fn known(&self) -> Result<BookingId, Problem> {
        BookingId::parse(&self.booking_id).map_err(|_| unknown())
    }
}

fn unknown() -> Problem {
    Problem::because(Kind::NotFound, "The practice has no such booking.")
}

/// Which bookings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    from: Option<String>,
    to: Option<String>,
    state: Option<String>,
}

impl AppointmentsApp {
    async fn desk(&self, practice: &PracticeId) -> Result<Desk, Problem> {
        let record = self.app.store.practice(practice).await?;
        if !record.connection.is_some_and(|connection| connection.is_open()) {
            return Err(Problem::new(Kind::NotConnected));
        }
        let staff = self.app.store.staff(practice).await?.list;
        Ok(Desk { settings: record.settings, staff })
    }

    /// Writes into the trail what is about to be done with a booking.
    async fn note(
        &self,
        allowed: &Allowed<KeepBookings>,
        action: AuditedAction,
        booking: &BookingId,
    ) -> Result<(), Problem> {
        let deed = Deed::of(action).with(booking.as_str());
        self.app.note(&allowed.practice, &allowed.caller, deed).await
    }

    /// Keeps what the platform wants.
    async fn keep(
        &self,
        allowed: &Allowed<KeepBookings>,
        id: &BookingId,
        visit: &Visit,
    ) -> Result<Booking, Problem> {
        let practice = &allowed.practice;
        for round in 0..TRIES {
            let now = App::now();
            let kept = self.app.store.booking(practice, id).await?;
            let known = kept.as_ref().map(KeptBooking::together);
            if let Some(known) = known.as_ref().filter(|known| known.record.wants(visit)) {
                return Ok(known.record.clone());
            }
            let desk = self.desk(practice).await?;
            let marks = Together::marks(known.as_ref(), practice, id, visit);
            let planned = desk.plan(visit, &marks, now)?;
            let zone = desk.zone()?;
            if round == 0 {
                self.note(allowed, AuditedAction::BookingChanged, id).await?;
            }
            let wanted = match known {
                None => Together::accept(practice, id, visit, &planned, zone, now),
                Some(mut known) => {
                    known.change(practice, visit, &planned, zone, now);
                    Some(known)
                }
            };
            let wanted = wanted.ok_or_else(|| Problem::new(Kind::Internal))?;
            match self.app.store.keep_booking(practice, kept, &wanted, now).await {
                Ok(()) => {
                    self.wakes.wake_writer(practice).await;
                    return Ok(wanted.record);
                }
                // Somebody else was first: look at what they left.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Kind::Conflict))
    }

    /// Changes a known booking; `false` from `change` when there is nothing to do. The booking as it is
    /// then, and whether it was changed; `None` for a booking that nobody knows.
    async fn change(
        &self,
        allowed: &Allowed<KeepBookings>,
        action: AuditedAction,
        id: &BookingId,
        change: impl Fn(&mut Together, Timestamp) -> Result<bool, Problem>,
    ) -> Result<Option<(Booking, bool)>, Problem> {
        let practice = &allowed.practice;
        for round in 0..TRIES {
            let now = App::now();
            let Some(kept) = self.app.store.booking(practice, id).await? else { return Ok(None) };
            let mut wanted = kept.together();
            if !change(&mut wanted, now)? {
                return Ok(Some((wanted.record, false)));
            }
            if round == 0 {
                self.note(allowed, action, id).await?;
            }
            match self.app.store.keep_booking(practice, Some(kept), &wanted, now).await {
                Ok(()) => return Ok(Some((wanted.record, true))),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Kind::Conflict))
    }
}

/// Book, or change a booking. The same body again changes nothing; another one moves the appointment,
/// or corrects its length or text.
///
/// A visit to several attendants is one booking with one state. Each attendant has an appointment of
/// its own in Bp, and they are moved, changed and cancelled together. Whoever is named no more is
/// cancelled, and whoever is named anew is added. An attendant who cannot be booked at all (not on the
/// staff list, say) has the request refused and is named.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path, description = "The platform's own id: 1 to 64 letters, digits, hyphens and underscores.")),
    request_body = BookingRequest,
    responses((status = 202, body = BookingView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn keep_booking(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
    Path(path): Path<BookingPath>,
    Body(request): Body<BookingRequest>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let (id, visit) = request.read(&path.booking_id)?;
    let booking = appointments.keep(&allowed, &id, &visit).await?;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}

/// Cancel a booking. 204 when it has left Bp's book already.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 202, body = BookingView), (status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn cancel_booking(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
    Path(path): Path<BookingPath>,
) -> Result<Response, Problem> {
    let id = path.known()?;
    let (booking, changed) = appointments
        .change(&allowed, AuditedAction::BookingCancelled, &id, |booking, now| {
            Ok(booking.cancel(now))
        })
        .await?
        .ok_or_else(unknown)?;
    if changed {
        appointments.wakes.wake_writer(&allowed.practice).await;
    }
    Ok(match booking.state {
        BookingState::Cancelled => StatusCode::NO_CONTENT.into_response(),
        _ => (StatusCode::ACCEPTED, Json(BookingView::from(booking))).into_response(),
    })
}

/// One booking.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 200, body = BookingView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn read_booking(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<SeeBookings>,
    Path(path): Path<BookingPath>,
) -> Result<Json<BookingView>, Problem> {
    let id = path.known()?;
    let practice = &allowed.practice;
    let key = WorkKey::booking(id.as_str());
    let entry = appointments.app.store.work(practice, &key).await?.ok_or_else(unknown)?;
    let booking = entry.read::<Booking>()?.body;
    let day = Some(booking.planned.placement.day);
    if booking.blocked_by.is_empty() {
        return Ok(Json(BookingView::from(booking)));
    }
    let states = BookingState::ALL.to_vec();
    let of = BookingsOf::Book;
    let query = BookingQuery { of, states, from: day, to: day, most: usize::MAX };
    let others = appointments.app.store.bookings(practice, &query).await?.bookings;
    Ok(Json(BookingView::of(booking, &others)))
}

/// Bookings by day and state, earliest first.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/bookings", tag = "Bookings",
    params(("practiceId" = String, Path),
        ("from" = Option<String>, Query, description = "First day, YYYY-MM-DD, on the practice's clock."),
        ("to" = Option<String>, Query, description = "Last day."),
        ("state" = Option<String>, Query, description = "pending, synced, conflict, waiting, failed or cancelled; several with commas between them.")),
    responses((status = 200, body = BookingList), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn list_bookings(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<SeeBookings>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<BookingList>, Problem> {
    let mut fields = Checker::default();
    let mut day = |name: &str, text: &Option<String>| match text {
        Some(text) => fields.check(name, parse_day(text)).map(Some),
        None => Some(None),
    };
    let (from, to) = (day("from", &wanted.from), day("to", &wanted.to));
    let states = match &wanted.state {
        Some(list) => {
            let states = list.split(',').map(BookingState::parse).collect::<Result<Vec<_>, _>>();
            fields.check("state", states)
        }
        None => Some(BookingState::ALL.to_vec()),
    };
    let query = from.zip(to).zip(states).map(|((from, to), mut states)| {
        states.sort_by_key(|state| state.name());
        states.dedup();
        BookingQuery { of: BookingsOf::Platform, states, from, to, most: MOST_SHOWN }
    });
    let query = fields.finish(query)?;
    let found = appointments.app.store.bookings(&allowed.practice, &query).await?;
    let bookings = found.bookings.into_iter().map(BookingView::from).collect();
    Ok(Json(BookingList { bookings, more: found.more }))
}

/// Send a booking again, by the practice's settings and staff as they are now: one query.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/{bookingId}/resend", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 202, body = BookingView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn resend_booking(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
    Path(path): Path<BookingPath>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let id = path.known()?;
    let practice = &allowed.practice;
    let desk = appointments.desk(practice).await?;
    let (booking, _) = appointments
        .change(&allowed, AuditedAction::BookingResent, &id, |booking, now| {
            if booking.record.cancelled {
                booking.resend(&[], now);
                return Ok(true);
            }
            if booking.record.has_begun(now) {
                return Err(Problem::new(Kind::StartPassed));
            }
            booking.resend(&desk.plan_again(practice, booking, now)?, now);
            Ok(true)
        })
        .await?
        .ok_or_else(unknown)?;
    appointments.wakes.wake_writer(practice).await;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}
