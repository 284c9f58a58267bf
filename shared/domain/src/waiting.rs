//! Which worker waits for which of Halo's asynchronous queries, so that Halo's notification reaches it.

use serde::{Deserialize, Serialize};

use crate::ids::PracticeId;

/// A worker that submitted a query and waits for its end.
///
/// A waiter never depends on the notification alone: Halo notifies us of successes only, and a
/// notification may be lost. So each waiter also makes a status call later.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Waiter {
    /// An attachment that is being copied from a practice.
    #[serde(rename = "staging")]
    Import {
        practice: PracticeId,
        /// The import that it belongs to.
        import: String,
        /// Which of the import's items.
        item: u32,
    },
    /// The writer of a practice's deliveries and bookings.
    Site {
        /// The practice.
        practice: PracticeId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiter_is_read_back_as_it_was_written() {
        let practice = PracticeId::parse("wattle-creek").unwrap();
        let import =
            Waiter::Import { practice: practice.clone(), import: "imp-7".to_owned(), item: 3 };
        for waiter in [import, Waiter::Site { practice }] {
            let written = serde_json::to_string(&waiter).unwrap();
            assert_eq!(serde_json::from_str::<Waiter>(&written).unwrap(), waiter);
        }
    }

    #[test]
    fn a_waiter_that_an_earlier_release_stored_is_still_read() {
        let stored = r#"{"kind":"staging","practice":"wattle-creek","import":"imp-7","item":3}"#;
        let waiter = serde_json::from_str::<Waiter>(stored).unwrap();
        assert!(matches!(&waiter, Waiter::Import { item: 3, .. }), "{waiter:?}");
        assert_eq!(serde_json::to_string(&waiter).unwrap(), stored);
    }
}
