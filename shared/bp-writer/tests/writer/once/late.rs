//! What takes longer than it should: storing a mark, a machine that sleeps, a query at the practice.

use jiff::SignedDuration;
use ledger::{Doubt, Failed};
use serde_json::json;
use store::work::{Entry, Listing, WorkKey, WorkProgress};

use crate::once::bench::{Bench, TURN, limits};
use crate::once::letters::Letter;

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn is_marked(letter: &Entry<Letter>) -> bool {
    matches!(&letter.work.progress, WorkProgress::Sent(sent) if sent.handle.is_none())
}

/// How often the letter's history says that it is being sent for the first time.
fn first_marks(bench: &Bench, key: &WorkKey) -> usize {
    bench.letter(key).body.history.iter().filter(|line| *line == "sending 1").count()
}

/// Takes a turn that sleeps for a while at the chosen step. Returns whether it came that far, and whether
/// it slept between the mark of an attempt and Halo's acceptance.
async fn drowsy_turn(bench: &Bench, key: &WorkKey, slept: SignedDuration) -> (bool, bool) {
    let taken = bench.taken().await;
    let mut turn = std::pin::pin!(bench.writer.turn(&bench.practice, None, TURN));
    let stopped = tokio::select! {
        biased;
        () = bench.memory.killed() => true,
        _ = &mut turn => false,
    };
    bench.memory.kill_at(None);
    if !stopped {
        return (false, false);
    }
    let uncalled = is_marked(&bench.letter(key)) && bench.taken().await == taken;
    bench.memory.advance(slept);
    bench.memory.wake_up();
    turn.await.expect("the table answers");
    (true, uncalled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_slept_too_long_after_its_mark_marks_again_before_it_calls() {
    let bench = Bench::new().await;
    let (mut slept_at_mark, mut marked_again) = (0, 0);
    for at in 1.. {
        let key = bench.accept(&format!("PB-DROWSY-{at}"));
        bench.memory.kill_at(Some(at));
        let (stopped, uncalled) = drowsy_turn(&bench, &key, seconds(6)).await;
        bench.until_closed().await;
        bench.assert_once(std::slice::from_ref(&key), &format!("asleep at half step {at}"));
        if !stopped {
            break;
        }
        slept_at_mark += usize::from(uncalled);
        let again = first_marks(&bench, &key) == 2;
        assert!(again || !uncalled, "asleep at half step {at}, and called under an old mark");
        marked_again += usize::from(again);
        bench.memory.advance(SignedDuration::from_mins(5));
    }
    assert!(slept_at_mark >= 1, "no half step was between the mark and the call");
    // Storing the mark slowly has the same effect as sleeping after it.
    assert_eq!(marked_again, slept_at_mark + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_repeated_under_a_new_guid_has_no_more_time_than_the_first() {
    let bench = Bench::new().await;
    let (mut slept_at_mark, mut marked_again) = (0, 0);
    for at in 1.. {
        // The site is seen online, so it is not checked again before the letter.
        bench.accept(&format!("PB-BEFORE-{at}"));
        bench.until_closed().await;
        bench.change(json!({"rotateGuid": true})).await;
        let key = bench.accept(&format!("PB-ROTATED-{at}"));
        bench.memory.kill_at(Some(at));
        let (stopped, uncalled) = drowsy_turn(&bench, &key, seconds(6)).await;
        bench.until_closed().await;
        bench.assert_once(std::slice::from_ref(&key), &format!("asleep at half step {at}"));
        if !stopped {
            break;
        }
        slept_at_mark += usize::from(uncalled);
        let again = first_marks(&bench, &key) == 2;
        assert!(again || !uncalled, "asleep at half step {at}, and called under an old mark");
        marked_again += usize::from(again);
        bench.memory.advance(seconds(5));
    }
    assert!(slept_at_mark >= 3, "the new GUID was not adopted between the mark and the call");
    assert_eq!(marked_again, slept_at_mark + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_lasts_no_longer_than_what_the_mark_left_of_its_time() {
    let bench = Bench::new().await;
    let slow = json!({"operation": "asyncQuery", "effect": "slow", "delayMs": 2500, "times": 1});
    bench.faults(&[slow]).await;
    let key = bench.accept("PB-SLOW-MARK");
    bench.memory.sleep_at_mark();
    let (stopped, uncalled) = drowsy_turn(&bench, &key, seconds(4)).await;
    assert!(stopped && uncalled);
    // A call has five seconds. Four have passed, and the answer takes longer than one.
    let letter = bench.letter(&key);
    let WorkProgress::Doubtful(doubtful) = letter.work.progress else { panic!("{letter:?}") };
    assert_eq!(doubtful.fence, limits().fence.after_call(bench.now()));
    bench.until_closed().await;
    bench.assert_once(&[key], "after a call that was cut off");
    assert_eq!(bench.calls("asyncQuery").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_halo_calls_running_is_neither_looked_for_nor_sent_again() {
    let bench = Bench::new().await;
    bench.change(json!({"executionPaused": true})).await;
    let key = bench.accept("PB-LOCKED");
    bench.turn().await;
    assert!(bench.memory.overtimes().is_empty());
    let hours = |hours| bench.now() + SignedDuration::from_hours(hours);
    let (half_time, end) = (hours(1), hours(3));
    let mut asked_by_half_time = 0;
    while bench.now() < end {
        assert!(bench.sleep_until_due().await, "nobody asks any more");
        bench.turn().await;
        if bench.now() < half_time {
            asked_by_half_time = bench.calls("queryStatus").await;
        }
        assert!(matches!(bench.letter(&key).work.progress, WorkProgress::Sent(_)));
    }
    let asked = bench.calls("queryStatus").await - asked_by_half_time;
    assert!((20..=60).contains(&asked), "asked {asked} times in two hours");
    let overtimes = bench.memory.overtimes();
    assert!(overtimes.is_sorted() && overtimes.len() > asked, "{overtimes:?}");
    // Halo's last answer counts: if Halo stops answering, the fence still holds.
    let WorkProgress::Sent(sent) = bench.letter(&key).work.progress else { unreachable!() };
    assert!(sent.fence > limits().fence.after_call(end), "{sent:?}");
    // Other letters of the lane are sent meanwhile.
    let other = bench.accept("PB-OTHER");
    bench.turn().await;
    assert_eq!(bench.calls("asyncQuery").await, 2);
    bench.change(json!({"executionPaused": false})).await;
    bench.until_closed().await;
    bench.assert_once(&[key, other], "after a lock of three hours");
    assert_eq!(bench.calls("asyncQuery").await, 2, "something was sent again");
    assert_eq!(bench.calls("immediateQuery").await, 0, "a look proves nothing meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_when_the_practice_moved_is_looked_for_only_after_its_fence() {
    let bench = Bench::new().await;
    bench.change(json!({"executionPaused": true})).await;
    let key = bench.accept("PB-AWAY-AND-BACK");
    bench.turn().await;
    let here = bench.memory.connection_of(&bench.practice);
    let mut elsewhere = here.clone();
    elsewhere.site_id = domain::ids::SiteId::parse("71009").unwrap();
    bench.memory.connect(&bench.practice, elsewhere);
    bench.turn().await;
    let letter = bench.letter(&key);
    assert_eq!((letter.body.state.as_str(), letter.is_open()), ("site changed", false));
    let WorkProgress::Failed(Failed { doubt: Doubt::Until(fence), .. }) = letter.work.progress
    else {
        panic!("{letter:?}")
    };
    // The practice comes back, and somebody retries.
    bench.memory.connect(&bench.practice, here);
    let (body, hash) = (letter.body.clone(), letter.hash.clone());
    let listing = Listing::state("accepted");
    bench.memory.accept(&bench.practice, &letter.reopened(body, hash, &listing, bench.now()));
    bench.turn().await;
    assert_eq!(bench.calls("immediateQuery").await, 0, "the first attempt may still come");
    assert_eq!(bench.letter(&key).due, Some(fence));
    // The first attempt takes effect late.
    bench.change(json!({"executionPaused": false})).await;
    bench.quiet().await;
    bench.until_closed().await;
    bench.assert_once(&[key], "after moving away and back");
    assert_eq!(bench.calls("asyncQuery").await, 1);
}
