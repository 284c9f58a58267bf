//! Reads the text of an envelope's `data`: base64 of rows or of bytes. It may contain JSON escapes.

use std::collections::VecDeque;

use bytes::Bytes;
use memchr::memchr2;

use super::{RowReader, State, malformed};
use crate::error::Error;

/// The content of an envelope's text.
#[derive(Debug)]
pub(super) enum Inside {
    Rows(Box<RowReader>),
    Bytes(VecDeque<Bytes>),
}

/// The position in an escape of the envelope's text.
#[derive(Debug)]
pub(super) enum Escape {
    None,
    Begun,
    /// After `\u`, with its digits so far.
    Unicode(String),
}

impl RowReader {
    /// Reads the next bytes of the envelope's text.
    pub(super) fn data(&mut self, escape: Escape, piece: &mut &[u8]) -> Result<(), Error> {
        let broken = || malformed("base64 of the rows");
        let Some((decoder, inside)) = &mut self.inside else { return Err(broken()) };
        let mut hand_on = |text: &[u8]| -> Result<(), Error> {
            let bytes = decoder.decode(text).ok_or_else(broken)?;
            match inside {
                Inside::Rows(inside) => inside.feed(&bytes)?,
                Inside::Bytes(_) if bytes.is_empty() => {}
                Inside::Bytes(all) => all.push_back(Bytes::from(bytes)),
            }
            Ok(())
        };
        self.state = State::Data(match escape {
            Escape::None => {
                let end = memchr2(b'"', b'\\', piece);
                let (text, rest) = piece.split_at(end.unwrap_or(piece.len()));
                hand_on(text)?;
                *piece = rest;
                match rest.split_first() {
                    None => Escape::None,
                    Some((b'\\', rest)) => {
                        *piece = rest;
                        Escape::Begun
                    }
                    Some((_, rest)) => {
                        *piece = rest;
                        if !decoder.is_whole() {
                            return Err(broken());
                        }
                        if let Inside::Rows(inside) = inside {
                            inside.end_input()?;
                        }
                        self.state = State::Between;
                        self.after_value();
                        return Ok(());
                    }
                }
            }
            Escape::Begun => {
                let (byte, rest) = piece.split_first().ok_or_else(broken)?;
                *piece = rest;
                match byte {
                    b'/' => hand_on(b"/")?,
                    b'r' | b'n' => {}
                    b'u' => {
                        self.state = State::Data(Escape::Unicode(String::new()));
                        return Ok(());
                    }
                    _ => return Err(broken()),
                }
                Escape::None
            }
            // Encoders that escape HTML write + as \u002B.
            Escape::Unicode(mut digits) => {
                let (byte, rest) = piece.split_first().ok_or_else(broken)?;
                *piece = rest;
                digits.push(char::from(*byte));
                if digits.len() < 4 {
                    Escape::Unicode(digits)
                } else {
                    let code = u8::from_str_radix(&digits, 16).map_err(|_| broken())?;
                    hand_on(&[code])?;
                    Escape::None
                }
            }
        });
        Ok(())
    }
}
