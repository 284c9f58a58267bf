//! The writer dies at any step.

use std::time::Duration;

use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::once::bench::{Bench, TURN};

/// Takes a turn that is killed at one of its half steps. Returns whether it came that far.
pub(crate) async fn killed_turn(bench: &Bench, at: u64) -> bool {
    bench.memory.kill_at(Some(at));
    let killed = tokio::select! {
        biased;
        () = bench.memory.killed() => true,
        turn = bench.writer.turn(&bench.practice, None, TURN) => {
            turn.expect("the table answers");
            false
        }
    };
    bench.memory.kill_at(None);
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_between_any_two_steps_leaves_nothing_twice_and_nothing_undone() {
    let bench = Bench::new().await;
    let mut at = 1;
    loop {
        let key = bench.accept(&format!("PB-KILL-{at}"));
        let killed = killed_turn(&bench, at).await;
        if !killed {
            bench.until_closed().await;
            break;
        }
        bench.until_closed().await;
        bench.assert_once(&[key], &format!("killed at half step {at}"));
        bench.memory.advance(jiff::SignedDuration::from_mins(5));
        at += 1;
    }
    assert!(at > 14, "the writer has more steps than {at}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_while_it_settles_a_doubt_does_not_write_twice() {
    let bench = Bench::new().await;
    let mut at = 1;
    loop {
        let lost = json!({"operation": "asyncQuery", "effect": "dropAfter", "times": 1});
        bench.faults(&[lost]).await;
        let key = bench.accept(&format!("PB-DOUBT-{at}"));
        bench.turn().await;
        assert!(bench.letter(&key).is_open(), "the answer was lost");
        bench.sleep_until_due().await;
        let killed = killed_turn(&bench, at).await;
        bench.until_closed().await;
        bench.assert_once(&[key], &format!("killed at half step {at}"));
        bench.memory.advance(jiff::SignedDuration::from_mins(5));
        if !killed {
            break;
        }
        at += 1;
    }
    assert!(at > 8, "the writer has more steps than {at}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_slept_through_its_lease_writes_nothing_beside_its_successor() {
    let bench = Bench::new().await;
    for at in 1.. {
        let key = bench.accept(&format!("PB-SLEPT-{at}"));
        bench.memory.kill_at(Some(at));
        let mut sleeper = std::pin::pin!(bench.writer.turn(&bench.practice, None, TURN));
        let fell_asleep = tokio::select! {
            biased;
            () = bench.memory.killed() => true,
            _ = &mut sleeper => false,
        };
        bench.memory.kill_at(None);
        if !fell_asleep {
            assert!(at > 14, "the writer has more steps than {at}");
            break;
        }
        // The next writer has all the time that it needs.
        bench.until_closed().await;
        bench.memory.wake_up();
        let _ = sleeper.await;
        bench.quiet().await;
        bench.until_closed().await;
        bench.assert_once(&[key], &format!("asleep at half step {at}"));
        bench.memory.advance(jiff::SignedDuration::from_mins(5));
    }
}

#[test]
fn random_faults_and_deaths_leave_each_letter_in_bp_once() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::new());
    let effects = [
        ("asyncQuery", "504BeforeExecution"),
        ("asyncQuery", "504AfterExecution"),
        ("asyncQuery", "dropBefore"),
        ("asyncQuery", "dropAfter"),
        ("asyncQuery", "503"),
        ("asyncQuery", "429"),
        ("asyncQuery", "uploadFailed"),
        ("asyncQuery", "expiredInQueue"),
        ("asyncQuery", "malformedBody"),
        ("queryStatus", "500"),
        ("queryStatus", "dropBefore"),
        ("resultPage", "pageGone"),
        ("resultPage", "503"),
        ("immediateQuery", "504AfterExecution"),
        ("immediateQuery", "wrongShape"),
        ("getSite", "500"),
    ];
    let step = (0..effects.len(), proptest::option::of(1_u64..60), 1_u32..3);
    let story = proptest::collection::vec(step, 1..5);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    // Prints the seed and the smallest failing story.
    let mut runner = TestRunner::new(config);
    let number = std::sync::atomic::AtomicU64::new(0);
    let outcome = runner.run(&story, |story| {
        runtime.block_on(async {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut keys = Vec::new();
            for (index, (effect, death, times)) in story.iter().enumerate() {
                let (operation, effect) = effects[*effect];
                let fault = json!({"operation": operation, "effect": effect, "times": times});
                bench.faults(&[fault]).await;
                keys.push(bench.accept(&format!("PB-{number}-{index}")));
                match death {
                    Some(at) => drop(killed_turn(&bench, *at).await),
                    None => drop(bench.turn().await),
                }
                bench.sleep_until_due().await;
            }
            bench.until_closed().await;
            bench.assert_once(&keys, &format!("{story:?}"));
            bench.memory.advance(jiff::SignedDuration::from_mins(5));
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}\n{runner}");
    }
    runtime.shutdown_timeout(Duration::from_secs(2));
}
