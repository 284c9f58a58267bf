use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header, encode};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::rand_core::{OsRng, RngCore as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const ISSUER: &str = "https://login.acme.example/tenant";

/// A signing key, made for each run of the tests.
struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl Signer {
    fn of(id: &'static str, algorithm: Algorithm, private: EncodingKey) -> Self {
        let mut public =
            serde_json::to_value(Jwk::from_encoding_key(&private, algorithm).unwrap()).unwrap();
        public["kid"] = json!(id);
        Self { id, algorithm, private, public }
    }

    fn rsa(id: &'static str, algorithm: Algorithm, bits: usize) -> Self {
        let key = RsaPrivateKey::new(&mut OsRng, bits).unwrap();
        let der = key.to_pkcs1_der().unwrap();
        Self::of(id, algorithm, EncodingKey::from_rsa_der(der.as_bytes()))
    }

    /// A random key in PKCS #8: 32 bytes after the header of its kind.
    fn random(id: &'static str, algorithm: Algorithm) -> Self {
        let header: &[u8] = match algorithm {
            Algorithm::ES256 => &[
                0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27,
                0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
            ],
            _ => &[
                0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
                0x04, 0x20,
            ],
        };
        let mut der = header.to_vec();
        let mut secret = [0; 32];
        OsRng.fill_bytes(&mut secret);
        // Below the order of the curve.
        secret[0] &= 0x7f;
        der.extend(secret);
        let private = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_der(&der),
            _ => EncodingKey::from_ed_der(&der),
        };
        Self::of(id, algorithm, private)
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.algorithm, claims)
    }

    fn sign_as(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = Some(self.id.to_owned());
        encode(&header, claims, &self.private).unwrap()
    }
}

fn config(issuer: &str) -> Issuer {
    let config = json!({
        "issuer": issuer,
        "audiences": ["bridge", "bridge-api"],
        "claims": { "practice": "https://acme.example/practice", "roles": ["realm_access", "roles"] },
        "roles": { "gp": "clinician", "locum": "clinician", "manager": "practice-admin" },
    });
    serde_json::from_value(config).unwrap()
}

fn person() -> Value {
    json!({
        "sub": "auth0|7", "iss": ISSUER, "aud": "bridge", "exp": now() + 600,
        "https://acme.example/practice": "bluegum-hollow",
        "realm_access": { "roles": ["gp", "locum", "unknown"] },
    })
}

async fn outcome(signers: &[&Signer], token: &str) -> Result<Claims, Refused> {
    let keys: Vec<_> = signers.iter().map(|signer| signer.public.clone()).collect();
    let keys = Keys::known(&json!({ "keys": keys }));
    let issuer = PlatformIssuer::with_keys("acme", config(ISSUER), keys);
    let id = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    issuer.verify(token, &id).await.map(|(claims, _)| claims)
}

async fn changed(claims: &str, value: Value) -> Result<Claims, Refused> {
    let signer = Signer::random("ed", Algorithm::EdDSA);
    let mut token = person();
    token[claims] = value;
    outcome(&[&signer], &signer.sign(&token)).await
}

fn seen(claims: &Claims) -> Value {
    serde_json::to_value(claims).unwrap()
}

#[tokio::test]
async fn people_of_a_platforms_issuer_are_people_of_that_platform() {
    for signer in [
        Signer::rsa("rsa", Algorithm::RS256, 2048),
        Signer::rsa("pss", Algorithm::PS256, 2048),
        Signer::random("ec", Algorithm::ES256),
        Signer::random("ed", Algorithm::EdDSA),
    ] {
        let claims = outcome(&[&signer], &signer.sign(&person())).await.unwrap();
        let claims = seen(&claims);
        assert_eq!(claims["kind"], "person", "{}", signer.id);
        assert_eq!(
            (&claims["platform"], &claims["subject"]),
            (&json!("acme"), &json!("acme|auth0|7"))
        );
        assert_eq!(claims["practiceId"], "bluegum-hollow");
        assert_eq!(claims["groups"], "clinician");
        assert_eq!(claims.get("scopes"), None);
    }
    let both = changed("realm_access", json!({ "roles": ["manager", "gp"] })).await.unwrap();
    assert_eq!(seen(&both)["groups"], "clinician,practice-admin");
    let one = changed("realm_access", json!({ "roles": "manager" })).await.unwrap();
    assert_eq!(seen(&one)["groups"], "practice-admin");
    let other = changed("aud", json!(["elsewhere", "bridge-api"])).await.unwrap();
    assert_eq!(seen(&other)["platform"], "acme");
}

#[tokio::test]
async fn a_role_that_the_configuration_does_not_name_is_no_role() {
    for roles in
        [json!({ "roles": ["clinician", "practice-admin"] }), json!({}), json!(7), Value::Null]
    {
        let claims = changed("realm_access", roles.clone()).await.unwrap();
        assert_eq!(seen(&claims)["groups"], "", "{roles}");
    }
}

#[tokio::test]
async fn what_a_token_lacks_or_has_wrong_refuses_it() {
    assert_eq!(changed("iss", json!("https://login.acme.example")).await, Err(Refused::Foreign));
    assert_eq!(changed("iss", json!(format!("{ISSUER}/"))).await, Err(Refused::Foreign));
    assert_eq!(changed("aud", json!("elsewhere")).await, Err(Refused::OtherClient));
    assert_eq!(changed("aud", json!([])).await, Err(Refused::OtherClient));
    assert_eq!(changed("exp", json!(now() - 1)).await, Err(Refused::Expired));
    assert_eq!(changed("exp", json!(now() - 600)).await, Err(Refused::Expired));
    assert_eq!(changed("nbf", json!(now() + 600)).await, Err(Refused::Foreign));
    for nobody in [json!(""), json!("a\n"), json!("ä"), json!("a".repeat(256))] {
        assert_eq!(changed("sub", nobody.clone()).await, Err(Refused::Malformed), "{nobody}");
    }
    for practice in [Value::Null, json!(""), json!(7), json!(["a"])] {
        let refused = changed("https://acme.example/practice", practice.clone()).await;
        assert_eq!(refused, Err(Refused::NoPractice), "{practice}");
    }
    let signer = Signer::random("ed", Algorithm::EdDSA);
    for member in ["exp", "aud", "sub"] {
        let mut token = person();
        token.as_object_mut().unwrap().remove(member);
        let refused = outcome(&[&signer], &signer.sign(&token)).await;
        assert_eq!(refused, Err(Refused::Malformed), "{member}");
    }
}

#[tokio::test]
async fn a_key_signs_with_the_algorithms_of_its_kind_only() {
    let (rsa, ed) =
        (Signer::rsa("one", Algorithm::RS256, 2048), Signer::random("two", Algorithm::EdDSA));
    // The key names its algorithm, so the other one for RSA is refused.
    let pss = rsa.sign_as(Algorithm::PS256, &person());
    assert_eq!(outcome(&[&rsa], &pss).await, Err(Refused::Foreign));
    let mut unnamed = Signer { public: rsa.public.clone(), private: rsa.private.clone(), ..rsa };
    unnamed.public.as_object_mut().unwrap().remove("alg");
    assert!(outcome(&[&unnamed], &pss).await.is_ok());
    // A longer hash is not among the algorithms.
    let longer = unnamed.sign_as(Algorithm::RS512, &person());
    assert_eq!(outcome(&[&unnamed], &longer).await, Err(Refused::Foreign));
    // The key's own bytes as a shared secret.
    let secret = EncodingKey::from_secret(unnamed.public["n"].as_str().unwrap().as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".to_owned());
    let forged = encode(&header, &person(), &secret).unwrap();
    assert_eq!(outcome(&[&unnamed], &forged).await, Err(Refused::Foreign));
    // Signed by one key in the name of the other.
    let swapped = Signer { id: "one", ..ed };
    assert_eq!(outcome(&[&unnamed], &swapped.sign(&person())).await, Err(Refused::Foreign));
}

#[tokio::test]
async fn weak_keys_and_keys_that_are_not_for_signatures_do_not_exist() {
    let weak = Signer::rsa("weak", Algorithm::RS256, 1024);
    assert_eq!(outcome(&[&weak], &weak.sign(&person())).await, Err(Refused::UnknownKey));
    let mut encrypts = Signer::random("ed", Algorithm::EdDSA);
    encrypts.public["use"] = json!("enc");
    assert_eq!(outcome(&[&encrypts], &encrypts.sign(&person())).await, Err(Refused::UnknownKey));
    let mut shared = Signer::random("shared", Algorithm::EdDSA);
    shared.public = json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" });
    assert_eq!(outcome(&[&shared], &shared.sign(&person())).await, Err(Refused::UnknownKey));
}

/// An issuer on this machine: answers each path with a status and a body, and counts.
struct Site {
    address: String,
    requests: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

async fn serve(answers: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (own, seen) = (address.clone(), requests.clone());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let read = connection.read(&mut bytes).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = answers(&own, &path);
            seen.lock().unwrap().push(path);
            let answer = format!(
                "HTTP/1.1 {status} x\r\nlocation: /moved\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    Site { address, requests }
}

const DISCOVERY: &str = "/.well-known/openid-configuration";

async fn signed_in(site: &Site, signer: &Signer) -> Result<Claims, Refused> {
    let http = aws::clients::http().unwrap();
    let issuer = PlatformIssuer::new(http, "acme".to_owned(), config(&site.address));
    let mut token = person();
    token["iss"] = json!(site.address);
    for _ in 0..3 {
        // Made-up keys do not make the authorizer ask again and again.
        assert!(issuer.verify(&signer.sign(&token), "made-up").await.is_err());
    }
    issuer.verify(&signer.sign(&token), signer.id).await.map(|(claims, _)| claims)
}

#[tokio::test]
async fn an_issuers_keys_are_found_by_discovery_and_read_once() {
    let signer = Signer::random("ed", Algorithm::EdDSA);
    let unknown = json!({ "kty": "PQC", "kid": "new", "pub": "c2VjcmV0" });
    let keys = json!({ "keys": [unknown, signer.public] }).to_string();
    let site = serve(move |own, path| match path {
        DISCOVERY => (200, json!({ "issuer": own, "jwks_uri": format!("{own}/keys") }).to_string()),
        "/keys" => (200, keys.clone()),
        _ => (404, String::new()),
    })
    .await;
    assert_eq!(seen(&signed_in(&site, &signer).await.unwrap())["subject"], "acme|auth0|7");
    assert_eq!(*site.requests.lock().unwrap(), [DISCOVERY, "/keys"]);
}

#[tokio::test]
async fn an_issuer_that_answers_as_another_or_sends_us_elsewhere_is_not_believed() {
    let signer = Signer::random("ed", Algorithm::EdDSA);
    let public = signer.public.clone();
    for wrong in ["issuer", "unencrypted", "redirected", "large", "text", "away"] {
        let keys = json!({ "keys": [public] }).to_string();
        let site = serve(move |own, path| {
            let issuer = if wrong == "issuer" { "https://elsewhere.example" } else { own };
            let keys_at = match wrong {
                "unencrypted" => "http://elsewhere.example/keys".to_owned(),
                "redirected" => format!("{own}/redirected"),
                _ => format!("{own}/keys"),
            };
            match (path, wrong) {
                (_, "away") => (503, String::new()),
                (DISCOVERY, _) => {
                    (200, json!({ "issuer": issuer, "jwks_uri": keys_at }).to_string())
                }
                ("/redirected", _) => (302, String::new()),
                ("/keys", "large") => (200, format!("{keys}{}", " ".repeat(200_000))),
                ("/keys", "text") => (200, "<html>".to_owned()),
                _ => (200, keys.clone()),
            }
        })
        .await;
        let refused = signed_in(&site, &signer).await;
        assert_eq!(refused, Err(Refused::KeysUnavailable), "{wrong}");
        assert!(!site.requests.lock().unwrap().contains(&"/moved".to_owned()), "followed");
    }
}
