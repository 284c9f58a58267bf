//! Writes each item of the domain as a resource and as text for people.

mod allergies;
mod family;
mod immunisations;
mod medications;
mod observations;
mod past_history;
mod social;

use domain::clinical::Sections;

use crate::draft::Draft;
use crate::fhir::CompositionSection;
use crate::section::{Kind, section};

const PAST_HISTORY: Kind = Kind {
    title: "Problems and past history",
    loinc: "11450-4",
    required: true,
    nil: "No significant past history.",
};
const MEDICATIONS: Kind =
    Kind { title: "Medications", loinc: "10160-0", required: true, nil: "No medications." };
const ALLERGIES: Kind = Kind {
    title: "Allergies and adverse reactions",
    loinc: "48765-2",
    required: true,
    nil: "No known allergies.",
};
const FAMILY: Kind = Kind {
    title: "Family history",
    loinc: "10157-6",
    required: false,
    nil: "No significant family history.",
};
const SOCIAL: Kind =
    Kind { title: "Social history", loinc: "29762-2", required: false, nil: "Nothing." };
const OBSERVATIONS: Kind =
    Kind { title: "Observations", loinc: "8716-3", required: false, nil: "No observations." };
const IMMUNISATIONS: Kind =
    Kind { title: "Immunisations", loinc: "11369-6", required: false, nil: "No immunisations." };

/// All sections that were requested, and the sections that every summary must have.
pub(crate) fn sections(draft: &mut Draft<'_>, found: &Sections) -> Vec<CompositionSection> {
    [
        section(draft, &PAST_HISTORY, found.past_history.as_ref(), None, past_history::write),
        section(draft, &MEDICATIONS, found.medications.as_ref(), None, medications::write),
        section(
            draft,
            &ALLERGIES,
            found.allergies.as_ref(),
            Some(allergies::none_known),
            allergies::write,
        ),
        section(draft, &FAMILY, found.family_history.as_ref(), None, family::write),
        section(draft, &SOCIAL, found.social.as_ref(), None, social::write),
        section(draft, &OBSERVATIONS, found.observations.as_ref(), None, observations::write),
        section(draft, &IMMUNISATIONS, found.immunisations.as_ref(), None, immunisations::write),
    ]
    .into_iter()
    .flatten()
    .collect()
}
