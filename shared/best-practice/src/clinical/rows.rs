//! The objects of the statement's JSON, as its header promises them. A member that is missing where Bp's
//! column cannot be NULL, or of another kind, makes the whole answer malformed.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error};

/// Bp's 0 is "not set".
pub(super) fn number(value: i64) -> Option<i64> {
    (value != 0).then_some(value)
}

/// Bp's words for a tick box.
pub(super) fn yes_or_no(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" | "" => Some(false),
        _ => None,
    }
}

/// Text without its padding; blank is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(Self(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())))
    }
}

/// A tick box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        yes_or_no(&word).map(Self).ok_or_else(|| D::Error::custom("neither yes nor no"))
    }
}

/// Whether a parent is alive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alive(pub(super) Option<bool>);

impl<'de> Deserialize<'de> for Alive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Text::deserialize(deserializer)?.0.unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "" | "unknown" => Ok(Self(None)),
            word => yes_or_no(word)
                .map(|alive| Self(Some(alive)))
                .ok_or_else(|| D::Error::custom("neither alive nor dead")),
        }
    }
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            $($(#[$attribute])* pub(super) $field: $kind,)*
        }
    )*};
}

rows! {
    /// A row of `BPS_History`.
    HistoryRow {
        id: i64,
        day: i64,
        month: i64,
        year: i64,
        #[serde(default)]
        condition: Text,
        condition_code: i64,
        #[serde(default)]
        status: Text,
        #[serde(default)]
        side: Text,
        #[serde(default)]
        severity: Text,
        acute: Flag,
        summary: Flag,
        fracture: Flag,
        displaced: Flag,
        compound: Flag,
        comminuted: Flag,
        spiral: Flag,
        greenstick: Flag,
        #[serde(default)]
        details: Text,
        #[serde(default)]
        snomed: Text,
        #[serde(default)]
        recorded_on: Option<Date>,
    }
    /// A marker of `BPS_Clinical`.
    MarkerRow {
        #[serde(default)]
        word: Text,
    }
    /// A row of `BPS_CurrentRx`.
    MedicationRow {
        id: i64,
        #[serde(default)]
        name: Text,
        #[serde(default)]
        dose: Text,
        #[serde(default)]
        frequency: Text,
        #[serde(default)]
        food: Text,
        #[serde(default)]
        other_detail: Text,
        prn: Flag,
        #[serde(default)]
        instructions: Text,
        route_code: i64,
        quantity: i64,
        #[serde(default)]
        unit: Text,
        repeats: i64,
        #[serde(default)]
        indication: Text,
        #[serde(default)]
        first_date: Option<Date>,
        #[serde(default)]
        last_date: Option<Date>,
        product_id: i64,
        #[serde(default)]
        recorded_on: Option<Date>,
    }
    /// A row of `BPS_Reactions`.
    ReactionRow {
        #[serde(default)]
        item: Text,
        #[serde(default)]
        reaction: Text,
        #[serde(default)]
        severity: Text,
        #[serde(default)]
        comment: Text,
    }
    /// A row of `BPS_FamilyHistory`.
    FamilyRow {
        unknown: Flag,
        #[serde(default)]
        father_alive: Alive,
        father_age: i64,
        #[serde(default)]
        father_cause: Text,
        #[serde(default)]
        mother_alive: Alive,
        mother_age: i64,
        #[serde(default)]
        mother_cause: Text,
        #[serde(default)]
        comment: Text,
    }
    /// A row of `BPS_FamilyHistoryDetail`.
    RelativeRow {
        #[serde(default)]
        relation: Text,
        #[serde(default)]
        condition: Text,
        disease_code: i64,
        #[serde(default)]
        comment: Text,
    }
    /// A row of `BPS_Tobacco`.
    TobaccoRow {
        #[serde(default)]
        status: Text,
        #[serde(default, rename = "type")]
        kind: Text,
        per_day: i64,
        year_started: i64,
        #[serde(default)]
        past_status: Text,
        past_per_day: i64,
        past_started: i64,
        past_stopped: i64,
    }
    /// A row of `BPS_Alcohol`.
    AlcoholRow {
        non_drinker: Flag,
        days_per_week: i64,
        drinks_per_day: i64,
        #[serde(default)]
        description: Text,
        #[serde(default)]
        past_level: Text,
        year_started: i64,
        year_stopped: i64,
        #[serde(default)]
        comment: Text,
    }
    /// A row of `BPS_Clinical`.
    CircumstancesRow {
        #[serde(default)]
        smoking_status: Text,
        #[serde(default)]
        blood_group: Text,
        retired: Flag,
        #[serde(default)]
        marital_status: Text,
        #[serde(default)]
        sexuality: Text,
        #[serde(default)]
        elite_sports: Text,
        pace_maker: Flag,
        #[serde(default)]
        social_history: Text,
        #[serde(default)]
        recreation: Text,
        #[serde(default)]
        accommodation: Text,
        #[serde(default)]
        lives_with: Text,
        #[serde(default)]
        has_carer: Text,
        #[serde(default)]
        is_carer: Text,
        #[serde(default)]
        advance_care_directive: Option<i64>,
        #[serde(default)]
        power_of_attorney: Option<i64>,
    }
    /// A row of `BPS_OccupationHistory`.
    OccupationRow {
        #[serde(default)]
        occupation: Text,
        #[serde(default)]
        description: Text,
        #[serde(default)]
        employer: Text,
        year_started: i64,
        year_stopped: i64,
        asbestos: Flag,
        dust: Flag,
        radiation: Flag,
        animals: Flag,
        #[serde(default)]
        comment: Text,
        adf_status: i64,
    }
    /// A row of `BPS_Observations`.
    ObservationRow {
        id: i64,
        code: i64,
        #[serde(default)]
        name: Text,
        #[serde(default)]
        value: Text,
        #[serde(default)]
        date: Option<Date>,
        time: i64,
        modifier: i64,
        #[serde(default)]
        provider: Text,
    }
    /// A row of `BPS_Patients`.
    IdentityRow {
        #[serde(default)]
        status: Text,
        #[serde(default)]
        title: Text,
        #[serde(default)]
        first_name: Text,
        #[serde(default)]
        middle_name: Text,
        #[serde(default)]
        last_name: Text,
        #[serde(default)]
        preferred_name: Text,
        #[serde(default)]
        born: Option<Date>,
        #[serde(default)]
        sex: Text,
        #[serde(default)]
        gender: Text,
        #[serde(default)]
        line1: Text,
        #[serde(default)]
        line2: Text,
        #[serde(default)]
        suburb: Text,
        #[serde(default)]
        postcode: Text,
        #[serde(default)]
        home_phone: Text,
        #[serde(default)]
        work_phone: Text,
        #[serde(default)]
        mobile_phone: Text,
        #[serde(default)]
        medicare_number: Text,
        #[serde(default)]
        medicare_line: Text,
        #[serde(default)]
        dva: Text,
        #[serde(default)]
        ihi: Text,
    }
    /// A row of `BPS_Immunisations`.
    ImmunisationRow {
        id: i64,
        #[serde(default)]
        given_on: Option<Date>,
        not_given_here: i64,
        #[serde(default)]
        vaccine: Text,
        vaccine_id: i64,
        #[serde(default)]
        batch_number: Text,
        sequence: i64,
        site_code: i64,
        route_code: i64,
        consent_code: i64,
        #[serde(default)]
        comment: Text,
        #[serde(default)]
        provider: Text,
    }
}
