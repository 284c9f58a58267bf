//! What Bp says where a list is empty: codes, and words that a data file explains.

use domain::clinical::{NilMarker, Unreadable};
use domain::problem::ProblemType;
use serde::Deserialize;

use super::reader::Reader;
use super::{ALLERGY_CODE, ALLERGY_MARKER, Source};

/// The words of `BPS_Clinical` (`data/markers.json`). A word that is not listed means nothing to us.
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

/// The words of one marker, compared whole, without outer blanks and case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// There is nothing to list.
    nil: Vec<String>,
    /// There is something to list, or it is not so that there is nothing.
    recorded: Vec<String>,
}

impl Markers {
    /// Reads the words and checks that each means one thing.
    ///
    /// # Errors
    /// Says what is wrong with the text.
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
    /// What a word says.
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

/// What several rows say together, whatever their order. Silence takes nothing back.
fn together(rows: &[NilMarker]) -> NilMarker {
    let any = |marker| rows.contains(&marker);
    let (nil, recorded) = (any(NilMarker::Nil), any(NilMarker::Recorded));
    if nil && recorded {
        NilMarker::Contradictory
    } else if any(NilMarker::Unknown) {
        NilMarker::Unknown
    } else if nil {
        NilMarker::Nil
    } else if recorded {
        NilMarker::Recorded
    } else {
        NilMarker::Silent
    }
}

/// What the words of a source say. A row that cannot be understood makes all of it unreadable, because it
/// may be the one that says otherwise.
fn of_words(reader: &Reader<'_>, source: Source, words: &Words) -> Result<NilMarker, Unreadable> {
    let said = reader.cells(source, |cells| match cells.text("word") {
        Some(word) => words.says(&word),
        None if cells.unreadable().is_empty() => NilMarker::Silent,
        None => NilMarker::Unknown,
    })?;
    Ok(together(&said))
}

/// `NoSignificantPastHistory`, `NoSignificantFamilyHistory`. A row that says no beside one that says yes
/// takes the yes back; alone it says nothing, because no is also what nobody ever ticked.
pub(super) fn nothing_significant(
    reader: &mut Reader<'_>,
    source: Source,
    words: &Words,
) -> NilMarker {
    match of_words(reader, source, words) {
        Ok(NilMarker::Recorded) => NilMarker::Silent,
        Ok(said) => said,
        Err(unreadable) => {
            reader.missing(unreadable);
            NilMarker::Silent
        }
    }
}

/// Whether the patient has allergies: by Bp's code where we may read it, else by Bp's word. A code or a word
/// that cannot be understood is reported as missing from the section. One that we may not read is reported
/// only where the other is not there either.
pub(super) fn allergies(reader: &mut Reader<'_>, words: &Words) -> NilMarker {
    let code =
        reader.cells(ALLERGY_CODE, |cells| cells.number("code")).map(|codes| of_codes(&codes));
    let word = of_words(reader, ALLERGY_MARKER, words);
    for source in [word.as_ref().err(), code.as_ref().err()].into_iter().flatten() {
        if source.reason == ProblemType::MalformedAnswer {
            reader.missing(*source);
        }
    }
    match (code, word) {
        (Ok(Some(code)), word) => coded(code, word.unwrap_or(NilMarker::Silent)),
        (_, Ok(word)) => word,
        (code, Err(word)) => {
            reader.missing(word);
            if let Err(code) = code {
                reader.missing(code);
            }
            NilMarker::Silent
        }
    }
}

/// `CLINICAL.KNOWNALLERGIES` (public): 0 nothing recorded, 1 nil known, 2 some recorded. There is one row a
/// patient; several that differ contradict each other, and none says nothing.
fn of_codes(codes: &[Option<i64>]) -> Option<NilMarker> {
    let first = codes.first()?;
    if codes.iter().any(|code| code != first) {
        return Some(NilMarker::Contradictory);
    }
    Some(match first {
        Some(0) => NilMarker::Silent,
        Some(1) => NilMarker::Nil,
        Some(2) => NilMarker::Recorded,
        _ => NilMarker::Unknown,
    })
}

/// The code together with the word: 0 is 0 whatever the word, and a word that says the contrary of 1 or 2
/// makes neither sure.
fn coded(code: NilMarker, word: NilMarker) -> NilMarker {
    let contrary = match code {
        NilMarker::Nil => NilMarker::Recorded,
        NilMarker::Recorded => NilMarker::Nil,
        other => return other,
    };
    let is_sure = word != contrary && word != NilMarker::Contradictory;
    if is_sure { code } else { NilMarker::Contradictory }
}

#[cfg(test)]
mod tests {
    use super::NilMarker::{Contradictory, Nil, Recorded, Silent, Unknown};
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

    #[test]
    fn several_rows_say_nil_only_where_no_row_says_anything_else() {
        for (rows, says) in [
            (&[][..], Silent),
            (&[Silent, Nil], Nil),
            (&[Silent, Recorded], Recorded),
            (&[Nil, Unknown], Unknown),
            (&[Recorded, Unknown], Unknown),
            (&[Nil, Unknown, Recorded], Contradictory),
        ] {
            assert_eq!(together(rows), says, "{rows:?}");
            let mut turned = rows.to_vec();
            turned.reverse();
            assert_eq!(together(&turned), says, "{turned:?}");
        }
    }

    #[test]
    fn the_code_decides_unless_the_word_says_the_contrary() {
        assert_eq!(of_codes(&[]), None);
        for (codes, says) in [
            (&[Some(0)][..], Silent),
            (&[Some(1)], Nil),
            (&[Some(1), Some(1)], Nil),
            (&[Some(2)], Recorded),
            (&[Some(3)], Unknown),
            (&[None], Unknown),
            (&[Some(0), Some(1)], Contradictory),
            (&[Some(1), None], Contradictory),
        ] {
            assert_eq!(of_codes(codes), Some(says), "{codes:?}");
        }
        for word in [Silent, Nil, Recorded, Contradictory, Unknown] {
            let disagrees = |contrary| [contrary, Contradictory].contains(&word);
            assert_eq!(coded(Silent, word), Silent);
            assert_eq!(coded(Unknown, word), Unknown);
            assert_eq!(coded(Nil, word), if disagrees(Recorded) { Contradictory } else { Nil });
            let with_two = if disagrees(Nil) { Contradictory } else { Recorded };
            assert_eq!(coded(Recorded, word), with_two);
        }
    }
}
