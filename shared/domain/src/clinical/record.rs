//! Lists with one item for each row: past history, medications, allergies, immunisations. A tick box is null if
//! Bp says neither yes nor no. Null never means no.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::partial_date::PartialDate;
use super::section::Entry;

/// The kind of a fracture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fracture {
    /// `Displaced`.
    pub displaced: Option<bool>,
    /// `Compound`.
    pub compound: Option<bool>,
    /// `Comminuted`.
    pub comminuted: Option<bool>,
    /// `Spiral`.
    pub spiral: Option<bool>,
    /// `Greenstick`.
    pub greenstick: Option<bool>,
}

/// A condition or a procedure (`BPS_History`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastHistory {
    /// `RECORDID`; null where it could not be read.
    pub record_id: Option<i64>,
    /// `Year`, `Month` and `Day`, as far as they are known.
    #[schema(value_type = Option<String>, example = "2011-05")]
    pub date: Option<PartialDate>,
    /// `Condition`.
    pub condition: Option<String>,
    /// `ConditionID`, Bp's own code.
    pub condition_code: Option<i64>,
    /// `SNOMED`.
    pub snomed: Option<String>,
    /// `Status`: Active or Inactive.
    pub status: Option<String>,
    /// `Side`.
    pub side: Option<String>,
    /// `Severity`.
    pub severity: Option<String>,
    /// `Acute`.
    pub acute: Option<bool>,
    /// `Summary`: the practice includes it in summaries.
    pub in_summary: Option<bool>,
    /// The fracture flags, if it is a fracture.
    pub fracture: Option<Fracture>,
    /// `Details`.
    pub details: Option<String>,
    /// `Created`.
    #[schema(value_type = Option<String>, format = Date)]
    pub recorded_on: Option<Date>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// A current medication (`BPS_CurrentRx`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Medication {
    /// `RECORDID`; null where it could not be read.
    pub record_id: Option<i64>,
    /// `DrugName`.
    pub name: Option<String>,
    /// `Dose`.
    pub dose: Option<String>,
    /// `Frequency`.
    pub frequency: Option<String>,
    /// `Food`: before, with or after food.
    pub food: Option<String>,
    /// `OtherDetail`.
    pub other_detail: Option<String>,
    /// `PRN`: taken when needed.
    pub when_needed: Option<bool>,
    /// `Instructions`.
    pub instructions: Option<String>,
    /// `Route`, a code whose list is not public.
    pub route_code: Option<i64>,
    /// `Quantity` of one script.
    pub quantity: Option<i64>,
    /// `ProductUnit`.
    pub unit: Option<String>,
    /// `Repeats`. 0 means none; null means that it could not be read.
    pub repeats: Option<i64>,
    /// `Indication`.
    pub indication: Option<String>,
    /// `FirstDate`.
    #[schema(value_type = Option<String>, format = Date)]
    pub first_date: Option<Date>,
    /// `LastDate`.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_date: Option<Date>,
    /// `ProductID`.
    pub product_id: Option<i64>,
    /// `Created`.
    #[schema(value_type = Option<String>, format = Date)]
    pub recorded_on: Option<Date>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// An allergy or adverse reaction (`BPS_Reactions`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allergy {
    /// `ItemName`: a product, an ingredient or a class.
    pub item: Option<String>,
    /// `Reaction`.
    pub reaction: Option<String>,
    /// `Severity`.
    pub severity: Option<String>,
    /// `Comment`.
    pub comment: Option<String>,
    /// `Created`, the day on which it was entered.
    #[schema(value_type = Option<String>, format = Date)]
    pub recorded_on: Option<Date>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

/// A vaccine given (`BPS_Immunisations`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Immunisation {
    /// `RECORDID`; null where it could not be read.
    pub record_id: Option<i64>,
    /// `GivenDate`.
    #[schema(value_type = Option<String>, format = Date)]
    pub given_on: Option<Date>,
    /// `NotGivenHere`: recorded by this practice, given by somebody else.
    pub not_given_here: Option<bool>,
    /// `VaccineName`.
    pub vaccine: Option<String>,
    /// `VaccineID`.
    pub vaccine_id: Option<i64>,
    /// `BatchNumber`.
    pub batch_number: Option<String>,
    /// `Sequence`: which dose.
    pub sequence: Option<i64>,
    /// `SiteCode`, a code whose list is not public.
    pub site_code: Option<i64>,
    /// `Route`, a code whose list is not public.
    pub route_code: Option<i64>,
    /// `ConsentCode`, a code whose list is not public.
    pub consent_code: Option<i64>,
    /// `Comment`.
    pub comment: Option<String>,
    /// `Provider`.
    pub provider: Option<String>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

macro_rules! entries {
    ($($name:ident)*) => {$(
        impl Entry for $name {
            fn unreadable(&self) -> &[&'static str] {
                &self.unreadable
            }
        }
    )*};
}

entries! { PastHistory Medication Allergy Immunisation }
