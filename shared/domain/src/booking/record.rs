//! A booking from acceptance until it is in Bp's book, and until it is taken out again: what is stored, and
//! how each request of the platform and each comparison with Bp's book changes it. `answer.rs` says how an
//! answer of Bp changes it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::history::{Happened, HistoryLine};
use super::id::BookingId;
use super::role::{Attendant, Published, Role};
use super::slot::Slot;
use super::state::BookingState;
use super::time;
use super::token::Token;
use super::visit::{Planned, Visit};
use crate::ids::PracticeId;
use crate::problem::ProblemType;
use crate::time_zone::PracticeTimeZone;

/// The history keeps at most so many lines: the first ones and the latest.
const MOST_LINES: usize = 60;
/// How many of the first lines are kept.
const FIRST_LINES: usize = 10;

/// A booking, from acceptance until it is in Bp's book, and until it is taken out again.
///
/// # Revisions
/// An answer of Bp counts only for the revision that was sent. When a newer one exists, the booking is
/// sent again. Two pairs of counters follow this rule, and they count different things:
/// - The store's `Entry::revision` counts the bodies that a client sent, and `Work::sent_revision`
///   says which of them the last attempt carried.
/// - [`Booking::revision`] counts every reason to send the booking. Those are also a resend and a difference
///   found in Bp's book, where the client's body is the same. [`Booking::sent_revision`] says which revision
///   the last push carried.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Booking {
    /// The platform's id.
    pub booking_id: BookingId,
    /// Whether it is a visit to one practitioner, a visit to several attendants, or one attendant's part.
    #[serde(default, skip_serializing_if = "Role::is_alone")]
    pub role: Role,
    /// The correlation token in Bp. For a visit to several attendants it is not in Bp: each part has its own.
    pub token: Token,
    /// What the platform wants.
    pub visit: Visit,
    /// Whether the platform cancelled it, or we withdrew it.
    pub cancelled: bool,
    /// For an attendant's part: the platform wants it, but it stays out of Bp's book, because too few of the
    /// other attendants had room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// The platform keeps it without sending it. Then it is also `cancelled`: it stays out of Bp's book in the same way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_back: bool,
    /// What the platform wants, in Bp's terms.
    pub planned: Planned,
    /// Counts the reasons to send the booking: see [`Booking`].
    pub revision: u32,
    /// The revision that was last sent to Bp.
    #[serde(rename = "asked", default)]
    pub sent_revision: u32,
    /// The time in the book that was sent to Bp last.
    #[serde(rename = "askedSlot", default)]
    pub sent_slot: Option<Slot>,
    /// Where the appointment is in Bp's book, as Bp last said.
    #[serde(rename = "stands", default)]
    pub slot_in_bp: Option<Slot>,
    /// Bookings of the practice that stood in its way at the last push, until it is known whether they leave.
    #[serde(default)]
    pub in_way: Vec<Token>,
    /// Bookings of the practice that the next push takes out of its way, because they are wanted elsewhere.
    #[serde(default)]
    pub lifts: Vec<Token>,
    /// Bookings of the practice that stay in its way.
    #[serde(default)]
    pub blocked_by: Vec<Token>,
    /// No appointment with our token is on an earlier day.
    pub first_day: Date,
    /// The state that callers see.
    pub state: BookingState,
    /// `RECORDID` in Bp.
    pub appointment: Option<i64>,
    /// `CREATED` of that appointment, as Bp writes it. The number alone may be another appointment's: after a
    /// backup is restored Bp reuses numbers, and another Bp database has its own.
    #[serde(default)]
    pub appointment_created: Option<String>,
    /// Why it waits, is in conflict or has failed.
    pub problem: Option<ProblemType>,
    /// How often in a row Bp's book had no room for it.
    #[serde(default)]
    pub blocked: u32,
    /// Whether it is outside the practitioner's sessions in Bp's book.
    #[serde(default)]
    pub outside_sessions: bool,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// When the platform first sent it.
    pub accepted_at: Timestamp,
    /// For a visit to several attendants: the state of each part when the parts were last compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attendants: Vec<Attendant>,
    /// For a visit to several attendants: the last event published about the current revision.
    #[serde(rename = "told", default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

impl Booking {
    /// A new booking.
    #[must_use]
    pub fn accept(
        practice: &PracticeId,
        booking_id: BookingId,
        visit: Visit,
        planned: Planned,
        zone: &PracticeTimeZone,
        now: Timestamp,
    ) -> Self {
        let mut booking = Self {
            token: Token::of(practice, &booking_id),
            booking_id,
            role: Role::Alone,
            visit,
            cancelled: false,
            withdrawn: false,
            held_back: false,
            planned,
            revision: 1,
            sent_revision: 0,
            sent_slot: None,
            slot_in_bp: None,
            in_way: Vec::new(),
            lifts: Vec::new(),
            blocked_by: Vec::new(),
            // One day earlier, in case the time zone is corrected later.
            first_day: time::local(now, zone).date().yesterday().unwrap_or(Date::MIN),
            state: BookingState::Pending,
            appointment: None,
            appointment_created: None,
            problem: None,
            blocked: 0,
            outside_sessions: false,
            next_attempt_at: None,
            accepted_at: now,
            attendants: Vec::new(),
            published: None,
            history: Vec::new(),
        };
        booking.add_history(Happened::Accepted, None, now);
        booking.hold_back_unless_sent(now);
        booking
    }

    /// Whether the platform's last request was exactly this visit.
    #[must_use]
    pub fn wants(&self, visit: &Visit) -> bool {
        (!self.cancelled || self.held_back) && self.visit == *visit
    }

    /// The platform changed the visit.
    pub fn change(&mut self, visit: Visit, planned: Planned, now: Timestamp) {
        self.blocked = 0;
        self.plan(planned);
        (self.visit, self.cancelled, self.withdrawn) = (visit, false, false);
        self.held_back = false;
        self.reopen(Happened::Changed, now);
        self.hold_back_unless_sent(now);
    }

    /// A visit that the platform does not send leaves Bp's book, or stays out of it.
    fn hold_back_unless_sent(&mut self, now: Timestamp) {
        if !self.visit.send {
            (self.cancelled, self.held_back) = (true, true);
            if self.never_left() && self.role != Role::Whole {
                self.left_book(now);
            }
        }
    }

    /// It is out of Bp's book, and is wanted there no more.
    pub(super) fn left_book(&mut self, now: Timestamp) {
        let (state, what) = match self.held_back {
            true => (BookingState::NotSent, Happened::NotSent),
            false => (BookingState::Cancelled, Happened::Cancelled),
        };
        if self.state != state {
            self.add_history(what, None, now);
        }
        (self.state, self.problem, self.next_attempt_at) = (state, None, None);
    }

    /// The platform cancels the booking. Returns whether this changes anything.
    pub fn cancel(&mut self, now: Timestamp) -> bool {
        if self.cancelled && !self.held_back {
            return false;
        }
        (self.cancelled, self.held_back) = (true, false);
        self.reopen(Happened::CancelRequested, now);
        true
    }

    /// Somebody asks to send it again. Settings and staff may have changed since.
    pub fn resend(&mut self, planned: Option<Planned>, now: Timestamp) {
        if let Some(planned) = planned {
            self.plan(planned);
        }
        self.reopen(Happened::ResendRequested, now);
    }

    /// Sets the wanted place. In another Bp database the appointment's number means another appointment.
    fn plan(&mut self, planned: Planned) {
        if planned.site != self.planned.site {
            (self.appointment, self.appointment_created) = (None, None);
            self.slot_in_bp = None;
        }
        self.planned = planned;
    }

    /// A comparison found a difference in Bp's book, or there may be room now. A conflict stays a conflict
    /// until Bp answers, because otherwise platforms would receive the same event after each attempt.
    pub fn put_back(&mut self, why: Happened, now: Timestamp) {
        let conflict = (self.state == BookingState::Conflict).then_some(self.problem);
        self.reopen(why, now);
        if let Some(problem) = conflict {
            (self.state, self.problem) = (BookingState::Conflict, problem);
        }
    }

    pub(super) fn reopen(&mut self, why: Happened, now: Timestamp) {
        self.revision += 1;
        self.state = BookingState::Pending;
        self.problem = None;
        self.next_attempt_at = None;
        self.in_way.clear();
        self.lifts.clear();
        self.blocked_by.clear();
        if why != Happened::TriedAgain {
            self.published = None;
        }
        self.add_history(why, None, now);
    }

    /// Whether the visit has begun.
    #[must_use]
    pub fn has_begun(&self, now: Timestamp) -> bool {
        self.planned.starts_at <= now
    }

    /// Whether it is too late to put the visit into the book or to move it, because it has begun. Taking it
    /// out is still possible.
    #[must_use]
    pub fn is_too_late(&self, now: Timestamp) -> bool {
        !self.cancelled && self.has_begun(now)
    }

    /// Whether it was never sent to Bp, so that nothing of it can be in the book.
    #[must_use]
    pub fn never_left(&self) -> bool {
        self.sent_revision == 0
    }

    /// Cancels a booking that was never sent to Bp.
    pub fn cancel_unsent(&mut self, now: Timestamp) {
        self.left_book(now);
    }

    /// A comparison found a difference in Bp's book, but the visit has arrived. It is left alone, and the
    /// history says so once.
    pub fn found_arrived(&mut self, now: Timestamp) {
        if !self.is_found_arrived() {
            self.problem = Some(ProblemType::AppointmentArrived);
            self.add_history(Happened::LeftAsItIs, self.problem, now);
        }
    }

    /// Whether it is known to differ from what is wanted because it has arrived.
    #[must_use]
    pub fn is_found_arrived(&self) -> bool {
        self.problem == Some(ProblemType::AppointmentArrived)
    }

    /// Somebody at the practice booked another appointment over it. People decide which one stays.
    pub fn overbooked(&mut self, now: Timestamp) {
        if !self.is_overbooked() {
            self.state = BookingState::Conflict;
            self.problem = Some(ProblemType::Overbooked);
            self.add_history(Happened::FoundOverbooked, self.problem, now);
        }
    }

    /// Whether it is known to be as wanted, with another appointment booked over it.
    #[must_use]
    pub fn is_overbooked(&self) -> bool {
        self.problem == Some(ProblemType::Overbooked)
    }

    /// A comparison found it as wanted in Bp's book.
    pub fn found_as_wanted(&mut self, now: Timestamp) {
        if self.is_found_arrived() || self.is_overbooked() {
            self.state = BookingState::Synced;
            self.problem = None;
            self.add_history(Happened::Found, None, now);
        }
    }

    /// The current revision is about to be sent to Bp.
    pub fn mark_sent(&mut self) {
        self.sent_revision = self.revision;
        self.sent_slot = (!self.cancelled).then(|| self.planned.placement.slot());
    }

    /// The practice cannot be reached, or does not let us in.
    pub fn wait(&mut self, problem: ProblemType, until: Option<Timestamp>, now: Timestamp) {
        if self.held_back && self.never_left() {
            // Nothing of it is in Bp's book, whether the practice can be reached or not.
            return;
        }
        self.state = BookingState::Waiting;
        self.problem = Some(problem);
        self.next_attempt_at = until;
        self.add_history(Happened::Waits, Some(problem), now);
    }

    /// It is being sent to Bp.
    pub fn sending(&mut self, now: Timestamp) {
        if self.state == BookingState::Waiting {
            self.state = BookingState::Pending;
            self.problem = None;
        }
        self.next_attempt_at = None;
        self.add_history(Happened::Sent, None, now);
    }

    /// Whether the last reason to send it was a difference found in Bp's book.
    #[must_use]
    pub fn was_put_back(&self) -> bool {
        use Happened as H;
        let mut reasons = self.history.iter().rev().map(|line| line.what).filter(|what| {
            matches!(
                what,
                H::Accepted
                    | H::Changed
                    | H::CancelRequested
                    | H::ResendRequested
                    | H::FoundMissing
                    | H::FoundChanged
                    | H::FoundNotCancelled
                    | H::FoundOverbooked
                    | H::TriedAgain
            )
        });
        matches!(reasons.next(), Some(H::FoundMissing | H::FoundChanged | H::FoundNotCancelled))
    }

    /// Adds a line. If the booking waits several times in a row for the same reason, only the latest line is
    /// kept.
    pub(super) fn add_history(
        &mut self,
        what: Happened,
        problem: Option<ProblemType>,
        at: Timestamp,
    ) {
        let repeated = matches!(what, Happened::Waits)
            && self.history.last().is_some_and(|line| (line.what, line.problem) == (what, problem));
        if repeated {
            self.history.pop();
        }
        self.history.push(HistoryLine { at, what, problem });
        if self.history.len() > MOST_LINES {
            self.history.remove(FIRST_LINES);
        }
    }
}
