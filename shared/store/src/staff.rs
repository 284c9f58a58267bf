//! A practice's staff list. It has a partition of its own, because it is long and rarely read.

use domain::connection::Database;
use domain::ids::PracticeId;
use domain::staff::{Register, StaffList};
use jiff::Timestamp;

use crate::error::StoreError;
use crate::item::{Item, body, item, key, number};
use crate::table::Store;

const LIST: &str = "LIST";
const REPLACE_TRIES: u32 = 5;

/// A staff list with its version.
#[derive(Clone, Debug, Default)]
pub struct KeptStaff {
    pub list: StaffList,
    /// Rises with every write. 0 if no list is stored yet.
    pub version: i64,
}

fn staff_key(practice: &PracticeId) -> String {
    format!("STAFF#{practice}")
}

pub(crate) fn staff_item(
    practice: &PracticeId,
    list: &StaffList,
    version: i64,
) -> Result<Item, StoreError> {
    let mut kept = item(staff_key(practice), LIST, list)?;
    kept.insert("version".to_owned(), number(version));
    Ok(kept)
}

impl Store {
    /// A practice's staff list. One consistent read.
    pub async fn staff(&self, practice: &PracticeId) -> Result<KeptStaff, StoreError> {
        let found = self.found(key(staff_key(practice), LIST)).await?;
        let Some(item) = &found else { return Ok(KeptStaff::default()) };
        let version = item
            .get("version")
            .and_then(|version| version.as_n().ok())
            .and_then(|version| version.parse().ok())
            .ok_or(StoreError::Corrupt)?;
        Ok(KeptStaff { list: body(item)?, version })
    }

    /// Replaces a practice's staff list, unless it has changed since it was read. One write.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed.
    pub async fn save_staff(
        &self,
        practice: &PracticeId,
        list: &StaffList,
        seen: i64,
    ) -> Result<(), StoreError> {
        let kept = staff_item(practice, list, seen + 1)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(kept));
        let put = match seen {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            _ => put
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", number(seen)),
        };
        put.send().await?;
        Ok(())
    }

    /// Stores how a list matches Bp's users. If the list was replaced meanwhile, matches and stores the
    /// newer list. One write.
    ///
    /// # Errors
    /// When the table does not answer, or the list is replaced again and again.
    pub async fn sync_staff(
        &self,
        practice: &PracticeId,
        mut kept: KeptStaff,
        register: &Register,
        site: &Database,
        now: Timestamp,
    ) -> Result<StaffList, StoreError> {
        for _ in 0..REPLACE_TRIES {
            let synced = kept.list.synced(register, site, now);
            match self.save_staff(practice, &synced, kept.version).await {
                Ok(()) => return Ok(synced),
                Err(StoreError::Conflict) => kept = self.staff(practice).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}
