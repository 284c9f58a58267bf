//! Reads a patient's clinical record from Bp, as JSON or as a FHIR document.

use std::sync::Arc;

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
use store::StoreError;
use uuid::Uuid;

use super::fhir_document::FhirDocument;
use super::negotiation::Format;
use super::operation::{OperationInput, OperationParameters};
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, ProblemType, Problems};
use crate::routes::patients::{PatientPath, unknown_patient};

const FHIR_R4: &str = "application/fhir+json; fhirVersion=4.0";

/// FHIR by `Accept` is deprecated since this day (RFC 9745): 1 December 2026.
const DEPRECATED_SINCE: &str = "@1796083200";
/// The day on which it ends (RFC 8594).
const ENDS: &str = "Tue, 01 Jun 2027 00:00:00 GMT";
/// What to use instead, and where the document says so. Both are relative to the address of the request.
const INSTEAD: &str = r#"<summary>; rel="successor-version", <../../../../openapi.json>; rel="deprecation"; type="application/json""#;

/// Which sections to read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryParameters {
    sections: Option<String>,
}

/// Show a patient's clinical record.
///
/// Shows the sections that are asked for, all by default. A section that Bp does not let us read, or that
/// cannot be understood, is `unavailable`, and the other sections are still shown. A row that cannot be
/// understood is counted in its section's `problem.unreadableRows`: the list is then incomplete. A value
/// that cannot be understood is null, and `unreadable` of its entry names it.
///
/// With `Accept: application/fhir+json` the answer is the document of `…/summary`, with the sections that are
/// asked for. This is deprecated, and ends on 1 June 2027: use `…/summary`. Only such an answer has the headers
/// `Deprecation`, `Sunset` and `Link`. Any other `Accept` gets JSON.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path),
        ("sections" = Option<Vec<SectionName>>, Query, style = Form, explode = false, min_items = 1, description = "Names of sections, separated by commas. All sections by default.")),
    responses((status = 200, body = ClinicalSummary, headers(
        ("Deprecation" = String, description = "Since when FHIR by `Accept` is deprecated (RFC 9745). Only with FHIR."),
        ("Sunset" = String, description = "When FHIR by `Accept` ends (RFC 8594). Only with FHIR."),
        ("Link" = String, description = "What to use instead (`successor-version`), and this document. Only with FHIR."))), Problems))]
pub(crate) async fn read_clinical_summary(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    format: Format,
    path: Path<PatientPath>,
    Parameters(parameters): Parameters<SummaryParameters>,
) -> Result<Response, Problem> {
    let mut fields = Checker::default();
    let sections = match parameters.sections {
        Some(list) => fields.check("sections", SectionName::parse_list(&list)),
        None => Some(SectionName::ALL.to_vec()),
    };
    let sections = fields.finish(sections)?;
    let patient = path.patient()?;
    let mut answer = match format {
        Format::Json => json_summary(&app, &allowed, patient, &sections).await?,
        Format::Fhir => {
            let answer = fhir_summary(&app, &allowed, patient, &sections).await?;
            let told = [("deprecation", DEPRECATED_SINCE), ("sunset", ENDS), ("link", INSTEAD)];
            (told, answer).into_response()
        }
    };
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

/// Parameters of a route that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// Show a patient's summary as a FHIR document.
///
/// An Australian Patient Summary (AU PS 1.0.0, FHIR R4), which is also an International Patient Summary (IPS
/// 2.0.0): a document Bundle with the whole record, from one query. Entries of the past history that the
/// practice does not include in summaries are left out, and the document says how many. It has no
/// `advisories`, because the profiles have no place for them. Errors are problems, like everywhere in this
/// API.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}/summary", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path)),
    responses((status = 200, body = FhirDocument, content_type = "application/fhir+json"),
        Problems))]
pub(crate) async fn read_patient_summary(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Response, Problem> {
    fhir_summary(&app, &allowed, path.patient()?, &SectionName::ALL).await
}

/// The operation after a patient's FHIR path.
#[derive(Deserialize)]
pub(crate) struct OperationPath {
    operation: String,
}

impl OperationPath {
    fn is_summary(&self) -> Result<(), Problem> {
        let is_summary = self.operation == "$summary";
        is_summary.then_some(()).ok_or_else(|| Problem::new(ProblemType::NotFound))
    }
}

/// Show a patient's summary by its FHIR operation.
///
/// The only operation is `$summary`. The answer is that of `…/summary`. API Gateway allows no `$` in a path,
/// so the operation is a variable. The only parameter is `profile`: a profile that the document keeps.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/fhir/Patient/{patientId}/{operation}", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path),
        ("operation" = String, Path),
        ("profile" = Option<String>, Query, description = "The canonical URL of `au-ps-bundle` or `Bundle-uv-ips`, with or without its version.")),
    responses((status = 200, body = FhirDocument, content_type = "application/fhir+json"),
        Problems))]
pub(crate) async fn run_patient_operation(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Path(operation): Path<OperationPath>,
    Parameters(parameters): Parameters<OperationParameters>,
) -> Result<Response, Problem> {
    operation.is_summary()?;
    parameters.check()?;
    fhir_summary(&app, &allowed, path.patient()?, &SectionName::ALL).await
}

/// Run a patient's FHIR operation.
///
/// As by GET, for clients that call operations by POST. The body is empty, or a FHIR resource `Parameters`. The
/// only parameter is `profile`.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/fhir/Patient/{patientId}/{operation}", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path),
        ("operation" = String, Path)),
    request_body(content = Option<Value>, content_type = "application/fhir+json",
        example = json!({ "resourceType": "Parameters" })),
    responses((status = 200, body = FhirDocument, content_type = "application/fhir+json"),
        Problems))]
pub(crate) async fn run_patient_operation_by_post(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Path(operation): Path<OperationPath>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    OperationInput: OperationInput,
) -> Result<Response, Problem> {
    operation.is_summary()?;
    fhir_summary(&app, &allowed, path.patient()?, &SectionName::ALL).await
}

async fn json_summary(
    app: &App,
    allowed: &Allowed<ReadPatients>,
    patient: PatientId,
    sections: &[SectionName],
) -> Result<Response, Problem> {
    let observations = app.observations_per_code()?;
    let mut bp = app.session_for(&allowed.practice, &allowed.caller).await?;
    let deadline = bp.deadline();
    let read_at = App::now();
    let sections = bp
        .ask(|guid| app.bp.clinical_summary(guid, patient, sections, observations, deadline))
        .await?
        .ok_or_else(unknown_patient)?;
    record_read(app, allowed, patient).await?;
    let advisories = app.bp.pack().advisories(Concern::ClinicalSummary, &bp.connection().site);
    let summary = ClinicalSummary { patient_id: patient, read_at, sections, advisories };
    let json = summary.to_json().map_err(|_| Problem::new(ProblemType::Internal))?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

async fn fhir_summary(
    app: &App,
    allowed: &Allowed<ReadPatients>,
    patient: PatientId,
    sections: &[SectionName],
) -> Result<Response, Problem> {
    let observations = app.observations_per_code()?;
    let mut bp = app.session_for(&allowed.practice, &allowed.caller).await?;
    let deadline = bp.deadline();
    // Times of day need the practice's time zone.
    let settings = app.store.practice(&allowed.practice).await?.settings;
    let read_at = App::now();
    let record = bp
        .ask(|guid| app.bp.identified_record(guid, patient, sections, observations, deadline))
        .await?
        .ok_or_else(unknown_patient)?;
    let connection = bp.connection();
    let origin = Origin {
        document: Uuid::new_v4(),
        site_id: &connection.site_id,
        practice_name: connection.site.practice_name.as_deref(),
        time_zone: settings.time_zone.as_ref(),
        read_at,
    };
    let document = patient_summary::to_json(&patient_summary::document(&record, &origin))
        .map_err(|_| Problem::new(ProblemType::Internal))?;
    record_read(app, allowed, patient).await?;
    Ok(([(CONTENT_TYPE, FHIR_R4)], document).into_response())
}

async fn record_read(
    app: &App,
    allowed: &Allowed<ReadPatients>,
    patient: PatientId,
) -> Result<(), StoreError> {
    let entry = AuditEntry::of(AuditedAction::ClinicalSummaryRead).about(vec![patient]);
    app.record(&allowed.practice, &allowed.caller, entry).await
}
