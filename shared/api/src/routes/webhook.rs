//! Halo's notifications. Halo waits five seconds and then tries again, so this looks up who waits,
//! wakes them and answers; whatever there is to do, they do.

use std::sync::Arc;
use std::time::Duration;

use aws::SecretKeys;
use aws::queues::{QueueUnavailable, Queues};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::waiting::Waiter;
use halo::webhook::{
    ID_HEADER, Notification, Rejected, SIGNATURE_HEADER, Signed, TIMESTAMP_HEADER, verify,
};
use halo::{KeySource, Keys};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::Store;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::{Kind, Problem, ProblemBody};

/// Halo's notifications have a few hundred bytes.
const LARGEST_BODY: usize = 16 * 1024;
/// Halo breaks off after five seconds and would not learn how this ended.
const LONGEST: Duration = Duration::from_millis(4_500);
/// Halo repeats a notification for about an hour and a half.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(6);

/// What the receiver of Halo's notifications works with.
#[derive(Debug)]
pub struct WebhookApp {
    /// Who waits for what.
    pub store: Store,
    /// Where they are woken.
    pub queues: Queues,
    /// What Halo signs with.
    pub secrets: SecretKeys,
    /// How far a notification's time may be from ours, either way.
    pub window: SignedDuration,
}

/// What Halo says: which query completed. Nothing of a practice's data.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read by the Halo client")]
pub(crate) struct HaloNotification {
    /// The notification's own id; also in `X-Halo-Id`.
    #[schema(value_type = String)]
    id: Uuid,
    /// When the query completed.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// Halo's id of the site.
    #[schema(value_type = String)]
    site_id: Uuid,
    /// The query.
    #[schema(value_type = String)]
    query_id: Uuid,
    /// `async` or `registered`.
    webhook_source: String,
}

/// Halo says that a query completed. Signed over body, full stop and `X-Halo-Timestamp` with
/// HMAC-SHA256, as lowercase hexadecimal; sent within minutes. The same id does nothing twice.
#[utoipa::path(post, path = "/v1/halo/webhook", tag = "Halo", security(()),
    params(
        ("X-Halo-Id" = String, Header, description = "The notification's id."),
        ("X-Halo-Timestamp" = String, Header, description = "When it was sent."),
        ("X-Halo-Signature-256" = String, Header, description = "HMAC-SHA256 of the body, a full stop and the timestamp."),
    ),
    request_body = HaloNotification,
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn notified(
    State(app): State<Arc<WebhookApp>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    if body.len() > LARGEST_BODY {
        return Err(Problem::new(Kind::RequestTooLarge));
    }
    let handled = tokio::time::timeout(LONGEST, app.handle(&headers, &body)).await;
    handled.unwrap_or_else(|_| Err(unavailable("the time that Halo waits")))?;
    Ok(StatusCode::NO_CONTENT)
}

impl WebhookApp {
    async fn handle(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let notification = self.believe(headers, body).await?;
        let (id, query) = (notification.id, notification.query_id);
        let (known, waiter) =
            tokio::try_join!(self.store.is_known_notification(id), self.store.waiter(query))?;
        match waiter {
            Some(waiter) if !known => {
                self.wake(&waiter).await.map_err(|_| unavailable("the queue"))?;
                // Only now: had this come first, a crash between the two would lose the wake.
                self.store.remember_notification(id, REMEMBERED).await?;
                tracing::info!(%query, "whoever waits for the query is woken");
            }
            // Whoever submitted the query may not have put themselves down yet: their own slow look
            // finds its end.
            _ => tracing::info!(%query, known, "nobody is to be woken"),
        }
        Ok(())
    }

    /// Reads the notification, if it is Halo's.
    async fn believe(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, Problem> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed = Signed {
            id: header(ID_HEADER),
            timestamp: header(TIMESTAMP_HEADER),
            signature: header(SIGNATURE_HEADER),
        };
        let judge = |keys: &Keys| verify(&signed, body, keys, Timestamp::now(), self.window);
        let secrets = self.secrets.current().await.map_err(|_| unavailable("the secret"))?;
        let mut judged = judge(&secrets);
        if judged == Err(Rejected::Signature) && signed.signature.is_some() {
            // The secret may have been replaced since it was read.
            let secrets = self.secrets.reread().await.map_err(|_| unavailable("the secret"))?;
            judged = judge(&secrets);
        }
        judged.map_err(|reason| {
            tracing::warn!(%reason, "a notification is not believed");
            reason.into()
        })
    }

    async fn wake(&self, waiter: &Waiter) -> Result<(), QueueUnavailable> {
        match waiter {
            Waiter::Import { practice, import, item } => {
                self.queues.wake_import(practice.as_str(), import, *item, Duration::ZERO).await
            }
            Waiter::Site { practice } => {
                self.queues.wake_site(practice.as_str(), Duration::ZERO).await
            }
        }
    }
}

/// Halo comes again by itself after a 503.
fn unavailable(what: &'static str) -> Problem {
    tracing::error!(what, "a notification cannot be dealt with now");
    Problem::new(Kind::StorageUnavailable).retry_after(5)
}

impl From<Rejected> for Problem {
    fn from(reason: Rejected) -> Self {
        match reason {
            Rejected::Signature => Self::new(Kind::SignatureRefused),
            Rejected::Stale => Self::because(
                Kind::NotificationStale,
                "The time of sending is too long ago. Nothing was done.",
            ),
            Rejected::Future => Self::because(
                Kind::NotificationStale,
                "The time of sending is in the future. Nothing was done.",
            ),
            Rejected::Malformed(_) => Self::because(
                Kind::InvalidRequest,
                "The notification is signed, but is not what Halo's documents describe.",
            ),
        }
    }
}
