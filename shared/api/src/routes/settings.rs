//! `…/settings`: the practice's time zone, and where and how bookings are made (booking guide, section 2).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use domain::BpText;
use domain::audit::AuditedAction;
use domain::booking::LONGEST_WORDING;
use domain::ids::{LocationId, PracticeId};
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::time_zone::PracticeTimeZone;
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ManagePractice, SeePractice};
use crate::conditional::{IfMatch, IfNoneMatch, Tagged, changed};
use crate::input::{Body, Checker};
use crate::problem::{FieldError, Problem, ProblemType, Problems};

/// New settings. They replace all settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsRequest {
    /// The IANA name of the time zone.
    #[schema(example = "Australia/Brisbane")]
    time_zone: String,
    bookings: BookingsRequest,
}

/// New booking settings. They replace all booking settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BookingsRequest {
    enabled: bool,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    location_id: Option<i64>,
    #[schema(minimum = 1, maximum = 480)]
    duration_minutes: Option<i64>,
    /// The code of a bookable type from `GET …/appointment-types`. 0 or null means no type.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    appointment_type_code: Option<i64>,
    /// One line of Windows-1252 text.
    #[schema(max_length = 30, example = "Online appointment")]
    online_wording: Option<String>,
}

impl SettingsRequest {
    fn read(self) -> Result<Settings, Problem> {
        let mut fields = Checker::default();
        let time_zone = fields.check("/timeZone", PracticeTimeZone::parse(&self.time_zone));
        let wanted = self.bookings;
        let location_id = wanted
            .location_id
            .and_then(|id| fields.check("/bookings/locationId", LocationId::parse(id)));
        let duration_minutes = wanted.duration_minutes.and_then(|minutes| {
            fields.check("/bookings/durationMinutes", DurationMinutes::parse(minutes))
        });
        if wanted
            .appointment_type_code
            .is_some_and(|code| !(0..=i64::from(i32::MAX)).contains(&code))
        {
            fields.wrong(
                "/bookings/appointmentTypeCode",
                "this is not a code that Bp gives its appointment types",
            );
        }
        // A form sends an empty text for a field that was left blank.
        let wording = wanted.online_wording.filter(|text| !text.trim().is_empty());
        let online_wording = wording.and_then(|text| {
            fields.check("/bookings/onlineWording", BpText::parse(&text, LONGEST_WORDING))
        });
        if wanted.enabled {
            if wanted.location_id.is_none() {
                fields
                    .wrong("/bookings/locationId", "choose a location before switching sending on");
            }
            if wanted.duration_minutes.is_none() {
                fields.wrong(
                    "/bookings/durationMinutes",
                    "choose a duration before switching sending on",
                );
            }
        }
        fields.finish(time_zone.map(|time_zone| Settings {
            time_zone: Some(time_zone),
            bookings: BookingSettings {
                enabled: wanted.enabled,
                location_id,
                duration_minutes,
                appointment_type_code: wanted.appointment_type_code,
                online_wording,
            },
        }))
    }
}

/// Show the practice's settings.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/settings", tag = "Settings",
    params(("practiceId" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Settings), Problems))]
pub(crate) async fn read_settings(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let kept = app.store.settings(&allowed.practice).await?;
    Ok(Tagged::json(&kept.settings)?.unless_known(&known))
}

/// Replace the practice's settings.
///
/// A new location or appointment type is checked in Bp, both with one query. A wrong location would put
/// every booking where nobody looks, and a recall appointment could not be cancelled. With `If-Match`, the
/// settings are replaced only if they are still the ones that the caller has seen.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/settings", tag = "Settings",
    params(("practiceId" = String, Path), ("If-Match" = Option<String>, Header)), request_body = SettingsRequest,
    responses((status = 200, body = Settings), Problems))]
pub(crate) async fn replace_settings(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    seen: IfMatch,
    Body(request): Body<SettingsRequest>,
) -> Result<Tagged, Problem> {
    let practice = &allowed.practice;
    let settings = request.read()?;
    let before = app.store.settings(practice).await?;
    let unless_changed = seen.allows(&Tagged::json(&before.settings)?)?;
    let chosen_before = &before.settings.bookings;
    if let Some(wrong) = check_choices(&app, practice, chosen_before, &settings.bookings).await? {
        return Err(wrong);
    }
    app.record(practice, &allowed.caller, AuditEntry::of(AuditedAction::SettingsChanged)).await?;
    let seen = unless_changed.then_some(&before);
    match app.store.save_settings(practice, &settings, seen).await {
        Err(StoreError::Conflict) if unless_changed => Err(changed()),
        outcome => {
            outcome?;
            Tagged::json(&settings)
        }
    }
}

/// The problem with a new location or appointment type, according to Bp. Code 0 means "no type" in Bp.
async fn check_choices(
    app: &App,
    practice: &PracticeId,
    before: &BookingSettings,
    chosen: &BookingSettings,
) -> Result<Option<Problem>, Problem> {
    let location = chosen.location_id.filter(|_| chosen.location_id != before.location_id);
    let is_new_type = chosen.appointment_type_code != before.appointment_type_code;
    let code = chosen.appointment_type_code.filter(|code| is_new_type && *code > 0);
    if location.is_none() && code.is_none() {
        return Ok(None);
    }
    let choices = app.choices(practice).await?;
    let wrong = |kind, pointer: &str, message: &str| {
        let field = FieldError { pointer: pointer.to_owned(), message: message.to_owned() };
        Some(Problem { errors: vec![field], ..Problem::new(kind) })
    };
    if let Some(location) = location
        && choices.locations.iter().all(|known| known.location_id != location)
    {
        let message = "the practice has no such location";
        return Ok(wrong(ProblemType::LocationUnknown, "/bookings/locationId", message));
    }
    // If the types cannot be read, a wrong type shows when a booking is sent.
    let Some(code) = code.filter(|_| !choices.appointment_types.is_empty()) else {
        return Ok(None);
    };
    let pointer = "/bookings/appointmentTypeCode";
    Ok(match choices.appointment_types.iter().find(|kind| kind.code == code) {
        None => wrong(
            ProblemType::AppointmentTypeUnknown,
            pointer,
            "the practice has no such appointment type",
        ),
        Some(kind) if kind.recall => {
            wrong(ProblemType::RecallType, pointer, "appointments of this type are for recalls")
        }
        Some(_) => None,
    })
}
