//! From the one row of `clinical_summary` to the domain's sections. Whatever Bp holds costs itself: a value
//! its member, a row its entry, a source its part of one section. Only an answer without our row is malformed
//! as a whole.

mod ask;
mod cells;
mod family;
mod identity;
mod listed;
mod markers;
mod reader;
mod social;

use domain::clinical::{NilMarker, Section, SectionName, Sections, group};
use halo::Row;

pub(crate) use self::markers::Markers;
use self::reader::Reader;
use crate::mapping::Unmappable;

/// One side read of the statement: its columns, and the view it reads.
#[derive(Clone, Copy)]
struct Source {
    column: &'static str,
    error: &'static str,
    view: &'static str,
}

macro_rules! sources {
    ($($name:ident: $column:literal, $error:literal, $view:literal;)*) => {
        $(const $name: Source = Source { column: $column, error: $error, view: $view };)*
    };
}

sources! {
    HISTORY: "History", "HistoryError", "BPS_History";
    HISTORY_MARKER: "HistoryMarker", "HistoryMarkerError", "BPS_Clinical";
    MEDICATIONS: "Medications", "MedicationsError", "BPS_CurrentRx";
    REACTIONS: "Reactions", "ReactionsError", "BPS_Reactions";
    ALLERGY_MARKER: "AllergyMarker", "AllergyMarkerError", "BPS_Clinical";
    ALLERGY_CODE: "AllergyCode", "AllergyCodeError", "CLINICAL";
    FAMILY: "Family", "FamilyError", "BPS_FamilyHistory";
    RELATIVES: "Relatives", "RelativesError", "BPS_FamilyHistoryDetail";
    FAMILY_MARKER: "FamilyMarker", "FamilyMarkerError", "BPS_Clinical";
    TOBACCO: "Tobacco", "TobaccoError", "BPS_Tobacco";
    ALCOHOL: "Alcohol", "AlcoholError", "BPS_Alcohol";
    CIRCUMSTANCES: "Circumstances", "CircumstancesError", "BPS_Clinical";
    OCCUPATIONS: "Occupations", "OccupationsError", "BPS_OccupationHistory";
    OBSERVATIONS: "Observations", "ObservationsError", "BPS_Observations";
    IMMUNISATIONS: "Immunisations", "ImmunisationsError", "BPS_Immunisations";
    IDENTITY: "Identity", "IdentityError", "BPS_Patients";
}

/// The sections that were asked for; `None` when Bp has no such patient.
///
/// # Errors
/// When the row is not the statement's.
pub(crate) fn sections(
    rows: &[Row],
    wanted: &[SectionName],
    markers: &Markers,
) -> Result<Option<Sections>, Unmappable> {
    let Some(row) = rows.first() else { return Ok(None) };
    row.int("PatientId")?;
    let mut sections = Sections::default();
    for name in wanted {
        let mut reader = Reader::new(row);
        match name {
            SectionName::PastHistory => {
                let items = reader.entries(HISTORY, listed::condition);
                let words = &markers.past_history;
                let marker = markers::nothing_significant(&mut reader, HISTORY_MARKER, words);
                sections.past_history = Some(Section::conclude(items, marker, reader.unreadable()));
            }
            SectionName::Medications => {
                let items = reader.entries(MEDICATIONS, listed::medication);
                let unreadable = reader.unreadable();
                sections.medications =
                    Some(Section::conclude(items, NilMarker::Silent, unreadable));
            }
            SectionName::Allergies => {
                let items = reader.entries(REACTIONS, listed::allergy);
                let marker = markers::allergies(&mut reader, &markers.allergies);
                sections.allergies = Some(Section::conclude(items, marker, reader.unreadable()));
            }
            SectionName::FamilyHistory => {
                sections.family_history = Some(family::section(reader, &markers.family_history));
            }
            SectionName::Social => sections.social = Some(social::section(reader)),
            SectionName::Observations => {
                let items = group(reader.entries(OBSERVATIONS, listed::reading));
                let unreadable = reader.unreadable();
                sections.observations =
                    Some(Section::conclude(items, NilMarker::Silent, unreadable));
            }
            SectionName::Immunisations => {
                let items = reader.entries(IMMUNISATIONS, listed::immunisation);
                let unreadable = reader.unreadable();
                sections.immunisations =
                    Some(Section::conclude(items, NilMarker::Silent, unreadable));
            }
        }
    }
    Ok(Some(sections))
}

#[cfg(test)]
mod tests;
