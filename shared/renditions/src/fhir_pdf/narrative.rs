//! The XHTML of a FHIR narrative, as paragraphs and items.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use super::{Block, Style};

/// Reads a narrative. `None` if it is not well formed.
pub(super) fn narrative(div: &str) -> Option<Vec<Block>> {
    let mut reader = Reader::from_str(div);
    let mut read = Reading::default();
    let mut open = 0_u32;
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                open += 1;
                read.begin(element.local_name().as_ref());
            }
            Event::Empty(element) => {
                read.begin(element.local_name().as_ref());
                read.end(element.local_name().as_ref());
            }
            Event::End(element) => {
                open = open.checked_sub(1)?;
                read.end(element.local_name().as_ref());
            }
            Event::Text(text) => read.text.push_str(&text.xml10_content()),
            Event::CData(text) => read.text.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(character) => read.text.push(character),
                None => read.text.push_str(resolve_xml_entity(&entity.xml10_content())?),
            },
            Event::Eof => break,
            _ => {}
        }
    }
    read.flush();
    (open == 0).then_some(read.blocks)
}

#[derive(Debug, Default)]
struct Reading {
    blocks: Vec<Block>,
    text: String,
    /// How many lists are open.
    lists: u8,
    /// Whether the text so far is the name of an item.
    is_name: bool,
    /// The headings of the open table's columns.
    columns: Vec<String>,
    /// The cells of the open row.
    cells: Vec<String>,
    is_heading_row: bool,
}

impl Reading {
    fn begin(&mut self, element: &str) {
        match element {
            "ul" | "ol" => {
                self.flush();
                self.lists = self.lists.saturating_add(1);
            }
            "table" => {
                self.flush();
                self.columns.clear();
            }
            "tr" => {
                self.cells.clear();
                self.is_heading_row = true;
            }
            "td" => {
                self.text.clear();
                self.is_heading_row = false;
            }
            "th" => self.text.clear(),
            "p" | "li" | "div" | "caption" | "br" if !self.is_in_row() => self.flush(),
            "p" | "li" | "br" => self.text.push(' '),
            "b" | "strong" if self.text.trim().is_empty() => self.is_name = true,
            _ => {}
        }
    }

    fn end(&mut self, element: &str) {
        match element {
            "ul" | "ol" => {
                self.flush();
                self.lists = self.lists.saturating_sub(1);
            }
            "td" | "th" => {
                let cell = self.take_text();
                self.cells.push(cell);
            }
            "tr" => self.row(),
            "p" | "li" | "div" | "caption" if !self.is_in_row() => self.flush(),
            _ => {}
        }
    }

    fn is_in_row(&self) -> bool {
        !self.cells.is_empty()
    }

    /// A row is written as an item: its first cell is the name, the others are facts.
    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if self.is_heading_row {
            self.columns = cells;
            return;
        }
        for (at, cell) in cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if at == 0 {
                self.blocks.push(Block::new(Style::Name, 1, cell));
                continue;
            }
            let fact = match self.columns.get(at).filter(|column| !column.is_empty()) {
                Some(column) => format!("{column}: {cell}"),
                None => cell,
            };
            self.blocks.push(Block::new(Style::Item, 2, fact));
        }
    }

    /// Takes the text so far, with single spaces.
    fn take_text(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn flush(&mut self) {
        let (text, is_name) = (self.take_text(), std::mem::take(&mut self.is_name));
        if text.is_empty() {
            return;
        }
        let style = match (is_name, self.lists) {
            (true, _) => Style::Name,
            (false, 0) => Style::Text,
            (false, _) => Style::Item,
        };
        self.blocks.push(Block::new(style, self.lists, text));
    }
}
