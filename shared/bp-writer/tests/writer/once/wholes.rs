//! Wholes: entries that show the combined state of their parts.

use serde_json::json;
use store::work::WorkKey;

use crate::once::bench::{Bench, TURN};
use crate::once::letters::Letter;

/// A whole with two parts.
fn accept(bench: &Bench, token: &str) -> (WorkKey, Vec<WorkKey>) {
    let now = bench.now();
    let whole = Letter { whole: true, ..Letter::new(token) }.entry(now);
    bench.memory.accept(&bench.practice, &whole);
    let parts = ["1", "2"].map(|part| bench.accept(&format!("{token}.{part}")));
    (whole.key, parts.to_vec())
}

fn assert_whole(bench: &Bench, whole: &WorkKey, parts: &[WorkKey], story: &str) {
    bench.assert_once(parts, story);
    assert_eq!(bench.letter(whole).body.state, "delivered", "{story}");
    let told = bench.memory.events().into_iter().filter(|event| event.subject == whole.id).count();
    assert!(told > 0, "{story}: nobody was told of {whole}");
    assert!(!bench.records().contains_key(&whole.id), "{story}: the whole itself is in Bp");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_says_what_its_parts_come_to_and_is_told_once() {
    let bench = Bench::new().await;
    let (whole, parts) = accept(&bench, "PB-WHOLE");
    bench.until_closed().await;
    assert_whole(&bench, &whole, &parts, "nothing fails");
    let told = bench.memory.events().into_iter().filter(|event| event.subject == whole.id).count();
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_is_told_later_where_the_bus_takes_nothing() {
    let bench = Bench::new().await;
    bench.memory.break_bus(true);
    let (whole, parts) = accept(&bench, "PB-BUS");
    bench.turn().await;
    bench.memory.break_bus(false);
    bench.until_closed().await;
    assert_whole(&bench, &whole, &parts, "the bus was down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_between_any_two_steps_leaves_no_whole_behind_its_parts() {
    let bench = Bench::new().await;
    for at in 1.. {
        // Some answers are lost as well.
        if at % 3 == 0 {
            let lost = json!({"operation": "asyncQuery", "effect": "dropAfter", "times": 1});
            bench.faults(&[lost]).await;
        }
        let (whole, parts) = accept(&bench, &format!("PB-PART-{at}"));
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
        bench.until_closed().await;
        assert_whole(&bench, &whole, &parts, &format!("killed at half step {at}"));
        bench.memory.advance(jiff::SignedDuration::from_mins(5));
        if !killed && at % 3 != 0 {
            assert!(at > 30, "the writer has more steps than {at}");
            break;
        }
    }
}
