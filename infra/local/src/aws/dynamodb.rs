use serde_json::{Value, json};

use super::Aws;
use crate::Error;

impl Aws {
    /// Every item of a table, in DynamoDB's own JSON (`{"pk": {"S": "..."}}`).
    ///
    /// # Errors
    /// When there is no such table.
    pub async fn scan(&self, table: &str) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        loop {
            let mut page = self.call("dynamodb", "DynamoDB_20120810.Scan", &request).await?;
            if let Value::Array(found) = page["Items"].take() {
                items.extend(found);
            }
            match page["LastEvaluatedKey"].take() {
                Value::Null => return Ok(items),
                key => request["ExclusiveStartKey"] = key,
            }
        }
    }

    /// Deletes an item by its key attributes, in DynamoDB's own JSON.
    ///
    /// # Errors
    /// When there is no such table.
    pub async fn delete_item(&self, table: &str, key: &Value) -> Result<(), Error> {
        let request = json!({ "TableName": table, "Key": key });
        self.call("dynamodb", "DynamoDB_20120810.DeleteItem", &request).await.map(|_| ())
    }
}
