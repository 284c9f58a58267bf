use serde::Serialize;

use super::{
    Absent, Annotation, CodeableConcept, Coding, Element, Identifier, Period, Quantity, Reference,
    Text, When, codes, elements,
};

elements! {
    /// A condition or a procedure.
    Condition {
        /// Bp's number.
        identifier: Vec<Identifier>,
        /// Whether it still matters.
        clinical_status: Option<CodeableConcept>,
        /// That it is from a list of problems.
        category: Vec<CodeableConcept>,
        /// How bad.
        severity: Option<CodeableConcept>,
        /// What.
        code: CodeableConcept,
        /// Where.
        body_site: Vec<CodeableConcept>,
        /// Whose.
        subject: Reference,
        /// Since when.
        onset_date_time: Option<When>,
        /// When it was written down.
        recorded_date: Option<When>,
        /// The rest.
        note: Vec<Annotation>,
    }

    /// What is taken now.
    MedicationStatement {
        /// Bp's number.
        identifier: Vec<Identifier>,
        /// Whether it is taken.
        status: MedicationStatus,
        /// What.
        medication_codeable_concept: CodeableConcept,
        /// Who takes it.
        subject: Reference,
        /// Since when.
        effective_period: Option<Period>,
        /// Why nobody knows since when.
        #[serde(rename = "_effectiveDateTime")]
        effective_absent: Option<Element>,
        /// When it was written down.
        date_asserted: Option<When>,
        /// What for.
        reason_code: Vec<CodeableConcept>,
        /// The rest.
        note: Vec<Annotation>,
        /// How.
        dosage: Vec<Dosage>,
    }

    /// How a medication is taken.
    Dosage {
        /// All of it in words.
        text: Option<Text>,
        /// With food, and the like.
        additional_instruction: Vec<CodeableConcept>,
        /// What the patient is told.
        patient_instruction: Option<Text>,
        /// How often.
        timing: Option<Timing>,
        /// Only when needed.
        as_needed_boolean: Option<bool>,
        /// Which way.
        route: Option<CodeableConcept>,
    }

    /// How often.
    Timing {
        /// In words.
        code: CodeableConcept,
    }

    /// An allergy or adverse reaction.
    AllergyIntolerance {
        /// Whether it still matters.
        clinical_status: CodeableConcept,
        /// To what, or that there is none.
        code: CodeableConcept,
        /// Whose.
        patient: Reference,
        /// The rest.
        note: Vec<Annotation>,
        /// What happens.
        reaction: Vec<Reaction>,
    }

    /// What an allergy does.
    Reaction {
        /// What.
        manifestation: Vec<CodeableConcept>,
        /// How bad.
        severity: Option<Severity>,
    }

    /// A measurement, or something social.
    Observation {
        /// Bp's numbers.
        identifier: Vec<Identifier>,
        /// Whether it may still change.
        status: ObservationStatus,
        /// Of what kind.
        category: Vec<CodeableConcept>,
        /// What.
        code: CodeableConcept,
        /// Whose.
        subject: Reference,
        /// When.
        effective_date_time: Option<When>,
        /// From when to when.
        effective_period: Option<Period>,
        /// Why nobody knows when.
        #[serde(rename = "_effectiveDateTime")]
        effective_absent: Option<Element>,
        /// Who.
        performer: Vec<Reference>,
        /// How much.
        #[serde(flatten)]
        value: Option<Value>,
        /// Why nobody knows how much.
        data_absent_reason: Option<CodeableConcept>,
        /// The rest.
        note: Vec<Annotation>,
        /// Its parts.
        component: Vec<Component>,
    }

    /// A part of an observation.
    Component {
        /// What.
        code: CodeableConcept,
        /// How much.
        #[serde(flatten)]
        value: Option<Value>,
        /// Why nobody knows.
        data_absent_reason: Option<CodeableConcept>,
    }

    /// A vaccine given.
    Immunization {
        /// Bp's number.
        identifier: Vec<Identifier>,
        /// Whether it was given.
        status: ImmunizationStatus,
        /// What.
        vaccine_code: CodeableConcept,
        /// To whom.
        patient: Reference,
        /// When.
        occurrence_date_time: Option<When>,
        /// When, in words: widespread libraries refuse a vaccine with nothing but a reason why not.
        occurrence_string: Option<Text>,
        /// Whether this practice gave it.
        primary_source: Option<bool>,
        /// Batch.
        lot_number: Option<Text>,
        /// Where on the body.
        site: Option<CodeableConcept>,
        /// Which way.
        route: Option<CodeableConcept>,
        /// Who gave it.
        performer: Vec<Performer>,
        /// The rest.
        note: Vec<Annotation>,
        /// Which dose.
        protocol_applied: Vec<Protocol>,
    }

    /// Who gave a vaccine.
    Performer {
        /// By name.
        actor: Reference,
    }

    /// Which dose of a series.
    Protocol {
        /// 1 is the first.
        dose_number_positive_int: Option<u32>,
        /// Where it is no such number.
        dose_number_string: Option<Text>,
    }

    /// A relative.
    FamilyMemberHistory {
        /// How much is known.
        status: FamilyHistoryStatus,
        /// Why nothing is known.
        data_absent_reason: Option<CodeableConcept>,
        /// Whose relative.
        patient: Reference,
        /// Of what kind.
        relationship: CodeableConcept,
        /// Whether dead.
        deceased_boolean: Option<bool>,
        /// At what age.
        deceased_age: Option<Quantity>,
        /// The rest.
        note: Vec<Annotation>,
        /// Of what.
        condition: Vec<FamilyCondition>,
    }

    /// What a relative has or had.
    FamilyCondition {
        /// What.
        code: CodeableConcept,
        /// Whether it was deadly.
        contributed_to_death: Option<bool>,
    }
}

impl Absent for u32 {}

/// How much.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Value {
    /// A number with a unit.
    #[serde(rename = "valueQuantity")]
    Quantity(Quantity),
    /// Words.
    #[serde(rename = "valueString")]
    Text(Text),
    /// Something, in codes and words.
    #[serde(rename = "valueCodeableConcept")]
    Concept(CodeableConcept),
}

codes! {
    /// Whether a medication is taken.
    MedicationStatus {
        /// It is.
        Active = "active",
    }

    /// How bad a reaction is.
    Severity {
        /// Mild.
        Mild = "mild",
        /// Moderate.
        Moderate = "moderate",
        /// Severe.
        Severe = "severe",
    }

    /// Whether an observation may still change.
    ObservationStatus {
        /// It may not.
        Final = "final",
    }

    /// Whether a vaccine was given.
    ImmunizationStatus {
        /// It was.
        Completed = "completed",
    }

    /// How much is known of a relative.
    FamilyHistoryStatus {
        /// Some.
        Partial = "partial",
        /// Nothing.
        HealthUnknown = "health-unknown",
    }
}

impl Observation {
    /// One of which nothing is known yet but what, whose and of what kind.
    #[must_use]
    pub fn of(subject: Reference, category: Coding, code: CodeableConcept) -> Self {
        Self {
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
