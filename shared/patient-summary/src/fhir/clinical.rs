//! The clinical resources.

use serde::Serialize;

use super::{
    Absent, Annotation, CodeableConcept, Coding, Element, Identifier, Meta, Period, Quantity,
    Reference, Text, When, codes, elements,
};

elements! {
    Condition {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        clinical_status: Option<CodeableConcept>,
        category: Vec<CodeableConcept>,
        severity: Option<CodeableConcept>,
        code: CodeableConcept,
        body_site: Vec<CodeableConcept>,
        subject: Reference,
        onset_date_time: Option<When>,
        recorded_date: Option<When>,
        note: Vec<Annotation>,
    }

    Procedure {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        status: ProcedureStatus,
        code: CodeableConcept,
        subject: Reference,
        performed_date_time: Option<When>,
        #[serde(rename = "_performedDateTime")]
        performed_absent: Option<Element>,
        body_site: Vec<CodeableConcept>,
        note: Vec<Annotation>,
    }

    MedicationStatement {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        status: MedicationStatus,
        medication_codeable_concept: CodeableConcept,
        subject: Reference,
        effective_period: Option<Period>,
        #[serde(rename = "_effectiveDateTime")]
        effective_absent: Option<Element>,
        date_asserted: Option<When>,
        reason_code: Vec<CodeableConcept>,
        note: Vec<Annotation>,
        dosage: Vec<Dosage>,
    }

    Dosage {
        text: Option<Text>,
        additional_instruction: Vec<CodeableConcept>,
        patient_instruction: Option<Text>,
        timing: Option<Timing>,
        as_needed_boolean: Option<bool>,
        route: Option<CodeableConcept>,
    }

    Timing {
        code: CodeableConcept,
    }

    AllergyIntolerance {
        meta: Option<Meta>,
        clinical_status: CodeableConcept,
        code: CodeableConcept,
        patient: Reference,
        recorded_date: Option<When>,
        note: Vec<Annotation>,
        reaction: Vec<Reaction>,
    }

    Reaction {
        manifestation: Vec<CodeableConcept>,
        severity: Option<Severity>,
    }

    Observation {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        status: ObservationStatus,
        category: Vec<CodeableConcept>,
        code: CodeableConcept,
        subject: Reference,
        effective_date_time: Option<When>,
        effective_period: Option<Period>,
        #[serde(rename = "_effectiveDateTime")]
        effective_absent: Option<Element>,
        performer: Vec<Reference>,
        #[serde(flatten)]
        value: Option<Value>,
        data_absent_reason: Option<CodeableConcept>,
        note: Vec<Annotation>,
        component: Vec<Component>,
    }

    Component {
        code: CodeableConcept,
        #[serde(flatten)]
        value: Option<Value>,
        data_absent_reason: Option<CodeableConcept>,
    }

    Immunization {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        status: ImmunizationStatus,
        vaccine_code: CodeableConcept,
        patient: Reference,
        occurrence_date_time: Option<When>,
        /// Widespread libraries refuse a vaccine whose `_occurrenceString` has a reason but no text.
        occurrence_string: Option<Text>,
        primary_source: Option<bool>,
        lot_number: Option<Text>,
        site: Option<CodeableConcept>,
        route: Option<CodeableConcept>,
        performer: Vec<Performer>,
        note: Vec<Annotation>,
        protocol_applied: Vec<Protocol>,
    }

    Performer {
        actor: Reference,
    }

    Protocol {
        dose_number_positive_int: Option<u32>,
        dose_number_string: Option<Text>,
    }

    FamilyMemberHistory {
        status: FamilyHistoryStatus,
        data_absent_reason: Option<CodeableConcept>,
        patient: Reference,
        relationship: CodeableConcept,
        deceased_boolean: Option<bool>,
        deceased_age: Option<Quantity>,
        note: Vec<Annotation>,
        condition: Vec<FamilyCondition>,
    }

    FamilyCondition {
        code: CodeableConcept,
        contributed_to_death: Option<bool>,
    }
}

impl Absent for u32 {}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Value {
    #[serde(rename = "valueQuantity")]
    Quantity(Quantity),
    #[serde(rename = "valueString")]
    Text(Text),
    #[serde(rename = "valueCodeableConcept")]
    Concept(CodeableConcept),
}

codes! {
    ProcedureStatus {
        Completed = "completed",
    }

    MedicationStatus {
        Active = "active",
        Unknown = "unknown",
    }

    Severity {
        Mild = "mild",
        Moderate = "moderate",
        Severe = "severe",
    }

    ObservationStatus {
        Final = "final",
    }

    ImmunizationStatus {
        Completed = "completed",
    }

    FamilyHistoryStatus {
        Partial = "partial",
        HealthUnknown = "health-unknown",
    }
}

impl Observation {
    #[must_use]
    pub fn of(subject: Reference, category: Coding, code: CodeableConcept) -> Self {
        Self {
            meta: None,
            identifier: Vec::new(),
            status: ObservationStatus::Final,
            category: vec![category.into()],
            code,
            subject,
            effective_date_time: None,
            effective_period: None,
            effective_absent: None,
            performer: Vec::new(),
            value: None,
            data_absent_reason: None,
            note: Vec::new(),
            component: Vec::new(),
        }
    }
}
