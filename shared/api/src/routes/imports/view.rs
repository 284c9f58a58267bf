//! An import as its caller sees it.

use domain::attachments::Folder;
use domain::ids::DocumentId;
use domain::imports::{Category, ImportId, ImportState, Item};
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
    /// What stands in the way, or stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
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
        link: Option<Link>,
    ) {
        let mut view = ImportItemView {
            folder: item.selection.folder,
            document_id: item.selection.document_id,
            category: item.selection.category.clone(),
            state: ImportItemState::Cancelled,
            bytes: None,
            content_type: None,
            sha256: None,
            download_url: None,
            expires_at: None,
            kept_until,
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
                (view.download_url, view.expires_at) =
                    link.map(|link| (link.url, link.expires_at)).unzip();
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
