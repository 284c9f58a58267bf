//! What can go wrong, and on which calls.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::{Operation, REQUESTS};

/// What can go wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The key is refused; nothing happens.
    #[serde(rename = "401")]
    Unauthorised,
    /// The call is refused; nothing happens.
    #[serde(rename = "403")]
    Forbidden,
    /// Not found; nothing happens.
    #[serde(rename = "404")]
    NotFound,
    /// Too many calls, with `Retry-After`; nothing happens.
    #[serde(rename = "429")]
    TooManyRequests,
    /// Halo's own fault; nothing happens.
    #[serde(rename = "500")]
    Internal,
    /// A bad gateway; nothing happens.
    #[serde(rename = "502")]
    BadGateway,
    /// The site was offline before the attempt; nothing happens.
    #[serde(rename = "503")]
    Unavailable,
    /// 504 and nothing happened.
    #[serde(rename = "504BeforeExecution")]
    TimeoutBeforeExecution,
    /// 504 although it happened.
    #[serde(rename = "504AfterExecution")]
    TimeoutAfterExecution,
    /// The connection is closed unanswered and nothing happened.
    DropBefore,
    /// The connection is closed unanswered although it happened.
    DropAfter,
    /// The database fails the statement, which has no effect.
    ExecutionFailed,
    /// The statement runs; its result is called too large.
    TooLarge,
    /// It happens; the answer is not JSON.
    MalformedBody,
    /// It happens; the answer is JSON of another shape.
    WrongShape,
    /// It happens; the answer breaks off before its promised length.
    TruncatedBody,
    /// It happens; the answer waits for `delayMs`.
    Slow,
    /// The statement runs; its result never arrives at Halo.
    UploadFailed,
    /// The statement never runs: its time in the queue passes.
    ExpiredInQueue,
    /// The page is no longer kept.
    PageGone,
    /// The notification is never sent.
    WebhookLost,
    /// The notification is sent twice.
    WebhookTwice,
    /// The site's Halo GUID is replaced just before the call.
    StaleGuid,
    /// The practitioner is away: free appointments are an SQL error.
    Away,
    /// The slot is taken by someone else.
    SlotTaken,
}

use Effect as E;
use Operation as O;

impl Effect {
    /// Everything that can go wrong, as the control API names it.
    pub(crate) const ALL: [Self; 25] = [
        E::Unauthorised,
        E::Forbidden,
        E::NotFound,
        E::TooManyRequests,
        E::Internal,
        E::BadGateway,
        E::Unavailable,
        E::TimeoutBeforeExecution,
        E::TimeoutAfterExecution,
        E::DropBefore,
        E::DropAfter,
        E::ExecutionFailed,
        E::TooLarge,
        E::MalformedBody,
        E::WrongShape,
        E::TruncatedBody,
        E::Slow,
        E::UploadFailed,
        E::ExpiredInQueue,
        E::PageGone,
        E::WebhookLost,
        E::WebhookTwice,
        E::StaleGuid,
        E::Away,
        E::SlotTaken,
    ];

    /// The operations on which this effect can occur at all.
    pub(super) fn possible(self) -> Vec<Operation> {
        match self {
            E::ExecutionFailed | E::TooLarge => vec![
                O::ImmediateQuery,
                O::AsyncQuery,
                O::RegisteredExecution,
                O::FhirRead,
                O::FhirSearch,
            ],
            E::Away | E::SlotTaken => {
                vec![O::ImmediateQuery, O::AsyncQuery, O::RegisteredExecution]
            }
            E::UploadFailed | E::ExpiredInQueue => vec![O::AsyncQuery],
            E::PageGone => vec![O::ResultPage, O::StreamPage],
            E::WebhookLost | E::WebhookTwice => vec![O::Webhook],
            _ => REQUESTS.to_vec(),
        }
    }

    /// Where the effect comes later than the call it is naturally named after.
    pub(super) fn stands_for(self, named: &[Operation]) -> bool {
        let asynchronous = named.contains(&O::AsyncQuery);
        let registered = named.contains(&O::RegisterQuery);
        match self {
            E::WebhookLost | E::WebhookTwice => asynchronous || registered,
            E::PageGone => asynchronous,
            E::ExecutionFailed | E::TooLarge | E::Away | E::SlotTaken => registered,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_that_a_fault_may_have_is_listed() {
        // What serde offers instead of a name that it does not know is every name there is.
        let offered = serde_json::from_str::<Effect>("\"none\"").unwrap_err().to_string();
        let offered: Vec<&str> = offered.split('`').skip(3).step_by(2).collect();
        let listed: Vec<String> = Effect::ALL
            .iter()
            .map(|effect| serde_json::to_string(effect).unwrap().trim_matches('"').to_owned())
            .collect();
        assert_eq!(listed, offered);
    }
}
