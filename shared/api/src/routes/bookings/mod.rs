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
use domain::Sha256;
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, BookingState, Visit};
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::work::{Accepted, BodyHash, Entry, WorkKey};
use store::{BookingQuery, StoreError, booking_listing};
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

    async fn entry(
        &self,
        practice: &PracticeId,
        booking: &BookingId,
    ) -> Result<Option<Entry<Booking>>, Problem> {
        let found = self.app.store.work(practice, &WorkKey::booking(booking.as_str())).await?;
        Ok(found.map(Entry::read).transpose()?)
    }

    /// Keeps a known booking after a change, and says so to the lane.
    async fn reopen(
        &self,
        practice: &PracticeId,
        entry: Entry<Booking>,
        body: Booking,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = hash(&body);
        let listing = booking_listing(&body);
        let entry = entry.reopened(body, hash, &listing, now);
        self.app.store.reopen_work(practice, &entry, now).await
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
            let known = self.entry(practice, id).await?;
            if let Some(entry) = known.as_ref().filter(|entry| entry.body.is(visit)) {
                return Ok(entry.body.clone());
            }
            let desk = self.desk(practice).await?;
            let planned = desk.plan(visit, &Token::of(practice, id), now)?;
            if round == 0 {
                self.note(allowed, AuditedAction::BookingChanged, id).await?;
            }
            match known {
                None => {
                    let zone = desk.zone()?;
                    let booking =
                        Booking::accept(practice, id.clone(), visit.clone(), planned, zone, now);
                    let key = WorkKey::booking(id.as_str());
                    let listing = booking_listing(&booking);
                    let entry = Entry::new(key, booking.clone(), hash(&booking), &listing, now);
                    match self.app.store.accept_work(practice, &entry, now).await? {
                        Accepted::New => {
                            self.wakes.wake_writer(practice).await;
                            return Ok(booking);
                        }
                        // Somebody else was first: look at what they left.
                        Accepted::Known(_) | Accepted::Different(_) => {}
                    }
                }
                Some(entry) => {
                    let mut booking = entry.body.clone();
                    booking.change(visit.clone(), planned, now);
                    match self.reopen(practice, entry, booking.clone(), now).await {
                        Ok(()) => {
                            self.wakes.wake_writer(practice).await;
                            return Ok(booking);
                        }
                        Err(StoreError::Conflict) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Err(Problem::new(Kind::Conflict))
    }

    /// Changes a known booking; `None` from `change` when there is nothing to do. The booking as it is
    /// then, and whether it was changed; `None` for a booking that nobody knows.
    async fn change(
        &self,
        allowed: &Allowed<KeepBookings>,
        action: AuditedAction,
        id: &BookingId,
        change: impl Fn(&Booking, Timestamp) -> Result<Option<Booking>, Problem>,
    ) -> Result<Option<(Booking, bool)>, Problem> {
        let practice = &allowed.practice;
        for round in 0..TRIES {
            let now = App::now();
            let Some(entry) = self.entry(practice, id).await? else { return Ok(None) };
            let Some(booking) = change(&entry.body, now)? else {
                return Ok(Some((entry.body, false)));
            };
            if round == 0 {
                self.note(allowed, action, id).await?;
            }
            match self.reopen(practice, entry, booking.clone(), now).await {
                Ok(()) => return Ok(Some((booking, true))),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Kind::Conflict))
    }
}

/// What the platform wants, in short.
fn hash(booking: &Booking) -> BodyHash {
    let wanted = serde_json::to_vec(&(&booking.visit, booking.cancelled)).unwrap_or_default();
    BodyHash(Sha256::of(&wanted).to_string())
}

/// Book, or change a booking. The same body again changes nothing; another one moves the appointment,
/// or corrects its length or text.
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
            let mut booking = booking.clone();
            Ok(booking.cancel(now).then_some(booking))
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
    let booking = appointments.entry(practice, &id).await?.ok_or_else(unknown)?.body;
    let marks = booking.blocked_by.clone();
    let day = Some(booking.planned.placement.day);
    let view = BookingView::from(booking);
    if marks.is_empty() {
        return Ok(Json(view));
    }
    let states = BookingState::ALL.to_vec();
    let query = BookingQuery { states, from: day, to: day, most: MOST_SHOWN };
    let others = appointments.app.store.bookings(practice, &query).await?.bookings.into_iter();
    let others = others.filter(|other| marks.contains(&other.token));
    Ok(Json(view.blocked_by(others.map(|other| other.booking_id))))
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
        BookingQuery { states, from, to, most: MOST_SHOWN }
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
            let mut again = booking.clone();
            if booking.cancelled {
                again.resend(None, now);
                return Ok(Some(again));
            }
            if booking.has_begun(now) {
                return Err(Problem::new(Kind::StartPassed));
            }
            again.resend(Some(desk.plan(&booking.visit, &booking.token, now)?), now);
            Ok(Some(again))
        })
        .await?
        .ok_or_else(unknown)?;
    appointments.wakes.wake_writer(practice).await;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}
