//! The words of a letter in rich text, as its bytes come.
//!
//! A letter says what a dose is, so characters are kept with care: each font's own encoding, the
//! letters of symbol fonts, optional hyphens, tabs and cells of tables. Deleted and hidden text is left
//! out. Whatever comes, memory and time are bounded by what is read.

mod fonts;
mod group;
#[cfg(test)]
mod tests;
mod words;

use self::fonts::Fonts;
use self::group::{Destination, Group};
use crate::symbols;

/// Letters are far shorter.
const LONGEST: usize = 1 << 20;
/// Groups within groups; programs write some dozen.
const DEEPEST: usize = 256;
/// The longest control word and number that are looked at.
const LONGEST_WORD: usize = 32;
const LONGEST_NUMBER: usize = 10;

/// What the next byte belongs to.
#[derive(Debug)]
enum State {
    /// The beginning: a byte order mark, blanks, and `{\rtf`.
    Head(usize),
    Text,
    /// Behind a backslash.
    Escape,
    Word,
    Number,
    /// Behind `\'`, with the first digit once it is known.
    Hex(Option<u8>),
    /// So many bytes that are no text.
    Binary(u64),
    /// Behind the last bracket, or no rich text at all.
    Over,
}

/// Reads rich text. Bytes of anything else are passed over.
#[derive(Debug)]
pub struct RtfText {
    state: State,
    word: String,
    number: String,
    group: Group,
    outer: Vec<Group>,
    fonts: Fonts,
    /// Characters in some code page that are not yet decoded.
    raw: Vec<u8>,
    /// The first half of a character beyond the basic plane.
    half: Option<u16>,
    /// How many characters stand for the Unicode character before them.
    substitutes: u32,
    /// The instruction of a field.
    instruction: String,
    text: String,
    is_rtf: bool,
    /// Whether the last character was above the line.
    is_raised: bool,
    /// Something is longer than a letter goes, is struck out, or follows the end: words alone would say
    /// something else.
    too_much: bool,
}

impl Default for RtfText {
    fn default() -> Self {
        Self {
            state: State::Head(0),
            word: String::new(),
            number: String::new(),
            group: Group::default(),
            outer: Vec::new(),
            fonts: Fonts::default(),
            raw: Vec::new(),
            half: None,
            substitutes: 0,
            instruction: String::new(),
            text: String::new(),
            is_rtf: false,
            is_raised: false,
            too_much: false,
        }
    }
}

impl RtfText {
    /// Reads on.
    pub fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.too_much {
                return;
            }
            if matches!(self.state, State::Over) {
                // Programs fill up the end of a file; anything else was cut off the letter.
                self.too_much = self.is_rtf && !byte.is_ascii_whitespace() && *byte != 0;
                continue;
            }
            self.step(*byte);
        }
    }

    /// The words, if it was rich text that has any, up to its last bracket.
    #[must_use]
    pub fn finish(mut self) -> Option<String> {
        self.end_word();
        self.flush();
        if !self.is_rtf || self.too_much || !matches!(self.state, State::Over) {
            return None;
        }
        crate::tidied(&self.text)
    }

    fn step(&mut self, byte: u8) {
        match self.state {
            State::Head(seen) => self.head(seen, byte),
            State::Over => {}
            State::Binary(1) => self.state = State::Text,
            State::Binary(left) => self.state = State::Binary(left - 1),
            State::Text => self.plain(byte),
            State::Escape => self.escape(byte),
            State::Word if byte.is_ascii_alphabetic() && self.word.len() < LONGEST_WORD => {
                self.word.push(char::from(byte));
            }
            State::Word if byte == b'-' || byte.is_ascii_digit() => {
                self.number.push(char::from(byte));
                self.state = State::Number;
            }
            State::Number if byte.is_ascii_digit() && self.number.len() < LONGEST_NUMBER => {
                self.number.push(char::from(byte));
            }
            State::Word | State::Number => {
                self.end_word();
                // One blank behind a word belongs to it.
                if byte != b' ' {
                    self.step(byte);
                }
            }
            State::Hex(None) if byte.is_ascii_hexdigit() => self.state = State::Hex(Some(byte)),
            State::Hex(Some(first)) if byte.is_ascii_hexdigit() => {
                self.state = State::Text;
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
                self.character(digit(first) << 4 | digit(byte));
            }
            State::Hex(_) => {
                self.state = State::Text;
                self.plain(byte);
            }
        }
    }

    fn head(&mut self, seen: usize, byte: u8) {
        const HEAD: &[u8] = b"{\\rtf";
        let blank = seen == 0 && (byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(&byte));
        if blank {
            return;
        }
        if HEAD.get(seen) != Some(&byte) {
            self.state = State::Over;
        } else if seen + 1 == HEAD.len() {
            self.is_rtf = true;
            self.word.push_str("rtf");
            self.state = State::Word;
        } else {
            self.state = State::Head(seen + 1);
        }
    }

    fn plain(&mut self, byte: u8) {
        self.state = State::Text;
        match byte {
            b'\\' => self.state = State::Escape,
            b'{' => self.open(),
            b'}' => self.close(),
            // Lines of the file are none of the letter.
            b'\r' | b'\n' | 0 => {}
            byte => self.character(byte),
        }
    }

    fn escape(&mut self, byte: u8) {
        self.state = State::Text;
        match byte {
            byte if byte.is_ascii_alphabetic() => {
                self.word.clear();
                self.number.clear();
                self.word.push(char::from(byte));
                self.state = State::Word;
            }
            b'\'' => self.state = State::Hex(None),
            b'\\' | b'{' | b'}' => self.character(byte),
            b'*' => self.group.starred = true,
            b'~' => self.symbol(' '),
            b'_' => self.symbol('-'),
            b'\r' | b'\n' => self.symbol('\n'),
            // An optional hyphen is none, and the rest marks indexes.
            _ => self.counts_as_substitute(),
        }
    }

    fn open(&mut self) {
        self.flush();
        self.substitutes = 0;
        if self.outer.len() >= DEEPEST {
            self.too_much = true;
            return;
        }
        let inner = self.group.inner();
        self.outer.push(std::mem::replace(&mut self.group, inner));
    }

    fn close(&mut self) {
        self.flush();
        self.substitutes = 0;
        let is_instruction = self.group.begins(Destination::Instruction);
        let is_footnote = self.group.begins(Destination::Footnote);
        let is_header = self.group.begins(Destination::Header);
        let Some(outer) = self.outer.pop() else {
            self.state = State::Over;
            return;
        };
        self.group = outer;
        if is_instruction {
            let instruction = std::mem::take(&mut self.instruction);
            if let Some(symbol) = symbols::of_instruction(&instruction) {
                self.emit(symbol);
                // The result shows the same symbol again.
                self.group.field_is_shown = true;
            }
        }
        if is_footnote {
            self.emit(']');
        }
        if is_header {
            self.emit('\n');
        }
    }

    /// One of the characters that stand for a Unicode character, if there are any left.
    fn is_substitute(&mut self) -> bool {
        let is_one = self.substitutes > 0;
        self.substitutes = self.substitutes.saturating_sub(1);
        is_one
    }

    fn counts_as_substitute(&mut self) {
        self.is_substitute();
    }

    /// A character of the code page.
    fn character(&mut self, byte: u8) {
        if self.is_substitute() {
            return;
        }
        match self.group.destination {
            Destination::Text | Destination::Header | Destination::Footnote => {
                if self.group.is_shown() {
                    self.raw.push(byte);
                    self.too_much |= self.raw.len() > LONGEST;
                    // A long run is decoded as it comes; a pair of bytes is never cut.
                    if self.raw.len() >= 4_096 && byte.is_ascii() {
                        self.flush();
                    }
                }
            }
            Destination::Fonts => self.fonts.name(byte),
            Destination::Instruction if self.instruction.len() < 200 => {
                self.instruction.push(char::from(byte));
            }
            Destination::Instruction | Destination::Nothing => {}
        }
    }

    /// A character that is what it is.
    fn symbol(&mut self, character: char) {
        if self.is_substitute() {
            return;
        }
        self.flush();
        self.emit(character);
    }

    fn emit(&mut self, character: char) {
        if !self.group.is_text() || !self.group.is_shown() {
            return;
        }
        if self.text.len() >= LONGEST || self.group.struck {
            self.too_much = true;
            return;
        }
        let is_raised = self.group.raised && !character.is_whitespace();
        if is_raised && !self.is_raised {
            // 10^9 is not 109.
            self.text.push('^');
        }
        self.is_raised = is_raised;
        self.text.push(character);
    }

    /// Decodes what has come in the font's code page.
    fn flush(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let font = self.fonts.get(self.group.font);
        for character in font.decode(&raw).chars() {
            self.emit(character);
        }
    }

    /// A character by its number, with as many substitutes behind it as the group says.
    fn unicode(&mut self, number: i32) {
        self.flush();
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0xFFFD);
        let half = self.half.take();
        self.substitutes = self.group.substitutes;
        if (0xD800..0xDC00).contains(&unit) {
            self.half = Some(unit);
            return;
        }
        let units = [half.unwrap_or(unit), unit];
        let units = if half.is_some() { &units[..] } else { &units[1..] };
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            let font = self.fonts.get(self.group.font);
            self.emit(symbols::of_private_use(character, font.symbols()));
        }
    }
}
