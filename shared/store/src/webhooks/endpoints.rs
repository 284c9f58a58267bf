//! Registering, changing and deleting endpoints.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use domain::ids::PlatformId;
use domain::webhooks::{Endpoint, EndpointAudit, EndpointId, EndpointLane, MOST_ENDPOINTS};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{Item, body, exact_instant, item, key, number, readable, sort_key, text};
use crate::table::Store;

const ENDPOINT: &str = "ENDPOINT#";
const COUNT: &str = "COUNT";

/// An endpoint as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptEndpoint {
    /// The platform's id of it.
    pub id: EndpointId,
    /// The endpoint.
    pub endpoint: Endpoint,
    version: u64,
}

impl KeptEndpoint {
    /// An endpoint that is not in a table, for doubles of the store.
    #[must_use]
    pub fn new(id: EndpointId, endpoint: Endpoint) -> Self {
        Self { id, endpoint, version: 1 }
    }

    /// The endpoint's lane.
    #[must_use]
    pub fn lane(&self, platform: &PlatformId) -> EndpointLane {
        EndpointLane {
            platform: platform.clone(),
            endpoint: self.id.clone(),
            instance: self.endpoint.instance,
        }
    }
}

/// Whether an endpoint was registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registered {
    /// It was.
    New,
    /// The platform has one with this id, or has the most endpoints already.
    No,
}

fn platform_key(platform: &PlatformId) -> String {
    format!("ENDPOINTS#{}", platform.as_str())
}

fn endpoint_key(platform: &PlatformId, id: &EndpointId) -> Item {
    key(platform_key(platform), format!("{ENDPOINT}{id}"))
}

fn read(item: &Item) -> Result<KeptEndpoint, StoreError> {
    let id = sort_key(item)?.strip_prefix(ENDPOINT).ok_or(StoreError::Corrupt)?;
    let version = item.get("version").and_then(|it| it.as_n().ok()).and_then(|it| it.parse().ok());
    Ok(KeptEndpoint {
        id: EndpointId::parse(id).map_err(|_| StoreError::Corrupt)?,
        endpoint: body(item)?,
        version: version.ok_or(StoreError::Corrupt)?,
    })
}

impl Store {
    /// A platform's endpoints, in the order of their ids. One consistent query.
    pub async fn endpoints(&self, platform: &PlatformId) -> Result<Vec<KeptEndpoint>, StoreError> {
        let found = self
            .partition(platform_key(platform))
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(ENDPOINT))
            .send()
            .await?;
        Ok(readable(found.items(), read))
    }

    /// One endpoint. One consistent read.
    pub async fn endpoint(
        &self,
        platform: &PlatformId,
        id: &EndpointId,
    ) -> Result<Option<KeptEndpoint>, StoreError> {
        let found = self.found(endpoint_key(platform, id)).await?;
        found.as_ref().map(read).transpose()
    }

    /// Registers an endpoint. One transaction.
    pub async fn register_endpoint(
        &self,
        platform: &PlatformId,
        id: &EndpointId,
        endpoint: &Endpoint,
    ) -> Result<Registered, StoreError> {
        let mut new = item(platform_key(platform), format!("{ENDPOINT}{id}"), endpoint)?;
        new.insert("version".to_owned(), number(1));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(new))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let put = TransactWriteItem::builder().put(put).build();
        match self.transact(vec![put, self.count(platform, 1)?]).await {
            Ok(()) => Ok(Registered::New),
            Err(StoreError::Conflict) => Ok(Registered::No),
            Err(error) => Err(error),
        }
    }

    /// Replaces an endpoint if it has not changed since it was read. One write.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has.
    pub async fn save_endpoint(
        &self,
        platform: &PlatformId,
        kept: &KeptEndpoint,
    ) -> Result<(), StoreError> {
        let KeptEndpoint { id, endpoint, version } = kept;
        let mut changed = item(platform_key(platform), format!("{ENDPOINT}{id}"), endpoint)?;
        changed.insert("version".to_owned(), number(version + 1));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(changed))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(*version))
            .send()
            .await?;
        Ok(())
    }

    /// Deletes an endpoint. Its lane and its events are left: the sender deletes the lane, and the events
    /// expire. One transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is no such endpoint.
    pub async fn delete_endpoint(
        &self,
        platform: &PlatformId,
        id: &EndpointId,
    ) -> Result<(), StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(endpoint_key(platform, id)))
            .only_if("attribute_exists(pk)")
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        self.transact(vec![delete, self.count(platform, -1)?]).await
    }

    fn count(&self, platform: &PlatformId, more: i32) -> Result<TransactWriteItem, StoreError> {
        let most = i64::try_from(MOST_ENDPOINTS).unwrap_or(i64::MAX) - i64::from(more);
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(platform_key(platform), COUNT)))
            .update_expression("ADD endpoints :more")
            .only_if("attribute_not_exists(endpoints) OR endpoints <= :most")
            .expression_attribute_values(":more", number(more))
            .expression_attribute_values(":most", number(most))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().update(count).build())
    }

    /// Appends a line to the platform's own audit trail. Call this before the change.
    pub async fn audit_platform(
        &self,
        platform: &PlatformId,
        record: &EndpointAudit,
        retention: SignedDuration,
    ) -> Result<(), StoreError> {
        let pk = format!("PLATFORMAUDIT#{}", platform.as_str());
        let sk = format!("{}#{}", exact_instant(record.at), Uuid::new_v4());
        let mut line = item(pk, sk, record)?;
        line.insert("expiresAt".to_owned(), number((record.at + retention).as_second()));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(line))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await?;
        Ok(())
    }
}
