//! Verifies a caller's token and hands its claims to the routes.
//!
//! People bring ID tokens, platforms' servers bring client-credentials access tokens, and both reach
//! the same routes: API Gateway's own Cognito authorizer takes one kind a route. What the caller may
//! do is decided at the route, from these claims.

mod keys;
mod token;

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequest;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::{clients, config::TokenConfig, telemetry};
use serde_json::{Value, json};

use crate::keys::Keys;
use crate::token::{Claims, Refused, Verifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = TokenConfig::read()?;
    let keys = Keys::new(clients::http()?, config.jwks_url.clone());
    let verifier = Verifier::new(config, keys);
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
    match verifier.verify(token.unwrap_or_default()).await {
        Ok(claims) => Ok(allow(&claims, request.method_arn.as_deref().unwrap_or_default())),
        Err(Refused::KeysUnavailable) => {
            tracing::error!("the token issuer's keys cannot be read");
            Err("the token issuer's keys cannot be read".into())
        }
        Err(reason) => {
            tracing::info!(%reason, "token refused");
            // API Gateway answers 401 to exactly this word.
            Err("Unauthorized".into())
        }
    }
}

/// Lets the caller through to every route of the stage: API Gateway keeps this answer for all of
/// them, and each route decides for itself.
fn allow(claims: &Claims, method_arn: &str) -> Value {
    let stage = method_arn.split('/').take(2).collect::<Vec<_>>().join("/");
    json!({
        "principalId": claims.subject,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": format!("{stage}/*") }],
        },
        "context": claims,
    })
}
