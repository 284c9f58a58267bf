use serde_json::{Value, json};
use uuid::Uuid;

use super::Aws;
use crate::Error;

impl Aws {
    /// The value of a secret, as text.
    ///
    /// # Errors
    /// When there is no such secret.
    pub async fn secret(&self, secret: &str) -> Result<String, Error> {
        let body = json!({ "SecretId": secret });
        let value = self.call("secretsmanager", "secretsmanager.GetSecretValue", &body).await?;
        let text = value["SecretString"].as_str().map(str::to_owned);
        text.ok_or(Error::Lacks { what: "the secret", field: "SecretString" })
    }

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
