//! An import as its caller sees it.

use domain::attachments::Folder;
use domain::ids::DocumentId;
use domain::imports::{Category, FileName, ImportId, ImportState, Item};
use jiff::Timestamp;
use serde::Serialize;
use store::{ImportRecord, StoredItem};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// An import of documents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    import_id: String,
    state: ImportState,
    #[schema(value_type = String, format = DateTime)]
    requested_at: Timestamp,
    /// When nothing of it will be kept any more.
    #[schema(value_type = String, format = DateTime)]
    kept_until: Timestamp,
    /// In the order in which they were asked for.
    items: Vec<ImportItemView>,
}

/// Where a document of an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ImportItemState {
    /// Its turn has not come, or something stands in the way that passes by itself: see `problem`.
    Queued,
    /// The practice prepares it, or its bytes are coming.
    Fetching,
    /// It can be downloaded.
    Staged,
    /// It cannot be had: see `problem`.
    Failed,
    /// The import was cancelled.
    Cancelled,
    /// The copy is no longer kept, or the practice has moved to another Bp since.
    Expired,
}

/// A document of an import.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportItemView {
    folder: Folder,
    document_id: DocumentId,
    #[schema(value_type = Option<String>)]
    category: Option<Category>,
    state: ImportItemState,
    /// The size of the copy; while it is fetched, how much has come.
    bytes: Option<u64>,
    /// By the copy's content.
    content_type: Option<String>,
    /// What the download is called: the document's folder and date, and nothing of a patient. Of several
    /// with one folder and date the second is numbered (2); the numbers are final when the import is.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// The copy's hash, in hexadecimal digits.
    sha256: Option<String>,
    /// Downloads the copy, without a token. Ask again for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    download_url: Option<String>,
    /// Until when the link works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Until when the copy is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    kept_until: Option<Timestamp>,
    /// The words of a letter in rich text or of Word (`doc` since Word 97, `docx`), as plain text. A power
    /// is written 10^9. Pictures and footers are not in it, nor are a Word letter's headers, notes and
    /// numbers of lists. There is none where words alone would say something else, where some are struck
    /// out for example. It is kept as long as the copy; the copy is what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    rendition: Option<RenditionView>,
    /// What stands in the way, or stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// A document's words as plain text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenditionView {
    content_type: String,
    bytes: u64,
    /// The text's hash, in hexadecimal digits.
    sha256: String,
    /// What the download is called.
    file_name: String,
    /// Downloads the text, without a token. Ask again for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    download_url: Option<String>,
    /// Until when the link works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Links to a copy and the text beside it.
#[derive(Default)]
pub(super) struct Links {
    pub(super) copy: Option<Link>,
    pub(super) rendition: Option<Link>,
}

/// A link to a copy.
pub(super) struct Link {
    pub(super) url: String,
    pub(super) expires_at: Timestamp,
}

impl ImportView {
    pub(super) fn new(id: &ImportId, state: ImportState, record: &ImportRecord) -> Self {
        Self {
            import_id: id.as_str().to_owned(),
            state,
            requested_at: record.import.asked_at,
            kept_until: record.expires_at,
            items: Vec::with_capacity(record.items.len()),
        }
    }

    pub(super) fn has_links(&self) -> bool {
        self.items.iter().any(|item| item.download_url.is_some())
    }

    /// Adds a document; `kept_until` only where its copy is still kept.
    pub(super) fn add(
        &mut self,
        item: &StoredItem,
        cancelled: bool,
        kept_until: Option<Timestamp>,
        name: Option<&FileName>,
        links: Links,
    ) {
        let mut view = ImportItemView {
            folder: item.selection.folder,
            document_id: item.selection.document_id,
            category: item.selection.category.clone(),
            state: ImportItemState::Cancelled,
            bytes: None,
            content_type: None,
            file_name: None,
            sha256: None,
            download_url: None,
            expires_at: None,
            kept_until,
            rendition: None,
            problem: None,
        };
        match &item.state {
            // The import is; its documents follow one by one.
            _ if cancelled => {}
            Item::Queued(effort) => {
                view.state = ImportItemState::Queued;
                view.problem = effort.obstacle().map(|problem| Problem::new(problem).body());
            }
            Item::Fetching(fetching) => {
                view.state = ImportItemState::Fetching;
                view.bytes = Some(fetching.received());
            }
            Item::Staged(copy) => {
                view.state = match kept_until {
                    Some(_) => ImportItemState::Staged,
                    None => ImportItemState::Expired,
                };
                view.bytes = Some(copy.bytes);
                view.content_type = Some(copy.content_type.clone());
                view.sha256 = Some(copy.sha256.clone());
                view.file_name = name.map(ToString::to_string);
                (view.download_url, view.expires_at) = parts(links.copy);
                // Of a copy that is no longer kept nothing is.
                if let (Some(text), Some(name), Some(_)) = (&copy.rendition, name, kept_until) {
                    let (download_url, expires_at) = parts(links.rendition);
                    view.rendition = Some(RenditionView {
                        content_type: text.content_type.clone(),
                        bytes: text.bytes,
                        sha256: text.sha256.clone(),
                        file_name: name.of_text().to_string(),
                        download_url,
                        expires_at,
                    });
                }
            }
            Item::Failed(failure) => {
                view.state = ImportItemState::Failed;
                view.problem = Some(Problem::new(failure.problem).body());
            }
            Item::Cancelled { .. } => {}
        }
        self.items.push(view);
    }
}

fn parts(link: Option<Link>) -> (Option<String>, Option<Timestamp>) {
    link.map(|link| (link.url, link.expires_at)).unzip()
}
