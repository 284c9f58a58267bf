//! Configuration of the authorizer.

use reqwest::Url;

use super::{ConfigError, Platforms, Reader, of_process};

/// Which tokens are accepted.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// `iss` of every token.
    pub issuer: String,
    /// Where the issuer publishes its keys.
    pub jwks_url: Url,
    /// `aud` of people's ID tokens.
    pub people_client: String,
    /// Whose servers and people may call.
    pub platforms: Platforms,
}

impl TokenConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let issuer = reader.required("TOKEN_ISSUER", "an issuer");
        let jwks_url = reader.url("JWKS_URL");
        let people_client = reader.required("PEOPLE_CLIENT_ID", "an app client's id");
        let platforms = reader.platforms("PLATFORMS");
        if platforms.iter().any(|it| it.issuer.as_ref().is_some_and(|it| it.issuer == issuer)) {
            reader.problems.push("PLATFORMS names the user pool as a platform's issuer".to_owned());
        }
        let config = jwks_url.map(|jwks_url| Self { issuer, jwks_url, people_client, platforms });
        reader.finish(config)
    }
}

impl Reader<'_> {
    pub(super) fn platforms(&mut self, name: &str) -> Platforms {
        let text: String = self.required(name, "a list of platforms");
        if text.is_empty() {
            return Platforms::default();
        }
        text.parse().unwrap_or_else(|wrong| {
            self.problems.push(format!("{name} {wrong}"));
            Platforms::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorizer_does_not_start_with_platforms_that_it_cannot_read() {
        let read = |platforms: &'static str| {
            TokenConfig::from(&move |name| {
                Some(match name {
                    "JWKS_URL" => "https://issuer.example/keys".to_owned(),
                    "PLATFORMS" => platforms.to_owned(),
                    _ => "made-up".to_owned(),
                })
            })
        };
        let home = r#"{"own":[{"id":"home","clients":["one"],"scopes":[]}],"others":[]}"#;
        assert!(read(home).unwrap().platforms.of_client("one").is_some());
        for wrong in ["", "[]", r#"{"own":[],"others":[]}"#] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.contains("PLATFORMS"), "{wrong}: {refused}");
        }
    }
}
