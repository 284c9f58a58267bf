use domain::clinical::Medication;

use crate::draft::{Draft, Line, yes};
use crate::fhir::{
    CodeableConcept, Coding, Dosage, Element, MedicationStatement, MedicationStatus, Meta, Period,
    Resource, Text, Timing,
};
use crate::section::{Absence, Written};
use crate::terminology::{ABSENT_UNKNOWN, SNOMED, bp, numbered, own};

const PROFILE: &str =
    "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-medicationstatement|1.0.0";

pub(super) fn write(draft: &Draft<'_>, item: &Medication) -> Written {
    let name = Text::or(item.name.as_deref(), "A medication that Bp does not name");
    let mut line = Line::new(name.clone());
    line.fact("Dose", item.dose.as_deref());
    line.fact("Frequency", item.frequency.as_deref());
    line.fact("Food", item.food.as_deref());
    line.fact("Detail", item.other_detail.as_deref());
    line.fact("Only when needed", yes(item.when_needed));
    line.fact("Instructions", item.instructions.as_deref());
    line.fact("Route, Bp's code", item.route_code);
    line.fact("Indication", item.indication.as_deref());
    line.remark("Quantity of one script", item.quantity);
    line.remark("Unit", item.unit.as_deref());
    line.remark("Repeats", item.repeats);
    line.fact("First prescribed", item.first_date);
    // This is the date of the last script. It is not known when the patient stops taking it.
    // But it is the last day on which somebody at the practice said that the patient takes it.
    line.fact("Last prescribed", item.last_date);
    if item.last_date.is_some() {
        line.remark("Recorded", item.recorded_on);
    } else {
        line.fact("Recorded", item.recorded_on);
    }
    line.unreadable(&item.unreadable);
    let effective_period =
        item.first_date.map(|first| Period { start: Some(first.into()), end: None });
    let resource = Resource::MedicationStatement(Box::new(MedicationStatement {
        meta: Meta::claims([PROFILE]),
        identifier: draft.record("BPS_CurrentRx", item.record_id),
        status: MedicationStatus::Active,
        medication_codeable_concept: CodeableConcept::text(name.clone()).coded(own(
            bp::PRODUCT,
            item.product_id,
            &name,
        )),
        subject: draft.subject(),
        effective_absent: Element::unless(&effective_period),
        effective_period,
        date_asserted: item.last_date.or(item.recorded_on).map(Into::into),
        reason_code: CodeableConcept::said(item.indication.as_deref()).into_iter().collect(),
        note: line.remarks(),
        dosage: vec![dosage(item)],
    }));
    Written { line, resource }
}

/// "No known medications", as AU Patient Summary writes it, or that nothing is known.
pub(super) fn none(draft: &Draft<'_>, absence: Absence) -> Resource {
    let code = match absence {
        Absence::NoneKnown => CodeableConcept::text(Text::ours("No known medications"))
            .coded([Coding::new(SNOMED, "787481004").displayed("No known medications")]),
        Absence::NoInformation(_) => {
            CodeableConcept::text(Text::ours("No information about medications"))
                .coded([Coding::new(ABSENT_UNKNOWN, "no-medication-info")
                    .displayed("No information about medications")])
        }
    };
    Resource::MedicationStatement(Box::new(MedicationStatement {
        meta: Meta::claims([PROFILE]),
        identifier: Vec::new(),
        status: match absence {
            Absence::NoneKnown => MedicationStatus::Active,
            Absence::NoInformation(_) => MedicationStatus::Unknown,
        },
        medication_codeable_concept: code,
        subject: draft.subject(),
        effective_period: None,
        effective_absent: Some(Element::unknown()),
        date_asserted: None,
        reason_code: Vec::new(),
        note: absence.note(),
        dosage: Vec::new(),
    }))
}

fn dosage(item: &Medication) -> Dosage {
    let words: Vec<&str> = [
        item.dose.as_deref(),
        item.frequency.as_deref(),
        item.food.as_deref(),
        item.other_detail.as_deref(),
        yes(item.when_needed).map(|_| "when needed"),
        item.instructions.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    Dosage {
        text: Text::new(&words.join(", ")),
        additional_instruction: [item.food.as_deref(), item.other_detail.as_deref()]
            .into_iter()
            .filter_map(CodeableConcept::said)
            .collect(),
        patient_instruction: item.instructions.as_deref().and_then(Text::new),
        timing: CodeableConcept::said(item.frequency.as_deref()).map(|code| Timing { code }),
        as_needed_boolean: item.when_needed,
        route: numbered(bp::ROUTE, item.route_code),
    }
}
