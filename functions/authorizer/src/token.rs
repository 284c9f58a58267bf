//! The rules by which a token is accepted.

use config::TokenConfig;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::keys::{Keys, NoKey};

/// What the routes learn of the caller. `api::caller` reads these names.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) subject: String,
    kind: &'static str,
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
        self.judge(raw.claims)
    }

    fn judge(&self, raw: Raw) -> Result<Claims, Refused> {
        let expires_at = raw.exp.to_string();
        match raw.token_use.as_str() {
            "id" if raw.aud.as_ref() == Some(&self.config.people_client) => Ok(Claims {
                subject: raw.sub,
                kind: "person",
                practice_id: Some(
                    raw.practice_id.filter(|id| !id.is_empty()).ok_or(Refused::NoPractice)?,
                ),
                groups: Some(raw.groups.join(",")),
                scopes: None,
                expires_at,
            }),
            "access" if raw.client_id.as_ref() == Some(&self.config.platform_client) => {
                Ok(Claims {
                    subject: raw.sub,
                    kind: "platform",
                    practice_id: None,
                    groups: None,
                    scopes: raw.scope,
                    expires_at,
                })
            }
            "id" | "access" => Err(Refused::OtherClient),
            _ => Err(Refused::WrongKind),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::{SystemTime, UNIX_EPOCH};

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
            platform_client: "platform".to_owned(),
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
        assert_eq!(claims.practice_id, None);
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
