//! Counts failed pairings for each person, platform, practice and site.
//!
//! A try is counted before Halo is called, and taken back if it did not fail. So several tries at the
//! same moment cannot exceed the limit. If the process dies in between, its try stays counted.

use domain::pairing::LimitScope;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, key, number};
use crate::table::Store;

const FAILURES: &str = "failures";
const ENDS: &str = "windowEnds";
/// How often counting is repeated if others count at the same moment.
const COUNT_TRIES: u32 = 4;

/// A counted try.
#[derive(Clone, Debug, PartialEq)]
pub struct Reserved {
    key: Item,
    ends: Timestamp,
}

/// No try is allowed before `until`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limited {
    /// When the window ends.
    pub until: Timestamp,
}

fn limit_key(scope: LimitScope, id: &str) -> Item {
    let scope = match scope {
        LimitScope::Person => "PERSON",
        LimitScope::Platform => "PLATFORM",
        LimitScope::Practice => "PRACTICE",
        LimitScope::Site => "SITE",
    };
    key(format!("LIMIT#{scope}#{id}"), "PAIRING")
}

impl Store {
    /// Counts a try.
    ///
    /// # Errors
    /// When the table does not answer. The inner error says when the next try is allowed.
    pub async fn reserve_try(
        &self,
        scope: LimitScope,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<Reserved, Limited>, StoreError> {
        let key = limit_key(scope, id);
        for _ in 0..COUNT_TRIES {
            let found = self.found(key.clone()).await?;
            found.as_ref().map(check_format).transpose()?;
            let ends = found.as_ref().and_then(|item| whole(item, ENDS)).unwrap_or_default();
            let failures =
                found.as_ref().and_then(|item| whole(item, FAILURES)).unwrap_or_default();
            let ends = Timestamp::from_millisecond(ends).unwrap_or_default();
            let counted = if ends <= now {
                let ends = now.saturating_add(LimitScope::WINDOW).unwrap_or(Timestamp::MAX);
                self.open_window(&key, now, ends).await.map(|()| ends)
            } else if failures < i64::from(scope.most()) {
                self.add_try(&key, scope.most(), ends).await.map(|()| ends)
            } else {
                return Ok(Err(Limited { until: ends }));
            };
            match counted {
                Ok(ends) => return Ok(Ok(Reserved { key, ends })),
                Err(StoreError::Conflict) => crate::transaction::pause().await,
                Err(error) => return Err(error),
            }
        }
        // Only a program makes so many tries at the same moment.
        Ok(Err(Limited { until: now.saturating_add(LimitScope::WINDOW).unwrap_or(now) }))
    }

    async fn open_window(
        &self,
        key: &Item,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<(), StoreError> {
        let mut window = key.clone();
        window.insert(FAILURES.to_owned(), number(1));
        window.insert(ENDS.to_owned(), number(ends.as_millisecond()));
        window.insert("expiresAt".to_owned(), number(ends.as_second()));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(window))
            .only_if("attribute_not_exists(pk) OR windowEnds <= :now")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .send()
            .await?;
        Ok(())
    }

    async fn add_try(&self, key: &Item, most: u32, ends: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.clone()))
            .update_expression("SET failures = failures + :one")
            .only_if("failures < :most AND windowEnds = :ends")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":ends", number(ends.as_millisecond()))
            .send()
            .await?;
        Ok(())
    }

    /// Takes a counted try back, because it did not fail.
    ///
    /// # Errors
    /// When the table does not answer. The try then counts until the window ends.
    pub async fn give_back_try(&self, reserved: &Reserved) -> Result<(), StoreError> {
        let given = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(reserved.key.clone()))
            .update_expression("SET failures = failures - :one")
            .only_if("failures > :none AND windowEnds = :ends")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":ends", number(reserved.ends.as_millisecond()))
            .send()
            .await
            .map_err(StoreError::from);
        match given {
            // After a conflict, another window has begun.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn whole(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
}
