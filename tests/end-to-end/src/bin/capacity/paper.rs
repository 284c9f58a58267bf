//! The arithmetic: from what one action costs to an hour and a month of very many practices.

use domain::schedule::Job;

use crate::cost::{Cost, Costs, Units};
use crate::load::{Action, Load};
use crate::monday::job_name;

/// Minutes of a month: each has one run of each of the dispatcher's tasks.
const MINUTES: f64 = 30.0 * 24.0 * 60.0;
const DAYS: f64 = 30.0;
const TASKS: [&str; 3] = ["task:sweep", "task:jobs", "task:webhooks"];

/// What the busiest hour, or a part of it, costs.
pub(crate) fn busiest(units: &Units, load: &Load, practices: f64, minutes: f64) -> Costs {
    let mut costs = Costs::default();
    let hours = minutes / 60.0;
    for action in Action::ALL {
        let times = practices * load.in_a_day(action) * load.busiest_hour * hours;
        costs.add_all(units.of(action.name()), times);
    }
    for job in Job::ALL {
        let times = practices * load.jobs_in_busiest_hour(job) * hours;
        costs.add_all(units.of(&job_name(job)), times);
    }
    for task in TASKS {
        costs.add_all(units.of(task), minutes);
    }
    costs
}

/// What a month costs.
pub(crate) fn month(units: &Units, load: &Load, practices: f64) -> Costs {
    let mut costs = Costs::default();
    for action in Action::ALL {
        let times = practices * load.in_a_day(action) * load.working_days;
        costs.add_all(units.of(action.name()), times);
    }
    for job in Job::ALL {
        let working = load.jobs_in_a_day(job, true) * load.working_days;
        let resting = load.jobs_in_a_day(job, false) * (DAYS - load.working_days);
        costs.add_all(units.of(&job_name(job)), practices * (working + resting));
    }
    for task in TASKS {
        costs.add_all(units.of(task), MINUTES);
    }
    costs
}

/// Queries of one practice on a Monday, which Halo's daily cap limits.
pub(crate) fn queries_in_a_day(units: &Units, load: &Load) -> f64 {
    let actions = Action::ALL
        .map(|action| units.of(action.name()).total().halo_queries * load.in_a_day(action));
    let jobs = Job::ALL
        .map(|job| units.of(&job_name(job)).total().halo_queries * load.jobs_in_a_day(job, true));
    actions.into_iter().chain(jobs).sum()
}

/// How long an invocation lasts, and with how much memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations {
    /// Of one call of Halo, in milliseconds.
    pub(crate) halo_ms: f64,
    /// Of one call of an AWS service, in milliseconds.
    pub(crate) aws_ms: f64,
}

/// Of the function, in MiB, as in template.yaml.
pub(crate) fn memory(function: &str) -> f64 {
    match function {
        "site-writer" => 1024.0,
        _ => 256.0,
    }
}

/// The memory at which Lambda gives a function one whole processor, in MiB.
const WHOLE_PROCESSOR: f64 = 1769.0;

impl Durations {
    /// How long all of this lasts, in seconds.
    pub(crate) fn seconds(&self, function: &str, cost: &Cost) -> f64 {
        let share = (memory(function) / WHOLE_PROCESSOR).min(1.0);
        let calls = cost.table_calls + cost.queue_calls + cost.bucket_calls;
        let waited = cost.halo_calls * self.halo_ms + calls * self.aws_ms + cost.pause_ms;
        (cost.own_ms / share + waited) / 1000.0
    }

    pub(crate) fn gigabyte_seconds(&self, costs: &Costs) -> f64 {
        let all = costs.0.iter();
        all.map(|(name, cost)| memory(name) / 1024.0 * self.seconds(name, cost)).sum()
    }

    /// How many run at the same time on average, if all of this falls into so many seconds.
    pub(crate) fn at_once(&self, costs: &Costs, seconds: f64, which: &dyn Fn(&str) -> bool) -> f64 {
        let of = costs.0.iter().filter(|(name, _)| which(name));
        of.map(|(name, cost)| self.seconds(name, cost)).sum::<f64>() / seconds
    }
}

/// Whether API Gateway calls the function.
pub(crate) fn is_api(function: &str) -> bool {
    !matches!(function, "site-writer" | "attachment-importer" | "webhook-sender" | "dispatcher")
}

pub(crate) fn api_requests(costs: &Costs) -> f64 {
    costs.0.iter().filter(|(name, _)| is_api(name)).map(|(_, cost)| cost.invocations).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        load: Load,
    }

    fn load() -> Load {
        Flags::parse_from(["test"]).load
    }

    /// Units in which each action costs one query and four calls of the table, and nothing else costs anything.
    fn units() -> Units {
        let mut one = Costs::default();
        let cost = Cost {
            invocations: 1.0,
            halo_queries: 1.0,
            halo_calls: 1.0,
            table_calls: 4.0,
            own_ms: 2.0,
            ..Cost::default()
        };
        one.add("patient-search", cost);
        let actions = Action::ALL.map(|action| (action.name().to_owned(), one.clone()));
        let jobs = Job::ALL.map(|job| (job_name(job), Costs::default()));
        let tasks = TASKS.map(|task| (task.to_owned(), Costs::default()));
        let actions = actions.into_iter().chain(jobs).chain(tasks).collect();
        Units { measured: "made up".to_owned(), actions }
    }

    #[test]
    fn an_hour_is_its_part_of_the_day_and_grows_with_the_practices() {
        let load = load();
        let in_a_day: f64 = Action::ALL.iter().map(|action| load.in_a_day(*action)).sum();
        let hour = busiest(&units(), &load, 100.0, 60.0).total();
        assert!((hour.halo_queries - 100.0 * in_a_day * load.busiest_hour).abs() < 1e-6);
        let half = busiest(&units(), &load, 100.0, 30.0).total();
        assert!((half.table_calls * 2.0 - hour.table_calls).abs() < 1e-6);
        let more = busiest(&units(), &load, 5000.0, 60.0).total();
        assert!((more.halo_queries / hour.halo_queries - 50.0).abs() < 1e-6);
    }

    #[test]
    fn a_month_has_its_working_days_and_a_practice_its_queries() {
        let load = load();
        let in_a_day: f64 = Action::ALL.iter().map(|action| load.in_a_day(*action)).sum();
        let month = month(&units(), &load, 10.0).total();
        assert!((month.halo_queries - 10.0 * in_a_day * load.working_days).abs() < 1e-6);
        assert!((queries_in_a_day(&units(), &load) - in_a_day).abs() < 1e-9);
    }

    #[test]
    fn a_function_with_little_memory_computes_more_slowly_and_waits_as_long() {
        let durations = Durations { halo_ms: 500.0, aws_ms: 5.0 };
        let cost = Cost { own_ms: 2.0, halo_calls: 1.0, table_calls: 4.0, ..Cost::default() };
        let expected = 0.5 + 0.02 + 0.002 * 1769.0 / 256.0;
        assert!((durations.seconds("patient-search", &cost) - expected).abs() < 1e-9);
        let mut costs = Costs::default();
        costs.add("patient-search", cost);
        assert!((durations.gigabyte_seconds(&costs) - expected / 4.0).abs() < 1e-9);
        let at_once = durations.at_once(&costs, 10.0, &|_| true);
        assert!((at_once - expected / 10.0).abs() < 1e-9);
    }

    #[test]
    fn bp_is_asked_for_messages_more_rarely_the_older_they_are() {
        let load = load();
        let [working, resting] = [true, false].map(|works| load.jobs_in_a_day(Job::Checked, works));
        // The last message came a day before, so the wait grows from six hours on.
        assert!((resting - 4.0).abs() < 1e-9, "a practice without new messages: {resting}");
        // Never more often than every quarter of an hour, and less often at night.
        assert!(working > 20.0 && working < 70.0, "{working}");
        let quiet = Load { messages: 0.0, ..load };
        assert!(quiet.jobs_in_a_day(Job::Checked, true) < working);
        assert!((load.jobs_in_a_day(Job::SiteHealth, true) - 96.0).abs() < 1e-9);
        assert!((load.jobs_in_busiest_hour(Job::Checked) - 4.0).abs() < 0.5);
    }
}
