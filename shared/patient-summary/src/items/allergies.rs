use domain::clinical::Allergy;

use crate::draft::{Draft, Line};
use crate::fhir::{
    AllergyIntolerance, Annotation, CodeableConcept, Coding, Meta, Reaction, Resource, Severity,
    Text,
};
use crate::section::{Absence, Written};
use crate::terminology::{ABSENT_UNKNOWN, ALLERGY_STATUS, SNOMED};

const PROFILE: &str =
    "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-allergyintolerance|1.0.0";

pub(super) fn write(draft: &Draft<'_>, item: &Allergy) -> Written {
    let name = Text::or(item.item.as_deref(), "Something that Bp does not name");
    let severity = item.severity.as_deref().and_then(severity);
    let mut line = Line::new(name.clone());
    line.fact("Reaction", item.reaction.as_deref());
    if severity.is_some() {
        line.fact("Severity", item.severity.as_deref());
    } else {
        line.remark("Severity", item.severity.as_deref());
    }
    line.remark("Comment", item.comment.as_deref());
    line.fact("Recorded", item.recorded_on);
    line.unreadable(&item.unreadable);
    // FHIR allows a severity only together with a manifestation.
    let reaction = (item.reaction.is_some() || severity.is_some()).then(|| Reaction {
        manifestation: vec![CodeableConcept::text(Text::or(
            item.reaction.as_deref(),
            "A reaction that is not described",
        ))],
        severity,
    });
    let mut intolerance = intolerance(
        draft,
        CodeableConcept::text(name.clone()).coded([Coding::name(&name)]),
        line.remarks(),
        reaction.into_iter().collect(),
    );
    intolerance.recorded_date = item.recorded_on.map(Into::into);
    Written { line, resource: Resource::AllergyIntolerance(Box::new(intolerance)) }
}

/// "No known allergies", as AU Patient Summary writes it, or that nothing is known.
pub(super) fn none(draft: &Draft<'_>, absence: Absence) -> Resource {
    let code = match absence {
        Absence::NoneKnown => CodeableConcept::text(Text::ours("No known allergies"))
            .coded([Coding::new(SNOMED, "716186003").displayed("No known allergy")]),
        Absence::NoInformation(_) => {
            CodeableConcept::text(Text::ours("No information about allergies"))
                .coded([Coding::new(ABSENT_UNKNOWN, "no-allergy-info")
                    .displayed("No information about allergies")])
        }
    };
    let none = intolerance(draft, code, absence.note(), Vec::new());
    Resource::AllergyIntolerance(Box::new(none))
}

fn intolerance(
    draft: &Draft<'_>,
    code: CodeableConcept,
    note: Vec<Annotation>,
    reaction: Vec<Reaction>,
) -> AllergyIntolerance {
    AllergyIntolerance {
        meta: Meta::claims([PROFILE]),
        // Bp's view lists active reactions only.
        clinical_status: Coding::new(ALLERGY_STATUS, "active").displayed("Active").into(),
        code,
        patient: draft.subject(),
        recorded_date: None,
        note,
        reaction,
    }
}

fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "mild" => Some(Severity::Mild),
        "moderate" => Some(Severity::Moderate),
        "severe" => Some(Severity::Severe),
        _ => None,
    }
}
