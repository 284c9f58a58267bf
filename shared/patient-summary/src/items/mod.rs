//! Writes each item of the domain as a resource and as text for people.

mod allergies;
mod family;
mod history;
mod immunisations;
mod measured;
mod medications;
mod observations;
mod past_history;
mod procedures;
mod social;

use domain::clinical::Sections;

use crate::draft::Draft;
use crate::fhir::CompositionSection;
use crate::section::{Kind, section};

const MEDICATIONS: Kind = Kind {
    title: "Medications",
    loinc: "10160-0",
    display: "History of Medication use Narrative",
    required: true,
    nil: "No medications.",
};
const ALLERGIES: Kind = Kind {
    title: "Allergies and adverse reactions",
    loinc: "48765-2",
    display: "Allergies and adverse reactions Document",
    required: true,
    nil: "No known allergies.",
};
const FAMILY: Kind = Kind {
    title: "Family history",
    loinc: "10157-6",
    display: "History of family member diseases note",
    required: false,
    nil: "No significant family history.",
};
const SOCIAL: Kind = Kind {
    title: "Social history",
    loinc: "29762-2",
    display: "Social history note",
    required: false,
    nil: "Nothing.",
};
const IMMUNISATIONS: Kind = Kind {
    title: "Immunisations",
    loinc: "11369-6",
    display: "History of Immunization note",
    required: false,
    nil: "No immunisations.",
};

/// All sections that were requested, and the sections that every summary must have.
pub(crate) fn sections(draft: &mut Draft<'_>, found: &Sections) -> Vec<CompositionSection> {
    let mut sections = history::sections(draft, found.past_history.as_ref());
    sections.extend(section(
        draft,
        &MEDICATIONS,
        found.medications.as_ref(),
        Some(medications::none),
        medications::write,
    ));
    sections.extend(section(
        draft,
        &ALLERGIES,
        found.allergies.as_ref(),
        Some(allergies::none),
        allergies::write,
    ));
    sections.extend(section(draft, &FAMILY, found.family_history.as_ref(), None, family::write));
    let status = found.social.as_ref().and_then(|social| social::smoking_status(&social.items));
    sections.extend(section(draft, &SOCIAL, found.social.as_ref(), None, |draft, item| {
        social::write(draft, item, status)
    }));
    sections.extend(measured::sections(draft, found.observations.as_ref()));
    let immunisations = found.immunisations.as_ref();
    sections.extend(section(draft, &IMMUNISATIONS, immunisations, None, immunisations::write));
    sections
}
