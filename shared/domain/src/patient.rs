//! A patient as Bp knows them. Texts are Bp's own words without their padding. A column without a value or
//! with blanks only is `None`, never an empty text.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::ids::PatientId;

/// A plausible date of birth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DateOfBirth(Date);

impl DateOfBirth {
    /// Takes `YYYY-MM-DD` from 1850 to `today` on the practice's calendar.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str, today: Date) -> Result<Self, Invalid> {
        let wrong = Invalid("a date of birth is a real date, written YYYY-MM-DD");
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(wrong);
        }
        let date: Date = text.parse().map_err(|_| wrong)?;
        if date.year() < 1850 || date > today {
            return Err(Invalid("a date of birth lies between 1850 and today"));
        }
        Ok(Self(date))
    }

    #[must_use]
    pub fn date(self) -> Date {
        self.0
    }
}

/// Whether the practice still sees the patient (`BPS_Patients.StatusText`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PatientStatus {
    /// A current patient.
    Active,
    /// No longer a patient of the practice.
    Inactive,
    /// Has died.
    Deceased,
    /// A word whose meaning is not public.
    Other,
}

impl PatientStatus {
    /// Takes Bp's word. Only `Active` is confirmed publicly; the others are read as English.
    #[must_use]
    pub fn from_bp(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "active" => Self::Active,
            "inactive" => Self::Inactive,
            "deceased" => Self::Deceased,
            _ => Self::Other,
        }
    }
}

/// One line of a patient search, with enough to choose the right person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientMatch {
    /// The patient's number in Bp (Bp: `InternalID`).
    pub patient_id: PatientId,
    /// Whether the record is active (Bp: `StatusText`).
    pub status: PatientStatus,
    /// Such as Ms or Dr (Bp: `Title`).
    pub title: Option<String>,
    /// The first name (Bp: `Firstname`).
    pub first_name: Option<String>,
    /// The middle name (Bp: `Middlename`).
    pub middle_name: Option<String>,
    /// The last name (Bp: `Surname`).
    pub last_name: Option<String>,
    /// The name that the patient prefers (Bp: `Preferredname`).
    pub preferred_name: Option<String>,
    /// The date of birth (Bp: `DOB`).
    #[schema(value_type = Option<String>, format = Date)]
    pub date_of_birth: Option<Date>,
    /// The sex, in Bp's word (Bp: `Sex`).
    pub sex: Option<String>,
    /// The suburb or town (Bp: `City`).
    pub suburb: Option<String>,
    /// The last four of the ten digits of `MedicareNo`. Left out if it holds anything else. Enough to tell
    /// one twin from the other, and too little to misuse.
    pub medicare_ending: Option<String>,
    /// The members whose values could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub unreadable: Vec<&'static str>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientMatches {
    /// At most 50 matches, exact surnames first, then by surname, first name and id.
    pub matches: Vec<PatientMatch>,
    /// Whether there are more matches than shown. Then more letters of the surname are needed.
    pub more: bool,
    /// How many patients in Bp's answer could not be read. They are missing from `matches`: the patient may be
    /// one of them, and has to be looked for in Bp. Left out if none.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    pub unreadable_rows: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl PatientMatches {
    /// Nobody reads more lines than this.
    pub const MOST_LINES: usize = 50;
}

/// A home or postal address (`Address1`, `Address2`, `City`, `Postcode`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line.
    pub line1: Option<String>,
    /// Second line.
    pub line2: Option<String>,
    /// Suburb or town.
    pub suburb: Option<String>,
    /// Four digits.
    pub postcode: Option<String>,
}

/// Telephone numbers as Bp has them, with their blanks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Phones {
    /// At home (Bp: `HomePhone`).
    pub home: Option<String>,
    /// At work (Bp: `WorkPhone`).
    pub work: Option<String>,
    /// The mobile number (Bp: `MobilePhone`).
    pub mobile: Option<String>,
}

/// A Medicare card.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Medicare {
    /// Ten digits, or whatever Bp has instead. A wrong number is shown, not corrected (Bp: `MedicareNo`).
    pub number: String,
    /// The person's line on the card (Bp: `MedicareLineNo`).
    pub line: Option<String>,
    /// When the card expires, as printed on it: month/year (Bp: `MedicareExpiry`).
    pub expiry: Option<String>,
}

/// A Department of Veterans' Affairs card.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dva {
    /// The number (Bp: `DVANo`), without blanks if it is valid, else as Bp has it.
    pub number: String,
}

/// A concession card.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pension {
    /// The number of the card (Bp: `PensionNo`).
    pub number: String,
    /// The kind of card, in Bp's word (Bp: `PensionType`).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// When the card expires (Bp: `PensionExpiry`).
    #[schema(value_type = Option<String>, format = Date)]
    pub expiry: Option<Date>,
}

/// Private health insurance.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthFund {
    /// The name of the fund (Bp: `HealthFundName`).
    pub name: Option<String>,
    /// The membership number (Bp: `HealthFundNo`).
    pub number: Option<String>,
}

/// The next of kin.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextOfKin {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Bp's word.
    pub relationship: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

/// A patient's details, as they fill a referral form.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Demographics {
    /// The same members as in the search.
    #[serde(flatten)]
    pub person: PatientMatch,
    /// The gender (Bp: `Gender`). Null in releases without that column.
    pub gender: Option<String>,
    /// Home address.
    pub address: Address,
    /// Postal address.
    pub postal_address: Address,
    /// Telephone numbers.
    pub phones: Phones,
    /// The e-mail address (Bp: `Email`).
    pub email: Option<String>,
    /// Medicare card.
    pub medicare: Option<Medicare>,
    /// Veterans' card.
    pub dva: Option<Dva>,
    /// Concession card.
    pub pension: Option<Pension>,
    /// Private insurance.
    pub health_fund: Option<HealthFund>,
    /// Sixteen digits, or whatever Bp has instead (Bp: `IHI`).
    pub ihi: Option<String>,
    /// The ethnicity, in Bp's word (Bp: `Ethnicity`).
    pub ethnicity: Option<String>,
    /// The display name of the usual doctor (Bp: `UsualDoctor`).
    pub usual_doctor: Option<String>,
    /// Whether Bp's status says that the patient has died, or Bp has a date of death.
    pub deceased: bool,
    /// The date of death (Bp: `DATEOFDEATH`). Null if Bp has none, or does not let us read it.
    #[schema(value_type = Option<String>, format = Date)]
    pub date_of_death: Option<Date>,
    /// Left out if Bp does not let us read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_of_kin: Option<NextOfKin>,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_impossible_date_of_birth_is_refused() {
        let today = date(2026, 11, 2);
        assert_eq!(DateOfBirth::parse("1984-02-29", today).unwrap().date(), date(1984, 2, 29));
        assert!(DateOfBirth::parse("2026-11-02", today).is_ok(), "born today");
        for wrong in [
            "1985-02-29",
            "2026-11-03",
            "1849-12-31",
            "01/02/1984",
            "1984-2-9",
            "1984-02-09T00:00",
            "",
            "+01984-02-09",
        ] {
            assert!(DateOfBirth::parse(wrong, today).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn bps_status_words_are_read_with_their_padding() {
        assert_eq!(PatientStatus::from_bp("Active      "), PatientStatus::Active);
        assert_eq!(PatientStatus::from_bp("Deceased"), PatientStatus::Deceased);
        assert_eq!(PatientStatus::from_bp("Next of kin"), PatientStatus::Other);
    }
}
