//! Where bookings are planned.

use domain::Invalid;
use domain::booking::token::Token;
use domain::booking::{Planned, Together, Unplannable, Visit};
use domain::ids::PracticeId;
use domain::settings::Settings;
use domain::staff::{AhpraNumber, BpMatch, StaffList};
use domain::time_zone::PracticeTimeZone;
use jiff::Timestamp;

use super::super::staff;
use crate::input::Checker;
use crate::problem::{FieldError, Kind, Problem};

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

    /// Plans a visit to each of its attendants, whose marks these are. All can be planned or none is: what
    /// stands against one of them is answered at once, and pointed at.
    pub(super) fn plan(
        &self,
        visit: &Visit,
        marks: &[Token],
        now: Timestamp,
    ) -> Result<Vec<Planned>, Problem> {
        let mut all: Vec<Planned> = Vec::new();
        for (number, mark) in visit.numbers().iter().zip(marks) {
            let at = |problem| match &visit.attendance {
                Some(_) => of_attendant(number, problem),
                None => problem,
            };
            let planned = self.plan_one(&visit.to(number), mark, now).map_err(at)?;
            if all.iter().any(|other| other.placement.user == planned.placement.user) {
                let twice = "another attendant is the same user of Bp".to_owned();
                let errors = vec![FieldError { pointer: "/attendants".to_owned(), message: twice }];
                return Err(at(Problem::invalid(errors)));
            }
            all.push(planned);
        }
        Ok(all)
    }

    /// Plans what a known booking wants, by settings and staff as they are now.
    pub(super) fn plan_again(
        &self,
        practice: &PracticeId,
        booking: &Together,
        now: Timestamp,
    ) -> Result<Vec<Planned>, Problem> {
        let record = &booking.record;
        let marks = Together::marks(Some(booking), practice, &record.booking_id, &record.visit);
        self.plan(&record.visit, &marks, now)
    }

    fn plan_one(&self, visit: &Visit, token: &Token, now: Timestamp) -> Result<Planned, Problem> {
        self.zone()?;
        let (user, site) = match (self.staff.bp_match(&visit.ahpra_number), &self.staff.site) {
            (Some(BpMatch::Synced { user }), Some(site)) => (user, site),
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

/// What stands against one of several attendants, who is named.
fn of_attendant(number: &AhpraNumber, problem: Problem) -> Problem {
    let named = matches!(
        problem.kind,
        Kind::PractitionerNotListed
            | Kind::PractitionerNotSynced
            | Kind::PractitionerNotFound
            | Kind::PractitionerAmbiguous
            | Kind::PractitionerInactive
    );
    if !named {
        return problem;
    }
    let detail = format!("{} ({})", problem.detail, number.as_str());
    Problem { detail: detail.into(), ..problem }
}
