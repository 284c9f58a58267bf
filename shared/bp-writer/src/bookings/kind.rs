//! A booking as a kind of site work.

use crate::{Failure, Kind, Step, Unready, Verdict, Waiting};
use aws::events::EventKind;
use best_practice::{BpError, StatementPack, read_lookup, read_push, settled_by_lookup};
use domain::booking::{Booking, BookingState, NextStep, Role};
use domain::connection::Database;
use domain::problem::ProblemType;
use domain::schedule::{Job, until_compared_again};
use halo::{Command, Row};
use jiff::Timestamp;
use store::work::{Entry, Listing, WorkKey, WorkKind};
use store::{booking_listing, booking_revised};

/// Pushes bookings into Bp's appointment book, one query each.
#[derive(Clone, Debug)]
pub struct Bookings {
    pack: StatementPack,
}

impl Bookings {
    /// In the statements of this pack.
    #[must_use]
    pub fn new(pack: StatementPack) -> Self {
        Self { pack }
    }
}

impl Kind for Bookings {
    const KIND: WorkKind = WorkKind::Booking;
    type Entity = Booking;

    fn site<'e>(&self, booking: &'e Booking) -> &'e Database {
        &booking.planned.site
    }

    async fn command(&self, booking: &mut Booking, now: Timestamp) -> Result<Command, Unready> {
        if booking.never_left() && booking.cancelled {
            booking.cancel_unsent(now);
            return Err(Unready::Nothing);
        }
        // What Bp was asked for before may stand at an earlier time: that is taken out.
        if booking.never_left() && booking.is_too_late(now) {
            booking.fail(ProblemType::StartPassed, now);
            return Err(Unready::Refused);
        }
        booking.mark_sent();
        Ok(self.pack.push_booking(booking, now))
    }

    fn minds_others(&self, booking: &Booking) -> bool {
        booking.minds_others()
    }

    fn mind_others(
        &self,
        booking: &mut Booking,
        open: &[Booking],
        now: Timestamp,
    ) -> Result<(), Unready> {
        booking.make_way(open, now).map_or(Ok(()), |again_at| Err(Unready::Blocked { again_at }))
    }

    fn frees_others(&self, before: &Booking, after: &Booking) -> bool {
        before.freed(after).is_some()
    }

    fn frees(&self, before: &Booking, after: &Booking, other: &Booking) -> bool {
        before.freed(after).is_some_and(|slot| other.waits_for(slot))
    }

    fn whole(&self, booking: &Booking) -> Option<WorkKey> {
        let part = booking.role == Role::Attendant;
        part.then(|| WorkKey::booking(booking.booking_id.as_str()))
    }

    fn is_whole(&self, booking: &Booking) -> bool {
        booking.role == Role::Whole
    }

    fn bears_on_whole(&self, before: &Booking, after: &Booking) -> bool {
        before.attendant() != after.attendant()
    }

    fn gather(
        &self,
        whole: &mut Entry<Booking>,
        parts: &mut [Entry<Booking>],
        now: Timestamp,
    ) -> Option<EventKind> {
        let mut bookings: Vec<Booking> = parts.iter().map(|part| part.body.clone()).collect();
        let news = whole.body.gather(&mut bookings, now);
        for (part, booking) in parts.iter_mut().zip(bookings) {
            *part = booking_revised(part.clone(), booking, now);
        }
        news.then(|| event(&whole.body)).flatten()
    }

    fn lookup(&self, booking: &Booking) -> Command {
        self.pack.look_for_booking(booking)
    }

    fn read(
        &self,
        booking: &mut Booking,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError> {
        let pushed = read_push(rows)?;
        Ok(verdict(booking.settle(pushed, now)))
    }

    fn read_lookup(
        &self,
        booking: &mut Booking,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError> {
        let found = read_lookup(booking, rows)?;
        Ok(settled_by_lookup(booking, &found, now).map(|pushed| {
            // What is there was compared with what is wanted now.
            booking.mark_sent();
            verdict(booking.settle(pushed, now))
        }))
    }

    fn note(&self, booking: &mut Booking, step: &Step, now: Timestamp) {
        if booking.role == Role::Whole {
            // Its parts are told.
            return;
        }
        match step {
            Step::Sending { .. } => booking.sending(now),
            Step::Waiting { reason: Waiting::Practice(reason), next } => {
                booking.wait(reason.problem(), *next, now);
            }
            Step::Waiting { reason: Waiting::Doubt | Waiting::NextAttempt, next } => {
                booking.next_attempt_at = *next;
            }
            Step::Failed(failure) => {
                booking.fail(failed(*failure), now);
            }
        }
    }

    fn looked_after(&self, booking: &Booking, now: Timestamp) -> Option<(Job, Timestamp)> {
        let begins = booking.planned.starts_at.duration_since(now);
        Some((Job::Reconcile, now + until_compared_again(Some(begins))))
    }

    fn listing(&self, booking: &Booking) -> Listing {
        booking_listing(booking)
    }

    fn event(&self, before: &Booking, after: &Booking) -> Option<EventKind> {
        // Of a visit to several attendants the whole is told, once.
        let same = (before.state, before.problem) == (after.state, after.problem);
        if same || after.role != Role::Alone { None } else { event(after) }
    }
}

/// What platforms are told of a booking that has come to this state.
fn event(booking: &Booking) -> Option<EventKind> {
    match booking.state {
        BookingState::Synced if booking.was_put_back() && !booking.is_left_arrived() => {
            Some(EventKind::BookingRestored)
        }
        BookingState::Synced => Some(EventKind::BookingSynced),
        BookingState::Cancelled => Some(EventKind::BookingCancelled),
        BookingState::Conflict => Some(EventKind::BookingConflict),
        BookingState::Failed => Some(EventKind::BookingFailed),
        BookingState::Pending | BookingState::Waiting => None,
    }
}

fn verdict(followed: NextStep) -> Verdict {
    match followed {
        NextStep::Done => Verdict::Done,
        NextStep::Again(again_at) => Verdict::Blocked { again_at },
        NextStep::Failed => Verdict::Refused,
    }
}

/// What the machinery's word means for a booking. Whether it is in Bp is looked up in the appointment
/// book there, unlike a document.
fn failed(failure: Failure) -> ProblemType {
    match failure {
        Failure::Unverifiable => ProblemType::BookingUnverified,
        other => other.problem(),
    }
}
