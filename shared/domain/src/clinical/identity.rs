use jiff::civil::Date;

use super::summary::Sections;
use crate::ids::PatientId;
use crate::patient::{Address, Dva, PatientStatus, Phones};

/// Whose record it is: what a document that leaves Bp has to say of its patient.
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
    /// The Medicare card and the place on it.
    pub medicare: Option<MedicareNumber>,
    /// `DVANo`, as Bp has it.
    pub dva: Option<Dva>,
    /// `IHI`, as Bp has it.
    pub ihi: Option<String>,
}

/// A person's number on a Medicare card (`MedicareNo`, `MedicareLineNo`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MedicareNumber {
    /// The card's, as Bp has it.
    pub card: String,
    /// The person's place on the card.
    pub line: Option<String>,
}

/// A clinical record together with whose it is, read at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifiedRecord {
    pub identity: Identity,
    /// What Bp says.
    pub sections: Sections,
}
