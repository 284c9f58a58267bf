//! Ids that platforms choose.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A platform's own id of a document, a referral or a message.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// Takes 1 to 64 letters, digits, hyphens, underscores and full stops.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        fits.then(|| Self(text.to_owned())).ok_or(Invalid(
            "an id is 1 to 64 letters, digits, hyphens, underscores and full stops, a UUID for example",
        ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(ClientId);
