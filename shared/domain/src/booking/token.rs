//! The mark that our appointments carry in Bp's book.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BookingId;
use crate::Invalid;
use crate::ids::PracticeId;

/// Crockford's letters: no I, L, O or U, so that nobody misreads one.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TAG: usize = 7;
const REST: usize = 16;

/// 25 characters: `PB`, 7 that tell the practice, 16 that tell the booking. Always the same for the
/// same booking, so that what a lost answer left in Bp can be found.
///
/// The practice has letters of its own because several practices of the platform may share one Bp
/// database, and none may clear away another's appointments.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

/// The part of a token that tells the practice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PracticeTag(String);

impl PracticeTag {
    /// Of a practice.
    #[must_use]
    pub fn of(practice: &PracticeId) -> Self {
        Self(format!("PB{}", letters(&[b"practice", practice.as_str().as_bytes()], TAG)))
    }

    /// What this practice's tokens begin with.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Token {
    /// How many characters.
    pub const LENGTH: usize = 2 + TAG + REST;

    /// Of a booking.
    #[must_use]
    pub fn of(practice: &PracticeId, booking: &BookingId) -> Self {
        let parts: [&[u8]; 3] =
            [b"booking", practice.as_str().as_bytes(), booking.as_str().as_bytes()];
        Self(format!("{}{}", PracticeTag::of(practice).0, letters(&parts, REST)))
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token as it stands in a text.
    #[must_use]
    pub fn marker(&self) -> String {
        format!("[{}]", self.0)
    }

    /// The first token in a text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split('[').skip(1).find_map(|rest| Self::parse(rest.split(']').next()?).ok())
    }

    /// Takes what [`Token::of`] makes.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.strip_prefix("PB")
            .filter(|rest| {
                rest.len() == TAG + REST && rest.bytes().all(|byte| LETTERS.contains(&byte))
            })
            .map(|_| Self(text.to_owned()))
            .ok_or(Invalid("this is not a token of ours"))
    }

    /// Whether it is one of this practice's.
    #[must_use]
    pub fn belongs_to(&self, tag: &PracticeTag) -> bool {
        self.0.starts_with(&tag.0)
    }
}

/// The first letters of a hash over parts that cannot run into one another.
fn letters(parts: &[&[u8]], count: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bits = digest.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    (0..count)
        .map(|_| {
            let index = bits.by_ref().take(5).fold(0, |index, bit| index << 1 | bit);
            char::from(LETTERS[usize::from(index)])
        })
        .collect()
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Token {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(practice: &str, booking: &str) -> Token {
        Token::of(&PracticeId::parse(practice).unwrap(), &BookingId::parse(booking).unwrap())
    }

    #[test]
    fn a_booking_has_one_token_that_no_other_has() {
        assert_eq!(token("ours", "b1"), token("ours", "b1"));
        assert_ne!(token("ours", "b1"), token("ours", "b2"));
        assert_ne!(token("ours", "b1"), token("theirs", "b1"));
        assert_ne!(token("ours1", "b"), token("ours", "1b"));
        assert_eq!(token("ours", "b1").as_str().len(), 25);
    }

    #[test]
    fn a_token_tells_whose_it_is() {
        let tag = |practice| PracticeTag::of(&PracticeId::parse(practice).unwrap());
        assert!(token("ours", "b1").belongs_to(&tag("ours")));
        assert!(!token("ours", "b1").belongs_to(&tag("theirs")));
    }

    #[test]
    fn a_token_is_found_in_what_staff_wrote_around_it() {
        let token = token("ours", "b1");
        let text = format!("[moved by Sam] Rep visit {} - bring samples", token.marker());
        assert_eq!(Token::find(&text), Some(token));
        for none in ["", "[PB]", "[PBIIIIIIIIIIIIIIIIIIIIIII]", "PB0000000000000000000000A"] {
            assert_eq!(Token::find(none), None, "{none}");
        }
    }
}
