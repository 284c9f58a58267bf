use serde_json::json;

use super::Aws;
use crate::Error;

impl Aws {
    /// How many messages a queue has: waiting, delayed and in flight.
    ///
    /// # Errors
    /// When there is no such queue.
    pub async fn queued(&self, queue_url: &str) -> Result<u64, Error> {
        let request = json!({ "QueueUrl": queue_url, "AttributeNames": ["All"] });
        let answer = self.call("sqs", "AmazonSQS.GetQueueAttributes", &request).await?;
        let counted = ["", "NotVisible", "Delayed"].map(|which| {
            let name = format!("ApproximateNumberOfMessages{which}");
            let count = answer["Attributes"][&name].as_str().and_then(|digits| digits.parse().ok());
            count.unwrap_or(0_u64)
        });
        Ok(counted.iter().sum())
    }
}
