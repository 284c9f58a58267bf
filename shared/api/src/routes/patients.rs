//! `…/patients`: patient search, and demographics for the referral form (referral guide, "Import patient
//! data").

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::audit::AuditedAction;
use domain::ids::PatientId;
use domain::patient::{DateOfBirth, Demographics, PatientMatches};
use domain::surname::SurnameKey;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Body, Checker, number};
use crate::problem::{Problem, ProblemType, Problems};

/// Bp is sold in Australia and New Zealand. A new day begins first in Auckland. As a constant, it does not bring
/// all time zones into the program.
const EARLIEST_CALENDAR: TimeZone = jiff::tz::get!("Pacific/Auckland");

/// The latest date that it can be at a practice now.
pub(super) fn latest_day() -> Date {
    App::now().to_zoned(EARLIEST_CALENDAR).date()
}

/// The patient to search for. It is sent in the body and not in the URL, because it identifies a patient.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The last name or its first letters, in any spelling.
    last_name: String,
    #[schema(format = Date, example = "1984-02-29")]
    date_of_birth: String,
}

/// Search patients by last name and date of birth.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/patients/search", tag = "Patients",
    params(("practiceId" = String, Path)), request_body = SearchRequest,
    responses((status = 200, body = PatientMatches), Problems))]
pub(crate) async fn search_patients(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<PatientMatches>, Problem> {
    let today = latest_day();
    let mut fields = Checker::default();
    let surname = fields.check("/lastName", SurnameKey::parse(&request.last_name));
    let born = fields.check("/dateOfBirth", DateOfBirth::parse(&request.date_of_birth, today));
    let (surname, born) = fields.finish(surname.zip(born))?;

    let Allowed { practice, caller, .. } = &allowed;
    let mut bp = app.session_for(practice, caller).await?;
    let deadline = bp.deadline();
    let found = bp.ask(|guid| app.bp.search(guid, &surname, born, deadline)).await?;
    let shown = found.matches.iter().map(|person| person.patient_id).collect();
    let entry = AuditEntry::of(AuditedAction::PatientSearch).about(shown);
    let database = bp.connection().database();
    let (recorded, ()) = tokio::join!(
        app.record(practice, caller, entry),
        app.remember_shown(practice, caller, &database, &found.matches),
    );
    recorded?;
    Ok(Json(found))
}

/// The path of one patient.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PatientPath {
    patient_id: String,
}

impl PatientPath {
    /// A text that cannot be a patient's number belongs to no patient.
    pub(crate) fn patient(&self) -> Result<PatientId, Problem> {
        number(&self.patient_id)
            .and_then(|number| PatientId::parse(number).ok())
            .ok_or_else(unknown_patient)
    }
}

pub(crate) fn unknown_patient() -> Problem {
    Problem::because(ProblemType::NotFound, "The practice has no such patient.")
}

/// Show a patient's demographics.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path)),
    responses((status = 200, body = Demographics), Problems))]
pub(crate) async fn read_demographics(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
) -> Result<Json<Demographics>, Problem> {
    let patient = path.patient()?;
    let Allowed { practice, caller, .. } = &allowed;
    let mut bp = app.session_for(practice, caller).await?;
    let deadline = bp.deadline();
    let found = bp.ask(|guid| app.bp.demographics(guid, patient, deadline)).await?;
    let found = found.ok_or_else(unknown_patient)?;
    let entry = AuditEntry::of(AuditedAction::DemographicsRead).about(vec![patient]);
    let database = bp.connection().database();
    let (recorded, ()) = tokio::join!(
        app.record(practice, caller, entry),
        app.remember_shown(practice, caller, &database, [&found.person]),
    );
    recorded?;
    Ok(Json(found))
}
