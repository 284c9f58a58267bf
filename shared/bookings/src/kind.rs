//! A booking as a kind of site work.

use best_practice::{BpError, StatementPack, read_lookup, read_push, settled_by_lookup};
use domain::booking::{Booking, BookingProblem, BookingState, Followed};
use domain::ids::SiteId;
use halo::{Command, Row};
use jiff::Timestamp;
use runtime::events::EventKind;
use site_work::{Failure, Kind, Step, Unready, Verdict, Waiting};
use store::booking_listing;
use store::work::{Listing, ParkReason, WorkKind};

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

    fn site<'e>(&self, booking: &'e Booking) -> &'e SiteId {
        &booking.planned.site
    }

    async fn command(&self, booking: &mut Booking, now: Timestamp) -> Result<Command, Unready> {
        if booking.never_left() && booking.cancelled {
            booking.forget(now);
            return Err(Unready::Nothing);
        }
        // What Bp was asked for before may stand at an earlier time: that is taken out.
        if booking.never_left() && booking.is_too_late(now) {
            booking.over(BookingProblem::StartPassed, now);
            return Err(Unready::Refused);
        }
        booking.ask();
        Ok(self.pack.push_booking(booking, now))
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
        let found = read_lookup(rows)?;
        Ok(settled_by_lookup(booking, &found, now).map(|pushed| {
            // What is there was compared with what is wanted now.
            booking.ask();
            verdict(booking.settle(pushed, now))
        }))
    }

    fn note(&self, booking: &mut Booking, step: &Step, now: Timestamp) {
        match step {
            Step::Sending { .. } => booking.sending(now),
            Step::Waiting { reason: Waiting::Practice(reason), next } => {
                booking.wait(obstacle(*reason), *next, now);
            }
            Step::Waiting { reason: Waiting::Doubt | Waiting::NextAttempt, next } => {
                booking.next_attempt_at = *next;
            }
            Step::Failed(failure) => {
                booking.over(failed(*failure), now);
            }
        }
    }

    fn listing(&self, booking: &Booking) -> Listing {
        booking_listing(booking)
    }

    fn event(&self, before: &Booking, after: &Booking) -> Option<EventKind> {
        if (before.state, before.problem) == (after.state, after.problem) {
            return None;
        }
        match after.state {
            // A cancelled booking that has left the book is as it should be.
            BookingState::Synced | BookingState::Cancelled => Some(EventKind::BookingSynced),
            BookingState::Conflict => Some(EventKind::BookingConflict),
            BookingState::Failed => Some(EventKind::BookingFailed),
            BookingState::Pending | BookingState::Waiting => None,
        }
    }
}

fn verdict(followed: Followed) -> Verdict {
    match followed {
        Followed::Done => Verdict::Done,
        Followed::Again(again_at) => Verdict::Blocked { again_at },
        Followed::Over => Verdict::Refused,
    }
}

fn obstacle(reason: ParkReason) -> BookingProblem {
    match reason {
        ParkReason::Offline => BookingProblem::SiteOffline,
        ParkReason::NotConnected => BookingProblem::NotConnected,
        ParkReason::Revoked => BookingProblem::NotEnabled,
        ParkReason::SiteChanged => BookingProblem::SiteChanged,
        ParkReason::HaloUnavailable | ParkReason::RateLimited => BookingProblem::HaloUnavailable,
        ParkReason::Refused => BookingProblem::HaloRefuses,
    }
}

fn failed(failure: Failure) -> BookingProblem {
    match failure {
        Failure::NotPermitted => BookingProblem::NotPermitted,
        Failure::NotInThisRelease => BookingProblem::ReleaseDiffers,
        Failure::TooLong | Failure::RequestRefused | Failure::DatabaseRefused => {
            BookingProblem::Refused
        }
        Failure::Unverifiable => BookingProblem::Unverified,
        Failure::SiteChanged => BookingProblem::SiteChanged,
    }
}
