//! What Bp's codes and words say about an empty list. A data file explains the words.

use domain::clinical::{NilMarker, Unreadable};
use domain::problem::ProblemType;

use super::reader::Reader;
use super::source::{ALLERGY_CODE, ALLERGY_MARKER, Source};
use crate::statements::Words;

/// What several rows say together. Their order does not matter, and silent rows change nothing.
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

/// What the words of a source say. One unreadable row makes the whole source unreadable, because that row
/// might contradict the others.
fn of_words(reader: &Reader<'_>, source: Source, words: &Words) -> Result<NilMarker, Unreadable> {
    let said = reader.cells(source, |cells| match cells.text("word") {
        Some(word) => words.says(&word),
        None if cells.unreadable().is_empty() => NilMarker::Silent,
        None => NilMarker::Unknown,
    })?;
    Ok(together(&said))
}

/// Reads `NoSignificantPastHistory` or `NoSignificantFamilyHistory`. "No" beside "Yes" is a contradiction.
/// "No" alone says nothing, because a box that nobody ever ticked is also "No".
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

/// Whether the patient has allergies: by Bp's code if we may read it, else by Bp's word. A code or word
/// that cannot be understood is reported as missing from the section. One that our login may not read is
/// reported only if the other is missing too.
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

/// `CLINICAL.KNOWNALLERGIES` (public): 0 nothing recorded, 1 nil known, 2 some recorded. There is one row for
/// each patient. Several different rows are a contradiction; no row gives `None`.
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

/// The code together with the word. Code 0 stands whatever the word says. A word that contradicts code 1 or
/// 2 makes the answer contradictory.
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
