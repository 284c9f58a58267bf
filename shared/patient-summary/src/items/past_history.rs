use domain::clinical::{Fracture, PastHistory};

use crate::draft::{Draft, Line, yes};
use crate::fhir::{CodeableConcept, Coding, Condition, Meta, Resource, Text};
use crate::section::{Absence, Written};
use crate::terminology::{
    ABSENT_UNKNOWN, CONDITION_CATEGORY, CONDITION_STATUS, SNOMED, bp, own, severity, snomed,
};

const PROFILE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-condition|1.0.0";

pub(super) fn write(draft: &Draft<'_>, item: &PastHistory) -> Written {
    let name = Text::or(item.condition.as_deref(), "A condition that Bp does not name");
    let concept = snomed(item.snomed.as_deref());
    let status = item.status.as_deref().and_then(status);
    let mut line = Line::new(name.clone());
    line.fact("Date", item.date);
    if status.is_some() {
        line.fact("Status", item.status.as_deref());
    } else {
        line.remark("Status", item.status.as_deref());
    }
    line.fact("Side", item.side.as_deref());
    line.fact("Severity", item.severity.as_deref());
    line.flag("Acute", item.acute);
    line.remark("Fracture", item.fracture.map(broken));
    line.remark("Details", item.details.as_deref());
    line.flag("Included in the practice's summaries", item.in_summary);
    line.fact("Recorded", item.recorded_on);
    if concept.is_some() {
        line.fact("SNOMED CT", item.snomed.as_deref());
    } else {
        line.remark("SNOMED CT", item.snomed.as_deref());
    }
    line.unreadable(&item.unreadable);
    let severity = item.severity.as_deref().and_then(|word| {
        Text::new(word).map(|text| CodeableConcept::text(text).coded(severity(word)))
    });
    let mut condition = condition(
        draft,
        CodeableConcept::text(name.clone()).coded(concept).coded(own(
            bp::CONDITION,
            item.condition_code,
            &name,
        )),
    );
    condition.identifier = draft.record("BPS_History", item.record_id);
    condition.clinical_status = status.map(CodeableConcept::from);
    condition.severity = severity;
    // A side is no structure of the body, so it has no code here.
    condition.body_site = CodeableConcept::said(item.side.as_deref()).into_iter().collect();
    condition.onset_date_time = item.date.map(Into::into);
    condition.recorded_date = item.recorded_on.map(Into::into);
    condition.note = line.remarks();
    Written { line, resource: Resource::Condition(Box::new(condition)) }
}

/// "No significant past history", as AU Patient Summary writes it, or that nothing is known.
pub(super) fn none(draft: &Draft<'_>, absence: Absence) -> Resource {
    let code = match absence {
        Absence::NoneKnown => CodeableConcept::text(Text::ours("No significant past history"))
            .coded([
                Coding::new(SNOMED, "160245001").displayed("No current problems or disability")
            ]),
        Absence::NoInformation(_) => CodeableConcept::text(Text::ours(
            "No information about problems",
        ))
        .coded([Coding::new(ABSENT_UNKNOWN, "no-problem-info")
            .displayed("No information about problems")]),
    };
    let mut none = condition(draft, code);
    none.clinical_status = status("active").map(CodeableConcept::from);
    none.note = absence.note();
    Resource::Condition(Box::new(none))
}

fn condition(draft: &Draft<'_>, code: CodeableConcept) -> Condition {
    let category =
        Coding::new(CONDITION_CATEGORY, "problem-list-item").displayed("Problem List Item");
    Condition {
        meta: Meta::claims([PROFILE]),
        identifier: Vec::new(),
        clinical_status: None,
        category: vec![category.into()],
        severity: None,
        code,
        body_site: Vec::new(),
        subject: draft.subject(),
        onset_date_time: None,
        recorded_date: None,
        note: Vec::new(),
    }
}

fn status(word: &str) -> Option<Coding> {
    match word.to_ascii_lowercase().as_str() {
        "active" => Some(Coding::new(CONDITION_STATUS, "active").displayed("Active")),
        "inactive" => Some(Coding::new(CONDITION_STATUS, "inactive").displayed("Inactive")),
        _ => None,
    }
}

pub(super) fn broken(fracture: Fracture) -> String {
    let kinds: Vec<&str> = [
        (fracture.displaced, "displaced"),
        (fracture.compound, "compound"),
        (fracture.comminuted, "comminuted"),
        (fracture.spiral, "spiral"),
        (fracture.greenstick, "greenstick"),
    ]
    .into_iter()
    .filter_map(|(is_so, kind)| yes(is_so).map(|_| kind))
    .collect();
    if kinds.is_empty() { "yes".to_owned() } else { kinds.join(", ") }
}
