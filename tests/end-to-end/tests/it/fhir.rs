//! The clinical import as an International Patient Summary. Each member must match the JSON import, and the
//! document must be valid by HL7's own schema and rules.

#[path = "../../../../shared/patient-summary/tests/summary/conformance/mod.rs"]
mod conformance;
mod same;

use conformance::assert_conforms;
use end_to_end::{Answer, Caller, TestPractice, TestStack};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

const FHIR: &str = "application/fhir+json";
const ALLERGIES: &str = "48765-2";
const MEDICATIONS: &str = "10160-0";
const PROBLEMS: &str = "11450-4";

async fn accepting(caller: &Caller, path: &str, accept: &str) -> Answer {
    caller.send(caller.request(Method::GET, path).header(ACCEPT, accept)).await
}

/// A patient's document, after validation.
async fn document(practice: &TestPractice, patient: i64) -> Value {
    valid(practice.clinician.get(&format!("/patients/{patient}/summary")).await)
}

fn valid(answer: Answer) -> Value {
    answer.assert_status(200);
    assert_eq!(answer.header("content-type"), Some("application/fhir+json; fhirVersion=4.0"));
    assert_conforms(&answer.json);
    answer.json
}

fn resources<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = document["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    entries.filter(|resource| resource["resourceType"] == kind).collect()
}

/// A section by its LOINC code.
fn section<'a>(document: &'a Value, code: &str) -> &'a Value {
    let sections = document["entry"][0]["resource"]["section"].as_array().unwrap();
    let found = sections.iter().find(|section| section["code"]["coding"][0]["code"] == code);
    found.unwrap_or_else(|| panic!("no section {code}"))
}

/// The code of the only entry of a section of which nothing is known.
fn stand_in<'a>(document: &'a Value, code: &str) -> &'a Value {
    let section = section(document, code);
    assert!(section["emptyReason"].is_null());
    assert_eq!(section["entry"].as_array().unwrap().len(), 1);
    let mut entries = document["entry"].as_array().unwrap().iter();
    let reference = &section["entry"][0]["reference"];
    let resource = &entries.find(|entry| entry["fullUrl"] == *reference).unwrap()["resource"];
    let codes = ["code", "medicationCodeableConcept"].map(|member| &resource[member]);
    let code = codes.into_iter().find(|code| code.is_object()).unwrap();
    &code["coding"][0]["code"]
}

async fn choose_time_zone(practice: &TestPractice) {
    let settings = json!({ "timeZone": "Australia/Brisbane", "bookings": { "enabled": false } });
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);
}

#[tokio::test]
async fn a_patient_summary_comes_from_one_query_and_says_what_the_json_says() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    choose_time_zone(&practice).await;
    let mark = bp.mark().await;
    let shown = document(&practice, 1).await;
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:clinical_summary"]);
    for patient in [1, 13, 23, 25, 26, 30, 31] {
        let json = practice.clinician.get(&format!("/patients/{patient}/clinical-summary")).await;
        let shown = document(&practice, patient).await;
        same::assert_same(json.assert_status(200), &shown);
    }

    let patient = resources(&shown, "Patient")[0];
    let person = practice.clinician.get("/patients/1").await;
    let person = &person.assert_status(200).json;
    let name = &patient["name"][0];
    assert_eq!(name["family"], person["lastName"]);
    assert_eq!(name["given"][0], person["firstName"]);
    assert_eq!(patient["birthDate"], person["dateOfBirth"]);
    assert_eq!(patient["gender"], "female");
    assert_eq!(patient["active"], true);
    assert_eq!(patient["address"][0]["line"][0], person["address"]["line1"]);
    assert_eq!(patient["address"][0]["city"], person["address"]["suburb"]);
    assert_eq!(patient["address"][0]["postalCode"], person["address"]["postcode"]);
    let phones: Vec<&Value> =
        patient["telecom"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    assert!(phones.contains(&&person["phones"]["mobile"]), "{phones:?}");
    let number = |system: &str| {
        let all = patient["identifier"].as_array().unwrap();
        all.iter().find(|one| one["system"] == system).map(|one| one["value"].clone())
    };
    let medicare = format!(
        "{}{}",
        person["medicare"]["number"].as_str().unwrap(),
        person["medicare"]["line"].as_str().unwrap()
    );
    let medicare_system = "http://ns.electronichealth.net.au/id/medicare-number";
    assert_eq!(number(medicare_system), Some(json!(medicare)));
    let ihi = number("http://ns.electronichealth.net.au/id/hi/ihi/1.0");
    assert_eq!(ihi, Some(person["ihi"].clone()));
    let organization = resources(&shown, "Organization")[0];
    assert_eq!(organization["name"], "Bluegum Hollow Family Practice");
    assert!(organization["identifier"].to_string().contains("/hi/hpio/1.0"), "{organization}");
    let doctor = resources(&shown, "Practitioner")[0];
    for system in ["/hi/hpii/1.0", "/ahpra-registration-number"] {
        assert!(doctor["identifier"].to_string().contains(system), "{doctor}");
    }
}

#[tokio::test]
async fn the_document_has_a_path_of_its_own_and_one_for_clients_of_fhir() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let path = "/patients/1/summary";
    let operation = "/fhir/Patient/1/$summary";
    let by_path = document(&practice, 1).await;
    let by_operation = valid(practice.clinician.get(operation).await);
    let claims = by_path["meta"]["profile"].to_string();
    assert!(claims.contains("/au-ps-bundle|1.0.0"), "{claims}");
    // Each document has an identifier, a time and links of its own.
    let size = |document: &Value| document["entry"].as_array().unwrap().len();
    assert_eq!(size(&by_path), size(&by_operation));

    // FHIR clients also call operations by POST, without a body or with Parameters.
    let post = |body: Option<Value>| {
        let request = practice.clinician.request(Method::POST, operation);
        practice.clinician.send(match body {
            Some(body) => request.header("content-type", FHIR).body(body.to_string()),
            None => request,
        })
    };
    let profile = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";
    let parameters = |name: &str, value: &str| json!({ "resourceType": "Parameters", "parameter": [{ "name": name, "valueUri": value }] });
    for body in [None, Some(parameters("profile", profile))] {
        assert_eq!(size(&valid(post(body).await)), size(&by_path));
    }
    let refused = post(Some(parameters("identifier", "somebody"))).await;
    refused.assert_problem(400, "invalid-request");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/parameter/0");
    assert!(!refused.text.contains("somebody"));
    let other = format!("{operation}?profile=http://example.org/another");
    practice.clinician.get(&other).await.assert_status(400);
    valid(practice.clinician.get(&format!("{operation}?profile={profile}")).await);

    for other in ["/fhir/Patient/1/$everything", "/fhir/Patient/1/summary"] {
        practice.clinician.get(other).await.assert_problem(404, "not-found");
    }
    practice.clinician.get(&format!("{path}?sections=all")).await.assert_status(400);
    for path in [path, operation] {
        accepting(&practice.stranger, path, FHIR).await.assert_status(401);
        practice.clinician.at("another-practice").get(path).await.assert_problem(404, "not-found");
    }
    for nobody in ["21", "0", "99999999", "abc"] {
        for path in
            [format!("/patients/{nobody}/summary"), format!("/fhir/Patient/{nobody}/$summary")]
        {
            practice.clinician.get(&path).await.assert_problem(404, "not-found");
        }
    }
    for path in [path, operation] {
        bp.faults(json!([{ "operation": "immediateQuery", "effect": "503" }])).await;
        practice.clinician.get(path).await.assert_problem(503, "site-offline");
    }
    bp.no_faults().await;
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Tobacco"] })).await;
    let partly = document(&practice, 1).await;
    assert!(section(&partly, "29762-2")["extension"].to_string().contains("BPS_Tobacco"));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_record_its_document_is_valid() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    for patient in [2, 3, 5, 15, 16, 17, 18, 19, 20, 22, 24, 27, 28, 29, 32, 33, 40, 41] {
        let shown = document(&practice, patient).await;
        let json = practice.clinician.get(&format!("/patients/{patient}/clinical-summary")).await;
        same::assert_same_statuses(json.assert_status(200), &shown);
        let person = resources(&shown, "Patient")[0];
        match patient {
            17 => {
                assert!(person["deceasedDateTime"].is_string(), "{person}");
                assert!(person["deceasedBoolean"].is_null());
            }
            16 => assert_eq!(person["active"], false),
            18 => assert!(person["birthDate"].is_null()),
            40 => {
                assert_eq!(person["gender"], "other");
                assert!(person["extension"].to_string().contains("genderIdentity"));
            }
            41 => assert!(person.to_string().contains("electronichealth.net.au/id/dva")),
            _ => {
                assert!(person["deceasedBoolean"].is_null());
                assert!(person["deceasedDateTime"].is_null());
            }
        }
    }
}

#[tokio::test]
async fn nil_known_not_recorded_and_unreadable_are_told_apart_in_fhir_too() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let nil = document(&practice, 25).await;
    let known = resources(&nil, "AllergyIntolerance");
    assert_eq!(known.len(), 1);
    assert!(known[0]["code"].to_string().contains("716186003"));
    assert!(section(&nil, ALLERGIES)["emptyReason"].is_null());

    let silent = document(&practice, 28).await;
    assert_eq!(stand_in(&silent, ALLERGIES), "no-allergy-info");
    assert!(section(&silent, ALLERGIES)["text"].to_string().contains("Nothing is recorded"));

    let listed = document(&practice, 26).await;
    assert_eq!(resources(&listed, "AllergyIntolerance").len(), 2);
    let note = section(&listed, ALLERGIES)["extension"][0]["valueAnnotation"]["text"].clone();
    assert!(note.as_str().unwrap().contains("Ask the patient"), "{note}");

    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Reactions"] })).await;
    let denied = document(&practice, 25).await;
    assert_eq!(stand_in(&denied, ALLERGIES), "no-allergy-info", "taken for nil known");
    assert!(section(&denied, ALLERGIES).to_string().contains("Bp does not let us read this"));

    let change =
        json!({ "deniedObjects": ["BPS_Tobacco"], "missingColumns": ["BPS_History.SNOMED"] });
    bp.set_practice(LARGE, change).await;
    let partly = document(&practice, 1).await;
    assert_eq!(stand_in(&partly, PROBLEMS), "no-problem-info");
    assert!(section(&partly, PROBLEMS)["text"].to_string().contains("This could not be read"));
    let social = section(&partly, "29762-2");
    assert!(social["entry"].is_array());
    assert!(social["extension"].to_string().contains("BPS_Tobacco"), "{social}");
}

#[tokio::test]
async fn what_a_release_lacks_of_a_patient_costs_that_alone_and_who_it_is_must_be_readable() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let whole = document(&practice, 1).await;
    let lacking = json!(["BPS_Patients.Gender", "BPS_Patients.IHI", "BPS_Patients.MobilePhone"]);
    bp.set_practice(LARGE, json!({ "missingColumns": lacking })).await;
    let shown = document(&practice, 1).await;
    let (before, after) = (resources(&whole, "Patient")[0], resources(&shown, "Patient")[0]);
    for member in ["name", "birthDate", "gender", "address"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert!(
        before.to_string().contains("/id/hi/ihi/") && !after.to_string().contains("/id/hi/ihi/")
    );
    assert!(!after.to_string().contains("genderIdentity"));
    assert_eq!(resources(&whole, "Condition").len(), resources(&shown, "Condition").len());

    let change = json!({ "missingColumns": [], "deniedObjects": ["BPS_Patients"] });
    bp.set_practice(LARGE, change).await;
    let none = practice.clinician.get("/patients/1/summary").await;
    none.assert_problem(502, "bp-permission-missing");
}

#[tokio::test]
async fn only_the_sections_asked_for_are_in_the_document_and_the_necessary_ones_say_so() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Observations"] })).await;
    let path = "/patients/1/clinical-summary?sections=allergies,familyHistory";
    let shown = valid(accepting(&practice.clinician, path, FHIR).await);
    let sections = shown["entry"][0]["resource"]["section"].as_array().unwrap();
    assert_eq!(sections.len(), 4);
    assert!(section(&shown, ALLERGIES)["entry"].is_array());
    assert!(section(&shown, "10157-6")["entry"].is_array());
    for (code, nothing) in [(PROBLEMS, "no-problem-info"), (MEDICATIONS, "no-medication-info")] {
        assert_eq!(stand_in(&shown, code), nothing);
        assert!(section(&shown, code)["text"].to_string().contains("not asked for"));
    }
    let path = "/patients/1/clinical-summary?sections=everything";
    let refused = accepting(&practice.clinician, path, FHIR).await;
    refused.assert_problem(400, "invalid-request");
}

#[tokio::test]
async fn the_format_follows_accept_and_caches_are_told_so() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let path = "/patients/2/clinical-summary";
    for (accept, kind) in [
        ("application/fhir+json", "application/fhir+json; fhirVersion=4.0"),
        (
            "application/fhir+json; fhirVersion=4.0, */*;q=0.1",
            "application/fhir+json; fhirVersion=4.0",
        ),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/fhir+json;q=0.4, application/json;q=0.5", "application/json"),
        ("text/html", "application/json"),
    ] {
        let answer = accepting(&practice.clinician, path, accept).await;
        answer.assert_status(200);
        assert_eq!(answer.header("content-type"), Some(kind), "{accept}");
        let vary = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
        assert!(vary.contains("accept"), "{accept}: {vary}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{accept}");
        // FHIR by Accept is deprecated, and JSON is not.
        let is_fhir = kind.contains("fhir");
        let since = answer.header("deprecation").map(|date| date.starts_with('@'));
        assert_eq!(since, is_fhir.then_some(true), "{accept}");
        assert_eq!(answer.header("sunset").is_some(), is_fhir, "{accept}");
        let link = answer.header("link").unwrap_or_default();
        assert_eq!(link.contains("<summary>; rel=\"successor-version\""), is_fhir, "{accept}");
        assert_eq!(link.contains("rel=\"deprecation\""), is_fhir, "{accept}");
    }
    let other =
        accepting(&practice.clinician, path, "application/fhir+json; fhirVersion=5.0").await;
    other.assert_problem(406, "not-acceptable");
}

#[tokio::test]
async fn a_document_is_for_whoever_may_read_the_record_and_is_audited_and_never_logged() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let path = "/patients/1/clinical-summary";
    accepting(&practice.stranger, path, FHIR).await.assert_status(401);
    let elsewhere = practice.clinician.at("another-practice");
    accepting(&elsewhere, path, FHIR).await.assert_problem(404, "not-found");
    for nobody in ["21", "0", "99999999", "abc"] {
        let path = format!("/patients/{nobody}/clinical-summary");
        accepting(&practice.clinician, &path, FHIR).await.assert_problem(404, "not-found");
    }
    bp.faults(json!([{ "operation": "immediateQuery", "effect": "wrongShape" }])).await;
    accepting(&practice.clinician, path, FHIR).await.assert_problem(502, "malformed-answer");
    bp.no_faults().await;

    let shown = document(&practice, 1).await;
    let trail = practice.practice_admin.get("/audit?patientId=1").await;
    let lines = trail.at("/items").as_array().unwrap();
    assert_eq!(lines.len(), 1, "{}", trail.text);
    assert_eq!(lines[0]["action"], "clinicalSummaryRead");
    let patient = resources(&shown, "Patient")[0];
    let numbers = patient["identifier"].as_array().unwrap();
    let mut canaries: Vec<&str> = numbers
        .iter()
        .filter_map(|one| one["value"].as_str())
        .filter(|number| number.len() > 8)
        .collect();
    canaries.extend([patient["name"][0]["family"].as_str().unwrap(), "old fibro sheeting"]);
    assert!(canaries.len() > 3, "{canaries:?}");
    stack.assert_not_logged(&canaries).await;
    stack.assert_not_stored(&canaries).await;
}
