//! Reads the rows of a result page while its bytes arrive. Only one row is in memory, whatever the size of
//! the page. The bytes in a FHIR Binary are read in the same way.
//!
//! Halo does not publish whether `/stream` sends the ordinary envelope (`{"data": "<base64>"}`) or the rows
//! themselves, nor the shape of the rows. So every shape that [`crate::rows`] accepts is accepted here. The
//! rows of several result sets are not separated. A top-level object is the envelope if its first field is
//! `data` or `parameters`, a table if it is `columns` or `rows`, and otherwise a row.
//!
//! The push parser `actson` 2.1 cannot replace this: it buffers each text to its end, so a page's whole `data`
//! would be in memory. In a release build, fed with 16 KiB pieces, it reads document parts of 240 KiB at 450 to
//! 500 MB/s and rows of five short columns at 200 MB/s; this reader, before it used SIMD, at 2,300 to 2,500 and 150.
//! To repeat this, `cargo add actson`, and time `RowReader::feed` and `JsonParser::next_event` on such pages
//! with `cargo run --release`.
//!
//! `capture` collects the text of one value, `data` reads the envelope's text, and `base64` decodes it.

mod base64;
mod capture;
mod data;

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::Value;

use self::base64::Decoder;
use self::capture::{Capture, Step};
use self::data::{Escape, Inside};
use crate::error::Error;
use crate::rows::{Row, names};

/// The kind of document that is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Document {
    /// The envelope, or the rows.
    Page,
    /// The rows inside an envelope.
    Rows,
    /// A resource whose `data` holds bytes.
    Binary,
}

/// The purpose of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    Row,
    Columns,
    /// A field of the envelope without rows.
    Other,
}

/// A structure that is open.
#[derive(Debug)]
enum Frame {
    /// A list of rows, tables or lists.
    Set,
    /// `{"columns": …, "rows": …}`, with the current field.
    Table { columns: Option<Vec<String>>, field: String },
    /// The `rows` of the table below.
    TableRows,
    /// `{"data": …}`, with the current field.
    Envelope { field: String },
}

/// The token that may come next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Expected {
    /// A value, or the end of a list that has none yet.
    Value {
        first: bool,
    },
    Colon,
    Field,
    /// A comma, or the end of the open structure.
    Next,
    /// Only blanks.
    Nothing,
}

#[derive(Debug)]
enum State {
    Between,
    /// An object whose first field is not known yet.
    Undecided(Capture),
    Field(Capture),
    Value(Purpose, Capture),
    /// In the envelope's text, perhaps in an escape.
    Data(Escape),
}

/// Reads rows from pieces of a page.
#[derive(Debug)]
pub(crate) struct RowReader {
    stack: Vec<Frame>,
    expected: Expected,
    state: State,
    /// The content of the envelope.
    inside: Option<(Decoder, Inside)>,
    document: Document,
    begun: bool,
    is_binary: bool,
    rows: VecDeque<Row>,
}

fn malformed(what: &'static str) -> Error {
    Error::Malformed { what }
}

impl RowReader {
    /// Reads a page.
    pub(crate) fn new() -> Self {
        Self::of(Document::Page)
    }

    /// Reads a Binary.
    pub(crate) fn binary() -> Self {
        Self::of(Document::Binary)
    }

    fn of(document: Document) -> Self {
        Self {
            stack: Vec::new(),
            expected: Expected::Value { first: true },
            state: State::Between,
            inside: None,
            document,
            begun: false,
            is_binary: false,
            rows: VecDeque::new(),
        }
    }

    /// The next complete row.
    pub(crate) fn next_row(&mut self) -> Option<Row> {
        self.rows.pop_front().or_else(|| match &mut self.inside {
            Some((_, Inside::Rows(inside))) => inside.next_row(),
            _ => None,
        })
    }

    /// The next bytes of a Binary.
    pub(crate) fn next_bytes(&mut self) -> Option<Bytes> {
        match &mut self.inside {
            Some((_, Inside::Bytes(bytes))) => bytes.pop_front(),
            _ => None,
        }
    }

    /// Reads the next bytes.
    pub(crate) fn feed(&mut self, mut piece: &[u8]) -> Result<(), Error> {
        while let Some(&byte) = piece.first() {
            match std::mem::replace(&mut self.state, State::Between) {
                State::Between => {
                    piece = &piece[1..];
                    self.between(byte)?;
                }
                State::Undecided(mut capture) => {
                    let step = capture.read_first_text(&mut piece)?;
                    self.state = match step {
                        Step::More => State::Undecided(capture),
                        // `{}`
                        Step::Complete => State::Value(Purpose::Row, capture),
                        Step::FirstText(field) => self.decide(field, capture),
                    };
                    self.finish_value()?;
                }
                State::Field(mut capture) => match capture.read(&mut piece)? {
                    true => {
                        let name: String = capture.parse()?;
                        self.name_field(name);
                    }
                    false => self.state = State::Field(capture),
                },
                State::Value(purpose, mut capture) => {
                    capture.read(&mut piece)?;
                    self.state = State::Value(purpose, capture);
                    self.finish_value()?;
                }
                State::Data(escape) => self.data(escape, &mut piece)?,
            }
        }
        Ok(())
    }

    /// Ends the input: a page, or a text with rows inside a page.
    pub(crate) fn end_input(&mut self) -> Result<(), Error> {
        let cut = malformed("page that breaks off");
        if let State::Value(_, capture) = &mut self.state {
            capture.end_input();
            self.finish_value()?;
        }
        if !matches!(self.state, State::Between) || !self.stack.is_empty() {
            return Err(cut);
        }
        if self.document == Document::Binary && !self.is_binary {
            return Err(malformed("FHIR Binary"));
        }
        // A page of only blanks has no rows.
        if self.begun && self.expected != Expected::Nothing { Err(cut) } else { Ok(()) }
    }

    fn between(&mut self, byte: u8) -> Result<(), Error> {
        let shape = malformed("shape of the rows");
        if byte.is_ascii_whitespace() || (!self.begun && b"\xEF\xBB\xBF".contains(&byte)) {
            return Ok(());
        }
        self.begun = true;
        match (self.expected, byte) {
            (Expected::Value { first: true }, b']')
                if matches!(self.stack.last(), Some(Frame::Set | Frame::TableRows)) =>
            {
                self.close(byte)
            }
            (Expected::Value { .. }, byte) => self.open(byte),
            (Expected::Field, b'"') => {
                self.state = State::Field(Capture::new(byte));
                Ok(())
            }
            (Expected::Colon, b':') => {
                self.expected = Expected::Value { first: false };
                Ok(())
            }
            (Expected::Next, b',') => {
                self.expected = match self.stack.last() {
                    Some(Frame::Table { .. } | Frame::Envelope { .. }) => Expected::Field,
                    _ => Expected::Value { first: false },
                };
                Ok(())
            }
            (Expected::Next, b']' | b'}') => self.close(byte),
            _ => Err(shape),
        }
    }

    /// Begins a value.
    fn open(&mut self, byte: u8) -> Result<(), Error> {
        let value = |purpose| State::Value(purpose, Capture::new(byte));
        match (self.stack.last(), byte) {
            (None, b'{') if self.document == Document::Binary => {
                self.stack.push(Frame::Envelope { field: String::new() });
                self.expected = Expected::Field;
            }
            (None, _) if self.document == Document::Binary => {
                return Err(malformed("FHIR Binary"));
            }
            (None | Some(Frame::Set), b'[') => {
                self.stack.push(Frame::Set);
                self.expected = Expected::Value { first: true };
            }
            (None | Some(Frame::Set), b'{') => self.state = State::Undecided(Capture::new(byte)),
            (None, b'n') => self.state = value(Purpose::Other),
            (Some(Frame::TableRows), b'[' | b'{') => self.state = value(Purpose::Row),
            (Some(Frame::Table { field, .. }), b'[') => match field.as_str() {
                "columns" => self.state = value(Purpose::Columns),
                "rows" => {
                    self.stack.push(Frame::TableRows);
                    self.expected = Expected::Value { first: true };
                }
                _ => return Err(malformed("shape of the rows")),
            },
            (Some(Frame::Envelope { field }), b'"') if field == "data" && self.inside.is_none() => {
                let inside = match self.document {
                    Document::Binary => Inside::Bytes(VecDeque::new()),
                    _ => Inside::Rows(Box::new(Self::of(Document::Rows))),
                };
                self.inside = Some((Decoder::default(), inside));
                self.state = State::Data(Escape::None);
            }
            (Some(Frame::Envelope { field }), b'n') if field == "data" => {
                self.state = value(Purpose::Other);
            }
            (Some(Frame::Envelope { field }), _) if field != "data" => {
                self.state = value(Purpose::Other);
            }
            _ => return Err(malformed("shape of the rows")),
        }
        self.finish_value()
    }

    fn close(&mut self, byte: u8) -> Result<(), Error> {
        let fits = match self.stack.pop() {
            Some(Frame::Set | Frame::TableRows) => byte == b']',
            Some(Frame::Table { .. } | Frame::Envelope { .. }) => byte == b'}',
            None => false,
        };
        self.after_value();
        if fits { Ok(()) } else { Err(malformed("shape of the rows")) }
    }

    fn after_value(&mut self) {
        self.expected = if self.stack.is_empty() { Expected::Nothing } else { Expected::Next };
    }

    /// Decides by an object's first field what the object is.
    fn decide(&mut self, field: String, capture: Capture) -> State {
        let frame = match field.as_str() {
            "columns" | "rows" => Frame::Table { columns: None, field },
            "data" | "parameters" if self.stack.is_empty() && self.document == Document::Page => {
                Frame::Envelope { field }
            }
            _ => return State::Value(Purpose::Row, capture),
        };
        self.stack.push(frame);
        self.expected = Expected::Colon;
        State::Between
    }

    fn name_field(&mut self, name: String) {
        if let Some(Frame::Table { field, .. } | Frame::Envelope { field }) = self.stack.last_mut()
        {
            *field = name;
        }
        self.expected = Expected::Colon;
    }

    fn finish_value(&mut self) -> Result<(), Error> {
        let State::Value(_, capture) = &self.state else { return Ok(()) };
        if !capture.is_complete() {
            return Ok(());
        }
        let State::Value(purpose, capture) = std::mem::replace(&mut self.state, State::Between)
        else {
            return Ok(());
        };
        let shape = || malformed("shape of the rows");
        match purpose {
            Purpose::Row => {
                let row = if capture.is_object() {
                    capture.parse()?
                } else {
                    self.table_row(capture.parse()?).ok_or_else(shape)?
                };
                // A command without rows has the page `{}`.
                let is_empty_page = self.stack.is_empty() && row.is_empty();
                if !is_empty_page {
                    self.rows.push_back(row);
                }
            }
            Purpose::Columns => {
                let known = names(capture.parse()?).ok_or_else(shape)?;
                if let Some(Frame::Table { columns, .. }) = self.stack.last_mut() {
                    *columns = Some(known);
                }
            }
            Purpose::Other => {
                let value: Value = capture.parse()?;
                if let Some(Frame::Envelope { field }) = self.stack.last()
                    && field == "resourceType"
                {
                    self.is_binary = value == "Binary";
                }
            }
        }
        self.after_value();
        Ok(())
    }

    fn table_row(&self, values: Vec<Value>) -> Option<Row> {
        let columns = self.stack.iter().rev().find_map(|frame| match frame {
            Frame::Table { columns, .. } => columns.as_ref(),
            _ => None,
        })?;
        Row::from_table(columns, values)
    }
}

#[cfg(test)]
mod tests;
