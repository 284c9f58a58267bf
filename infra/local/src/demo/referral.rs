//! The referral guide: pair with the practice, find the patient.

use reqwest::Method;
use serde_json::{Value, json};

use super::guide::{As, Call, Guide, text};
use crate::Error;

pub(crate) async fn connect_the_practice(guide: &mut Guide<'_>) -> Result<(), Error> {
    guide.chapter("Connect the practice")?;
    let Example { site_id, user, .. } = Example::find(guide).await?;
    const GENERATE: &str = "In Bp, somebody at the practice generates a pairing code";
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
    const PAIR: &str = "The clinician pairs with the code and their name as it is in Bp";
    let connection = json!({
        "siteId": site_id,
        "pairingCode": text(GENERATE, &code, "/pairingCode")?,
        "clinician": { "firstName": user["firstName"], "lastName": user["lastName"] },
    });
    let path = format!("/v1/practices/{}/connection", guide.stack.practices[0].practice_id);
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
    need(PAIR, &paired, "/state", "connected")?;
    const STATUS: &str = "The connection's status, at any time";
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
    need(STATUS, &status, "/state", "connected")
}

pub(crate) async fn find_the_patient(guide: &mut Guide<'_>) -> Result<(), Error> {
    guide.chapter("Find the patient")?;
    let Example { patient, .. } = Example::find(guide).await?;
    let practice = format!("/v1/practices/{}", guide.stack.practices[0].practice_id);
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
    let patient_id = text(SEARCH, &found, "/matches/0/patientId")?;
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
    need(IMPORT, &demographics, "/patientId", patient_id)
}

fn need(step: &'static str, value: &Value, pointer: &str, wanted: &str) -> Result<(), Error> {
    let found = text(step, value, pointer)?;
    if found == wanted {
        return Ok(());
    }
    let problem = format!("{pointer} is \"{found}\" instead of \"{wanted}\"");
    Err(Error::Demo { step, problem })
}

/// Who and what can be tried at the first practice.
struct Example {
    site_id: String,
    user: Value,
    patient: Value,
}

impl Example {
    async fn find(guide: &mut Guide<'_>) -> Result<Self, Error> {
        const STEP: &str = "The demonstration practices, with people to try";
        let answer = guide
            .call(Call {
                title: STEP,
                caller: As::Practice,
                method: Method::GET,
                path: "/practices".to_owned(),
                body: None,
                expected: 200,
            })
            .await?;
        let site_id = guide.stack.practices[0].site_id.clone();
        let lacks = |what: &str| Error::Demo {
            step: STEP,
            problem: format!("the answer lacks {what} of site {site_id}"),
        };
        let practices = answer.get("practices").unwrap_or(&answer);
        let practice = practices
            .as_array()
            .and_then(|all| all.iter().find(|practice| practice["siteId"] == site_id.as_str()))
            .ok_or_else(|| lacks("the entry"))?;
        let first = |field: &str, fits: fn(&Value) -> bool| {
            practice[field].as_array()?.iter().find(|entry| fits(entry)).cloned()
        };
        let user = first("users", |user| {
            user["active"] == true
                && user["group"].as_str().is_some_and(|group| group.contains("Doctor"))
        })
        .ok_or_else(|| lacks("an active doctor"))?;
        let patient = first("patients", |patient| {
            patient["lastName"].is_string() && patient["dateOfBirth"].is_string()
        })
        .ok_or_else(|| lacks("a patient with a name and a date of birth"))?;
        Ok(Self { user, patient, site_id })
    }
}
