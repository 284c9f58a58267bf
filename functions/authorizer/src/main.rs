//! Verifies a caller's token and passes its claims to the routes.
//!
//! People send ID tokens, of Cognito or of their platform's own issuer; platforms' servers send access tokens of the client-credentials flow. Both
//! use the same routes, which is why API Gateway's own Cognito authorizer does not suffice: it accepts
//! one kind of token for each route. Each route decides from the claims what the caller may do.

mod claims;
mod issuer;
mod keys;
mod token;

use aws::{clients, telemetry};
use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequest;
use config::{Platform, TokenConfig};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::claims::Refused;
use crate::issuer::PlatformIssuer;
use crate::keys::Keys;
use crate::token::Verifier;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = TokenConfig::read()?;
    let http = clients::http()?;
    let keys = Keys::at(http.clone(), config.jwks_url.clone());
    let of_platform = |platform: &Platform| {
        let issuer = platform.issuer.clone()?;
        Some(PlatformIssuer::new(http.clone(), platform.id.clone(), issuer))
    };
    let issuers = config.platforms.iter().filter_map(of_platform).collect();
    let verifier = Verifier::new(config, keys, issuers);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayCustomAuthorizerRequest>| {
        authorize(&verifier, event.payload)
    }))
    .await
}

async fn authorize(
    verifier: &Verifier,
    request: ApiGatewayCustomAuthorizerRequest,
) -> Result<Value, Error> {
    let header = request.authorization_token.unwrap_or_default();
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token);
    let arn = request.method_arn.unwrap_or_default();
    match verifier.verify(token.unwrap_or_default()).await {
        Ok(claims) => Ok(json!({
            "principalId": claims.subject,
            "policyDocument": policy("Allow", &arn),
            "context": claims,
        })),
        Err(Refused::KeysUnavailable) => {
            tracing::error!("the token issuer's keys cannot be read");
            Err("the token issuer's keys cannot be read".into())
        }
        Err(reason) => {
            tracing::info!(%reason, "token refused");
            // A refused token returns Deny, which template.yaml turns into a 401. An error would have
            // the same effect, but then the alarm could not tell an expired token from a broken
            // authorizer.
            Ok(json!({ "principalId": "nobody", "policyDocument": policy("Deny", &arn) }))
        }
    }
}

/// A policy for every route of the stage. API Gateway caches it for all routes; each route decides
/// whom it serves.
fn policy(effect: &str, method_arn: &str) -> Value {
    let stage = method_arn.split('/').take(2).collect::<Vec<_>>().join("/");
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": format!("{stage}/*") }],
    })
}

#[cfg(test)]
mod tests {
    use config::Platforms;

    use super::*;

    fn verifier(keys: Keys) -> Verifier {
        let config = TokenConfig {
            issuer: "https://issuer.example".to_owned(),
            jwks_url: "http://127.0.0.1:9/keys".parse().unwrap(),
            people_client: "people".to_owned(),
            platforms: Platforms::default(),
        };
        Verifier::new(config, keys, Vec::new())
    }

    fn request(token: &str) -> ApiGatewayCustomAuthorizerRequest {
        serde_json::from_value(json!({
            "type": "TOKEN",
            "authorizationToken": token,
            "methodArn": "arn:aws:execute-api:ap-southeast-2:000000000000:madeup/staging/GET/v1/practices/p/connection",
        }))
        .unwrap()
    }

    #[tokio::test]
    async fn a_token_that_is_refused_is_an_answer_for_the_whole_stage_and_no_failure() {
        let verifier = verifier(Keys::known(&json!({ "keys": [] })));
        for token in ["Bearer made-up.made-up.made-up", "Basic bWFkZS11cA==", ""] {
            let answer = authorize(&verifier, request(token)).await.unwrap();
            let statement = &answer["policyDocument"]["Statement"][0];
            assert_eq!(statement["Effect"], "Deny", "{token}");
            let stage = "arn:aws:execute-api:ap-southeast-2:000000000000:madeup/staging/*";
            assert_eq!(statement["Resource"], stage);
            assert_eq!(answer.get("context"), None, "a stranger is told of as somebody");
        }
    }

    #[tokio::test]
    async fn an_issuer_that_cannot_be_asked_is_a_failure_and_nobodys_fault() {
        // Nothing listens there.
        let nobody = "http://127.0.0.1:9/keys".parse().unwrap();
        let verifier = verifier(Keys::at(clients::http().unwrap(), nobody));
        let token = "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6Im90aGVyIn0.\
            eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0.c2lnbmVk";
        assert!(authorize(&verifier, request(token)).await.is_err());
    }
}
