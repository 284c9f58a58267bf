//! `…/bookings/resend`: resends future bookings, as many as possible in one call.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State;
use domain::attachments::parse_day;
use domain::audit::AuditedAction;
use domain::booking::{BookingState, Together, time};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{BookingQuery, BookingsOf, StoreError};
use utoipa::{IntoParams, ToSchema};

use crate::accepted::Accepted;
use crate::app::App;
use crate::caller::{Allowed, ManageBookings};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, Problems};

/// Which bookings to resend.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResendParameters {
    /// Resend bookings from this date on, in the practice's time zone: the `nextFrom` of the previous
    /// answer. Today by default.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
}

/// The result of resending all future bookings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resent {
    /// How many bookings were resent.
    resent: usize,
    /// Whether there are more bookings than one call has time for. If so, call again with `nextFrom`.
    more: bool,
    /// The date of the first booking that was not resent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, nullable = false)]
    next_from: Option<Date>,
}

/// Resend all future bookings.
///
/// Sends them to Bp again, with the practice's settings and staff as they are now. Costs one query per
/// booking, or one per attendant if there are several. A booking whose practitioner is unknown to Bp stays
/// unchanged, and so does one with `send: false`.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/bookings/resend", tag = "Bookings",
    params(("practiceId" = String, Path), ResendParameters),
    responses((status = 202, body = Resent), Problems))]
pub(crate) async fn resend_bookings(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    Parameters(parameters): Parameters<ResendParameters>,
) -> Result<Accepted<Resent>, Problem> {
    let deadline = App::deadline();
    let mut fields = Checker::default();
    let from = match &parameters.from {
        Some(text) => fields.check("from", parse_day(text)),
        None => Some(Date::MIN),
    };
    let from = fields.finish(from)?;
    let practice = &allowed.practice;
    let planner = app.booking_planner(practice).await?;
    let today = time::local(App::now(), planner.zone()?).date();
    let is_out =
        |state: &BookingState| matches!(state, BookingState::Cancelled | BookingState::NotSent);
    let states = BookingState::ALL.into_iter().filter(|state| !is_out(state));
    let query = BookingQuery {
        of: BookingsOf::Platform,
        states: states.collect(),
        from: Some(from.max(today)),
        to: None,
        after: None,
        most: usize::MAX,
    };
    let found = app.store.bookings(practice, &query).await?;
    if found.left_out > 0 {
        // An answer that counts only the others would hide that some were not resent.
        return Err(StoreError::NewerFormat.into());
    }
    let mut queue = TimedQueue::of(found.bookings);
    let mut resent = 0;
    let mut outcome = Ok(());
    while let Some(booking) = queue.next(deadline.remaining().is_zero()) {
        let again = |booking: &mut Together, now: Timestamp| {
            if booking.record.cancelled || booking.record.has_begun(now) {
                return Ok(false);
            }
            let Ok(planned) = planner.plan_again(practice, booking, now) else {
                return Ok(false);
            };
            booking.resend(&planned, now);
            Ok(true)
        };
        let (id, action) = (&booking.booking_id, AuditedAction::BookingResent);
        match app.change_booking(&allowed, action, id, again).await {
            Ok(Some((_, sent))) => resent += usize::from(sent),
            // The booking was removed after it was listed.
            Ok(None) => {}
            Err(problem) => {
                outcome = Err(problem);
                break;
            }
        }
    }
    // The writer is woken after a failure as well, because some bookings may have been resent.
    if resent > 0 {
        app.wake_writer(practice).await;
    }
    outcome?;
    let next_from = queue.rest().map(|booking| booking.visit.start.date());
    let resent = Resent { resent, more: next_from.is_some(), next_from };
    // The bookings that this call may have resent.
    Ok(Accepted::at(format!("../bookings?from={}", from.max(today)), resent))
}

/// Bookings that are taken one after the other while there is time.
struct TimedQueue<T> {
    waiting: VecDeque<T>,
    begun: bool,
}

impl<T> TimedQueue<T> {
    fn of(all: Vec<T>) -> Self {
        Self { waiting: all.into(), begun: false }
    }

    /// The next booking, unless the time is over. The first booking is returned in any case, so that every
    /// call makes progress.
    fn next(&mut self, is_over: bool) -> Option<T> {
        if is_over && self.begun {
            return None;
        }
        self.begun = true;
        self.waiting.pop_front()
    }

    /// The first booking that was not taken.
    fn rest(&self) -> Option<&T> {
        self.waiting.front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_a_call_is_left_for_the_next_one() {
        let mut call = TimedQueue::of(vec![1, 2, 3]);
        assert_eq!((call.next(false), call.next(false)), (Some(1), Some(2)));
        assert_eq!((call.next(true), call.rest()), (None, Some(&3)));
        let mut next = TimedQueue::of(vec![3, 4]);
        assert_eq!(next.next(true), Some(3), "a call that brings nothing on");
        assert_eq!((next.next(true), next.rest()), (None, Some(&4)));
        let mut last = TimedQueue::of(vec![4]);
        assert_eq!((last.next(false), last.next(false), last.rest()), (Some(4), None, None));
    }
}
