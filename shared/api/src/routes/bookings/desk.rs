//! Where bookings are planned.

use domain::Invalid;
use domain::booking::token::Token;
use domain::booking::{Planned, Unplannable, Visit};
use domain::settings::{PracticeTimeZone, Settings};
use domain::staff::{StaffList, Standing};
use jiff::Timestamp;

use super::super::staff;
use crate::input::Checker;
use crate::problem::{Kind, Problem};

/// What bookings are planned with: settings and staff as they are now.
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) staff: StaffList,
}

impl Desk {
    pub(super) fn zone(&self) -> Result<&PracticeTimeZone, Problem> {
        let on = self.settings.bookings.enabled;
        self.settings
            .time_zone
            .as_ref()
            .filter(|_| on)
            .ok_or_else(|| Problem::new(Kind::BookingsDisabled))
    }

    pub(super) fn plan(
        &self,
        visit: &Visit,
        token: &Token,
        now: Timestamp,
    ) -> Result<Planned, Problem> {
        self.zone()?;
        let (user, site) = match (self.staff.standing(&visit.ahpra_number), &self.staff.site) {
            (Some(Standing::Synced { user }), Some(site)) => (user, site),
            (Some(standing), _) => {
                return Err(staff::problem(standing)
                    .unwrap_or_else(|| Problem::new(Kind::PractitionerNotSynced)));
            }
            (None, _) => return Err(Problem::new(Kind::PractitionerNotListed)),
        };
        let wrong = |pointer: &str, message: &str| {
            let mut fields = Checker::default();
            fields.wrong(pointer, message);
            fields.finish(None)
        };
        match visit.plan(&self.settings, user, site, token) {
            Ok(planned) if planned.starts_at <= now => {
                wrong("/start", "this has already begun on the practice's clock")
            }
            Ok(planned) => Ok(planned),
            Err(Unplannable::SwitchedOff) => Err(Problem::new(Kind::BookingsDisabled)),
            Err(Unplannable::Start(Invalid(message))) => wrong("/start", message),
            Err(Unplannable::PastMidnight) => {
                wrong("/durationMinutes", "an appointment ends on the day on which it begins")
            }
        }
    }
}
