//! Runs scheduled jobs at once, instead of waiting for EventBridge Scheduler.

use reqwest::Method;
use serde_json::{Value, json};

use crate::deploy::STACK;
use crate::{Aws, Error, Outputs};

/// The jobs that the dispatcher knows. The first three are of all practices, the others of one.
const JOBS: [&str; 7] =
    ["sweep", "jobs", "webhooks", "site-health", "checked", "staff-sync", "reconcile"];

impl Aws {
    /// Runs a scheduled job now: `sweep`, `jobs`, or the job of a practice, such as `reconcile`.
    /// Returns the job's result.
    ///
    /// # Errors
    /// When there is no such job, or it failed.
    pub async fn run_job(&self, job: &str, practice: Option<&str>) -> Result<Value, Error> {
        if !JOBS.contains(&job) {
            return Err(Error::NoSuchJob { job: job.to_owned(), jobs: JOBS.join(", ") });
        }
        let outputs = self.deployed().await?;
        let function = outputs.need("DispatcherFunctionName")?;
        let mut input = json!({ "job": job });
        if let Some(practice) = practice {
            input["practiceId"] = practice.into();
        }
        self.invoke(function, &input).await
    }

    /// The outputs of the deployed template.
    ///
    /// # Errors
    /// When it is not deployed.
    pub async fn deployed(&self) -> Result<Outputs, Error> {
        self.stack_outputs(STACK).await
    }

    /// The deployed template itself, as SAM has written it out.
    ///
    /// # Errors
    /// When it is not deployed.
    pub async fn deployed_template(&self) -> Result<Value, Error> {
        self.stack_template(STACK).await
    }

    /// Invokes a function and waits for its answer.
    ///
    /// # Errors
    /// When there is no such function, or it failed.
    pub async fn invoke(&self, function: &str, input: &Value) -> Result<Value, Error> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let text = self.rest("lambda", Method::POST, &path, input).await?;
        let answer: Value =
            serde_json::from_str(&text).map_err(Error::malformed("the function's answer"))?;
        // Only the answer of a failed function has these two members.
        if answer["errorType"].is_string() && answer["errorMessage"].is_string() {
            return Err(Error::Aws {
                operation: format!("invoking {function}"),
                status: 200,
                body: text,
            });
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_job_is_refused_with_a_list_of_the_jobs() {
        let nobody = Aws::at("http://127.0.0.1:9").unwrap();
        let refused = nobody.run_job("nonsense", None).await.unwrap_err().to_string();
        assert_eq!(
            refused,
            "there is no such job: nonsense. The jobs are sweep, jobs, webhooks, site-health, checked, staff-sync, reconcile"
        );
    }
}
