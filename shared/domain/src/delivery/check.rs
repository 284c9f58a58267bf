//! What a doctor recorded when checking a message.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::BpUserId;

/// What a doctor recorded when checking an item of the inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The Bp user who checked it.
    pub checked_by: BpUserId,
    /// The day, on the practice's calendar.
    #[schema(value_type = Option<String>, format = Date)]
    pub checked_on: Option<Date>,
    /// Bp's word for the result: `Normal`, `Abnormal`, …
    #[schema(value_type = Option<String>)]
    pub notation: Option<Cow<'static, str>>,
    /// Bp's word for the next action: `No action`, `Urgent appointment`, …
    #[schema(value_type = Option<String>)]
    pub action: Option<Cow<'static, str>>,
}

impl Check {
    /// Bp's codes in words. 0 means blank. A code that is not public gives no word.
    #[must_use]
    pub fn of(checked_by: BpUserId, checked_on: Option<Date>, notation: i64, action: i64) -> Self {
        const NOTATIONS: [&str; 7] = [
            "Normal",
            "Abnormal",
            "Stable",
            "Acceptable",
            "Unacceptable",
            "Being treated",
            "Under specialist care",
        ];
        const ACTIONS: [&str; 7] = [
            "No action",
            "Reception to advise",
            "Nurse to advise",
            "Doctor to advise",
            "Send routine reminder",
            "Non-urgent appointment",
            "Urgent appointment",
        ];
        let word = |words: [&'static str; 7], code: i64| {
            let at = usize::try_from(code).ok()?.checked_sub(1)?;
            words.get(at).copied().map(Cow::Borrowed)
        };
        Self {
            checked_by,
            checked_on,
            notation: word(NOTATIONS, notation),
            action: word(ACTIONS, action),
        }
    }
}
