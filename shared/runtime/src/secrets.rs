//! Secrets Manager: Halo's subscription keys, read on first use and again when Halo refuses them, and
//! secrets that are one text.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use halo::{KeySource, Keys, KeysFuture, KeysUnavailable};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};

/// Halo refusing our keys must not become a storm on Secrets Manager.
const SHORTEST_REREAD: Duration = Duration::from_secs(10);

/// The secret `{"primary": "...", "secondary": "..."}`.
#[derive(Debug)]
pub struct SecretKeys {
    client: Client,
    secret_arn: String,
    read: Mutex<Option<(Instant, Keys)>>,
}

#[derive(Deserialize)]
struct Secret {
    primary: SecretString,
    #[serde(default)]
    secondary: Option<SecretString>,
}

impl SecretKeys {
    /// Keys in this secret; nothing is read yet.
    #[must_use]
    pub fn new(client: Client, secret_arn: String) -> Self {
        Self { client, secret_arn, read: Mutex::new(None) }
    }

    async fn keys(&self, oldest: Option<Duration>) -> Result<Keys, KeysUnavailable> {
        let mut read = self.read.lock().await;
        if let Some((at, keys)) = read.as_ref()
            && oldest.is_none_or(|oldest| at.elapsed() < oldest)
        {
            return Ok(keys.clone());
        }
        let value = self
            .client
            .get_secret_value()
            .secret_id(&self.secret_arn)
            .send()
            .await
            .map_err(|_| KeysUnavailable)?;
        let text = value.secret_string().ok_or(KeysUnavailable)?;
        let secret: Secret = serde_json::from_str(text).map_err(|_| KeysUnavailable)?;
        let keys = Keys { primary: secret.primary, secondary: secret.secondary };
        *read = Some((Instant::now(), keys.clone()));
        Ok(keys)
    }
}

impl KeySource for SecretKeys {
    fn current(&self) -> KeysFuture<'_> {
        Box::pin(self.keys(None))
    }

    fn reread(&self) -> KeysFuture<'_> {
        Box::pin(self.keys(Some(SHORTEST_REREAD)))
    }
}

/// A secret that is one text, read on first use and kept.
#[derive(Debug)]
pub struct SecretText {
    client: Client,
    secret_arn: String,
    read: OnceCell<SecretString>,
}

/// Secrets Manager gives no answer, or has no text there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the secret cannot be read")]
pub struct SecretUnavailable;

impl SecretText {
    /// The text in this secret; nothing is read yet.
    #[must_use]
    pub fn new(client: Client, secret_arn: String) -> Self {
        Self { client, secret_arn, read: OnceCell::new() }
    }

    /// The text.
    ///
    /// # Errors
    /// When it cannot be read now; the next call tries again.
    pub async fn get(&self) -> Result<&SecretString, SecretUnavailable> {
        self.read.get_or_try_init(|| self.fetch()).await
    }

    async fn fetch(&self) -> Result<SecretString, SecretUnavailable> {
        let request = self.client.get_secret_value().secret_id(&self.secret_arn);
        let value = request.send().await.map_err(|_| SecretUnavailable)?;
        // A text that is empty signs nothing.
        let text = value.secret_string().filter(|text| !text.is_empty());
        text.map(SecretString::from).ok_or(SecretUnavailable)
    }
}
