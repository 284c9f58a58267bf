//! The file of a Word letter: a container with one stream of words and one of tables. The first part of the
//! words' stream says where each table is ([MS-DOC] 2.5, the file information block).

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::bytes::{part, u16_at, u32_at, usize_at};

/// The largest container whose header lists all of its allocation sectors: 109 sectors of 512 bytes, with 128
/// entries each.
pub const LARGEST_DOC: usize = 109 * 128 * 512;

/// The offset of the file information block's lists of offsets and lengths.
const PLACES: usize = 154;

/// The tables that are read, by their place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Styles = 1,
    CharacterPages = 12,
    ParagraphPages = 13,
    Fonts = 15,
    Pieces = 33,
}

/// An open letter.
#[derive(Debug)]
pub(super) struct File {
    /// The stream `WordDocument`: the words and their formatting.
    pub(super) words: Vec<u8>,
    /// The stream `0Table` or `1Table`.
    tables: Vec<u8>,
    /// How many characters the body has. Headers, notes and comments follow it.
    pub(super) body: u32,
}

impl File {
    pub(super) fn open(file: &[u8]) -> Option<Self> {
        // Further lists of sectors could name the same sector many times. No letter needs them.
        let further = u32_at(file, 68)?;
        if file.len() > LARGEST_DOC || !matches!(further, 0xFFFF_FFFE | 0xFFFF_FFFF) {
            return None;
        }
        let mut container = CompoundFile::open(Cursor::new(file)).ok()?;
        let words = stream(&mut container, "/WordDocument", file.len())?;
        let base = Base::read(&words)?;
        let name = if base.has_second_table { "/1Table" } else { "/0Table" };
        let tables = stream(&mut container, name, file.len())?;
        Some(Self { words, tables, body: base.body })
    }

    pub(super) fn table(&self, table: Table) -> Option<&[u8]> {
        let entry = PLACES + 8 * table as usize;
        part(&self.tables, usize_at(&self.words, entry)?, usize_at(&self.words, entry + 4)?)
    }
}

/// The file information block's values for the whole letter.
struct Base {
    body: u32,
    has_second_table: bool,
}

impl Base {
    /// `None` for older versions of Word, for encrypted letters, and if there are words outside the body.
    fn read(words: &[u8]) -> Option<Self> {
        const WORD: u16 = 0xA5EC;
        const WORD_97: u16 = 0x00C1;
        const BLOCKS_OF_TEXT: u16 = 0x0002;
        const ENCRYPTED: u16 = 0x0100;
        const SECOND_TABLE: u16 = 0x0200;
        const OBFUSCATED: u16 = 0x8000;
        let flags = u16_at(words, 10)?;
        let is_known = u16_at(words, 0)? == WORD
            && u16_at(words, 2)? >= WORD_97
            && flags & (BLOCKS_OF_TEXT | ENCRYPTED | OBFUSCATED) == 0;
        // The lengths of the block's three parts, as all versions since Word 97 write them.
        let is_whole =
            u16_at(words, 32)? == 14 && u16_at(words, 62)? == 22 && u16_at(words, 152)? >= 93;
        // The text of boxes follows the body, and nothing says where it is shown.
        let boxed = u32_at(words, 100)?;
        let body = u32_at(words, 76)?;
        (is_known && is_whole && boxed == 0 && body > 0 && i32::try_from(body).is_ok())
            .then_some(Self { body, has_second_table: flags & SECOND_TABLE != 0 })
    }
}

/// A whole stream. It is not longer than the file.
fn stream(
    container: &mut CompoundFile<Cursor<&[u8]>>,
    name: &str,
    limit: usize,
) -> Option<Vec<u8>> {
    let length = usize::try_from(container.entry(name).ok()?.len()).ok()?;
    if length > limit {
        return None;
    }
    let mut bytes = Vec::with_capacity(length);
    container.open_stream(name).ok()?.read_to_end(&mut bytes).ok()?;
    (bytes.len() == length).then_some(bytes)
}
