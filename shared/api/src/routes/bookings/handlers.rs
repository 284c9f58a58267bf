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
use crate::accepted::Accepted;
use crate::app::App;
use crate::caller::{Allowed, ManageBookings, SeeBookings};
use crate::input::{AFTER_THE_END, Body, Checker, Parameters, page_size};
use crate::problem::{Problem, ProblemType, Problems};

/// A page of bookings, earliest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookingList {
    items: Vec<BookingView>,
    /// The cursor of the next page. Null on the last page.
    next_cursor: Option<String>,
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
    cursor: Option<String>,
    limit: Option<String>,
}

/// Create or change a booking.
///
/// The same body again changes nothing. A different body moves the appointment, or corrects its duration
/// or text.
///
/// A visit to several attendants is one booking with one state. Each attendant has their own appointment
/// in Bp, and all of them are moved, changed and cancelled together. An attendant who is no longer named
/// is cancelled, and a newly named attendant is added. With `send: false` the booking is kept, but not sent to Bp.
/// If an attendant cannot be booked at all, for
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
) -> Result<Accepted<BookingView>, Problem> {
    let (id, visit) = request.read(&path.booking_id)?;
    let booking = app.save_visit(&allowed, &id, &visit).await?;
    Ok(Accepted::at(path.booking_id, booking.into()))
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
        _ => Accepted::at(path.booking_id, BookingView::from(booking)).into_response(),
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
    let query = BookingQuery { of, states, from: day, to: day, after: None, most: usize::MAX };
    let others = app.store.bookings(practice, &query).await?.bookings;
    Ok(Json(BookingView::of(booking, &others)))
}

/// List bookings by date and state, earliest first.
///
/// A page has at most 200 bookings. Bookings with the same start follow each other in the order of their ids. While a new version of the service is being deployed, a booking may be missing for some minutes.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/bookings", tag = "Bookings",
    params(("practiceId" = String, Path),
        ("from" = Option<String>, Query, format = Date, description = "The first day, in the practice's time zone."),
        ("to" = Option<String>, Query, format = Date, description = "The last day, in the practice's time zone."),
        ("state" = Option<Vec<BookingState>>, Query, style = Form, explode = false, min_items = 1, description = "One or more states, separated by commas. All states by default."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page. Use it with the same `from`, `to` and `state`."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "The number of bookings on a page: 1 to 200, 50 by default.")),
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
    let span = from.zip(to);
    if span.and_then(|(from, to)| from.zip(to)).is_some_and(|(from, to)| from > to) {
        fields.wrong("from", AFTER_THE_END);
    }
    let limit = page_size(&mut fields, parameters.limit.as_ref());
    let ((from, to), mut states, limit) = fields
        .finish(span.zip(states).zip(limit).map(|((span, states), limit)| (span, states, limit)))?;
    states.sort_by_key(|state| state.name());
    states.dedup();
    let (practice, caller) = (&allowed.practice, allowed.caller.subject());
    let key = app.cursors()?.key().await?;
    let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
    let list = ("bookings", practice, caller, from, to, names);
    let after = key.begin(&list, parameters.cursor.as_ref())?;
    let most = usize::from(limit.get());
    let query = BookingQuery { of: BookingsOf::Platform, states, from, to, after, most };
    let found = app.store.bookings(practice, &query).await?;
    let next_cursor = found.next.map(|next| key.seal(&list, &next));
    let items = found.bookings.into_iter().map(BookingView::from).collect();
    Ok(Json(BookingList { items, next_cursor }))
}

/// Resend a booking.
///
/// Sends the booking to Bp again, with the practice's settings and staff as they are now. A booking with
/// `send: false` is not put into the book: it is taken out once more. Costs one query.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/{bookingId}/resend", tag = "Bookings",
    params(("practiceId" = String, Path), ("bookingId" = String, Path)),
    responses((status = 202, body = BookingView), Problems))]
pub(crate) async fn resend_booking(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    Path(path): Path<BookingPath>,
) -> Result<Accepted<BookingView>, Problem> {
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
    Ok(Accepted::at(format!("../{}", path.booking_id), booking.into()))
}
