//! The table of fonts. Each font names the code page of its characters.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::symbols::Symbols;

/// The most fonts that are read. No letter has so many.
const MOST: usize = 1_000;

#[derive(Clone, Debug)]
pub(super) struct Font {
    /// An unknown code page, of which only ASCII can be read.
    encoding: Option<&'static Encoding>,
    symbols: Option<Symbols>,
}

impl Font {
    pub(super) fn symbols(&self) -> Option<Symbols> {
        self.symbols
    }

    pub(super) fn decode<'r>(&self, raw: &'r [u8]) -> Cow<'r, str> {
        if let Some(symbols) = self.symbols {
            return raw.iter().map(|byte| symbols.character(*byte)).collect::<String>().into();
        }
        match self.encoding {
            Some(encoding) => encoding.decode_without_bom_handling(raw).0,
            None => {
                let known = |byte: &u8| {
                    if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER }
                };
                raw.iter().map(known).collect::<String>().into()
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Fonts {
    known: HashMap<i32, Font>,
    /// The code page of text whose font is not in the table.
    plain: Font,
    pub(super) default: Option<i32>,
    /// The font that is being described.
    described: Option<i32>,
    name: String,
}

impl Default for Fonts {
    fn default() -> Self {
        let plain = Font { encoding: Some(WINDOWS_1252), symbols: None };
        Self { known: HashMap::new(), plain, default: None, described: None, name: String::new() }
    }
}

impl Fonts {
    pub(super) fn get(&self, font: Option<i32>) -> Font {
        font.or(self.default).and_then(|font| self.known.get(&font)).unwrap_or(&self.plain).clone()
    }

    /// Sets the letter's code page.
    pub(super) fn code_page(&mut self, number: i32) {
        self.plain.encoding = of_code_page(number);
    }

    /// Starts the description of a font.
    pub(super) fn describe(&mut self, font: i32) {
        self.name.clear();
        self.described = None;
        if self.known.len() < MOST {
            self.described = Some(font);
            self.known.insert(font, self.plain.clone());
        }
    }

    pub(super) fn charset(&mut self, number: i32) {
        let page = match number {
            // The letter's code page.
            1 => return,
            0 => 1252,
            2 => {
                self.change(|font| font.symbols = Some(Symbols::Other));
                return;
            }
            77 => 10000,
            128 => 932,
            129 => 949,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 => 1255,
            178 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            other => other,
        };
        self.font_page(page);
    }

    pub(super) fn font_page(&mut self, number: i32) {
        self.change(|font| font.encoding = of_code_page(number));
    }

    /// Adds a character of the name, which a semicolon ends.
    pub(super) fn name(&mut self, byte: u8) {
        if byte != b';' {
            if self.name.len() < 64 {
                self.name.push(char::from(byte));
            }
            return;
        }
        let name = self.name.trim().to_ascii_lowercase();
        self.change(|font| {
            if font.symbols.is_some() {
                font.symbols = Some(Symbols::of_font(&name));
            }
        });
        self.described = None;
    }

    fn change(&mut self, change: impl FnOnce(&mut Font)) {
        if let Some(font) = self.described.and_then(|font| self.known.get_mut(&font)) {
            change(font);
        }
    }
}

fn of_code_page(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        874 => "windows-874",
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        1250..=1258 => return Encoding::for_label(format!("windows-{number}").as_bytes()),
        10000 => "macintosh",
        65001 => "utf-8",
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}
