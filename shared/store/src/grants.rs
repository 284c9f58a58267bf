//! Stores grants at the site that they are for. [`domain::grant`] explains what a grant is.
//!
//! A practice keeps the sites where it has let platforms in. So it still finds its grants after it has left a site.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::connection::{Connection, Standing};
use domain::grant::Grant;
use domain::ids::{PracticeId, SiteId};
use domain::pairing::Attempt;
use uuid::Uuid;

use crate::audit::{AuditItem, audit_item};
use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{CONNECTION, Item, body, item, key, number, practice_key};
use crate::table::Store;

/// The sites where a practice has let platforms in. A practice has few sites, so these items stay.
const GRANTED_AT: &str = "GRANTED#";

fn grants_key(site: &SiteId) -> String {
    format!("GRANT#{site}")
}

fn grant_key(grant: &Grant) -> Item {
    key(grants_key(&grant.site_id), format!("{}#{}", grant.platform, grant.granted_by))
}

fn grant_item(grant: &Grant) -> Result<Item, StoreError> {
    let sk = format!("{}#{}", grant.platform, grant.granted_by);
    let mut kept = item(grants_key(&grant.site_id), sk, grant)?;
    // A grant that was used stays, so that the connection can be ended by it.
    if grant.used.is_none() {
        kept.insert("expiresAt".to_owned(), number(grant.expires_at().as_second()));
    }
    Ok(kept)
}

const IS_UNUSED: &str = "#body.id = :id AND attribute_not_exists(#body.used)";

impl Store {
    /// All grants for a site, of any age, in the order of their platforms. One consistent query.
    pub async fn grants_at(&self, site: &SiteId) -> Result<Vec<Grant>, StoreError> {
        let mut grants = Vec::new();
        let mut start = None;
        loop {
            let page =
                self.partition(grants_key(site)).set_exclusive_start_key(start).send().await?;
            for item in page.items() {
                grants.push(body(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(grants);
            }
        }
    }

    /// All grants that a practice has given, of any age, at any site. `here` is the site that it has now.
    pub async fn grants_by(
        &self,
        practice: &PracticeId,
        here: Option<&SiteId>,
    ) -> Result<Vec<Grant>, StoreError> {
        let granted_at = self.beginning_with(practice, GRANTED_AT).send().await?;
        let mut sites: Vec<SiteId> =
            granted_at.items().iter().map(body).collect::<Result<_, _>>()?;
        // An earlier build kept no list of sites.
        if let Some(here) = here.filter(|here| !sites.contains(here)) {
            sites.push(here.clone());
        }
        let mut grants = Vec::new();
        for site in &sites {
            let at_site = self.grants_at(site).await?;
            grants.extend(at_site.into_iter().filter(|grant| grant.granted_by == *practice));
        }
        Ok(grants)
    }

    /// Stores a new grant in place of the one that was seen, with its line of the audit trail.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the grant has changed since it was seen.
    pub async fn save_grant(
        &self,
        grant: &Grant,
        seen: Option<Uuid>,
        line: &AuditItem,
    ) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(grant_item(grant)?));
        let put = match seen {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(id) => put
                .only_if("#body.id = :id")
                .expression_attribute_names("#body", "body")
                .expression_attribute_values(":id", serde_dynamo::to_attribute_value(id)?),
        };
        let put = put.build().map_err(|_| StoreError::Corrupt)?;
        let place = format!("{GRANTED_AT}{}", grant.site_id);
        let place = self.put(item(practice_key(&grant.granted_by), place, &grant.site_id)?)?;
        let line = self.put(audit_item(&grant.granted_by, line)?)?;
        self.transact(vec![TransactWriteItem::builder().put(put).build(), place, line]).await
    }

    /// Deletes a grant as it was seen, with its line of the audit trail.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has been used, replaced or deleted meanwhile.
    pub async fn delete_grant(&self, grant: &Grant, line: &AuditItem) -> Result<(), StoreError> {
        let condition = if grant.used.is_some() { "#body.id = :id" } else { IS_UNUSED };
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(grant_key(grant)))
            .only_if(condition)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(grant.id)?)
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let line = self.put(audit_item(&grant.granted_by, line)?)?;
        self.transact(vec![TransactWriteItem::builder().delete(delete).build(), line]).await
    }

    /// Connects a practice by a grant: the connection, the end of the attempt, the use of the grant and a line in
    /// the audit trail of the practice that granted, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the grant has been used or withdrawn meanwhile, if the practice that granted is no
    /// longer connected as it was, or if the attempt is no longer the practice's current one.
    pub async fn complete_granted(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
        (grant, line): (&Grant, &AuditItem),
    ) -> Result<(), StoreError> {
        let used = grant.clone().used_by(practice.clone(), connection);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(grant_item(&used)?))
            .only_if(IS_UNUSED)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(grant.id)?)
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        // Writes what stands there, to have a condition: the practice that granted is still connected as it was.
        let paired = serde_dynamo::to_attribute_value(Standing::Paired)?;
        let backed = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(&grant.granted_by), CONNECTION)))
            .update_expression("SET #body.standing = :paired")
            .only_if("#body.pairedAt = :pairedAt AND #body.standing = :paired")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":paired", paired)
            .expression_attribute_values(
                ":pairedAt",
                serde_dynamo::to_attribute_value(grant.paired_at)?,
            )
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let mut writes = self.completion(practice, attempt, connection, moved).await?;
        writes.push(TransactWriteItem::builder().update(backed).build());
        writes.push(TransactWriteItem::builder().put(put).build());
        writes.push(self.put(audit_item(&grant.granted_by, line)?)?);
        self.transact(writes).await
    }
}
