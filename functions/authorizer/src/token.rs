//! What makes a token good.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use runtime::config::TokenConfig;
use serde::{Deserialize, Serialize};

use crate::keys::{Keys, NoKey};

/// What the routes are told; the names are read by the API's caller module.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) subject: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    practice_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<String>,
    /// Seconds since 1970, as text: API Gateway hands numbers over as text anyway.
    expires_at: String,
}

/// Why a token is not taken. Nothing of the token is repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("not a token")]
    Malformed,
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("expired")]
    Expired,
    #[error("from another issuer, or not signed by this one")]
    Foreign,
    #[error("for another client")]
    OtherClient,
    #[error("of a kind that is not taken")]
    WrongKind,
    #[error("without a practice")]
    NoPractice,
    #[error("the keys cannot be read")]
    KeysUnavailable,
}

#[derive(Debug)]
pub(crate) struct Verifier {
    config: TokenConfig,
    keys: Keys,
}

/// Claims of both kinds of tokens.
#[derive(Deserialize)]
struct Raw {
    sub: String,
    exp: u64,
    token_use: String,
    aud: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    #[serde(rename = "custom:practice_id")]
    practice_id: Option<String>,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
}

impl Verifier {
    pub(crate) fn new(config: TokenConfig, keys: Keys) -> Self {
        Self { config, keys }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        let key_id = header.kid.ok_or(Refused::Malformed)?;
        let key = self.keys.find(&key_id).await.map_err(|reason| match reason {
            NoKey::Unknown => Refused::UnknownKey,
            NoKey::Unavailable => Refused::KeysUnavailable,
        })?;
        // The algorithm is ours to choose, never the token's.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Access tokens name their client elsewhere; both kinds are checked below.
        validation.validate_aud = false;
        validation.validate_nbf = true;
        validation.leeway = 0;
        let raw = decode::<Raw>(token, &key, &validation).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Refused::Expired,
            ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::MissingRequiredClaim(_) => {
                Refused::Malformed
            }
            _ => Refused::Foreign,
        })?;
        self.judge(raw.claims)
    }

    fn judge(&self, raw: Raw) -> Result<Claims, Refused> {
        let expires_at = raw.exp.to_string();
        match raw.token_use.as_str() {
            "id" if raw.aud.as_ref() == Some(&self.config.people_client) => Ok(Claims {
                subject: raw.sub,
                kind: "person",
                practice_id: Some(
                    raw.practice_id.filter(|id| !id.is_empty()).ok_or(Refused::NoPractice)?,
                ),
                groups: Some(raw.groups.join(",")),
                scopes: None,
                expires_at,
            }),
            "access" if raw.client_id.as_ref() == Some(&self.config.platform_client) => {
                Ok(Claims {
                    subject: raw.sub,
                    kind: "platform",
                    practice_id: None,
                    groups: None,
                    scopes: raw.scope,
                    expires_at,
                })
            }
            "id" | "access" => Err(Refused::OtherClient),
            _ => Err(Refused::WrongKind),
        }
    }
}
