use serde_json::{Value, json};

use super::Aws;
use crate::Error;

const SERVICE: &str = "cognito-idp";
const ANSWER: &str = "Cognito's answer";

impl Aws {
    async fn cognito(&self, operation: &str, body: &Value) -> Result<Value, Error> {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        self.call(SERVICE, &target, body).await
    }

    /// Creates a person with a permanent password.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn create_person(
        &self,
        pool: &str,
        email: &str,
        password: &str,
        practice_id: &str,
        platform: Option<&str>,
    ) -> Result<(), Error> {
        let mut attributes = vec![
            json!({ "Name": "email", "Value": email }),
            json!({ "Name": "email_verified", "Value": "true" }),
            json!({ "Name": "custom:practice_id", "Value": practice_id }),
        ];
        if let Some(platform) = platform {
            attributes.push(json!({ "Name": "custom:platform_id", "Value": platform }));
        }
        self.cognito(
            "AdminCreateUser",
            &json!({
                "UserPoolId": pool,
                "Username": email,
                "MessageAction": "SUPPRESS",
                // MiniStack's own temporary password may be too short for the policy.
                "TemporaryPassword": password,
                "UserAttributes": attributes,
            }),
        )
        .await?;
        self.cognito(
            "AdminSetUserPassword",
            &json!({
                "UserPoolId": pool, "Username": email, "Password": password, "Permanent": true,
            }),
        )
        .await?;
        Ok(())
    }

    /// Puts a person into a group.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn add_to_group(&self, pool: &str, email: &str, group: &str) -> Result<(), Error> {
        let body = json!({ "UserPoolId": pool, "Username": email, "GroupName": group });
        self.cognito("AdminAddUserToGroup", &body).await.map(drop)
    }

    /// A fresh ID token of a person.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn id_token(
        &self,
        pool: &str,
        client: &str,
        email: &str,
        password: &str,
    ) -> Result<String, Error> {
        let body = json!({
            "UserPoolId": pool,
            "ClientId": client,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": email, "PASSWORD": password },
        });
        let answer = self.cognito("AdminInitiateAuth", &body).await?;
        text(&answer["AuthenticationResult"]["IdToken"], "AuthenticationResult.IdToken")
    }

    /// The secret of a server's app client.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn client_secret(&self, pool: &str, client: &str) -> Result<String, Error> {
        let body = json!({ "UserPoolId": pool, "ClientId": client });
        let described = self.cognito("DescribeUserPoolClient", &body).await?;
        text(&described["UserPoolClient"]["ClientSecret"], "ClientSecret")
    }

    /// Where servers get their tokens.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        format!("{}/oauth2/token", self.endpoint)
    }

    /// A fresh access token of a platform's server, by client credentials.
    ///
    /// # Errors
    /// When Cognito refuses.
    pub async fn client_token(
        &self,
        pool: &str,
        client: &str,
        scopes: &str,
    ) -> Result<String, Error> {
        let secret = self.client_secret(pool, client).await?;
        let request = self
            .http
            .post(self.token_endpoint())
            .basic_auth(client, Some(secret))
            .form(&[("grant_type", "client_credentials"), ("scope", scopes)]);
        let answer = self.answer("POST /oauth2/token", request).await?;
        let answer: Value = serde_json::from_str(&answer).map_err(Error::malformed(ANSWER))?;
        text(&answer["access_token"], "access_token")
    }
}

fn text(value: &Value, field: &'static str) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or(Error::Lacks { what: ANSWER, field })
}
