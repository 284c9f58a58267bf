//! Writes small Word letters, with only what [MS-DOC] requires.

use std::io::{Cursor, Write};

use cfb::CompoundFile;

/// The offset of the words in their stream.
const WORDS: usize = 1_024;
const PAGE: usize = 512;

/// Words of the body with the same formatting.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) look: Vec<u8>,
}

/// A letter to write. Tests change its fields.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The pieces of the file. `true` means one byte for each character.
    pub(super) pieces: Vec<(Vec<Run>, bool, u16)>,
    /// Lists of modifiers before the piece table.
    pub(super) lists: Vec<Vec<u8>>,
    /// The style and modifiers of each paragraph's end mark, in order. Further paragraphs are plain.
    pub(super) paragraphs: Vec<(u16, Vec<u8>)>,
    /// Styles from the second one on: kind, base, and the modifiers of characters.
    pub(super) styles: Vec<(u16, u16, Vec<u8>)>,
    pub(super) fonts: Vec<&'static str>,
    pub(super) version: u16,
    pub(super) flags: u16,
    /// How many of the last characters belong to headers.
    pub(super) headers: u32,
    /// How many characters the file declares for text boxes.
    pub(super) boxes: u32,
    /// Whether the tables of the pieces are in the second stream. The other stream then has the same tables
    /// for a body with other words.
    pub(super) second_table: bool,
}

impl Letter {
    pub(super) fn of(runs: &[(&str, &[u8])]) -> Self {
        let run =
            |(text, look): &(&str, &[u8])| Run { text: (*text).to_owned(), look: look.to_vec() };
        let western = runs.iter().all(|(text, _)| text.is_ascii());
        Self {
            pieces: vec![(runs.iter().map(run).collect(), western, 0)],
            lists: Vec::new(),
            paragraphs: Vec::new(),
            styles: Vec::new(),
            fonts: vec!["Times New Roman", "Symbol", "Arial"],
            version: 0x00C1,
            flags: 0,
            headers: 0,
            boxes: 0,
            second_table: false,
        }
    }

    pub(super) fn file(&self) -> Vec<u8> {
        let (words, tables) = self.streams();
        let decoy =
            Letter { second_table: false, ..Letter::of(&[("OTHER WORDS ALTOGETHER\r", b"")]) };
        let other = decoy.streams().1;
        let (first, second) = if self.second_table { (other, tables) } else { (tables, other) };
        packed(&[("WordDocument", &words), ("0Table", &first), ("1Table", &second)])
    }

    /// The stream of words and the stream of tables.
    fn streams(&self) -> (Vec<u8>, Vec<u8>) {
        let mut words = vec![0; WORDS];
        let (mut places, mut looks, mut marks) = (vec![0_u32], Vec::new(), Vec::new());
        let (mut entries, mut count) = (Vec::new(), 0);
        for (runs, western, modifier) in &self.pieces {
            let start = u32::try_from(words.len()).unwrap();
            let place = if *western { (start * 2) | (1 << 30) } else { start };
            entries.extend([0, 0]);
            entries.extend(place.to_le_bytes());
            entries.extend(modifier.to_le_bytes());
            for run in runs {
                let begin = words.len();
                for unit in run.text.encode_utf16() {
                    match western {
                        true => words.push(u8::try_from(unit).unwrap()),
                        false => words.extend(unit.to_le_bytes()),
                    }
                    count += 1;
                    if [7, 12, 13].contains(&unit) {
                        marks.push(words.len());
                    }
                }
                looks.push((begin, words.len(), run.look.clone()));
            }
            places.push(count);
        }
        let body = count - self.headers;
        if marks.last() != Some(&words.len()) {
            marks.push(words.len());
        }
        let mut begin = WORDS;
        let paragraphs: Vec<(usize, usize, Vec<u8>)> = marks
            .iter()
            .enumerate()
            .map(|(number, end)| {
                let (style, list) = self.paragraphs.get(number).cloned().unwrap_or_default();
                let start = std::mem::replace(&mut begin, *end);
                (start, *end, [style.to_le_bytes().to_vec(), list].concat())
            })
            .collect();
        words.resize(words.len().next_multiple_of(PAGE), 0);
        let character_table = write_pages(&mut words, &looks, false);
        let paragraph_table = write_pages(&mut words, &paragraphs, true);
        let mut pieces = Vec::new();
        for list in &self.lists {
            pieces.push(1);
            pieces.extend(u16::try_from(list.len()).unwrap().to_le_bytes());
            pieces.extend(list);
        }
        pieces.push(2);
        pieces.extend(u32::try_from(4 * places.len() + entries.len()).unwrap().to_le_bytes());
        pieces.extend(places.iter().flat_map(|place| place.to_le_bytes()));
        pieces.extend(entries);
        let mut tables = Vec::new();
        for (number, table) in [
            (1, self.style_table()),
            (12, character_table),
            (13, paragraph_table),
            (15, self.font_table()),
            (33, pieces),
        ] {
            write_number(&mut words, 154 + 8 * number, tables.len());
            write_number(&mut words, 158 + 8 * number, table.len());
            tables.extend(table);
        }
        let flags = self.flags | if self.second_table { 0x0200 } else { 0 };
        let small = [(0, 0xA5EC), (2, self.version), (10, flags), (32, 14), (62, 22), (152, 93)];
        for (at, value) in small {
            words[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        for (at, value) in [(76, body), (84, self.headers), (100, self.boxes)] {
            write_number(&mut words, at, usize::try_from(value).unwrap());
        }
        (words, tables)
    }

    fn style_table(&self) -> Vec<u8> {
        let count = u16::try_from(1 + self.styles.len()).unwrap();
        let mut table = words_of(&[18, count, 10, 1, 0, 0, 0, 0, 0, 0]);
        let normal = (1, 0x0FFF, Vec::new());
        for (kind, base, list) in std::iter::once(&normal).chain(&self.styles) {
            // The lists before the one that modifies characters are empty.
            let lists = match kind {
                1 => 2,
                3 => 3,
                _ => 1,
            };
            let mut style = words_of(&[0, kind | base << 4, lists, 0, 0, 1, u16::from(b'N'), 0]);
            for _ in 1..lists {
                style.extend(words_of(&[2, 0]));
            }
            style.extend(u16::try_from(list.len()).unwrap().to_le_bytes());
            style.extend(list);
            table.extend(u16::try_from(style.len()).unwrap().to_le_bytes());
            table.extend(&style);
            table.extend(vec![0; style.len() % 2]);
        }
        table
    }

    fn font_table(&self) -> Vec<u8> {
        let mut table = words_of(&[u16::try_from(self.fonts.len()).unwrap(), 0]);
        for name in &self.fonts {
            let mut font = vec![0; 39];
            font.extend(name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            table.push(u8::try_from(font.len()).unwrap());
            table.extend(font);
        }
        table
    }
}

fn words_of(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn write_number(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 4].copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
}

/// Writes pages with the formatting of runs, and returns the table of these pages.
fn write_pages(words: &mut Vec<u8>, runs: &[(usize, usize, Vec<u8>)], paragraphs: bool) -> Vec<u8> {
    let (entry, few) = if paragraphs { (13, 8) } else { (1, 8) };
    let mut starts: Vec<u32> = Vec::new();
    let mut numbers: Vec<u32> = Vec::new();
    for runs in runs.chunks(few) {
        let mut page = vec![0; PAGE];
        let mut free = PAGE - 2;
        for (number, (start, end, list)) in runs.iter().enumerate() {
            write_number(&mut page, 4 * number, *start);
            write_number(&mut page, 4 * number + 4, *end);
            let length = u8::try_from(list.len()).unwrap();
            let bytes = match (paragraphs, length % 2) {
                (false, _) => [&[length], list.as_slice()].concat(),
                (true, 0) => [&[0, length / 2], list.as_slice()].concat(),
                (true, _) => [&[length / 2 + 1], list.as_slice()].concat(),
            };
            free = (free - bytes.len()) / 2 * 2;
            page[free..free + bytes.len()].copy_from_slice(&bytes);
            page[4 * (runs.len() + 1) + entry * number] = u8::try_from(free / 2).unwrap();
        }
        page[PAGE - 1] = u8::try_from(runs.len()).unwrap();
        starts.push(u32::try_from(runs[0].0).unwrap());
        numbers.push(u32::try_from(words.len() / PAGE).unwrap());
        words.extend(page);
    }
    starts.push(u32::try_from(runs.last().unwrap().1).unwrap());
    starts.iter().chain(&numbers).flat_map(|number| number.to_le_bytes()).collect()
}

/// A container with these streams.
pub(super) fn packed(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let version = cfb::Version::V3;
    let mut file = CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    for (name, content) in streams {
        file.create_stream(name).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}
