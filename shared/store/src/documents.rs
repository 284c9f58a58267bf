//! Documents that were announced for upload, under the platform's own ids.

use domain::delivery::{ClientId, StoredDocument};
use domain::ids::PracticeId;
use jiff::SignedDuration;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{Item, body, item, key, number};
use crate::table::Store;

fn documents_key(practice: &PracticeId) -> String {
    format!("DOCUMENT#{practice}")
}

impl Store {
    /// Stores an announced document, unless its id is taken. Then returns the document that has the id.
    /// A document that expires in less than `useful` gives up its id, because the uploader needs time to
    /// send. Its item may still exist, because DynamoDB does not delete expired items at once.
    pub async fn announce_document(
        &self,
        practice: &PracticeId,
        document: &StoredDocument,
        kept: SignedDuration,
        useful: SignedDuration,
    ) -> Result<StoredDocument, StoreError> {
        let id = &document.announced.document_id;
        let mut announced = item(documents_key(practice), id.as_str(), document)?;
        announced
            .insert("expiresAt".to_owned(), number((document.announced_at + kept).as_second()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(announced))
            .only_if("attribute_not_exists(pk) OR expiresAt < :useless")
            .expression_attribute_values(
                ":useless",
                number((document.announced_at + useful).as_second()),
            )
            .send()
            .await
            .map_err(StoreError::from);
        match put {
            Ok(_) => Ok(document.clone()),
            // The document may expire between the two calls. Then nobody has the id any more.
            Err(StoreError::Conflict) => {
                self.document(practice, id).await?.ok_or(StoreError::Conflict)
            }
            Err(error) => Err(error),
        }
    }

    /// An announced document. One consistent read.
    pub async fn document(
        &self,
        practice: &PracticeId,
        id: &ClientId,
    ) -> Result<Option<StoredDocument>, StoreError> {
        self.get(key(documents_key(practice), id.as_str())).await
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        key: Item,
    ) -> Result<Option<T>, StoreError> {
        let found = self.found(key).await?;
        found.as_ref().map(body).transpose()
    }
}
