use proptest::prelude::*;

use super::*;

fn text(rtf: &[u8]) -> Option<String> {
    let mut reader = RtfText::default();
    reader.see(rtf);
    reader.finish()
}

/// The text of a letter in code page 1252.
fn words(body: &str) -> String {
    let letter = format!("{{\\rtf1\\ansi\\ansicpg1252\\deff0 {body}}}");
    text(letter.as_bytes()).unwrap_or_default().trim_end_matches('\n').to_owned()
}

#[test]
fn a_letter_is_read_as_it_is_shown() {
    for (body, expected) in [
        (r"Dear Dr Ng,\par Thank you.\line Regards", "Dear Dr Ng,\nThank you.\nRegards"),
        // Doses: a dash, a half, "at least", and a non-breaking blank.
        (r"5 \endash  10\~mg, \'bd tablet, \u8805?5 mg", "5 – 10 mg, ½ tablet, ≥5 mg"),
        // An optional hyphen is left out, a non-breaking hyphen is kept.
        (r"ante\-partum, well\_known", "antepartum, well-known"),
        (r"a\tab b", "a\tb"),
        (r"Hb\cell 98\cell\row WCC\cell 7.1\cell\row", "Hb\t98\nWCC\t7.1"),
        (r"\{braces\} and C:\\x", "{braces} and C:\\x"),
        ("one\r\n two\\\r\nthree", "one two\nthree"),
        (r"\lquote x\rquote  \ldblquote y\rdblquote  \bullet  z", "‘x’ “y” • z"),
        // Substitutes are not shown in addition to their character, in any form.
        (r"\uc2\u8805>\'3dx \uc0\u181 g", "≥x µg"),
        (r"\u-3913\'b7 x", "• x"),
        (r"\u55357?\u56832? x", "😀 x"),
        (r"{\uc0\u8805}5", "≥5"),
        // Pictures, styles and properties are no text.
        (r"{\pict\pngblip 89504e47}after", "after"),
        (r"{\*\generator Word;}{\stylesheet{\s0 Normal;}}{\info{\title x}}after", "after"),
        (r"{\object{\*\objdata 0105}{\result shown}}", "shown"),
        (r"a{\bin }b", "ab"),
        // A power must not look like another digit.
        (r"150 x 10{\super 9}/L and 10\super -3\nosupersub  g", "150 x 10^9/L and 10^-3 g"),
        (r"10{\up6 12}/L, H{\sub 2}O, moved {\mvf away}", "10^12/L, H2O, moved"),
        // Deleted or hidden text is left out.
        (r"Take {\deleted 10 mg }5 mg{\v secret}{\v\v0  daily}", "Take 5 mg daily"),
        // A field shows its result.
        (r#"{\field{\*\fldinst MERGEFIELD Name}{\fldrslt Jo Citizen}}"#, "Jo Citizen"),
        (r#"{\field{\*\fldinst HYPERLINK "http://x.example"}{\fldrslt here}}"#, "here"),
        (r#"{\field{\*\fldinst SYMBOL 109 \\f "Symbol" \\s 10}{\fldrslt\f3 m}}g"#, "\u{3BC}g"),
        (r"{\header Bluegum Clinic\par}Dear Dr", "Bluegum Clinic\n\nDear Dr"),
        (r"seen{\footnote in clinic} today", "seen [in clinic] today"),
        (r"{\listtext\'b7\tab}first", "·\tfirst"),
        (r"\trowd in{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}out", "in\nout"),
    ] {
        assert_eq!(words(body), expected, "{body}");
    }
}

#[test]
fn each_font_is_read_in_its_own_code_page_and_signs_are_signs() {
    let fonts = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset238{\*\panose 02}Arial CE;}
        {\f2\fcharset128 MS Gothic;}{\f3\fcharset2 Symbol;}{\f4\fcharset2 Wingdings;}}";
    for (body, expected) in [
        (r"Zo\'eb {\f1 Dvo\'f8\'e1k} caf\'e9", "Zoë Dvořák café"),
        (r"{\f2 \'93\'fa}", "日"),
        // "mg" in the font Symbol is not "mg".
        (r"5 {\f3 m}g, {\f3 \'b3}4, {\f3\'b7} x", "5 \u{3BC}g, ≥4, • x"),
        (r"{\f3\u61549?}g", "\u{3BC}g"),
        (r"{\f4\'fe} yes {\f4\'a8} no", "☑ yes ☐ no"),
        (r"{\f3 m}\plain g", "\u{3BC}g"),
    ] {
        assert_eq!(words(&format!("{fonts}{body}")), expected, "{body}");
    }
    let dos = text(br"{\rtf1\pc caf\'82}").unwrap();
    assert_eq!(dos, "caf\u{FFFD}\n", "a letter that is not known is not guessed");
}

#[test]
fn only_rich_text_with_words_has_words() {
    for other in [&b""[..], b"Dear Dr", b"%PDF-1.4 {\\rtf1 x}", b"{\\rtf1}", b"{\\rtf1\\par }"] {
        assert_eq!(text(other), None, "{}", other.escape_ascii());
    }
    assert_eq!(text(b"\xEF\xBB\xBF\r\n{\\rtf1 x}").as_deref(), Some("x\n"));
}

#[test]
fn words_that_would_say_something_else_without_their_look_are_not_given() {
    assert_eq!(text(br"{\rtf1 Warfarin {\strike 5 mg}}"), None);
    assert_eq!(text(br"{\rtf1 Warfarin {\striked1 5 mg} 3 mg}"), None);
    assert!(text(br"{\rtf1 Warfarin {\strike0 5 mg}}").is_some());
    // The letter is cut off, or ends too early.
    assert_eq!(text(br"{\rtf1 Warfarin 5 mg"), None);
    assert_eq!(text(br"{\rtf1 Warfarin} 5 mg}"), None);
    assert!(text(b"{\\rtf1 Warfarin}\r\n\0").is_some());
}

#[test]
fn what_has_no_end_is_given_up() {
    let deep = [b"{\\rtf1 x".to_vec(), b"{".repeat(100_000)].concat();
    assert_eq!(text(&deep), None);
    let long = [b"{\\rtf1 ".to_vec(), b"word ".repeat(400_000)].concat();
    assert_eq!(text(&long), None);
    let binary = b"{\\rtf1 a\\bin3 \\}{b}";
    assert_eq!(text(binary).as_deref(), Some("ab\n"));
}

/// Meaningful pieces of rich text, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "{",
        "}",
        "\\",
        "\\'",
        "\\'e",
        "\\u",
        "\\u-3913?",
        "\\uc9",
        "\\bin5 ",
        "\\bin",
        "\\*\\x ",
        "{\\fonttbl{\\f1\\fcharset2 Symbol;}}",
        "\\f1 ",
        "{\\field{\\*\\fldinst SYMBOL 109}",
        "{\\fldrslt ",
        "\\par ",
        "\\u55357",
        "text ",
        "\\v ",
        "\\deleted0",
        "\\ansicpg932",
        "\u{e9}",
    ]);
    let piece = prop_oneof![
        known.prop_map(|it| it.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_comes_is_read_to_its_end_and_the_same_in_any_pieces(
        body in pieces(), at in any::<prop::sample::Index>(),
    ) {
        let letter = [b"{\\rtf1 ".to_vec(), body].concat();
        let whole = text(&letter);
        // A byte of a code page becomes at most three bytes of text.
        prop_assert!(whole.as_ref().is_none_or(|it| it.len() <= letter.len() * 3 + 1));
        let at = at.index(letter.len() + 1);
        let mut reader = RtfText::default();
        reader.see(&letter[..at]);
        reader.see(&letter[at..]);
        prop_assert_eq!(reader.finish(), whole);
    }

    #[test]
    fn plain_words_come_back_as_they_are(words in "[a-z0-9 ,.:;%/()-]{1,80}") {
        let letter = format!("{{\\rtf1 x {words}y}}");
        prop_assert_eq!(text(letter.as_bytes()), Some(format!("x {words}y\n")));
    }
}
