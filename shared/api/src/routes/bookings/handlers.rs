//! Handlers for single bookings and for lists of bookings.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::{Booking, BookingId, BookingState};
use serde::{Deserialize, Serialize};
use store::work::WorkKey;
use store::{BookingQuery, BookingsOf};
use utoipa::ToSchema;

use super::request::BookingRequest;
use super::view::BookingView;
use crate::app::App;
use crate::caller::{Allowed, ManageBookings, SeeBookings};
use crate::input::{Body, Checker, Parameters};
use crate::problem::{Problem, ProblemType, Problems};

/// The largest number of bookings in a list.
const LONGEST_LIST: usize = 1000;

/// Bookings, earliest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingList {
    bookings: Vec<BookingView>,
    /// Whether there are more bookings. If so, ask for a shorter time.
    more: bool,
}

/// The path of one booking.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookingPath {
    booking_id: String,
}

impl BookingPath {
    /// A text that cannot be a booking's id belongs to no booking.
    fn known(&self) -> Result<BookingId, Problem> {
        BookingId::parse(&self.booking_id).map_err(|_| unknown_booking())
    }
}

fn unknown_booking() -> Problem {
    Problem::because(ProblemType::NotFound, "The practice has no such booking.")
}

/// Which bookings to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParameters {
    from: Option<String>,
    to: Option<String>,
    state: Option<String>,
}

/// Create or change a booking.
///
/// The same body again changes nothing. A different body moves the appointment, or corrects its duration
/// or text.
///
/// A visit to several attendants is one booking with one state. Each attendant has their own appointment
/// in Bp, and all of them are moved, changed and cancelled together. An attendant who is no longer named
/// is cancelled, and a newly named attendant is added. If an attendant cannot be booked at all, for
/// example because they are not on the staff list, the request is refused and names them.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    request_body = BookingRequest,
    responses((status = 202, body = BookingView), Problems))]
pub(crate) async fn save_booking(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    Path(path): Path<BookingPath>,
    Body(request): Body<BookingRequest>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let (id, visit) = request.read(&path.booking_id)?;
    let booking = app.save_visit(&allowed, &id, &visit).await?;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}

/// Cancel a booking.
///
/// Answers 204 if the booking is already out of Bp's appointment book.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 202, body = BookingView), (status = 204), Problems))]
pub(crate) async fn cancel_booking(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    Path(path): Path<BookingPath>,
) -> Result<Response, Problem> {
    let id = path.known()?;
    let (booking, changed) = app
        .change_booking(&allowed, AuditedAction::BookingCancelled, &id, |booking, now| {
            Ok(booking.cancel(now))
        })
        .await?
        .ok_or_else(unknown_booking)?;
    if changed {
        app.wake_writer(&allowed.practice).await;
    }
    Ok(match booking.state {
        BookingState::Cancelled => StatusCode::NO_CONTENT.into_response(),
        _ => (StatusCode::ACCEPTED, Json(BookingView::from(booking))).into_response(),
    })
}

/// Show a booking.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/bookings/{bookingId}", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 200, body = BookingView), Problems))]
pub(crate) async fn read_booking(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeBookings>,
    Path(path): Path<BookingPath>,
) -> Result<Json<BookingView>, Problem> {
    let id = path.known()?;
    let practice = &allowed.practice;
    let key = WorkKey::booking(id.as_str());
    let entry = app.store.work(practice, &key).await?.ok_or_else(unknown_booking)?;
    let booking = entry.read::<Booking>()?.body;
    let day = Some(booking.planned.placement.day);
    if booking.blocked_by.is_empty() {
        return Ok(Json(BookingView::from(booking)));
    }
    let states = BookingState::ALL.to_vec();
    let of = BookingsOf::Book;
    let query = BookingQuery { of, states, from: day, to: day, most: usize::MAX };
    let others = app.store.bookings(practice, &query).await?.bookings;
    Ok(Json(BookingView::of(booking, &others)))
}

/// List bookings by date and state, earliest first.
///
/// While a new version of the service is being deployed, a booking may be missing for some minutes.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/bookings", tag = "Bookings",
    params(("practiceId" = String, Path),
        ("from" = Option<String>, Query, format = Date, description = "The first day, in the practice's time zone."),
        ("to" = Option<String>, Query, format = Date, description = "The last day, in the practice's time zone."),
        ("state" = Option<Vec<BookingState>>, Query, style = Form, explode = false, min_items = 1, description = "One or more states, separated by commas. All states by default.")),
    responses((status = 200, body = BookingList), Problems))]
pub(crate) async fn list_bookings(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeBookings>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Json<BookingList>, Problem> {
    let mut fields = Checker::default();
    let mut day = |name: &str, text: &Option<String>| match text {
        Some(text) => fields.check(name, parse_day(text)).map(Some),
        None => Some(None),
    };
    let (from, to) = (day("from", &parameters.from), day("to", &parameters.to));
    let states = match &parameters.state {
        Some(list) => {
            let states = list.split(',').map(BookingState::parse).collect::<Result<Vec<_>, _>>();
            fields.check("state", states)
        }
        None => Some(BookingState::ALL.to_vec()),
    };
    let query = from.zip(to).zip(states).map(|((from, to), mut states)| {
        states.sort_by_key(|state| state.name());
        states.dedup();
        BookingQuery { of: BookingsOf::Platform, states, from, to, most: LONGEST_LIST }
    });
    let query = fields.finish(query)?;
    let found = app.store.bookings(&allowed.practice, &query).await?;
    let bookings = found.bookings.into_iter().map(BookingView::from).collect();
    Ok(Json(BookingList { bookings, more: found.more }))
}

/// Resend a booking.
///
/// Sends the booking to Bp again, with the practice's settings and staff as they are now. Costs one query.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/{bookingId}/resend", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 202, body = BookingView), Problems))]
pub(crate) async fn resend_booking(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    Path(path): Path<BookingPath>,
) -> Result<(StatusCode, Json<BookingView>), Problem> {
    let id = path.known()?;
    let practice = &allowed.practice;
    let planner = app.booking_planner(practice).await?;
    let (booking, _) = app
        .change_booking(&allowed, AuditedAction::BookingResent, &id, |booking, now| {
            if booking.record.cancelled {
                booking.resend(&[], now);
                return Ok(true);
            }
            if booking.record.has_begun(now) {
                return Err(Problem::new(ProblemType::StartPassed));
            }
            booking.resend(&planner.plan_again(practice, booking, now)?, now);
            Ok(true)
        })
        .await?
        .ok_or_else(unknown_booking)?;
    app.wake_writer(practice).await;
    Ok((StatusCode::ACCEPTED, Json(booking.into())))
}
