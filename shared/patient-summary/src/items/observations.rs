use domain::clinical::{Observation as Measured, ObservationKind};

use crate::draft::{Draft, Line};
use crate::fhir::{
    CodeableConcept, Coding, Comparator, Component, Decimal, Element, Meta, Observation, Quantity,
    Resource, Text, Value, When,
};
use crate::section::Written;
use crate::terminology::{LOINC, SNOMED, UCUM, as_text, bp, measure, own, ucum, unknown};

const PATHOLOGY: &str =
    "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-diagnosticresult-path|1.0.0";

/// Whether it is a result of a test and no vital sign.
pub(super) fn is_result(item: &Measured) -> bool {
    matches!(item.code, ObservationKind::BloodSugar | ObservationKind::DiabetesRisk)
}

pub(super) fn write(draft: &Draft<'_>, item: &Measured) -> Written {
    let name = Text::or(item.name.as_deref(), "A measurement that Bp does not name");
    let mut line = Line::new(name.clone());
    line.fact(
        "Value",
        item.value.as_ref().map(|value| match item.unit {
            Some(unit) => format!("{value} {unit}"),
            None => value.clone(),
        }),
    );
    let kind = measure(item.code);
    let code = CodeableConcept::text(name.clone()).coded(kind.codes()).coded(own(
        bp::OBSERVATION,
        item.bp_code,
        &name,
    ));
    let mut measured = Observation::of(draft.subject(), kind.category(), code);
    measured.identifier =
        item.record_ids.iter().flat_map(|id| draft.record("BPS_Observations", Some(*id))).collect();
    measured.effective_date_time = moment(draft, item, &mut line);
    measured.effective_absent = Element::unless(&measured.effective_date_time);
    line.remark("Modifier, Bp's code", item.modifier);
    line.fact("By", item.provider.as_deref());
    line.unreadable(&item.unreadable);
    measured.performer = draft.person(item.provider.as_deref()).into_iter().collect();
    if is_pressure(item.code) {
        measured.component = vec![
            half(&SYSTOLIC, item.systolic.as_deref(), item.unit, &mut line),
            half(&DIASTOLIC, item.diastolic.as_deref(), item.unit, &mut line),
        ];
    } else {
        let found = value(item.value.as_deref(), item.unit);
        let found = if kind.is_vital_sign() { number_only(found) } else { found };
        if found.is_err() {
            line.remark("Value that is no number", item.value.as_deref());
        }
        (measured.value, measured.data_absent_reason) = either(found);
    }
    measured.meta = Meta::claims(match item.code {
        // A pathology result names who is responsible for it.
        ObservationKind::BloodSugar => Some(PATHOLOGY).filter(|_| !measured.performer.is_empty()),
        _ => kind.profile.filter(|_| measured.effective_date_time.is_some()),
    });
    measured.note = line.remarks();
    Written { line, resource: Resource::Observation(Box::new(measured)) }
}

fn is_pressure(kind: ObservationKind) -> bool {
    matches!(
        kind,
        ObservationKind::BloodPressure
            | ObservationKind::SystolicPressure
            | ObservationKind::DiastolicPressure
    )
}

/// The moment of a measurement. FHIR has no time without a zone. So if the practice's zone is not known, the
/// time becomes a remark.
fn moment(draft: &Draft<'_>, item: &Measured, line: &mut Line) -> Option<When> {
    let at = item.observed_at?;
    let zoned = at.time.and_then(|time| {
        let zone = draft.zone.clone()?;
        at.date.to_datetime(time).to_zoned(zone).ok()
    });
    match zoned {
        Some(moment) => {
            line.fact("Observed", Some(at));
            Some(When::from(&moment))
        }
        None => {
            if at.time.is_some() {
                line.remark("Observed, on the practice's clock", Some(at));
            } else {
                line.fact("Observed", Some(at));
            }
            Some(When::from(at.date))
        }
    }
}

/// The fixed words and codes of half of a blood pressure.
struct Half {
    loinc: &'static str,
    snomed: &'static str,
    words: &'static str,
    no_number: &'static str,
}

const SYSTOLIC: Half = Half {
    loinc: "8480-6",
    snomed: "271649006",
    words: "Systolic blood pressure",
    no_number: "Systolic value that is no number",
};
const DIASTOLIC: Half = Half {
    loinc: "8462-4",
    snomed: "271650006",
    words: "Diastolic blood pressure",
    no_number: "Diastolic value that is no number",
};

/// Half of a blood pressure. Both halves are always written; one that Bp lacks is marked as unknown.
fn half(half: &Half, text: Option<&str>, unit: Option<&'static str>, line: &mut Line) -> Component {
    let found = number_only(value(text, unit));
    if found.is_err() {
        line.remark(half.no_number, text);
    }
    let (value, data_absent_reason) = either(found);
    let code = CodeableConcept::text(Text::ours(half.words)).coded([
        Coding::new(LOINC, half.loinc).displayed(half.words),
        Coding::new(SNOMED, half.snomed).displayed(half.words),
    ]);
    Component { code, value, data_absent_reason }
}

/// A value, or the reason why there is none.
fn either(found: Result<Value, CodeableConcept>) -> (Option<Value>, Option<CodeableConcept>) {
    match found {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    }
}

/// A text is no value where FHIR demands a number.
fn number_only(found: Result<Value, CodeableConcept>) -> Result<Value, CodeableConcept> {
    match found {
        Ok(Value::Text(_)) => Err(as_text()),
        other => other,
    }
}

/// A quantity if Bp's text is a number and its unit is known, else the text.
fn value(text: Option<&str>, unit: Option<&'static str>) -> Result<Value, CodeableConcept> {
    let text = text.and_then(Text::new).ok_or_else(unknown)?;
    let number = unit.and_then(|unit| {
        let (comparator, digits) = bound(text.as_str());
        let value = Decimal::parse(digits)?;
        Some(Quantity { value, comparator, unit, system: UCUM, code: ucum(unit) })
    });
    Ok(number.map_or(Value::Text(text), Value::Quantity))
}

fn bound(text: &str) -> (Option<Comparator>, &str) {
    for (sign, comparator) in [
        ("<=", Comparator::AtMost),
        (">=", Comparator::AtLeast),
        ("<", Comparator::Less),
        (">", Comparator::Greater),
    ] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (Some(comparator), rest.trim());
        }
    }
    (None, text)
}
