//! The referral guide: pair with the practice, find the patient.

use reqwest::Method;
use serde_json::{Value, json};

use super::example::Example;
use super::guide::{As, Call, Guide, member};
use crate::Error;

pub(crate) async fn connect_the_practice(
    guide: &mut Guide<'_>,
    example: &Example,
) -> Result<(), Error> {
    guide.chapter("Connect the practice");
    let Example { practice_id, site_id, user, .. } = example;
    const GENERATE: &str = "Someone at the practice generates a pairing code in Bp";
    let code = guide
        .call(Call {
            title: GENERATE,
            caller: As::Practice,
            method: Method::POST,
            path: format!("/practices/{site_id}/pairing-codes"),
            body: None,
            expected: 201,
        })
        .await?;
    const PAIR: &str = "The clinician enters the code, and their name as it is in Bp";
    let connection = json!({
        "siteId": site_id,
        "pairingCode": member(GENERATE, &code, "/pairingCode")?,
        "clinician": { "firstName": user["firstName"], "lastName": user["lastName"] },
    });
    let path = format!("/v1/practices/{practice_id}/connection");
    let paired = guide
        .call(Call {
            title: PAIR,
            caller: As::Clinician,
            method: Method::PUT,
            path: path.clone(),
            body: Some(&connection),
            expected: 200,
        })
        .await?;
    need(PAIR, &paired, "/state", &json!("connected"))?;
    const STATUS: &str = "Show the connection's status";
    let status = guide
        .call(Call {
            title: STATUS,
            caller: As::Clinician,
            method: Method::GET,
            path,
            body: None,
            expected: 200,
        })
        .await?;
    need(STATUS, &status, "/state", &json!("connected"))
}

/// Finds the patient, imports the demographics and clinical data, and returns Bp's patient number.
pub(crate) async fn find_the_patient(
    guide: &mut Guide<'_>,
    example: &Example,
) -> Result<Value, Error> {
    guide.chapter("Find the patient");
    let Example { practice_id, patient, .. } = example;
    let practice = format!("/v1/practices/{practice_id}");
    const SEARCH: &str = "Search by last name and date of birth";
    let wanted = json!({ "lastName": patient["lastName"], "dateOfBirth": patient["dateOfBirth"] });
    let found = guide
        .call(Call {
            title: SEARCH,
            caller: As::Clinician,
            method: Method::POST,
            path: format!("{practice}/patients/search"),
            body: Some(&wanted),
            expected: 200,
        })
        .await?;
    let patient_id = member(SEARCH, &found, "/matches/0/patientId")?;
    const IMPORT: &str = "Import the demographics";
    let demographics = guide
        .call(Call {
            title: IMPORT,
            caller: As::Clinician,
            method: Method::GET,
            path: format!("{practice}/patients/{patient_id}"),
            body: None,
            expected: 200,
        })
        .await?;
    need(IMPORT, &demographics, "/patientId", patient_id)?;
    const CLINICAL: &str = "Import the clinical data";
    let summary = guide
        .call(Call {
            title: CLINICAL,
            caller: As::Clinician,
            method: Method::GET,
            path: format!("{practice}/patients/{patient_id}/clinical-summary"),
            body: None,
            expected: 200,
        })
        .await?;
    need(CLINICAL, &summary, "/patientId", patient_id)?;
    const SUMMARY: &str = "The same record as an Australian Patient Summary in FHIR";
    let fhir = guide
        .call(Call {
            title: SUMMARY,
            caller: As::Clinician,
            method: Method::GET,
            path: format!("{practice}/fhir/Patient/{patient_id}/$summary"),
            body: None,
            expected: 200,
        })
        .await?;
    need(SUMMARY, &fhir, "/resourceType", &json!("Bundle"))?;
    Ok(patient_id.clone())
}

fn need(step: &'static str, value: &Value, pointer: &str, wanted: &Value) -> Result<(), Error> {
    let found = member(step, value, pointer)?;
    if found == wanted {
        return Ok(());
    }
    let problem = format!("{pointer} is {found} instead of {wanted}");
    Err(Error::Demo { step, problem })
}
