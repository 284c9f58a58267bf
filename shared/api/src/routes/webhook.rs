//! Halo's notifications. Halo waits five seconds for an answer and then repeats the notification. So this
//! handler only finds the worker that waits for the query, wakes it and answers. The worker does the rest.

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

use crate::app::App;
use crate::problem::{Problem, ProblemType, Problems};

/// A notification has a few hundred bytes.
const LARGEST_BODY: usize = 16 * 1024;
/// Less than the five seconds that Halo waits, so that Halo still gets an answer.
const TIME_LIMIT: Duration = Duration::from_millis(4_500);
/// Halo repeats a notification for about an hour and a half.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(6);

/// Receives Halo's notifications.
#[derive(Debug)]
pub struct WebhookReceiver {
    /// Knows which worker waits for which query.
    pub store: Store,
    /// The queues that wake workers.
    pub queues: Queues,
    /// The secrets that Halo signs with.
    pub secrets: SecretKeys,
    /// The largest difference between a notification's time and ours, in both directions.
    pub window: SignedDuration,
}

/// Halo's message that a query completed. It contains no data of the practice.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read by the Halo client")]
pub(crate) struct HaloNotification {
    /// The notification's id, the same as in `X-Halo-Id`.
    #[schema(value_type = String)]
    id: Uuid,
    /// When the query completed.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// Halo's id of the site.
    #[schema(value_type = String)]
    site_id: Uuid,
    /// Halo's id of the query.
    #[schema(value_type = String)]
    query_id: Uuid,
    /// `async` or `registered`.
    webhook_source: String,
}

/// Receive Halo's notification that a query completed.
///
/// The signature is the HMAC-SHA256 of the body, a full stop and `X-Halo-Timestamp`, in lower-case
/// hexadecimal digits. A notification that is more than a few minutes old is refused. A repeated
/// notification with the same id has no effect.
#[utoipa::path(post, path = "/v1/halo/webhook", tag = "Halo", security(()),
    params(
        ("X-Halo-Id" = String, Header, description = "The notification's id."),
        ("X-Halo-Timestamp" = String, Header, description = "When it was sent."),
        ("X-Halo-Signature-256" = String, Header, description = "HMAC-SHA256 of the body, a full stop and the timestamp."),
    ),
    request_body = HaloNotification,
    responses((status = 204), Problems))]
pub(crate) async fn receive_notification(
    State(receiver): State<Arc<WebhookReceiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    if body.len() > LARGEST_BODY {
        return Err(Problem::new(ProblemType::RequestTooLarge));
    }
    let handled = tokio::time::timeout(TIME_LIMIT, receiver.handle(&headers, &body)).await;
    handled.unwrap_or_else(|_| Err(unavailable("the time limit")))?;
    Ok(StatusCode::NO_CONTENT)
}

impl WebhookReceiver {
    async fn handle(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let notification = self.verified(headers, body).await?;
        let (id, query) = (notification.id, notification.query_id);
        let (known, waiter) =
            tokio::try_join!(self.store.is_known_notification(id), self.store.waiter(query))?;
        match waiter {
            Some(waiter) if !known => {
                self.wake(&waiter).await.map_err(|_| unavailable("the queue"))?;
                // Stored after the wake: in the other order, a crash between the two would lose the wake.
                self.store.remember_notification(id, App::now() + REMEMBERED).await?;
                tracing::info!(%query, "the worker that waits for the query is woken");
            }
            // The worker that submitted the query may not be registered yet. Its own slow polling finds
            // the end of the query.
            _ => tracing::info!(%query, known, "no worker waits for the query"),
        }
        Ok(())
    }

    /// Reads the notification, if its signature and time are right.
    async fn verified(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, Problem> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed = Signed {
            id: header(ID_HEADER),
            timestamp: header(TIMESTAMP_HEADER),
            signature: header(SIGNATURE_HEADER),
        };
        let judge = |keys: &Keys| verify(&signed, body, keys, App::now(), self.window);
        let secrets = self.secrets.current().await.map_err(|_| unavailable("the secret"))?;
        let mut judged = judge(&secrets);
        if judged == Err(Rejected::Signature) && signed.signature.is_some() {
            // The secret may have been replaced since it was read.
            let secrets = self.secrets.reread().await.map_err(|_| unavailable("the secret"))?;
            judged = judge(&secrets);
        }
        judged.map_err(|reason| {
            tracing::warn!(%reason, "a notification was refused");
            reason.into()
        })
    }

    async fn wake(&self, waiter: &Waiter) -> Result<(), QueueUnavailable> {
        match waiter {
            Waiter::Import { practice, import, item } => {
                self.queues.wake_import(practice.as_str(), import, *item, Duration::ZERO).await
            }
            Waiter::Site { practice } => {
                self.queues.wake_writer(practice.as_str(), Duration::ZERO).await
            }
        }
    }
}

/// Halo repeats the notification after a 503.
fn unavailable(what: &'static str) -> Problem {
    tracing::error!(what, "a notification cannot be handled now");
    Problem::new(ProblemType::StorageUnavailable).retry_after(5)
}

impl From<Rejected> for Problem {
    fn from(reason: Rejected) -> Self {
        match reason {
            Rejected::Signature => Self::new(ProblemType::SignatureRefused),
            Rejected::Stale => Self::because(
                ProblemType::NotificationStale,
                "The notification was sent too long ago. It was ignored.",
            ),
            Rejected::Future => Self::because(
                ProblemType::NotificationStale,
                "The notification's time is in the future. It was ignored.",
            ),
            Rejected::Malformed(_) => Self::because(
                ProblemType::InvalidRequest,
                "The notification is signed, but it does not have the form that Halo documents.",
            ),
        }
    }
}
