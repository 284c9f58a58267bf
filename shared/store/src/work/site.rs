//! A site's writer. Two of our practices may share one Bp, and only one of them writes at a time.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::ids::SiteId;
use jiff::Timestamp;
use ledger::{Holder, Lease};

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{Item, key, number, text};
use crate::table::Store;

fn site_key(site: &SiteId) -> Item {
    key(format!("WRITER#{}", site.as_str()), "WRITER")
}

impl Store {
    /// Makes the lease's holder the only writer of a site. If another writer has the site, that writer
    /// learns on release that somebody waits. Returns whether the claim succeeded. 1 write, or 2 if
    /// another writer has the site.
    pub async fn claim_site(
        &self,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(site_key(site)))
            .update_expression("SET holder = :holder, leaseUntil = :until REMOVE wanted")
            .only_if("attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR holder = :holder")
            .expression_attribute_values(":holder", text(&lease.holder.0))
            .expression_attribute_values(":until", number(lease.until.as_millisecond()))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .send()
            .await;
        match taken.map_err(StoreError::from) {
            Ok(_) => return Ok(true),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let word = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(site_key(site)))
            .update_expression("SET wanted = :wanted")
            .only_if("attribute_exists(holder)")
            .expression_attribute_values(":wanted", number(1))
            .send()
            .await;
        match word.map_err(StoreError::from) {
            // After a conflict, the other writer has released the site meanwhile.
            Ok(_) | Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Releases a site. Returns whether another writer waits for it. 1 write.
    pub async fn release_site(&self, site: &SiteId, holder: &Holder) -> Result<bool, StoreError> {
        let left = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(site_key(site)))
            .only_if("holder = :holder")
            .expression_attribute_values(":holder", text(&holder.0))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match left.map_err(StoreError::from) {
            Ok(left) => Ok(left.attributes().is_some_and(|item| item.contains_key("wanted"))),
            // Our lease has ended, and another writer has the site.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
