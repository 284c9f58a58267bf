//! When to ask Halo for the end of a query, learned from the site's earlier queries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The first pause at a site of which nothing is known.
const UNKNOWN: Duration = Duration::from_millis(200);
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(1500);

/// How long to wait before the first question for the end of a query.
///
/// The pause is halved as long as each query has ended by then. Once a query had not, the pause is as long as that
/// query took, and from then on it shrinks slowly. So a quick site is asked soon, and no site is asked much more often
/// than with a fixed pause.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    pause_ms: u64,
    /// Whether a query had not ended yet when it was first asked for.
    missed: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(UNKNOWN, false)
    }
}

impl Pace {
    fn of(pause: Duration, missed: bool) -> Self {
        let pause = pause.clamp(SHORTEST, LONGEST).as_millis();
        Self { pause_ms: u64::try_from(pause).unwrap_or(u64::MAX), missed }
    }

    /// How long to wait before the first question.
    #[must_use]
    pub fn first_pause(&self) -> Duration {
        Duration::from_millis(self.pause_ms).clamp(SHORTEST, LONGEST)
    }

    /// Learns that a query had ended at this question, counted from 0, and how long that was after it was sent.
    pub fn ended(&mut self, question: u32, after: Duration) {
        let pause = self.first_pause();
        *self = match (question, self.missed) {
            (0, false) => Self::of(pause / 2, false),
            (0, true) => Self::of(pause - pause / 16, true),
            _ => Self::of(after.max(pause), true),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses before the first questions, and how many questions there were, at a site that needs this long.
    fn queries(needs: u64, count: usize) -> (u64, usize) {
        let mut pace = Pace::default();
        let mut questions = 0;
        for _ in 0..count {
            let mut waited = pace.first_pause();
            let mut question = 0;
            while waited < Duration::from_millis(needs) {
                question += 1;
                waited += Duration::from_millis(200) * 2_u32.pow(question.min(3));
            }
            pace.ended(question, waited);
            questions += 1 + usize::try_from(question).unwrap();
        }
        (pace.pause_ms, questions)
    }

    #[test]
    fn a_quick_site_is_soon_asked_at_once() {
        assert_eq!(queries(0, 8), (10, 8));
    }

    #[test]
    fn a_slower_site_is_asked_little_more_than_once_for_each_query() {
        for needs in [40, 90, 300, 900] {
            let (pause, questions) = queries(needs, 100);
            assert!(questions <= 120, "{needs} ms: {questions}");
            assert!(pause <= 2 * needs + 600, "{needs} ms: {pause}");
        }
    }

    #[test]
    fn no_pause_is_longer_than_the_longest_question() {
        assert!(queries(60_000, 3).0 <= 1500);
    }
}
