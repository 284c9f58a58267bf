//! The events that platforms receive from the event bus, as a platform's subscribed queue receives them.

use std::time::{Duration, Instant};

use end_to_end::TestStack;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::steps::{LARGE, form_without_code, paired_practice};

/// A platform's queue, subscribed to the events of one practice.
pub(crate) struct Platform<'a> {
    stack: &'a TestStack,
    queue: String,
    heard: Vec<String>,
}

impl<'a> Platform<'a> {
    async fn listening(stack: &'a TestStack, practice_id: &str) -> Self {
        let aws = stack.aws();
        let name = format!("platform-{}", Uuid::new_v4());
        let created = aws.call("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name })).await;
        let queue = created.unwrap()["QueueUrl"].as_str().unwrap().to_owned();
        let wanted = json!({ "QueueUrl": queue, "AttributeNames": ["QueueArn"] });
        let attributes = aws.call("sqs", "AmazonSQS.GetQueueAttributes", &wanted).await.unwrap();
        let bus = stack.file().aws.event_bus.as_deref().unwrap();
        let pattern = json!({ "detail": { "practiceId": [practice_id] } });
        let rule = json!({
            "Name": name, "EventBusName": bus, "EventPattern": pattern.to_string(),
        });
        aws.call("events", "AWSEvents.PutRule", &rule).await.unwrap();
        let arn = &attributes["Attributes"]["QueueArn"];
        let targets = json!({
            "Rule": name, "EventBusName": bus, "Targets": [{ "Id": "queue", "Arn": arn }],
        });
        aws.call("events", "AWSEvents.PutTargets", &targets).await.unwrap();
        Self { stack, queue, heard: Vec::new() }
    }

    /// A subscribed queue that has already received the practice's connected event.
    pub(crate) async fn connected(stack: &'a TestStack, practice_id: &str) -> Self {
        let mut platform = Self::listening(stack, practice_id).await;
        stack.run_job("jobs", None).await;
        platform.hears("connection.changed connected").await;
        platform
    }

    /// Waits for the next event, which must be this one.
    pub(crate) async fn hears(&mut self, what: &str) {
        let known = self.heard.len();
        let give_up = Instant::now() + Duration::from_secs(30);
        while self.heard.len() == known {
            assert!(Instant::now() < give_up, "{what} was not told: {:?}", self.heard);
            self.receive().await;
        }
        assert_eq!(self.heard[known..], [what], "after {:?}", &self.heard[..known]);
    }

    async fn receive(&mut self) {
        let aws = self.stack.aws();
        let wanted = json!({
            "QueueUrl": self.queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1,
        });
        let answer = aws.call("sqs", "AmazonSQS.ReceiveMessage", &wanted).await.unwrap();
        for message in answer["Messages"].as_array().into_iter().flatten() {
            let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            let (kind, state) = (&event["detail-type"], &event["detail"]["state"]);
            let words = [kind.as_str(), state.as_str()];
            self.heard.push(words.into_iter().flatten().collect::<Vec<_>>().join(" "));
            assert_eq!(event["detail"]["type"], *kind);
            assert!(event["detail"]["id"].as_str().unwrap().starts_with("evt_"), "{event}");
            let done = json!({ "QueueUrl": self.queue, "ReceiptHandle": message["ReceiptHandle"] });
            aws.call("sqs", "AmazonSQS.DeleteMessage", &done).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_change_of_a_connection_is_told_once() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let look = async || {
        let seen = practice.clinician.get("/connection?live=true").await;
        seen.text_at("/state").to_owned()
    };
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    assert_eq!(look().await, "revoked");
    stack.run_job("jobs", None).await;
    platform.hears("connection.changed revoked").await;
    // The state stays the same, however often anybody reads it.
    assert_eq!(look().await, "revoked");
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    assert_eq!(look().await, "revoked");
    stack.let_come_round("site-health", &practice.practice_id).await;
    bp.set_practice(LARGE, json!({ "availability": "online", "integrationEnabled": true })).await;
    assert_eq!(look().await, "connected");
    stack.run_job("jobs", None).await;
    platform.hears("connection.changed connected").await;
    practice.practice_admin.delete("/connection").await.assert_status(204);
    stack.run_job("jobs", None).await;
    platform.hears("connection.changed disconnected").await;
}

#[tokio::test]
async fn a_link_that_is_taken_over_is_told() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let same = form_without_code(LARGE, "Amelia", "Thornbury");
    practice.practice_admin.put("/connection", &same).await.assert_status(200);
    stack.run_job("jobs", None).await;
    platform.hears("clinician.relinked").await;
}
