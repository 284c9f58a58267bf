//! The kinds of resources in the document.

use serde::Serialize;

use super::{
    Absent, AllergyIntolerance, Composition, Condition, Device, FamilyMemberHistory, Immunization,
    MedicationStatement, Observation, Organization, Patient, Practitioner, PractitionerRole,
    Procedure,
};

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "resourceType")]
pub enum Resource {
    Composition(Box<Composition>),
    Patient(Box<Patient>),
    Organization(Organization),
    Practitioner(Box<Practitioner>),
    PractitionerRole(Box<PractitionerRole>),
    Device(Device),
    Condition(Box<Condition>),
    Procedure(Box<Procedure>),
    MedicationStatement(Box<MedicationStatement>),
    AllergyIntolerance(Box<AllergyIntolerance>),
    Observation(Box<Observation>),
    Immunization(Box<Immunization>),
    FamilyMemberHistory(Box<FamilyMemberHistory>),
}

impl Absent for Resource {}
