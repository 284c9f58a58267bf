//! A batch of messages: each its own turn, none in another's way.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::queues::SiteWake;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::ids::PracticeId;
use domain::schedule::Job;
use lambda_runtime::{Error, LambdaEvent};
use usage::Counter;

use crate::SiteWriter;

/// What is needed to answer Lambda before it ends the process.
const MARGIN: Duration = Duration::from_secs(2);

/// Takes the turns, all at once and each for at most `longest`; the messages whose turn has to come
/// again are the answer.
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
            let id = message.message_id.clone().unwrap_or_default();
            let (writer, counter) = (Arc::clone(&writer), counter.clone());
            // A task of its own contains a panic.
            (id, tokio::spawn(async move { turn(&writer, &counter, message, time).await }))
        })
        .collect();
    let mut answer = SqsBatchResponse::default();
    for (id, turn) in turns {
        if !matches!(turn.await, Ok(true)) {
            answer.add_failure(id);
        }
    }
    Ok(answer)
}

/// How long a turn may take: as configured, which is what everything in it is measured by, and never
/// longer than Lambda lets us.
fn time(left: Duration, longest: Duration) -> Duration {
    left.saturating_sub(MARGIN).min(longest)
}

/// Whether the message is dealt with.
async fn turn(writer: &SiteWriter, counter: &Counter, message: SqsMessage, time: Duration) -> bool {
    let Some((practice, job)) = message.body.as_deref().and_then(read) else {
        // It will not become readable: the dead letters keep it for a person.
        tracing::error!("a message that cannot be read");
        return false;
    };
    match counter.charge(&practice, writer.turn(&practice, job, time)).await {
        Ok(went) => {
            tracing::info!(practice = practice.as_str(), outcome = ?went, "turn");
            true
        }
        Err(error) => {
            tracing::error!(practice = practice.as_str(), %error, "the turn has to come again");
            false
        }
    }
}

fn read(body: &str) -> Option<(PracticeId, Option<Job>)> {
    let wake: SiteWake = serde_json::from_str(body).ok()?;
    let practice = PracticeId::parse(&wake.practice_id).ok()?;
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
