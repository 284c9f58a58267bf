//! The text of a Word letter (Word 2007 and later) as a reader sees it, without headers, footers, footnotes,
//! list numbers and pictures.
//!
//! A small archive may unpack to a text of any size. So the text is read while it is unpacked, up to the
//! length of a long letter.

use std::io::{BufReader, Cursor, Read};

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::symbols::{Symbols, of_private_use};

/// The largest file that is read: enough for a letter with some pictures.
pub const LARGEST_DOCX: usize = 8 << 20;
/// How much of the unpacked XML is read, and how long a letter's text may be.
const LARGEST_XML: u64 = 16 << 20;
const LONGEST: usize = 1 << 20;

/// The text of a letter's body. `None` if it cannot be read, or if it could be misunderstood without its
/// formatting.
#[must_use]
pub fn docx_text(file: &[u8]) -> Option<String> {
    if file.len() > LARGEST_DOCX {
        return None;
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).ok()?;
    let document = archive.by_name("word/document.xml").ok()?.take(LARGEST_XML);
    let mut reader = Reader::from_reader(BufReader::new(document));
    let mut letter = Letter::default();
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(element) => letter.begin(&element),
            Event::Empty(element) => {
                letter.begin(&element);
                letter.end(element.local_name().as_ref());
            }
            Event::End(element) => letter.end(element.local_name().as_ref()),
            Event::Text(text) => letter.characters(&text.xml10_content()),
            Event::CData(text) => letter.characters(&text.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(character) => letter.characters(character.encode_utf8(&mut [0; 4])),
                None => letter.characters(resolve_xml_entity(&entity.xml10_content())?),
            },
            Event::Eof => break,
            _ => {}
        }
        if letter.text.len() > LONGEST {
            return None;
        }
        buffer.clear();
    }
    // A text that reaches the limit may be incomplete.
    (letter.is_whole && !letter.is_doubtful).then(|| crate::tidied(&letter.text)).flatten()
}

#[derive(Debug, Default)]
struct Letter {
    text: String,
    /// How many open elements are not shown: text that was moved away, and older forms of content that is
    /// also there in a newer form.
    left_out: u32,
    cells: u32,
    /// The open run, with its properties.
    is_run: bool,
    is_hidden: bool,
    is_struck: bool,
    is_raised: bool,
    /// Whether the last character was superscript.
    was_raised: bool,
    symbols: Option<Symbols>,
    /// Whether a text element that is shown is open.
    is_text: bool,
    is_whole: bool,
    /// The text could be misunderstood: some of it is struck out, or there is a formula.
    is_doubtful: bool,
}

impl Letter {
    fn begin(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "moveFrom" | "del" | "Fallback" => self.left_out += 1,
            "oMath" if self.left_out == 0 => self.is_doubtful = true,
            "r" => {
                // A run may contain a text box, which has runs of its own.
                self.is_doubtful |= self.is_run && self.left_out == 0;
                (self.is_run, self.is_hidden, self.symbols) = (true, false, None);
                (self.is_struck, self.is_raised) = (false, false);
            }
            "tc" => self.cells += 1,
            "vanish" if self.is_run => self.is_hidden = is_on(element),
            "strike" | "dstrike" if self.is_run => self.is_struck |= is_on(element),
            "vertAlign" if self.is_run => {
                self.is_raised = attribute(element, "val").as_deref() == Some("superscript");
            }
            "rFonts" if self.is_run => {
                self.symbols = attribute(element, "ascii").and_then(|font| Symbols::named(&font));
            }
            "t" => self.is_text = self.is_run,
            // Outside runs, an element of this name is a tab stop.
            "tab" | "ptab" if self.is_run => self.emit('\t'),
            "br" | "cr" if self.is_run => self.emit('\n'),
            "noBreakHyphen" => self.emit('-'),
            "sym" => {
                let symbols = attribute(element, "font").and_then(|font| Symbols::named(&font));
                let number =
                    attribute(element, "char").and_then(|it| u32::from_str_radix(&it, 16).ok());
                if let Some(character) = number.and_then(char::from_u32) {
                    self.emit(of_private_use(character, symbols));
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, element: &str) {
        match element {
            "moveFrom" | "del" | "Fallback" => self.left_out = self.left_out.saturating_sub(1),
            "r" => (self.is_run, self.is_hidden) = (false, false),
            "t" => self.is_text = false,
            "p" => self.emit(if self.cells > 0 { ' ' } else { '\n' }),
            "tc" => {
                self.cells = self.cells.saturating_sub(1);
                self.emit('\t');
            }
            "tr" => self.emit('\n'),
            "document" => self.is_whole = true,
            _ => {}
        }
    }

    fn characters(&mut self, text: &str) {
        if self.is_text {
            for character in text.chars() {
                self.emit(of_private_use(character, self.symbols));
            }
        }
    }

    fn emit(&mut self, character: char) {
        if self.left_out > 0 || self.is_hidden {
            return;
        }
        self.is_doubtful |= self.is_run && self.is_struck && !character.is_whitespace();
        let is_raised = self.is_run && self.is_raised && !character.is_whitespace();
        if is_raised && !self.was_raised {
            // 10 to the power of 9 must not become 109.
            self.text.push('^');
        }
        self.was_raised = is_raised;
        self.text.push(character);
    }
}

/// Whether a property is on. Without a value it is on.
fn is_on(element: &BytesStart<'_>) -> bool {
    !matches!(attribute(element, "val").as_deref(), Some("0" | "false" | "off"))
}

/// An attribute's value, with any prefix.
fn attribute(element: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == wanted)?;
    Some(found.normalized_value(XmlVersion::default()).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(name: &str, content: &[u8]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
        archive.finish().unwrap().into_inner()
    }

    fn words(body: &str) -> Option<String> {
        let xml = format!(
            "<?xml version=\"1.0\"?><w:document xmlns:w=\"x\"><w:body>{body}</w:body></w:document>"
        );
        docx_text(&packed("word/document.xml", xml.as_bytes()))
    }

    fn run(text: &str) -> String {
        format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    #[test]
    fn a_letter_of_word_is_read_as_it_is_shown() {
        for (body, expected) in [
            (run("Dear Dr Ng &amp; Dr O&#8217;Brien,") + &run("5 mg"), "Dear Dr Ng & Dr O’Brien,\n5 mg\n"),
            ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t xml:space=\"preserve\"> c</w:t></w:r></w:p>".to_owned(), "a\tb\n c\n"),
            (format!("<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>{}", run("Hb"), run("98"), run("after")), "Hb \t98\nafter\n"),
            // Deleted, moved and hidden text is left out, and so are field instructions.
            ("<w:p><w:del><w:r><w:delText>10</w:delText></w:r></w:del><w:ins><w:r><w:t>5</w:t></w:r></w:ins><w:r><w:t> mg</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>".to_owned(), "5 mg\n"),
            (format!("<w:moveFrom>{}</w:moveFrom>{}", run("there"), run("here")), "here\n"),
            ("<w:p><w:r><w:instrText>MERGEFIELD x</w:instrText></w:r><w:r><w:t>Jo</w:t></w:r></w:p>".to_owned(), "Jo\n"),
            ("<w:p><w:del><w:r><w:t>5</w:t><w:noBreakHyphen/><w:t>10</w:t></w:r></w:del><w:r><w:t>5 mg</w:t></w:r></w:p>".to_owned(), "5 mg\n"),
            // A power must not look like another digit.
            ("<w:p><w:r><w:t>150 x 10</w:t></w:r><w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:t>-3</w:t></w:r><w:r><w:t>/L</w:t></w:r></w:p>".to_owned(), "150 x 10^-3/L\n"),
            // A sign of a symbol font.
            ("<w:p><w:r><w:sym w:font=\"Symbol\" w:char=\"F06D\"/><w:t>g</w:t></w:r><w:r><w:rPr><w:rFonts w:ascii=\"Symbol\"/></w:rPr><w:t>&#xF0B3;</w:t></w:r></w:p>".to_owned(), "\u{3BC}g≥\n"),
        ] {
            assert_eq!(words(&body).as_deref(), Some(expected), "{body}");
        }
    }

    #[test]
    fn words_that_would_say_something_else_without_their_look_are_not_given() {
        let styled = |style: &str| {
            format!("<w:p><w:r><w:rPr><w:{style}/></w:rPr><w:t>Warfarin 5 mg</w:t></w:r></w:p>")
        };
        assert_eq!(words(&styled("strike")), None);
        assert_eq!(words(&styled("dstrike")), None);
        assert!(words(&styled("strike w:val=\"0\"")).is_some());
        let formula = "<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e></m:sSup></m:oMath>";
        assert_eq!(words(&(run("a") + formula)), None);
        let boxed = format!("<w:p><w:r><w:t>a</w:t>{}<w:t>b</w:t></w:r></w:p>", run("box"));
        assert_eq!(words(&boxed), None);
    }

    #[test]
    fn what_is_no_letter_or_not_all_of_one_has_no_words() {
        assert_eq!(words(""), None);
        assert_eq!(docx_text(b"PK\x03\x04"), None);
        assert_eq!(docx_text(&packed("xl/workbook.xml", b"<x/>")), None);
        assert_eq!(docx_text(&packed("word/document.xml", b"<w:document><w:r><w:t>cut")), None);
    }

    #[test]
    fn a_small_file_that_unpacks_to_a_very_large_one_is_given_up() {
        let blanks = [b"<w:document>".to_vec(), vec![b' '; 64 << 20], b"</w:document>".to_vec()];
        let bomb = packed("word/document.xml", &blanks.concat());
        assert!(bomb.len() < 1 << 20);
        assert_eq!(docx_text(&bomb), None);
        let words = run(&"word ".repeat(1 << 20));
        assert_eq!(super::tests::words(&words), None);
    }

    proptest! {
        #[test]
        fn damaged_files_break_nothing(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), xml in "[<>/w:rtp&;a #]{0,60}",
        ) {
            let mut file = packed("word/document.xml", run("Dear Dr").as_bytes());
            let at = at.index(file.len());
            file[at] = byte;
            let _ = docx_text(&file);
            let _ = words(&xml);
        }
    }
}
