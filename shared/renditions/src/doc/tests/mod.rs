//! Letters that a small writer makes, and one from another program.

mod writer;

use std::time::{Duration, Instant};

use proptest::prelude::*;

use self::writer::{Letter, Run, packed};
use super::*;

const BOLD: &[u8] = &[0x35, 0x08, 1];
const DELETED: &[u8] = &[0x00, 0x08, 1];
const INSERTED: &[u8] = &[0x01, 0x08, 1];
const HIDDEN: &[u8] = &[0x3C, 0x08, 1];
const STRUCK_OUT: &[u8] = &[0x37, 0x08, 1];
const STRUCK_OUT_TWICE: &[u8] = &[0x53, 0x2A, 1];
const ABOVE: &[u8] = &[0x48, 0x2A, 1];
const BELOW: &[u8] = &[0x48, 0x2A, 2];
const SPECIAL: &[u8] = &[0x55, 0x08, 1];
const IN_TABLE: &[u8] = &[0x16, 0x24, 1];
const ROW: &[u8] = &[0x16, 0x24, 1, 0x17, 0x24, 1];

/// Words, and the modifiers of their characters.
type Runs<'a> = &'a [(&'a str, &'a [u8])];

fn words(runs: Runs) -> Option<String> {
    doc_text(&Letter::of(runs).file())
}

fn run(text: &str) -> Run {
    Run { text: text.to_owned(), look: Vec::new() }
}

#[test]
fn a_letter_of_old_word_is_read_as_it_is_shown() {
    let letters: [(Runs, &str); 9] = [
        (&[("Dear Dr Ng,\rthank you.\r", b"")], "Dear Dr Ng,\nthank you.\n"),
        (&[("5\u{A0}µg ≥ ½ 𝛼\r", b"")], "5\u{A0}µg ≥ ½ 𝛼\n"),
        (&[("a\tb\x0Bc\x0Cd\x0Ee\r", b"")], "a\tb\nc\nd\ne\n"),
        (&[("X\x1Eray, re\x1Fview\r", b"")], "X-ray, review\n"),
        (&[("Dose ", b""), ("5", BOLD), (" mg", INSERTED), ("\r", b"")], "Dose 5 mg\n"),
        // Pictures and the numbers of notes are left out.
        (&[("seen", b""), ("\x01\x02\x05\x08", SPECIAL), (" today\r", b"")], "seen today\n"),
        // A power must not look like another digit.
        (&[("150 x 10", b""), ("-3", ABOVE), ("/L\r", b"")], "150 x 10^-3/L\n"),
        (&[("10", b""), ("9", &[0x45, 0x48, 6, 0]), ("/L\r", b"")], "10^9/L\n"),
        // Deleted or hidden blanks do not matter.
        (&[("a ", b""), (" ", DELETED), ("b\r", b"")], "a  b\n"),
    ];
    for (runs, expected) in letters {
        assert_eq!(words(runs).as_deref(), Some(expected), "{runs:?}");
    }
}

#[test]
fn of_a_field_the_result_is_shown_and_not_the_instruction() {
    let plain = |text: &str| words(&[(text, b"")]);
    let merged = "Dear \x13 MERGEFIELD Name \x14Jo\x15,\r";
    assert_eq!(plain(merged).as_deref(), Some("Dear Jo,\n"));
    let nested = "a \x13IF \x13REF x\x14secret\x15 = 1\x14b \x13PAGE\x142\x15\x15 c\r";
    assert_eq!(plain(nested).as_deref(), Some("a b 2 c\n"));
    assert_eq!(plain("Aspirin\x13 XE \"Aspirin\" \x15.\r").as_deref(), Some("Aspirin.\n"));
    // Word draws these: their result does not have what they show.
    for drawn in ["FORMCHECKBOX", "EQ \\f(1,2)", "EMBED Equation.3", "MACROBUTTON x Dose"] {
        assert_eq!(plain(&format!("a \x13 {drawn} \x14\x15b\r")), None, "{drawn}");
        assert_eq!(plain(&format!("a \x13 {drawn} \x15b\r")), None, "{drawn}");
    }
    // An unknown field without a result.
    assert_eq!(plain("a \x13 NEW \x15b\r"), None);
    for broken in ["a \x13 REF x\r", "a \x13 REF x \x14b\r", "a\x15\r", "a\x14b\r"] {
        assert_eq!(plain(broken), None, "{broken:?}");
    }
    assert_eq!(plain(&("\x13".repeat(1_000) + "\r")), None);
}

#[test]
fn cells_have_tabs_between_them_and_rows_are_lines() {
    let mut letter = Letter::of(&[("Hb\x0798\rlow\x07\x07\x077.1\x07\x07after\r", b"")]);
    letter.paragraphs = [IN_TABLE, IN_TABLE, IN_TABLE, ROW, IN_TABLE, IN_TABLE, ROW, b""]
        .map(|list| (0, list.to_vec()))
        .to_vec();
    let expected = "Hb\t98 low\n\t7.1\nafter\n";
    assert_eq!(doc_text(&letter.file()).as_deref(), Some(expected));
    // A table within a cell.
    let mut letter = Letter::of(&[("a\rb\r\rc\x07\x07\r", b"")]);
    let inner = |last: &[u8]| (0, [IN_TABLE, &[0x49, 0x66, 2, 0, 0, 0], last].concat());
    letter.paragraphs = vec![
        inner(&[0x4B, 0x24, 1]),
        inner(&[0x4B, 0x24, 1]),
        inner(&[0x4C, 0x24, 1]),
        (0, IN_TABLE.to_vec()),
        (0, ROW.to_vec()),
    ];
    assert_eq!(doc_text(&letter.file()).as_deref(), Some("a\tb\nc\n"));
    assert_eq!(words(&[("a\x07b\r", b"")]), None, "a cell's mark outside of a table");
}

#[test]
fn words_that_would_say_something_else_without_their_look_are_not_given() {
    let symbol_font: &[u8] = &[0x4F, 0x4A, 1, 0];
    let symbol: &[u8] = &[0x09, 0x6A, 1, 0, 0x6D, 0xF0];
    let lowered: &[u8] = &[0x45, 0x48, 0xFA, 0xFF];
    for look in [
        DELETED,
        HIDDEN,
        STRUCK_OUT,
        STRUCK_OUT_TWICE,
        BELOW,
        SPECIAL,
        symbol_font,
        symbol,
        lowered,
        // A font or a style that the letter does not have, and a list that is cut off.
        &[0x4F, 0x4A, 9, 0],
        &[0x30, 0x4A, 9, 0],
        &[0x09, 0x6A, 1],
    ] {
        assert_eq!(words(&[("Warfarin ", b""), ("5", look), (" mg\r", b"")]), None, "{look:?}");
    }
    let turned_off: &[u8] = &[0x37, 0x08, 0, 0x3C, 0x08, 0, 0x48, 0x2A, 0];
    assert!(words(&[("Warfarin ", b""), ("5", turned_off), (" mg\r", b"")]).is_some());
    for odd in ["a\u{F06D}b\r", "a\u{81}b\r", "a\0b\r", "a\x03b\r", "a\nb\r"] {
        assert_eq!(words(&[(odd, b"")]), None, "{odd:?}");
    }
}

#[test]
fn a_style_counts_as_what_it_is_based_on() {
    let struck = vec![(2, 0x0FFF, STRUCK_OUT.to_vec()), (2, 1, Vec::new())];
    let by_style = |style: u8, styles: &[(u16, u16, Vec<u8>)]| {
        let look: &[u8] = &[0x30, 0x4A, style, 0];
        let mut letter = Letter::of(&[("take ", b""), ("5", look), (" mg\r", b"")]);
        letter.styles = styles.to_vec();
        doc_text(&letter.file())
    };
    assert!(by_style(0, &struck).is_some(), "a style that is not used");
    assert_eq!(by_style(1, &struck), None);
    assert_eq!(by_style(2, &struck), None);
    let above = [(2, 0x0FFF, ABOVE.to_vec())];
    assert_eq!(by_style(1, &above).as_deref(), Some("take ^5 mg\n"));
    assert_eq!(by_style(1, &[(2, 2, Vec::new()), (2, 1, Vec::new())]), None, "a circle");
    // Tables have styles too. It is not read which cells they format.
    assert_eq!(by_style(0, &[(3, 0x0FFF, HIDDEN.to_vec())]), None);

    let mut letter = Letter::of(&[("one\rtwo\r", b"")]);
    letter.styles = vec![(1, 0x0FFF, HIDDEN.to_vec())];
    assert_eq!(doc_text(&letter.file()).as_deref(), Some("one\ntwo\n"));
    letter.paragraphs = vec![(0, Vec::new()), (1, Vec::new())];
    assert_eq!(doc_text(&letter.file()), None);
    letter.pieces[0].0[0].text = "one\r \r".to_owned();
    assert_eq!(doc_text(&letter.file()).as_deref(), Some("one\n"), "a hidden paragraph of blanks");
}

#[test]
fn a_letter_that_was_saved_in_a_hurry_is_put_together() {
    let mut letter = Letter::of(&[]);
    letter.pieces = vec![
        (vec![run("Dear Na\u{EF}ve, ")], true, 0),
        (vec![run("≥ 5 mg")], false, 0),
        (vec![run(" daily\r")], true, 0),
        (vec![run("in bold\r")], true, 0x55 << 1 | 1 << 8),
    ];
    let expected = "Dear Naïve, ≥ 5 mg daily\nin bold\n";
    assert_eq!(doc_text(&letter.file()).as_deref(), Some(expected));
    // Windows' quotes are not in Latin 1.
    letter.pieces[0].0[0].text = "\u{93}a\u{94} ".to_owned();
    assert!(doc_text(&letter.file()).unwrap().starts_with("“a” ≥"));
    // A piece may have its own formatting.
    letter.lists = vec![BOLD.to_vec(), HIDDEN.to_vec()];
    letter.pieces[1].2 = 1;
    assert!(doc_text(&letter.file()).is_some());
    for modifier in [1 << 1 | 1, 2 << 1 | 1, 0x5C << 1 | 1 << 8, 0x18 << 1] {
        letter.pieces[1].2 = modifier;
        assert_eq!(doc_text(&letter.file()), None, "{modifier:x}");
    }
}

#[test]
fn the_tables_are_in_the_stream_that_the_letter_names() {
    for second_table in [false, true] {
        let letter = Letter { second_table, ..Letter::of(&[("These are the words\r", b"")]) };
        let text = doc_text(&letter.file());
        assert_eq!(text.as_deref(), Some("These are the words\n"), "{second_table}");
    }
}

#[test]
fn what_is_no_letter_or_not_all_of_one_has_no_words() {
    let letter = Letter::of(&[("Dear Dr\r", b"")]);
    assert!(doc_text(&letter.file()).is_some());
    for other in [
        Letter { version: 0x0068, ..letter.clone() },
        Letter { flags: 0x0100, ..letter.clone() },
        Letter { flags: 0x8000, ..letter.clone() },
        Letter { flags: 0x0002, ..letter.clone() },
        Letter { boxes: 3, ..letter.clone() },
        Letter::of(&[("cut", b"")]),
        Letter::of(&[("\r \r", b"")]),
    ] {
        assert_eq!(doc_text(&other.file()), None, "{other:?}");
    }
    // Headers follow the body.
    let headed = Letter { headers: 5, ..Letter::of(&[("Dear Dr\rHEAD\r", b"")]) };
    assert_eq!(doc_text(&headed.file()).as_deref(), Some("Dear Dr\n"));
    assert_eq!(doc_text(b""), None);
    assert_eq!(doc_text(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), None);
    assert_eq!(doc_text(&packed(&[("Workbook", b"\x09\x08\x10\0")])), None);
    assert_eq!(doc_text(&packed(&[("WordDocument", b"\xEC\xA5\xC1\0")])), None);
    let file = letter.file();
    assert_eq!(doc_text(&file[..file.len() / 2]), None);
}

/// Replaces the only place that has these bytes.
fn replaced(file: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let places: Vec<usize> =
        file.windows(old.len()).enumerate().filter(|(_, it)| *it == old).map(|it| it.0).collect();
    let [at] = places[..] else { panic!("{} places", places.len()) };
    [&file[..at], new, &file[at + old.len()..]].concat()
}

#[test]
fn words_that_are_used_twice_are_not_given() {
    let mut letter = Letter::of(&[]);
    letter.pieces = vec![(vec![run("no pain, ")], true, 0), (vec![run("no fever.\r")], true, 0)];
    let file = letter.file();
    assert!(doc_text(&file).is_some());
    // The second piece begins where the first one does, or within it.
    let place = |at: u32| ((at * 2) | (1 << 30)).to_le_bytes();
    for wrong in [1_024, 1_030, 1 << 20] {
        let file = replaced(&file, &place(1_033), &place(wrong));
        assert_eq!(doc_text(&file), None, "{wrong}");
    }
}

#[test]
fn circles_in_the_container_are_given_up() {
    let file = Letter::of(&[("Dear Dr\r", b"")]).file();
    let long = Letter::of(&[(&("word ".repeat(4_000) + "\r"), b"")]).file();
    let started = Instant::now();
    for file in [&file, &long] {
        let sectors = file.len() / 512 - 1;
        let allocation = u32::from_le_bytes(file[76..80].try_into().unwrap());
        let at = 512 * (1 + usize::try_from(allocation).unwrap());
        for sector in 0..sectors.min(128) {
            for next in [0, 1, u32::try_from(sector).unwrap()] {
                let mut file = file.clone();
                file[at + 4 * sector..at + 4 * sector + 4].copy_from_slice(&next.to_le_bytes());
                let _ = doc_text(&file);
            }
        }
        // A further list of sectors, which could name the same sector many times.
        let mut file = file.clone();
        file[68..72].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(doc_text(&file), None);
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_letter_that_is_too_long_is_given_up() {
    assert_eq!(words(&[(&("word ".repeat(1 << 18) + "\r"), b"")]), None);
    assert_eq!(doc_text(&vec![0; LARGEST_DOC + 1]), None);
}

#[test]
fn a_letter_that_another_program_wrote_is_read() {
    let expected = "Dear Dr Ng,\nRe: Jo Exemplar, born 3 May 1961.\n\
        Digoxin 125 μg, half (½) at night — “as before”. Naïve.\n\
        Hb\t98\nWCC\t7.1\nPlatelets 150 x 10^9/L\nSee the plan.\nYours,\nDr Ada Specimen\n";
    assert_eq!(doc_text(include_bytes!("letter.doc")).as_deref(), Some(expected));
}

proptest! {
    #[test]
    fn damaged_files_break_nothing(
        spots in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        text in "[a-c\x01\x02\x07\x09\x0B-\x0E\x13-\x15\u{B5} \r]{0,60}",
        look in prop::collection::vec(any::<u8>(), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut letter = Letter::of(&[(&text, b""), ("b", &look), ("\r", b"")]);
        letter.pieces[0].1 = false;
        letter.paragraphs = vec![(0, look.clone())];
        let _ = doc_text(&letter.file());
        for mut file in [letter.file(), include_bytes!("letter.doc").to_vec()] {
            let _ = doc_text(&file[..cut.index(file.len())]);
            for (at, byte) in &spots {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            let _ = doc_text(&file);
        }
    }

    #[test]
    fn damaged_tables_break_nothing(
        table in prop::collection::vec(any::<u8>(), 0..600),
        at in prop::sample::select(vec![1_usize, 12, 13, 15, 33]),
        length in 0_u32..700,
    ) {
        let mut file = Letter::of(&[("Dear Dr\r", b"")]).file();
        let words = file.windows(4).position(|it| it == b"\xEC\xA5\xC1\0").unwrap();
        let entry = words + 158 + 8 * at;
        file[entry..entry + 4].copy_from_slice(&length.to_le_bytes());
        let _ = doc_text(&file);
        let _ = Fonts::read(&table);
        let fonts = Fonts::read(b"\0\0\0\0").unwrap();
        let _ = Styles::read(&table, &fonts);
        let _ = pieces::pieces(&table, 5, &table, &fonts);
        let _ = Look::read(&table, &fonts);
        let _ = Paragraph::read(0, &table);
        let _ = pages::paragraphs(&table, &table);
    }
}
