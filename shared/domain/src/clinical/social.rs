use serde::Serialize;
use utoipa::ToSchema;

use super::section::Entry;

/// A line of the social history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SocialItem {
    /// Smoking.
    Tobacco(Tobacco),
    /// Drinking.
    Alcohol(Alcohol),
    /// Circumstances of life.
    Circumstances(Box<Circumstances>),
    /// Work.
    Occupation(Occupation),
}

impl Entry for SocialItem {
    fn unreadable(&self) -> &[&'static str] {
        match self {
            Self::Tobacco(one) => &one.unreadable,
            Self::Alcohol(one) => &one.unreadable,
            Self::Circumstances(one) => &one.unreadable,
            Self::Occupation(one) => &one.unreadable,
        }
    }
}

/// Smoking (`BPS_Tobacco`, and the status of `BPS_Clinical`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tobacco {
    /// The smoking status (Bp: `SmokingStatus` of `BPS_Tobacco`, or of `BPS_Clinical` if `BPS_Tobacco` has none).
    pub status: Option<String>,
    /// The statuses in `BPS_Clinical`, if they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_statuses: Vec<String>,
    /// What the patient smokes (Bp: `SmokingType`).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How many a day (Bp: `SmokesPerDay`).
    pub per_day: Option<i64>,
    /// The year of the start (Bp: `YearStarted`).
    pub year_started: Option<i64>,
    /// The former smoking status (Bp: `PastSmokingStatus`).
    pub past_status: Option<String>,
    /// How many a day formerly (Bp: `PastSmokesPerDay`).
    pub past_per_day: Option<i64>,
    /// The year when the patient formerly started (Bp: `PastStarted`).
    pub past_year_started: Option<i64>,
    /// The year when the patient stopped (Bp: `PastStopped`).
    pub past_year_stopped: Option<i64>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// Drinking (`BPS_Alcohol`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alcohol {
    /// Whether the patient drinks no alcohol (Bp: `NonDrinker`).
    pub non_drinker: Option<bool>,
    /// On how many days a week (Bp: `DaysPerweek`).
    pub days_per_week: Option<i64>,
    /// How many standard drinks on such a day (Bp: `DrinksPerday`).
    pub drinks_per_day: Option<i64>,
    /// Free text (Bp: `Description`).
    pub description: Option<String>,
    /// How much the patient formerly drank (Bp: `PastAlcoholLevel`).
    pub past_level: Option<String>,
    /// The year of the start (Bp: `YearStarted`).
    pub year_started: Option<i64>,
    /// The year of the end (Bp: `YearStopped`).
    pub year_stopped: Option<i64>,
    /// A comment (Bp: `Comment`).
    pub comment: Option<String>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// Circumstances of life (`BPS_Clinical`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Circumstances {
    /// Free text about the social history (Bp: `SocialHistory`).
    pub social_history: Option<String>,
    /// What the patient does in their free time (Bp: `Recreation`).
    pub recreation: Option<String>,
    /// Where the patient lives (Bp: `AccomodationText`).
    pub accommodation: Option<String>,
    /// Whom the patient lives with (Bp: `LivesWithText`).
    pub lives_with: Option<String>,
    /// Yes, no or self (Bp: `HasCarer`).
    pub has_carer: Option<String>,
    /// Yes, no or self (Bp: `IsCarer`).
    pub is_carer: Option<String>,
    /// The marital status (Bp: `MaritalStatusName`).
    pub marital_status: Option<String>,
    /// The sexuality (Bp: `SexualityName`).
    pub sexuality: Option<String>,
    /// Whether the patient is retired (Bp: `Retired`).
    pub retired: Option<bool>,
    /// Sports at a high level (Bp: `EliteSports`).
    pub elite_sports: Option<String>,
    /// The blood group (Bp: `BloodGroup`).
    pub blood_group: Option<String>,
    /// Whether the patient has a pacemaker (Bp: `PaceMaker`).
    pub pacemaker: Option<bool>,
    /// A code of Bp, whose list is not public (Bp: `AdvanceCareDirective`).
    pub advance_care_directive: Option<i64>,
    /// A code of Bp, whose list is not public (Bp: `PowerOfAttorney`).
    pub power_of_attorney: Option<i64>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// Work (`BPS_OccupationHistory`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Occupation {
    /// The occupation (Bp: `OccupationName`).
    pub occupation: Option<String>,
    /// Free text (Bp: `Description`).
    pub description: Option<String>,
    /// The employer (Bp: `Employer`).
    pub employer: Option<String>,
    /// The year of the start (Bp: `YearStarted`).
    pub year_started: Option<i64>,
    /// The year of the end (Bp: `YearStopped`).
    pub year_stopped: Option<i64>,
    /// The patient was exposed to it (Bp: `Asbestos`).
    pub asbestos: Option<bool>,
    /// Whether the patient was exposed to dust (Bp: `Dust`).
    pub dust: Option<bool>,
    /// Whether the patient was exposed to radiation (Bp: `Radiation`).
    pub radiation: Option<bool>,
    /// Whether the patient was exposed to animals (Bp: `Animals`).
    pub animals: Option<bool>,
    /// A comment (Bp: `Comment`).
    pub comment: Option<String>,
    /// A code of Bp, whose list is not public (Bp: `ADFStatus`).
    pub adf_status: Option<i64>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}
