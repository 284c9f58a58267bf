use domain::clinical::Medication;

use crate::draft::{Draft, Line, yes};
use crate::fhir::{
    CodeableConcept, Dosage, Element, MedicationStatement, MedicationStatus, Period, Resource,
    Text, Timing,
};
use crate::section::Written;
use crate::terminology::{bp, own};

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
    line.remark("Last prescribed", item.last_date);
    line.fact("Recorded", item.recorded_on);
    line.unreadable(&item.unreadable);
    let effective_period =
        item.first_date.map(|first| Period { start: Some(first.into()), end: None });
    let resource = Resource::MedicationStatement(Box::new(MedicationStatement {
        identifier: draft.record("BPS_CurrentRx", item.record_id),
        status: MedicationStatus::Active,
        medication_codeable_concept: CodeableConcept::text(name)
            .coded(own(bp::PRODUCT, item.product_id)),
        subject: draft.subject(),
        effective_absent: Element::unless(&effective_period),
        effective_period,
        date_asserted: item.recorded_on.map(Into::into),
        reason_code: CodeableConcept::said(item.indication.as_deref()).into_iter().collect(),
        note: line.remarks(),
        dosage: vec![dosage(item)],
    }));
    Written { line, resource }
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
        route: own(bp::ROUTE, item.route_code).map(CodeableConcept::from),
    }
}
