use reqwest::Method;
use serde_json::Value;

use super::guide::{As, Call, Guide};
use crate::Error;

const STEP: &str = "The demonstration practice, with people to try";

/// Who and what can be tried at the first practice.
pub(crate) struct Example {
    pub(crate) practice_id: String,
    pub(crate) site_id: String,
    /// `firstName` and `lastName` as in Bp.
    pub(crate) user: Value,
    /// `lastName` and `dateOfBirth` as in Bp.
    pub(crate) patient: Value,
}

impl Example {
    pub(crate) async fn find(guide: &mut Guide<'_>) -> Result<Self, Error> {
        let lacks =
            |what: &str| Error::Demo { step: STEP, problem: format!("the answer lacks {what}") };
        let practice = guide.stack.practices.first().ok_or_else(|| lacks("a practice"))?;
        let (practice_id, site_id) = (practice.practice_id.clone(), practice.site_id.clone());
        let answer = guide
            .call(Call {
                title: STEP,
                caller: As::Practice,
                method: Method::GET,
                path: format!("/practices/{site_id}"),
                body: None,
                expected: 200,
            })
            .await?;
        let first = |field: &str, fits: fn(&Value) -> bool| {
            answer[field].as_array()?.iter().find(|entry| fits(entry)).cloned()
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
        Ok(Self { practice_id, site_id, user, patient })
    }
}
