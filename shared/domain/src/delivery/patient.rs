//! The patient that a message is about.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chosen::PatientCheck;
use crate::bp_text::line;
use crate::ids::PatientId;
use crate::patient::DateOfBirth;
use crate::spelling::{held, key};
use crate::surname::SurnameKey;
use crate::{Invalid, Unfit, numbers};

/// A name that fits `PATIENTS.SURNAME` and `FIRSTNAME`. Bp's inbox shows the first 30 characters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PatientName(String);

impl PatientName {
    /// Takes one line of Windows-1252 text that fits Bp's column. An apostrophe, dash or blank that
    /// Windows-1252 lacks becomes the plain one.
    ///
    /// # Errors
    /// Says what is wrong with it. Nothing is cut, and no letter is replaced.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        const TOO_LONG: &str = "this is longer than a patient's name in Bp can be (40 characters)";
        line(&held(text), 40, Invalid(TOO_LONG)).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A Medicare card's number and, if known, the patient's line on it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MedicareCard {
    /// Ten digits.
    pub number: String,
    /// 1 to 9.
    pub line: Option<String>,
}

impl MedicareCard {
    /// Takes ten digits. Blanks are ignored.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse_number(text: &str) -> Result<String, Invalid> {
        digits(text, 10, Invalid("a Medicare number has 10 digits; the line is a field of its own"))
    }

    /// Takes a digit from 1 to 9.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse_line(text: &str) -> Result<String, Invalid> {
        let wrong = Invalid("the line on a Medicare card is a digit from 1 to 9");
        digits(text, 1, wrong).and_then(|line| if line == "0" { Err(wrong) } else { Ok(line) })
    }
}

fn digits(text: &str, how_many: usize, wrong: Invalid) -> Result<String, Invalid> {
    numbers::digits(text).filter(|digits| digits.len() == how_many).ok_or(wrong)
}

/// A patient as the sender describes them. Bp files the message only if exactly one patient of the practice
/// matches everything that is given, and only if a first name or an IHI is given, because twins share the
/// rest. Otherwise the message waits for somebody at the practice, like Bp's own imports.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribedPatient {
    /// The last name, as the sender writes it.
    pub last_name: PatientName,
    /// The first name, as the sender writes it.
    pub first_name: Option<PatientName>,
    /// Always needed, because a name alone identifies nobody.
    pub date_of_birth: Date,
    /// Compared if given.
    pub medicare: Option<MedicareCard>,
    /// Compared if given.
    pub ihi: Option<String>,
}

impl DescribedPatient {
    /// Takes a surname that can be compared with Bp's.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_last_name(text: &str) -> Result<PatientName, Unfit> {
        let name = PatientName::parse(text)?;
        SurnameKey::parse(name.as_str())?;
        Ok(name)
    }

    /// Takes a date of birth; `today` is the practice's.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_date_of_birth(text: &str, today: Date) -> Result<Date, Invalid> {
        DateOfBirth::parse(text, today).map(DateOfBirth::date)
    }

    /// Takes an individual healthcare identifier: 16 digits. Blanks are ignored.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse_ihi(text: &str) -> Result<String, Invalid> {
        digits(text, 16, Invalid("an IHI has 16 digits"))
    }

    /// The surname without differences in spelling.
    #[must_use]
    pub fn surname_key(&self) -> String {
        key(self.last_name.as_str())
    }

    /// The first name without differences in spelling. Empty if none is given, or if it has nothing to
    /// compare.
    #[must_use]
    pub fn first_name_key(&self) -> String {
        self.first_name.as_ref().map(|name| key(name.as_str())).unwrap_or_default()
    }
}

/// A patient by number, and what the sender knows of the person. In Bp the number may belong to somebody else by
/// now: a practice that was restored from a backup gives the same numbers again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberedPatient {
    pub id: PatientId,
    /// The last name, as the sender writes it. The inbox shows it if Bp has somebody else under the number.
    pub last_name: PatientName,
    pub date_of_birth: Date,
}

impl NumberedPatient {
    /// The surname without differences in spelling.
    #[must_use]
    pub fn surname_key(&self) -> String {
        key(self.last_name.as_str())
    }
}

/// The patient that a message is about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MessagePatient {
    /// A patient of the practice, by number.
    Known(PatientId),
    /// A patient by number. The write compares the rest with Bp's record, and files the message under nobody if
    /// they differ.
    Numbered(NumberedPatient),
    /// As `Numbered`. The message is in Bp, so our copy of the person's details was erased.
    NumberedErased(PatientId),
    /// A patient whom the write must find by name.
    Described(DescribedPatient),
    /// The message is in Bp, so our copy of the person's details was erased.
    #[serde(rename = "told")]
    Erased,
}

impl MessagePatient {
    /// The patient's number in Bp, if the sender gave one.
    #[must_use]
    pub fn number(&self) -> Option<PatientId> {
        match self {
            Self::Known(id) | Self::NumberedErased(id) => Some(*id),
            Self::Numbered(patient) => Some(patient.id),
            Self::Described(_) | Self::Erased => None,
        }
    }

    /// How the write checks that the number still belongs to the patient. `None` without a number.
    #[must_use]
    pub fn check(&self) -> Option<PatientCheck> {
        match self {
            Self::Known(_) => Some(PatientCheck::NumberOnly),
            Self::Numbered(_) | Self::NumberedErased(_) => Some(PatientCheck::NameAndDateOfBirth),
            Self::Described(_) | Self::Erased => None,
        }
    }

    /// Forgets the person's details.
    pub(super) fn erase(&mut self) {
        match self {
            Self::Described(_) => *self = Self::Erased,
            Self::Numbered(patient) => *self = Self::NumberedErased(patient.id),
            Self::Known(_) | Self::NumberedErased(_) | Self::Erased => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_may_be_typed_with_blanks_but_must_be_whole() {
        assert_eq!(MedicareCard::parse_number("2000 00000 1"), Ok("2000000001".to_owned()));
        assert!(MedicareCard::parse_number("20000000011").is_err());
        assert!(MedicareCard::parse_line("0").is_err());
        assert_eq!(MedicareCard::parse_line("2"), Ok("2".to_owned()));
        assert!(DescribedPatient::parse_ihi("8003 6000 0000 000").is_err());
    }

    #[test]
    fn a_surname_that_nothing_can_be_compared_with_is_refused() {
        assert!(DescribedPatient::parse_last_name("O’Brien").is_ok());
        for (given, kept) in [("OʼBrien", "O'Brien"), ("Lee\u{2011}Wong", "Lee-Wong")] {
            assert_eq!(DescribedPatient::parse_last_name(given).unwrap().as_str(), kept);
        }
        for wrong in ["", "%", "-", "Brown%", "日本", "Nguyễn"] {
            assert!(DescribedPatient::parse_last_name(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
