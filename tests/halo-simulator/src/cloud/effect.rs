//! The effects of faults, and the calls that each can happen on.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::{Operation, REQUESTS};

/// What goes wrong in a call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The key is refused. The call does nothing.
    #[serde(rename = "401")]
    Unauthorised,
    /// The call is refused and does nothing.
    #[serde(rename = "403")]
    Forbidden,
    /// The answer is 404. The call does nothing.
    #[serde(rename = "404")]
    NotFound,
    /// Too many calls, with `Retry-After`. The call does nothing.
    #[serde(rename = "429")]
    TooManyRequests,
    /// An internal error at Halo. The call does nothing.
    #[serde(rename = "500")]
    Internal,
    /// A bad gateway. The call does nothing.
    #[serde(rename = "502")]
    BadGateway,
    /// The site was offline before the attempt. The call does nothing.
    #[serde(rename = "503")]
    Unavailable,
    /// The answer is 504, and the call does nothing.
    #[serde(rename = "504BeforeExecution")]
    TimeoutBeforeExecution,
    /// The answer is 504, although the call takes effect.
    #[serde(rename = "504AfterExecution")]
    TimeoutAfterExecution,
    /// The connection is closed without an answer, and the call does nothing.
    DropBefore,
    /// The connection is closed without an answer, although the call takes effect.
    DropAfter,
    /// The statement fails in the database and has no effect.
    ExecutionFailed,
    /// The statement runs, but its result is refused as too large.
    TooLarge,
    /// The call takes effect, but the answer is not JSON.
    MalformedBody,
    /// The call takes effect, but the answer is JSON of another shape.
    WrongShape,
    /// The call takes effect, but the answer ends before its announced length.
    TruncatedBody,
    /// The call takes effect, and the answer comes after `delayMs`.
    Slow,
    /// The statement runs, but its result never arrives at Halo.
    UploadFailed,
    /// The statement never runs, because its time in the queue has passed.
    ExpiredInQueue,
    /// The page has expired.
    PageGone,
    /// The notification is never sent.
    WebhookLost,
    /// The notification is sent twice.
    WebhookTwice,
    /// The site's Halo GUID is replaced just before the call.
    StaleGuid,
    /// The practitioner is away: `BP_GetFreeAppointments` fails with an SQL error.
    Away,
    /// Another appointment already occupies the slot.
    SlotTaken,
}

use Effect as E;
use Operation as O;

impl Effect {
    /// All effects, in the order of the control API.
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

    /// The operations on which this effect can happen.
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

    /// Whether the effect comes later than the call that a fault names, such as a lost webhook after a
    /// query.
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
        // For an unknown name, serde's error lists all names.
        let offered = serde_json::from_str::<Effect>("\"none\"").unwrap_err().to_string();
        let offered: Vec<&str> = offered.split('`').skip(3).step_by(2).collect();
        let listed: Vec<String> = Effect::ALL
            .iter()
            .map(|effect| serde_json::to_string(effect).unwrap().trim_matches('"').to_owned())
            .collect();
        assert_eq!(listed, offered);
    }
}
