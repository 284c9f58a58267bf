//! `…/bookings`: representatives' visits on their way into Bp's appointment book (booking guide,
//! section 2.4). The platform's word is kept before it is answered; Bp is told by the practice's one
//! writer.

mod desk;
mod request;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, BookingState, Visit, time};
use domain::ids::PracticeId;
use jiff::Timestamp;
use runtime::queues::Queues;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::work::{Accepted, BodyHash, Entry, WorkKey};
use store::{BookingQuery, StoreError, booking_listing};
use utoipa::ToSchema;

use self::desk::Desk;
use self::request::BookingRequest;
pub use self::view::BookingView;
use crate::App;
use crate::caller::{Allowed, KeepBookings, SeeBookings};
use crate::input::{Body, Checker, Parameters};
use crate::problem::{Kind, Problem, ProblemBody};

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
    pub queues: Queues,
}

/// Bookings, earliest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingList {
    bookings: Vec<BookingView>,
    /// There are more: ask for a shorter time.
    more: bool,
}

/// What a resend of everything came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resent {
    /// How many future bookings are on their way again.
    resent: usize,
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

    /// Wakes the writer. What is kept is found without it, only later.
    async fn wake(&self, practice: &PracticeId) {
        if self.queues.wake_site(practice.as_str(), Duration::ZERO).await.is_err() {
            tracing::warn!(practice = practice.as_str(), "the site's writer could not be woken");
        }
    }

    /// Keeps what the platform wants.
    async fn keep(
        &self,
        practice: &PracticeId,
        id: &BookingId,
        visit: &Visit,
    ) -> Result<Booking, Problem> {
        for _ in 0..TRIES {
            let now = App::now();
            let known = self.entry(practice, id).await?;
            if let Some(entry) = known.as_ref().filter(|entry| entry.body.is(visit)) {
                return Ok(entry.body.clone());
            }
            let desk = self.desk(practice).await?;
            let planned = desk.plan(visit, &Token::of(practice, id), now)?;
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
                            self.wake(practice).await;
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
                            self.wake(practice).await;
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

    /// Changes a known booking; `None` from `change` when there is nothing to do.
    async fn change(
        &self,
        practice: &PracticeId,
        id: &BookingId,
        change: impl Fn(&Booking, Timestamp) -> Result<Option<Booking>, Problem>,
    ) -> Result<(Booking, bool), Problem> {
        for _ in 0..TRIES {
            let now = App::now();
            let entry = self.entry(practice, id).await?.ok_or_else(unknown)?;
            let Some(booking) = change(&entry.body, now)? else { return Ok((entry.body, false)) };
            match self.reopen(practice, entry, booking.clone(), now).await {
                Ok(()) => return Ok((booking, true)),
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
    let digest = Sha256::digest(wanted);
    BodyHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
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
    let practice = &allowed.practice;
    let booking = appointments.keep(practice, &id, &visit).await?;
    let action = AuditedAction::BookingChanged;
    appointments.app.note(practice, &allowed.caller, action, Vec::new()).await?;
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
    let practice = &allowed.practice;
    let (booking, changed) = appointments
        .change(practice, &id, |booking, now| {
            let mut booking = booking.clone();
            Ok(booking.cancel(now).then_some(booking))
        })
        .await?;
    if changed {
        appointments.wake(practice).await;
        let action = AuditedAction::BookingCancelled;
        appointments.app.note(practice, &allowed.caller, action, Vec::new()).await?;
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
    let entry = appointments.entry(&allowed.practice, &id).await?.ok_or_else(unknown)?;
    Ok(Json(entry.body.into()))
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
        .change(practice, &id, |booking, now| {
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
        .await?;
    appointments.wake(practice).await;
    let action = AuditedAction::BookingResent;
    appointments.app.note(practice, &allowed.caller, action, Vec::new()).await?;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}

/// Send all future bookings again, by the practice's settings and staff as they are now: one query
/// each. Those whose practitioner Bp does not know now stay as they are.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/resend", tag = "Bookings",
    params(("practiceId" = String, Path)),
    responses((status = 202, body = Resent), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn resend_bookings(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
) -> Result<(StatusCode, Json<Resent>), Problem> {
    let practice = &allowed.practice;
    let desk = appointments.desk(practice).await?;
    let today = time::local(App::now(), desk.zone()?).date();
    let states = BookingState::ALL.into_iter().filter(|state| *state != BookingState::Cancelled);
    let query =
        BookingQuery { states: states.collect(), from: Some(today), to: None, most: usize::MAX };
    let mut resent = 0;
    for booking in appointments.app.store.bookings(practice, &query).await?.bookings {
        let (_, sent) = appointments
            .change(practice, &booking.booking_id, |booking, now| {
                if booking.cancelled || booking.has_begun(now) {
                    return Ok(None);
                }
                let Ok(planned) = desk.plan(&booking.visit, &booking.token, now) else {
                    return Ok(None);
                };
                let mut again = booking.clone();
                again.resend(Some(planned), now);
                Ok(Some(again))
            })
            .await?;
        resent += usize::from(sent);
    }
    appointments.wake(practice).await;
    let action = AuditedAction::BookingResent;
    appointments.app.note(practice, &allowed.caller, action, Vec::new()).await?;
    Ok((StatusCode::ACCEPTED, Json(Resent { resent })))
}
