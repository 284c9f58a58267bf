//! `…/locations` and `…/appointment-types`: what bookings can be given (booking guide, section 2.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use best_practice::Choices;
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

/// The types that a practice gives its appointments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentTypes {
    /// Empty where Bp does not let us read them.
    appointment_types: Vec<AppointmentTypeView>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentTypeView {
    /// For `bookings.appointmentTypeCode` of the settings.
    code: i64,
    name: Option<String>,
    /// Whether bookings can be given this type. Those for recalls cannot: Bp lets nobody from outside
    /// cancel them.
    bookable: bool,
}

impl App {
    /// One query.
    pub(crate) async fn choices(&self, practice: &PracticeId) -> Result<Choices, Problem> {
        let deadline = Self::deadline();
        let mut connection = self.open_connection(practice).await?;
        self.ask(practice, &mut connection, deadline, |guid| self.bp.choices(guid, deadline)).await
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
    let locations = app.choices(&allowed.practice).await?.locations.into_iter();
    let locations = locations.map(|location| LocationView {
        location_id: location.location_id,
        name: location.name,
        address: location.address,
        phone: location.phone,
    });
    Ok(Json(Locations { locations: locations.collect() }))
}

/// The practice's appointment types.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/appointment-types", tag = "Settings",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = AppointmentTypes), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn appointment_types(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
) -> Result<Json<AppointmentTypes>, Problem> {
    let types = app.choices(&allowed.practice).await?.appointment_types.into_iter();
    let types = types.map(|kind| AppointmentTypeView {
        code: kind.code,
        name: kind.name,
        bookable: !kind.recall,
    });
    Ok(Json(AppointmentTypes { appointment_types: types.collect() }))
}
