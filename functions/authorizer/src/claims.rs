//! What is said of a token: who the caller is, or why it was refused.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::{Error, ErrorKind};
use serde::Serialize;

use crate::keys::NoKey;

/// What the routes learn of the caller. `api::caller` reads these names.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) subject: String,
    pub(crate) kind: &'static str,
    /// The caller's platform: a tenant.
    pub(crate) platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) practice_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<String>,
    /// Seconds since 1970, as text: API Gateway passes numbers on as text.
    pub(crate) expires_at: String,
}

impl Claims {
    /// The claims of a person, if they have a practice.
    pub(crate) fn of_person(
        subject: String,
        platform: String,
        practice: Option<String>,
        groups: String,
        expires_at: u64,
    ) -> Result<Self, Refused> {
        let practice = practice.filter(|id| !id.is_empty()).ok_or(Refused::NoPractice)?;
        Ok(Self {
            subject,
            kind: "person",
            platform,
            practice_id: Some(practice),
            groups: Some(groups),
            scopes: None,
            expires_at: expires_at.to_string(),
        })
    }
}

/// Why a token was refused. The texts repeat nothing of the token.
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
    #[error("a person's access token; the ID token is needed")]
    AccessTokenOfPerson,
    #[error("of a platform that is not among ours")]
    UnknownPlatform,
    #[error("valid for too long")]
    TooLong,
    #[error("without a practice")]
    NoPractice,
    #[error("the keys cannot be read")]
    KeysUnavailable,
}

impl From<NoKey> for Refused {
    fn from(reason: NoKey) -> Self {
        match reason {
            NoKey::Unknown => Self::UnknownKey,
            NoKey::Unavailable => Self::KeysUnavailable,
        }
    }
}

/// What the library's refusal of a token means.
pub(crate) fn refused(error: &Error) -> Refused {
    match error.kind() {
        ErrorKind::ExpiredSignature => Refused::Expired,
        ErrorKind::InvalidAudience => Refused::OtherClient,
        ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::MissingRequiredClaim(_) => {
            Refused::Malformed
        }
        _ => Refused::Foreign,
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
