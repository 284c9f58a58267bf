//! The correlation token of a delivery.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::PracticeId;
use crate::letters::letters;

/// 25 characters: `PB`, and 23 characters of Crockford's base 32 (115 bits of a SHA-256). The same practice,
/// kind and id always have the same token, and no others have it. Bp's `USERREFERENCE` has this width.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CorrelationToken(String);

const DIGITS: usize = 23;

impl CorrelationToken {
    /// The text with which every token begins.
    const PREFIX: &str = "PB";

    /// The token of a delivery. `kind` keeps equal ids of different kinds apart.
    #[must_use]
    pub fn of(practice: &PracticeId, kind: &str, id: &str) -> Self {
        Self(format!("{}{}", Self::PREFIX, letters(&[practice.as_str(), kind, id], DIGITS)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_token_fits_bps_column_and_is_the_same_for_the_same_work() {
        let practice = PracticeId::parse("ours").unwrap();
        let token = CorrelationToken::of(&practice, "referral", "r-1");
        assert_eq!(token.as_str().len(), 25);
        assert!(token.as_str().starts_with("PB"));
        assert_eq!(token, CorrelationToken::of(&practice, "referral", "r-1"));
    }

    #[test]
    fn different_work_has_different_tokens() {
        let (ours, theirs) =
            (PracticeId::parse("ours").unwrap(), PracticeId::parse("theirs").unwrap());
        let mut seen = HashSet::new();
        for practice in [&ours, &theirs] {
            for kind in ["referral", "message", "referralx"] {
                for id in ["x1", "1", "2"] {
                    assert!(seen.insert(CorrelationToken::of(practice, kind, id)));
                }
            }
        }
    }
}
