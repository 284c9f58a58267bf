//! Webhook endpoints: addresses of a platform that receive its events.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Invalid;
use crate::events::Reader;
use crate::ids::{PlatformId, Subject};

/// The most endpoints of a platform.
pub const MOST_ENDPOINTS: usize = 10;
/// How long events are kept for an endpoint.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long the former secret signs after a rotation.
const FORMER_SECRET_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The most secrets that sign at the same time.
const MOST_SECRETS: usize = 4;

/// A platform's own id of an endpoint.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointId(String);

impl EndpointId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("an endpoint's id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(EndpointId);

/// Names one life of an endpoint. If an endpoint is deleted and made again under the same id, it is another
/// one: the events of the first are not sent to it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EndpointLane {
    /// Whose endpoint it is.
    pub platform: PlatformId,
    /// The platform's id of it.
    pub endpoint: EndpointId,
    /// Another one whenever the endpoint is registered.
    pub instance: Uuid,
}

impl fmt::Display for EndpointLane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, endpoint, instance } = self;
        write!(formatter, "{}#{endpoint}#{instance}", platform.as_str())
    }
}

impl FromStr for EndpointLane {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = Invalid("this is not the lane of an endpoint");
        let mut parts = text.split('#');
        let (Some(platform), Some(endpoint), Some(instance), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong);
        };
        Ok(Self {
            platform: PlatformId::parse(platform)?,
            endpoint: EndpointId::parse(endpoint)?,
            instance: instance.parse().map_err(|_| wrong)?,
        })
    }
}

/// Why we stopped sending to an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WhyDisabled {
    /// It failed for days.
    Failing,
    /// It answered 410 Gone.
    Gone,
}

/// From what a secret of an endpoint is made. The secret itself is not stored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretSeed {
    /// A random number.
    pub seed: Uuid,
    /// Until when the secret signs. Absent for the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A platform's endpoint, as it is stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The address.
    pub url: String,
    /// The types of events that it wants. Absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// What the scopes of the token that saved it may see.
    pub readers: Vec<Reader>,
    /// Whether its platform wants it to receive events.
    pub enabled: bool,
    /// Why we stopped sending, if we did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<WhyDisabled>,
    /// How often its platform has enabled it again.
    #[serde(default)]
    pub times_enabled: u64,
    /// See [`EndpointLane`].
    pub instance: Uuid,
    /// The present secret, and former ones that still sign. The present one is the first.
    pub secrets: Vec<SecretSeed>,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Endpoint {
    /// Whether it receives this type of event, which these readers may see.
    #[must_use]
    pub fn wants(&self, kind: &str, readers: &[Reader]) -> bool {
        let named = self.events.as_ref().is_none_or(|events| events.iter().any(|it| it == kind));
        named && readers.iter().any(|reader| self.readers.contains(reader))
    }

    /// Whether events are sent to it now. Otherwise they wait.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.enabled && self.disabled.is_none()
    }

    /// The seeds of the secrets that sign now.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = Uuid> {
        let signs = move |secret: &&SecretSeed| secret.until.is_none_or(|until| now < until);
        self.secrets.iter().filter(signs).map(|secret| secret.seed)
    }

    /// Makes this seed the present one. The former one signs for a day.
    pub fn rotate(&mut self, seed: Uuid, now: Timestamp) {
        let until = now.saturating_add(FORMER_SECRET_FOR).unwrap_or(Timestamp::MAX);
        for secret in &mut self.secrets {
            secret.until.get_or_insert(until);
        }
        self.secrets.retain(|secret| secret.until.is_some_and(|until| now < until));
        self.secrets.insert(0, SecretSeed { seed, until: None });
        self.secrets.truncate(MOST_SECRETS);
    }
}

/// How one attempt to send an event ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Attempted {
    /// The endpoint answered with this status.
    Status(u16),
    /// There was no answer.
    Failure(NoAnswer),
}

impl Attempted {
    /// Whether the endpoint took the event: any 2xx.
    #[must_use]
    pub fn succeeded(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }
}

/// Why an endpoint gave no answer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NoAnswer {
    /// The address is not one that we send to: it is private or reserved, or its name is unknown.
    AddressRefused,
    /// It did not answer in time.
    TimedOut,
    /// No connection, or one that broke: refused, reset, or with a certificate that is not valid.
    NotReached,
}

/// Whether an event was delivered to an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It will be sent, or sent again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up. It can be replayed.
    GivenUp,
}

/// What a platform's server did with an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndpointAction {
    /// It was registered.
    Registered,
    /// Its address, its events or its switch were changed.
    Changed,
    /// It got a new secret.
    SecretRotated,
    /// It was deleted.
    Deleted,
    /// Events were sent to it again.
    Replayed,
}

/// A line of a platform's own audit trail.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointAudit {
    /// The time of the action.
    pub at: Timestamp,
    /// The server's client id.
    pub subject: Subject,
    /// What was done.
    pub action: EndpointAction,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The request's id, as in our logs.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            url: "https://hooks.example.org/".to_owned(),
            events: None,
            readers: vec![Reader::Bookings],
            enabled: true,
            disabled: None,
            times_enabled: 0,
            instance: Uuid::from_u128(1),
            secrets: vec![SecretSeed { seed: Uuid::from_u128(7), until: None }],
            created_at: at(0),
        }
    }

    #[test]
    fn an_endpoint_gets_what_it_wants_of_what_its_scopes_may_see() {
        let all = endpoint();
        assert!(all.wants("booking.synced", &[Reader::Bookings]));
        assert!(all.wants("connection.changed", &[Reader::PracticesAdmin, Reader::Bookings]));
        assert!(!all.wants("delivery.failed", &[Reader::Correspondence]));
        let some = Endpoint { events: Some(vec!["booking.failed".to_owned()]), ..all };
        assert!(some.wants("booking.failed", &[Reader::Bookings]));
        assert!(!some.wants("booking.synced", &[Reader::Bookings]));
    }

    #[test]
    fn after_a_rotation_both_secrets_sign_for_a_day_and_the_new_one_is_first() {
        let mut endpoint = endpoint();
        endpoint.rotate(Uuid::from_u128(8), at(0));
        let signing = |hour| endpoint.signing(at(hour)).map(|it| it.as_u128()).collect::<Vec<_>>();
        assert_eq!(signing(0), [8, 7]);
        assert_eq!(signing(23), [8, 7]);
        assert_eq!(signing(24), [8]);
        for seed in 9..20 {
            endpoint.rotate(Uuid::from_u128(seed), at(1));
        }
        let signing: Vec<_> = endpoint.signing(at(1)).map(|it| it.as_u128()).collect();
        assert_eq!(signing, [19, 18, 17, 16]);
    }

    #[test]
    fn a_lane_is_read_back_and_nothing_else_is_taken() {
        let lane = EndpointLane {
            platform: PlatformId::parse("acme").unwrap(),
            endpoint: EndpointId::parse("main_1").unwrap(),
            instance: Uuid::from_u128(5),
        };
        assert_eq!(lane.to_string().parse(), Ok(lane));
        for wrong in ["", "acme", "acme#main", "acme#main#x", "acme#main#x#y", "A#b#c"] {
            assert!(wrong.parse::<EndpointLane>().is_err(), "{wrong}");
        }
    }
}
