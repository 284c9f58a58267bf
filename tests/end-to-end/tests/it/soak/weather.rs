//! Faults of Halo, of a practice's server and of our own machines.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::{Bp, TestStack};
use local::Worker;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use reqwest::Method;
use serde_json::{Value, json};

/// The calls to Halo that writing a document to Bp needs.
const CALLS: [&str; 6] =
    ["asyncQuery", "queryStatus", "resultPage", "immediateQuery", "getSite", "findSites"];
/// The calls that run a command at the practice's database.
const COMMANDS: [&str; 2] = ["asyncQuery", "immediateQuery"];

/// Each effect, and the calls that it can happen on.
const EFFECTS: [(&str, &[&str]); 23] = [
    ("401", &CALLS),
    ("403", &CALLS),
    ("404", &CALLS),
    ("429", &CALLS),
    ("500", &CALLS),
    ("502", &CALLS),
    ("503", &CALLS),
    ("504BeforeExecution", &CALLS),
    ("504AfterExecution", &CALLS),
    ("dropBefore", &CALLS),
    ("dropAfter", &CALLS),
    ("executionFailed", &COMMANDS),
    ("tooLarge", &COMMANDS),
    ("malformedBody", &CALLS),
    ("wrongShape", &CALLS),
    ("truncatedBody", &CALLS),
    ("slow", &CALLS),
    ("uploadFailed", &["asyncQuery"]),
    ("expiredInQueue", &["asyncQuery"]),
    ("pageGone", &["resultPage"]),
    ("webhookLost", &["webhook"]),
    ("webhookTwice", &["webhook"]),
    ("staleGuid", &CALLS),
];
/// Effects that only bookings meet. The random test of bookings has these.
const OF_BOOKINGS: [&str; 2] = ["away", "slotTaken"];

/// The probability of each effect on a submission of a document, and on any other call.
const LIKELY: [f64; 2] = [0.02, 0.006];

/// The variants of an effect.
fn causes(effect: &str) -> Vec<Value> {
    match effect {
        "403" => vec![
            json!({}),
            json!({ "message": "Out of call volume quota." }),
            json!({ "message": "The integrator is not paired with this site." }),
            json!({ "message": "The integration is not enabled at this practice." }),
        ],
        "429" => vec![
            json!({ "retryAfter": "1" }),
            // An instant that has passed.
            json!({ "retryAfter": "Mon, 02 Nov 2026 09:00:00 GMT" }),
        ],
        "executionFailed" => vec![
            json!({}),
            json!({ "errorCode": 1205 }),
            json!({ "errorCode": 229 }),
            json!({ "errorCode": 208 }),
            json!({ "errorCode": 8152 }),
            json!({ "errorCode": 18456, "message": "Login failed for user 'integration'." }),
        ],
        "slow" => vec![json!({ "delayMs": 300 }), json!({ "delayMs": 1500 })],
        _ => vec![json!({})],
    }
}

/// The faults of the storm. Each variant of each effect happens at least once, and then again at random.
/// The strict site always gets a new GUID.
pub(super) fn storm(strict: &str, dice: &mut StdRng) -> Value {
    let (mut sure, mut chance) = (Vec::new(), Vec::new());
    sure.push(json!({
        "operation": "asyncQuery", "effect": "staleGuid", "siteId": strict, "times": 1,
        "probability": 0.5, "seed": dice.random::<u32>(),
    }));
    for (effect, operations) in EFFECTS {
        let causes = causes(effect);
        for (operation, at) in operations.iter().zip(0..) {
            let webhook = *operation == "webhook";
            for cause in &causes {
                let mut fault = cause.clone();
                fault["operation"] = json!(operation);
                fault["effect"] = json!(effect);
                fault["seed"] = json!(dice.random::<u32>());
                if at == 0 {
                    let mut once = fault.clone();
                    // If one key is refused, the next call uses the other key. So a refusal takes several
                    // faults.
                    once["times"] = json!(if effect == "401" { 4 } else { 1 });
                    once["probability"] = json!(0.5);
                    sure.push(once);
                }
                let likely = if webhook { 0.3 } else { LIKELY[usize::from(at > 0)] };
                fault["probability"] = json!(likely / causes.len() as f64);
                chance.push(fault);
            }
        }
    }
    // A call meets the first fault that matches it.
    sure.shuffle(dice);
    chance.shuffle(dice);
    sure.append(&mut chance);
    json!(sure)
}

/// How often each effect was met so far.
pub(super) async fn met(bp: &Bp<'_>) -> BTreeMap<String, u64> {
    let faults = bp.control(Method::GET, "/faults", None).await;
    let mut met = BTreeMap::new();
    for fault in faults["faults"].as_array().unwrap() {
        let effect = fault["effect"].as_str().unwrap().to_owned();
        *met.entry(effect).or_default() += fault["fired"].as_u64().unwrap();
    }
    met
}

/// Effects that no call has met yet.
pub(super) fn unmet(met: &BTreeMap<String, u64>) -> Vec<&'static str> {
    let known = EFFECTS.iter().map(|(effect, _)| *effect);
    known.filter(|effect| met.get(*effect).is_none_or(|times| *times == 0)).collect()
}

/// The practice's server goes offline, or comes back.
pub(super) async fn outage(bp: &Bp<'_>, site: &str, dice: &mut StdRng) -> &'static str {
    let (what, change) = match dice.random_range(0..8) {
        0 => ("site offline", json!({ "availability": "offline" })),
        1 => ("site silent", json!({ "availability": "unreachable" })),
        2 => ("integration unticked", json!({ "integrationEnabled": false })),
        3 => ("server busy", json!({ "queuePaused": true })),
        _ => {
            clear(bp, site).await;
            return "site back";
        }
    };
    bp.set_practice(site, change).await;
    what
}

/// Ends all of the site's faults.
pub(super) async fn clear(bp: &Bp<'_>, site: &str) {
    let change = json!({
        "availability": "online", "integrationEnabled": true, "queuePaused": false,
        "rotationKeepsPairing": true,
    });
    bp.set_practice(site, change).await;
}

/// Kills every writer in the middle of its work.
pub(super) fn kill(stack: &TestStack) -> &'static str {
    for worker in Worker::of(&stack.file().aws.endpoint_url, "SiteWriter") {
        worker.kill();
    }
    "writers killed"
}

#[tokio::test]
async fn the_soaks_weather_has_every_fault_that_the_simulator_knows() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let faults = bp.control(Method::GET, "/faults", None).await;
    let known: BTreeSet<&str> =
        faults["effects"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let ours = EFFECTS.iter().map(|(effect, _)| *effect).chain(OF_BOOKINGS).collect();
    assert_eq!(known, ours);
}
