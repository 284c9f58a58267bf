//! Collects the text of one value from pieces, up to its end.

use memchr::memchr2;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The longest row. Our statements return bytes in parts far below this length.
const LONGEST: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Capture {
    text: Vec<u8>,
    /// The number of open brackets.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Whether this is `null`, a number or a truth value, which ends where the next token begins.
    bare: bool,
    complete: bool,
}

/// The progress of reading an object's first text.
pub(super) enum Step {
    More,
    /// The object ended before it had a field.
    Complete,
    FirstText(String),
}

fn too_long() -> Error {
    Error::Malformed { what: "row of many megabytes" }
}

impl Capture {
    /// Begins with a value's first byte.
    pub(super) fn new(byte: u8) -> Self {
        let opens = matches!(byte, b'{' | b'[');
        let in_text = byte == b'"';
        Self {
            text: vec![byte],
            depth: usize::from(opens),
            in_text,
            escaped: false,
            bare: !opens && !in_text,
            complete: false,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the value is an object.
    pub(super) fn is_object(&self) -> bool {
        self.text.first() == Some(&b'{')
    }

    /// Ends the input.
    pub(super) fn end_input(&mut self) {
        self.complete |= self.bare;
    }

    /// Reads the bytes that belong to the value. Returns whether the value is complete.
    pub(super) fn read(&mut self, piece: &mut &[u8]) -> Result<bool, Error> {
        while !self.complete && !piece.is_empty() {
            self.step(piece)?;
        }
        Ok(self.complete)
    }

    /// Reads an object up to the end of its first text, which is the name of its first field.
    pub(super) fn read_first_text(&mut self, piece: &mut &[u8]) -> Result<Step, Error> {
        while !piece.is_empty() {
            let was_in_text = self.in_text;
            self.step(piece)?;
            if self.complete {
                return Ok(Step::Complete);
            }
            if was_in_text && !self.in_text {
                let name = serde_json::from_slice(self.text[1..].trim_ascii_start());
                return name
                    .map(Step::FirstText)
                    .map_err(|_| Error::Malformed { what: "JSON of the rows" });
            }
            if self.depth > 1 {
                return Err(Error::Malformed { what: "JSON of the rows" });
            }
        }
        Ok(Step::More)
    }

    /// Parses the value.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.text)
            .map_err(|_| Error::Malformed { what: "JSON of the rows" })
    }

    /// Takes at least one byte, or finds that the value is complete.
    fn step(&mut self, piece: &mut &[u8]) -> Result<(), Error> {
        let taken = if self.in_text && !self.escaped {
            // Texts are long, so the rest of a text is taken in one step.
            memchr2(b'"', b'\\', piece).map_or(piece.len(), |at| at + 1)
        } else {
            1
        };
        let (part, rest) = piece.split_at(taken);
        let last = part[taken - 1];
        if self.bare {
            if last.is_ascii_whitespace() || b",]}".contains(&last) {
                self.complete = true;
                return Ok(());
            }
        } else if self.escaped {
            self.escaped = false;
        } else if self.in_text {
            self.escaped = last == b'\\';
            self.in_text = last != b'"';
        } else {
            match last {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.text.len() + taken > LONGEST {
            return Err(too_long());
        }
        self.text.extend_from_slice(part);
        *piece = rest;
        self.complete = !self.bare && self.depth == 0 && !self.in_text;
        Ok(())
    }
}
