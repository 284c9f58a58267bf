//! What is reached first: quotas of AWS and our own limits, compared with the busiest second.

use clap::Args;
use domain::schedule::Job;

use crate::cost::Costs;
use crate::load::Load;
use crate::paper::{Durations, api_requests, is_api};

/// Quotas of the account in ap-southeast-2: assumptions, which flags change.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Quotas {
    /// Requests a second of API Gateway.
    #[arg(long, default_value_t = 10_000.0)]
    pub(crate) quota_api: f64,
    /// Invocations of Lambda at the same time.
    #[arg(long, default_value_t = 1_000.0)]
    pub(crate) quota_lambda: f64,
    /// Write units a second of one partition key of DynamoDB.
    #[arg(long, default_value_t = 1_000.0)]
    pub(crate) quota_partition: f64,
    /// Write units a second of one table on demand.
    #[arg(long, default_value_t = 40_000.0)]
    pub(crate) quota_table: f64,
    /// Calls a second of EventBridge's PutEvents.
    #[arg(long, default_value_t = 1_200.0)]
    pub(crate) quota_events: f64,
    /// Calls a second of Secrets Manager's GetSecretValue.
    #[arg(long, default_value_t = 10_000.0)]
    pub(crate) quota_secrets: f64,
    /// Queries a second that Halo allows us. Halo publishes no figure: its portal shows ours.
    #[arg(long)]
    pub(crate) quota_halo: Option<f64>,
}

/// Our own limits, as in template.yaml and the dispatcher.
const WRITERS: f64 = 50.0;
const IMPORTERS: f64 = 20.0;
const TURNS_OF_A_WRITER: f64 = 4.0;
const JOBS_A_MINUTE: f64 = 4.0 * 500.0;
/// How many partition keys of the index `due` the lanes have, and the jobs as many.
const DUE_SHARDS: f64 = 4.0;
/// Connections of a NAT gateway's one address to one other address.
const NAT_CONNECTIONS: f64 = 2.0 * 55_000.0;
/// How long Lambda keeps a process, in seconds, for the number of cold starts.
const PROCESS: f64 = 3600.0;

/// One limit, and how much of it the busiest second needs.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub(crate) what: &'static str,
    pub(crate) used: f64,
    pub(crate) limit: f64,
    pub(crate) raise: &'static str,
}

impl Used {
    pub(crate) fn share(&self) -> f64 {
        self.used / self.limit
    }
}

impl Quotas {
    /// All limits, the one that is reached first at the beginning. `hour` is the busiest hour.
    pub(crate) fn used(
        &self,
        hour: &Costs,
        practices: f64,
        load: &Load,
        durations: &Durations,
    ) -> Vec<Used> {
        let total = hour.total();
        let a_second = |count: f64| count / 3600.0 * load.burst;
        let at_once =
            |which: &dyn Fn(&str) -> bool| durations.at_once(hour, 3600.0, which) * load.burst;
        let all = at_once(&|_| true);
        let jobs: f64 = Job::ALL.map(|job| load.jobs_in_busiest_hour(job)).into_iter().sum();
        let mut used = vec![
            Used {
                what: "API Gateway, requests a second",
                used: a_second(api_requests(hour)),
                limit: self.quota_api,
                raise: "Ask AWS to raise the account's throttle quota.",
            },
            Used {
                what: "Lambda, invocations at once",
                used: all,
                limit: self.quota_lambda,
                raise: "Ask AWS to raise the concurrency quota of the region.",
            },
            Used {
                what: "site-writer, invocations at once",
                used: at_once(&|name| name == "site-writer") / TURNS_OF_A_WRITER,
                limit: WRITERS,
                raise: "Raise MaximumConcurrency of SiteWriter in template.yaml.",
            },
            Used {
                what: "attachment-importer, invocations at once",
                used: at_once(&|name| name == "attachment-importer"),
                limit: IMPORTERS,
                raise: "Raise MaximumConcurrency of AttachmentImporter in template.yaml.",
            },
            Used {
                what: "dispatcher, jobs a minute",
                // Jobs are spread by the practice, so no burst is expected.
                used: practices * jobs / 60.0,
                limit: JOBS_A_MINUTE,
                raise: "Raise MOST in the dispatcher, or JOB_SHARDS in the store.",
            },
            Used {
                what: "DynamoDB, write units a second of one key of the index `due`",
                used: a_second(total.due_units) / DUE_SHARDS,
                limit: self.quota_partition,
                raise: "Raise LANE_SHARDS and JOB_SHARDS in the store.",
            },
            Used {
                what: "DynamoDB, write units a second of the table",
                used: a_second(total.write_units),
                limit: self.quota_table,
                raise: "Ask AWS to raise the table's quota, and warm the table up before.",
            },
            Used {
                what: "EventBridge, calls of PutEvents a second",
                used: a_second(total.events),
                limit: self.quota_events,
                raise: "Ask AWS to raise the quota of PutEvents.",
            },
            Used {
                what: "Secrets Manager, reads a second",
                used: all / PROCESS * load.burst,
                limit: self.quota_secrets,
                raise: "Nothing: each process reads its secrets once.",
            },
            Used {
                what: "NAT gateways, connections to Halo",
                used: at_once(&|name| is_api(name) || name == "site-writer"),
                limit: NAT_CONNECTIONS,
                raise: "Add addresses to the NAT gateways, and tell Halo.",
            },
        ];
        if let Some(limit) = self.quota_halo {
            used.push(Used {
                what: "Halo, queries a second",
                used: a_second(total.halo_queries),
                limit,
                raise: "Ask Halo for a higher rate.",
            });
        }
        used.sort_by(|one, other| other.share().total_cmp(&one.share()));
        used
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cost::Cost;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        quotas: Quotas,
        #[command(flatten)]
        load: Load,
    }

    #[test]
    fn the_limit_that_is_reached_first_comes_first() {
        let flags = Flags::parse_from(["test", "--quota-halo", "10", "--burst", "2"]);
        let mut hour = Costs::default();
        let cost = Cost { invocations: 36_000.0, halo_queries: 36_000.0, ..Cost::default() };
        hour.add("patient-search", cost);
        let durations = Durations { halo_ms: 0.0, aws_ms: 0.0 };
        let used = flags.quotas.used(&hour, 100.0, &flags.load, &durations);
        assert_eq!(used[0].what, "Halo, queries a second");
        assert!((used[0].used - 20.0).abs() < 1e-9);
        assert!((used[0].share() - 2.0).abs() < 1e-9);
        let api = used.iter().find(|one| one.what.starts_with("API Gateway")).unwrap();
        assert!(
            (api.used - 20.0).abs() < 1e-9,
            "ten a second on average, twice as many in a burst"
        );
    }
}
