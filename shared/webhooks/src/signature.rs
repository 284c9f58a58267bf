//! Secrets and signatures, as [Standard Webhooks](https://www.standardwebhooks.com) says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::webhooks::EndpointLane;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// The header with the event's id.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of sending, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures, one for each secret.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

const PREFIX: &str = "whsec_";

/// A secret that an endpoint and we share. It cannot be printed.
#[derive(Clone, Debug)]
pub struct EndpointSecret(SecretString);

impl EndpointSecret {
    /// The secret of an endpoint for this seed. Nobody can compute it without our key.
    #[must_use]
    pub fn of(key: &SecretString, lane: &EndpointLane, seed: Uuid) -> Self {
        let mut mac = keyed(key.expose_secret().as_bytes());
        // A lane and a seed have no line breaks, so two different secrets never have the same text.
        mac.update(format!("webhook endpoint\n{lane}\n{seed}").as_bytes());
        Self(SecretString::from(STANDARD.encode(mac.finalize().into_bytes())))
    }

    /// Reads a secret in the form in which it is shown. `None` if it has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX)?;
        STANDARD.decode(encoded).ok()?;
        Some(Self(SecretString::from(encoded)))
    }

    /// The secret, to show it once.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{PREFIX}{}", self.0.expose_secret())
    }

    fn sign(&self, id: &str, sent: Timestamp, body: &str) -> String {
        let key = STANDARD.decode(self.0.expose_secret()).unwrap_or_default();
        let mut mac = keyed(&key);
        mac.update(format!("{id}.{}.{body}", sent.as_second()).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length, so the fallback is never used.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// The signature header: a signature with each of these secrets.
#[must_use]
pub fn signatures(secrets: &[EndpointSecret], id: &str, sent: Timestamp, body: &str) -> String {
    let signed: Vec<String> = secrets.iter().map(|secret| secret.sign(id, sent, body)).collect();
    signed.join(" ")
}

#[cfg(test)]
mod tests {
    use domain::ids::PlatformId;
    use domain::webhooks::EndpointId;

    use super::*;

    fn lane(platform: &str) -> EndpointLane {
        EndpointLane {
            platform: PlatformId::parse(platform).unwrap(),
            endpoint: EndpointId::parse("main").unwrap(),
            instance: Uuid::from_u128(1),
        }
    }

    /// Source: the tests of the libraries of Standard Webhooks (`test_sign`, `testWebhookSign`).
    #[test]
    fn the_published_example_of_the_convention_is_signed_alike() {
        let secret = EndpointSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let sent = Timestamp::from_second(1_614_265_330).unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", sent, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_give_two_signatures_with_a_space_between() {
        let key = SecretString::from("a key");
        let secrets =
            [1, 2].map(|seed| EndpointSecret::of(&key, &lane("acme"), Uuid::from_u128(seed)));
        let signed = signatures(&secrets, "evt_1", Timestamp::UNIX_EPOCH, "{}");
        let parts: Vec<&str> = signed.split(' ').collect();
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.starts_with("v1,")), "{signed}");
        assert_ne!(parts[0], parts[1]);
    }

    #[test]
    fn a_secret_depends_on_our_key_the_endpoint_and_the_seed_and_is_never_printed() {
        let of = |key: &str, platform: &str, seed| {
            EndpointSecret::of(&SecretString::from(key), &lane(platform), Uuid::from_u128(seed))
        };
        let one = of("a key", "acme", 1);
        assert_eq!(one.shown(), of("a key", "acme", 1).shown());
        for other in [of("b key", "acme", 1), of("a key", "acne", 1), of("a key", "acme", 2)] {
            assert_ne!(one.shown(), other.shown());
        }
        assert!(one.shown().starts_with("whsec_") && one.shown().len() == 50);
        assert!(!format!("{one:?}").contains(one.shown().trim_start_matches(PREFIX)));
        assert!(EndpointSecret::parse(&one.shown()).is_some());
        assert!(EndpointSecret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none());
    }
}
