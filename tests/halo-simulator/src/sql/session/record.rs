//! Finds out which rows a statement changes.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::super::SqlError;
use super::super::catalog::Table;
use super::super::compile::Compiled;
use super::super::convert::Val;
use super::super::locks::ChangedRow;
use super::super::undo::{Reversal, inserted};
use super::Session;

/// The changed rows, as locks and as rollbacks need them.
#[derive(Default)]
pub(super) struct Record {
    pub(super) rows: Vec<ChangedRow>,
    pub(super) reversals: Vec<Reversal>,
}

impl Session<'_> {
    /// Runs a change and finds out which rows it changed. `before` reads the rows of an UPDATE or DELETE.
    pub(super) fn recorded<T>(
        &mut self,
        table: &Rc<Table>,
        before: Option<&Compiled>,
        body: &mut impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<(T, Record), SqlError> {
        let keys = self.keys(table)?;
        let mut old: HashMap<i64, Vec<Val>> = HashMap::new();
        if let Some(before) = before {
            for mut row in self.fetch(before, "SELECT")? {
                if let Some(Val::Integer(number)) = row.first() {
                    let number = *number;
                    row.remove(0);
                    old.insert(number, row);
                }
            }
        }
        let (result, inserted) = inserted(|| body(self));
        let value = result?;
        let mut record = Record::default();
        let changed = |row, images| ChangedRow { object: Arc::clone(&keys.object), row, images };
        if before.is_none() {
            for (row, image) in self.rows_numbered(&keys, &inserted)? {
                record.rows.push(changed(row, vec![image]));
                record.reversals.push(Reversal::Insert { keys: Arc::clone(&keys), row });
            }
            return Ok((value, record));
        }
        let numbers: Vec<i64> = old.keys().copied().collect();
        let now: HashMap<i64, _> = self.rows_numbered(&keys, &numbers)?.into_iter().collect();
        for (row, before) in old {
            let mut images = vec![keys.image(&before)];
            let keys = Arc::clone(&keys);
            match now.get(&row) {
                Some(image) => {
                    images.push(image.clone());
                    record.reversals.push(Reversal::Update { keys, row, before });
                }
                None => record.reversals.push(Reversal::Delete { keys, row, before }),
            }
            record.rows.push(changed(row, images));
        }
        Ok((value, record))
    }
}
