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
    /// Whether the fracture is displaced (Bp: `Displaced`).
    pub displaced: Option<bool>,
    /// Whether the fracture is compound (Bp: `Compound`).
    pub compound: Option<bool>,
    /// Whether the fracture is comminuted (Bp: `Comminuted`).
    pub comminuted: Option<bool>,
    /// Whether the fracture is spiral (Bp: `Spiral`).
    pub spiral: Option<bool>,
    /// Whether it is a greenstick fracture (Bp: `Greenstick`).
    pub greenstick: Option<bool>,
}

/// A condition or a procedure (`BPS_History`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastHistory {
    /// Bp's number of the entry (Bp: `RECORDID`). Null if it could not be read.
    pub record_id: Option<i64>,
    /// When it began, as far as that is known: a year, a month or a day (Bp: `Year`, `Month`, `Day`).
    #[schema(value_type = Option<String>, example = "2011-05")]
    pub date: Option<PartialDate>,
    /// The condition or procedure (Bp: `Condition`).
    pub condition: Option<String>,
    /// Bp's own code of the condition (Bp: `ConditionID`).
    pub condition_code: Option<i64>,
    /// The SNOMED CT code (Bp: `SNOMED`).
    pub snomed: Option<String>,
    /// Active or Inactive (Bp: `Status`).
    pub status: Option<String>,
    /// Left, right or both (Bp: `Side`).
    pub side: Option<String>,
    /// How severe it is (Bp: `Severity`).
    pub severity: Option<String>,
    /// Whether it is acute (Bp: `Acute`).
    pub acute: Option<bool>,
    /// The practice includes it in summaries (Bp: `Summary`).
    pub in_summary: Option<bool>,
    /// The fracture flags, if it is a fracture.
    pub fracture: Option<Fracture>,
    /// Free text (Bp: `Details`).
    pub details: Option<String>,
    /// The day of the entry (Bp: `Created`).
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
    /// Bp's number of the entry (Bp: `RECORDID`). Null if it could not be read.
    pub record_id: Option<i64>,
    /// The name of the drug (Bp: `DrugName`).
    pub name: Option<String>,
    /// The dose (Bp: `Dose`).
    pub dose: Option<String>,
    /// How often it is taken (Bp: `Frequency`).
    pub frequency: Option<String>,
    /// Before, with or after food (Bp: `Food`).
    pub food: Option<String>,
    /// More about how it is taken (Bp: `OtherDetail`).
    pub other_detail: Option<String>,
    /// Taken when needed (Bp: `PRN`).
    pub when_needed: Option<bool>,
    /// The instructions on the script (Bp: `Instructions`).
    pub instructions: Option<String>,
    /// A code of Bp, whose list is not public (Bp: `Route`).
    pub route_code: Option<i64>,
    /// How much one script is for (Bp: `Quantity`).
    pub quantity: Option<i64>,
    /// The unit of the quantity (Bp: `ProductUnit`).
    pub unit: Option<String>,
    /// The number of repeats (Bp: `Repeats`). 0 means none; null means that it could not be read.
    pub repeats: Option<i64>,
    /// What it is for (Bp: `Indication`).
    pub indication: Option<String>,
    /// The day of the first script (Bp: `FirstDate`).
    #[schema(value_type = Option<String>, format = Date)]
    pub first_date: Option<Date>,
    /// The day of the last script (Bp: `LastDate`).
    #[schema(value_type = Option<String>, format = Date)]
    pub last_date: Option<Date>,
    /// Bp's number of the product (Bp: `ProductID`).
    pub product_id: Option<i64>,
    /// The day of the entry (Bp: `Created`).
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
    /// A product, an ingredient or a class (Bp: `ItemName`).
    pub item: Option<String>,
    /// What happens (Bp: `Reaction`).
    pub reaction: Option<String>,
    /// How severe it is (Bp: `Severity`).
    pub severity: Option<String>,
    /// Free text (Bp: `Comment`).
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
    /// Bp's number of the entry (Bp: `RECORDID`). Null if it could not be read.
    pub record_id: Option<i64>,
    /// The day when it was given (Bp: `GivenDate`).
    #[schema(value_type = Option<String>, format = Date)]
    pub given_on: Option<Date>,
    /// Recorded by this practice, given by somebody else (Bp: `NotGivenHere`).
    pub not_given_here: Option<bool>,
    /// The name of the vaccine (Bp: `VaccineName`).
    pub vaccine: Option<String>,
    /// Bp's number of the vaccine (Bp: `VaccineID`).
    pub vaccine_id: Option<i64>,
    /// The batch number (Bp: `BatchNumber`).
    pub batch_number: Option<String>,
    /// Which dose (Bp: `Sequence`).
    pub sequence: Option<i64>,
    /// A code of Bp, whose list is not public (Bp: `SiteCode`).
    pub site_code: Option<i64>,
    /// A code of Bp, whose list is not public (Bp: `Route`).
    pub route_code: Option<i64>,
    /// A code of Bp, whose list is not public (Bp: `ConsentCode`).
    pub consent_code: Option<i64>,
    /// Free text (Bp: `Comment`).
    pub comment: Option<String>,
    /// Who gave it (Bp: `Provider`).
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
