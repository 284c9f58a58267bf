//! The queries for a patient's clinical record.

use std::num::NonZeroU16;

use domain::clinical::{IdentifiedRecord, SectionName, Sections};
use domain::ids::{HaloGuid, PatientId};
use domain::problem::ProblemType;
use halo::{Deadline, Parameter};

use super::identity::identity;
use super::people::{practice, practitioners};
use super::sections::sections;
use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::statements::Statement;

impl BpClient {
    /// One patient's clinical record. `None` when Bp has no such patient.
    ///
    /// # Errors
    /// Every error that a query can have. A problem with one section is reported in that section.
    pub async fn clinical_summary(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        wanted: &[SectionName],
        observations_per_code: NonZeroU16,
        deadline: Deadline,
    ) -> Result<Option<Sections>, BpError> {
        let asked = parameters(patient, wanted, observations_per_code, false);
        let rows = self.read(guid, Statement::ClinicalSummary, asked, deadline).await?;
        malformed(Statement::ClinicalSummary, sections(&rows, wanted, self.pack.markers()))
    }

    /// The clinical record together with the patient's identity, in one query. `None` when Bp has no such
    /// patient.
    ///
    /// # Errors
    /// Every error that a query can have, and an identity that cannot be read.
    pub async fn identified_record(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        wanted: &[SectionName],
        observations_per_code: NonZeroU16,
        deadline: Deadline,
    ) -> Result<Option<IdentifiedRecord>, BpError> {
        const STATEMENT: Statement = Statement::ClinicalSummary;
        let asked = parameters(patient, wanted, observations_per_code, true);
        let rows = self.read(guid, STATEMENT, asked, deadline).await?;
        let Some(sections) = malformed(STATEMENT, sections(&rows, wanted, self.pack.markers()))?
        else {
            return Ok(None);
        };
        // A document without a patient is useless, so an unreadable identity fails the whole answer.
        let statement = STATEMENT.name();
        let row = rows.first();
        let identity = row.map_or(Err(ProblemType::MalformedAnswer), |row| identity(row, patient));
        let identity = identity.map_err(|reason| match reason {
            ProblemType::BpPermissionMissing => BpError::NotPermitted { statement },
            ProblemType::BpReleaseDiffers => BpError::NotInThisRelease { statement },
            ProblemType::BpRefused => BpError::Refused { statement },
            _ => {
                let problem = "Identity is not the JSON that was asked for".to_owned();
                BpError::Malformed { statement, problem }
            }
        })?;
        Ok(Some(IdentifiedRecord {
            identity,
            practitioners: row.map(practitioners).unwrap_or_default(),
            practice: row.map(practice).unwrap_or_default(),
            sections,
        }))
    }
}

fn parameters(
    patient: PatientId,
    wanted: &[SectionName],
    observations_per_code: NonZeroU16,
    identity: bool,
) -> [Parameter; 10] {
    let section = |name, section| Parameter::int(name, i64::from(wanted.contains(&section)));
    [
        Parameter::int("@patientId", patient.0),
        Parameter::int("@observationsPerCode", observations_per_code.get().into()),
        Parameter::int("@identity", identity.into()),
        section("@pastHistory", SectionName::PastHistory),
        section("@medications", SectionName::Medications),
        section("@allergies", SectionName::Allergies),
        section("@familyHistory", SectionName::FamilyHistory),
        section("@social", SectionName::Social),
        section("@observations", SectionName::Observations),
        section("@immunisations", SectionName::Immunisations),
    ]
}
