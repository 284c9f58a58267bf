//! A patient's clinical record, read at one moment, section by section.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::family::FamilyItem;
use super::observation::Observation;
use super::record::{Allergy, Immunisation, Medication, PastHistory};
use super::section::Section;
use super::social::SocialItem;
use crate::Invalid;
use crate::advisory::Advisory;
use crate::ids::PatientId;

/// A section of the clinical record.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ToSchema)]
#[schema(rename_all = "camelCase")]
pub enum SectionName {
    /// Conditions and procedures.
    PastHistory,
    /// Current medications.
    Medications,
    /// Allergies and adverse reactions.
    Allergies,
    /// Relatives' conditions, and the parents.
    FamilyHistory,
    /// Tobacco, alcohol, circumstances, occupation.
    Social,
    /// Measurements.
    Observations,
    /// Vaccines given.
    Immunisations,
}

impl SectionName {
    /// All of them, in the order of the answer.
    pub const ALL: [Self; 7] = [
        Self::PastHistory,
        Self::Medications,
        Self::Allergies,
        Self::FamilyHistory,
        Self::Social,
        Self::Observations,
        Self::Immunisations,
    ];

    /// Its name in requests and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PastHistory => "pastHistory",
            Self::Medications => "medications",
            Self::Allergies => "allergies",
            Self::FamilyHistory => "familyHistory",
            Self::Social => "social",
            Self::Observations => "observations",
            Self::Immunisations => "immunisations",
        }
    }

    /// Reads a list of names with commas between them.
    ///
    /// # Errors
    /// If it is empty, or a name is not one of [`Self::ALL`].
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Invalid> {
        let mut names = text
            .split(',')
            .map(|word| {
                Self::ALL.into_iter().find(|name| name.as_str() == word.trim()).ok_or(Invalid(
                    "sections are pastHistory, medications, allergies, familyHistory, social, observations, immunisations, with commas between them",
                ))
            })
            .collect::<Result<Vec<_>, _>>()?;
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

/// The sections that were requested. The others are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sections {
    /// Conditions and procedures, latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub past_history: Option<Section<PastHistory>>,
    /// Current medications, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub medications: Option<Section<Medication>>,
    /// Allergies and adverse reactions, by item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub allergies: Option<Section<Allergy>>,
    /// Relatives' conditions and the parents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub family_history: Option<Section<FamilyItem>>,
    /// Tobacco, alcohol, circumstances, occupation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub social: Option<Section<SocialItem>>,
    /// Measurements, latest first, a limited number of each kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub observations: Option<Section<Observation>>,
    /// Vaccines, latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub immunisations: Option<Section<Immunisation>>,
}

/// A clinical record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClinicalSummary {
    /// The patient.
    pub patient_id: PatientId,
    /// When Bp was queried, by our clock.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::instant::serialize")]
    pub read_at: Timestamp,
    /// The sections.
    pub sections: Sections,
    /// Known problems of the practice's Bp release that may make the record incomplete.
    pub advisories: Vec<Advisory>,
}

impl ClinicalSummary {
    /// The record as JSON. It is written here and not by the caller, because a long record takes a while and this
    /// crate is compiled for speed.
    ///
    /// # Errors
    /// When a value has no JSON. No record has one.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_named_exactly_and_counted_once() {
        assert_eq!(
            SectionName::parse_list("observations, allergies,allergies"),
            Ok(vec![SectionName::Allergies, SectionName::Observations])
        );
        for wrong in ["", "allergies,", "Allergies", "everything", "allergies;social"] {
            assert!(SectionName::parse_list(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
