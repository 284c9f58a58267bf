//! Prices in ap-southeast-2: assumptions, which flags change.

use clap::Args;

use crate::cost::Costs;
use crate::paper::{Durations, api_requests};

/// Dollars of the United States, before tax, free tiers and discounts.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Prices {
    /// A GB-second of Lambda on arm64.
    #[arg(long, default_value_t = 0.000_013_333_4)]
    pub(crate) price_gigabyte_second: f64,
    /// A million invocations of Lambda.
    #[arg(long, default_value_t = 0.20)]
    pub(crate) price_invocations: f64,
    /// A million requests of API Gateway (REST).
    #[arg(long, default_value_t = 3.50)]
    pub(crate) price_api: f64,
    /// A million read request units of DynamoDB, on demand.
    #[arg(long, default_value_t = 0.1425)]
    pub(crate) price_reads: f64,
    /// A million write request units of DynamoDB, on demand.
    #[arg(long, default_value_t = 0.7115)]
    pub(crate) price_writes: f64,
    /// A million requests of SQS.
    #[arg(long, default_value_t = 0.40)]
    pub(crate) price_queue: f64,
    /// A million events on an EventBridge bus.
    #[arg(long, default_value_t = 1.00)]
    pub(crate) price_events: f64,
    /// A thousand writes of S3. Reads cost a tenth or less and are counted as writes.
    #[arg(long, default_value_t = 0.0055)]
    pub(crate) price_bucket: f64,
    /// A gigabyte of logs, taken in by CloudWatch.
    #[arg(long, default_value_t = 0.67)]
    pub(crate) price_logs: f64,
    /// An hour of a NAT gateway. There are two.
    #[arg(long, default_value_t = 0.059)]
    pub(crate) price_nat_hour: f64,
    /// A gigabyte through a NAT gateway.
    #[arg(long, default_value_t = 0.059)]
    pub(crate) price_nat_gigabyte: f64,
}

/// The log lines of an invocation, in bytes.
const LOG_BYTES: f64 = 1_500.0;
/// Requests of SQS for a message after it was sent: received and deleted.
const AFTER_SENDING: f64 = 2.0;
/// Requests with which Lambda asks five times at each of four queues, each for 20 seconds, all month.
const EMPTY_RECEIVES: f64 = 5.0 * 4.0 * 30.0 * 24.0 * 3600.0 / 20.0;
const HOURS: f64 = 30.0 * 24.0;

/// Requests of SQS.
pub(crate) fn queue_requests(costs: &Costs) -> f64 {
    let total = costs.total();
    total.queue_calls + AFTER_SENDING * total.messages
}

impl Prices {
    /// What a month costs, by the line of the bill.
    pub(crate) fn bill(&self, month: &Costs, durations: &Durations) -> Vec<(&'static str, f64)> {
        let total = month.total();
        let millions = |count: f64, price: f64| count / 1e6 * price;
        let gigabytes = |bytes: f64| bytes / 1e9;
        vec![
            ("Lambda, GB-seconds", durations.gigabyte_seconds(month) * self.price_gigabyte_second),
            ("Lambda, invocations", millions(total.invocations, self.price_invocations)),
            ("API Gateway", millions(api_requests(month), self.price_api)),
            ("DynamoDB, reads", millions(total.read_units, self.price_reads)),
            ("DynamoDB, writes", millions(total.write_units, self.price_writes)),
            ("SQS", millions(queue_requests(month) + EMPTY_RECEIVES, self.price_queue)),
            ("EventBridge", millions(total.events, self.price_events)),
            ("S3, requests", total.bucket_calls / 1e3 * self.price_bucket),
            ("CloudWatch Logs", gigabytes(total.invocations * LOG_BYTES) * self.price_logs),
            (
                "NAT gateways",
                2.0 * HOURS * self.price_nat_hour
                    + gigabytes(total.halo_bytes) * self.price_nat_gigabyte,
            ),
        ]
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
        prices: Prices,
    }

    fn line(bill: &[(&'static str, f64)], name: &str) -> f64 {
        bill.iter().find(|(line, _)| *line == name).unwrap().1
    }

    #[test]
    fn each_line_is_its_count_times_its_price() {
        let prices = Flags::parse_from(["test", "--price-writes", "2"]).prices;
        let mut month = Costs::default();
        let cost = Cost {
            invocations: 1e6,
            write_units: 3e6,
            messages: 1e6,
            queue_calls: 0.5e6,
            ..Cost::default()
        };
        month.add("patient-search", cost);
        let bill = prices.bill(&month, &Durations { halo_ms: 0.0, aws_ms: 0.0 });
        assert!((line(&bill, "DynamoDB, writes") - 6.0).abs() < 1e-9);
        assert!((line(&bill, "API Gateway") - 3.5).abs() < 1e-9);
        assert!((line(&bill, "Lambda, invocations") - 0.2).abs() < 1e-9);
        // Each message is sent, received and deleted; half of them went in batches of two.
        assert!((queue_requests(&month) - 2.5e6).abs() < 1e-6);
        assert!((line(&bill, "CloudWatch Logs") - 1.5 * 0.67).abs() < 1e-9);
    }
}
