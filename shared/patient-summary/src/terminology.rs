//! Code systems, and the codes for Bp's words. If no code is certain, only Bp's words are written: a wrong
//! code is worse than none.

use domain::clinical::ObservationKind;
use domain::ids::SiteId;

use crate::fhir::{CodeableConcept, Coding, Text};

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// The International Patient Summary's codes for "nothing is known of this".
pub(crate) const ABSENT_UNKNOWN: &str =
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
pub(crate) const DATA_ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
pub(crate) const HISTORY_ABSENT: &str =
    "http://terminology.hl7.org/CodeSystem/history-absent-reason";
pub(crate) const ROLE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
pub(crate) const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
pub(crate) const IDENTIFIER_TYPE_AU: &str = "http://terminology.hl7.org.au/CodeSystem/v2-0203";
pub(crate) const CONDITION_STATUS: &str =
    "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub(crate) const CONDITION_CATEGORY: &str =
    "http://terminology.hl7.org/CodeSystem/condition-category";
pub(crate) const ALLERGY_STATUS: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
pub(crate) const OBSERVATION_CATEGORY: &str =
    "http://terminology.hl7.org/CodeSystem/observation-category";

pub(crate) const MEDICARE: &str = "http://ns.electronichealth.net.au/id/medicare-number";
pub(crate) const IHI: &str = "http://ns.electronichealth.net.au/id/hi/ihi/1.0";
pub(crate) const DVA: &str = "http://ns.electronichealth.net.au/id/dva";
pub(crate) const HPII: &str = "http://ns.electronichealth.net.au/id/hi/hpii/1.0";
pub(crate) const HPIO: &str = "http://ns.electronichealth.net.au/id/hi/hpio/1.0";
pub(crate) const PROVIDER: &str = "http://ns.electronichealth.net.au/id/medicare-provider-number";
pub(crate) const AHPRA: &str = "http://hl7.org.au/id/ahpra-registration-number";
pub(crate) const ABN: &str = "http://hl7.org.au/id/abn";
pub(crate) const URI: &str = "urn:ietf:rfc:3986";

/// The system of Bp Site IDs. Bp publishes none of the systems below, so we made them up. The top-level domain
/// `example` is reserved: nobody else can own such a name.
pub(crate) const SITE_ID: &str = "https://practice-bridge.example/bp/site-id";

/// The system of the record numbers of one of a practice's tables. It contains the Site ID.
pub(crate) fn record_numbers(site: &SiteId, table: &str) -> String {
    format!("https://practice-bridge.example/bp/site/{site}/{table}")
}

/// The system of one of Bp's own code lists, which are not public.
pub(crate) mod bp {
    pub(crate) const CONDITION: &str = "https://practice-bridge.example/bp/condition-id";
    pub(crate) const PRODUCT: &str = "https://practice-bridge.example/bp/product-id";
    pub(crate) const ROUTE: &str = "https://practice-bridge.example/bp/route";
    pub(crate) const VACCINE: &str = "https://practice-bridge.example/bp/vaccine-id";
    pub(crate) const VACCINE_ROUTE: &str = "https://practice-bridge.example/bp/vaccine-route";
    pub(crate) const VACCINE_SITE: &str = "https://practice-bridge.example/bp/vaccine-site";
    pub(crate) const DISEASE: &str = "https://practice-bridge.example/bp/disease-code";
    pub(crate) const OBSERVATION: &str = "https://practice-bridge.example/bp/observation-code";
}

/// One of Bp's own codes with Bp's word for it, if there is one.
pub(crate) fn own(system: &'static str, code: Option<i64>, word: &Text) -> Option<Coding> {
    code.map(|code| Coding::new(system, code.to_string()).named(word))
}

/// One of Bp's own codes whose word is not known. Its number is also the text, because the code alone says
/// nothing to people.
pub(crate) fn numbered(system: &'static str, code: Option<i64>) -> Option<CodeableConcept> {
    let code = code?;
    let text = Text::new(&format!("Bp code {code}"))?;
    Some(CodeableConcept::text(text).coded([Coding::new(system, code.to_string())]))
}

/// Why there is no value: nobody knows it.
pub(crate) fn unknown() -> CodeableConcept {
    Coding::new(DATA_ABSENT, "unknown").displayed("Unknown").into()
}

/// Why there is no value: it is a text, and the profile allows only a number.
pub(crate) fn as_text() -> CodeableConcept {
    Coding::new(DATA_ABSENT, "as-text").displayed("As Text").into()
}

/// A SNOMED CT concept, if Bp's text is a concept's number.
pub(crate) fn snomed(text: Option<&str>) -> Option<Coding> {
    let code = text?.trim();
    let is_number =
        (6..=18).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Coding::new(SNOMED, code.to_owned()))
}

/// The code for mild, moderate or severe.
pub(crate) fn severity(word: &str) -> Option<Coding> {
    let (code, display) = match word.to_ascii_lowercase().as_str() {
        "mild" => ("255604002", "Mild"),
        "moderate" => ("6736007", "Moderate"),
        "severe" => ("24484000", "Severe"),
        _ => return None,
    };
    Some(Coding::new(SNOMED, code).displayed(display))
}

/// The code for one of Bp's three words about smoking.
pub(crate) fn smoking(word: &str) -> Option<Coding> {
    let (code, display) = match word.to_ascii_lowercase().replace('-', " ").as_str() {
        "smoker" => ("77176002", "Smoker"),
        "ex smoker" => ("8517006", "Ex-smoker"),
        "non smoker" => ("8392000", "Non-smoker"),
        _ => return None,
    };
    Some(Coding::new(SNOMED, code).displayed(display))
}

/// What is known of a kind of measurement: its codes, its category, and the profile of AU Core.
pub(crate) struct Measure {
    loinc: Option<(&'static str, &'static str)>,
    snomed: Option<(&'static str, &'static str)>,
    category: (&'static str, &'static str),
    /// The profile that a reading with a day keeps.
    pub(crate) profile: Option<&'static str>,
}

impl Measure {
    /// The LOINC code first, then SNOMED CT's.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Coding> {
        let coded = |system, code: Option<(&'static str, &'static str)>| {
            code.map(|(code, display)| Coding::new(system, code).displayed(display))
        };
        coded(LOINC, self.loinc).into_iter().chain(coded(SNOMED, self.snomed))
    }

    pub(crate) fn category(&self) -> Coding {
        let (code, display) = self.category;
        Coding::new(OBSERVATION_CATEGORY, code).displayed(display)
    }

    /// FHIR demands a number from every reading with the code of a vital sign, or the reason why there is none.
    pub(crate) fn is_vital_sign(&self) -> bool {
        self.category.0 == "vital-signs"
    }
}

const VITAL_SIGN: (&str, &str) = ("vital-signs", "Vital Signs");
const EXAM: (&str, &str) = ("exam", "Exam");

/// LOINC has hip circumferences of study protocols only, so a hip has no code.
pub(crate) fn measure(kind: ObservationKind) -> Measure {
    let vital = |loinc, snomed, profile| Measure {
        loinc: Some(loinc),
        snomed,
        category: VITAL_SIGN,
        profile,
    };
    let other = |category| Measure { loinc: None, snomed: None, category, profile: None };
    match kind {
        ObservationKind::Temperature => vital(
            ("8310-5", "Body temperature"),
            Some(("386725007", "Body temperature")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-bodytemp|2.0.0"),
        ),
        ObservationKind::Pulse => vital(
            ("8867-4", "Heart rate"),
            Some(("364075005", "Heart rate")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-heartrate|2.0.0"),
        ),
        ObservationKind::BloodPressure
        | ObservationKind::SystolicPressure
        | ObservationKind::DiastolicPressure => vital(
            ("85354-9", "Blood pressure panel with all children optional"),
            Some(("75367002", "Blood pressure")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-bloodpressure|2.0.0"),
        ),
        ObservationKind::Height => vital(
            ("8302-2", "Body height"),
            Some(("50373000", "Body height")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-bodyheight|2.0.0"),
        ),
        ObservationKind::Weight => vital(
            ("29463-7", "Body weight"),
            Some(("27113001", "Body weight")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-bodyweight|2.0.0"),
        ),
        ObservationKind::BodyMassIndex => {
            vital(("39156-5", "Body mass index (BMI) [Ratio]"), None, None)
        }
        ObservationKind::HeadCircumference => {
            vital(("9843-4", "Head Occipital-frontal circumference"), None, None)
        }
        ObservationKind::Waist => vital(
            ("8280-0", "Waist Circumference at umbilicus by Tape measure"),
            Some(("276361009", "Waist circumference")),
            Some("http://hl7.org.au/fhir/core/StructureDefinition/au-core-waistcircum|2.0.0"),
        ),
        ObservationKind::BloodSugar => Measure {
            loinc: Some(("15074-8", "Glucose [Moles/volume] in Blood")),
            ..other(("laboratory", "Laboratory"))
        },
        ObservationKind::DiabetesRisk => other(("survey", "Survey")),
        ObservationKind::Hip | ObservationKind::WaistHipRatio | ObservationKind::Other => {
            other(EXAM)
        }
    }
}

/// The UCUM code of a unit of the domain.
pub(crate) fn ucum(unit: &'static str) -> &'static str {
    match unit {
        "\u{b0}C" => "Cel",
        "mmHg" => "mm[Hg]",
        "kg/m\u{b2}" => "kg/m2",
        other => other,
    }
}
