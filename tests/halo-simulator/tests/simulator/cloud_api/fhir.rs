//! The FHIR operations.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::{
    schema,
    support::{Bench, Reply, reply},
};

async fn search(bench: &Bench, guid: &str, form: &[(&str, &str)]) -> Reply {
    let path = format!("/integrator/sites/{guid}/fhir/R4/Patient/_search");
    let answer = reply(bench.request(Method::POST, &path).form(form)).await;
    schema::check("fhirSearch", answer.status, &answer.body);
    answer
}

async fn read(bench: &Bench, guid: &str, path: &str) -> Reply {
    let answer = bench.get(&format!("/integrator/sites/{guid}/fhir/R4/{path}")).await;
    schema::check("fhirRead", answer.status, &answer.body);
    answer
}

/// A patient with a first name, a surname and a date of birth.
async fn someone(bench: &Bench) -> Value {
    let practices = bench.control(Method::GET, "/practices", Value::Null).await.body;
    practices["practices"][0]["patients"]
        .as_array()
        .unwrap()
        .iter()
        .find(|patient| {
            ["firstName", "lastName", "dateOfBirth"].iter().all(|field| patient[field].is_string())
        })
        .cloned()
        .expect("a patient to try")
}

#[tokio::test]
async fn the_capability_statement_does_not_need_the_database() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"integrationEnabled": false})).await;
    let statement = read(&bench, &guid, "metadata").await;
    assert_eq!(statement.status, 200);
    assert_eq!(statement.body["fhirVersion"], "4.0.1");
    assert_eq!(statement.body["id"], guid.as_str());
    let refused = read(&bench, &guid, "Patient/1").await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body["resourceType"], "OperationOutcome");
}

#[tokio::test]
async fn a_patient_is_found_by_surname_and_birth_date_and_read_by_id() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let wanted = someone(&bench).await;
    let (last, born) =
        (wanted["lastName"].as_str().unwrap(), wanted["dateOfBirth"].as_str().unwrap());
    let lower = last.to_lowercase();
    let found = search(&bench, &guid, &[("family", &lower), ("birthdate", born)]).await.body;
    let id = wanted["patientId"].to_string();
    let entry = found["entry"]
        .as_array()
        .unwrap_or_else(|| panic!("nobody found for {wanted}: {found}"))
        .iter()
        .find(|entry| entry["resource"]["id"] == id.as_str())
        .expect("the patient is among the matches");
    assert_eq!(entry["resource"]["birthDate"], born);
    assert_eq!(entry["resource"]["name"][0]["family"], last);

    let patient = read(&bench, &guid, &format!("Patient/{id}")).await;
    assert_eq!(patient.body, entry["resource"]);
    let got = read(&bench, &guid, &format!("Patient?_id={id}")).await;
    assert_eq!(got.body["total"], 1);
}

#[tokio::test]
async fn a_wildcard_in_a_surname_is_taken_literally() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for family in ["%", "_", "[A-Z]"] {
        assert_eq!(search(&bench, &guid, &[("family", family)]).await.body["total"], 0);
    }
}

#[tokio::test]
async fn birth_date_prefixes_divide_the_patients() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let total = async |value: &str| {
        search(&bench, &guid, &[("birthdate", value), ("_count", "0")]).await.body["total"]
            .as_u64()
            .unwrap()
    };
    let (before, within, after) =
        (total("lt1970").await, total("1970").await, total("gt1970").await);
    assert_eq!(total("le1970").await, before + within);
    assert_eq!(total("ge1970-01-01").await, within + after);
    assert_eq!(total("ne1970").await, before + after);
    assert!(before > 0 && after > 0);
    let both = [("birthdate", "ge1960"), ("birthdate", "lt1970"), ("_count", "0")];
    let decade = search(&bench, &guid, &both).await.body["total"].as_u64().unwrap();
    assert!(decade <= before);
    assert_eq!(search(&bench, &guid, &[("birthdate", "1970-13")]).await.status, 400);
}

#[tokio::test]
async fn next_links_lead_through_all_matches_without_naming_anyone() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let form = [("birthdate", "ge2015"), ("_count", "7"), ("_sort", "-birthdate,family")];
    let mut bundle = search(&bench, &guid, &form).await.body;
    let total = bundle["total"].as_u64().unwrap();
    assert!(total > 14, "{total} matches are too few for this test");
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let entries = bundle["entry"].as_array().unwrap();
        assert!(entries.len() <= 7);
        seen.extend(entries.iter().map(|entry| entry["resource"].clone()));
        let Some(next) = bundle["link"][0]["url"].as_str() else { break };
        assert!(!next.contains("birthdate") && !next.contains("2015"), "{next}");
        let path = next.strip_prefix(bench.running.url()).expect("an absolute link");
        bundle = bench.get(path).await.body;
    }
    assert_eq!(seen.len() as u64, total);
    let dates: Vec<&str> =
        seen.iter().map(|patient| patient["birthDate"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|one, other| one >= other), "{dates:?}");
    let ids: std::collections::HashSet<&str> =
        seen.iter().map(|patient| patient["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), seen.len(), "nobody comes twice");
}

#[tokio::test]
async fn an_identifier_finds_its_one_patient() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let everyone = search(&bench, &guid, &[("_count", "100")]).await.body;
    let medicare = "http://ns.electronichealth.net.au/id/medicare-number";
    let (patient, value) = everyone["entry"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|entry| {
            let identifiers = entry["resource"]["identifier"].as_array()?;
            let known = identifiers.iter().find(|one| one["system"] == medicare)?;
            Some((entry["resource"]["id"].clone(), known["value"].as_str()?.to_owned()))
        })
        .expect("someone has a Medicare number");
    for identifier in [value.clone(), format!("{medicare}|{value}")] {
        let found = search(&bench, &guid, &[("identifier", &identifier)]).await.body;
        let ids: Vec<&Value> =
            found["entry"].as_array().unwrap().iter().map(|one| &one["resource"]["id"]).collect();
        assert!(ids.contains(&&patient), "{identifier}: {ids:?}");
    }
    let foreign = format!("http://example.org/id|{value}");
    assert_eq!(search(&bench, &guid, &[("identifier", &foreign)]).await.body["total"], 0);
}

#[tokio::test]
async fn what_is_not_there_is_an_operation_outcome() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for (path, status) in
        [("Patient/99999999", 404), ("Slot/1", 404), ("Patient?shoe=9", 400), ("Patient/x", 404)]
    {
        let answer = read(&bench, &guid, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.body["resourceType"], "OperationOutcome");
    }
    bench.change(json!({"availability": "offline"})).await;
    assert_eq!(read(&bench, &guid, "metadata").await.status, 503);
    bench.change(json!({"availability": "unreachable"})).await;
    assert_eq!(read(&bench, &guid, "Patient/1").await.status, 504);
}

#[tokio::test]
async fn a_percent_encoded_path_is_read_like_a_plain_one() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let plain = read(&bench, &guid, "Patient/1").await;
    assert_eq!(plain.status, 200);
    // Generated clients encode the whole path parameter, including the search.
    assert_eq!(read(&bench, &guid, "Patient%2F1").await.body, plain.body);
    let family = plain.body["name"][0]["family"].as_str().unwrap();
    let searched = read(&bench, &guid, &format!("Patient%3Ffamily%3D{family}%26_id%3D1")).await;
    assert_eq!(searched.body["entry"][0]["resource"], plain.body, "{searched:?}");
    let both = read(&bench, &guid, &format!("Patient%3Ffamily%3D{family}?_id=1")).await;
    assert_eq!(both.body["total"], 1, "{both:?}");
    assert_eq!(read(&bench, &guid, "Patient/%FF").await.status, 400);
}

#[tokio::test]
async fn patients_are_sorted_and_searched_by_their_last_change() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let update = "UPDATE dbo.PATIENTS SET UPDATED = '2031-05-06T07:08:09' WHERE INTERNALID = 9";
    assert_eq!(bench.select(&guid, update).await.status, 200);
    let first = async |path: &str| {
        let bundle = read(&bench, &guid, path).await.body;
        bundle["entry"][0]["resource"]["id"].clone()
    };
    assert_eq!(first("Patient?_sort=-_lastUpdated&_count=1").await, "9");
    assert_ne!(first("Patient?_sort=_lastUpdated&_count=1").await, "9");
    let since = read(&bench, &guid, "Patient?_lastUpdated=ge2031-05-06").await.body;
    assert_eq!((&since["total"], &since["entry"][0]["resource"]["id"]), (&json!(1), &json!("9")));
    assert_eq!(read(&bench, &guid, "Patient?_lastUpdated=soon").await.status, 400);
    let statement = read(&bench, &guid, "metadata").await.body;
    let listed = statement["rest"][0]["resource"][0]["searchParam"].as_array().unwrap();
    for name in ["_lastUpdated", "gender"] {
        assert!(listed.iter().any(|one| one["name"] == name), "{name}");
    }
}

#[tokio::test]
async fn gender_divides_the_patients() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let total = async |value: &str| {
        search(&bench, &guid, &[("gender", value), ("_count", "0")]).await.body["total"]
            .as_u64()
            .unwrap()
    };
    let all = search(&bench, &guid, &[("_count", "0")]).await.body["total"].as_u64().unwrap();
    let (female, male) = (total("female").await, total("male").await);
    let (other, unknown) = (total("other").await, total("unknown").await);
    assert!(female > 0 && male > 0 && other > 0);
    assert_eq!(female + male + other + unknown, all);
    assert_eq!(total("female,male").await, female + male);
    assert_eq!(total("http://hl7.org/fhir/administrative-gender|female").await, female);
    assert_eq!(total("cat").await, 0);
    let found = search(&bench, &guid, &[("gender", "other")]).await.body;
    let entries = found["entry"].as_array().unwrap();
    assert!(entries.iter().all(|one| one["resource"]["gender"] == "other"), "{found}");
}

#[tokio::test]
async fn the_identifiers_a_patient_shows_are_those_it_is_found_by() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let patient = read(&bench, &guid, "Patient/1").await.body;
    let value = |code: &str| {
        let identifiers = patient["identifier"].as_array().unwrap();
        let one = identifiers.iter().find(|one| one["type"]["coding"][0]["code"] == code);
        let one = one.unwrap_or_else(|| panic!("no {code}: {patient}"));
        (
            one["system"].as_str().unwrap_or_default().to_owned(),
            one["value"].as_str().unwrap().to_owned(),
        )
    };
    let total = async |identifier: &str| {
        search(&bench, &guid, &[("identifier", identifier)]).await.body["total"].clone()
    };
    let (ihi_system, ihi) = value("NI");
    let (medicare_system, medicare) = value("MC");
    for identifier in [
        ihi.clone(),
        format!("{ihi_system}|{ihi}"),
        format!("{ihi_system}|{} {}", &ihi[..8], &ihi[8..]),
        medicare.clone(),
        format!("{medicare_system}|{medicare}"),
        format!("{medicare_system}|{}", &medicare[..10]),
        format!("{ihi_system}|0000000000000000,{ihi_system}|{ihi}"),
        format!("|{}", value("MR").1),
    ] {
        assert_eq!(total(&identifier).await, 1, "{identifier}");
    }
    assert_eq!(total(&format!("{medicare_system}|{ihi}")).await, 0);
    let path = format!("Patient?identifier={ihi_system}%7C{ihi}");
    assert_eq!(read(&bench, &guid, &path).await.body["total"], 1);
}

#[tokio::test]
async fn methods_that_halo_does_not_document_are_not_found() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let path = format!("/integrator/sites/{guid}/fhir/R4/Patient/1");
    for method in [Method::OPTIONS, Method::HEAD, Method::PUT] {
        let answer = reply(bench.request(method.clone(), &path)).await;
        assert_eq!(answer.status, 404, "{method}");
    }
}
