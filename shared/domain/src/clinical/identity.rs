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
    /// `DATEOFDEATH`, if our login may read it.
    pub date_of_death: Option<Date>,
}

impl Identity {
    /// Whether Bp's status says that the patient has died, or Bp has a date of death.
    #[must_use]
    pub fn is_deceased(&self) -> bool {
        self.status == PatientStatus::Deceased || self.date_of_death.is_some()
    }
}

/// A person's number on a Medicare card (`MedicareNo`, `MedicareLineNo`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MedicareNumber {
    /// The card's number, as Bp has it.
    pub card: String,
    /// The person's line on the card.
    pub line: Option<String>,
}

/// A Bp user whom the record names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Practitioner {
    /// `USERID`.
    pub user_id: i64,
    /// The user's name, as the record has it (`Provider`, `UsualDoctor`).
    pub named: String,
    /// `FIRSTNAME`.
    pub first_name: Option<String>,
    /// `SURNAME`.
    pub last_name: Option<String>,
    /// `REGISTRATIONNO`, as Bp has it: the AHPRA registration number.
    pub registration: Option<String>,
    /// `HPII`, as Bp has it.
    pub hpii: Option<String>,
    /// `PROVIDERNO`, as Bp has it: the Medicare provider number at the usual location.
    pub provider_number: Option<String>,
}

/// What Bp says of the practice itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PracticeDetails {
    /// `HPIO`, as Bp has it.
    pub hpio: Option<String>,
    /// `ABN`, as Bp has it.
    pub abn: Option<String>,
    /// The practice's location, if it has only one.
    pub location: Option<PracticeLocation>,
}

/// Where a practice is (`BPS_PracticeLocations`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PracticeLocation {
    /// The address.
    pub address: Address,
    /// `Phone`.
    pub phone: Option<String>,
    /// `Fax`.
    pub fax: Option<String>,
    /// `Email`.
    pub email: Option<String>,
}

/// A clinical record and its patient, read at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifiedRecord {
    pub identity: Identity,
    /// The users whom the record names, as far as our login may read them. A name that two users of this record
    /// share is not here, because it is not known which of them is meant.
    pub practitioners: Vec<Practitioner>,
    /// The practice, as far as our login may read it.
    pub practice: PracticeDetails,
    /// What Bp has.
    pub sections: Sections,
}
