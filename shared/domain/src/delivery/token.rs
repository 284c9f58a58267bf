//! What a write carries into Bp, so that it is recognised there.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::PracticeId;

/// 25 characters that the same practice, kind and id always have and no others do: `PB` and 23 of
/// Crockford's base 32 (115 bits of a SHA-256). Bp's `USERREFERENCE` is as wide as that.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CorrelationToken(String);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: usize = 23;

impl CorrelationToken {
    /// What every token begins with.
    pub const PREFIX: &str = "PB";

    /// The token of a piece of work; `kind` keeps ids of different kinds apart.
    #[must_use]
    pub fn of(practice: &PracticeId, kind: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [practice.as_str(), kind, id] {
            // The length goes first, so that no two lists of parts are written alike.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut text = Self::PREFIX.to_owned();
        let (mut bits, mut waiting) = (0_u32, 0_u32);
        // 120 bits, of which 115 are written.
        for byte in hash.finalize().into_iter().take(15) {
            bits = (bits << 8) | u32::from(byte);
            waiting += 8;
            while waiting >= 5 && text.len() < Self::PREFIX.len() + DIGITS {
                waiting -= 5;
                let digit = (bits >> waiting) & 31;
                text.push(char::from(ALPHABET[digit as usize]));
            }
            bits &= (1 << waiting) - 1;
        }
        Self(text)
    }

    /// The token as text.
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
