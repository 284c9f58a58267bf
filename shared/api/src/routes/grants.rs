//! `…/grants`: lets another platform connect with the practice's Bp without a second pairing code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::audit::AuditedAction;
use domain::connection::Connection;
use domain::grant::Grant;
use domain::ids::{PlatformId, PracticeId, SiteId, Subject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, GrantAccess};
use crate::problem::{Problem, ProblemType, Problems};

/// How often a grant is read and changed again after a conflict.
const ATTEMPTS: u32 = 4;

/// The path of a grant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrantPath {
    platform_id: String,
}

/// Whether a grant was used.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GrantState {
    /// The platform may connect.
    Open,
    /// The platform has connected, and still is.
    Used,
}

/// Another platform's right to connect with the practice's Bp.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrantView {
    #[schema(value_type = String)]
    platform_id: PlatformId,
    /// The site that the platform may connect with.
    #[schema(value_type = String)]
    site_id: SiteId,
    state: GrantState,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    granted_at: Timestamp,
    /// Until when the platform must connect. Null if it has.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    expires_at: Option<Timestamp>,
}

/// The practice's grants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantList {
    items: Vec<GrantView>,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        let is_used = grant.used.is_some();
        Self {
            state: if is_used { GrantState::Used } else { GrantState::Open },
            granted_at: grant.granted_at,
            expires_at: (!is_used).then(|| grant.expires_at()),
            platform_id: grant.platform,
            site_id: grant.site_id,
        }
    }
}

/// Let another platform in.
///
/// Within seven days, the platform may connect a practice of its own with the same site, without a pairing code. It
/// does so with `PUT …/connection` and the Site ID, once. Both must act: a grant alone connects nobody. A grant that
/// was not used ends when this practice is disconnected, paired again or moved to another database. A connection that
/// was made with a grant stays until the grant is withdrawn. A practice that was let in by a grant lets nobody in.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/grants/{platformId}", tag = "Connection",
    params(("practiceId" = String, Path), ("platformId" = String, Path)),
    responses((status = 200, body = GrantView), Problems))]
pub(crate) async fn grant_access(
    State(app): State<Arc<App>>,
    allowed: Allowed<GrantAccess>,
    Path(path): Path<GrantPath>,
) -> Result<Json<GrantView>, Problem> {
    let practice = &allowed.practice;
    let platform = other_platform(practice, &path)?;
    for _ in 0..ATTEMPTS {
        let connection = app.granting(practice).await?;
        let grants = app.store.grants_at(&connection.site_id).await?;
        if Grant::any_made(&grants, practice, &connection) {
            let detail = "This practice was let in by a grant. Only a practice that was connected with a pairing code lets \
                          others in.";
            return Err(Problem::because(ProblemType::Forbidden, detail));
        }
        let known = of_platform(grants, practice, &platform);
        if let Some(known) = &known
            && app.stands(known, Some(&connection)).await?
        {
            return Ok(Json(known.clone().into()));
        }
        let grant = Grant::new(platform.clone(), practice.clone(), &connection, App::now());
        let grant = grant.ok_or_else(|| Problem::new(ProblemType::NotConnected))?;
        let entry = AuditEntry::of(AuditedAction::AccessGranted).with(platform.as_str());
        let line = app.audit_line(&allowed.caller, entry);
        match app.store.save_grant(&grant, known.map(|known| known.id), &line).await {
            Ok(()) => return Ok(Json(grant.into())),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Conflict.into())
}

/// List the platforms that were let in.
///
/// Shows grants that may still be used, and grants with whose connection a platform still works. The latter are shown
/// even if this practice was disconnected or has another site now.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/grants", tag = "Connection",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = GrantList), Problems))]
pub(crate) async fn list_grants(
    State(app): State<Arc<App>>,
    allowed: Allowed<GrantAccess>,
) -> Result<Json<GrantList>, Problem> {
    let practice = &allowed.practice;
    let connection = app.store.connection(practice).await?;
    let here = connection.as_ref().map(|connection| &connection.site_id);
    let mut items = Vec::new();
    for grant in app.store.grants_by(practice, here).await? {
        if app.stands(&grant, connection.as_ref()).await? {
            items.push(grant.into());
        }
    }
    Ok(Json(GrantList { items }))
}

/// Withdraw a grant.
///
/// If the platform has used the grant, its connection with the practice's Bp ends. A connection that the platform
/// made with a pairing code stays. This practice need not be connected. If it let the platform in at several sites, all
/// these grants are withdrawn.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/grants/{platformId}", tag = "Connection",
    params(("practiceId" = String, Path), ("platformId" = String, Path)),
    responses((status = 204), Problems))]
pub(crate) async fn withdraw_grant(
    State(app): State<Arc<App>>,
    allowed: Allowed<GrantAccess>,
    Path(path): Path<GrantPath>,
) -> Result<StatusCode, Problem> {
    let practice = &allowed.practice;
    let platform = other_platform(practice, &path)?;
    let mut was_there = false;
    for _ in 0..ATTEMPTS {
        let mut has_changed = false;
        for grant in app.grants_for(practice, &platform).await? {
            was_there = true;
            app.end_granted(&grant).await?;
            let entry = AuditEntry::of(AuditedAction::GrantWithdrawn).with(platform.as_str());
            let line = app.audit_line(&allowed.caller, entry);
            match app.store.delete_grant(&grant, &line).await {
                Ok(()) => {}
                // It was used at this moment. The next round ends its connection.
                Err(StoreError::Conflict) => has_changed = true,
                Err(error) => return Err(error.into()),
            }
        }
        if !was_there {
            return Err(Problem::because(ProblemType::NotFound, "There is no such grant."));
        }
        if !has_changed {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(StoreError::Conflict.into())
}

/// The platform in the path, if it is another one than the practice's own.
fn other_platform(practice: &PracticeId, path: &GrantPath) -> Result<PlatformId, Problem> {
    let platform = PlatformId::parse(&path.platform_id).ok();
    platform.filter(|platform| *platform != practice.platform()).ok_or_else(|| {
        Problem::because(ProblemType::NotFound, "Name another platform than your own.")
    })
}

/// The practice's grant for this platform.
fn of_platform(grants: Vec<Grant>, practice: &PracticeId, platform: &PlatformId) -> Option<Grant> {
    let is_wanted = |grant: &Grant| grant.granted_by == *practice && grant.platform == *platform;
    grants.into_iter().find(is_wanted)
}

impl App {
    /// The connection of a practice that grants.
    async fn granting(&self, practice: &PracticeId) -> Result<Connection, Problem> {
        let connection = self.store.connection(practice).await?.filter(Connection::is_open);
        connection.ok_or_else(|| Problem::new(ProblemType::NotConnected))
    }

    /// What a practice has granted to a platform, at all sites.
    async fn grants_for(
        &self,
        practice: &PracticeId,
        platform: &PlatformId,
    ) -> Result<Vec<Grant>, StoreError> {
        let connection = self.store.connection(practice).await?;
        let here = connection.as_ref().map(|connection| &connection.site_id);
        let grants = self.store.grants_by(practice, here).await?;
        Ok(grants.into_iter().filter(|grant| grant.platform == *platform).collect())
    }

    /// Whether a grant may still be used, or its connection still stands.
    async fn stands(
        &self,
        grant: &Grant,
        granting: Option<&Connection>,
    ) -> Result<bool, StoreError> {
        let Some(used) = &grant.used else {
            return Ok(grant.is_open(granting, Self::now()));
        };
        let made = self.store.connection(&used.practice).await?;
        Ok(made.is_some_and(|made| grant.made(&made)))
    }

    /// Ends the connection that a grant made, if it still stands.
    async fn end_granted(&self, grant: &Grant) -> Result<(), StoreError> {
        let Some(used) = &grant.used else { return Ok(()) };
        let made = self.store.connection(&used.practice).await?;
        if !made.is_some_and(|made| grant.made(&made)) {
            return Ok(());
        }
        // The other platform learns which platform ended its connection, and nothing of its people.
        let entry = AuditEntry::of(AuditedAction::Disconnected).with(grant.site_id.to_string());
        let by = Subject(grant.granted_by.platform().to_string());
        self.store.audit(&used.practice, &self.audit_line_of(by, entry)).await?;
        self.store.disconnect_if_paired_at(&used.practice, used.paired_at, Self::now()).await
    }
}
