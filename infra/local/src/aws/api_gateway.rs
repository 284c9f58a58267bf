use reqwest::Method;
use serde_json::{Value, json};

use super::Aws;
use crate::Error;

const RESPONSES: &str = "x-amazon-apigateway-gateway-responses";
const INTEGRATION: &str = "x-amazon-apigateway-integration";

impl Aws {
    /// Completes a deployed REST API. When MiniStack creates an API from SAM's OpenAPI document, it
    /// skips two things that the template asks for: API Gateway's own error answers, and its answers
    /// to a browser's preflight requests.
    pub(crate) async fn complete_api(
        &self,
        stack: &str,
        api: &str,
        stage: &str,
    ) -> Result<(), Error> {
        let template = self.stack_template(stack).await?;
        let document = template["Resources"].as_object().and_then(|resources| {
            let api = resources.values().find(|it| it["Type"] == "AWS::ApiGateway::RestApi")?;
            Some(&api["Properties"]["Body"])
        });
        let Some(document) = document else { return Ok(()) };
        for (kind, response) in document[RESPONSES].as_object().into_iter().flatten() {
            let path = format!("/restapis/{api}/gatewayresponses/{kind}");
            let mut response = decided(response);
            // OpenAPI has a number here; the API wants text.
            if let Value::Number(status) = &response["statusCode"] {
                response["statusCode"] = json!(status.to_string());
            }
            self.rest("apigateway", Method::PUT, &path, &response).await?;
        }
        self.answer_pages(api, &document["paths"]).await?;
        // The changes take effect with the next deployment.
        let path = format!("/restapis/{api}/deployments");
        self.rest("apigateway", Method::POST, &path, &json!({ "stageName": stage })).await?;
        Ok(())
    }

    async fn answer_pages(&self, api: &str, paths: &Value) -> Result<(), Error> {
        let path = format!("/restapis/{api}/resources?limit=500");
        let text = self.rest("apigateway", Method::GET, &path, &Value::Null).await?;
        let resources: Value =
            serde_json::from_str(&text).map_err(Error::malformed("the API's resources"))?;
        for resource in resources["item"].as_array().into_iter().flatten() {
            let (Some(id), Some(path)) = (resource["id"].as_str(), resource["path"].as_str())
            else {
                continue;
            };
            let integration = &paths[path]["options"][INTEGRATION];
            if integration["type"] != "mock" {
                continue;
            }
            let method = format!("/restapis/{api}/resources/{id}/methods/OPTIONS");
            let answer = decided(&integration["responses"]["default"]);
            let declared = json!({ "statusCode": "200" });
            let path = format!("{method}/responses/200");
            self.rest("apigateway", Method::PUT, &path, &declared).await?;
            let path = format!("{method}/integration/responses/200");
            self.rest("apigateway", Method::PUT, &path, &answer).await?;
        }
        Ok(())
    }
}

/// One of API Gateway's own answers, with what it says if any origin is allowed. In the template the header
/// depends on that condition, which is true on the local stack.
fn decided(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(headers) = answer["responseParameters"].as_object_mut() {
        for value in headers.values_mut().filter(|it| it["Fn::If"][0] == "HasAllowedOrigins") {
            *value = value["Fn::If"][1].clone();
        }
    }
    answer
}
