//! Halo's notifications: an HTTPS POST with a small JSON body, signed with a secret that Halo and the
//! integrator share.
//!
//! ```
//! use halo::webhook::{Rejected, Signed, sign, verify};
//! use halo::Keys;
//! # let now: jiff::Timestamp = "2026-03-02T01:00:10Z".parse()?;
//! # let window = jiff::SignedDuration::from_mins(5);
//! let keys = Keys { primary: "made-up".into(), secondary: None };
//! let id = "6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a01";
//! let body = format!(
//!     r#"{{"id":"{id}","occurredAt":"2026-03-02T01:00:00.0000000+00:00",
//!          "siteId":"6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a02",
//!          "queryId":"6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a03","webhookSource":"async"}}"#
//! );
//! let sent = "2026-03-02T01:00:09.0000000+00:00";
//! let signature = sign(&keys.primary, body.as_bytes(), sent);
//! let signed = Signed { id: Some(id), timestamp: Some(sent), signature: Some(&signature) };
//! let notification = verify(&signed, body.as_bytes(), &keys, now, window)?;
//! assert_eq!(notification.id.to_string(), id);
//! let forged = Signed { signature: Some("00"), ..signed };
//! assert_eq!(verify(&forged, body.as_bytes(), &keys, now, window), Err(Rejected::Signature));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A notification says that a query completed **successfully**. Halo does not notify us of failures, and a
//! notification may come twice, late or never. So also poll, at long intervals, and remember each
//! [`Notification::id`] for as long as Halo repeats notifications (about an hour and a half).

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use uuid::Uuid;

use crate::Keys;

/// The header with the notification's id.
pub const ID_HEADER: &str = "x-halo-id";
/// The header with the moment of sending. The signature covers its exact text.
pub const TIMESTAMP_HEADER: &str = "x-halo-timestamp";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-halo-signature-256";

const SIGNATURE_BYTES: usize = 32;

/// The headers with the id, the moment of sending and the signature of a notification.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed<'a> {
    /// [`ID_HEADER`].
    pub id: Option<&'a str>,
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: Option<&'a str>,
    /// [`SIGNATURE_HEADER`].
    pub signature: Option<&'a str>,
}

/// A verified notification.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The notification's id. It stays the same if Halo sends the notification again.
    pub id: Uuid,
    /// When the query completed.
    pub occurred_at: Timestamp,
    /// The site.
    pub site_id: Uuid,
    /// The query.
    pub query_id: Uuid,
    /// The kind of query.
    pub webhook_source: Source,
}

/// The kind of query that completed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// An asynchronous query.
    Async,
    /// A registered query whose result has changed.
    Registered,
    /// A kind that Halo's documents do not mention.
    #[serde(other)]
    Unknown,
}

/// Why a notification is rejected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Rejected {
    /// A header is missing, or the signature does not match the secret, the body and the timestamp.
    #[error("the notification is not signed with our secret")]
    Signature,
    /// It was sent too long ago, and may be a copy.
    #[error("the notification was sent too long ago")]
    Stale,
    /// It was sent in the future, by more than clocks may differ.
    #[error("the notification was sent in the future")]
    Future,
    /// The signature matches, but the body differs from Halo's documents.
    #[error("the notification is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads a notification if Halo signed it, and if it was sent at most `window` before or after `now`.
///
/// Either key may have signed it, so that one can be replaced while the other is in use. The body is not
/// read before the signature is verified.
///
/// # Errors
/// The reason why the notification is rejected.
pub fn verify(
    signed: &Signed<'_>,
    body: &[u8],
    keys: &Keys,
    now: Timestamp,
    window: SignedDuration,
) -> Result<Notification, Rejected> {
    let (Some(id), Some(timestamp), Some(signature)) =
        (signed.id, signed.timestamp, signed.signature)
    else {
        return Err(Rejected::Signature);
    };
    let signature = unhex(signature).ok_or(Rejected::Signature)?;
    let with = |key: &SecretString| is_of(key, body, timestamp, &signature);
    // Both keys are always tried, so that the time taken reveals nothing about either.
    if !(with(&keys.primary) | keys.secondary.as_ref().is_some_and(with)) {
        return Err(Rejected::Signature);
    }
    let sent = moment(timestamp).ok_or(Rejected::Malformed("the time of sending"))?;
    let age = now.duration_since(sent);
    if age > window {
        return Err(Rejected::Stale);
    }
    if -age > window {
        return Err(Rejected::Future);
    }
    let notification: Notification =
        serde_json::from_slice(body).map_err(|_| Rejected::Malformed("the body"))?;
    if Uuid::try_parse(id).ok() != Some(notification.id) {
        return Err(Rejected::Malformed("the id, which differs between header and body"));
    }
    Ok(notification)
}

/// Signs a body that is sent at this moment. Simulators and tests use it.
#[must_use]
pub fn sign(key: &SecretString, body: &[u8], timestamp: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = mac(key, body, timestamp).finalize().into_bytes();
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn is_of(
    key: &SecretString,
    body: &[u8],
    timestamp: &str,
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    // Anybody could sign with an empty key. The comparison takes the same time for every wrong
    // signature.
    mac(key, body, timestamp).verify_slice(signature).is_ok() & !key.expose_secret().is_empty()
}

/// Signs the body, a full stop and the timestamp. The timestamp contains full stops too, so a forger could
/// shift the border between the two; but then the body would be no JSON object.
fn mac(key: &SecretString, body: &[u8], timestamp: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes());
    mac.unwrap_or_else(|_| Hmac::new(&Default::default()))
        .chain_update(body)
        .chain_update(b".")
        .chain_update(timestamp)
}

/// Decodes 64 lowercase hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; SIGNATURE_BYTES];
    if text.len() != 2 * SIGNATURE_BYTES {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Reads ISO 8601 with an offset. Halo's documents name no form, so seconds since 1970 are accepted too.
fn moment(text: &str) -> Option<Timestamp> {
    let seconds = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
    match seconds {
        Some(seconds) => Timestamp::from_second(seconds?).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
