//! What a transaction holds, and what it keeps others from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::convert::Val;
use super::application::Application;

/// A table with its database, as `BPSPatients.APPOINTMENTS`.
pub(crate) type Object = Arc<str>;

/// The strength of a lock.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Mode {
    Shared,
    Update,
    Exclusive,
}

impl Mode {
    pub(crate) fn excludes(self, other: Self) -> bool {
        self == Self::Exclusive
            || other == Self::Exclusive
            || (self == Self::Update && other == Self::Update)
    }

    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Shared => "S",
            Self::Update => "U",
            Self::Exclusive => "X",
        }
    }
}

/// The values of a row's indexed columns, by the column's position in the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Image(pub(crate) Vec<(usize, Val)>);

/// The part of an index that a statement reads: these columns have one of these values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seek {
    pub(crate) columns: Vec<SeekColumn>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeekColumn {
    pub(crate) position: usize,
    pub(crate) name: String,
    pub(crate) values: Vec<Val>,
}

impl Seek {
    /// Whether the row is in this part of the index.
    fn finds(&self, row: &Image) -> bool {
        self.columns.iter().all(|column| {
            row.0.iter().any(|(position, value)| {
                *position == column.position && column.values.contains(value)
            })
        })
    }

    /// Whether both can mean the same empty place. Rows are compared one by one, so parts of different
    /// indexes meet only in rows.
    fn meets(&self, other: &Self) -> bool {
        let mut shared = 0;
        for column in &self.columns {
            let Some(same) = other.columns.iter().find(|it| it.position == column.position) else {
                continue;
            };
            if !column.values.iter().any(|value| same.values.contains(value)) {
                return false;
            }
            shared += 1;
        }
        shared > 0 && (shared == self.columns.len() || shared == other.columns.len())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }
}

/// A value in the form in which values are compared: SQL Server ignores case and trailing blanks.
pub(crate) fn comparable(value: Val) -> Val {
    match value {
        Val::Text(text) => Val::Text(text.trim_end_matches(' ').to_lowercase()),
        other => other,
    }
}

/// How long a reader keeps its locks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keep {
    /// Until the row is read.
    Nothing,
    /// Rows, until the end of the transaction.
    Rows,
    /// Rows and the places between them, until the end of the transaction.
    Range,
}

/// What a statement reads of one table.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) object: Object,
    /// `None` reads the whole table.
    pub(crate) seek: Option<Seek>,
    pub(crate) mode: Mode,
    pub(crate) keep: Keep,
}

/// A row that a statement has changed.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRow {
    pub(crate) object: Object,
    pub(crate) row: i64,
    /// Before and after.
    pub(crate) images: Vec<Image>,
}

#[derive(Debug)]
pub(super) struct RowLock {
    pub(super) mode: Mode,
    /// How the row was found; empty for a changed row.
    pub(super) by: Vec<String>,
    images: Vec<Image>,
}

#[derive(Debug)]
pub(super) struct RangeLock {
    pub(super) object: Object,
    pub(super) seek: Seek,
    pub(super) mode: Mode,
}

/// The locks of one session.
#[derive(Debug, Default)]
pub(super) struct Holder {
    pub(super) rows: HashMap<(Object, i64), RowLock>,
    pub(super) ranges: Vec<RangeLock>,
    pub(super) tables: BTreeMap<Object, Mode>,
    pub(super) applications: Vec<Application>,
    pub(super) statement: Option<String>,
    /// `SET DEADLOCK_PRIORITY`: the lowest is the victim.
    pub(super) priority: i32,
    /// How many changes a rollback would undo.
    pub(super) changes: usize,
    pub(super) waits_for: Vec<u64>,
    pub(super) victim: bool,
    pub(super) interrupted: bool,
}

impl Holder {
    /// Whether it holds anything that another session can meet.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.ranges.is_empty() && self.tables.is_empty()
    }

    pub(super) fn stops_access(&self, access: &Access) -> bool {
        if self.tables.get(&access.object).is_some_and(|mode| mode.excludes(access.mode)) {
            return true;
        }
        let row = |(object, _): &(Object, i64), lock: &RowLock| {
            *object == access.object
                && lock.mode.excludes(access.mode)
                && access
                    .seek
                    .as_ref()
                    .is_none_or(|seek| lock.images.iter().any(|it| seek.finds(it)))
        };
        self.rows.iter().any(|(key, lock)| row(key, lock))
            || self.ranges.iter().any(|range| {
                range.object == access.object
                    && range.mode.excludes(access.mode)
                    && access.seek.as_ref().is_none_or(|seek| seek.meets(&range.seek))
            })
    }

    pub(super) fn stops_change(&self, changed: &ChangedRow) -> bool {
        self.tables.contains_key(&changed.object)
            || self.rows.contains_key(&(Arc::clone(&changed.object), changed.row))
            || self.ranges.iter().any(|range| {
                range.object == changed.object
                    && changed.images.iter().any(|image| range.seek.finds(image))
            })
    }

    /// Keeps what a statement has read. `rows` are the rows that the access finds.
    pub(super) fn keep(&mut self, access: &Access, rows: Vec<(i64, Image)>) {
        let Some(seek) = &access.seek else {
            let mode = self.tables.entry(Arc::clone(&access.object)).or_insert(access.mode);
            *mode = access.mode.max(*mode);
            return;
        };
        for (row, image) in rows {
            self.lock_row(&access.object, row, access.mode, seek.names(), vec![image]);
        }
        let known = |range: &RangeLock| {
            range.object == access.object && range.seek == *seek && range.mode >= access.mode
        };
        if access.keep == Keep::Range && !self.ranges.iter().any(known) {
            let (object, seek) = (Arc::clone(&access.object), seek.clone());
            self.ranges.push(RangeLock { object, seek, mode: access.mode });
        }
    }

    pub(super) fn changed(&mut self, changed: ChangedRow) {
        let ChangedRow { object, row, images } = changed;
        self.lock_row(&object, row, Mode::Exclusive, Vec::new(), images);
    }

    fn lock_row(
        &mut self,
        object: &Object,
        row: i64,
        mode: Mode,
        by: Vec<String>,
        images: Vec<Image>,
    ) {
        let key = (Arc::clone(object), row);
        let lock = self.rows.entry(key).or_insert(RowLock { mode, by, images: Vec::new() });
        lock.mode = lock.mode.max(mode);
        for image in images {
            if !lock.images.contains(&image) {
                lock.images.push(image);
            }
        }
    }

    /// Ends a transaction. Locks whose owner is the session stay.
    pub(super) fn release(&mut self) {
        self.rows.clear();
        self.ranges.clear();
        self.tables.clear();
        self.applications.retain(|lock| lock.of_session);
        self.changes = 0;
    }
}
