//! Maps the one row of `clinical_summary` to the domain's sections. An unreadable value loses only
//! itself, an unreadable row only its entry, and an unreadable source only its part of one section. The
//! whole answer is malformed only if it does not have the statement's row.

use domain::clinical::{NilMarker, Section, SectionName, Sections, group};
use halo::Row;

use super::reader::Reader;
use super::source::{HISTORY, HISTORY_MARKER, IMMUNISATIONS, MEDICATIONS, OBSERVATIONS, REACTIONS};
use super::{family, listed, markers, social};
use crate::rows::Unmappable;
use crate::statements::Markers;

/// The sections that were asked for; `None` when Bp has no such patient.
///
/// # Errors
/// When the row is not the statement's.
pub(super) fn sections(
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
