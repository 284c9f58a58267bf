//! The content of `template.yaml`, as SAM expands it for CloudFormation.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::TestStack;
use serde_json::Value;

/// Resources of a type, by name, with their properties.
fn of_kind<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    template["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
        .collect()
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |many| many.iter().collect())
}

#[tokio::test]
async fn whatever_api_gateway_answers_by_itself_is_a_problem_with_its_true_status() {
    let template = TestStack::shared().await.aws().deployed_template().await.unwrap();
    let apis = of_kind(&template, "AWS::ApiGateway::RestApi");
    let answers = apis.values().next().unwrap()["Body"]["x-amazon-apigateway-gateway-responses"]
        .as_object()
        .unwrap();
    for needed in ["DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED"] {
        assert!(answers.contains_key(needed), "{needed} is left as AWS has it");
    }
    for (kind, answer) in answers {
        let body = answer["responseTemplates"]["application/json"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let status = &answer["statusCode"];
        let status = status.as_str().map_or_else(|| status.to_string(), str::to_owned);
        assert_eq!(body["status"].to_string(), status, "{kind}: {answer}");
        for member in ["type", "title", "detail"] {
            assert!(body[member].is_string(), "{kind} has no {member}");
        }
        let header =
            |name: &str| &answer["responseParameters"][format!("gatewayresponse.header.{name}")];
        assert_eq!(header("Content-Type"), "'application/problem+json'", "{kind}");
        let retry_after = body["retryAfterSeconds"].as_u64().map(|after| format!("'{after}'"));
        assert_eq!(header("Retry-After").as_str(), retry_after.as_deref(), "{kind}");
        let origin = header("Access-Control-Allow-Origin");
        assert!(!origin.is_null(), "a page cannot read {kind}");
    }
}

#[tokio::test]
async fn a_function_knows_those_queues_and_no_others_that_it_may_send_to() {
    let template = TestStack::shared().await.aws().deployed_template().await.unwrap();
    let queues = of_kind(&template, "AWS::SQS::Queue");
    let roles = of_kind(&template, "AWS::IAM::Role");
    let functions = of_kind(&template, "AWS::Lambda::Function");
    let mut senders = 0;
    for (name, function) in functions {
        let variables = function["Environment"]["Variables"].as_object().unwrap();
        let known: BTreeSet<&str> = variables
            .values()
            .filter_map(|value| value["Ref"].as_str())
            .filter(|name| queues.contains_key(name))
            .collect();
        let role = roles[function["Role"]["Fn::GetAtt"][0].as_str().unwrap()];
        let allowed: BTreeSet<&str> = one_or_many(&role["Policies"])
            .into_iter()
            .flat_map(|policy| one_or_many(&policy["PolicyDocument"]["Statement"]))
            .filter(|statement| {
                one_or_many(&statement["Action"]).iter().any(|action| {
                    action.as_str().is_some_and(|it| it.starts_with("sqs:SendMessage"))
                })
            })
            .flat_map(|statement| one_or_many(&statement["Resource"]))
            .filter_map(|queue| queue["Fn::GetAtt"][0].as_str())
            .collect();
        assert_eq!(known, allowed, "{name}");
        senders += usize::from(!known.is_empty());
    }
    assert!(senders > 4, "only {senders} functions send anything");
}

#[tokio::test]
async fn nobody_can_change_which_practice_or_platform_their_account_belongs_to() {
    let template = TestStack::shared().await.aws().deployed_template().await.unwrap();
    let pools = of_kind(&template, "AWS::Cognito::UserPool");
    let attributes = pools["UserPool"]["Schema"].as_array().unwrap();
    let names: Vec<_> = attributes.iter().map(|it| it["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["practice_id", "platform_id"]);
    assert!(attributes.iter().all(|attribute| attribute["Mutable"] == false), "{attributes:?}");
    for (name, client) in of_kind(&template, "AWS::Cognito::UserPoolClient") {
        if client["ClientName"] == "people" {
            assert_eq!(client["WriteAttributes"], serde_json::json!(["email"]), "{name}");
        } else {
            let flows = &client["AllowedOAuthFlows"];
            assert_eq!(*flows, serde_json::json!(["client_credentials"]), "{name}");
        }
    }
}
