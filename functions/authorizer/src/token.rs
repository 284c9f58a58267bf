//! The rules by which a token is accepted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::{Platform, TokenConfig};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::keys::{Keys, NoKey};

/// A token must end within this time. A longer one would outlive a person's leaving by too much.
const LONGEST_LIFE: Duration = Duration::from_hours(24);
/// How far the issuer's clock may be ahead of our clock.
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);
/// The platform of people who have no attribute for it.
const HOME: &str = "home";

/// What the routes learn of the caller. `api::caller` reads these names.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) subject: String,
    kind: &'static str,
    /// The caller's platform: a tenant.
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    practice_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<String>,
    /// Seconds since 1970, as text: API Gateway passes numbers on as text.
    expires_at: String,
}

/// Why a token was refused. The texts repeat nothing of the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("not a token")]
    Malformed,
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("expired")]
    Expired,
    #[error("from another issuer, or not signed by this one")]
    Foreign,
    #[error("for another client")]
    OtherClient,
    #[error("of a kind that is not taken")]
    WrongKind,
    #[error("a person's access token; the ID token is needed")]
    AccessTokenOfPerson,
    #[error("of a platform that is not among ours")]
    UnknownPlatform,
    #[error("valid for too long")]
    TooLong,
    #[error("without a practice")]
    NoPractice,
    #[error("the keys cannot be read")]
    KeysUnavailable,
}

#[derive(Debug)]
pub(crate) struct Verifier {
    config: TokenConfig,
    keys: Keys,
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
    pub(crate) fn new(config: TokenConfig, keys: Keys) -> Self {
        Self { config, keys }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        let key_id = header.kid.ok_or(Refused::Malformed)?;
        let key = self.keys.find(&key_id).await.map_err(|reason| match reason {
            NoKey::Unknown => Refused::UnknownKey,
            NoKey::Unavailable => Refused::KeysUnavailable,
        })?;
        // We choose the algorithm. The token must not.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Access tokens name their client in another claim. `judge` checks both kinds.
        validation.validate_aud = false;
        validation.validate_nbf = true;
        validation.leeway = 0;
        let raw = decode::<Raw>(token, &key, &validation).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Refused::Expired,
            ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::MissingRequiredClaim(_) => {
                Refused::Malformed
            }
            _ => Refused::Foreign,
        })?;
        if raw.claims.exp > latest_end() {
            return Err(Refused::TooLong);
        }
        self.judge(raw.claims)
    }

    fn judge(&self, raw: Raw) -> Result<Claims, Refused> {
        let expires_at = raw.exp.to_string();
        let platforms = &self.config.platforms;
        let client = raw.client_id.as_deref().unwrap_or_default();
        match raw.token_use.as_str() {
            "id" if raw.aud.as_ref() == Some(&self.config.people_client) => Ok(Claims {
                subject: raw.sub,
                kind: "person",
                platform: platforms
                    .named(raw.platform_id.as_deref().unwrap_or(HOME))
                    .ok_or(Refused::UnknownPlatform)?
                    .id
                    .clone(),
                practice_id: Some(
                    raw.practice_id.filter(|id| !id.is_empty()).ok_or(Refused::NoPractice)?,
                ),
                groups: Some(raw.groups.join(",")),
                scopes: None,
                expires_at,
            }),
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
                    expires_at,
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

/// The latest second at which a token may end.
fn latest_end() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + LONGEST_LIFE + CLOCKS_DIFFER).as_secs()
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::{SystemTime, UNIX_EPOCH};

    use config::Platforms;
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use rsa::RsaPrivateKey;
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::rand_core::OsRng;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://cognito-idp.ap-southeast-2.amazonaws.com/pool";

    /// A signing key, made for each run of the tests.
    struct Signer {
        private: EncodingKey,
        public: JwkSet,
    }

    fn signer() -> Signer {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
        let der = key.to_pkcs1_der().unwrap();
        let private = EncodingKey::from_rsa_der(der.as_bytes());
        let mut jwk = serde_json::to_value(
            jsonwebtoken::jwk::Jwk::from_encoding_key(&private, Algorithm::RS256).unwrap(),
        )
        .unwrap();
        jwk["kid"] = json!("current");
        Signer { private, public: serde_json::from_value(json!({ "keys": [jwk] })).unwrap() }
    }

    fn ours() -> &'static Signer {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(signer)
    }

    fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    fn person() -> Value {
        json!({
            "sub": "somebody", "iss": ISSUER, "aud": "people", "token_use": "id", "exp": now() + 600,
            "custom:practice_id": "bluegum-hollow", "cognito:groups": ["clinician", "practice-admin"],
        })
    }

    fn platforms() -> Platforms {
        let platforms = json!({
            "own": [{
                "id": "home", "clients": ["platform"],
                "scopes": ["practices.admin", "correspondence.write", "bookings.write"],
            }],
            "others": [{ "id": "visits", "clients": ["visits-server"], "scopes": ["bookings.write"] }],
        });
        platforms.to_string().parse().unwrap()
    }

    fn platform() -> Value {
        json!({
            "sub": "platform", "iss": ISSUER, "client_id": "platform", "token_use": "access", "exp": now() + 600,
            "scope": "practice-bridge/bookings.write",
        })
    }

    fn signed_by(signer: &Signer, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("current".to_owned());
        encode(&header, claims, &signer.private).unwrap()
    }

    async fn outcome(token: &str) -> Result<Claims, Refused> {
        let config = TokenConfig {
            issuer: ISSUER.to_owned(),
            jwks_url: "http://127.0.0.1:9/keys".parse().unwrap(),
            people_client: "people".to_owned(),
            platforms: platforms(),
        };
        Verifier::new(config, Keys::known(ours().public.clone())).verify(token).await
    }

    async fn changed(mut claims: Value, name: &str, value: Value) -> Result<Claims, Refused> {
        claims[name] = value;
        outcome(&signed_by(ours(), &claims)).await
    }

    #[tokio::test]
    async fn a_persons_and_a_platforms_token_are_taken() {
        let claims = outcome(&signed_by(ours(), &person())).await.unwrap();
        assert_eq!(claims.practice_id.as_deref(), Some("bluegum-hollow"));
        assert_eq!(claims.groups.as_deref(), Some("clinician,practice-admin"));
        let claims = outcome(&signed_by(ours(), &platform())).await.unwrap();
        assert_eq!(claims.scopes.as_deref(), Some("practice-bridge/bookings.write"));
        assert_eq!((claims.platform.as_str(), claims.practice_id), ("home", None));
    }

    #[tokio::test]
    async fn a_server_belongs_to_the_platform_of_its_client_and_has_no_more_than_its_scopes() {
        let mut token = platform();
        token["client_id"] = json!("visits-server");
        token["scope"] = json!(
            "practice-bridge/practices.admin practice-bridge/bookings.write practice-bridge/made-up"
        );
        let claims = outcome(&signed_by(ours(), &token)).await.unwrap();
        assert_eq!(claims.platform, "visits");
        assert_eq!(claims.scopes.as_deref(), Some("practice-bridge/bookings.write"));
        token["scope"] = json!("practice-bridge/practices.admin");
        let claims = outcome(&signed_by(ours(), &token)).await.unwrap();
        assert_eq!(claims.scopes.as_deref(), Some(""));
        // What a token of the pool says of its platform is for people only.
        token["custom:platform_id"] = json!("home");
        assert_eq!(outcome(&signed_by(ours(), &token)).await.unwrap().platform, "visits");
    }

    #[tokio::test]
    async fn a_person_belongs_to_the_platform_that_an_administrator_set() {
        let claims = outcome(&signed_by(ours(), &person())).await.unwrap();
        assert_eq!(claims.platform, "home");
        let claims = changed(person(), "custom:platform_id", json!("visits")).await.unwrap();
        assert_eq!(claims.platform, "visits");
        for unknown in ["", "Visits", "gone"] {
            let refused = changed(person(), "custom:platform_id", json!(unknown)).await;
            assert_eq!(refused, Err(Refused::UnknownPlatform), "{unknown:?}");
        }
    }

    #[tokio::test]
    async fn a_token_that_is_valid_for_more_than_a_day_is_refused() {
        let day = 24 * 60 * 60;
        assert!(changed(person(), "exp", json!(now() + day)).await.is_ok());
        for longer in [now() + day + 120, u64::MAX] {
            assert_eq!(changed(person(), "exp", json!(longer)).await, Err(Refused::TooLong));
        }
        let mut endless = person();
        endless.as_object_mut().unwrap().remove("exp");
        assert_eq!(outcome(&signed_by(ours(), &endless)).await, Err(Refused::Malformed));
    }

    #[tokio::test]
    async fn an_expired_or_foreign_token_is_refused() {
        assert_eq!(changed(person(), "exp", json!(now() - 1)).await, Err(Refused::Expired));
        assert_eq!(
            changed(person(), "iss", json!("https://elsewhere")).await,
            Err(Refused::Foreign)
        );
        assert_eq!(outcome(&signed_by(&signer(), &person())).await, Err(Refused::Foreign));
        assert_eq!(changed(person(), "aud", json!("another app")).await, Err(Refused::OtherClient));
        assert_eq!(
            changed(platform(), "client_id", json!("another")).await,
            Err(Refused::OtherClient)
        );
    }

    #[tokio::test]
    async fn a_persons_access_token_is_not_taken_for_an_id_token() {
        assert_eq!(
            changed(person(), "token_use", json!("access")).await,
            Err(Refused::OtherClient)
        );
        let mut access = platform();
        access["client_id"] = json!("people");
        let refused = outcome(&signed_by(ours(), &access)).await;
        assert_eq!(refused, Err(Refused::AccessTokenOfPerson));
        assert!(refused.unwrap_err().to_string().contains("ID token"));
        assert_eq!(changed(person(), "token_use", json!("refresh")).await, Err(Refused::WrongKind));
    }

    #[tokio::test]
    async fn a_person_without_a_practice_is_nobody() {
        assert_eq!(
            changed(person(), "custom:practice_id", Value::Null).await,
            Err(Refused::NoPractice)
        );
        assert_eq!(
            changed(person(), "custom:practice_id", json!("")).await,
            Err(Refused::NoPractice)
        );
    }

    #[tokio::test]
    async fn a_token_cannot_choose_its_own_algorithm_or_key() {
        let signed = signed_by(ours(), &person());
        let payload = signed.split('.').nth(1).unwrap();
        // {"alg":"none","kid":"current"} and {"alg":"HS256","kid":"current"}
        for header in [
            "eyJhbGciOiJub25lIiwia2lkIjoiY3VycmVudCJ9",
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImN1cnJlbnQifQ",
        ] {
            assert!(
                outcome(&format!("{header}.{payload}.AAAA")).await.is_err(),
                "{header} was taken"
            );
        }
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("unknown".to_owned());
        let token = encode(&header, &person(), &ours().private).unwrap();
        assert_eq!(outcome(&token).await, Err(Refused::UnknownKey));
        for nonsense in ["", "a.b", "a.b.c", "Bearer x"] {
            assert_eq!(outcome(nonsense).await, Err(Refused::Malformed), "{nonsense:?}");
        }
    }
}
