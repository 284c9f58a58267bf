//! The question for a patient's clinical record.

use std::num::NonZeroU16;

use domain::clinical::{SectionName, Sections};
use domain::ids::{HaloGuid, PatientId};
use halo::{Deadline, Parameter};

use crate::bp::{BpError, BpPractice, malformed};
use crate::pack::Statement;

impl BpPractice {
    /// One patient's clinical record; `None` when Bp has no such patient.
    ///
    /// # Errors
    /// What any query may meet; what concerns one section only is said in that section.
    pub async fn clinical_summary(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        wanted: &[SectionName],
        observations_per_code: NonZeroU16,
        deadline: Deadline,
    ) -> Result<Option<Sections>, BpError> {
        let section = |name, section| Parameter::int(name, i64::from(wanted.contains(&section)));
        let parameters = [
            Parameter::int("@patientId", patient.0),
            Parameter::int("@observationsPerCode", observations_per_code.get().into()),
            section("@pastHistory", SectionName::PastHistory),
            section("@medications", SectionName::Medications),
            section("@allergies", SectionName::Allergies),
            section("@familyHistory", SectionName::FamilyHistory),
            section("@social", SectionName::Social),
            section("@observations", SectionName::Observations),
            section("@immunisations", SectionName::Immunisations),
        ];
        let rows = self.read(guid, Statement::ClinicalSummary, parameters, deadline).await?;
        malformed(Statement::ClinicalSummary, super::sections(&rows, wanted))
    }
}
