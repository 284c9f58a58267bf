//! Sends letters and messages to five practices while everything fails that can fail. The test is seeded,
//! and prints the seed and what was done. All test runs include a small size. This runs a large one:
//! `SOAK_DOCUMENTS=500 SOAK_SEED=7 cargo test -p end-to-end --test it -- --nocapture soak`.

#![expect(clippy::print_stdout, reason = "a random test says its seed and what it did")]

mod clinic;
mod kept;
mod weather;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clinic::Clinic;
use end_to_end::{Bp, TestStack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::json;
use support::pause;

/// Number of documents in the small size.
const DOCUMENTS: usize = 26;
/// The most additional documents while there is an effect that no call has met.
const MORE: usize = 25;
/// How long the storm goes on after the last document was sent, and the addition for each document.
const STORM: [Duration; 2] = [Duration::from_secs(8), Duration::from_millis(500)];
/// How long everything may take after the storm, and the addition for each document.
const PATIENCE: [Duration; 2] = [Duration::from_secs(150), Duration::from_secs(3)];
/// The pause between two status checks.
const LOOK: Duration = Duration::from_millis(500);
/// One of this many status checks also checks the pairing.
const PAIRING_LOOKS: u32 = 20;
/// The interval here for the job that runs every minute in production. Tests stop the stack's own clock.
const MINUTE: Duration = Duration::from_secs(5);

type Counts = BTreeMap<String, usize>;

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn count(counts: &mut Counts, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

fn sent(clinics: &[Clinic]) -> usize {
    clinics.iter().map(|clinic| clinic.sent.len()).sum()
}

fn long_for([least, each]: [Duration; 2], documents: usize) -> Duration {
    least + each * u32::try_from(documents).unwrap()
}

async fn delivered(clinics: &[Clinic]) -> usize {
    let mut delivered = 0;
    for clinic in clinics {
        delivered += clinic.listed("delivered").await.len() + clinic.listed("checked").await.len();
    }
    delivered
}

/// Whether most documents are in a final state. The strict site does not count, because a person must pair
/// it again first.
async fn most_is_through(clinics: &[Clinic], strict: &str) -> bool {
    let (mut all, mut open) = (0, 0);
    for clinic in clinics.iter().filter(|clinic| clinic.site != strict) {
        all += clinic.sent.len();
        open += clinic.on_their_way().await.len();
    }
    open * 10 <= all
}

/// One mishap outside of Halo's answers, or one act of a person.
async fn mishap(
    stack: &TestStack,
    bp: &Bp<'_>,
    clinic: &Clinic,
    dice: &mut StdRng,
) -> &'static str {
    match dice.random_range(0..20) {
        0..=9 => weather::outage(bp, &clinic.site, dice).await,
        10..=12 => clinic.wake(stack).await,
        13..=15 => clinic.retry_any(dice).await,
        16..=18 => clinic.check(bp).await,
        _ => weather::kill(stack),
    }
}

/// Does the work of the clock and of an operator until everything has been delivered. Returns what had to
/// be repaired.
async fn settle(bp: &Bp<'_>, clinics: &[Clinic]) -> Result<Counts, String> {
    let began = Instant::now();
    let patience = long_for(PATIENCE, sent(clinics));
    let mut mended = Counts::new();
    let mut looks = 0_u32;
    loop {
        let mut open = Vec::new();
        for clinic in clinics {
            // Costs a query. In reality the clinic's screen shows the problem all the time.
            if looks.is_multiple_of(PAIRING_LOOKS) && clinic.mend_pairing(bp).await {
                count(&mut mended, "paired again");
            }
            for failed in clinic.listed("failed").await {
                count(&mut mended, failed.text_at("/problem/type"));
                clinic.retry(failed.text_at("/deliveryId")).await;
            }
            open.extend(clinic.on_their_way().await);
            open.extend(clinic.listed("failed").await);
        }
        if open.is_empty() {
            return Ok(mended);
        }
        if began.elapsed() > patience {
            let open: Vec<String> = open.iter().map(|one| one.json.to_string()).collect();
            return Err(format!("after {mended:?}:\n{}", open.join("\n")));
        }
        looks += 1;
        pause("each round mends something, and the practices get time to go on", LOOK).await;
    }
}

#[tokio::test]
async fn whatever_fails_each_document_is_in_bp_exactly_once() {
    let seed = number_of("SOAK_SEED").unwrap_or_else(|| rand::rng().random());
    let documents = number_of("SOAK_DOCUMENTS").map_or(DOCUMENTS, |it| it.try_into().unwrap());
    println!("soak: SOAK_SEED={seed} SOAK_DOCUMENTS={documents}");
    let mut dice = StdRng::seed_from_u64(seed);
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let http = local::loopback_client().unwrap();
    let practices = bp.control(Method::GET, "/practices", None).await;
    let mut clinics = Vec::new();
    for one in practices["practices"].as_array().unwrap() {
        clinics.push(Clinic::open(stack, &bp, one["siteId"].as_str().unwrap()).await);
    }
    // It is unknown whether a changed GUID needs a new pairing. At one of the practices it does.
    let strict = clinics[dice.random_range(0..clinics.len())].site.clone();
    bp.set_practice(&strict, json!({ "rotationKeepsPairing": false })).await;
    let clock = tokio::spawn(async {
        loop {
            pause("the scheduler's minute", MINUTE).await;
            stack.run_job("sweep", None).await;
        }
    });

    let began = Instant::now();
    bp.faults(weather::storm(&strict, &mut dice)).await;
    let mut mishaps = Counts::new();
    let (mut at, mut handed_over) = (0, None);
    loop {
        let clinic = dice.random_range(0..clinics.len());
        let unmet = weather::unmet(&weather::met(&bp).await);
        let enough = at >= documents;
        if !enough || !unmet.is_empty() {
            assert!(at < documents + MORE, "SOAK_SEED={seed}: no call met {unmet:?}");
            clinics[clinic].send(&http, &format!("{seed:x}-{at}"), &mut dice).await;
            at += 1;
        }
        if enough {
            // Unfinished deliveries still meet the effects.
            let since = *handed_over.get_or_insert_with(Instant::now);
            let through = most_is_through(&clinics, &strict).await;
            if unmet.is_empty() && (through || since.elapsed() > long_for(STORM, documents)) {
                break;
            }
            pause("the storm goes on", LOOK).await;
        }
        if dice.random_bool(0.3) {
            count(&mut mishaps, mishap(stack, &bp, &clinics[clinic], &mut dice).await);
        }
    }
    let met = weather::met(&bp).await;
    println!(
        "soak: stormy for {:.0?}, {} through by then; {mishaps:?}\nsoak: met by {} of Halo's calls: {met:?}",
        began.elapsed(),
        delivered(&clinics).await,
        met.values().sum::<u64>()
    );

    let began = Instant::now();
    bp.no_faults().await;
    for clinic in &clinics {
        weather::clear(&bp, &clinic.site).await;
    }
    let settled = settle(&bp, &clinics).await;
    assert!(!clock.is_finished(), "the sweep has failed");
    clock.abort();
    let mended = settled.unwrap_or_else(|open| panic!("SOAK_SEED={seed}: not delivered {open}"));
    println!("soak: all delivered after {:.0?}, mended {mended:?}", began.elapsed());
    for clinic in &clinics {
        clinic.verify().await;
    }
    let each: Vec<String> =
        clinics.iter().map(|clinic| format!("{} {}", clinic.site, clinic.sent.len())).collect();
    println!("soak: {} documents, each in Bp exactly once ({})", sent(&clinics), each.join(", "));
}
