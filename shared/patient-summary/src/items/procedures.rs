//! Procedures. Bp keeps them among the conditions. Only a SNOMED CT concept that is known to be a procedure
//! makes an entry one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use domain::clinical::PastHistory;

use super::past_history::broken;
use crate::draft::{Draft, Line};
use crate::fhir::{
    CodeableConcept, Element, Meta, Procedure, ProcedureStatus, Resource, Text, When,
};
use crate::section::Written;
use crate::terminology::{bp, own, snomed};

const PROFILE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-procedure|1.0.0";

static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    include_str!("procedures.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

pub(super) fn is_one(item: &PastHistory) -> bool {
    item.snomed.as_deref().is_some_and(|concept| KNOWN.contains(concept.trim()))
}

pub(super) fn write(draft: &Draft<'_>, item: &PastHistory) -> Written {
    let name = Text::or(item.condition.as_deref(), "A procedure that Bp does not name");
    let mut line = Line::new(name.clone());
    line.fact("Date", item.date);
    line.remark("Status", item.status.as_deref());
    line.fact("Side", item.side.as_deref());
    line.remark("Severity", item.severity.as_deref());
    line.flag("Acute", item.acute);
    line.remark("Fracture", item.fracture.map(broken));
    line.remark("Details", item.details.as_deref());
    line.flag("Included in the practice's summaries", item.in_summary);
    line.remark("Recorded", item.recorded_on);
    line.fact("SNOMED CT", item.snomed.as_deref());
    line.unreadable(&item.unreadable);
    let performed_date_time: Option<When> = item.date.map(Into::into);
    let resource =
        Resource::Procedure(Box::new(Procedure {
            meta: Meta::claims([PROFILE]),
            identifier: draft.record("BPS_History", item.record_id),
            status: ProcedureStatus::Completed,
            code: CodeableConcept::text(name.clone())
                .coded(snomed(item.snomed.as_deref()))
                .coded(own(bp::CONDITION, item.condition_code, &name)),
            subject: draft.subject(),
            performed_absent: Element::unless(&performed_date_time),
            performed_date_time,
            body_site: CodeableConcept::said(item.side.as_deref()).into_iter().collect(),
            note: line.remarks(),
        }));
    Written { line, resource }
}
