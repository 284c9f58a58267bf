use serde::Serialize;

use super::{
    Absent, AllergyIntolerance, Composition, Condition, Device, FamilyMemberHistory, Immunization,
    MedicationStatement, Observation, Organization, Patient,
};

/// A resource of the document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "resourceType")]
pub enum Resource {
    /// What the document consists of.
    Composition(Box<Composition>),
    /// Whom it is about.
    Patient(Box<Patient>),
    /// Whose record it is.
    Organization(Organization),
    /// What wrote it.
    Device(Device),
    /// A condition.
    Condition(Box<Condition>),
    /// A medication.
    MedicationStatement(Box<MedicationStatement>),
    /// An allergy.
    AllergyIntolerance(Box<AllergyIntolerance>),
    /// A measurement, or something social.
    Observation(Box<Observation>),
    /// A vaccine.
    Immunization(Box<Immunization>),
    /// A relative.
    FamilyMemberHistory(Box<FamilyMemberHistory>),
}

impl Absent for Resource {}
