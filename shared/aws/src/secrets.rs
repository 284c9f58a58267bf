//! Secrets in Secrets Manager: pairs of keys, and single texts. Both are read on first use. A pair is
//! read again when one of its keys is refused, so either key can be replaced while the other is in use.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use halo::{KeySource, Keys, KeysFuture, KeysUnavailable};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};

/// The shortest time between two reads: refused keys must not flood Secrets Manager.
const SHORTEST_REREAD: Duration = Duration::from_secs(10);

/// A secret of the form `{"primary": "...", "secondary": "..."}`, or a bare text, which is then the only
/// key.
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
    /// The keys in this secret. Reads nothing yet.
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
        let keys = keys_in(text).ok_or(KeysUnavailable)?;
        *read = Some((Instant::now(), keys.clone()));
        Ok(keys)
    }
}

fn keys_in(text: &str) -> Option<Keys> {
    if !text.trim_start().starts_with('{') {
        // An empty text is not a key.
        return (!text.is_empty()).then(|| Keys { primary: text.into(), secondary: None });
    }
    let Secret { primary, secondary } = serde_json::from_str(text).ok()?;
    Some(Keys { primary, secondary })
}

impl KeySource for SecretKeys {
    fn current(&self) -> KeysFuture<'_> {
        Box::pin(self.keys(None))
    }

    fn reread(&self) -> KeysFuture<'_> {
        Box::pin(self.keys(Some(SHORTEST_REREAD)))
    }
}

/// A secret that is one text. It is read on first use and kept.
#[derive(Debug)]
pub struct SecretText {
    client: Client,
    secret_arn: String,
    read: OnceCell<SecretString>,
}

/// Secrets Manager did not answer, or the secret has no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the secret cannot be read")]
pub struct SecretUnavailable;

impl SecretText {
    /// The text in this secret. Reads nothing yet.
    #[must_use]
    pub fn new(client: Client, secret_arn: String) -> Self {
        Self { client, secret_arn, read: OnceCell::new() }
    }

    /// The text.
    ///
    /// # Errors
    /// When the secret cannot be read now. The next call tries again.
    pub async fn get(&self) -> Result<&SecretString, SecretUnavailable> {
        self.read.get_or_try_init(|| self.fetch()).await
    }

    async fn fetch(&self) -> Result<SecretString, SecretUnavailable> {
        let request = self.client.get_secret_value().secret_id(&self.secret_arn);
        let value = request.send().await.map_err(|_| SecretUnavailable)?;
        // An empty text must not sign anything.
        let text = value.secret_string().filter(|text| !text.is_empty());
        text.map(SecretString::from).ok_or(SecretUnavailable)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(text: &str) -> Option<(String, Option<String>)> {
        let exposed = |key: &SecretString| key.expose_secret().to_owned();
        keys_in(text).map(|keys| (exposed(&keys.primary), keys.secondary.as_ref().map(exposed)))
    }

    #[test]
    fn a_secret_is_a_pair_of_keys_or_one_bare_key() {
        let pair = r#"{"primary": "next", "secondary": "current"}"#;
        assert_eq!(read(pair), Some(("next".to_owned(), Some("current".to_owned()))));
        assert_eq!(read(r#"{"primary": "only"}"#), Some(("only".to_owned(), None)));
        assert_eq!(read("bare"), Some(("bare".to_owned(), None)));
        assert_eq!(read(r#"{"secondary": "alone"}"#), None);
        assert_eq!(read(""), None);
    }
}
