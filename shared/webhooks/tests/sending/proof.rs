//! A thousand events for twenty endpoints of two platforms, while senders are killed and endpoints fail. The test
//! prints what it counted: `cargo test --workspace --test sending -- --nocapture proof`.
#![expect(clippy::print_stdout, reason = "the counts are the result")]

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws::events::EventMessage;
use domain::events::Reader;
use domain::webhooks::EndpointLane;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use support::{Manner, pause, until};
use webhooks::{Clock as _, Limits, fan_out};

use crate::bench::{Bench, RUN};

const EVENTS: usize = 1_000;
const ENDPOINTS: usize = 10;
const PLATFORMS: [&str; 2] = ["acme", "other"];
/// How much faster the test's clock runs. A lease of a dead sender ends after a second and a half.
const FACTOR: u32 = 50;
const PATIENCE: Duration = Duration::from_secs(55);

struct Counts {
    turns: AtomicUsize,
    killed: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proof() {
    let begun = Instant::now();
    let waits = [5, 10, 20].map(Duration::from_secs).to_vec();
    let bench = Arc::new(Bench::new(FACTOR, Limits { waits, ..Limits::default() }).await);
    let mut lanes: HashMap<String, EndpointLane> = HashMap::new();
    for platform in PLATFORMS {
        for number in 0..ENDPOINTS {
            let name = format!("{platform}-{number}");
            let lane = bench.register(platform, &name, &[Reader::Bookings]);
            lanes.insert(name, lane);
        }
    }
    let troubled = [
        ("acme-0", Manner::With("500 Broken\r\n")),
        ("acme-1", Manner::Hangs),
        ("acme-2", Manner::Late(Duration::from_millis(60))),
        ("other-0", Manner::With("503 Busy\r\nretry-after: 5\r\n")),
        ("other-1", Manner::Hangs),
    ];
    for (name, manner) in &troubled {
        bench.receiver.behave(name, manner.clone());
    }
    let events: Vec<EventMessage> = (0..EVENTS)
        .map(|number| bench.event(PLATFORMS[number % 2], &format!("b-{number}")))
        .collect();
    let counts = Arc::new(Counts { turns: AtomicUsize::new(0), killed: AtomicUsize::new(0) });
    let publishing = tokio::spawn(hand_out(Arc::clone(&bench), events.clone()));
    let senders = tokio::spawn(keep_sending(Arc::clone(&bench), Arc::clone(&counts)));
    publishing.await.unwrap();

    let complete = |name: &str| {
        let got: BTreeSet<String> = bench.receiver.ids(name).into_iter().collect();
        got.len() == EVENTS / PLATFORMS.len()
    };
    let is_troubled = |name: &str| troubled.iter().any(|(other, _)| *other == name);
    let healthy: Vec<&String> = lanes.keys().filter(|name| !is_troubled(name)).collect();
    let all_of = |names: &[&String]| {
        let late: Vec<_> = names.iter().filter(|name| !complete(name)).collect();
        if late.is_empty() { Ok(()) } else { Err(format!("{late:?}")) }
    };
    until("the healthy endpoints have all", PATIENCE, async || all_of(&healthy)).await;
    let healthy_after = begun.elapsed();
    let missing = troubled.iter().filter(|(name, _)| !complete(name)).count();
    assert!(missing >= 4, "the troubled endpoints were not troubled");
    for (name, _) in &troubled {
        bench.receiver.behave(name, Manner::Well);
    }
    let all: Vec<&String> = lanes.keys().collect();
    until("the others have all, too", PATIENCE, async || all_of(&all)).await;
    senders.abort();

    let mut received = 0;
    for (name, lane) in &lanes {
        let expected: BTreeSet<&str> = events
            .iter()
            .filter(|event| event.platform == lane.platform)
            .map(|event| event.event_id.as_str())
            .collect();
        let got = bench.receiver.got(name);
        received += got.len();
        let ids: BTreeSet<&str> = got.iter().map(|got| got.id.as_str()).collect();
        assert_eq!(ids, expected, "{name}");
        for got in &got {
            assert!(bench.is_signed(lane, got), "{name} got {got:?}");
            let own = format!(r#""platform":"{}""#, lane.platform.as_str());
            assert!(got.body.contains(&own), "{name} got {got:?}");
        }
    }
    let wanted = EVENTS / PLATFORMS.len() * lanes.len();
    let (turns, killed) =
        (counts.turns.load(Ordering::SeqCst), counts.killed.load(Ordering::SeqCst));
    println!(
        "{EVENTS} events, {} endpoints, {wanted} deliveries: {received} received ({} twice), \
         {turns} runs of which {killed} were killed; healthy endpoints had all after {:.1} s, all after {:.1} s",
        lanes.len(),
        received - wanted,
        healthy_after.as_secs_f32(),
        begun.elapsed().as_secs_f32(),
    );
    assert!(killed > 20, "only {killed} runs were killed");
}

/// Hands out events ten at a time. Some of the batches die halfway and come again.
async fn hand_out(bench: Arc<Bench>, events: Vec<EventMessage>) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for batch in events.chunks(10) {
        let now = bench.clock.now();
        if random.random_bool(0.3) {
            let dies = Duration::from_micros(random.random_range(0..400));
            let half = fan_out(&bench.memory, &bench.memory, batch, &bench.sender.platforms, now);
            let _ = tokio::time::timeout(dies, half).await;
        }
        let kept = fan_out(&bench.memory, &bench.memory, batch, &bench.sender.platforms, now).await;
        assert!(kept.iter().all(|kept| *kept));
        pause("events come one after another", Duration::from_millis(2)).await;
    }
}

/// Starts a sender for whatever is due. Half of them are killed at a random moment.
async fn keep_sending(bench: Arc<Bench>, counts: Arc<Counts>) {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    loop {
        for lane in bench.memory.due(bench.clock.now()) {
            counts.turns.fetch_add(1, Ordering::SeqCst);
            let dies = random
                .random_bool(0.5)
                .then(|| Duration::from_micros(random.random_range(0..40_000)));
            let (bench, counts) = (Arc::clone(&bench), Arc::clone(&counts));
            tokio::spawn(async move {
                let turn = bench.sender.turn(&lane, RUN);
                let Some(dies) = dies else { return drop(turn.await) };
                if tokio::time::timeout(dies, turn).await.is_err() {
                    counts.killed.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        pause("a sweep begins after each pause", Duration::from_millis(10)).await;
    }
}
