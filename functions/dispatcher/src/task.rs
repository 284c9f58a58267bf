//! The task that a schedule or an operator asks for.

use domain::ids::PracticeId;
use domain::schedule::Job;
use serde::Deserialize;

/// What the dispatcher is asked to do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Input")]
pub(crate) enum Task {
    /// Wake the writers of practices with deliveries or bookings that are due.
    Sweep,
    /// Hand out the practices' jobs that are due.
    Jobs,
    /// Wake the senders of webhook endpoints for which something is due.
    Webhooks,
    /// Hand out one job of one practice now.
    Now { practice: PracticeId, job: Job },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    job: String,
    practice_id: Option<PracticeId>,
}

/// Why an input names no task.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Unknown {
    #[error("there is no such job")]
    Job,
    #[error("this job is a practice's: practiceId is missing")]
    WithoutPractice,
    #[error("this job is nobody's own: practiceId is too much")]
    WithPractice,
}

impl TryFrom<Input> for Task {
    type Error = Unknown;

    fn try_from(Input { job, practice_id }: Input) -> Result<Self, Unknown> {
        match (job.as_str(), practice_id) {
            ("sweep", None) => Ok(Self::Sweep),
            // `turns` is the name that earlier releases' schedules send.
            ("jobs" | "turns", None) => Ok(Self::Jobs),
            ("webhooks", None) => Ok(Self::Webhooks),
            ("sweep" | "jobs" | "turns" | "webhooks", Some(_)) => Err(Unknown::WithPractice),
            (job, practice) => {
                let job = Job::parse(job).map_err(|_| Unknown::Job)?;
                let practice = practice.ok_or(Unknown::WithoutPractice)?;
                Ok(Self::Now { practice, job })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Task, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_schedules_input_names_a_task() {
        assert_eq!(read(r#"{"job":"sweep"}"#), Ok(Task::Sweep));
        assert_eq!(read(r#"{"job":"jobs"}"#), Ok(Task::Jobs));
        assert_eq!(read(r#"{"job":"turns"}"#), Ok(Task::Jobs), "an earlier release's schedule");
        assert_eq!(read(r#"{"job":"webhooks"}"#), Ok(Task::Webhooks));
        let practice = PracticeId::parse("wattle-creek").unwrap();
        let now = Task::Now { practice, job: Job::Reconcile };
        assert_eq!(read(r#"{"job":"reconcile","practiceId":"wattle-creek"}"#), Ok(now));
    }

    #[test]
    fn what_is_not_clear_is_refused_instead_of_guessed() {
        for (input, why) in [
            (r#"{"job":"dance"}"#, "no such job"),
            (r#"{"job":"reconcile"}"#, "practiceId is missing"),
            (r#"{"job":"sweep","practiceId":"wattle-creek"}"#, "too much"),
            (r#"{"job":"reconcile","practiceId":"wattle creek"}"#, "practice id"),
            (r#"{"job":"sweep","force":true}"#, "unknown field"),
            (r#"{}"#, "missing field"),
        ] {
            let refused = read(input).unwrap_err();
            assert!(refused.contains(why), "{input}: {refused}");
        }
    }
}
