//! Figures by practice and day, in memory until they are in the table.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::usage::Usage;
use halo::{Meter, Used};
use jiff::Timestamp;
use jiff::civil::Date;

/// A practice's id, and a day.
type PracticeDay = (String, Date);

#[derive(Debug, Default)]
pub(crate) struct PendingUsage(Mutex<BTreeMap<PracticeDay, Usage>>);

impl Meter for PendingUsage {
    fn used(&self, payer: Option<&str>, used: Used) {
        let Some(practice) = payer else {
            if let Used::Query(name) = used {
                tracing::error!(statement = name, "a query is counted for nobody");
            }
            return;
        };
        self.count(practice, used, Timestamp::now());
    }
}

impl PendingUsage {
    fn count(&self, practice: &str, used: Used, now: Timestamp) {
        let mut kept = self.kept();
        let usage = kept.entry((practice.to_owned(), Usage::day(now))).or_default();
        match used {
            Used::Query(name) => {
                usage.queries += 1;
                *usage.by_purpose.entry(name.to_owned()).or_default() += 1;
            }
            Used::Other => usage.other_calls += 1,
            Used::Sent(bytes) => usage.bytes_sent += bytes,
            Used::Received(bytes) => usage.bytes_received += bytes,
            Used::Answered => usage.answered_at = Some(now),
        }
    }

    /// The days with figures, those of one practice first.
    pub(crate) fn days(&self, first: &str) -> Vec<PracticeDay> {
        let mut days: Vec<PracticeDay> = self.kept().keys().cloned().collect();
        days.sort_by_key(|(practice, _)| practice != first);
        days
    }

    /// Takes the figures of a day out.
    pub(crate) fn take(&self, day: &PracticeDay) -> Option<Usage> {
        self.kept().remove(day)
    }

    /// Adds figures that could not be stored.
    pub(crate) fn add(&self, day: PracticeDay, usage: &Usage) {
        self.kept().entry(day).or_default().add(usage);
    }

    pub(crate) fn answered_at(&self, practice: &str) -> Option<Timestamp> {
        let kept = self.kept();
        let of_practice = kept.iter().filter(|((of, _), _)| of == practice);
        of_practice.filter_map(|(_, usage)| usage.answered_at).max()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<PracticeDay, Usage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_counted_by_practice_and_day() {
        let pending = PendingUsage::default();
        let before: Timestamp = "2026-11-27T23:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-11-28T00:00:01Z".parse().unwrap();
        for used in [Used::Query("patient_search"), Used::Sent(5), Used::Received(7)] {
            pending.count("wattle-creek", used, before);
        }
        pending.count("wattle-creek", Used::Answered, after);
        pending.count("wattle-creek", Used::Other, after);
        pending.count("bluegum-hollow", Used::Query("login_probe"), after);
        assert_eq!(pending.answered_at("wattle-creek"), Some(after));
        assert_eq!(pending.answered_at("bluegum-hollow"), None);
        let listed = pending.days("wattle-creek");
        assert_eq!(listed[0].0, "wattle-creek", "whoever waits comes first");
        let days: BTreeMap<_, _> =
            listed.into_iter().map(|day| (day.clone(), pending.take(&day).unwrap())).collect();
        let of = |practice: &str, at| &days[&(practice.to_owned(), Usage::day(at))];
        let first = of("wattle-creek", before);
        assert_eq!((first.queries, first.bytes_sent, first.bytes_received), (1, 5, 7));
        assert_eq!(first.by_purpose["patient_search"], 1);
        assert_eq!(
            (of("wattle-creek", after).queries, of("wattle-creek", after).other_calls),
            (0, 1)
        );
        assert_eq!(of("bluegum-hollow", after).queries, 1);
        assert!(pending.days("").is_empty(), "it is handed over once");
    }

    #[test]
    fn what_nobody_pays_for_is_nobodys() {
        let pending = PendingUsage::default();
        pending.used(None, Used::Query("login_probe"));
        assert!(pending.days("").is_empty());
    }
}
