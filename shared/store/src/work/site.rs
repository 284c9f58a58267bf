//! A site's writer. Two of our practices may share one Bp, and only one of them writes at a time.
//!
//! A site belongs to one practice, and only that practice's writer writes there. It stays the practice's when the
//! writer leaves, so most turns need no claim. Another practice takes the site over only while the owner's lane is
//! free: one transaction checks that and changes the owner. So while a writer holds the owner's lane, the owner does
//! not change.
//!
//! Earlier releases gave the site to a turn, until its lease ended. That is respected, and they respect the end of the
//! lease that is stored with the owner.

use aws_sdk_dynamodb::types::{ConditionCheck, KeysAndAttributes, TransactWriteItem, Update};
use domain::connection::Connection;
use domain::ids::{PracticeId, SiteId};
use jiff::Timestamp;
use ledger::Lease;

use super::lane::{LANE, string};
use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{CONNECTION, Item, body, key, number, practice_key, sort_key, text, work_key};
use crate::table::Store;

/// What stands before the owner's id. Holders of earlier releases are UUIDs.
const PRACTICE: &str = "practice:";
const CLAIM: &str = "SET holder = :me, leaseUntil = :until REMOVE wanted";

fn site_key(site: &SiteId) -> Item {
    key(format!("WRITER#{}", site.as_str()), "WRITER")
}

fn owner(practice: &PracticeId) -> String {
    format!("{PRACTICE}{practice}")
}

impl Store {
    /// A practice's connection, and whether this site is the practice's to write at. One consistent call.
    pub async fn connection_at(
        &self,
        practice: &PracticeId,
        site: Option<&SiteId>,
    ) -> Result<(Option<Connection>, bool), StoreError> {
        let Some(site) = site else { return Ok((self.connection(practice).await?, false)) };
        let keys = KeysAndAttributes::builder()
            .consistent_read(true)
            .keys(key(practice_key(practice), CONNECTION))
            .keys(site_key(site))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let found = self.client.batch_get_item().request_items(&self.table, keys).send().await?;
        if found.unprocessed_keys().is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Unavailable { code: "throttled".to_owned() });
        }
        let (mut connection, mut is_owner) = (None, false);
        for item in
            found.responses().and_then(|tables| tables.get(&self.table)).into_iter().flatten()
        {
            match sort_key(item)? {
                CONNECTION => connection = Some(body::<Connection>(item)?),
                _ => {
                    let known = check_format(item).is_ok();
                    is_owner = known && string(item, "holder") == Some(&owner(practice));
                }
            }
        }
        Ok((connection, is_owner))
    }

    /// Makes a site the practice's to write at. The practice's lane must be held with this lease. If another
    /// practice's writer is at work there, that writer learns on leaving that somebody waits. Returns whether the
    /// site is the practice's now. 1 write. If another practice owns the site, 1 read more, and 1 transaction or 1
    /// write.
    pub async fn claim_site(
        &self,
        practice: &PracticeId,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(site_key(site)))
            .update_expression(CLAIM)
            .only_if(
                "attribute_not_exists(leaseUntil) OR holder = :me \
                 OR (leaseUntil <= :now AND NOT begins_with(holder, :practice))",
            )
            .expression_attribute_values(":me", text(owner(practice)))
            .expression_attribute_values(":practice", text(PRACTICE))
            .expression_attribute_values(":until", number(lease.until.as_millisecond()))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .send()
            .await;
        match taken.map_err(StoreError::from) {
            Ok(_) => return Ok(true),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let Some(item) = self.found(site_key(site)).await? else { return Ok(false) };
        check_format(&item)?;
        let held_by = string(&item, "holder").unwrap_or_default();
        match held_by.strip_prefix(PRACTICE) {
            Some(other) => {
                let other = PracticeId::stored(other).map_err(|_| StoreError::Corrupt)?;
                self.take_site_over(practice, site, &other, lease, now).await
            }
            // A turn of an earlier release. It reads the word on release.
            None => self.want(site_key(site), "wanted").await,
        }
    }

    /// Takes a site over from its owner, if nobody holds the owner's lane.
    async fn take_site_over(
        &self,
        practice: &PracticeId,
        site: &SiteId,
        other: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let free = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(work_key(other), LANE)))
            .condition_expression("attribute_not_exists(leaseUntil) OR leaseUntil <= :now")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let take = Update::builder()
            .table_name(&self.table)
            .set_key(Some(site_key(site)))
            .update_expression(CLAIM)
            .only_if("holder = :other")
            .expression_attribute_values(":other", text(owner(other)))
            .expression_attribute_values(":me", text(owner(practice)))
            .expression_attribute_values(":until", number(lease.until.as_millisecond()))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let writes = vec![
            TransactWriteItem::builder().condition_check(free).build(),
            TransactWriteItem::builder().update(take).build(),
        ];
        match self.transact(writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => self.want(key(work_key(other), LANE), "siteWanted").await,
            Err(error) => Err(error),
        }
    }

    /// Tells the holder of this that somebody waits for it.
    async fn want(&self, held: Item, word: &str) -> Result<bool, StoreError> {
        let told = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(held))
            .update_expression(format!("SET {word} = :wanted"))
            .only_if("attribute_exists(holder)")
            .expression_attribute_values(":wanted", number(1))
            .send()
            .await;
        match told.map_err(StoreError::from) {
            // After a conflict, the other writer has left meanwhile.
            Ok(_) | Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
