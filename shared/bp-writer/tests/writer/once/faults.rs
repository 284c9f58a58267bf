//! Everything that can go wrong between us and the practice.

use serde_json::{Value, json};
use store::work::WorkProgress;

use crate::once::bench::Bench;

fn fault(operation: &str, effect: &str, times: u32) -> Value {
    json!({"operation": operation, "effect": effect, "times": times})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_written_in_one_turn_with_one_query() {
    let bench = Bench::new().await;
    let key = bench.accept("PB-PLAIN");
    bench.turn().await;
    bench.assert_once(std::slice::from_ref(&key), "in fine weather");
    assert_eq!(bench.calls("asyncQuery").await, 1);
    assert_eq!(bench.calls("immediateQuery").await, 0);
    assert_eq!(bench.calls("getSite").await, 1, "one look, since the site was never seen");
    let lane = bench.memory.lane(&bench.practice);
    assert_eq!((lane.due, lane.lease, lane.parked), (None, None, None));
    assert_eq!(bench.letter(&key).body.history, ["sending 1", "delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_a_letter_is_in_bp_once() {
    let submission = [
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
        "malformedBody",
        "wrongShape",
        "truncatedBody",
        "slow",
        "uploadFailed",
        "expiredInQueue",
        "executionFailed",
        "tooLarge",
        "staleGuid",
    ];
    let status = [
        "401",
        "403",
        "404",
        "429",
        "500",
        "502",
        "503",
        "504AfterExecution",
        "dropBefore",
        "dropAfter",
        "malformedBody",
        "wrongShape",
        "truncatedBody",
    ];
    let page =
        ["404", "429", "500", "503", "dropBefore", "truncatedBody", "wrongShape", "pageGone"];
    let site = ["401", "404", "429", "500", "503", "dropBefore", "malformedBody"];
    let all = submission
        .map(|effect| ("asyncQuery", effect))
        .into_iter()
        .chain(status.map(|effect| ("queryStatus", effect)))
        .chain(page.map(|effect| ("resultPage", effect)))
        .chain(site.map(|effect| ("getSite", effect)));
    let all: Vec<_> = all
        .flat_map(|(operation, effect)| [(operation, effect, 1), (operation, effect, 3)])
        .collect();
    // Four practices at the same time, because most of the time is spent waiting.
    let stories = all.chunks(all.len().div_ceil(4)).map(|chunk| {
        let chunk = chunk.to_vec();
        tokio::spawn(async move { under_each(&chunk).await })
    });
    for stories in stories.collect::<Vec<_>>() {
        stories.await.unwrap();
    }
}

/// Sends one letter after another, each with its own fault.
async fn under_each(stories: &[(&'static str, &'static str, u32)]) {
    let bench = Bench::new().await;
    for (number, (operation, effect, times)) in stories.iter().enumerate() {
        let story = format!("{effect} on {operation}, {times} times");
        let mut fault = fault(operation, effect, *times);
        if *effect == "slow" {
            fault["delayMs"] = json!(80);
        }
        bench.faults(&[fault]).await;
        let key = bench.accept(&format!("PB-{number}"));
        bench.until_closed().await;
        bench.assert_once(&[key], &story);
        // The next letter then checks the site again.
        bench.memory.advance(jiff::SignedDuration::from_mins(5));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_up_only_after_the_fence() {
    let bench = Bench::new().await;
    bench.faults(&[fault("asyncQuery", "dropAfter", 1)]).await;
    let key = bench.accept("PB-LOST");
    let sent_at = bench.now();
    bench.turn().await;
    let WorkProgress::Doubtful(doubtful) = bench.letter(&key).work.progress else {
        panic!("{:?}", bench.letter(&key))
    };
    assert!(doubtful.fence.duration_since(sent_at).as_secs() >= 365);
    assert_eq!(bench.calls("immediateQuery").await, 0, "a look before the fence proves nothing");
    // Other letters of the lane go on meanwhile.
    let other = bench.accept("PB-OTHER");
    bench.turn().await;
    bench.assert_once(&[other], "beside a doubt");
    bench.until_closed().await;
    bench.assert_once(&[key], "after the fence");
    assert_eq!(bench.calls("immediateQuery").await, 1);
    assert_eq!(bench.calls("asyncQuery").await, 2, "the lost one was not sent again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_waits_at_the_practice_is_left_and_asked_for_later() {
    let bench = Bench::new().await;
    bench.change(json!({"queuePaused": true})).await;
    let key = bench.accept("PB-SLOW");
    bench.turn().await;
    assert!(matches!(bench.letter(&key).work.progress, WorkProgress::Sent(_)));
    assert_eq!(bench.memory.waiters(), 1, "Halo's notification finds us");
    assert!(bench.memory.wakes() >= 1, "and a slow look stands behind it");
    bench.change(json!({"queuePaused": false})).await;
    // As after Halo's notification: the turns come before the query is due to be asked for.
    for _ in 0..20 {
        bench.quiet().await;
        bench.turn().await;
        if !bench.letter(&key).is_open() {
            break;
        }
    }
    bench.assert_once(&[key], "after waiting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_refuses_for_good_fails_with_its_reason_and_is_not_sent_again() {
    for (number, reason) in
        [(229, "not permitted"), (208, "not in this release"), (8152, "too long")]
    {
        let bench = Bench::new().await;
        let mut failing = fault("asyncQuery", "executionFailed", 9);
        failing["errorCode"] = json!(number);
        bench.faults(&[failing]).await;
        let key = bench.accept("PB-REFUSED");
        bench.until_closed().await;
        let letter = bench.letter(&key);
        assert_eq!(letter.body.state, reason);
        assert_eq!(letter.tally().attempts, 1, "{reason}");
        assert_eq!(bench.calls("immediateQuery").await, 1, "whether something stayed was seen");
        // Somebody repairs the cause and retries.
        bench.faults(&[]).await;
        let again = letter.body.clone();
        let listing = store::work::Listing::state("accepted");
        let hash = letter.hash.clone();
        bench.memory.accept(&bench.practice, &letter.reopened(again, hash, &listing, bench.now()));
        bench.until_closed().await;
        bench.assert_once(&[key], reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unexplained_refusal_is_tried_again_some_times_and_then_told() {
    let bench = Bench::new().await;
    let mut failing = fault("asyncQuery", "executionFailed", 99);
    failing["errorCode"] = json!(547);
    bench.faults(&[failing]).await;
    let key = bench.accept("PB-REFUSED");
    bench.until_closed().await;
    let letter = bench.letter(&key);
    assert_eq!((letter.body.state.as_str(), letter.tally().attempts), ("database refused", 5));
    assert_eq!(bench.records().get("PB-REFUSED"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_somebody_holds_for_long_delays_a_letter_and_never_loses_it() {
    for (number, id) in [(1205, "PB-DEADLOCK"), (1222, "PB-LOCKED")] {
        let bench = Bench::new().await;
        let mut locked = fault("asyncQuery", "executionFailed", 12);
        locked["errorCode"] = json!(number);
        bench.faults(&[locked]).await;
        let key = bench.accept(id);
        bench.until_closed().await;
        assert_eq!(bench.letter(&key).tally().attempts, 13);
        bench.assert_once(&[key], "after a lock");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_looked_up_is_never_sent_again_by_itself() {
    let bench = Bench::new().await;
    let mut blind = fault("immediateQuery", "executionFailed", 99);
    blind["errorCode"] = json!(229);
    bench.faults(&[fault("asyncQuery", "dropAfter", 1), blind]).await;
    let key = bench.accept("PB-BLIND");
    bench.until_closed().await;
    let letter = bench.letter(&key);
    assert_eq!(letter.body.state, "unverifiable");
    assert_eq!(bench.calls("asyncQuery").await, 1);
    // Somebody repairs the cause and retries. The letter is looked up first, and found.
    bench.faults(&[]).await;
    let (body, hash) = (letter.body.clone(), letter.hash.clone());
    let listing = store::work::Listing::state("accepted");
    bench.memory.accept(&bench.practice, &letter.reopened(body, hash, &listing, bench.now()));
    bench.until_closed().await;
    bench.assert_once(&[key], "once it could be looked for");
    assert_eq!(bench.calls("asyncQuery").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_bus_does_not_take_is_put_there_later() {
    let bench = Bench::new().await;
    bench.memory.break_bus(true);
    let key = bench.accept("PB-SILENT");
    bench.turn().await;
    assert_eq!(bench.letter(&key).body.state, "delivered");
    assert!(bench.letter(&key).is_open(), "it closes only when platforms were told");
    bench.memory.break_bus(false);
    bench.until_closed().await;
    bench.assert_once(&[key], "with a bus that was down");
    assert_eq!(bench.memory.events().len(), 1);
    assert_eq!(bench.calls("asyncQuery").await, 1);
}
