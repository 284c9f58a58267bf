use jiff::civil::Date;

use super::summary::Sections;
use crate::ids::PatientId;
use crate::patient::{Address, Dva, PatientStatus, Phones};

/// The patient of a record, with everything that a document outside Bp must say of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// `InternalID`.
    pub patient_id: PatientId,
    /// `StatusText`.
    pub status: PatientStatus,
    /// `Title`.
    pub title: Option<String>,
    /// `Firstname`.
    pub first_name: Option<String>,
    /// `Middlename`.
    pub middle_name: Option<String>,
    /// `Surname`.
    pub last_name: Option<String>,
    /// `Preferredname`.
    pub preferred_name: Option<String>,
    /// `DOB`.
    pub date_of_birth: Option<Date>,
    /// `Sex`, Bp's word.
    pub sex: Option<String>,
    /// `Gender`, Bp's word; releases without that column leave it out.
    pub gender: Option<String>,
    /// Home address.
    pub address: Address,
    /// Telephone numbers.
    pub phones: Phones,
    /// The Medicare card, and the person's line on it.
    pub medicare: Option<MedicareNumber>,
    /// `DVANo`, as Bp has it.
    pub dva: Option<Dva>,
    /// `MedicareExpiry`, as Bp has it: `11/2024`.
    pub medicare_expiry: Option<String>,
    /// `IHI`, as Bp has it.
    pub ihi: Option<String>,
    /// `RecordNo`, the practice's own number.
    pub record_number: Option<String>,
    /// `Email`.
    pub email: Option<String>,
    /// `Ethnicity`, Bp's word.
    pub ethnicity: Option<String>,
    /// `UsualDoctor`, the name.
    pub usual_doctor: Option<String>,
}

/// A person's number on a Medicare card (`MedicareNo`, `MedicareLineNo`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MedicareNumber {
    /// The card's number, as Bp has it.
    pub card: String,
    /// The person's line on the card.
    pub line: Option<String>,
}

/// A clinical record and its patient, read at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifiedRecord {
    pub identity: Identity,
    /// What Bp has.
    pub sections: Sections,
}
