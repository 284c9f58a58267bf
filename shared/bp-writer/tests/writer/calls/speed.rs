//! Deliveries a second at fifty sites, with a Halo that takes 20 ms for each call and a table that answers at once.
//! `cargo test --workspace --test writer -- --nocapture fifty_sites` prints the figures.

use std::time::{Duration, Instant};

use bp_writer::TurnOutcome;
use futures::future::join_all;

use super::doubles::Bench;
use super::halo::QuickHalo;
use super::work::message;

const SITES: usize = 50;
const HALO_TAKES: Duration = Duration::from_millis(20);

/// The processor time of this thread. Linux counts it in nanoseconds.
fn processor_time() -> Duration {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = counted.split_whitespace().next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// Delivers to all sites, `at_once` messages in each turn.
async fn deliver(bench: &Bench, at_once: usize, turns: usize) {
    let (mut took, mut processor) = (Duration::ZERO, Duration::ZERO);
    for turn in 0..=turns {
        for number in 0..SITES {
            for at in 0..at_once {
                bench.accept(number, &message(number, turn * at_once + at + 1_000 * at_once)).await;
            }
        }
        let (began, used) = (Instant::now(), processor_time());
        let ended = join_all((0..SITES).map(|number| bench.turn(number))).await;
        assert!(ended.iter().all(|end| *end == TurnOutcome::Finished { due: None }), "{ended:?}");
        if turn > 0 {
            // The first turn opens connections and sees the sites online.
            took += began.elapsed();
            processor += processor_time() - used;
        }
    }
    let deliveries = (SITES * at_once * turns) as f64;
    println!(
        "{at_once} at a time: {:.0} deliveries a second, {:.2} ms of processor time each",
        deliveries / took.as_secs_f64(),
        processor.as_secs_f64() * 1_000.0 / deliveries
    );
}

/// Halo has a thread of its own, so its time is not counted.
#[test]
fn fifty_sites_are_served_side_by_side() {
    let halos =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let halo = halos.block_on(QuickHalo::start(HALO_TAKES));
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    own.block_on(async {
        let bench = Bench::new(halo.clone());
        for number in 0..SITES {
            bench.connect(number);
        }
        deliver(&bench, 1, 4).await;
        deliver(&bench, 10, 1).await;
    });
    let submitted = halo.take_calls().iter().filter(|call| **call == "submit").count();
    assert_eq!(submitted, SITES * (5 + 20), "each delivery was sent once");
}
