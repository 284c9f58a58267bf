//! `…/locations`: where the practice sees patients (booking guide, section 2.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use best_practice::Location;
use domain::ids::{LocationId, PracticeId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::caller::{Allowed, SeePractice};
use crate::problem::{Problem, ProblemBody};

/// A practice's locations.
#[derive(Debug, Serialize, ToSchema)]
pub struct Locations {
    locations: Vec<LocationView>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationView {
    location_id: LocationId,
    name: Option<String>,
    /// In one line.
    address: Option<String>,
    phone: Option<String>,
}

impl App {
    /// One query.
    pub(crate) async fn locations(&self, practice: &PracticeId) -> Result<Vec<Location>, Problem> {
        let deadline = Self::deadline();
        let mut connection = self.open_connection(practice).await?;
        self.ask(practice, &mut connection, deadline, |guid| self.bp.locations(guid, deadline))
            .await
    }
}

/// The practice's locations.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/locations", tag = "Settings",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = Locations), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
) -> Result<Json<Locations>, Problem> {
    let locations = app
        .locations(&allowed.practice)
        .await?
        .into_iter()
        .map(|location| LocationView {
            location_id: location.location_id,
            name: location.name,
            address: location.address,
            phone: location.phone,
        })
        .collect();
    Ok(Json(Locations { locations }))
}
