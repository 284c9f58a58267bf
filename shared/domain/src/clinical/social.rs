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
    /// `SmokingStatus` of `BPS_Tobacco`, or of `BPS_Clinical` if `BPS_Tobacco` has none.
    pub status: Option<String>,
    /// The statuses in `BPS_Clinical`, if they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_statuses: Vec<String>,
    /// `SmokingType`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `SmokesPerDay`.
    pub per_day: Option<i64>,
    /// `YearStarted`.
    pub year_started: Option<i64>,
    /// `PastSmokingStatus`.
    pub past_status: Option<String>,
    /// `PastSmokesPerDay`.
    pub past_per_day: Option<i64>,
    /// `PastStarted`.
    pub past_year_started: Option<i64>,
    /// `PastStopped`.
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
    /// `NonDrinker`.
    pub non_drinker: Option<bool>,
    /// `DaysPerweek`.
    pub days_per_week: Option<i64>,
    /// `DrinksPerday`.
    pub drinks_per_day: Option<i64>,
    /// `Description`.
    pub description: Option<String>,
    /// `PastAlcoholLevel`.
    pub past_level: Option<String>,
    /// `YearStarted`.
    pub year_started: Option<i64>,
    /// `YearStopped`.
    pub year_stopped: Option<i64>,
    /// `Comment`.
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
    /// `SocialHistory`.
    pub social_history: Option<String>,
    /// `Recreation`.
    pub recreation: Option<String>,
    /// `AccomodationText`.
    pub accommodation: Option<String>,
    /// `LivesWithText`.
    pub lives_with: Option<String>,
    /// `HasCarer`: yes, no or self.
    pub has_carer: Option<String>,
    /// `IsCarer`: yes, no or self.
    pub is_carer: Option<String>,
    /// `MaritalStatusName`.
    pub marital_status: Option<String>,
    /// `SexualityName`.
    pub sexuality: Option<String>,
    /// `Retired`.
    pub retired: Option<bool>,
    /// `EliteSports`.
    pub elite_sports: Option<String>,
    /// `BloodGroup`.
    pub blood_group: Option<String>,
    /// `PaceMaker`.
    pub pacemaker: Option<bool>,
    /// `AdvanceCareDirective`, a code whose list is not public.
    pub advance_care_directive: Option<i64>,
    /// `PowerOfAttorney`, a code whose list is not public.
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
    /// `OccupationName`.
    pub occupation: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `Employer`.
    pub employer: Option<String>,
    /// `YearStarted`.
    pub year_started: Option<i64>,
    /// `YearStopped`.
    pub year_stopped: Option<i64>,
    /// `Asbestos`: the patient was exposed to it.
    pub asbestos: Option<bool>,
    /// `Dust`.
    pub dust: Option<bool>,
    /// `Radiation`.
    pub radiation: Option<bool>,
    /// `Animals`.
    pub animals: Option<bool>,
    /// `Comment`.
    pub comment: Option<String>,
    /// `ADFStatus` (defence force), a code whose list is not public.
    pub adf_status: Option<i64>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}
