//! Shows the state of a connection.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use connection::Session;
use domain::connection::{Availability, Connection, Standing};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{ConnectionView, check_release};
use crate::app::App;
use crate::caller::{Allowed, SeePractice};
use crate::input::Parameters;
use crate::problem::{Problem, ProblemType, Problems};

/// How the connection is checked.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusParameters {
    /// Whether to ask Bp if it still accepts queries, for a "Check now" button. This costs one query,
    /// which Halo counts and bills.
    #[serde(default)]
    live: bool,
}

/// Show the practice's connection.
///
/// Shows the site as Halo sees it now, and what the last query of any kind showed about access to Bp
/// (`checkedAt`). With `live=true`, Bp is asked now.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path), StatusParameters),
    responses((status = 200, body = ConnectionView), Problems))]
pub(crate) async fn read_connection(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
    Parameters(StatusParameters { live }): Parameters<StatusParameters>,
) -> Result<Json<ConnectionView>, Problem> {
    let (practice, caller) = (&allowed.practice, &allowed.caller);
    let record = app.store.practice(practice).await?;
    let Some(connection) = record.connection.clone().filter(Connection::is_open) else {
        let connection = record.connection.as_ref();
        return Ok(Json(ConnectionView::new(&app.bp, connection, &record, caller, None)));
    };
    let mut bp = app.sessions.resume(practice, connection, App::deadline());
    let (checked, answered_at) =
        tokio::join!(check(&app, &mut bp, live), app.store.last_answer(practice));
    let mut connection = bp.into_connection();
    let problem = checked.err().map(|failure| {
        if failure.is_availability_unknown {
            connection.site.availability = Availability::Unknown;
        }
        failure.problem
    });
    let answered_at = answered_at?.max(app.counter.answered_at(practice));
    // An answer from before the pairing may have come from another Bp.
    let checked_at = answered_at.filter(|at| *at >= connection.paired_at);
    let view = ConnectionView::new(&app.bp, Some(&connection), &record, caller, problem);
    Ok(Json(view.checked_at(checked_at)))
}

/// Why a connection does not work.
struct Failure {
    problem: Problem,
    /// Halo did not say whether the site is online, so the stored availability may be wrong.
    is_availability_unknown: bool,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, is_availability_unknown: false }
    }
}

/// Asks Halo for the site, which is no query. Only a query shows that a practice withdrew its consent, so
/// a `live` check sends one if the site is online. Otherwise the result of the last query counts.
async fn check(app: &App, bp: &mut Session<'_>, live: bool) -> Result<(), Failure> {
    let deadline = bp.deadline();
    let guid = bp.connection().site.halo_guid;
    let refreshed: Result<(), Problem> = match bp.ask_halo(|guid| app.bp.site(guid, deadline)).await
    {
        Ok(site) => bp.refresh(site).await.map_err(Problem::from),
        Err(error) => Err(error.into()),
    };
    if let Err(problem) = refreshed {
        let connection = bp.connection();
        let is_availability_unknown =
            connection.site.halo_guid == guid && connection.standing == Standing::Paired;
        return Err(Failure { problem, is_availability_unknown });
    }
    if live && bp.connection().site.availability == Availability::Online {
        bp.ask(|guid| app.bp.probe(guid, deadline)).await.map_err(Problem::from)?;
    } else if bp.connection().standing == Standing::Revoked {
        return Err(Problem::new(ProblemType::IntegrationNotEnabled).into());
    }
    Ok(check_release(&app.bp, &bp.connection().site)?)
}
