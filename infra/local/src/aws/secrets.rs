use serde_json::{Value, json};
use uuid::Uuid;

use super::Aws;
use crate::Error;

impl Aws {
    /// Replaces the value of a secret.
    ///
    /// # Errors
    /// When there is no such secret.
    pub async fn put_secret(&self, secret: &str, value: &Value) -> Result<(), Error> {
        let body = json!({
            "SecretId": secret,
            "SecretString": value.to_string(),
            "ClientRequestToken": Uuid::new_v4(),
        });
        self.call("secretsmanager", "secretsmanager.PutSecretValue", &body).await.map(drop)
    }
}
