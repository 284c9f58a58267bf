//! `…/clinical-summary`: the clinical record for the referral form (referral guide, "Import patient data").

mod negotiation;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use domain::advisory::Concern;
use domain::audit::AuditedAction;
use domain::clinical::{ClinicalSummary, SectionName};
use domain::ids::PatientId;
use patient_summary::Origin;
use serde::Deserialize;
use uuid::Uuid;

use self::negotiation::Format;
use super::patients::{PatientPath, unknown};
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Checker, Parameters};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::trail::Deed;
use crate::{App, ClinicalApp};

const FHIR_R4: &str = "application/fhir+json; fhirVersion=4.0";

/// What is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    sections: Option<String>,
}

/// One patient's clinical record, or the sections of it that are asked for. A section that Bp does not let
/// us read, or that cannot be understood, is `unavailable`; the others still come. A row that cannot be
/// understood is counted in its section's `problem.unreadableRows`: the list is then not complete. A value
/// that cannot be understood is null, and its entry's `unreadable` names it. With `Accept: application/fhir+json` the same comes as
/// an International Patient Summary (FHIR R4, a document Bundle), still from the one query and without
/// `advisories`, for which the profiles have no place; any other
/// `Accept` gets JSON.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path),
        ("sections" = Option<String>, Query, description = "Names of sections with commas between them: pastHistory, medications, allergies, familyHistory, social, observations, immunisations. All when left out.")),
    responses((status = 200, content((ClinicalSummary = "application/json"), (Value = "application/fhir+json"))),
        (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn clinical_summary(
    State(clinical): State<Arc<ClinicalApp>>,
    allowed: Allowed<ReadPatients>,
    format: Format,
    path: Path<PatientPath>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, Problem> {
    let mut fields = Checker::default();
    let wanted = match wanted.sections {
        Some(list) => fields.check("sections", SectionName::parse_list(&list)),
        None => Some(SectionName::ALL.to_vec()),
    };
    let wanted = fields.finish(wanted)?;
    let patient = path.patient()?;
    let mut answer = match format {
        Format::Json => clinical.json(&allowed, patient, &wanted).await?.into_response(),
        Format::Fhir => clinical.fhir(&allowed, patient, &wanted).await?,
    };
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

impl ClinicalApp {
    async fn json(
        &self,
        allowed: &Allowed<ReadPatients>,
        patient: PatientId,
        wanted: &[SectionName],
    ) -> Result<Json<ClinicalSummary>, Problem> {
        let Self { app, observations_per_code } = self;
        let practice = &allowed.practice;
        let deadline = App::deadline();
        let (mut connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
        let read_at = App::now();
        let sections = app
            .ask(practice, &mut connection, deadline, |guid| {
                app.bp.clinical_summary(guid, patient, wanted, *observations_per_code, deadline)
            })
            .await?
            .ok_or_else(unknown)?;
        self.note(allowed, patient).await?;
        let advisories = app.bp.pack().advisories(Concern::ClinicalSummary, &connection.site);
        Ok(Json(ClinicalSummary { patient_id: patient, read_at, sections, advisories }))
    }

    async fn fhir(
        &self,
        allowed: &Allowed<ReadPatients>,
        patient: PatientId,
        wanted: &[SectionName],
    ) -> Result<Response, Problem> {
        let Self { app, observations_per_code } = self;
        let practice = &allowed.practice;
        let deadline = App::deadline();
        let (mut connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
        // Times of day are told with the practice's zone.
        let settings = app.store.practice(practice).await?.settings;
        let read_at = App::now();
        let record = app
            .ask(practice, &mut connection, deadline, |guid| {
                app.bp.identified_record(guid, patient, wanted, *observations_per_code, deadline)
            })
            .await?
            .ok_or_else(unknown)?;
        let origin = Origin {
            document: Uuid::new_v4(),
            site_id: &connection.site_id,
            practice_name: connection.site.practice_name.as_deref(),
            time_zone: settings.time_zone.as_ref(),
            read_at,
        };
        let document = serde_json::to_vec(&patient_summary::document(&record, &origin))
            .map_err(|_| Problem::new(Kind::Internal))?;
        self.note(allowed, patient).await?;
        Ok(([(CONTENT_TYPE, FHIR_R4)], document).into_response())
    }

    async fn note(
        &self,
        allowed: &Allowed<ReadPatients>,
        patient: PatientId,
    ) -> Result<(), Problem> {
        let Allowed { practice, caller, .. } = allowed;
        let read = Deed::of(AuditedAction::ClinicalSummaryRead).about(vec![patient]);
        self.app.note(practice, caller, read).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn the_document_of_the_api_tells_both_formats() {
        let document: Value = serde_json::from_str(&crate::openapi::document()).unwrap();
        let path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary";
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        assert!(content["application/json"]["schema"].is_object(), "{content}");
        assert!(content["application/fhir+json"].is_object(), "{content}");
    }

    #[test]
    fn the_document_of_the_api_tells_what_could_not_be_read_and_that_it_may_be_left_out() {
        let document: Value = serde_json::from_str(&crate::openapi::document()).unwrap();
        let schemas = &document["components"]["schemas"];
        let listed = |section: &str| schemas[section]["properties"]["items"]["items"].clone();
        for (schema, member) in [
            (schemas["SectionProblem"].clone(), "unreadableRows"),
            (listed("Section_Allergy"), "unreadable"),
            (listed("Section_Observation"), "unreadable"),
            (schemas["Parent"].clone(), "unreadable"),
            (schemas["Circumstances"].clone(), "unreadable"),
        ] {
            let told = &schema["properties"][member];
            assert!(told["description"].is_string(), "nothing tells {member}: {schema}");
            let required = schema["required"].to_string();
            assert!(!required.contains(&format!("\"{member}\"")), "{schema} demands {member}");
        }
        assert!(schemas["ProblemType"]["enum"].to_string().contains("malformed-answer"));
        // Null where it could not be read, which is never the same as no.
        let ticked = &listed("Section_Medication")["properties"]["whenNeeded"]["type"];
        assert!(ticked.to_string().contains("null"), "{ticked}");
    }
}
