//! `…/clinical-summary`: the clinical record for the referral form (referral guide, "Import patient data").

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::audit::AuditedAction;
use domain::clinical::{ClinicalSummary, SectionName};
use serde::Deserialize;

use super::patients::{PatientPath, unknown};
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, ProblemBody};
use crate::{App, ClinicalApp};

/// What is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    sections: Option<String>,
}

/// One patient's clinical record, or the sections of it that are asked for. A section that Bp does not let
/// us read is `unavailable`; the others still come.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path),
        ("sections" = Option<String>, Query, description = "Names of sections with commas between them: pastHistory, medications, allergies, familyHistory, social, observations, immunisations. All when left out.")),
    responses((status = 200, body = ClinicalSummary), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn clinical_summary(
    State(clinical): State<Arc<ClinicalApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<ClinicalSummary>, Problem> {
    let mut fields = Checker::default();
    let wanted = match wanted.sections {
        Some(list) => fields.check("sections", SectionName::parse_list(&list)),
        None => Some(SectionName::ALL.to_vec()),
    };
    let wanted = fields.finish(wanted)?;
    let patient = path.patient()?;

    let ClinicalApp { app, observations_per_code } = &*clinical;
    let practice = &allowed.practice;
    let deadline = App::deadline();
    let mut connection = app.open_connection(practice).await?;
    let read_at = App::now();
    let sections = app
        .ask(practice, &mut connection, deadline, |guid| {
            app.bp.clinical_summary(guid, patient, &wanted, *observations_per_code, deadline)
        })
        .await?
        .ok_or_else(unknown)?;
    app.note(practice, &allowed.caller, AuditedAction::ClinicalSummaryRead, vec![patient]).await?;
    Ok(Json(ClinicalSummary { patient_id: patient, read_at, sections }))
}

#[cfg(test)]
mod tests {
    use domain::clinical::Reason;

    use crate::problem::Kind;

    #[test]
    fn a_section_names_its_problem_as_a_whole_answer_would() {
        for (reason, kind) in [
            (Reason::NotPermitted, Kind::BpPermissionMissing),
            (Reason::NotInThisRelease, Kind::BpReleaseDiffers),
            (Reason::Refused, Kind::BpRefused),
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), kind.slug());
        }
    }
}
