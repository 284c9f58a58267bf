use reqwest::Method;
use serde_json::{Value, json};

use super::Aws;
use super::cloudformation::unescape;
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
        let form = [("StackName", stack), ("TemplateStage", "Processed")];
        let xml = self.query("cloudformation", "GetTemplate", &form).await?;
        let body = xml
            .split_once("<TemplateBody>")
            .and_then(|(_, rest)| rest.split_once("</TemplateBody>"))
            .map(|(body, _)| unescape(body))
            .ok_or(Error::Lacks { what: "the deployed stack", field: "TemplateBody" })?;
        let template: Value =
            serde_json::from_str(&body).map_err(Error::malformed("the deployed template"))?;
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
            self.rest("apigateway", Method::PUT, &path, &response).await?;
        }
        // They take effect with the next deployment only.
        let path = format!("/restapis/{api}/deployments");
        self.rest("apigateway", Method::POST, &path, &json!({ "stageName": stage })).await?;
        Ok(())
    }
}
