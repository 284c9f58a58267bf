//! The patient whom the caller of a referral or a message chose. This is more than a number, so the write can see whether
//! the number now belongs to somebody else.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bp_text::line;
use crate::spelling::held;
use crate::surname::SurnameKey;
use crate::{Invalid, Unfit};

/// What we know of a patient in addition to the number.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChosenPatient {
    /// The whole last name, without differences in spelling.
    pub surname: SurnameKey,
    /// Their date of birth.
    pub date_of_birth: Date,
}

impl ChosenPatient {
    /// Takes a whole last name that Bp can hold.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_last_name(text: &str) -> Result<SurnameKey, Unfit> {
        const TOO_LONG: &str = "this is longer than a last name in Bp can be (40 characters)";
        let text = line(&held(text), 40, Invalid(TOO_LONG))?;
        SurnameKey::parse(&text)
    }
}

/// Whom a referral is about, in addition to the patient's number.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Chosen {
    /// Only the number is known.
    #[default]
    NumberOnly,
    /// The write compares this with Bp's record, and writes nothing if they differ.
    Patient(ChosenPatient),
    /// The referral is in Bp, so our copy of the person's details was erased.
    #[serde(rename = "told")]
    Erased,
}

impl Chosen {
    /// The patient whom the write must find under the number, if known.
    #[must_use]
    pub fn patient(&self) -> Option<&ChosenPatient> {
        match self {
            Self::Patient(patient) => Some(patient),
            Self::NumberOnly | Self::Erased => None,
        }
    }

    /// Forgets the person's details.
    pub(super) fn erase(&mut self) {
        if matches!(self, Self::Patient(_)) {
            *self = Self::Erased;
        }
    }

    /// How the write checks the patient.
    #[must_use]
    pub fn check(&self) -> PatientCheck {
        match self {
            Self::NumberOnly => PatientCheck::NumberOnly,
            Self::Patient(_) | Self::Erased => PatientCheck::NameAndDateOfBirth,
        }
    }
}

/// How a write checks that the number still belongs to the patient.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PatientCheck {
    /// The last name and the date of birth must match Bp's record.
    NameAndDateOfBirth,
    /// There is no check: the patient who has the number in Bp gets the letter or the message.
    NumberOnly,
}

/// What a caller knows about the patient and accepts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Acknowledged {
    /// Bp says that the patient is deceased.
    Deceased,
    /// Bp says that the patient is inactive.
    Inactive,
}

impl Acknowledged {
    /// Takes the name.
    ///
    /// # Errors
    /// Lists the names.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "deceased" => Ok(Self::Deceased),
            "inactive" => Ok(Self::Inactive),
            _ => Err(Invalid("this is deceased or inactive")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_name_has_to_be_one_that_bp_can_hold() {
        assert_eq!(ChosenPatient::parse_last_name(" O’Brien ").unwrap().as_str(), "OBRIEN");
        assert_eq!(ChosenPatient::parse_last_name("Lee\u{2011}Wong").unwrap().as_str(), "LEEWONG");
        assert!(ChosenPatient::parse_last_name(&"x".repeat(40)).is_ok());
        for wrong in ["", "-", "Nguyễn", "Smi%", "a\nb", &"x".repeat(41)] {
            assert!(ChosenPatient::parse_last_name(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_key_that_is_longer_in_capitals_can_still_be_read_back() {
        let surname = ChosenPatient::parse_last_name(&"ß".repeat(40)).unwrap();
        let kept = serde_json::to_string(&surname).unwrap();
        assert_eq!(serde_json::from_str::<SurnameKey>(&kept).unwrap(), surname);
    }
}
