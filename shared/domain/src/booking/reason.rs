//! The text of an appointment. Bp stores it as `REASON varchar(500)`, ANSI. A character that this column
//! cannot hold is refused when it enters, and never silently changed into a question mark.

use serde::{Deserialize, Serialize};

use super::token::Token;
use crate::bp_text::BpText;

/// The longest notes.
pub const LONGEST_NOTES: usize = 200;
/// The width of `REASON` in characters.
const LONGEST_REASON: usize = 500;
/// The longest wording that a practice can choose instead of [`ONLINE`].
pub const LONGEST_WORDING: usize = 30;
/// Bp marks appointments that were made over the internet, but the column is not public. So ours say it in
/// words: these, or the practice's own. The practice can also choose an appointment type.
const ONLINE: &str = "Online appointment";
/// The text between the first words and the representative's name.
const VISIT: &str = ". Rep visit: ";
/// Two commas or full stops with their blanks, and the token with its brackets and the blank before it.
const REST: usize = 2 + 2 + 3 + Token::LENGTH;
/// Nothing is ever cut: the limits of all parts add up to at most the column's width.
const _: () = assert!(
    LONGEST_WORDING
        + VISIT.len()
        + Representative::LONGEST_NAME
        + Representative::LONGEST_COMPANY
        + LONGEST_NOTES
        + REST
        <= LONGEST_REASON
);

/// A representative.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Representative {
    /// Their name.
    pub name: BpText,
    /// The company that they represent.
    pub company: BpText,
}

impl Representative {
    /// The longest name.
    pub const LONGEST_NAME: usize = 100;
    /// The longest company name.
    pub const LONGEST_COMPANY: usize = 120;
}

/// The text of an appointment, with our token at its end.
pub(super) fn reason(
    wording: Option<&BpText>,
    visitor: &Representative,
    notes: Option<&BpText>,
    token: &Token,
) -> String {
    let online = wording.map_or(ONLINE, BpText::as_str);
    let Representative { name, company } = visitor;
    let mut reason = format!("{online}{VISIT}{}, {}.", name.as_str(), company.as_str());
    if let Some(notes) = notes.filter(|notes| !notes.is_empty()) {
        reason.push(' ');
        reason.push_str(notes.as_str());
    }
    reason.push(' ');
    reason.push_str(&token.marker());
    reason
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::BookingId;
    use super::*;
    use crate::bp_text::fit;
    use crate::ids::PracticeId;

    fn token() -> Token {
        Token::of(&PracticeId::parse("ours").unwrap(), &BookingId::parse("b1").unwrap())
    }

    fn text(text: &str) -> BpText {
        BpText::parse(text, 500).unwrap()
    }

    fn visitor(name: &str, company: &str) -> Representative {
        Representative { name: text(name), company: text(company) }
    }

    #[test]
    fn an_appointment_says_that_it_is_online_who_comes_and_whose_it_is() {
        let token = token();
        let visitor = visitor("Zoë O'Neil", "Made-Up Pharma");
        assert_eq!(
            reason(None, &visitor, Some(&text("Lunch\nfor 6")), &token),
            format!(
                "Online appointment. Rep visit: Zoë O'Neil, Made-Up Pharma. Lunch for 6 [{token}]"
            )
        );
        assert_eq!(
            reason(Some(&text("Internet booking")), &visitor, None, &token),
            format!("Internet booking. Rep visit: Zoë O'Neil, Made-Up Pharma. [{token}]")
        );
    }

    #[test]
    fn what_bps_columns_cannot_hold_is_refused() {
        for fine in ["Łódź".replace(['Ł', 'ź'], "L"), "Ÿ € – “x”".to_owned(), String::new()]
        {
            assert!(BpText::parse(&fine, 50).is_ok(), "{fine}");
        }
        for wrong in ["Łódź", "日本", "Ω", "a\u{0}b", "\u{85}", "🙂", "see [PB1]", "[pb"] {
            assert!(BpText::parse(wrong, 50).is_err(), "{wrong:?} was taken");
        }
        assert!(BpText::parse(&"x".repeat(51), 50).is_err());
        assert_eq!(BpText::parse("Mu\u{308}ller", 50).unwrap().as_str(), "Müller");
    }

    #[test]
    fn the_longest_parts_leave_the_whole_mark_at_the_end() {
        let longest = |length| "é".repeat(length);
        let reason = reason(
            Some(&text(&longest(LONGEST_WORDING))),
            &visitor(
                &longest(Representative::LONGEST_NAME),
                &longest(Representative::LONGEST_COMPANY),
            ),
            Some(&text(&longest(LONGEST_NOTES))),
            &token(),
        );
        assert!(reason.chars().count() <= LONGEST_REASON);
        assert_eq!(
            reason.matches('é').count(),
            LONGEST_WORDING
                + Representative::LONGEST_NAME
                + Representative::LONGEST_COMPANY
                + LONGEST_NOTES
        );
        assert!(reason.ends_with(&token().marker()));
    }

    proptest! {
        #[test]
        fn any_text_is_held_in_one_line_or_refused(raw in ".{0,120}") {
            if let Ok(text) = BpText::parse(&raw, 100) {
                prop_assert!(fit(text.as_str()).is_ok());
                prop_assert!(text.as_str().chars().count() <= 100);
                prop_assert!(!text.as_str().contains("  "));
                let visitor = Representative { name: text.clone(), company: text.clone() };
                let reason = reason(None, &visitor, Some(&text), &token());
                prop_assert_eq!(Token::find(&reason), Some(token()));
            }
        }
    }
}
