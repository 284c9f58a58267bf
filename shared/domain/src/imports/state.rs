//! The state of a whole import.

use serde::Serialize;
use utoipa::ToSchema;

use super::item::Item;

/// The state of an import, from all its documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportState {
    /// Some documents are not finished.
    Running,
    /// Every document is staged.
    Complete,
    /// Some documents are staged, some failed.
    PartlyFailed,
    /// No document is staged.
    Failed,
    /// Somebody cancelled it. Nothing of it is kept.
    Cancelled,
}

impl ImportState {
    /// Its name in answers and events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::PartlyFailed => "partlyFailed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of an import that nobody cancelled.
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
