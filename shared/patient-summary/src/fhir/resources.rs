//! The kinds of resources in the document.

use serde::Serialize;

use super::{
    Absent, AllergyIntolerance, Composition, Condition, Device, FamilyMemberHistory, Immunization,
    MedicationStatement, Observation, Organization, Patient,
};

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "resourceType")]
pub enum Resource {
    Composition(Box<Composition>),
    Patient(Box<Patient>),
    Organization(Organization),
    Device(Device),
    Condition(Box<Condition>),
    MedicationStatement(Box<MedicationStatement>),
    AllergyIntolerance(Box<AllergyIntolerance>),
    Observation(Box<Observation>),
    Immunization(Box<Immunization>),
    FamilyMemberHistory(Box<FamilyMemberHistory>),
}

impl Absent for Resource {}
