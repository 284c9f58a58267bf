use domain::clinical::{Observation as Measured, ObservationKind};

use crate::draft::{Draft, Line};
use crate::fhir::{
    CodeableConcept, Coding, Comparator, Component, Decimal, Element, Observation, Quantity,
    Reference, Resource, Text, Value, When,
};
use crate::section::Written;
use crate::terminology::{DATA_ABSENT, LOINC, UCUM, bp, category, observation, own, ucum};

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
    let code = CodeableConcept::text(name)
        .coded(observation(item.code))
        .coded(own(bp::OBSERVATION, item.bp_code));
    let mut measured = Observation::of(draft.subject(), category(item.code), code);
    measured.identifier =
        item.record_ids.iter().flat_map(|id| draft.record("BPS_Observations", Some(*id))).collect();
    measured.effective_date_time = moment(draft, item, &mut line);
    measured.effective_absent = Element::unless(&measured.effective_date_time);
    line.remark("Modifier, Bp's code", item.modifier);
    line.fact("By", item.provider.as_deref());
    line.unreadable(&item.unreadable);
    measured.performer = Reference::named(item.provider.as_deref()).into_iter().collect();
    if is_pressure(item.code) {
        measured.component = vec![
            half("8480-6", "Systolic blood pressure", item.systolic.as_deref(), item.unit),
            half("8462-4", "Diastolic blood pressure", item.diastolic.as_deref(), item.unit),
        ];
    } else {
        measured.value = item.value.as_deref().and_then(|text| value(text, item.unit));
        measured.data_absent_reason = measured.value.is_none().then(unknown);
    }
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

fn unknown() -> CodeableConcept {
    Coding::new(DATA_ABSENT, "unknown").into()
}

/// Half of a blood pressure. Both halves are always written; one that Bp lacks is marked as unknown.
fn half(
    loinc: &'static str,
    words: &'static str,
    text: Option<&str>,
    unit: Option<&'static str>,
) -> Component {
    let value = text.and_then(|text| value(text, unit));
    Component {
        code: CodeableConcept::text(Text::ours(words)).coded([Coding::new(LOINC, loinc)]),
        data_absent_reason: value.is_none().then(unknown),
        value,
    }
}

/// A quantity if Bp's text is a number and its unit is known, else the text.
fn value(text: &str, unit: Option<&'static str>) -> Option<Value> {
    let number = unit.and_then(|unit| {
        let (comparator, digits) = bound(text.trim());
        let value = Decimal::parse(digits)?;
        Some(Quantity { value, comparator, unit, system: UCUM, code: ucum(unit) })
    });
    match number {
        Some(quantity) => Some(Value::Quantity(quantity)),
        None => Text::new(text).map(Value::Text),
    }
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
