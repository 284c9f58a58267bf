//! Who calls, and which practices their platform has connected.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::attachments::PageSize;
use domain::connection::{Connection, ConnectionState};
use domain::ids::{PlatformId, SiteId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::connection::You;
use crate::app::App;
use crate::caller::{Anybody, Caller, ListPractices, OfPlatform, Role, Scope};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, Problems};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeView {
    kind: CallerKind,
    /// The subject, as it is in audit trails.
    subject: String,
    /// The caller's platform.
    #[schema(value_type = String)]
    platform: PlatformId,
    /// The person's practice. Null for a platform's server, which may call for each practice of its platform.
    practice: Option<OwnPractice>,
    /// The person's roles.
    roles: Vec<Role>,
    /// The scopes that the server's token and its platform have in common.
    scopes: Vec<Scope>,
    /// The caller, as the practice's Bp knows them.
    you: You,
    /// When the token ends.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    token_expires_at: Timestamp,
}

/// A person, or a platform's server.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CallerKind {
    Person,
    Platform,
}

/// The caller's practice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnPractice {
    practice_id: String,
    /// The name in Bp. Null if the practice is not connected, or if Halo does not say it.
    practice_name: Option<String>,
}

/// Show who calls.
///
/// Shows the roles or scopes of the token, the person's practice and the Bp user that the person is linked to. It
/// asks neither Halo nor Bp.
#[utoipa::path(get, path = "/v1/me", tag = "Account", responses((status = 200, body = MeView), Problems))]
pub(crate) async fn read_me(
    State(app): State<Arc<App>>,
    Anybody { caller, token_expires_at }: Anybody,
) -> Result<Json<MeView>, Problem> {
    let view = MeView {
        kind: CallerKind::Platform,
        subject: caller.subject().0.clone(),
        platform: caller.platform(),
        practice: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        you: You::default(),
        token_expires_at,
    };
    Ok(Json(match caller {
        Caller::Person { subject, practice, roles } => {
            let (connection, link) = app.store.connection_and_link(&practice, &subject).await?;
            let connection = connection.filter(Connection::is_open);
            let you = link.filter(|_| connection.is_some()).map(|link| You::from(&link));
            let own = OwnPractice {
                practice_id: practice.public().to_owned(),
                practice_name: connection.and_then(|connection| connection.site.practice_name),
            };
            let (practice, you) = (Some(own), you.unwrap_or_default());
            MeView { kind: CallerKind::Person, practice, roles, you, ..view }
        }
        Caller::Platform { scopes, .. } => MeView { scopes, ..view },
    }))
}

/// Which practices to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PracticesParameters {
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// The number of practices on a page: 1 to 200, 50 by default.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A practice of the platform.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedPractice {
    practice_id: String,
    #[schema(value_type = String)]
    site_id: SiteId,
    /// The name in Bp.
    practice_name: Option<String>,
    /// As Halo and Bp last answered. The list does not look whether a clinician is linked.
    state: ConnectionState,
}

/// A page of a platform's practices.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PracticesPage {
    /// The practices, in the order of their ids. A page may have fewer than `limit`, or none.
    items: Vec<ListedPractice>,
    /// The next page; null on the last one.
    next_cursor: Option<String>,
}

/// List the practices that the platform has connected.
///
/// Practices that were disconnected are not in the list. It asks neither Halo nor Bp.
#[utoipa::path(get, path = "/v1/practices", tag = "Account", params(PracticesParameters),
    responses((status = 200, body = PracticesPage), Problems))]
pub(crate) async fn list_practices(
    State(app): State<Arc<App>>,
    allowed: OfPlatform<ListPractices>,
    Parameters(parameters): Parameters<PracticesParameters>,
) -> Result<Json<PracticesPage>, Problem> {
    let mut fields = Checker::default();
    let limit = match &parameters.limit {
        Some(text) => fields.check("limit", PageSize::parse(text)),
        None => Some(PageSize::default()),
    };
    let limit = fields.finish(limit)?;
    let key = app.cursors()?.key().await?;
    let list = ("practices", &allowed.platform);
    let mut fields = Checker::default();
    let after = match &parameters.cursor {
        Some(cursor) => fields.check("cursor", key.open(&list, cursor)).map(Some),
        None => Some(None),
    };
    let after: Option<String> = fields.finish(after)?;
    let page = app.store.practices_of(&allowed.platform, after.as_deref(), limit.get()).await?;
    let items = page.practices.into_iter().map(|(practice, connection)| ListedPractice {
        practice_id: practice.public().to_owned(),
        state: connection.state(true),
        site_id: connection.site_id,
        practice_name: connection.site.practice_name,
    });
    let next_cursor = page.next.map(|next| key.seal(&list, &next));
    Ok(Json(PracticesPage { items: items.collect(), next_cursor }))
}
