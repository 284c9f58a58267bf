//! Measurements: vital signs and results of tests are two sections of the document.

use domain::clinical::{Observation, Section};

use super::observations::{is_result, write};
use crate::draft::Draft;
use crate::fhir::CompositionSection;
use crate::section::{Kind, NoneHere, Part, part};

const OBSERVATIONS: Kind = Kind {
    title: "Observations",
    loinc: "8716-3",
    display: "Vital signs note",
    required: false,
    nil: "No observations.",
};
const RESULTS: Kind = Kind {
    title: "Test results",
    loinc: "30954-2",
    display: "Relevant diagnostic tests/laboratory data note",
    required: false,
    nil: "No test results.",
};

pub(super) fn sections(
    draft: &mut Draft<'_>,
    found: Option<&Section<Observation>>,
) -> Vec<CompositionSection> {
    let Some(found) = found else { return Vec::new() };
    let (results, others): (Vec<_>, Vec<_>) = found.items.iter().partition(|item| is_result(item));
    let mut sections = Vec::new();
    let content =
        |items, words| Part { found, items, note: None, none_here: NoneHere::Elsewhere(words) };
    let there_are_results = !results.is_empty();
    let others = content(others, "Only test results are recorded. They are another section.");
    sections.push(part(draft, &OBSERVATIONS, others, None, write));
    if there_are_results {
        let results = content(results, "No test result is recorded.");
        sections.push(part(draft, &RESULTS, results, None, write));
    }
    sections
}
