//! The answer to a batch of SQS messages.

use std::error::Error;
use std::fmt;

use aws_lambda_events::sqs::SqsBatchResponse;

/// A message of a batch has no id, so the answer cannot name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NamelessMessage;

impl fmt::Display for NamelessMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message without an id")
    }
}

impl Error for NamelessMessage {}

/// The answer that makes SQS deliver exactly these messages again. The others are deleted.
///
/// # Errors
/// When one of them has no id. Then the function must fail, so that all messages come again: AWS documents
/// this for an empty id, but the local stack deletes all messages.
pub fn repeat_only(
    failed: impl IntoIterator<Item = Option<String>>,
) -> Result<SqsBatchResponse, NamelessMessage> {
    let mut answer = SqsBatchResponse::default();
    for id in failed {
        answer.add_failure(id.filter(|id| !id.is_empty()).ok_or(NamelessMessage)?);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answer(failed: &[Option<&str>]) -> Result<Value, NamelessMessage> {
        let failed = failed.iter().map(|id| id.map(str::to_owned));
        repeat_only(failed).map(|answer| serde_json::to_value(answer).unwrap())
    }

    /// Source: AWS Lambda, "Implementing partial batch responses".
    #[test]
    fn a_batch_answer_names_exactly_the_messages_that_must_come_again() {
        assert_eq!(answer(&[]), Ok(json!({ "batchItemFailures": [] })));
        assert_eq!(
            answer(&[Some("m-1"), Some("m-3")]),
            Ok(json!({ "batchItemFailures": [
                { "itemIdentifier": "m-1" }, { "itemIdentifier": "m-3" },
            ] }))
        );
    }

    #[test]
    fn a_message_without_an_id_fails_the_whole_batch_because_an_empty_id_may_lose_it() {
        for nameless in [None, Some("")] {
            assert_eq!(answer(&[Some("m-1"), nameless]), Err(NamelessMessage));
        }
    }
}
