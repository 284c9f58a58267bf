use std::sync::OnceLock;

use config::Platforms;
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
    public: Value,
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
    Signer { private, public: json!({ "keys": [jwk] }) }
}

fn ours() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(signer)
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
    Verifier::new(config, Keys::known(&ours().public), Vec::new()).verify(token).await
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
    assert_eq!(changed(person(), "iss", json!("https://elsewhere")).await, Err(Refused::Foreign));
    assert_eq!(outcome(&signed_by(&signer(), &person())).await, Err(Refused::Foreign));
    assert_eq!(changed(person(), "aud", json!("another app")).await, Err(Refused::OtherClient));
    assert_eq!(changed(platform(), "client_id", json!("another")).await, Err(Refused::OtherClient));
}

#[tokio::test]
async fn a_persons_access_token_is_not_taken_for_an_id_token() {
    assert_eq!(changed(person(), "token_use", json!("access")).await, Err(Refused::OtherClient));
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
    assert_eq!(changed(person(), "custom:practice_id", json!("")).await, Err(Refused::NoPractice));
}

#[tokio::test]
async fn a_token_cannot_choose_its_own_algorithm_or_key() {
    let signed = signed_by(ours(), &person());
    let payload = signed.split('.').nth(1).unwrap();
    // {"alg":"none","kid":"current"} and {"alg":"HS256","kid":"current"}
    for header in
        ["eyJhbGciOiJub25lIiwia2lkIjoiY3VycmVudCJ9", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImN1cnJlbnQifQ"]
    {
        assert!(outcome(&format!("{header}.{payload}.AAAA")).await.is_err(), "{header} was taken");
    }
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("unknown".to_owned());
    let token = encode(&header, &person(), &ours().private).unwrap();
    assert_eq!(outcome(&token).await, Err(Refused::UnknownKey));
    for nonsense in ["", "a.b", "a.b.c", "Bearer x"] {
        assert_eq!(outcome(nonsense).await, Err(Refused::Malformed), "{nonsense:?}");
    }
}

#[tokio::test]
async fn a_token_of_one_issuer_signed_by_a_key_of_another_is_refused() {
    let theirs = signer();
    let issuer = |platform: &str, url: &str, signer: &Signer| {
        let config = json!({
            "issuer": url, "audiences": ["bridge"],
            "claims": { "practice": "practice", "roles": "roles" }, "roles": { "gp": "clinician" },
        });
        let config = serde_json::from_value(config).unwrap();
        PlatformIssuer::with_keys(platform, config, Keys::known(&signer.public))
    };
    let (one, two) = (signer(), signer());
    let config = TokenConfig {
        issuer: ISSUER.to_owned(),
        jwks_url: "http://127.0.0.1:9/keys".parse().unwrap(),
        people_client: "people".to_owned(),
        platforms: platforms(),
    };
    let issuers = vec![
        issuer("one", "https://one.example", &one),
        issuer("two", "https://two.example", &two),
    ];
    let verifier = Verifier::new(config, Keys::known(&ours().public), issuers);
    let token = |iss: &str| {
        json!({
            "sub": "somebody", "iss": iss, "aud": "bridge", "exp": now() + 600,
            "practice": "bluegum-hollow", "roles": "gp",
        })
    };
    for (iss, right, platform) in
        [("https://one.example", &one, "one"), ("https://two.example", &two, "two")]
    {
        for signer in [&one, &two, &theirs, ours()] {
            let claims = verifier.verify(&signed_by(signer, &token(iss))).await;
            if std::ptr::eq(signer, right) {
                let claims = claims.unwrap();
                assert_eq!(
                    (claims.platform.as_str(), claims.subject),
                    (platform, format!("{platform}|somebody"))
                );
            } else {
                assert_eq!(claims, Err(Refused::Foreign), "{iss}");
            }
        }
    }
    // A platform's issuer cannot speak for the user pool, and the pool not for the issuer.
    assert_eq!(verifier.verify(&signed_by(&one, &person())).await, Err(Refused::Foreign));
    assert_eq!(verifier.verify(&signed_by(&one, &platform())).await, Err(Refused::Foreign));
    for unknown in ["https://three.example", "https://one.example/", ""] {
        assert_eq!(verifier.verify(&signed_by(&one, &token(unknown))).await, Err(Refused::Foreign));
    }
    let mut long = token("https://one.example");
    long["exp"] = json!(now() + 2 * 24 * 60 * 60);
    assert_eq!(verifier.verify(&signed_by(&one, &long)).await, Err(Refused::TooLong));
}
