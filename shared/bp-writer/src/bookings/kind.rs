//! Bookings as a [`Kind`] of work: what to push, and what Bp's answers mean.

use crate::{FailReason, Kind, NoCommand, Status, Verdict, WaitReason};
use aws::events::EventKind;
use best_practice::{BpError, StatementPack, read_lookup, read_push};
use domain::booking::{Booking, BookingState, NextStep, Role};
use domain::connection::Database;
use domain::problem::ProblemType;
use domain::schedule::{Job, until_compared_again};
use halo::{Command, Row};
use jiff::Timestamp;
use store::work::{Entry, Listing, WorkKey, WorkKind};
use store::{booking_listing, booking_revised};

/// Bookings as a kind of work. Each is pushed into Bp's appointment book with one query.
#[derive(Clone, Debug)]
pub struct Bookings {
    pack: StatementPack,
}

impl Bookings {
    /// Uses the statements of this pack.
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

    async fn command(&self, booking: &mut Booking, now: Timestamp) -> Result<Command, NoCommand> {
        if booking.never_left() && booking.cancelled {
            booking.cancel_unsent(now);
            return Err(NoCommand::Verdict(Verdict::Done));
        }
        // If Bp was asked before, an appointment may stand at an earlier time. The push takes it out.
        if booking.never_left() && booking.is_too_late(now) {
            booking.fail(ProblemType::StartPassed, now);
            return Err(NoCommand::Verdict(Verdict::Refused));
        }
        booking.mark_sent();
        Ok(self.pack.push_booking(booking, now))
    }

    fn depends_on_others(&self, booking: &Booking) -> bool {
        booking.minds_others()
    }

    fn consider_others(
        &self,
        booking: &mut Booking,
        open: &[Booking],
        now: Timestamp,
    ) -> Result<(), NoCommand> {
        booking
            .consider_others(open, now)
            .map_or(Ok(()), |again_at| Err(NoCommand::Verdict(Verdict::Blocked { again_at })))
    }

    fn unblocks_others(&self, before: &Booking, after: &Booking) -> bool {
        before.freed(after).is_some()
    }

    fn unblocks(&self, before: &Booking, after: &Booking, other: &Booking) -> bool {
        before.freed(after).is_some_and(|slot| other.waits_for(slot))
    }

    fn whole(&self, booking: &Booking) -> Option<WorkKey> {
        let part = booking.role == Role::Attendant;
        part.then(|| WorkKey::booking(booking.booking_id.as_str()))
    }

    fn is_whole(&self, booking: &Booking) -> bool {
        booking.role == Role::Whole
    }

    fn concerns_whole(&self, before: &Booking, after: &Booking) -> bool {
        before.attendant() != after.attendant()
    }

    fn combine(
        &self,
        whole: &mut Entry<Booking>,
        parts: &mut [Entry<Booking>],
        now: Timestamp,
    ) -> Option<EventKind> {
        let mut bookings: Vec<Booking> = parts.iter().map(|part| part.body.clone()).collect();
        let news = whole.body.combine(&mut bookings, now);
        for (part, booking) in parts.iter_mut().zip(bookings) {
            *part = booking_revised(part.clone(), booking, now);
        }
        news.then(|| event(&whole.body)).flatten()
    }

    fn lookup(&self, booking: &Booking) -> Command {
        self.pack.booking_lookup(booking)
    }

    fn read(
        &self,
        booking: &mut Booking,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError> {
        let pushed = read_push(rows)?;
        Ok(verdict(booking.apply(pushed, now)))
    }

    fn read_lookup(
        &self,
        booking: &mut Booking,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError> {
        let found = read_lookup(booking, rows)?;
        Ok(booking.lost_push(&found, now).map(|pushed| {
            // What is in Bp was compared with what is wanted now.
            booking.mark_sent();
            verdict(booking.apply(pushed, now))
        }))
    }

    fn set_status(&self, booking: &mut Booking, status: &Status, now: Timestamp) {
        if booking.role == Role::Whole {
            // Its parts show it.
            return;
        }
        match status {
            Status::Sending { .. } => booking.sending(now),
            Status::Waiting { reason: WaitReason::Practice(reason), next } => {
                booking.wait(reason.problem(), *next, now);
            }
            Status::Waiting { reason: WaitReason::Doubt | WaitReason::NextAttempt, next } => {
                booking.next_attempt_at = *next;
            }
            Status::Failed(reason) => {
                booking.fail(failed(*reason), now);
            }
        }
    }

    fn later_check(&self, booking: &Booking, now: Timestamp) -> Option<(Job, Timestamp)> {
        let begins = booking.planned.starts_at.duration_since(now);
        Some((Job::Reconcile, now + until_compared_again(Some(begins))))
    }

    fn listing(&self, booking: &Booking) -> Listing {
        booking_listing(booking)
    }

    fn event(&self, before: &Booking, after: &Booking) -> Option<EventKind> {
        // For a visit to several attendants, the event of the whole is published, once.
        let same = (before.state, before.problem) == (after.state, after.problem);
        if same || after.role != Role::Alone { None } else { event(after) }
    }
}

/// The event of a booking that has reached this state.
fn event(booking: &Booking) -> Option<EventKind> {
    match booking.state {
        BookingState::Synced if booking.was_put_back() && !booking.is_found_arrived() => {
            Some(EventKind::BookingRestored)
        }
        BookingState::Synced => Some(EventKind::BookingSynced),
        BookingState::Cancelled => Some(EventKind::BookingCancelled),
        BookingState::NotSent => Some(EventKind::BookingNotSent),
        BookingState::Conflict => Some(EventKind::BookingConflict),
        BookingState::Failed => Some(EventKind::BookingFailed),
        BookingState::Pending | BookingState::Waiting => None,
    }
}

fn verdict(next: NextStep) -> Verdict {
    match next {
        NextStep::Done => Verdict::Done,
        NextStep::Again(again_at) => Verdict::Blocked { again_at },
        NextStep::Failed => Verdict::Refused,
    }
}

/// The problem of a booking that the writer gave up. A person can look for a booking in Bp's
/// appointment book, so an unverified booking has a problem of its own.
fn failed(reason: FailReason) -> ProblemType {
    match reason {
        FailReason::Unverifiable => ProblemType::BookingUnverified,
        other => other.problem(),
    }
}
