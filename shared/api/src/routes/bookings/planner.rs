//! Plans bookings: which Bp user, location and time a visit gets.

use domain::Invalid;
use domain::booking::token::Token;
use domain::booking::{Planned, Together, Unplannable, Visit};
use domain::ids::PracticeId;
use domain::settings::Settings;
use domain::staff::{AhpraNumber, BpMatch, StaffList};
use domain::time_zone::PracticeTimeZone;
use jiff::Timestamp;

use crate::input::Checker;
use crate::problem::{FieldError, Problem, ProblemType};
use crate::routes::staff;

/// Plans bookings with a practice's settings and staff.
pub(super) struct BookingPlanner {
    pub(super) settings: Settings,
    pub(super) staff: StaffList,
}

impl BookingPlanner {
    /// The practice's time zone, if bookings are switched on.
    pub(super) fn zone(&self) -> Result<&PracticeTimeZone, Problem> {
        let on = self.settings.bookings.enabled;
        self.settings
            .time_zone
            .as_ref()
            .filter(|_| on)
            .ok_or_else(|| Problem::new(ProblemType::BookingsDisabled))
    }

    /// Plans a visit to each of its attendants, who have these marks. If one attendant cannot be planned,
    /// none is, and the problem names the attendant.
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
                let twice = "another attendant is the same Bp user".to_owned();
                let errors = vec![FieldError { pointer: "/attendants".to_owned(), message: twice }];
                return Err(at(Problem::invalid(errors)));
            }
            all.push(planned);
        }
        Ok(all)
    }

    /// Plans a known booking again with the current settings and staff.
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
                return Err(staff::problem_of(standing)
                    .unwrap_or_else(|| Problem::new(ProblemType::PractitionerNotSynced)));
            }
            (None, _) => return Err(Problem::new(ProblemType::PractitionerNotListed)),
        };
        let wrong = |pointer: &str, message: &str| {
            let mut fields = Checker::default();
            fields.wrong(pointer, message);
            fields.finish(None)
        };
        match visit.plan(&self.settings, user, site, token) {
            Ok(planned) if planned.starts_at <= now => {
                wrong("/start", "this time has already passed in the practice's time zone")
            }
            Ok(planned) => Ok(planned),
            Err(Unplannable::SwitchedOff) => Err(Problem::new(ProblemType::BookingsDisabled)),
            Err(Unplannable::Start(Invalid(message))) => wrong("/start", message),
            Err(Unplannable::PastMidnight) => {
                wrong("/durationMinutes", "an appointment must end on the day on which it starts")
            }
        }
    }
}

/// Adds the attendant's number to a problem of one of several attendants.
fn of_attendant(number: &AhpraNumber, problem: Problem) -> Problem {
    let named = matches!(
        problem.kind,
        ProblemType::PractitionerNotListed
            | ProblemType::PractitionerNotSynced
            | ProblemType::PractitionerNotFound
            | ProblemType::PractitionerAmbiguous
            | ProblemType::PractitionerInactive
    );
    if !named {
        return problem;
    }
    let detail = format!("{} ({})", problem.detail, number.as_str());
    Problem { detail: detail.into(), ..problem }
}
