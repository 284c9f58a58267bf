//! Saves, lists, shows and deletes endpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::events::{EventKind, Reader};
use domain::webhooks::{Endpoint, EndpointAction, EndpointId, SecretSeed};
use serde::Deserialize;
use store::StoreError;
use store::webhooks::{KeptEndpoint, Registered};
use utoipa::ToSchema;
use uuid::Uuid;

use super::state::WebhookEndpoints;
use super::view::{EndpointPage, EndpointView};
use crate::app::App;
use crate::input::{Body, Checker};
use crate::platform_server::PlatformServer;
use crate::problem::{Problem, ProblemType, Problems};

/// The path of an endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointPath {
    pub(super) endpoint_id: String,
}

/// An endpoint as its platform wants it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EndpointRequest {
    /// The address that receives events. It begins with `https://`, names no port, and has a public IP address.
    #[schema(max_length = 2000, example = "https://hooks.example.org/practice-bridge")]
    url: String,
    /// The types that it receives. If absent, all types that your scopes may see.
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
    /// Whether it receives events; true if absent. While it is false, events wait for up to 30 days.
    enabled: Option<bool>,
}

struct Wanted {
    url: String,
    events: Option<Vec<String>>,
    enabled: bool,
}

impl EndpointRequest {
    async fn read(
        self,
        webhooks: &WebhookEndpoints,
        readers: &[Reader],
    ) -> Result<Wanted, Problem> {
        let mut fields = Checker::default();
        let url = fields.check("/url", webhooks.outside.check(&self.url).await);
        if self.events.as_ref().is_some_and(Vec::is_empty) {
            fields.wrong("/events", "name at least one type, or leave the field out for all");
        }
        for (index, name) in self.events.iter().flatten().enumerate() {
            let pointer = format!("/events/{index}");
            let kind = fields.check(&pointer, EventKind::parse(name));
            if kind.is_some_and(|kind| !kind.readers().iter().any(|it| readers.contains(it))) {
                fields.wrong(&pointer, "your token's scopes do not cover events of this type");
            }
        }
        let Self { events, enabled, url: text } = self;
        let wanted = url.map(|()| Wanted { url: text, events, enabled: enabled.unwrap_or(true) });
        fields.finish(wanted)
    }
}

/// Save a webhook endpoint.
///
/// The first time, the answer is 201 and contains the secret that signs. Keep it: it is never shown again. The
/// endpoint receives the events that the scopes of this token may see. Saving an endpoint that we have disabled
/// enables it again. A platform has at most 10 endpoints.
#[utoipa::path(put, path = "/v1/webhook-endpoints/{endpointId}", tag = "Webhooks",
    params(("endpointId" = String, Path)), request_body = EndpointRequest,
    responses((status = 200, body = EndpointView), (status = 201, body = EndpointView), Problems))]
pub(crate) async fn save_webhook_endpoint(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
    Body(request): Body<EndpointRequest>,
) -> Result<(StatusCode, Json<EndpointView>), Problem> {
    let id =
        EndpointId::parse(&path.endpoint_id).map_err(|_| Problem::new(ProblemType::NotFound))?;
    let wanted = request.read(&webhooks, &server.readers).await?;
    match webhooks.store.endpoint(&server.platform, &id).await? {
        Some(known) => {
            let view = webhooks.change(&server, known, wanted).await?;
            Ok((StatusCode::OK, Json(view)))
        }
        None => {
            let view = webhooks.register(&server, id, wanted).await?;
            Ok((StatusCode::CREATED, Json(view)))
        }
    }
}

impl WebhookEndpoints {
    async fn register(
        &self,
        server: &PlatformServer,
        id: EndpointId,
        wanted: Wanted,
    ) -> Result<EndpointView, Problem> {
        let Wanted { url, events, enabled } = wanted;
        let seed = Uuid::new_v4();
        let endpoint = Endpoint {
            url,
            events,
            readers: server.readers.clone(),
            enabled,
            disabled: None,
            times_enabled: 0,
            instance: Uuid::new_v4(),
            secrets: vec![SecretSeed { seed, until: None }],
            created_at: App::now(),
        };
        let kept = KeptEndpoint::new(id, endpoint);
        let secret = self.secret(&kept.lane(&server.platform), seed).await?;
        self.record(server, EndpointAction::Registered, &kept.id).await?;
        match self.store.register_endpoint(&server.platform, &kept.id, &kept.endpoint).await? {
            Registered::New => self.view(&server.platform, &kept, Some(secret)).await,
            // Somebody else registered it at the same moment, or there are too many.
            Registered::No if self.store.endpoint(&server.platform, &kept.id).await?.is_some() => {
                Err(Problem::new(ProblemType::Conflict))
            }
            Registered::No => Err(Problem::new(ProblemType::TooManyEndpoints)),
        }
    }

    async fn change(
        &self,
        server: &PlatformServer,
        mut kept: KeptEndpoint,
        wanted: Wanted,
    ) -> Result<EndpointView, Problem> {
        let before = kept.endpoint.clone();
        let Wanted { url, events, enabled } = wanted;
        let disabled = before.disabled.filter(|_| !enabled);
        let readers = server.readers.clone();
        let changed = Endpoint { url, events, readers, enabled, disabled, ..before.clone() };
        if changed == before {
            return self.view(&server.platform, &kept, None).await;
        }
        let is_tried_again = changed.is_on() && (!before.is_on() || changed.url != before.url);
        kept.endpoint = changed;
        kept.endpoint.times_enabled += u64::from(before.disabled.is_some() && disabled.is_none());
        self.record(server, EndpointAction::Changed, &kept.id).await?;
        self.store.save_endpoint(&server.platform, &kept).await?;
        if is_tried_again {
            let lane = kept.lane(&server.platform);
            self.store.retry_endpoint(&lane, App::now()).await?;
            self.wake(&lane).await;
        }
        self.view(&server.platform, &kept, None).await
    }
}

/// List the platform's webhook endpoints.
#[utoipa::path(get, path = "/v1/webhook-endpoints", tag = "Webhooks",
    responses((status = 200, body = EndpointPage), Problems))]
pub(crate) async fn list_webhook_endpoints(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
) -> Result<Json<EndpointPage>, Problem> {
    let platform = &server.platform;
    let mut items = Vec::new();
    for kept in webhooks.store.endpoints(platform).await? {
        items.push(webhooks.view(platform, &kept, None).await?);
    }
    Ok(Json(EndpointPage { items, next_cursor: None }))
}

/// Show a webhook endpoint.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{endpointId}", tag = "Webhooks",
    params(("endpointId" = String, Path)),
    responses((status = 200, body = EndpointView), Problems))]
pub(crate) async fn read_webhook_endpoint(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
) -> Result<Json<EndpointView>, Problem> {
    let kept = webhooks.kept(&server.platform, &path.endpoint_id).await?;
    Ok(Json(webhooks.view(&server.platform, &kept, None).await?))
}

/// Delete a webhook endpoint. Events that wait for it are not sent.
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{endpointId}", tag = "Webhooks",
    params(("endpointId" = String, Path)),
    responses((status = 204), Problems))]
pub(crate) async fn delete_webhook_endpoint(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
) -> Result<StatusCode, Problem> {
    let id =
        EndpointId::parse(&path.endpoint_id).map_err(|_| Problem::new(ProblemType::NotFound))?;
    if let Some(kept) = webhooks.store.endpoint(&server.platform, &id).await? {
        let lane = kept.lane(&server.platform);
        webhooks.record(&server, EndpointAction::Deleted, &id).await?;
        match webhooks.store.delete_endpoint(&server.platform, &id).await {
            // A conflict means that somebody else has deleted it.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        // The sender deletes the lane.
        webhooks.store.arrive(&lane, App::now()).await?;
        webhooks.wake(&lane).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
