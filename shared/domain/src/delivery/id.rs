//! Ids of deliveries.

use serde::{Deserialize, Serialize};

use super::client_id::ClientId;
use super::token::CorrelationToken;
use crate::Invalid;
use crate::ids::PracticeId;

/// A delivery's id: `referral-`, `message-` or `summary-`, and the platform's own id. So the platform knows
/// the id in advance, and a referral and a message may have the same own id. A referral's summary has the
/// referral's own id.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeliveryId(String);

const REFERRAL: &str = "referral";
const MESSAGE: &str = "message";
const SUMMARY: &str = "summary";

impl DeliveryId {
    /// The id of a referral's delivery.
    #[must_use]
    pub fn of_referral(id: &ClientId) -> Self {
        Self(format!("{REFERRAL}-{}", id.as_str()))
    }

    /// The id of a message's delivery.
    #[must_use]
    pub fn of_message(id: &ClientId) -> Self {
        Self(format!("{MESSAGE}-{}", id.as_str()))
    }

    /// The id of the delivery of the summary that goes with a referral.
    #[must_use]
    pub fn of_summary(referral: &ClientId) -> Self {
        Self(format!("{SUMMARY}-{}", referral.as_str()))
    }

    /// The platform's own id.
    #[must_use]
    pub fn client_id(&self) -> Option<ClientId> {
        self.0.split_once('-').and_then(|(_, id)| ClientId::parse(id).ok())
    }

    /// Takes the id of a delivery.
    ///
    /// # Errors
    /// If no delivery can have this id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong =
            Invalid("a delivery's id is referral-, message- or summary- and the id that was sent");
        let (kind, id) = text.split_once('-').ok_or(wrong)?;
        if !matches!(kind, REFERRAL | MESSAGE | SUMMARY) || ClientId::parse(id).is_err() {
            return Err(wrong);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The delivery's correlation token.
    #[must_use]
    pub fn token(&self, practice: &PracticeId) -> CorrelationToken {
        let (kind, id) = self.0.split_once('-').unwrap_or_default();
        CorrelationToken::of(practice, kind, id)
    }
}

text_conversions!(DeliveryId);
