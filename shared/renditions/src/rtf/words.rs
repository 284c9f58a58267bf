//! The control words of rich text.

use super::group::Destination;
use super::{RtfText, State};

impl RtfText {
    /// Handles a control word and its number.
    pub(super) fn end_word(&mut self) {
        if !matches!(self.state, State::Word | State::Number) {
            return;
        }
        self.state = State::Text;
        let word = std::mem::take(&mut self.word);
        let number: Option<i32> = std::mem::take(&mut self.number).parse().ok();
        if word == "bin" {
            self.counts_as_substitute();
            let length = number.and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
            if length > 0 {
                self.state = State::Binary(length);
            }
            return;
        }
        if word != "u" && self.substitutes > 0 {
            self.counts_as_substitute();
            return;
        }
        if self.group.destination == Destination::Nothing {
            return;
        }
        let starred = std::mem::take(&mut self.group.starred);
        let on = number != Some(0);
        if self.destination(&word, starred) || self.character_of(&word, on) {
            return;
        }
        match (word.as_str(), number) {
            ("u", Some(number)) => self.unicode(number),
            ("uc", Some(number)) => {
                self.group.substitutes = u32::try_from(number).unwrap_or(1).min(1_000);
            }
            ("v", _) => self.shows(|group| group.hidden = on),
            ("deleted" | "mvf", _) => self.shows(|group| group.deleted = on),
            ("super", _) => self.shows(|group| group.raised = on),
            ("up", number) => self.shows(|group| group.raised = number.unwrap_or(6) > 0),
            ("sub" | "nosupersub" | "dn", _) => self.shows(|group| group.raised = false),
            ("strike" | "striked", _) => self.shows(|group| group.struck = on),
            ("plain", _) => self.shows(|group| {
                group.font = None;
                (group.hidden, group.raised, group.struck) = (false, false, false);
            }),
            ("f", Some(font)) if self.group.destination == Destination::Fonts => {
                self.fonts.describe(font);
            }
            ("f", Some(font)) => self.shows(|group| group.font = Some(font)),
            ("deff", Some(font)) => self.fonts.default = Some(font),
            ("fcharset", Some(number)) => self.fonts.charset(number),
            ("cpg", Some(number)) => self.fonts.font_page(number),
            ("ansicpg", Some(number)) => self.fonts.code_page(number),
            ("mac", _) => self.fonts.code_page(10000),
            ("pc", _) => self.fonts.code_page(437),
            ("pca", _) => self.fonts.code_page(850),
            _ => {}
        }
    }

    /// Changes how the text that follows is shown.
    fn shows(&mut self, change: impl FnOnce(&mut super::Group)) {
        self.flush();
        change(&mut self.group);
    }

    /// Handles a word that starts a destination. Returns whether it was one.
    fn destination(&mut self, word: &str, starred: bool) -> bool {
        let destination = match word {
            "fonttbl" => Destination::Fonts,
            "fldinst" => Destination::Instruction,
            "fldrslt" if self.group.field_is_shown => Destination::Nothing,
            "header" | "headerl" | "headerr" | "headerf" => Destination::Header,
            "footnote" => Destination::Footnote,
            "colortbl" | "stylesheet" | "info" | "pict" | "footer" | "footerl" | "footerr"
            | "footerf" | "nonesttables" | "sp" | "shprslt" | "xe" | "tc" | "filetbl" | "rxe"
            | "private" | "background" => Destination::Nothing,
            // Text boxes, and the row ends of nested tables.
            "shpinst" | "nesttableprops" => return true,
            _ if starred => Destination::Nothing,
            _ => return false,
        };
        self.flush();
        self.group.goes_to(destination);
        if destination == Destination::Footnote {
            self.emit(' ');
            self.emit('[');
        }
        true
    }

    /// Handles a word that is a character. Returns whether it was one.
    fn character_of(&mut self, word: &str, on: bool) -> bool {
        let character = match word {
            "par" | "line" | "sect" | "page" | "column" | "row" | "nestrow" => '\n',
            "tab" | "cell" | "nestcell" => '\t',
            "emdash" => '—',
            "endash" => '–',
            "emspace" | "enspace" | "qmspace" => ' ',
            "bullet" => '•',
            "lquote" => '‘',
            "rquote" => '’',
            "ldblquote" => '“',
            "rdblquote" => '”',
            _ => return false,
        };
        if on {
            self.flush();
            self.emit(character);
        }
        true
    }
}
