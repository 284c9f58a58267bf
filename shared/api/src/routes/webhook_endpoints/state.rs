//! What these routes work with, and what they have in common.

use std::sync::Arc;
use std::time::Duration;

use aws::SecretText;
use aws::queues::{EndpointWake, Queues};
use domain::ids::PlatformId;
use domain::webhooks::{EndpointAction, EndpointAudit, EndpointId, EndpointLane};
use jiff::SignedDuration;
use store::Store;
use store::webhooks::KeptEndpoint;
use uuid::Uuid;
use webhooks::Outside;
use webhooks::signature::EndpointSecret;

use super::view::{EndpointView, state_of};
use crate::app::App;
use crate::cursor::Cursors;
use crate::limits::Limiter;
use crate::platform_server::PlatformServer;
use crate::problem::{Problem, ProblemType};
use crate::request_log::REQUEST_ID;

/// The most waiting events that are counted.
const MOST_COUNTED: u16 = 1_000;

/// What the routes of webhook endpoints work with. It is not an [`App`], because it never asks Halo.
#[derive(Debug)]
pub struct WebhookEndpoints {
    /// The table.
    pub store: Store,
    /// The queue that wakes senders.
    pub queues: Queues,
    /// Signs the cursors of the list of attempts.
    pub cursors: Cursors,
    /// The key from which endpoints' secrets are made.
    pub key: SecretText,
    /// Checks addresses and sends tests.
    pub outside: Outside,
    /// Limits how many requests callers send.
    pub limiter: Arc<Limiter>,
    /// How long an audit line is kept.
    pub audit_retention: SignedDuration,
}

impl WebhookEndpoints {
    pub(super) async fn kept(
        &self,
        platform: &PlatformId,
        id: &str,
    ) -> Result<KeptEndpoint, Problem> {
        let unknown =
            || Problem::because(ProblemType::NotFound, "Your platform has no such endpoint.");
        let id = EndpointId::parse(id).map_err(|_| unknown())?;
        self.store.endpoint(platform, &id).await?.ok_or_else(unknown)
    }

    pub(super) async fn view(
        &self,
        platform: &PlatformId,
        kept: &KeptEndpoint,
        secret: Option<EndpointSecret>,
    ) -> Result<EndpointView, Problem> {
        let lane = kept.lane(platform);
        let (standing, waiting) = tokio::try_join!(
            self.store.endpoint_standing(&lane),
            self.store.count_waiting(&lane, MOST_COUNTED)
        )?;
        let endpoint = &kept.endpoint;
        Ok(EndpointView {
            endpoint_id: kept.id.as_str().to_owned(),
            url: endpoint.url.clone(),
            events: endpoint.events.clone(),
            enabled: endpoint.enabled,
            state: state_of(endpoint, &standing),
            disabled_because: endpoint.disabled,
            created_at: endpoint.created_at,
            last_success_at: standing.last_success,
            failing_since: standing.failing_since,
            next_attempt_at: standing.next_attempt.filter(|_| endpoint.is_on()),
            waiting,
            secret: secret.map(|secret| secret.shown()),
        })
    }

    pub(super) async fn secret(
        &self,
        lane: &EndpointLane,
        seed: Uuid,
    ) -> Result<EndpointSecret, Problem> {
        let key = self.key.get().await.map_err(|_| {
            tracing::error!("the key of webhook secrets cannot be read");
            Problem::new(ProblemType::StorageUnavailable).retry_after(5)
        })?;
        Ok(EndpointSecret::of(key, lane, seed))
    }

    /// Writes an audit line. Call this before the change.
    pub(super) async fn record(
        &self,
        server: &PlatformServer,
        action: EndpointAction,
        id: &EndpointId,
    ) -> Result<(), Problem> {
        let line = EndpointAudit {
            at: App::now(),
            subject: server.subject.clone(),
            action,
            endpoint: id.clone(),
            request_id: REQUEST_ID.try_with(|id| id.0.clone()).unwrap_or_default(),
        };
        Ok(self.store.audit_platform(&server.platform, &line, self.audit_retention).await?)
    }

    /// Wakes the endpoint's sender. A lost message only costs time: the sweep finds what is due.
    pub(super) async fn wake(&self, lane: &EndpointLane) {
        let wake = EndpointWake { lane: lane.to_string() };
        if self.queues.wake_senders(&[(wake, Duration::ZERO)]).await > 0 {
            tracing::warn!("the sender of an endpoint could not be woken");
        }
    }
}
