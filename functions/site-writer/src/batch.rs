//! A batch of messages. Each message starts its own turn. A turn that fails does not affect the others.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::batch;
use aws::queues::SiteWake;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::ids::PracticeId;
use domain::schedule::Job;
use lambda_runtime::{Error, LambdaEvent};
use usage::Counter;

use crate::SiteWriter;

/// The time to answer Lambda before it ends the process.
const TIME_TO_ANSWER: Duration = Duration::from_secs(2);

/// Takes all turns at once, each for at most `longest`. Returns the messages that SQS must deliver
/// again.
pub(crate) async fn serve(
    writer: Arc<SiteWriter>,
    counter: Counter,
    longest: Duration,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let time = time(left, longest);
    let turns: Vec<_> = event
        .payload
        .records
        .into_iter()
        .map(|message| {
            let id = message.message_id.clone();
            let (writer, counter) = (Arc::clone(&writer), counter.clone());
            // A panic in one task does not end the others.
            (id, tokio::spawn(async move { turn(&writer, &counter, message, time).await }))
        })
        .collect();
    let mut failed = Vec::new();
    for (id, turn) in turns {
        if !matches!(turn.await, Ok(true)) {
            failed.push(id);
        }
    }
    Ok(batch::repeat_only(failed)?)
}

/// How long a turn may take: the configured time, from which all limits follow, or less if Lambda
/// leaves less.
fn time(left: Duration, longest: Duration) -> Duration {
    left.saturating_sub(TIME_TO_ANSWER).min(longest)
}

/// Returns whether the message is done with.
async fn turn(writer: &SiteWriter, counter: &Counter, message: SqsMessage, time: Duration) -> bool {
    let Some((practice, job)) = message.body.as_deref().and_then(read) else {
        // It goes to the dead letters, where a person finds it.
        tracing::error!("a message that cannot be read");
        return false;
    };
    match counter.charge(&practice, writer.turn(&practice, job, time)).await {
        Ok(outcome) => {
            tracing::info!(practice = practice.as_str(), ?outcome, "turn");
            true
        }
        Err(error) => {
            tracing::error!(practice = practice.as_str(), %error, "the turn must come again");
            false
        }
    }
}

fn read(body: &str) -> Option<(PracticeId, Option<Job>)> {
    let wake: SiteWake = serde_json::from_str(body).ok()?;
    let practice = PracticeId::stored(&wake.practice_id).ok()?;
    let job = wake.job.as_deref().map(Job::parse).transpose().ok()?;
    Some((practice, job))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_takes_no_longer_than_is_configured_nor_than_is_left() {
        let seconds = Duration::from_secs;
        assert_eq!(time(seconds(120), seconds(18)), seconds(18));
        assert_eq!(time(seconds(120), seconds(118)), seconds(118));
        assert_eq!(time(seconds(10), seconds(18)), seconds(8));
        assert_eq!(time(seconds(1), seconds(18)), seconds(0));
    }

    #[test]
    fn a_message_names_a_practice_and_perhaps_a_job_and_nothing_else_is_taken() {
        let practice = PracticeId::parse("wattle-creek").unwrap();
        assert_eq!(read(r#"{"practiceId":"wattle-creek"}"#), Some((practice.clone(), None)));
        assert_eq!(
            read(r#"{"practiceId":"wattle-creek","job":"reconcile"}"#),
            Some((practice, Some(Job::Reconcile)))
        );
        for wrong in ["", "{}", r#"{"practiceId":""}"#, r#"{"practiceId":"a","job":"dance"}"#] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
