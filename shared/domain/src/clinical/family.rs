use serde::Serialize;
use utoipa::ToSchema;

use super::section::Entry;

/// A line of the family history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum FamilyItem {
    /// The family is not known, as after an adoption (`Unknown`).
    FamilyUnknown,
    /// A parent.
    Parent(Parent),
    /// A relative's condition.
    Relative(Relative),
    /// Free text about the family.
    Comment(FamilyComment),
}

impl Entry for FamilyItem {
    fn unreadable(&self) -> &[&'static str] {
        match self {
            Self::Parent(parent) => &parent.unreadable,
            Self::Relative(relative) => &relative.unreadable,
            Self::FamilyUnknown | Self::Comment(_) => &[],
        }
    }
}

/// Which parent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ParentRelation {
    Father,
    Mother,
}

/// A parent (`BPS_FamilyHistory`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// Whether it is the father or the mother.
    pub relation: ParentRelation,
    /// Whether alive; null when not known.
    pub alive: Option<bool>,
    /// Age at death.
    pub age_at_death: Option<i64>,
    /// Cause of death.
    pub cause_of_death: Option<String>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

impl Parent {
    /// Whether Bp holds anything, understood or not.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.alive.is_some()
            || self.age_at_death.is_some()
            || self.cause_of_death.is_some()
            || !self.unreadable.is_empty()
    }
}

/// A relative's condition (`BPS_FamilyHistoryDetail`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relative {
    /// Which relative, such as the maternal grandmother (Bp: `RelationName`).
    pub relation: Option<String>,
    /// The condition (Bp: `Condition`).
    pub condition: Option<String>,
    /// Bp's code of the condition (Bp: `DiseaseCode`).
    pub disease_code: Option<i64>,
    /// A comment (Bp: `Comment`).
    pub comment: Option<String>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// A comment about the family (`BPS_FamilyHistory.Comment`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyComment {
    /// The text.
    pub text: String,
}
