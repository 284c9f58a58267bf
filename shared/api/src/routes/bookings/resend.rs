//! `…/bookings/resend`: all future bookings again, as many as fit into a call.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::{BookingState, Together, time};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{BookingQuery, BookingsOf};
use utoipa::{IntoParams, ToSchema};

use super::AppointmentsApp;
use crate::App;
use crate::caller::{Allowed, KeepBookings};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, ProblemBody};

/// Which bookings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResendParameters {
    /// From this day on, on the practice's clock: `nextFrom` of the answer before. From today when
    /// nothing is said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
}

/// What a resend of everything came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resent {
    /// How many future bookings are on their way again.
    resent: usize,
    /// There are more than one call has time for: ask again, from `nextFrom` on.
    more: bool,
    /// The day of the first booking whose turn did not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    next_from: Option<Date>,
}

/// Send all future bookings again, by the practice's settings and staff as they are now: one query
/// each, and one for each attendant of a visit to several. Those whose practitioner Bp does not know now stay as they are.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/resend", tag = "Bookings",
    params(("practiceId" = String, Path), ResendParameters),
    responses((status = 202, body = Resent), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn resend_bookings(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
    Parameters(parameters): Parameters<ResendParameters>,
) -> Result<(StatusCode, Json<Resent>), Problem> {
    let deadline = App::deadline();
    let mut fields = Checker::default();
    let from = match &parameters.from {
        Some(text) => fields.check("from", parse_day(text)),
        None => Some(Date::MIN),
    };
    let from = fields.finish(from)?;
    let practice = &allowed.practice;
    let desk = appointments.desk(practice).await?;
    let today = time::local(App::now(), desk.zone()?).date();
    let states = BookingState::ALL.into_iter().filter(|state| *state != BookingState::Cancelled);
    let query = BookingQuery {
        of: BookingsOf::Platform,
        states: states.collect(),
        from: Some(from.max(today)),
        to: None,
        most: usize::MAX,
    };
    let bookings = appointments.app.store.bookings(practice, &query).await?.bookings;
    let mut call = OneCall::of(bookings);
    let mut resent = 0;
    let mut outcome = Ok(());
    while let Some(booking) = call.next(deadline.remaining().is_zero()) {
        let again = |booking: &mut Together, now: Timestamp| {
            if booking.record.cancelled || booking.record.has_begun(now) {
                return Ok(false);
            }
            let Ok(planned) = desk.plan_again(practice, booking, now) else {
                return Ok(false);
            };
            booking.resend(&planned, now);
            Ok(true)
        };
        let (id, action) = (&booking.booking_id, AuditedAction::BookingResent);
        match appointments.change(&allowed, action, id, again).await {
            Ok(Some((_, sent))) => resent += usize::from(sent),
            // It has gone since it was listed.
            Ok(None) => {}
            Err(problem) => {
                outcome = Err(problem);
                break;
            }
        }
    }
    // However it ended, what is on its way is on its way.
    if resent > 0 {
        appointments.wakes.wake_writer(practice).await;
    }
    outcome?;
    let next_from = call.rest().map(|booking| booking.visit.start.date());
    Ok((StatusCode::ACCEPTED, Json(Resent { resent, more: next_from.is_some(), next_from })))
}

/// As much as one call has time for.
struct OneCall<T> {
    waiting: VecDeque<T>,
    begun: bool,
}

impl<T> OneCall<T> {
    fn of(all: Vec<T>) -> Self {
        Self { waiting: all.into(), begun: false }
    }

    /// Whose turn it is, unless the time is over. The first one has its turn in any case, so that
    /// whoever goes on gets on.
    fn next(&mut self, is_over: bool) -> Option<T> {
        if is_over && self.begun {
            return None;
        }
        self.begun = true;
        self.waiting.pop_front()
    }

    /// The first whose turn did not come.
    fn rest(&self) -> Option<&T> {
        self.waiting.front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_a_call_is_left_for_the_next_one() {
        let mut call = OneCall::of(vec![1, 2, 3]);
        assert_eq!((call.next(false), call.next(false)), (Some(1), Some(2)));
        assert_eq!((call.next(true), call.rest()), (None, Some(&3)));
        let mut next = OneCall::of(vec![3, 4]);
        assert_eq!(next.next(true), Some(3), "a call that brings nothing on");
        assert_eq!((next.next(true), next.rest()), (None, Some(&4)));
        let mut last = OneCall::of(vec![4]);
        assert_eq!((last.next(false), last.next(false), last.rest()), (Some(4), None, None));
    }
}
