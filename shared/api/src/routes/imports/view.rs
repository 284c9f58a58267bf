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
pub(crate) struct ImportView {
    import_id: String,
    state: ImportState,
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    requested_at: Timestamp,
    /// When the import and its copies are removed.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
    kept_until: Timestamp,
    /// In the order of the request.
    items: Vec<ImportItemView>,
}

/// The state of a document of an import.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ImportItemState {
    /// Waits for its turn, or until an obstacle has gone: see `problem`.
    Queued,
    /// The practice prepares the document, or it is being copied.
    Fetching,
    /// The copy can be downloaded.
    Staged,
    /// The document could not be copied: see `problem`.
    Failed,
    /// The import was cancelled.
    Cancelled,
    /// The copy was removed, or the practice has moved to another Bp since.
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
    /// The size of the copy. While it is fetched, how much has arrived.
    bytes: Option<u64>,
    /// The content type, determined from the copy's bytes.
    content_type: Option<String>,
    /// The name of the download: the document's folder and date, without anything about the patient. If
    /// several documents have the same folder and date, the second is numbered (2). The numbers are final
    /// once the import is finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file_name: Option<String>,
    /// The SHA-256 of the copy, in hexadecimal digits.
    sha256: Option<String>,
    /// A link that downloads the copy without a token. Each request for the import gives a new link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    download_url: Option<String>,
    /// When the link expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    expires_at: Option<Timestamp>,
    /// When the copy is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    kept_until: Option<Timestamp>,
    /// The words of a letter in rich text or Word (`docx`), for readers who cannot open the file. A power is
    /// written as 10^9. Pictures and footers are left out, as are headers, notes and list numbers of Word
    /// letters. There is no rendition if the words alone would change the meaning, for example if some are
    /// struck out. It is kept as long as the copy. The copy is the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rendition: Option<RenditionView>,
    /// Why the document waits or has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
}

/// A document's words as plain text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenditionView {
    content_type: String,
    bytes: u64,
    /// The SHA-256 of the text, in hexadecimal digits.
    sha256: String,
    /// The name of the download.
    file_name: String,
    /// A link that downloads the text without a token. Each request for the import gives a new link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    download_url: Option<String>,
    /// When the link expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    expires_at: Option<Timestamp>,
}

/// Links to a copy and to its text.
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

    /// Adds a document. `kept_until` is only given if its copy is still kept.
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
            // The import is cancelled. Its documents are cancelled one by one.
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
                // The text is removed together with the copy.
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
