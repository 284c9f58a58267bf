//! Ends an account's link to a Bp user, or allows it again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::audit::AuditedAction;
use domain::ids::{BpUserId, Subject};
use serde::Deserialize;
use store::LinkKey;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ManagePractice};
use crate::input::{Body, number};
use crate::problem::{Problem, ProblemType, Problems};

/// The path of a linked clinician.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClinicianPath {
    user_id: String,
}

impl ClinicianPath {
    fn user(&self) -> Option<BpUserId> {
        number(&self.user_id).map(BpUserId)
    }
}

/// End all links to a Bp user.
///
/// Use it if the wrong person was linked, or if the user has left the practice. Accounts that were linked
/// to this user can no longer read records or send referrals. To be linked to this user again, they need
/// the first digits of the provider number, or an administrator who allows it.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/connection/clinicians/{userId}", tag = "Connection",
    params(("practiceId" = String, Path), ("userId" = i64, Path)),
    responses((status = 204), Problems))]
pub(crate) async fn unlink_clinician(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    path: Path<ClinicianPath>,
) -> Result<StatusCode, Problem> {
    let unknown =
        || Problem::because(ProblemType::NotFound, "No account is linked to this Bp user.");
    let user = path.user().ok_or_else(unknown)?;
    let practice = &allowed.practice;
    let record = app.store.practice(practice).await?;
    let generation = record.connection.ok_or_else(unknown)?.generation;
    let linked: Vec<_> =
        record.links.iter().filter(|link| link.clinician.user_id == user).collect();
    if linked.is_empty() {
        return Err(unknown());
    }
    for link in linked {
        let entry = AuditEntry::of(AuditedAction::ClinicianUnlinked).linking(Some(user), None);
        let entry = match &link.key {
            LinkKey::Account(account) => entry.with(account.0.as_str()),
            LinkKey::User(_) => entry,
        };
        let line = app.audit_line(&allowed.caller, entry);
        app.store.unlink(practice, &link.key, (generation, user), &line).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// An account that may be linked again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AllowedAccount {
    /// The subject of the account's token. The audit line `clinicianUnlinked` shows it.
    account: String,
}

/// Allow an account to be linked again.
///
/// The account's link to this Bp user was ended. Afterwards the name alone is enough to link it again.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/connection/clinicians/{userId}/allowed-accounts", tag = "Connection",
    params(("practiceId" = String, Path), ("userId" = i64, Path)), request_body = AllowedAccount,
    responses((status = 204), Problems))]
pub(crate) async fn allow_account(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    path: Path<ClinicianPath>,
    Body(request): Body<AllowedAccount>,
) -> Result<StatusCode, Problem> {
    let unknown = || {
        Problem::because(
            ProblemType::NotFound,
            "This account has no link to this Bp user that was ended.",
        )
    };
    let user = path.user().ok_or_else(unknown)?;
    let practice = &allowed.practice;
    let generation = app.store.connection(practice).await?.ok_or_else(unknown)?.generation;
    let account = Subject(request.account);
    let entry = AuditEntry::of(AuditedAction::ClinicianLinkAllowed).linking(Some(user), None);
    let line = app.audit_line(&allowed.caller, entry.with(account.0.as_str()));
    let was_ended = app.store.allow_link(practice, &account, (generation, user), &line).await?;
    if was_ended { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}
