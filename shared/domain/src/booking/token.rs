//! The correlation token that our appointments carry in Bp's book.

use serde::{Deserialize, Serialize};

use super::id::BookingId;
use crate::Invalid;
use crate::ids::PracticeId;
use crate::letters::{ALPHABET, letters};
use crate::staff::AhpraNumber;

const TAG: usize = 7;
const REST: usize = 16;

/// 25 characters: `PB`, 7 for the practice, and 16 for the booking. The same booking always has the same
/// token, so that a lookup finds an appointment whose answer was lost.
///
/// The token names the practice because several practices of the platform may share one Bp database. None of
/// them may remove another one's appointments.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

/// The part of a token that names the practice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PracticeTag(String);

impl PracticeTag {
    /// The tag of a practice.
    #[must_use]
    pub fn of(practice: &PracticeId) -> Self {
        Self(format!("PB{}", letters(&["practice", practice.as_str()], TAG)))
    }

    /// The text with which this practice's tokens begin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Token {
    /// The number of characters.
    pub const LENGTH: usize = 2 + TAG + REST;

    /// The token of a booking.
    #[must_use]
    pub fn of(practice: &PracticeId, booking: &BookingId) -> Self {
        let parts = ["booking", practice.as_str(), booking.as_str()];
        Self(format!("{}{}", PracticeTag::of(practice).0, letters(&parts, REST)))
    }

    /// The token of one attendant's part.
    #[must_use]
    pub fn of_attendant(practice: &PracticeId, booking: &BookingId, number: &AhpraNumber) -> Self {
        let parts = ["attendant", practice.as_str(), booking.as_str(), number.as_str()];
        Self(format!("{}{}", PracticeTag::of(practice).0, letters(&parts, REST)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token in its brackets, as in an appointment's text.
    #[must_use]
    pub fn marker(&self) -> String {
        format!("[{}]", self.0)
    }

    /// The first token in a text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split('[').skip(1).find_map(|rest| Self::parse(rest.split(']').next()?).ok())
    }

    /// Takes a token as [`Token::of`] makes it.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.strip_prefix("PB")
            .filter(|rest| {
                rest.len() == TAG + REST && rest.bytes().all(|byte| ALPHABET.contains(&byte))
            })
            .map(|_| Self(text.to_owned()))
            .ok_or(Invalid("this is not a token of ours"))
    }

    /// Whether it is one of this practice's tokens.
    #[must_use]
    pub fn belongs_to(&self, tag: &PracticeTag) -> bool {
        self.0.starts_with(&tag.0)
    }
}

text_conversions!(Token);

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
    fn each_attendant_of_a_booking_has_a_token_of_its_own() {
        let (ours, b1) = (PracticeId::parse("ours").unwrap(), BookingId::parse("b1").unwrap());
        let of = |number| Token::of_attendant(&ours, &b1, &AhpraNumber::parse(number).unwrap());
        assert_eq!(of("MED1"), of("MED1"));
        assert_ne!(of("MED1"), of("MED2"));
        assert_ne!(of("MED1"), token("ours", "b1"));
        assert!(of("MED1").belongs_to(&PracticeTag::of(&ours)));
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
