//! What Bp's words about empty lists mean (`data/markers.json`).

use domain::clinical::NilMarker;
use serde::Deserialize;

/// The words of three columns of `BPS_Clinical`. A word that is not listed is unknown.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Markers {
    /// Of `KnownAllergies`.
    pub(crate) allergies: Words,
    /// Of `NoSignificantPastHistory`.
    pub(crate) past_history: Words,
    /// Of `NoSignificantFamilyHistory`.
    pub(crate) family_history: Words,
}

/// The words of one column. Words are compared as a whole, without outer blanks and ignoring case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// There is nothing to list.
    nil: Vec<String>,
    /// There is something to list, or "there is nothing" is denied.
    recorded: Vec<String>,
}

impl Markers {
    /// Reads the words and checks that each has one meaning.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let markers: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        for words in [&markers.allergies, &markers.past_history, &markers.family_history] {
            if words.nil.iter().chain(&words.recorded).any(|word| plain(word).is_empty()) {
                return Err("a blank word".to_owned());
            }
            if let Some(both) = words.nil.iter().find(|word| is_among(&words.recorded, word)) {
                return Err(format!("{both} means both that there is nothing and something"));
            }
        }
        Ok(markers)
    }
}

impl Words {
    pub(crate) fn says(&self, word: &str) -> NilMarker {
        if plain(word).is_empty() {
            NilMarker::Silent
        } else if is_among(&self.nil, word) {
            NilMarker::Nil
        } else if is_among(&self.recorded, word) {
            NilMarker::Recorded
        } else {
            NilMarker::Unknown
        }
    }
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase()
}

fn is_among(words: &[String], word: &str) -> bool {
    words.iter().any(|known| plain(known) == plain(word))
}

#[cfg(test)]
mod tests {
    use super::NilMarker::{Nil, Recorded, Silent, Unknown};
    use super::*;

    fn built_in() -> Markers {
        Markers::parse(include_str!("../../data/markers.json")).unwrap()
    }

    #[test]
    fn a_word_is_compared_whole_and_an_unknown_one_is_neither_nil_nor_recorded() {
        let words = built_in().allergies;
        for (word, says) in [
            ("Nil known   ", Nil),
            ("NIL KNOWN", Nil),
            (" recorded", Recorded),
            ("", Silent),
            ("   ", Silent),
            ("Nil recorded", Unknown),
            ("Nil", Unknown),
            ("None", Unknown),
            ("No known", Unknown),
            ("Not recorded", Unknown),
            ("None rec'd", Unknown),
            ("Nil known but asthma", Unknown),
        ] {
            assert_eq!(words.says(word), says, "{word:?}");
        }
        assert_eq!(built_in().past_history.says("yes"), Nil);
        assert_eq!(built_in().family_history.says("Y"), Unknown);
    }

    #[test]
    fn words_that_mean_two_things_or_nothing_are_refused() {
        let parse = |allergies: &str| {
            let none = r#"{"nil": [], "recorded": []}"#;
            Markers::parse(&format!(
                r#"{{"allergies": {allergies}, "pastHistory": {none}, "familyHistory": {none}}}"#
            ))
        };
        assert!(parse(r#"{"nil": ["A"], "recorded": ["B"]}"#).is_ok());
        for wrong in [
            r#"{"nil": ["A"], "recorded": [" a "]}"#,
            r#"{"nil": [" "], "recorded": []}"#,
            r#"{"nil": [], "recorded": [""]}"#,
            r#"{"nil": []}"#,
            r#"{"nil": [], "recorded": [], "maybe": []}"#,
        ] {
            assert!(parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}
