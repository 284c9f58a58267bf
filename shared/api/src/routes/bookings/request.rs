//! A booking as the platform sends it.

use domain::Invalid;
use domain::booking::text::BpText;
use domain::booking::{BookingId, LONGEST_NOTES, Representative, Visit, time};
use domain::settings::DurationMinutes;
use domain::staff::AhpraNumber;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::Checker;
use crate::problem::Problem;

/// A representative's visit, whole.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BookingRequest {
    /// Somebody on the staff list.
    #[schema(example = "MED0000000000")]
    ahpra_number: String,
    /// On the practice's clock.
    #[schema(example = "2027-03-01T12:30")]
    start: String,
    /// 1 to 480; the practice's usual duration when left out.
    duration_minutes: Option<i64>,
    representative: RepresentativeRequest,
    /// Up to 200 characters.
    notes: Option<String>,
}

/// Who comes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepresentativeRequest {
    /// Up to 100 characters.
    name: String,
    /// Up to 120 characters.
    company: String,
}

impl BookingRequest {
    pub(super) fn read(self, booking_id: &str) -> Result<(BookingId, Visit), Problem> {
        let mut fields = Checker::default();
        let needed = |text: &str, longest| match BpText::parse(text, longest) {
            Ok(text) if text.is_empty() => Err(Invalid("this may not be empty").into()),
            outcome => outcome,
        };
        let id = fields.check("bookingId", BookingId::parse(booking_id));
        let number = fields.check("/ahpraNumber", AhpraNumber::parse(&self.ahpra_number));
        let start = fields.check("/start", time::parse_start(&self.start));
        let duration = match self.duration_minutes {
            Some(minutes) => {
                fields.check("/durationMinutes", DurationMinutes::parse(minutes)).map(Some)
            }
            None => Some(None),
        };
        let name = fields.check(
            "/representative/name",
            needed(&self.representative.name, Representative::LONGEST_NAME),
        );
        let company = fields.check(
            "/representative/company",
            needed(&self.representative.company, Representative::LONGEST_COMPANY),
        );
        let notes = match &self.notes {
            Some(notes) => fields.check("/notes", BpText::parse(notes, LONGEST_NOTES)).map(Some),
            None => Some(None),
        };
        let visit = || {
            Some(Visit {
                ahpra_number: number?,
                start: start?,
                duration: duration?,
                representative: Representative { name: name?, company: company? },
                notes: notes?.filter(|notes| !notes.is_empty()),
            })
        };
        let visit = visit();
        fields.finish(id.zip(visit))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(request: Value) -> Result<Visit, Problem> {
        serde_json::from_value::<BookingRequest>(request)
            .unwrap()
            .read("b-1")
            .map(|(_, visit)| visit)
    }

    fn request() -> Value {
        json!({
            "ahpraNumber": "MED9990000001",
            "start": "2027-03-01T12:30",
            "representative": { "name": "Kim Made-Up", "company": "Example Labs" },
        })
    }

    #[test]
    fn a_visit_needs_a_doctor_a_start_and_who_comes() {
        let visit = read(request()).unwrap();
        assert_eq!(visit.ahpra_number.as_str(), "MED9990000001");
        assert_eq!((visit.duration, visit.notes), (None, None));
    }

    #[test]
    fn everything_wrong_is_pointed_at_together() {
        let wrong = read(json!({
            "ahpraNumber": "MED 1",
            "start": "2027-02-30T12:30",
            "durationMinutes": 0,
            "representative": { "name": " ", "company": "Ωmega" },
            "notes": "[PB0]",
        }))
        .unwrap_err();
        let pointers: Vec<_> = wrong.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/ahpraNumber",
                "/start",
                "/durationMinutes",
                "/representative/name",
                "/representative/company",
                "/notes"
            ]
        );
    }
}
