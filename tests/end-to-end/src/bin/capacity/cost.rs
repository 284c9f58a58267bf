//! What work costs: counts, by the function that does the work.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Mul};

use serde::{Deserialize, Serialize};

/// What one function has done.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Cost {
    pub(crate) invocations: f64,
    /// Processor time of our own code, in milliseconds. The doubles are not counted.
    pub(crate) own_ms: f64,
    /// Time that the function waited on purpose, in milliseconds.
    pub(crate) pause_ms: f64,
    /// Queries, which Halo bills.
    pub(crate) halo_queries: f64,
    /// All calls of Halo, queries too.
    pub(crate) halo_calls: f64,
    pub(crate) halo_bytes: f64,
    pub(crate) table_calls: f64,
    pub(crate) read_units: f64,
    /// Those of the indexes too.
    pub(crate) write_units: f64,
    /// Write units of the index `due`, which few partition keys share.
    pub(crate) due_units: f64,
    /// Messages that were sent.
    pub(crate) messages: f64,
    /// Calls of SQS that sent them.
    pub(crate) queue_calls: f64,
    /// Events on the bus.
    pub(crate) events: f64,
    pub(crate) bucket_calls: f64,
}

macro_rules! each_field {
    ($macro:ident) => {
        $macro!(
            invocations,
            own_ms,
            pause_ms,
            halo_queries,
            halo_calls,
            halo_bytes,
            table_calls,
            read_units,
            write_units,
            due_units,
            messages,
            queue_calls,
            events,
            bucket_calls
        );
    };
}

macro_rules! arithmetic {
    ($($field:ident),*) => {
        impl AddAssign for Cost {
            fn add_assign(&mut self, more: Self) {
                $(self.$field += more.$field;)*
            }
        }

        impl Mul<f64> for Cost {
            type Output = Self;

            fn mul(self, times: f64) -> Self {
                Self { $($field: self.$field * times,)* }
            }
        }
    };
}

each_field!(arithmetic);

/// Costs by function.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Costs(pub(crate) BTreeMap<String, Cost>);

impl Costs {
    pub(crate) fn add(&mut self, function: &str, cost: Cost) {
        *self.0.entry(function.to_owned()).or_default() += cost;
    }

    pub(crate) fn add_all(&mut self, more: &Self, times: f64) {
        for (function, cost) in &more.0 {
            self.add(function, *cost * times);
        }
    }

    pub(crate) fn total(&self) -> Cost {
        let mut total = Cost::default();
        for cost in self.0.values() {
            total += *cost;
        }
        total
    }
}

/// What each action costs. Measured by `capacity measure`, committed as `units.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Units {
    /// The revision and the build that were measured.
    pub(crate) measured: String,
    /// By the action's or the job's name.
    pub(crate) actions: BTreeMap<String, Costs>,
}

impl Units {
    /// What was measured and committed.
    pub(crate) fn committed() -> Self {
        serde_json::from_str(include_str!("units.json")).expect("units.json is as it was written")
    }

    pub(crate) fn of(&self, action: &str) -> &Costs {
        self.actions.get(action).unwrap_or_else(|| panic!("{action} was not measured"))
    }
}
