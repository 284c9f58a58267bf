use serde::Serialize;
use utoipa::ToSchema;

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

/// Which parent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ParentRelation {
    /// Father.
    Father,
    /// Mother.
    Mother,
}

/// A parent (`BPS_FamilyHistory`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// Which.
    pub relation: ParentRelation,
    /// Whether alive; null when not known.
    pub alive: Option<bool>,
    /// Age at death.
    pub age_at_death: Option<i64>,
    /// Cause of death.
    pub cause_of_death: Option<String>,
}

impl Parent {
    /// Whether anything is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.alive.is_some() || self.age_at_death.is_some() || self.cause_of_death.is_some()
    }
}

/// A relative's condition (`BPS_FamilyHistoryDetail`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relative {
    /// `RelationName`.
    pub relation: Option<String>,
    /// `Condition`.
    pub condition: Option<String>,
    /// `DiseaseCode`.
    pub disease_code: Option<i64>,
    /// `Comment`.
    pub comment: Option<String>,
}

/// What somebody wrote about the family (`BPS_FamilyHistory.Comment`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FamilyComment {
    /// The text.
    pub text: String,
}
