//! A token issuer's signing keys. They are read on first use, again when they are old, and again when a token names
//! a key that is not among them. Each issuer has its own set: a key of one issuer proves nothing for another.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use config::is_encrypted_or_local;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

/// The shortest time between two reads: tokens with made-up key ids must not flood the issuer.
const SHORTEST_REREAD: Duration = Duration::from_secs(30);
/// The same after a read that failed.
const SHORTEST_RETRY: Duration = Duration::from_secs(2);
/// After this time keys are read again, because the issuer may have withdrawn one.
const FRESH: Duration = Duration::from_hours(1);
/// How long keys are used if the issuer does not answer.
const LONGEST_USE: Duration = Duration::from_hours(24);
const LONGEST_READ: Duration = Duration::from_secs(4);
/// The largest document that is read from an issuer.
const LARGEST_DOCUMENT: usize = 128 * 1024;
/// The shortest RSA modulus, in bytes.
const SHORTEST_MODULUS: usize = 256;

/// Why a key was not found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoKey {
    /// The issuer has no key with this id.
    Unknown,
    /// The issuer did not answer, or not as it should.
    Unavailable,
}

/// A key, and the algorithms that it may be used with. The token has no say in them.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) key: DecodingKey,
    pub(crate) algorithms: Vec<Algorithm>,
}

/// Where an issuer publishes its keys.
#[derive(Debug)]
enum Source {
    /// At this address: Cognito.
    At(Url),
    /// At the address that its discovery document names: OpenID Connect Discovery 1.0.
    Discovered { issuer: String },
}

impl Source {
    fn name(&self) -> &str {
        match self {
            Self::At(url) => url.as_str(),
            Self::Discovered { issuer } => issuer,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Keys {
    http: Client,
    source: Source,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Jwk>,
    read_at: Option<Instant>,
    next_try: Option<Instant>,
    failed: bool,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Keys {
    /// The keys at this address.
    pub(crate) fn at(http: Client, url: Url) -> Self {
        Self { http, source: Source::At(url), known: Mutex::default() }
    }

    /// The keys of an OpenID Connect issuer.
    pub(crate) fn discovered(http: Client, issuer: String) -> Self {
        Self { http, source: Source::Discovered { issuer }, known: Mutex::default() }
    }

    /// Keys that need no issuer, for tests.
    #[cfg(test)]
    pub(crate) fn known(keys: &Value) -> Self {
        let keys = serde_json::from_value(keys["keys"].clone()).unwrap();
        let known = Known { keys, read_at: Some(Instant::now()), ..Known::default() };
        let next_try = Some(Instant::now() + SHORTEST_REREAD);
        Self {
            http: aws::clients::http().unwrap(),
            source: Source::At("http://127.0.0.1:9".parse().unwrap()),
            known: Mutex::new(Known { next_try, ..known }),
        }
    }

    pub(crate) async fn find(&self, id: &str) -> Result<Key, NoKey> {
        let mut known = self.known.lock().await;
        let is_fresh = known.read_at.is_some_and(|at| at.elapsed() < FRESH);
        if is_fresh && let Some(key) = key(&known.keys, id) {
            return Ok(key);
        }
        if known.next_try.is_none_or(|next| next <= Instant::now()) {
            let read = self.read().await;
            known.failed = read.is_none();
            if known.failed {
                tracing::warn!(source = self.source.name(), "an issuer's keys cannot be read");
            }
            let pause = if known.failed { SHORTEST_RETRY } else { SHORTEST_REREAD };
            known.next_try = Some(Instant::now() + pause);
            if let Some(keys) = read {
                known.keys = keys;
                known.read_at = Some(Instant::now());
            }
        }
        let is_usable = known.read_at.is_some_and(|at| at.elapsed() < LONGEST_USE);
        match key(&known.keys, id).filter(|_| is_usable) {
            Some(key) => Ok(key),
            // The issuer may have the key, but it could not be asked.
            None if known.failed || !is_usable => Err(NoKey::Unavailable),
            None => Err(NoKey::Unknown),
        }
    }

    async fn read(&self) -> Option<Vec<Jwk>> {
        let set: KeySet = match &self.source {
            Source::At(url) => self.document(url.clone()).await?,
            Source::Discovered { issuer } => {
                let url =
                    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
                let found: Discovery = self.document(Url::parse(&url).ok()?).await?;
                let keys_at = Url::parse(&found.jwks_uri).ok().filter(is_encrypted_or_local);
                let Some(keys_at) = keys_at.filter(|_| found.issuer == *issuer) else {
                    tracing::error!(
                        "an issuer's discovery document names another issuer or a bad address"
                    );
                    return None;
                };
                self.document(keys_at).await?
            }
        };
        // A key of a kind that we do not know must not hide the others.
        Some(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    /// A JSON document of limited size. The client follows no redirects.
    async fn document<T: DeserializeOwned>(&self, url: Url) -> Option<T> {
        let response = self.http.get(url).timeout(LONGEST_READ).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut response = response;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST_DOCUMENT {
                return None;
            }
        }
        serde_json::from_slice(&bytes).ok()
    }
}

/// The key with this id, if it is a key for signatures that we accept.
fn key(keys: &[Jwk], id: &str) -> Option<Key> {
    let jwk = keys.iter().find(|key| key.common.key_id.as_deref() == Some(id))?;
    if jwk.common.public_key_use.as_ref().is_some_and(|of| *of != PublicKeyUse::Signature) {
        return None;
    }
    let mut algorithms = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            if modulus.len() < SHORTEST_MODULUS {
                return None;
            }
            vec![Algorithm::RS256, Algorithm::PS256]
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            vec![Algorithm::ES256]
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => return None,
    };
    if let Some(named) = &jwk.common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == *named);
    }
    let key = DecodingKey::from_jwk(jwk).ok()?;
    (!algorithms.is_empty()).then_some(Key { key, algorithms })
}
