//! Imports of a patient's documents: what was requested, and the state of each document.

mod copy;
mod item;
mod name;
mod request;
mod state;
#[cfg(test)]
mod tests;

pub use copy::{About, Place, StagedCopy, StagedRendition};
pub use item::{Claim, Effort, Failure, Fetching, Item, Lease, Patience};
pub use name::{FileName, file_names};
pub use request::{Category, Import, ImportId, NoSelections, Selection, Selections};
pub use state::ImportState;
