//! Code systems, and the codes for Bp's words. If no code is certain, only Bp's words are written: a wrong
//! code is worse than none.

use domain::clinical::ObservationKind;
use domain::ids::SiteId;

use crate::fhir::Coding;

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
pub(crate) const ABSENT_UNKNOWN: &str =
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
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
pub(crate) const URI: &str = "urn:ietf:rfc:3986";

/// The system of Bp Site IDs.
pub(crate) const SITE_ID: &str = "urn:practice-bridge:bp:site-id";

/// The system of the record numbers of one of a practice's tables. Bp publishes none, so we made one up
/// that contains the Site ID.
pub(crate) fn record_numbers(site: &SiteId, table: &str) -> String {
    format!("urn:practice-bridge:bp:site:{site}:{table}")
}

/// The system of one of Bp's own code lists, which are not public.
pub(crate) mod bp {
    pub(crate) const CONDITION: &str = "urn:practice-bridge:bp:condition-id";
    pub(crate) const PRODUCT: &str = "urn:practice-bridge:bp:product-id";
    pub(crate) const ROUTE: &str = "urn:practice-bridge:bp:route";
    pub(crate) const VACCINE: &str = "urn:practice-bridge:bp:vaccine-id";
    pub(crate) const VACCINE_ROUTE: &str = "urn:practice-bridge:bp:vaccine-route";
    pub(crate) const VACCINE_SITE: &str = "urn:practice-bridge:bp:vaccine-site";
    pub(crate) const DISEASE: &str = "urn:practice-bridge:bp:disease-code";
    pub(crate) const OBSERVATION: &str = "urn:practice-bridge:bp:observation-code";
}

/// One of Bp's own codes, if there is one.
pub(crate) fn own(system: &'static str, code: Option<i64>) -> Option<Coding> {
    code.map(|code| Coding::new(system, code.to_string()))
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
    let code = match word.to_ascii_lowercase().as_str() {
        "mild" => "255604002",
        "moderate" => "6736007",
        "severe" => "24484000",
        _ => return None,
    };
    Some(Coding::new(SNOMED, code))
}

/// The code for left, right or bilateral.
pub(crate) fn side(word: &str) -> Option<Coding> {
    let code = match word.to_ascii_lowercase().as_str() {
        "left" => "7771000",
        "right" => "24028007",
        "bilateral" => "51440002",
        _ => return None,
    };
    Some(Coding::new(SNOMED, code))
}

/// The code for one of Bp's three words about smoking.
pub(crate) fn smoking(word: &str) -> Option<Coding> {
    let code = match word.to_ascii_lowercase().replace('-', " ").as_str() {
        "smoker" => "77176002",
        "ex smoker" => "8517006",
        "non smoker" => "8392000",
        _ => return None,
    };
    Some(Coding::new(SNOMED, code))
}

/// The LOINC code of a measurement. LOINC has hip circumferences of study protocols only, so a hip has none.
pub(crate) fn observation(kind: ObservationKind) -> Vec<Coding> {
    let loinc = match kind {
        ObservationKind::Temperature => "8310-5",
        ObservationKind::Pulse => "8867-4",
        ObservationKind::BloodPressure
        | ObservationKind::SystolicPressure
        | ObservationKind::DiastolicPressure => "85354-9",
        ObservationKind::BloodSugar => "15074-8",
        ObservationKind::Height => "8302-2",
        ObservationKind::Weight => "29463-7",
        ObservationKind::BodyMassIndex => "39156-5",
        ObservationKind::HeadCircumference => "9843-4",
        ObservationKind::Waist => "8280-0",
        ObservationKind::Hip
        | ObservationKind::WaistHipRatio
        | ObservationKind::DiabetesRisk
        | ObservationKind::Other => return Vec::new(),
    };
    vec![Coding::new(LOINC, loinc)]
}

/// The category of a measurement: a vital sign by FHIR's list, or a laboratory test, survey or exam.
pub(crate) fn category(kind: ObservationKind) -> Coding {
    let code = match kind {
        ObservationKind::Temperature
        | ObservationKind::Pulse
        | ObservationKind::BloodPressure
        | ObservationKind::SystolicPressure
        | ObservationKind::DiastolicPressure
        | ObservationKind::Height
        | ObservationKind::Weight
        | ObservationKind::BodyMassIndex
        | ObservationKind::HeadCircumference => "vital-signs",
        ObservationKind::BloodSugar => "laboratory",
        ObservationKind::DiabetesRisk => "survey",
        ObservationKind::Waist
        | ObservationKind::Hip
        | ObservationKind::WaistHipRatio
        | ObservationKind::Other => "exam",
    };
    Coding::new(OBSERVATION_CATEGORY, code)
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
