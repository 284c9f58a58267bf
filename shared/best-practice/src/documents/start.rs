//! Reads the answer to the first query, and the list of pages of an asynchronous query.

use bytes::Bytes;
use domain::imports::About;
use halo::{Page, PageStatus, Row};

use super::bytes::decoded;
use super::types::{Document, DocumentProgress, DocumentStart};
use crate::error::BpError;
use crate::rows::Unmappable;
use crate::statements::Statement;

pub(super) fn read(rows: &[Row]) -> Result<Option<Document>, Unmappable> {
    let Some(row) = rows.first() else { return Ok(None) };
    let bytes = number(row, "Bytes")?;
    let pages = number(row, "Pages")?;
    // A replaced statement may lack these columns. The copy works without them.
    let about = About {
        dated: row.date("Dated").ok().flatten(),
        file_type: row.text("FileType").ok().flatten().map(|it| it.to_ascii_lowercase()),
    };
    let says_pages = row.value("Page").is_ok();
    let start = match (pages, bytes, rows) {
        (0, _, [_]) | (_, 0, _) => DocumentStart::WithoutBytes,
        (1, bytes, [row]) => match content(row, bytes)? {
            None => DocumentStart::Large { bytes },
            Some(content) => DocumentStart::Inline(content),
        },
        // The statement of the previous release returns one row without the pages' bytes.
        (2.., _, [_]) if !says_pages => DocumentStart::InParts,
        (2.., bytes, rows) if rows.len() as u64 == pages => several(rows, bytes)?,
        _ => return Err(Unmappable::OutOfRange("Pages")),
    };
    Ok(Some(Document { about, start }))
}

fn several(rows: &[Row], bytes: u64) -> Result<DocumentStart, Unmappable> {
    let (mut contents, mut all, mut last) = (Vec::new(), 0, None);
    for row in rows {
        let page = row.int("Page")?;
        if last.replace(page).is_some_and(|last| last >= page) {
            return Err(Unmappable::OutOfRange("Page"));
        }
        let length = number(row, "PageBytes")?;
        if length == 0 {
            // A letter with a page missing could mean something else.
            return Ok(DocumentStart::InParts);
        }
        all += length;
        contents.extend(content(row, length)?);
    }
    if all != bytes {
        return Err(Unmappable::OutOfRange("PageBytes"));
    }
    match contents.len() {
        0 => Ok(DocumentStart::Large { bytes }),
        many if many == rows.len() => Ok(DocumentStart::Pages(contents)),
        _ => Err(Unmappable::OutOfRange("Content")),
    }
}

fn number(row: &Row, column: &'static str) -> Result<u64, Unmappable> {
    u64::try_from(row.int(column)?).map_err(|_| Unmappable::OutOfRange(column))
}

/// The row's content, which must have this many bytes; nothing if the row has none.
fn content(row: &Row, bytes: u64) -> Result<Option<Bytes>, Unmappable> {
    let Some(text) = row.value("Content")?.as_str() else { return Ok(None) };
    let content = decoded(text).filter(|content| content.len() as u64 == bytes);
    content.map(Some).ok_or(Unmappable::OutOfRange("Content"))
}

/// The pages of a successful query. Halo reports success once all pages are cached. If its list says
/// otherwise, the query still counts as running.
pub(super) fn ready(mut pages: Vec<Page>) -> DocumentProgress {
    if pages.iter().any(|page| page.status != PageStatus::Cached) {
        return DocumentProgress::Running;
    }
    pages.sort_by_key(|page| page.page_number);
    let pages: Vec<u32> = pages.into_iter().map(|page| page.page_number).collect();
    if pages.is_empty() {
        return DocumentProgress::Failed(BpError::Malformed {
            statement: Statement::DocumentContent.name(),
            problem: "a successful query without pages".to_owned(),
        });
    }
    DocumentProgress::Ready { pages }
}
