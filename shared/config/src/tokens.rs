//! Configuration of the authorizer.

use reqwest::Url;

use super::{ConfigError, Reader, of_process};

/// Which tokens are accepted.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// `iss` of every token.
    pub issuer: String,
    /// Where the issuer publishes its keys.
    pub jwks_url: Url,
    /// `aud` of people's ID tokens.
    pub people_client: String,
    /// `client_id` of platforms' access tokens.
    pub platform_client: String,
}

impl TokenConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let issuer = reader.required("TOKEN_ISSUER", "an issuer");
        let jwks_url = reader.url("JWKS_URL");
        let people_client = reader.required("PEOPLE_CLIENT_ID", "an app client's id");
        let platform_client = reader.required("PLATFORM_CLIENT_ID", "an app client's id");
        let config =
            jwks_url.map(|jwks_url| Self { issuer, jwks_url, people_client, platform_client });
        reader.finish(config)
    }
}
