//! Faults of Halo, of a practice's server and of our own machines.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::{Bp, TestStack};
use local::Worker;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The effects that can happen on each call that a booking needs.
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

/// The effects in a deck, like cards: each effect comes once before any comes again.
pub(super) struct Weather {
    deck: Mutex<Vec<(&'static str, &'static str)>>,
    met: Mutex<BTreeMap<String, u64>>,
}

impl Weather {
    /// A deck in random order.
    pub(super) fn shuffled(dice: &mut StdRng) -> Self {
        let all = |(operation, effects): &(&'static str, &'static [&'static str])| {
            let operation = *operation;
            effects.iter().map(move |effect| (operation, *effect))
        };
        let mut deck: Vec<_> = EFFECTS.iter().flat_map(all).collect();
        deck.shuffle(dice);
        Self { deck: Mutex::new(deck), met: Mutex::default() }
    }

    /// Adds two faults for a practice's next calls.
    pub(super) async fn strike(&self, bp: &Bp<'_>, site: &str, dice: &mut StdRng) -> &'static str {
        let mut more = Vec::new();
        for _ in 0..2 {
            let (operation, effect) = {
                let mut deck = self.deck.lock().await;
                let dealt = deck.remove(0);
                deck.push(dealt);
                dealt
            };
            if operation == "findSites" {
                // Nobody asks for a site whose GUID is unchanged.
                more.push(fault("asyncQuery", "staleGuid", site, dice));
            }
            more.push(fault(operation, effect, site, dice));
        }
        self.change(bp, more).await;
        "faults of Halo's"
    }

    /// Adds an effect that no call has met to a practice's next calls, or returns `None` if there is none.
    /// Removes the faults whose effect some call has met, so that they do not come first.
    pub(super) async fn strike_anew(
        &self,
        bp: &Bp<'_>,
        site: &str,
        dice: &mut StdRng,
    ) -> Option<&'static str> {
        let mut met = self.met.lock().await;
        let mut faults = tally(&mut met, bp).await;
        let unmet = self.unmet(&met).await;
        faults.retain(|fault| unmet.iter().any(|(_, effect)| fault["effect"] == *effect));
        let new = unmet.choose(dice).map(|(operation, effect)| {
            faults.push(fault(operation, effect, site, dice));
            "fault of Halo's that was new"
        });
        bp.faults(json!(faults)).await;
        new
    }

    /// How often each effect was met, and the effects that no call has met.
    pub(super) async fn met(&self, bp: &Bp<'_>) -> (BTreeMap<String, u64>, BTreeSet<&'static str>) {
        self.change(bp, Vec::new()).await;
        let met = self.met.lock().await;
        (met.clone(), self.unmet(&met).await.into_iter().map(|(_, effect)| effect).collect())
    }

    /// The calls and effects of the deck, for effects that no call has met.
    async fn unmet(&self, met: &BTreeMap<String, u64>) -> Vec<(&'static str, &'static str)> {
        let known = |effect: &str| met.keys().any(|one| one.ends_with(&format!(" {effect}")));
        let deck = self.deck.lock().await;
        deck.iter().copied().filter(|(_, effect)| !known(effect)).collect()
    }

    /// Adds faults to the faults that no call has met yet.
    async fn change(&self, bp: &Bp<'_>, more: Vec<Value>) {
        let mut met = self.met.lock().await;
        let mut faults = tally(&mut met, bp).await;
        faults.extend(more);
        bp.faults(json!(faults)).await;
    }
}

/// Counts the faults that were met, and returns the ones left. The caller must set these again at
/// once, or faults are counted twice.
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

/// A fault for the practice's next call of this operation.
fn fault(operation: &str, effect: &str, site: &str, dice: &mut StdRng) -> Value {
    let times = dice.random_range(1..=2);
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
    fault
}

/// The practice's server goes offline, or comes back.
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

/// Ends all of the site's faults.
pub(super) async fn clear(bp: &Bp<'_>, site: &str) {
    let change =
        json!({ "availability": "online", "integrationEnabled": true, "queuePaused": false });
    bp.set_practice(site, change).await;
}

/// Kills every writer in the middle of its work.
pub(super) fn kill(stack: &TestStack) -> &'static str {
    for worker in Worker::of(&stack.file().aws.endpoint_url, "SiteWriter") {
        worker.kill();
    }
    "writers killed"
}
