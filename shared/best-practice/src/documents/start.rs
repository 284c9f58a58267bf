//! Reading the first answer, and the list of pages.

use halo::{Page, PageStatus, Row};

use super::bytes::decoded;
use super::{DocumentProgress, DocumentStart};
use crate::bp::BpError;
use crate::mapping::Unmappable;
use crate::pack::Statement;

pub(super) fn read(rows: &[Row]) -> Result<Option<DocumentStart>, Unmappable> {
    let [row] = rows else {
        return if rows.is_empty() { Ok(None) } else { Err(Unmappable::OutOfRange("Pages")) };
    };
    let bytes = u64::try_from(row.int("Bytes")?).map_err(|_| Unmappable::OutOfRange("Bytes"))?;
    let pages = row.int("Pages")?;
    Ok(Some(match (pages, bytes) {
        (0, _) | (_, 0) => DocumentStart::WithoutBytes,
        (1, bytes) => match row.value("Content")?.as_str() {
            None => DocumentStart::Large { bytes },
            Some(content) => {
                let content = decoded(content).ok_or(Unmappable::OutOfRange("Content"))?;
                if content.len() as u64 != bytes {
                    return Err(Unmappable::OutOfRange("Content"));
                }
                DocumentStart::Inline(content)
            }
        },
        (2.., _) => DocumentStart::InParts,
        _ => return Err(Unmappable::OutOfRange("Pages")),
    }))
}

/// The pages of a successful query. Halo says success once all are cached; a list that says
/// otherwise is not waited out page by page.
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
