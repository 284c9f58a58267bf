//! A large document's bytes, part by part. If a part is missing, incomplete or out of order, the result is an
//! error, never wrong bytes.

use std::collections::VecDeque;

use base64_simd::STANDARD;
use bytes::Bytes;
use domain::ids::HaloGuid;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use halo::{Deadline, Error, HaloClient, Row, Uuid};

use super::types::{DocumentError, DocumentPart};
use crate::client::BpClient;
use crate::error::{BpError, error_of};
use crate::rows::Unmappable;
use crate::statements::Statement;

/// How often a page is fetched before the document fails.
const ATTEMPTS: u32 = 4;

impl BpClient {
    /// The bytes of a document whose request is ready, in order, part by part. The stream ends after the
    /// document or after its first error. The document is complete only if the stream ends without an
    /// error. A page that breaks off is fetched again while the deadline allows.
    pub fn document_bytes(
        &self,
        guid: HaloGuid,
        query: Uuid,
        pages: Vec<u32>,
        deadline: Deadline,
    ) -> impl Stream<Item = Result<DocumentPart, DocumentError>> + Send + use<> {
        let reader = Reader {
            halo: self.halo.clone(),
            site: guid.0,
            query,
            pages: pages.into(),
            rows: None,
            failures: 0,
            deadline,
            assembly: Assembly::default(),
        };
        stream::unfold(Some(reader), |reader| async move {
            let mut reader = reader?;
            let part = reader.next().await?;
            let rest = part.is_ok().then_some(reader);
            Some((part, rest))
        })
    }
}

struct Reader {
    halo: HaloClient,
    site: Uuid,
    query: Uuid,
    /// The current page, and those after it.
    pages: VecDeque<u32>,
    rows: Option<BoxStream<'static, Result<Row, Error>>>,
    /// How often the current page has broken off.
    failures: u32,
    deadline: Deadline,
    assembly: Assembly,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<DocumentPart, DocumentError>> {
        loop {
            let Some(&page) = self.pages.front() else {
                return self.assembly.check_complete().err().map(Err);
            };
            let Some(rows) = &mut self.rows else {
                match self.halo.page_rows(self.site, self.query, page, self.deadline).await {
                    Ok(rows) => self.rows = Some(rows.boxed()),
                    Err(error) => return Some(Err(failed(error))),
                }
                continue;
            };
            match rows.next().await {
                Some(Ok(row)) => match self.assembly.next_part(&row) {
                    Ok(Some(part)) => return Some(Ok(part)),
                    // This part was read before the page broke off.
                    Ok(None) => {}
                    Err(error) => return Some(Err(error)),
                },
                Some(Err(error)) => {
                    self.rows = None;
                    self.failures += 1;
                    if self.failures >= ATTEMPTS || !error.is_passing() {
                        return Some(Err(failed(error)));
                    }
                    self.assembly.again();
                }
                None => {
                    self.rows = None;
                    self.failures = 0;
                    self.pages.pop_front();
                    self.assembly.end_page();
                }
            }
        }
    }
}

fn failed(error: Error) -> DocumentError {
    match error {
        Error::Gone | Error::NotFound => DocumentError::Lost,
        error => DocumentError::Bp(error_of(Statement::DocumentContent, error)),
    }
}

/// The parts so far, and which part must come next.
#[derive(Debug, Default)]
struct Assembly {
    /// What every part repeats: the number of pages, and the bytes of all pages together.
    announced: Option<(i64, u64)>,
    /// The page of the document that is being read.
    current: Option<Current>,
    /// How many pages have begun.
    pages: u32,
    bytes: u64,
    /// The parts of Halo's page so far, as (page, part). `again` counts those seen again after the page
    /// broke off and is read once more.
    seen: Vec<(i64, i64)>,
    again: Option<usize>,
}

/// A page of the document.
#[derive(Debug)]
struct Current {
    /// Bp's number of it.
    page: i64,
    /// How many parts it has.
    parts: i64,
    next: i64,
}

impl Assembly {
    /// Starts Halo's page again from its beginning.
    fn again(&mut self) {
        self.again = Some(0);
    }

    /// Ends Halo's page.
    fn end_page(&mut self) {
        self.seen.clear();
        self.again = None;
    }

    /// The next part, or nothing for a part that was seen before.
    fn next_part(&mut self, row: &Row) -> Result<Option<DocumentPart>, DocumentError> {
        self.read(row).map_err(|problem| malformed(&problem.to_string()))
    }

    fn read(&mut self, row: &Row) -> Result<Option<DocumentPart>, Unmappable> {
        let (part, parts) = (row.int("Part")?, row.int("Parts")?);
        let bytes =
            u64::try_from(row.int("Bytes")?).map_err(|_| Unmappable::OutOfRange("Bytes"))?;
        // A replaced statement may support one page only.
        let (page, pages) = match row.value("Page") {
            Ok(_) => (row.int("Page")?, row.int("Pages")?),
            Err(_) => (1, 1),
        };
        if *self.announced.get_or_insert((pages, bytes)) != (pages, bytes) {
            return Err(Unmappable::OutOfRange("Pages"));
        }
        if let Some(again) = self.again.filter(|again| *again < self.seen.len()) {
            self.again = Some(again + 1);
            let is_it = self.seen[again] == (page, part);
            return if is_it { Ok(None) } else { Err(Unmappable::OutOfRange("Part")) };
        }
        let begins = match &self.current {
            Some(current) if current.page == page => {
                if current.parts != parts || current.next != part {
                    return Err(Unmappable::OutOfRange("Part"));
                }
                false
            }
            Some(current) if current.next != current.parts || current.page > page => {
                return Err(Unmappable::OutOfRange("Page"));
            }
            _ => true,
        };
        if part >= parts || begins && part != 0 {
            return Err(Unmappable::OutOfRange("Part"));
        }
        let content = row.value("Content")?.as_str().and_then(decoded);
        let content = content.ok_or(Unmappable::OutOfRange("Content"))?;
        self.bytes += content.len() as u64;
        if content.is_empty() || self.bytes > bytes {
            return Err(Unmappable::OutOfRange("Content"));
        }
        self.pages += u32::from(begins);
        self.current = Some(Current { page, parts, next: part + 1 });
        self.seen.push((page, part));
        let pages = u32::try_from(pages).map_err(|_| Unmappable::OutOfRange("Pages"))?;
        if self.pages > pages {
            return Err(Unmappable::OutOfRange("Pages"));
        }
        Ok(Some(DocumentPart { page: self.pages, pages, bytes: content }))
    }

    /// Checks that the document is complete.
    fn check_complete(&self) -> Result<(), DocumentError> {
        let (Some(announced), Some(current)) = (self.announced, &self.current) else {
            return Err(DocumentError::Changed);
        };
        let is_whole = announced == (i64::from(self.pages), self.bytes);
        if is_whole && current.next == current.parts {
            Ok(())
        } else {
            Err(malformed("the parts are not all that was announced"))
        }
    }
}

fn malformed(problem: &str) -> DocumentError {
    DocumentError::Bp(BpError::Malformed {
        statement: Statement::DocumentContent.name(),
        problem: problem.to_owned(),
    })
}

/// Decodes base64 as SQL Server writes it.
pub(super) fn decoded(text: &str) -> Option<Bytes> {
    STANDARD.decode_to_vec(text).ok().map(Bytes::from)
}
