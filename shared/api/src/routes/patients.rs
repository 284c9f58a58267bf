//! `…/patients`: search, and demographics for the referral form (referral guide, "Import patient data").

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::audit::AuditedAction;
use domain::ids::PatientId;
use domain::patient::{DateOfBirth, Demographics, PatientMatches};
use domain::surname::SurnameKey;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Body, Checker, number};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::trail::Deed;

/// Bp is sold in Australia and New Zealand; the day begins first in Auckland.
pub(super) const EARLIEST_CALENDAR: &str = "Pacific/Auckland";

/// Whom to look for. A body, never a query string: it identifies a patient.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The last name or its first letters, in any spelling.
    last_name: String,
    #[schema(format = Date, example = "1984-02-29")]
    date_of_birth: String,
}

/// Patients by last name and date of birth.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/patients/search", tag = "Patients",
    params(("practiceId" = String, Path)), request_body = SearchRequest,
    responses((status = 200, body = PatientMatches), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<PatientMatches>, Problem> {
    let today =
        App::now().to_zoned(TimeZone::get(EARLIEST_CALENDAR).unwrap_or(TimeZone::UTC)).date();
    let mut fields = Checker::default();
    let surname = fields.check("/lastName", SurnameKey::parse(&request.last_name));
    let born = fields.check("/dateOfBirth", DateOfBirth::parse(&request.date_of_birth, today));
    let (surname, born) = fields.finish(surname.zip(born))?;

    let practice = &allowed.practice;
    let deadline = App::deadline();
    let (mut connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
    let found = app
        .ask(practice, &mut connection, deadline, |guid| {
            app.bp.search(guid, &surname, born, deadline)
        })
        .await?;
    let shown = found.matches.iter().map(|person| person.patient_id).collect();
    let search = Deed::of(AuditedAction::PatientSearch).about(shown);
    let database = connection.database();
    let (noted, ()) = tokio::join!(
        app.note(practice, &allowed.caller, search),
        app.keep_shown(practice, &allowed.caller, &database, &found.matches),
    );
    noted?;
    Ok(Json(found))
}

/// The path of one patient.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PatientPath {
    patient_id: String,
}

impl PatientPath {
    /// Whatever cannot be a patient's number is nobody's.
    pub(crate) fn patient(&self) -> Result<PatientId, Problem> {
        number(&self.patient_id)
            .and_then(|number| PatientId::parse(number).ok())
            .ok_or_else(unknown)
    }
}

pub(crate) fn unknown() -> Problem {
    Problem::because(Kind::NotFound, "The practice has no such patient.")
}

/// One patient's demographics.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}", tag = "Patients",
    params(("practiceId" = String, Path), ("patientId" = i64, Path)),
    responses((status = 200, body = Demographics), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn demographics(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
) -> Result<Json<Demographics>, Problem> {
    let patient = path.patient()?;

    let practice = &allowed.practice;
    let deadline = App::deadline();
    let (mut connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
    let found = app
        .ask(practice, &mut connection, deadline, |guid| {
            app.bp.demographics(guid, patient, deadline)
        })
        .await?
        .ok_or_else(unknown)?;
    let read = Deed::of(AuditedAction::DemographicsRead).about(vec![patient]);
    let database = connection.database();
    let (noted, ()) = tokio::join!(
        app.note(practice, &allowed.caller, read),
        app.keep_shown(practice, &allowed.caller, &database, [&found.person]),
    );
    noted?;
    Ok(Json(found))
}
