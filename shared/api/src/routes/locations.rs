//! `…/locations` and `…/appointment-types`: what the booking settings can choose from (booking guide,
//! section 2.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use best_practice::Choices;
use domain::ids::{LocationId, PracticeId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::{Allowed, SeePractice};
use crate::problem::{Problem, Problems};

/// A practice's locations, in the order of their numbers. All are in one answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Locations {
    locations: Vec<LocationView>,
    /// How many locations could not be read. They are missing from `locations`. Left out if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unreadable_rows: Option<usize>,
}

/// A location.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocationView {
    location_id: LocationId,
    name: Option<String>,
    /// The address in one line.
    address: Option<String>,
    phone: Option<String>,
}

/// A practice's appointment types, in the order of their codes. All are on one page.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppointmentTypes {
    /// Empty if Bp does not let us read them.
    items: Vec<AppointmentTypeView>,
    /// Always null: there is only one page.
    next_cursor: Option<String>,
    /// How many types could not be read. They are missing from `items`. Left out if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unreadable_rows: Option<usize>,
}

/// An appointment type.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppointmentTypeView {
    /// The value for `bookings.appointmentTypeCode` in the settings.
    code: i64,
    name: Option<String>,
    /// Whether bookings can have this type. Recall types cannot: Bp does not let other software cancel
    /// recall appointments.
    bookable: bool,
}

impl App {
    /// The practice's locations and appointment types, with one query.
    pub(crate) async fn choices(&self, practice: &PracticeId) -> Result<Choices, Problem> {
        let mut bp = self.session(practice).await?;
        let deadline = bp.deadline();
        Ok(bp.ask(|guid| self.bp.choices(guid, deadline)).await?)
    }
}

fn some(unreadable: usize) -> Option<usize> {
    (unreadable > 0).then_some(unreadable)
}

/// List the practice's locations.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/locations", tag = "Settings",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = Locations), Problems))]
pub(crate) async fn list_locations(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
) -> Result<Json<Locations>, Problem> {
    let choices = app.choices(&allowed.practice).await?;
    let unreadable_rows = some(choices.unreadable_locations);
    let locations = choices.locations.into_iter().map(|location| LocationView {
        location_id: location.location_id,
        name: location.name,
        address: location.address,
        phone: location.phone,
    });
    Ok(Json(Locations { locations: locations.collect(), unreadable_rows }))
}

/// List the practice's appointment types.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/appointment-types", tag = "Settings",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = AppointmentTypes), Problems))]
pub(crate) async fn list_appointment_types(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
) -> Result<Json<AppointmentTypes>, Problem> {
    let choices = app.choices(&allowed.practice).await?;
    let unreadable_rows = some(choices.unreadable_types);
    let types = choices.appointment_types.into_iter().map(|kind| AppointmentTypeView {
        code: kind.code,
        name: kind.name,
        bookable: !kind.recall,
    });
    Ok(Json(AppointmentTypes { items: types.collect(), next_cursor: None, unreadable_rows }))
}
