//! Where an import stands as a whole.

use serde::Serialize;
use utoipa::ToSchema;

use super::item::Item;

/// Where an import stands, all its documents together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportState {
    /// Something is still to be done.
    Running,
    /// Every document is staged.
    Complete,
    /// Some are, some failed.
    PartlyFailed,
    /// None is.
    Failed,
    /// Somebody cancelled it; nothing of it is kept.
    Cancelled,
}

impl ImportState {
    /// Of an import that nobody cancelled, by its documents.
    #[must_use]
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>) -> Self {
        let (mut open, mut staged, mut failed) = (false, false, false);
        for item in items {
            match item {
                Item::Queued(_) | Item::Fetching(_) => open = true,
                Item::Staged(_) => staged = true,
                Item::Failed(_) | Item::Cancelled { .. } => failed = true,
            }
        }
        match (open, staged, failed) {
            (true, _, _) => Self::Running,
            (false, true, false) => Self::Complete,
            (false, true, true) => Self::PartlyFailed,
            (false, false, _) => Self::Failed,
        }
    }
}
