//! The patient that an account was shown under a number.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connection::Database;
use crate::delivery::{Chosen, ChosenPatient};
use crate::patient::{PatientMatch, PatientStatus};
use crate::surname::SurnameKey;

/// What an account last saw under a patient's number, in a search or on the patient's page. A referral that
/// the account then sends is about this person, even if the number belongs to somebody else in Bp by then.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownPatient {
    /// The last name without differences in spelling; `None` if Bp has none that can be compared.
    pub surname: Option<SurnameKey>,
    /// The date of birth, if Bp has one.
    pub date_of_birth: Option<Date>,
    /// The status in Bp.
    pub status: PatientStatus,
    /// The Bp database. In another one the number means another patient.
    pub site: Database,
    pub shown_at: Timestamp,
}

impl ShownPatient {
    /// How long a referral can refer to what was shown. After that, the caller must search again, or the
    /// referral is sent with the number only.
    pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

    /// What is shown of a patient in this Bp database.
    #[must_use]
    pub fn of(person: &PatientMatch, site: &Database, now: Timestamp) -> Self {
        let name = person.last_name.as_deref();
        Self {
            surname: name.and_then(|name| SurnameKey::parse(name).ok()),
            date_of_birth: person.date_of_birth,
            status: person.status,
            site: site.clone(),
            shown_at: now,
        }
    }

    /// Whether it is still valid for this Bp database.
    #[must_use]
    pub fn holds(&self, site: &Database, now: Timestamp) -> bool {
        self.site == *site && now.duration_since(self.shown_at) < Self::KEPT_FOR
    }

    /// The chosen patient. If Bp has no last name or no date of birth, only the number is known.
    #[must_use]
    pub fn chosen(&self) -> Chosen {
        match (&self.surname, self.date_of_birth) {
            (Some(surname), Some(date_of_birth)) => {
                Chosen::Patient(ChosenPatient { surname: surname.clone(), date_of_birth })
            }
            _ => Chosen::NumberOnly,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::ids::PatientId;

    fn person() -> PatientMatch {
        PatientMatch {
            patient_id: PatientId(7),
            status: PatientStatus::Active,
            title: None,
            first_name: Some("Zoë".to_owned()),
            middle_name: None,
            last_name: Some("O'Wattle".to_owned()),
            preferred_name: None,
            date_of_birth: Some(date(1957, 3, 14)),
            sex: None,
            suburb: None,
            medicare_ending: None,
            unreadable: Vec::new(),
        }
    }

    fn site(number: &str) -> Database {
        crate::ids::SiteId::parse(number).unwrap().into()
    }

    #[test]
    fn what_was_shown_holds_for_two_weeks_and_at_its_own_site() {
        let now = Timestamp::UNIX_EPOCH;
        let shown = ShownPatient::of(&person(), &site("71001"), now);
        let last = now + ShownPatient::KEPT_FOR - SignedDuration::from_secs(1);
        assert!(shown.holds(&site("71001"), last));
        assert!(!shown.holds(&site("71001"), now + ShownPatient::KEPT_FOR));
        assert!(!shown.holds(&site("71002"), now), "another Bp's patient 7 is somebody else");
    }

    #[test]
    fn what_an_earlier_release_has_kept_is_read_and_compared_as_todays() {
        let kept = r#"{"surname":"O‘WATTLE–LEE","dateOfBirth":"1957-03-14","status":"active","site":"71001","shownAt":"2026-03-02T09:30:00Z"}"#;
        let shown: ShownPatient = serde_json::from_str(kept).unwrap();
        let Chosen::Patient(known) = shown.chosen() else { panic!("not known") };
        assert_eq!(known.surname.as_str(), "OWATTLELEE");
        let again = serde_json::to_value(&shown).unwrap();
        assert_eq!(again["surname"], "OWATTLELEE");
    }

    #[test]
    fn who_lacks_a_name_or_a_date_of_birth_in_bp_is_known_by_the_number_only() {
        let chosen = |person: &PatientMatch| {
            ShownPatient::of(person, &site("71001"), Timestamp::UNIX_EPOCH).chosen()
        };
        let Chosen::Patient(known) = chosen(&person()) else { panic!("not known") };
        assert_eq!((known.surname.as_str(), known.date_of_birth), ("OWATTLE", date(1957, 3, 14)));
        for person in [
            PatientMatch { last_name: None, ..person() },
            PatientMatch { last_name: Some("?".to_owned()), ..person() },
            PatientMatch { date_of_birth: None, ..person() },
        ] {
            assert_eq!(chosen(&person), Chosen::NumberOnly);
        }
    }
}
