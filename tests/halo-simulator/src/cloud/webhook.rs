//! Signed notifications of completed queries, and their retries.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;

use crate::cloud::{
    client::{self, ClientError},
    effect::Effect,
    fault::Traits,
    operation::Operation,
    options::WebhookTarget,
    site::Site,
    world::World,
};

const ATTEMPTS: u32 = 10;
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);
/// The first pause is about this long, and no pause is shorter.
const SHORTEST_PAUSE: f64 = 5.0;
/// With this limit, ten attempts take about an hour and a half.
const LONGEST_PAUSE: f64 = 900.0;

/// The kind of query that completed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Source {
    Async,
    Registered,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Registered => "registered",
        }
    }
}

/// Sends notifications to the integrator.
pub(crate) struct Sender {
    target: WebhookTarget,
    client: reqwest::Client,
}

impl Sender {
    pub(crate) fn new(target: WebhookTarget) -> Result<Self, ClientError> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        let client = client::builder(roots.collect())?.timeout(ATTEMPT_LIMIT).build()?;
        Ok(Self { target, client })
    }

    /// One attempt. The timestamp is the time of sending.
    async fn attempt(&self, url: &str, id: Uuid, body: &str, sent: Timestamp) -> Attempt {
        let timestamp = seven_decimals(sent);
        let signature = sign(&self.target.secret, body, &timestamp);
        let answer = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("x-halo-id", id.to_string())
            .header("x-halo-timestamp", timestamp)
            .header("x-halo-signature-256", signature)
            .body(body.to_owned())
            .send()
            .await;
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Attempt::Delivered,
            Ok(status) if status.is_server_error() => Attempt::Again,
            Ok(status) if status.as_u16() == 408 || status.as_u16() == 429 => Attempt::Again,
            Ok(_) => Attempt::GivenUp,
            Err(_) => Attempt::Again,
        }
    }
}

enum Attempt {
    Delivered,
    Again,
    GivenUp,
}

/// Lowercase hexadecimal HMAC-SHA256 over the body, a full stop and the timestamp.
fn sign(secret: &str, body: &str, timestamp: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body.as_bytes());
    mac.update(b".");
    mac.update(timestamp.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// ISO 8601 with seven decimals and an offset, as .NET prints it.
fn seven_decimals(instant: Timestamp) -> String {
    let zoned = instant.to_zoned(TimeZone::UTC).datetime();
    format!("{zoned:.7}+00:00")
}

impl World {
    /// Notifies the integrator, unless a fault loses the notification. Returns at once.
    pub(crate) fn announce(self: &Arc<Self>, site: &Site, query: Uuid, source: Source) {
        if self.webhooks.is_none() {
            return;
        }
        let traits = Traits { site_id: Some(site.identity.site_id.clone()), ..Traits::default() };
        let weather = self.faults.meet(Operation::Webhook, &traits);
        if weather.is(Effect::WebhookLost) {
            return;
        }
        let guid = site.state().guid;
        let id = Uuid::new_v4();
        let times = if weather.is(Effect::WebhookTwice) { 2 } else { 1 };
        for _ in 0..times {
            let world = Arc::clone(self);
            self.spawn(async move { world.notify(id, guid, query, source).await });
        }
    }

    async fn notify(&self, id: Uuid, guid: Uuid, query: Uuid, source: Source) {
        let Some(sender) = &self.webhooks else { return };
        let body = json!({
            "id": id,
            "occurredAt": seven_decimals(self.clock.now()),
            "siteId": guid,
            "queryId": query,
            "webhookSource": source.name(),
        })
        .to_string();
        let url = sender
            .target
            .url
            .replace("{siteId}", &guid.to_string())
            .replace("{queryId}", &query.to_string())
            .replace("{source}", source.name());
        let mut dice = ChaCha8Rng::seed_from_u64(self.options.seed ^ query.as_u64_pair().0);
        let mut pause = SHORTEST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            match sender.attempt(&url, id, &body, self.clock.now()).await {
                Attempt::Delivered => return,
                Attempt::GivenUp => {
                    tracing::warn!(attempt, "webhook refused for good");
                    return;
                }
                Attempt::Again => {}
            }
            // Decorrelated jitter: a random pause between the shortest one and three times the last one.
            pause = dice
                .random_range(SHORTEST_PAUSE..=(pause * 3.0).max(SHORTEST_PAUSE))
                .min(LONGEST_PAUSE);
            let now = self.clock.now();
            let wait = SignedDuration::try_from_secs_f64(pause).unwrap_or(SignedDuration::ZERO);
            self.clock.sleep_until(now.checked_add(wait).unwrap_or(now)).await;
        }
        tracing::warn!(attempts = ATTEMPTS, "webhook not delivered");
    }
}
