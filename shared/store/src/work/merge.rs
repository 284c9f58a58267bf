//! Reads several lists of a practice's work as one, a page at a time.
//!
//! Each list is sorted by place: the text by which an entry is listed, and its id. The pages follow the places of
//! all lists together, so an entry that changes its state between two pages is neither lost nor shown twice.

use std::collections::BTreeMap;

use domain::ids::PracticeId;
use serde::de::DeserializeOwned;

use super::list::{WorkCursor, WorkList};
use crate::error::StoreError;
use crate::table::Store;

/// One of the lists.
pub(crate) struct Strand {
    pub(crate) list: WorkList,
    /// What stands before the place in the listing of this list's entries.
    pub(crate) group: &'static str,
    after: Option<WorkCursor>,
}

impl Strand {
    pub(crate) fn new(list: WorkList, group: &'static str) -> Self {
        Self { list, group, after: None }
    }

    /// The place of the last entry that was read. `None` if none was read.
    fn reached(&self) -> Option<&str> {
        self.after.as_ref().map(|after| place(after.place(), self.group))
    }
}

fn place<'a>(listed: &'a str, group: &str) -> &'a str {
    listed.strip_prefix(group).unwrap_or(listed)
}

/// Which entries of these lists to find.
pub(crate) struct Merge<W> {
    pub(crate) strands: Vec<Strand>,
    /// Whether the places ascend. If not, they descend.
    pub(crate) ascending: bool,
    /// Only entries after this place.
    pub(crate) after: Option<String>,
    /// The largest number of entries.
    pub(crate) most: usize,
    /// After how many entries the reading stops, even if few of them are wanted.
    pub(crate) most_read: usize,
    /// Which entries are wanted.
    pub(crate) wanted: W,
}

/// A page of several lists.
pub(crate) struct Merged<T> {
    /// The entities, in order.
    pub(crate) found: Vec<T>,
    /// The place after which the next page begins, if there is one.
    pub(crate) next: Option<String>,
    /// How many entries cannot be read. They are left out of `found`, and logged.
    pub(crate) left_out: usize,
}

impl<W> Merge<W> {
    fn is_before(&self, one: &str, other: &str) -> bool {
        if self.ascending { one < other } else { one > other }
    }
}

impl Store {
    /// Reads one page. Costs one query for each list, and one more whenever a list must be read further to know
    /// which entries come first.
    pub(crate) async fn merged<T: DeserializeOwned>(
        &self,
        practice: &PracticeId,
        mut merge: Merge<impl Fn(&T) -> bool>,
    ) -> Result<Merged<T>, StoreError> {
        let mut found: BTreeMap<String, T> = BTreeMap::new();
        let (mut read, mut left_out) = (0, 0);
        let mut stopped_at: Option<String> = None;
        let mut unread = std::mem::take(&mut merge.strands);
        loop {
            // The list that was read least far. Lists that were not read at all come first.
            let least = (0..unread.len()).reduce(|one, other| {
                let is_less = match (unread[one].reached(), unread[other].reached()) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(one), Some(other)) => !merge.is_before(other, one),
                };
                if is_less { one } else { other }
            });
            let Some(least) = least else { break };
            if let Some(reached) = unread[least].reached() {
                // What is still unread does not come before this place.
                let certain = found.keys().filter(|place| merge.is_before(place, reached)).count();
                if certain > merge.most {
                    break;
                }
                if read >= merge.most_read {
                    stopped_at = Some(reached.to_owned());
                    break;
                }
            }
            let strand = &mut unread[least];
            let page = self.list_work(practice, &strand.list, strand.after.as_ref()).await?;
            read += page.entries.len() + page.left_out;
            left_out += page.left_out;
            for entry in page.entries {
                let listed = WorkCursor::of_listed(&entry.listed).to_owned();
                let place = place(&listed, strand.group);
                let is_passed =
                    merge.after.as_deref().is_some_and(|after| !merge.is_before(after, place));
                let Some(entry) = entry.readable::<T>() else {
                    left_out += 1;
                    continue;
                };
                if !is_passed && (merge.wanted)(&entry.body) {
                    found.insert(place.to_owned(), entry.body);
                }
            }
            strand.after = page.next;
            if strand.after.is_none() {
                unread.remove(least);
            }
        }
        if let Some(stopped_at) = &stopped_at {
            found.retain(|place, _| !merge.is_before(stopped_at, place));
        }
        let mut ordered: Vec<(String, T)> = found.into_iter().collect();
        if !merge.ascending {
            ordered.reverse();
        }
        let more = ordered.len() > merge.most;
        ordered.truncate(merge.most);
        let last = ordered.last().map(|(place, _)| place.clone());
        let next = if more { last } else { stopped_at };
        let found = ordered.into_iter().map(|(_, entity)| entity).collect();
        Ok(Merged { found, next, left_out })
    }
}
