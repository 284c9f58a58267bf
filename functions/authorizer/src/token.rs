//! The rules by which a token is accepted.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use config::{Platform, TokenConfig};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;

use crate::claims::{Claims, Refused, now, refused};
use crate::issuer::PlatformIssuer;
use crate::keys::Keys;

/// A token must end within this time. A longer one would outlive a person's leaving by too much.
const LONGEST_LIFE: Duration = Duration::from_hours(24);
/// How far the issuer's clock may be ahead of our clock.
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);
/// The platform of people who have no attribute for it.
const HOME: &str = "home";

#[derive(Debug)]
pub(crate) struct Verifier {
    config: TokenConfig,
    keys: Keys,
    issuers: Vec<PlatformIssuer>,
}

/// The claims of both kinds of tokens, as they arrive.
#[derive(Deserialize)]
struct Raw {
    sub: String,
    exp: u64,
    token_use: String,
    aud: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    #[serde(rename = "custom:platform_id")]
    platform_id: Option<String>,
    #[serde(rename = "custom:practice_id")]
    practice_id: Option<String>,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
}

impl Verifier {
    /// A verifier of Cognito's tokens, whose keys these are, and of the tokens of platforms' own issuers.
    pub(crate) fn new(config: TokenConfig, keys: Keys, issuers: Vec<PlatformIssuer>) -> Self {
        Self { config, keys, issuers }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        let key_id = header.kid.ok_or(Refused::Malformed)?;
        // The token only says which issuer's keys to try. The keys prove it.
        let named = issuer(token).ok_or(Refused::Malformed)?;
        let (claims, ends) = if named == self.config.issuer {
            self.verify_cognito(token, &key_id).await?
        } else {
            let of_platform = self.issuers.iter().find(|issuer| issuer.name() == named);
            of_platform.ok_or(Refused::Foreign)?.verify(token, &key_id).await?
        };
        if ends > latest_end() { Err(Refused::TooLong) } else { Ok(claims) }
    }

    async fn verify_cognito(&self, token: &str, key_id: &str) -> Result<(Claims, u64), Refused> {
        let key = self.keys.find(key_id).await?.key;
        // We choose the algorithm. The token must not.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Access tokens name their client in another claim. `judge` checks both kinds.
        validation.validate_aud = false;
        validation.validate_nbf = true;
        validation.leeway = 0;
        let raw = decode::<Raw>(token, &key, &validation).map_err(|error| refused(&error))?;
        let ends = raw.claims.exp;
        self.judge(raw.claims).map(|claims| (claims, ends))
    }

    fn judge(&self, raw: Raw) -> Result<Claims, Refused> {
        let platforms = &self.config.platforms;
        let client = raw.client_id.as_deref().unwrap_or_default();
        match raw.token_use.as_str() {
            "id" if raw.aud.as_ref() == Some(&self.config.people_client) => {
                let named = platforms.named(raw.platform_id.as_deref().unwrap_or(HOME));
                let platform = named.ok_or(Refused::UnknownPlatform)?.id.clone();
                Claims::of_person(raw.sub, platform, raw.practice_id, raw.groups.join(","), raw.exp)
            }
            "access" if client == self.config.people_client => Err(Refused::AccessTokenOfPerson),
            "access" => {
                let platform = platforms.of_client(client).ok_or(Refused::OtherClient)?;
                Ok(Claims {
                    subject: raw.sub,
                    kind: "platform",
                    platform: platform.id.clone(),
                    practice_id: None,
                    groups: None,
                    scopes: Some(scopes_of(platform, raw.scope.as_deref().unwrap_or_default())),
                    expires_at: raw.exp.to_string(),
                })
            }
            "id" => Err(Refused::OtherClient),
            _ => Err(Refused::WrongKind),
        }
    }
}

/// The scopes that both the token and the platform have.
fn scopes_of(platform: &Platform, in_token: &str) -> String {
    let may = |scope: &&str| platform.scopes.iter().any(|own| own.in_tokens() == *scope);
    in_token.split(' ').filter(may).collect::<Vec<_>>().join(" ")
}

/// `iss` of a token that is not verified yet.
fn issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Named>(&payload).ok().map(|named| named.iss)
}

/// The latest second at which a token may end.
fn latest_end() -> u64 {
    now() + (LONGEST_LIFE + CLOCKS_DIFFER).as_secs()
}

#[cfg(test)]
mod tests;
