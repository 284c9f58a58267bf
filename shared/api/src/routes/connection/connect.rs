//! Connects and disconnects a practice. The `connection` crate decides whether a pairing counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use connection::{Entered, NamedClinician};
use domain::audit::AuditedAction;
use domain::clinician::{ClinicianName, ProviderNumberPrefix};
use domain::ids::{PairingCode, SiteId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ConnectionView;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, Caller, Connect, ManagePractice, Role};
use crate::input::{Body, Checker};
use crate::problem::{Problem, Problems};

/// What a person enters to connect.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectRequest {
    /// The Bp Site ID. Bp shows it under Help > About and next to the pairing code.
    #[schema(example = "71001")]
    site_id: String,
    /// The code from "Generate pairing code" in Bp. Not needed once the practice is paired.
    pairing_code: Option<String>,
    /// The Bp user that the caller's account is linked to. Platforms' servers and practice-admins may leave it out:
    /// then the practice is connected and nobody is linked. Others need it.
    #[schema(nullable = false)]
    clinician: Option<ClinicianRequest>,
}

/// A user's name exactly as in Bp.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClinicianRequest {
    first_name: String,
    last_name: String,
    /// The first 6 digits of the provider number.
    provider_number_prefix: Option<String>,
}

impl ConnectRequest {
    fn read(self, caller: &Caller) -> Result<Entered, Problem> {
        let mut fields = Checker::default();
        let site_id = fields.check("/siteId", SiteId::parse(&self.site_id));
        // A form sends an empty text for a field that was left blank.
        let code = self.pairing_code.filter(|code| !code.trim().is_empty());
        let code = code.map(|code| fields.check("/pairingCode", PairingCode::parse(&code)));
        let clinician = self.clinician.map(|clinician| clinician.read(&mut fields));
        if clinician.is_none() && !may_leave_out_clinician(caller) {
            fields.wrong("/clinician", "this field is missing");
        }
        let entered = site_id.map(|site_id| Entered {
            site_id,
            code: code.flatten(),
            clinician: clinician.flatten(),
        });
        fields.finish(entered)
    }
}

impl ClinicianRequest {
    fn read(self, fields: &mut Checker) -> Option<NamedClinician> {
        let first =
            fields.check("/clinician/firstName", ClinicianName::parse_first(&self.first_name));
        let last = fields.check("/clinician/lastName", ClinicianName::parse_last(&self.last_name));
        let prefix = self.provider_number_prefix.filter(|prefix| !prefix.trim().is_empty());
        let prefix = prefix.map(|prefix| {
            fields.check("/clinician/providerNumberPrefix", ProviderNumberPrefix::parse(&prefix))
        });
        let name = first.zip(last).map(|(first, last)| ClinicianName { first, last })?;
        Some(NamedClinician { name, prefix: prefix.flatten() })
    }
}

/// A booking platform has no clinician at the keyboard, and an administrator need not be a user of Bp.
fn may_leave_out_clinician(caller: &Caller) -> bool {
    match caller {
        Caller::Person { roles, .. } => roles.contains(&Role::PracticeAdmin),
        Caller::Platform { .. } => true,
    }
}

/// Connect the practice, or link the caller to a Bp user.
///
/// Pairs the practice if it is not paired. Then links the caller's account to the Bp user with this name, if one is
/// named.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path)), request_body = ConnectRequest,
    responses((status = 200, body = ConnectionView), Problems))]
pub(crate) async fn connect_practice(
    State(app): State<Arc<App>>,
    allowed: Allowed<Connect>,
    Body(request): Body<ConnectRequest>,
) -> Result<Json<ConnectionView>, Problem> {
    let entered = request.read(&allowed.caller)?;
    app.connect(&allowed.practice, &allowed.caller, &entered).await?;
    let record = app.store.practice(&allowed.practice).await?;
    let connection = record.connection.as_ref();
    // Linking the caller asked Bp for its users a moment ago.
    let checked_at = app.counter.answered_at(&allowed.practice);
    let view = ConnectionView::new(&app.bp, connection, &record, &allowed.caller, None);
    Ok(Json(view.checked_at(checked_at)))
}

/// Disconnect the practice.
///
/// The integration stays ticked in Bp until the practice unticks it there.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path)),
    responses((status = 204), Problems))]
pub(crate) async fn disconnect_practice(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
) -> Result<StatusCode, Problem> {
    let entry = AuditEntry::of(AuditedAction::Disconnected);
    app.record(&allowed.practice, &allowed.caller, entry).await?;
    app.store.disconnect(&allowed.practice, App::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
