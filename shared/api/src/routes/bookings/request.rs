//! A booking as a platform sends it.

use domain::BpText;
use domain::Invalid;
use domain::booking::{Attendance, BookingId, LONGEST_NOTES, Representative, Visit, time};
use domain::settings::DurationMinutes;
use domain::staff::AhpraNumber;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::Checker;
use crate::problem::Problem;

/// A representative's visit.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BookingRequest {
    /// The member of the staff list who is visited. Send either this or `attendants`.
    #[schema(example = "MED0000000000")]
    ahpra_number: Option<String>,
    /// The members of the staff list who are visited together: 2 to 20, each once, in any order. Each of
    /// them has their own appointment in Bp.
    #[schema(min_items = 2, max_items = 20, example = json!(["MED0000000000", "MED0000000001"]))]
    attendants: Option<Vec<String>>,
    /// How many attendants must have room. 1 by default. If fewer have room, nobody is visited: the
    /// appointments of the others are taken out of Bp again, and the booking is in `conflict`
    /// (`too-few-attendants`). The number of attendants means all or nothing.
    #[schema(minimum = 1, maximum = 20)]
    at_least: Option<i64>,
    /// The start in the practice's time zone.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$", example = "2027-03-01T12:30")]
    start: String,
    /// 1 to 480. The duration in the practice's settings by default.
    #[schema(minimum = 1, maximum = 480)]
    duration_minutes: Option<i64>,
    representative: RepresentativeRequest,
    /// Up to 200 characters.
    #[schema(max_length = 200)]
    notes: Option<String>,
    /// Whether the booking is sent to Bp. True by default. With `false` we keep it, and it is not in Bp's appointment
    /// book (`notSent`): an appointment that is there is taken out, unless the visitor has arrived.
    send: Option<bool>,
}

/// The representative.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepresentativeRequest {
    /// Up to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Up to 120 characters.
    #[schema(min_length = 1, max_length = 120)]
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
        let whom = self.whom(&mut fields);
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
            let (ahpra_number, attendance) = whom?;
            Some(Visit {
                ahpra_number,
                attendance,
                start: start?,
                duration: duration?,
                representative: Representative { name: name?, company: company? },
                notes: notes?.filter(|notes| !notes.is_empty()),
                send: self.send.unwrap_or(true),
            })
        };
        let visit = visit();
        fields.finish(id.zip(visit))
    }

    /// Who is visited: one member of the staff list, or the first of several together with all of them.
    fn whom(&self, fields: &mut Checker) -> Option<(AhpraNumber, Option<Attendance>)> {
        match (&self.ahpra_number, &self.attendants) {
            (Some(number), None) => {
                let number = fields.check("/ahpraNumber", AhpraNumber::parse(number));
                if self.at_least.is_some() {
                    fields.wrong("/atLeast", "this is only allowed with attendants");
                    return None;
                }
                number.map(|number| (number, None))
            }
            (None, Some(attendants)) => {
                // A list that is too long is refused as a whole, so the rest of it is not checked.
                let few = attendants.iter().take(Attendance::MOST_ATTENDANTS + 1).enumerate();
                let numbers: Vec<_> = few
                    .map(|(place, number)| {
                        fields.check(&format!("/attendants/{place}"), AhpraNumber::parse(number))
                    })
                    .collect();
                let numbers = numbers.into_iter().collect::<Option<Vec<_>>>()?;
                let attendance = fields.check("/attendants", Attendance::new(numbers))?;
                let attendance = match self.at_least {
                    Some(fewest) => fields.check("/atLeast", attendance.at_least(fewest))?,
                    None => attendance,
                };
                Some((attendance.first()?.clone(), Some(attendance)))
            }
            (None, None) => {
                fields.wrong("/ahpraNumber", "either this or attendants is needed");
                None
            }
            (Some(_), Some(_)) => {
                fields.wrong("/attendants", "send either this or ahpraNumber");
                None
            }
        }
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

    /// A request for several attendants, with this changed in it.
    fn several(change: Value) -> Result<Visit, Problem> {
        let mut several = request();
        let fields = several.as_object_mut().unwrap();
        fields.remove("ahpraNumber");
        fields.insert("attendants".to_owned(), json!(["MED9990000002", "MED9990000001"]));
        fields.extend(change.as_object().unwrap().clone());
        read(several)
    }

    #[test]
    fn a_visit_to_several_attendants_is_the_same_in_whichever_order_they_are_named() {
        let visit = several(json!({})).unwrap();
        let numbers: Vec<_> = visit.numbers().iter().map(AhpraNumber::as_str).collect();
        assert_eq!(numbers, ["MED9990000001", "MED9990000002"]);
        assert_eq!(visit.fewest(), 1);
        let other_order = json!({ "attendants": ["MED9990000001", "MED9990000002"] });
        assert_eq!(several(other_order).unwrap(), visit);
        assert_eq!(several(json!({ "atLeast": 2 })).unwrap().fewest(), 2);
    }

    #[test]
    fn whom_to_visit_is_said_once_and_at_least_is_no_more_than_there_are() {
        let one = "MED9990000001";
        let many: Vec<_> = (0..21).map(|number| format!("MED{number}")).collect();
        for (change, pointer) in [
            (json!({ "ahpraNumber": one }), "/attendants"),
            (json!({ "attendants": [one] }), "/attendants"),
            (json!({ "attendants": [one, one.to_lowercase()] }), "/attendants"),
            (json!({ "attendants": many }), "/attendants"),
            (json!({ "attendants": [one, "MED 2"] }), "/attendants/1"),
            (json!({ "attendants": null }), "/ahpraNumber"),
            (json!({ "atLeast": 0 }), "/atLeast"),
            (json!({ "atLeast": 3 }), "/atLeast"),
            (json!({ "atLeast": -1 }), "/atLeast"),
            (json!({ "attendants": null, "ahpraNumber": one, "atLeast": 1 }), "/atLeast"),
        ] {
            let wrong = several(change.clone()).unwrap_err();
            let pointers: Vec<_> = wrong.errors.iter().map(|it| it.pointer.as_str()).collect();
            assert_eq!(pointers, [pointer], "{change}");
        }
    }
}
