//! Checks a Site ID before a practice is paired.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use best_practice::BpError;
use domain::advisory::Advisory;
use domain::connection::Availability;
use domain::ids::SiteId;
use halo::{Error, Forbidden};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{advisories, check_release};
use crate::app::App;
use crate::caller::{Allowed, SeePractice};
use crate::input::{Body, Checker};
use crate::problem::{Problem, ProblemBody, ProblemType, Problems};

/// A Site ID to check.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValidationRequest {
    /// The Bp Site ID.
    #[schema(example = "71001")]
    site_id: String,
}

/// What Halo knows about a Site ID.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidationView {
    valid: bool,
    practice_name: Option<String>,
    availability: Option<Availability>,
    /// Known faults of the practice's releases, and what to do about them.
    advisories: Vec<Advisory>,
    /// Why the Site ID is not valid, or what would prevent a connection although it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
}

/// Check a Site ID.
///
/// Shows whether Halo knows the Site ID, and the practice's name.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/connection/validation", tag = "Connection",
    params(("practiceId" = String, Path)), request_body = ValidationRequest,
    responses((status = 200, body = ValidationView), Problems))]
pub(crate) async fn validate_site_id(
    State(app): State<Arc<App>>,
    _allowed: Allowed<SeePractice>,
    Body(request): Body<ValidationRequest>,
) -> Result<Json<ValidationView>, Problem> {
    let mut fields = Checker::default();
    let site_id = fields.check("/siteId", SiteId::parse(&request.site_id));
    let site_id = fields.finish(site_id)?;
    let found = app.bp.find(&site_id, App::deadline()).await.map_err(|error| match error {
        BpError::Halo(Error::Forbidden(Forbidden::Site)) => {
            Problem::new(ProblemType::ValidationNeedsPairing)
        }
        other => other.into(),
    })?;
    let view = match found {
        None => ValidationView {
            valid: false,
            practice_name: None,
            availability: None,
            advisories: Vec::new(),
            problem: Some(Problem::new(ProblemType::SiteUnknown).body()),
        },
        Some(site) => ValidationView {
            valid: true,
            advisories: advisories(&app.bp, &site),
            problem: check_release(&app.bp, &site)
                .err()
                .or_else(|| {
                    matches!(site.availability, Availability::Offline | Availability::Unreachable)
                        .then(|| Problem::new(ProblemType::SiteOffline).retry_after(60))
                })
                .map(Problem::body),
            practice_name: site.practice_name,
            availability: Some(site.availability),
        },
    };
    Ok(Json(view))
}
