//! A model of Bp's book, and of the writer, for a booking with several attendants.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::now;
use crate::booking::token::Token;
use crate::booking::{Booking, BookingState, Outcome, Pushed, Slot, Together};
use crate::problem::ProblemType;

/// Bp's book, with the appointments of these bookings.
#[derive(Default)]
pub(super) struct Book {
    /// The slot of each token.
    pub(super) standing: BTreeMap<Token, Slot>,
    /// Doctors and hours that a patient has booked.
    pub(super) taken: BTreeSet<(i64, i64)>,
    pub(super) pushes: usize,
    /// The events that were published.
    pub(super) told: Vec<(BookingState, Option<ProblemType>)>,
}

impl Book {
    /// Pushes a visit to one practitioner, or one attendant's part.
    pub(super) fn push(&mut self, booking: &mut Booking) {
        self.pushes += 1;
        booking.mark_sent();
        let slot = booking.planned.placement.slot();
        let stood = self.standing.get(&booking.token).cloned();
        let outcome = if booking.cancelled {
            self.standing.remove(&booking.token);
            Outcome::Cancelled
        } else if self.taken.contains(&(slot.user.0, slot.time / 3600)) {
            Outcome::Conflict
        } else {
            self.standing.insert(booking.token.clone(), slot.clone());
            match stood {
                None => Outcome::Created,
                Some(at) if at == slot => Outcome::Unchanged,
                Some(_) => Outcome::Moved,
            }
        };
        let stands = self.standing.contains_key(&booking.token);
        let pushed = Pushed {
            outcome,
            appointment: stands.then_some(7),
            created: stands.then(|| "2026-11-20 09:30:00.000".to_owned()),
            outside_sessions: None,
            in_way: Vec::new(),
        };
        booking.apply(pushed, now());
    }

    /// Compares the parts, as the writer does after each change of a part.
    pub(super) fn combine(&mut self, together: &mut Together) {
        if together.record.combine(&mut together.parts, now()) {
            let record = &together.record;
            self.told.push((record.state, record.problem));
            let told = record.state;
            assert!(!record.cancelled || told != BookingState::Synced, "{record:?}");
        }
    }

    /// Whether a part must be pushed: now, or when its next attempt is due.
    fn is_due(booking: &Booking, retry: bool) -> bool {
        match booking.state {
            BookingState::Pending => true,
            BookingState::Conflict => retry,
            _ => false,
        }
    }

    /// Pushes the parts that are on their way, in any order, until there are none. Tries those without room
    /// again.
    pub(super) fn settle(&mut self, together: &mut Together, random: &mut ChaCha8Rng) {
        self.combine(together);
        for _ in 0..6 {
            let mut retried = BTreeSet::new();
            loop {
                let due: Vec<usize> = (0..together.parts.len())
                    .filter(|index| {
                        let part = &together.parts[*index];
                        Self::is_due(part, !retried.contains(&part.token))
                    })
                    .collect();
                let Some(index) = due.choose(random) else { break };
                let part = &mut together.parts[*index];
                if part.state == BookingState::Conflict {
                    retried.insert(part.token.clone());
                }
                self.push(part);
                self.combine(together);
                assert!(self.pushes < 10_000, "it does not come to rest: {together:?}");
            }
        }
    }

    pub(super) fn users(&self) -> Vec<(i64, i64)> {
        let mut users: Vec<_> =
            self.standing.values().map(|slot| (slot.user.0, slot.time / 3600)).collect();
        users.sort_unstable();
        users
    }
}
