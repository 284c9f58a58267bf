//! Rotates secrets, sends tests and replays, and lists attempts.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::Invalid;
use domain::attachments::PageSize;
use domain::events::{Event, EventKind};
use domain::webhooks::{EndpointAction, KEPT_FOR};
use jiff::Timestamp;
use serde::Deserialize;
use store::webhooks::Replay;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use webhooks::Outgoing;

use super::handlers::EndpointPath;
use super::state::WebhookEndpoints;
use super::view::{
    AttemptPage, AttemptView, EndpointView, ReplayView, TestView, status_and_failure,
};
use crate::app::App;
use crate::input::{Body, Checker, Parameters};
use crate::platform_server::PlatformServer;
use crate::problem::{Problem, ProblemType, Problems};

/// Make a new secret for a webhook endpoint.
///
/// The answer contains the new secret. For 24 hours events are signed with both the new and the former secret.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpointId}/secret", tag = "Webhooks",
    params(("endpointId" = String, Path)),
    responses((status = 200, body = EndpointView), Problems))]
pub(crate) async fn rotate_webhook_secret(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
) -> Result<Json<EndpointView>, Problem> {
    let mut kept = webhooks.kept(&server.platform, &path.endpoint_id).await?;
    let seed = Uuid::new_v4();
    kept.endpoint.rotate(seed, App::now());
    let secret = webhooks.secret(&kept.lane(&server.platform), seed).await?;
    webhooks.record(&server, EndpointAction::SecretRotated, &kept.id).await?;
    webhooks.store.save_endpoint(&server.platform, &kept).await?;
    Ok(Json(webhooks.view(&server.platform, &kept, Some(secret)).await?))
}

/// Send a test event to a webhook endpoint now.
///
/// The event has the type `webhookEndpoint.test`. It is sent once, even if the endpoint is paused or disabled, and it
/// is not among the attempts.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpointId}/test", tag = "Webhooks",
    params(("endpointId" = String, Path)),
    responses((status = 200, body = TestView), Problems))]
pub(crate) async fn test_webhook_endpoint(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
) -> Result<Json<TestView>, Problem> {
    let kept = webhooks.kept(&server.platform, &path.endpoint_id).await?;
    let now = App::now();
    let event = Event {
        kind: EventKind::EndpointTest,
        platform: server.platform.clone(),
        practice: None,
        subject: kept.id.as_str().to_owned(),
        state: None,
        change: Uuid::new_v4().to_string(),
        at: now,
    };
    let lane = kept.lane(&server.platform);
    let mut secrets = Vec::new();
    for seed in kept.endpoint.signing(now) {
        secrets.push(webhooks.secret(&lane, seed).await?);
    }
    let (id, body) = (event.id(), event.envelope().to_json());
    let outgoing = Outgoing { id: &id, body: &body, sent: now };
    let begun = Instant::now();
    let reply = webhooks.outside.send(&kept.endpoint.url, outgoing, &secrets).await;
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, failure) = status_and_failure(reply.ended);
    let delivered = reply.ended.succeeded();
    Ok(Json(TestView { event_id: id, delivered, status, failure, duration_ms }))
}

/// Which events to send again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// Events that happened at this instant or later. Events are kept for 30 days.
    #[schema(format = DateTime, example = "2026-11-03T01:02:03.004Z")]
    from: String,
    /// Events that happened until this instant; until now if absent.
    #[schema(format = DateTime)]
    to: Option<String>,
}

fn instant(text: &str) -> Result<Timestamp, Invalid> {
    text.parse().map_err(|_| Invalid("this is not an instant, such as 2026-11-03T01:02:03Z"))
}

impl ReplayRequest {
    fn read(&self, now: Timestamp) -> Result<Replay, Problem> {
        let mut fields = Checker::default();
        let from = fields.check("/from", instant(&self.from));
        let to = match &self.to {
            Some(to) => fields.check("/to", instant(to)),
            None => Some(now),
        };
        let oldest = now.saturating_sub(KEPT_FOR).unwrap_or(now);
        if from.is_some_and(|from| from < oldest || from > now) {
            fields.wrong("/from", "events of the last 30 days can be sent again");
        }
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            fields.wrong("/to", "this is before from");
        }
        let span = from.zip(to);
        fields.finish(span.map(|(from, to)| Replay { from, to, asked_at: now, after: None }))
    }
}

/// Send events of a span of time to a webhook endpoint again.
///
/// Events that it took and events that were given up are sent again, with the same ids. Events that wait are sent
/// anyway.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{endpointId}/replay", tag = "Webhooks",
    params(("endpointId" = String, Path)), request_body = ReplayRequest,
    responses((status = 202, body = ReplayView), Problems))]
pub(crate) async fn replay_webhook_events(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
    Body(request): Body<ReplayRequest>,
) -> Result<(StatusCode, Json<ReplayView>), Problem> {
    let now = App::now();
    let replay = request.read(now)?;
    let kept = webhooks.kept(&server.platform, &path.endpoint_id).await?;
    webhooks.record(&server, EndpointAction::Replayed, &kept.id).await?;
    let lane = kept.lane(&server.platform);
    if !webhooks.store.request_replay(&lane, &replay, now).await? {
        let detail = "Another replay of this endpoint has not ended yet. Repeat the request later.";
        return Err(Problem::because(ProblemType::Conflict, detail));
    }
    webhooks.wake(&lane).await;
    Ok((StatusCode::ACCEPTED, Json(ReplayView { from: replay.from, to: replay.to })))
}

/// Which attempts to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttemptParameters {
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// The number of events on a page: 1 to 200, 50 by default.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// List the events that were sent to a webhook endpoint, with the latest attempt of each. The latest attempts come
/// first. Attempts of the last 30 days are kept.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{endpointId}/attempts", tag = "Webhooks",
    params(("endpointId" = String, Path), AttemptParameters),
    responses((status = 200, body = AttemptPage), Problems))]
pub(crate) async fn list_webhook_attempts(
    State(webhooks): State<Arc<WebhookEndpoints>>,
    server: PlatformServer,
    Path(path): Path<EndpointPath>,
    Parameters(parameters): Parameters<AttemptParameters>,
) -> Result<Json<AttemptPage>, Problem> {
    let kept = webhooks.kept(&server.platform, &path.endpoint_id).await?;
    let lane = kept.lane(&server.platform);
    let key = webhooks.cursors.key().await?;
    let list = ("attempts", lane.to_string());
    let mut fields = Checker::default();
    let limit = match &parameters.limit {
        Some(text) => fields.check("limit", PageSize::parse(text)),
        None => Some(PageSize::default()),
    };
    let after: Option<Option<String>> = match &parameters.cursor {
        Some(cursor) => fields.check("cursor", key.open(&list, cursor)).map(Some),
        None => Some(None),
    };
    let (limit, after) = fields.finish(limit.zip(after))?;
    let page = webhooks.store.latest_attempts(&lane, after.as_deref(), limit.get()).await?;
    let items = page.events.into_iter().filter_map(AttemptView::of).collect();
    let next_cursor = page.next.map(|next| key.seal(&list, &next));
    Ok(Json(AttemptPage { items, next_cursor }))
}
