use serde_json::{Value, json};

use super::Aws;
use crate::Error;

/// A line in CloudWatch Logs.
#[derive(Clone, Debug)]
pub struct LogEvent {
    /// The log group.
    pub group: String,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// The line.
    pub message: String,
}

impl Aws {
    async fn logs(&self, operation: &str, body: &Value) -> Result<Value, Error> {
        self.call("logs", &format!("Logs_20140328.{operation}"), body).await
    }

    /// Everything that any function has logged, oldest first.
    ///
    /// # Errors
    /// When CloudWatch Logs refuses.
    pub async fn log_events(&self) -> Result<Vec<LogEvent>, Error> {
        let mut events = Vec::new();
        for group in self.pages("DescribeLogGroups", json!({}), "logGroups").await? {
            let Some(name) = group["logGroupName"].as_str() else { continue };
            let request = json!({ "logGroupName": name });
            for event in self.pages("FilterLogEvents", request, "events").await? {
                events.push(LogEvent {
                    group: name.to_owned(),
                    timestamp: event["timestamp"].as_i64().unwrap_or_default(),
                    message: event["message"].as_str().unwrap_or_default().to_owned(),
                });
            }
        }
        events.sort_by_key(|event| event.timestamp);
        Ok(events)
    }

    async fn pages(
        &self,
        operation: &str,
        mut request: Value,
        field: &str,
    ) -> Result<Vec<Value>, Error> {
        let mut found = Vec::new();
        loop {
            let mut page = self.logs(operation, &request).await?;
            if let Value::Array(items) = page[field].take() {
                found.extend(items);
            }
            match page["nextToken"].take() {
                Value::String(token) => request["nextToken"] = Value::String(token),
                _ => return Ok(found),
            }
        }
    }
}
