//! The text of a letter in rich text, read as its bytes arrive.
//!
//! A letter may state a dose, so each character must be right. The reader follows each font's encoding and the
//! letters of symbol fonts, and handles optional hyphens, tabs and table cells. Deleted and hidden text is left
//! out. No input can make it use unlimited memory or time.

mod fonts;
mod group;
#[cfg(test)]
mod tests;
mod words;

use self::fonts::Fonts;
use self::group::{Destination, Group};
use crate::symbols;

/// The longest text. Letters are far shorter.
const LONGEST: usize = 1 << 20;
/// The deepest nesting of groups. Programs write a few dozen.
const DEEPEST: usize = 256;
/// The longest control word and number that are read.
const LONGEST_WORD: usize = 32;
const LONGEST_NUMBER: usize = 10;

/// What the next byte belongs to.
#[derive(Debug)]
enum State {
    /// The beginning: a byte order mark, blanks, and `{\rtf`.
    Head(usize),
    Text,
    /// After a backslash.
    Escape,
    Word,
    Number,
    /// After `\'`, with the first digit once it is known.
    Hex(Option<u8>),
    /// Within binary data, of which this many bytes are left.
    Binary(u64),
    /// After the last bracket, or in a file that is not rich text.
    Over,
}

/// Reads rich text. It skips files of all other formats.
#[derive(Debug)]
pub struct RtfText {
    state: State,
    word: String,
    number: String,
    group: Group,
    outer: Vec<Group>,
    fonts: Fonts,
    /// Bytes in the font's code page that are not decoded yet.
    raw: Vec<u8>,
    /// The first half of a character outside the basic plane.
    half: Option<u16>,
    /// How many substitutes for the last Unicode character follow.
    substitutes: u32,
    /// The instruction of the open field.
    instruction: String,
    text: String,
    is_rtf: bool,
    /// Whether the last character was superscript.
    is_raised: bool,
    /// The text is too long, partly struck out, or continues after the end, so it could be misunderstood.
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
    /// Reads the next bytes.
    pub fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.too_much {
                return;
            }
            if matches!(self.state, State::Over) {
                // Programs pad the end of a file. Any other byte is lost text.
                self.too_much = self.is_rtf && !byte.is_ascii_whitespace() && *byte != 0;
                continue;
            }
            self.step(*byte);
        }
    }

    /// The text up to the last bracket. `None` if this was not rich text or has no text.
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
                // One blank after a control word belongs to it.
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
            // Line breaks of the file are not line breaks of the letter.
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
            // An optional hyphen is not shown; the others mark index entries.
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
                // The field's result shows the same symbol again.
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

    /// Skips one substitute for a Unicode character, if some are left.
    fn is_substitute(&mut self) -> bool {
        let is_one = self.substitutes > 0;
        self.substitutes = self.substitutes.saturating_sub(1);
        is_one
    }

    fn counts_as_substitute(&mut self) {
        self.is_substitute();
    }

    /// Adds a byte of the code page.
    fn character(&mut self, byte: u8) {
        if self.is_substitute() {
            return;
        }
        match self.group.destination {
            Destination::Text | Destination::Header | Destination::Footnote => {
                if self.group.is_shown() {
                    self.raw.push(byte);
                    self.too_much |= self.raw.len() > LONGEST;
                    // A long run is decoded in parts, but never between two bytes of one character.
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

    /// Adds a character.
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
            // 10 to the power of 9 must not become 109.
            self.text.push('^');
        }
        self.is_raised = is_raised;
        self.text.push(character);
    }

    /// Decodes the collected bytes in the font's code page.
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

    /// Adds a character by its number. As many substitutes follow as the group says.
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
