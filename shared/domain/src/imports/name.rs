//! Names of the files that people download.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::item::Item;
use super::request::Selection;
use crate::attachments::Folder;

/// A name with the document's folder and day, such as `Correspondence In 2026-03-14 (2).pdf`. It says nothing
/// of the patient, because it appears in links and in download folders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileName {
    stem: String,
    extension: String,
}

impl FileName {
    /// The name of the file's text rendition.
    #[must_use]
    pub fn of_text(&self) -> Self {
        Self { stem: self.stem.clone(), extension: "txt".to_owned() }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.stem, self.extension)
    }
}

/// The names of an import's copies, in the order of its items. `None` for an item that is not staged. Copies
/// of the same folder and day are numbered in that order, so a number may change until all are staged.
pub fn file_names<'i>(
    items: impl IntoIterator<Item = (&'i Selection, &'i Item)>,
) -> Vec<Option<FileName>> {
    let mut seen: BTreeMap<(Folder, Option<Date>), u32> = BTreeMap::new();
    items
        .into_iter()
        .map(|(selection, item)| {
            let Item::Staged(copy) = item else { return None };
            let number = seen.entry((selection.folder, copy.dated)).or_default();
            *number += 1;
            let day = copy.dated.map_or("undated".to_owned(), |day| day.to_string());
            let mut stem = format!("{} {day}", selection.folder.words());
            if *number > 1 {
                stem.push_str(&format!(" ({number})"));
            }
            Some(FileName { stem, extension: copy.extension.clone() })
        })
        .collect()
}
