//! Reading entries.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{BodyHash, Entry, Work, WorkKey, WorkKind};
use super::lane::{integer, string};
use crate::error::StoreError;
use crate::format::check_format;
use crate::item::{Item, body, instant, key, number, readable, sort_key, text, work_key};
use crate::table::Store;

const OPEN: &str = "open";
const LISTED: &str = "listed";

/// Which entries of a practice to list.
#[derive(Clone, Debug)]
pub struct WorkList {
    /// Of this kind.
    pub kind: WorkKind,
    /// In this state, in the order of their listing. `None` for all states, in the order of their ids.
    pub state: Option<&'static str>,
    /// Whether the order within a state is ascending. If not, it is descending.
    pub ascending: bool,
    /// Only entries listed at this text or after it (see [`super::Listing::by`]). Needs a state.
    pub from: Option<String>,
    /// Only entries listed before this text. Needs a state.
    pub to: Option<String>,
    /// The largest number of entries.
    pub limit: u16,
}

/// Where the next page begins.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorkCursor {
    sk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed: Option<String>,
}

impl WorkCursor {
    /// Where the last entry of the page is listed within its state: the text that it is sorted by, and its
    /// id.
    pub(crate) fn place(&self) -> &str {
        self.listed.as_deref().map(Self::of_listed).unwrap_or_default()
    }

    /// The same place of an entry with this key in the index `listed`.
    pub(crate) fn of_listed(listed: &str) -> &str {
        listed.splitn(3, '#').nth(2).unwrap_or_default()
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct WorkPage {
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// How many entries cannot be read. They are left out of `entries`, and logged.
    pub left_out: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<WorkCursor>,
}

/// Entries with something to do.
#[derive(Clone, Debug, Default)]
pub struct OpenWork {
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// Whether a newer release wrote some of the entries, in a format that this one does not know. They
    /// are left out of `entries`, but there is something to do.
    pub newer: bool,
}

impl Store {
    /// One entry. One consistent read.
    pub async fn work(
        &self,
        practice: &PracticeId,
        key: &WorkKey,
    ) -> Result<Option<Entry>, StoreError> {
        let found = self.found(crate::item::key(work_key(practice), key.sort_key())).await?;
        found.as_ref().map(read).transpose()
    }

    /// The parts of an entry. A part's id is the entry's own id, a full stop and a suffix. One
    /// consistent query.
    ///
    /// # Errors
    /// When the table does not answer, or a part cannot be read.
    pub async fn parts(
        &self,
        practice: &PracticeId,
        whole: &WorkKey,
    ) -> Result<Vec<Entry>, StoreError> {
        let query = self
            .partition(work_key(practice))
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(format!("{}.", whole.sort_key())));
        let mut parts = Vec::new();
        let mut start = None;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await?;
            for item in page.items() {
                parts.push(read(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(parts);
            }
        }
    }

    /// A page of entries by kind and state. One query. One entry that cannot be read does not hide the
    /// others.
    pub async fn list_work(
        &self,
        practice: &PracticeId,
        list: &WorkList,
        after: Option<&WorkCursor>,
    ) -> Result<WorkPage, StoreError> {
        let prefix = match list.state {
            Some(state) => format!("{}#{state}#", list.kind.as_str()),
            None => format!("{}#", list.kind.as_str()),
        };
        let bounds = list.state.filter(|_| list.from.is_some() || list.to.is_some());
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(i32::from(list.limit.max(1)))
            .expression_attribute_values(":pk", text(work_key(practice)));
        query = match (list.state, bounds) {
            (None, _) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
            (Some(_), None) => query
                .index_name(LISTED)
                .scan_index_forward(list.ascending)
                .key_condition_expression("pk = :pk AND begins_with(listed, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
            (Some(_), Some(_)) => query
                .index_name(LISTED)
                .scan_index_forward(list.ascending)
                .key_condition_expression("pk = :pk AND listed BETWEEN :from AND :to")
                .expression_attribute_values(
                    ":from",
                    text(format!("{prefix}{}", list.from.as_deref().unwrap_or_default())),
                )
                .expression_attribute_values(
                    ":to",
                    // The default sorts after everything with this prefix.
                    text(format!("{prefix}{}", list.to.as_deref().unwrap_or("~"))),
                ),
        };
        if let Some(after) = after {
            let mut start = key(work_key(practice), &after.sk);
            if let Some(listed) = &after.listed {
                start.insert(LISTED.to_owned(), text(listed));
            }
            query = query.set_exclusive_start_key(Some(start));
        }
        let found = query.send().await?;
        let entries = readable(found.items(), read);
        let left_out = found.items().len() - entries.len();
        let next = found.last_evaluated_key().map(cursor).transpose()?;
        Ok(WorkPage { entries, left_out, next })
    }

    /// Entries with something to do, in the order in which they are due. Entries that are due later than
    /// now come last. One consistent query, at most `limit` entries.
    pub async fn open_work(
        &self,
        practice: &PracticeId,
        limit: u16,
    ) -> Result<OpenWork, StoreError> {
        let query = self.partition(work_key(practice)).index_name(OPEN);
        open(query, limit).await
    }

    /// Entries with something to do until `until`, in the reverse order. They begin with what arrived
    /// since the lane was parked. One consistent query, at most `limit` entries.
    pub async fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        let query = self
            .partition(work_key(practice))
            .index_name(OPEN)
            .scan_index_forward(false)
            .key_condition_expression("pk = :pk AND #open <= :until")
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_values(":until", text(open_bound(until)));
        Ok(open(query, limit).await?.entries)
    }
}

/// The first `limit` entries that can be read. An entry that cannot be read must not hold up the
/// practice's others, even if it comes first. One query, and one more only if entries were left out or
/// are large.
async fn open(query: QueryFluentBuilder, limit: u16) -> Result<OpenWork, StoreError> {
    let mut found = OpenWork::default();
    let mut start = None;
    loop {
        let missing = usize::from(limit) - found.entries.len();
        let page = query
            .clone()
            .limit(i32::try_from(missing).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        found.entries.extend(readable(page.items(), read));
        let is_newer = |item: &Item| check_format(item) == Err(StoreError::NewerFormat);
        found.newer |= page.items().iter().any(is_newer);
        start = page.last_evaluated_key;
        if start.is_none() || found.entries.len() >= usize::from(limit) {
            return Ok(found);
        }
    }
}

/// A key of the index that sorts after every entry that is due at this instant or earlier.
fn open_bound(until: Timestamp) -> String {
    format!("{}~", instant(until))
}

fn cursor(start: &HashMap<String, AttributeValue>) -> Result<WorkCursor, StoreError> {
    let sk = string(start, "sk").ok_or(StoreError::Corrupt)?.to_owned();
    Ok(WorkCursor { sk, listed: string(start, LISTED).map(str::to_owned) })
}

/// The item of an entry.
pub(super) fn write(
    practice: &PracticeId,
    entry: &Entry<impl Serialize>,
) -> Result<Item, StoreError> {
    let sk = entry.key.sort_key();
    let mut item = crate::item::item(work_key(practice), sk.clone(), &entry.body)?;
    item.insert("version".to_owned(), number(entry.version));
    item.insert("revision".to_owned(), number(entry.revision));
    item.insert("hash".to_owned(), text(&entry.hash.0));
    item.insert("acceptedAt".to_owned(), text(entry.accepted_at.to_string()));
    item.insert("work".to_owned(), serde_dynamo::to_attribute_value(&entry.work)?);
    item.insert(LISTED.to_owned(), text(&entry.listed));
    if let Some(due) = entry.due {
        item.insert(OPEN.to_owned(), text(format!("{}#{sk}", instant(due))));
        item.insert("dueExactly".to_owned(), text(due.to_string()));
    }
    Ok(item)
}

pub(super) fn read(item: &Item) -> Result<Entry, StoreError> {
    let count = |name: &str| {
        integer(item, name).and_then(|it| u64::try_from(it).ok()).ok_or(StoreError::Corrupt)
    };
    let words = |name: &str| string(item, name).ok_or(StoreError::Corrupt);
    let moment = |text: &str| text.parse::<Timestamp>().map_err(|_| StoreError::Corrupt);
    let work = item.get("work").ok_or(StoreError::Corrupt)?;
    Ok(Entry {
        key: WorkKey::parse(sort_key(item)?).ok_or(StoreError::Corrupt)?,
        body: body::<Value>(item)?,
        version: count("version")?,
        revision: count("revision")?,
        hash: BodyHash(words("hash")?.to_owned()),
        accepted_at: moment(words("acceptedAt")?)?,
        work: serde_dynamo::from_attribute_value::<_, Work>(work.clone())?,
        due: string(item, "dueExactly").map(moment).transpose()?,
        listed: words(LISTED)?.to_owned(),
    })
}
