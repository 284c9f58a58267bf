use reqwest::Method;
use serde_json::{Value, json};

use super::Aws;
use crate::Error;

const IN_OPENAPI: &str = "x-amazon-apigateway-gateway-responses";

impl Aws {
    /// Gives a deployed REST API the gateway responses that its template asks for. MiniStack creates
    /// an API from the OpenAPI document that SAM writes, but passes over this part of it.
    pub(crate) async fn complete_gateway_responses(
        &self,
        stack: &str,
        api: &str,
        stage: &str,
    ) -> Result<(), Error> {
        let template = self.stack_template(stack).await?;
        let responses = template["Resources"].as_object().and_then(|resources| {
            let api = resources.values().find(|it| it["Type"] == "AWS::ApiGateway::RestApi")?;
            api["Properties"]["Body"][IN_OPENAPI].as_object()
        });
        let Some(responses) = responses else { return Ok(()) };
        for (kind, response) in responses {
            let path = format!("/restapis/{api}/gatewayresponses/{kind}");
            let mut response = response.clone();
            // A number in OpenAPI, a text here.
            if let Value::Number(status) = &response["statusCode"] {
                response["statusCode"] = json!(status.to_string());
            }
            for value in response["responseParameters"].as_object_mut().into_iter().flatten() {
                decide(value.1);
            }
            self.rest("apigateway", Method::PUT, &path, &response).await?;
        }
        // They take effect with the next deployment only.
        let path = format!("/restapis/{api}/deployments");
        self.rest("apigateway", Method::POST, &path, &json!({ "stageName": stage })).await?;
        Ok(())
    }
}

/// Whether there is an origin to allow is decided by CloudFormation, and the local stack has one.
fn decide(value: &mut Value) {
    if value["Fn::If"][0] == "HasAllowedOrigin" {
        *value = value["Fn::If"][1].take();
    }
}
