use domain::clinical::{Fracture, PastHistory};

use crate::draft::{Draft, Line, yes};
use crate::fhir::{CodeableConcept, Coding, Condition, Resource, Text};
use crate::section::Written;
use crate::terminology::{CONDITION_CATEGORY, CONDITION_STATUS, bp, own, severity, side, snomed};

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
    let worded = |word: &str, coding: fn(&str) -> Option<Coding>| {
        Text::new(word).map(|text| CodeableConcept::text(text).coded(coding(word)))
    };
    let resource = Resource::Condition(Box::new(Condition {
        identifier: draft.record("BPS_History", item.record_id),
        clinical_status: status.map(CodeableConcept::from),
        category: vec![Coding::new(CONDITION_CATEGORY, "problem-list-item").into()],
        severity: item.severity.as_deref().and_then(|word| worded(word, severity)),
        code: CodeableConcept::text(name)
            .coded(concept)
            .coded(own(bp::CONDITION, item.condition_code)),
        body_site: item.side.as_deref().and_then(|word| worded(word, side)).into_iter().collect(),
        subject: draft.subject(),
        onset_date_time: item.date.map(Into::into),
        recorded_date: item.recorded_on.map(Into::into),
        note: line.remarks(),
    }));
    Written { line, resource }
}

fn status(word: &str) -> Option<Coding> {
    match word.to_ascii_lowercase().as_str() {
        "active" => Some(Coding::new(CONDITION_STATUS, "active")),
        "inactive" => Some(Coding::new(CONDITION_STATUS, "inactive")),
        _ => None,
    }
}

fn broken(fracture: Fracture) -> String {
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
