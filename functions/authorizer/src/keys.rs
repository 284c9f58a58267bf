//! The token issuer's signing keys. They are read on first use, and again when a token names a key that
//! is not among them.

use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use reqwest::{Client, Url};
use tokio::sync::Mutex;

/// The shortest time between two reads: tokens with made-up key ids must not flood the issuer.
const SHORTEST_REREAD: Duration = Duration::from_secs(30);
const LONGEST_READ: Duration = Duration::from_secs(5);

/// Why a key was not found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoKey {
    /// The issuer has no key with this id.
    Unknown,
    /// The issuer did not answer.
    Unavailable,
}

#[derive(Debug)]
pub(crate) struct Keys {
    http: Client,
    url: Url,
    read: Mutex<Option<(Instant, JwkSet)>>,
}

impl Keys {
    pub(crate) fn new(http: Client, url: Url) -> Self {
        Self { http, url, read: Mutex::new(None) }
    }

    /// Keys that need no issuer, for tests.
    #[cfg(test)]
    pub(crate) fn known(keys: JwkSet) -> Self {
        let url = "http://127.0.0.1:9".parse().unwrap();
        let http = aws::clients::http().unwrap();
        Self { http, url, read: Mutex::new(Some((Instant::now(), keys))) }
    }

    pub(crate) async fn find(&self, id: &str) -> Result<DecodingKey, NoKey> {
        let mut read = self.read.lock().await;
        if let Some(key) = read.as_ref().and_then(|(_, keys)| key(keys, id)) {
            return Ok(key);
        }
        if read.as_ref().is_some_and(|(at, _)| at.elapsed() < SHORTEST_REREAD) {
            return Err(NoKey::Unknown);
        }
        let keys = self.fetch().await.ok_or(NoKey::Unavailable)?;
        let found = key(&keys, id);
        *read = Some((Instant::now(), keys));
        found.ok_or(NoKey::Unknown)
    }

    async fn fetch(&self) -> Option<JwkSet> {
        let response = self.http.get(self.url.clone()).timeout(LONGEST_READ).send().await.ok()?;
        response.error_for_status().ok()?.json().await.ok()
    }
}

/// Cognito signs with RSA. Keys of other kinds are ignored.
fn key(keys: &JwkSet, id: &str) -> Option<DecodingKey> {
    let jwk = keys.find(id)?;
    matches!(jwk.algorithm, AlgorithmParameters::RSA(_))
        .then(|| DecodingKey::from_jwk(jwk).ok())
        .flatten()
}
