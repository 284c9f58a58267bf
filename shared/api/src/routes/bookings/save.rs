//! Stores how a platform wants a booking to be. If somebody else changed the booking since it was read, the
//! table refuses the write. Then the booking is read and changed again.

use domain::audit::AuditedAction;
use domain::booking::{Booking, BookingId, Together, Visit};
use domain::ids::PracticeId;
use jiff::Timestamp;
use store::{KeptBooking, StoreError};

use super::planner::BookingPlanner;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ManageBookings};
use crate::problem::{Problem, ProblemType};

/// How often a booking is read and changed again after a conflict.
const ATTEMPTS: u32 = 8;

impl App {
    /// A planner with the practice's settings and staff as they are now.
    pub(super) async fn booking_planner(
        &self,
        practice: &PracticeId,
    ) -> Result<BookingPlanner, Problem> {
        let record = self.store.practice(practice).await?;
        if !record.connection.is_some_and(|connection| connection.is_open()) {
            return Err(Problem::new(ProblemType::NotConnected));
        }
        let staff = self.store.staff(practice).await?.list;
        Ok(BookingPlanner { settings: record.settings, staff })
    }

    async fn record_booking(
        &self,
        allowed: &Allowed<ManageBookings>,
        action: AuditedAction,
        booking: &BookingId,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::of(action).with(booking.as_str());
        self.record(&allowed.practice, &allowed.caller, entry).await
    }

    /// Stores the visit that the platform wants, and wakes the writer if it is new.
    pub(super) async fn save_visit(
        &self,
        allowed: &Allowed<ManageBookings>,
        id: &BookingId,
        visit: &Visit,
    ) -> Result<Booking, Problem> {
        let practice = &allowed.practice;
        for attempt in 0..ATTEMPTS {
            let now = Self::now();
            let stored = self.store.booking(practice, id).await?;
            let known = stored.as_ref().map(KeptBooking::together);
            if let Some(known) = known.as_ref().filter(|known| known.record.wants(visit)) {
                return Ok(known.record.clone());
            }
            let planner = self.booking_planner(practice).await?;
            let marks = Together::marks(known.as_ref(), practice, id, visit);
            let planned = planner.plan(visit, &marks, now)?;
            let zone = planner.zone()?;
            if attempt == 0 {
                self.record_booking(allowed, AuditedAction::BookingChanged, id).await?;
            }
            let wanted = match known {
                None => Together::accept(practice, id, visit, &planned, zone, now),
                Some(mut known) => {
                    known.change(practice, visit, &planned, zone, now);
                    Some(known)
                }
            };
            let wanted = wanted.ok_or_else(|| Problem::new(ProblemType::Internal))?;
            match self.store.save_booking(practice, stored, &wanted, now).await {
                Ok(()) => {
                    self.wake_writer(practice).await;
                    return Ok(wanted.record);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(ProblemType::Conflict))
    }

    /// Changes a known booking. `change` returns `false` if there is nothing to do. Returns the booking
    /// afterwards and whether it was changed, or `None` if there is no such booking.
    pub(super) async fn change_booking(
        &self,
        allowed: &Allowed<ManageBookings>,
        action: AuditedAction,
        id: &BookingId,
        change: impl Fn(&mut Together, Timestamp) -> Result<bool, Problem>,
    ) -> Result<Option<(Booking, bool)>, Problem> {
        let practice = &allowed.practice;
        for attempt in 0..ATTEMPTS {
            let now = Self::now();
            let Some(stored) = self.store.booking(practice, id).await? else { return Ok(None) };
            let mut wanted = stored.together();
            if !change(&mut wanted, now)? {
                return Ok(Some((wanted.record, false)));
            }
            if attempt == 0 {
                self.record_booking(allowed, action, id).await?;
            }
            match self.store.save_booking(practice, Some(stored), &wanted, now).await {
                Ok(()) => return Ok(Some((wanted.record, true))),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(ProblemType::Conflict))
    }
}
