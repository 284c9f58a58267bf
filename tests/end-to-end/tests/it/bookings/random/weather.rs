//! Everything that Halo, a practice's server and our own machines may do meanwhile.

use std::collections::BTreeMap;

use end_to_end::{Bp, TestStack};
use local::Worker;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// What can befall each call that a booking depends on.
const EFFECTS: [(&str, &[&str]); 7] = [
    (
        "asyncQuery",
        &[
            "401",
            "403",
            "404",
            "429",
            "500",
            "502",
            "503",
            "504BeforeExecution",
            "504AfterExecution",
            "dropBefore",
            "dropAfter",
            "executionFailed",
            "tooLarge",
            "malformedBody",
            "wrongShape",
            "truncatedBody",
            "slow",
            "uploadFailed",
            "expiredInQueue",
            "staleGuid",
            "away",
            "slotTaken",
        ],
    ),
    (
        "queryStatus",
        &[
            "401",
            "403",
            "404",
            "429",
            "500",
            "502",
            "503",
            "504AfterExecution",
            "dropAfter",
            "malformedBody",
            "wrongShape",
            "truncatedBody",
            "slow",
            "staleGuid",
        ],
    ),
    (
        "resultPage",
        &[
            "pageGone",
            "500",
            "503",
            "404",
            "dropAfter",
            "malformedBody",
            "truncatedBody",
            "wrongShape",
        ],
    ),
    (
        "immediateQuery",
        &[
            "403",
            "429",
            "500",
            "502",
            "503",
            "504BeforeExecution",
            "504AfterExecution",
            "dropBefore",
            "executionFailed",
            "tooLarge",
            "malformedBody",
            "wrongShape",
            "truncatedBody",
            "slow",
            "staleGuid",
        ],
    ),
    ("getSite", &["401", "404", "429", "500", "503", "dropBefore", "malformedBody", "wrongShape"]),
    ("findSites", &["404", "500", "503", "dropAfter", "wrongShape"]),
    ("webhook", &["webhookLost", "webhookTwice"]),
];

/// The faults that are in force, and those that are over.
#[derive(Default)]
pub(super) struct Weather {
    met: Mutex<BTreeMap<String, u64>>,
}

impl Weather {
    /// One more fault for a practice's next calls of some kind.
    pub(super) async fn strike(&self, bp: &Bp<'_>, site: &str, dice: &mut StdRng) -> &'static str {
        let (operation, effects) = EFFECTS.choose(dice).unwrap();
        // The writes themselves meet most of it.
        let (operation, effects) =
            if dice.random_bool(0.5) { EFFECTS[0] } else { (*operation, *effects) };
        let effect = *effects.choose(dice).unwrap();
        let times = dice.random_range(1..=3);
        let mut fault =
            json!({ "operation": operation, "effect": effect, "times": times, "siteId": site });
        match effect {
            "slow" => fault["delayMs"] = json!(dice.random_range(200..4000)),
            "429" => fault["retryAfter"] = json!(dice.random_range(1..=2).to_string()),
            "slotTaken" => {
                let variants = ["error", "returnZero", "doubleBooking"];
                fault["variant"] = json!(variants.choose(dice).unwrap());
            }
            _ => {}
        }
        let mut met = self.met.lock().await;
        let mut faults = tally(&mut met, bp).await;
        if operation == "findSites" {
            // Nobody looks for a site whose GUID is as it was.
            faults.push(json!({ "operation": "asyncQuery", "effect": "staleGuid", "times": 1, "siteId": site }));
        }
        faults.push(fault);
        bp.faults(json!(faults)).await;
        "fault of Halo's"
    }

    /// How often each was met.
    pub(super) async fn ended(&self, bp: &Bp<'_>) -> BTreeMap<String, u64> {
        let mut met = self.met.lock().await;
        tally(&mut met, bp).await;
        met.clone()
    }
}

/// Counts what was met, and returns what is still to come.
async fn tally(met: &mut BTreeMap<String, u64>, bp: &Bp<'_>) -> Vec<Value> {
    let known = bp.control(Method::GET, "/faults", None).await;
    let mut left = Vec::new();
    for fault in known["faults"].as_array().unwrap() {
        let text = |field: &str| fault[field].as_str().unwrap_or_default();
        let (fired, times) = (fault["fired"].as_u64().unwrap(), fault["times"].as_u64().unwrap());
        if fired > 0 {
            *met.entry(format!("{} {}", text("operation"), text("effect"))).or_default() += fired;
        }
        if fired < times {
            let mut fault = fault.clone();
            fault.as_object_mut().unwrap().remove("fired");
            fault["times"] = json!(times - fired);
            left.push(fault);
        }
    }
    left
}

/// The practice's server goes away, or comes back.
pub(super) async fn outage(bp: &Bp<'_>, site: &str, dice: &mut StdRng) -> &'static str {
    let (what, change) = match dice.random_range(0..8) {
        0 | 1 => ("offline", json!({ "availability": "offline" })),
        2 => ("no longer let in", json!({ "integrationEnabled": false })),
        3 => ("server busy", json!({ "queuePaused": true })),
        _ => {
            clear(bp, site).await;
            return "back";
        }
    };
    bp.set_practice(site, change).await;
    what
}

/// Everything is back.
pub(super) async fn clear(bp: &Bp<'_>, site: &str) {
    let change =
        json!({ "availability": "online", "integrationEnabled": true, "queuePaused": false });
    bp.set_practice(site, change).await;
}

/// Every writer dies in the middle of whatever it does.
pub(super) fn kill(stack: &TestStack) -> &'static str {
    for worker in Worker::of(&stack.file().aws.endpoint_url, "SiteWriter") {
        worker.kill();
    }
    "writers killed"
}
