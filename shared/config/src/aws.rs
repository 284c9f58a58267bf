//! How to reach AWS.

use reqwest::Url;
use secrecy::SecretString;

use super::Reader;

/// How to reach AWS.
#[derive(Clone, Debug)]
pub struct AwsConfig {
    /// The region of the function.
    pub region: String,
    /// The credentials of the function's role.
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub session_token: Option<SecretString>,
    /// Another endpoint. Used by the local stack.
    pub endpoint: Option<Url>,
}

impl Reader<'_> {
    pub(super) fn aws(&mut self) -> AwsConfig {
        let endpoint = self.optional("AWS_ENDPOINT_URL").and_then(|_| self.url("AWS_ENDPOINT_URL"));
        AwsConfig {
            region: self.required("AWS_REGION", "an AWS region"),
            access_key_id: self.required("AWS_ACCESS_KEY_ID", "Lambda's access key"),
            secret_access_key: SecretString::from(
                self.required::<String>("AWS_SECRET_ACCESS_KEY", "Lambda's secret key"),
            ),
            session_token: self.optional("AWS_SESSION_TOKEN").map(SecretString::from),
            endpoint,
        }
    }

    pub(super) fn table(&mut self) -> String {
        self.required("TABLE_NAME", "a table's name")
    }
}
