//! Each step and its result. The model shows that all steps together keep the promise. These tests show what
//! each one does.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::{
    Doubt, Doubtful, Failed, Fence, Fenced, NotYet, Progress, Ready, Sent, Settled, Tally,
};
use serde_json::json;

type Work = Progress<u32, u8>;

const FENCE: Fence = Fence {
    call: Duration::from_secs(10),
    queue: Duration::from_secs(30),
    execution: Duration::from_secs(60),
    margin: Duration::from_secs(5),
};
const LONGEST: Duration = Duration::from_secs(1000);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn tally(attempts: u32, refusals: u32, never_reached: u32) -> Tally {
    Tally { attempts, refusals, never_reached }
}

/// Due at 0, after two attempts that reached the far side, one refusal and three that did not.
fn ready() -> Ready {
    Ready { tally: tally(2, 1, 3), not_before: at(0) }
}

/// Marked at 0, so that its fence is at 105.
fn sent() -> Sent<u32> {
    ready().send(at(0), &FENCE).unwrap()
}

fn doubtful() -> Doubtful<u8> {
    sent().doubt()
}

#[test]
fn new_work_is_due_at_once() {
    let work = Work::new(at(7));
    assert_eq!((work.due(), work.tally()), (Some(at(7)), Tally::default()));
}

#[test]
fn a_mark_counts_the_attempt_and_sets_its_fence() {
    let expected =
        Sent { tally: tally(3, 1, 3), at: at(0), fence: at(105), handle: None, ask_at: at(105) };
    assert_eq!(sent(), expected);
    assert_eq!(ready().put_off(at(9)).send::<u32>(at(8), &FENCE), Err(NotYet { until: at(9) }));
    assert!(ready().put_off(at(9)).send::<u32>(at(9), &FENCE).is_ok());
}

#[test]
fn ready_work_is_put_off_settled_or_failed_with_its_tally() {
    assert_eq!(ready().put_off(at(9)), Ready { not_before: at(9), ..ready() });
    assert_eq!(ready().settle(), Settled { tally: tally(2, 1, 3) });
    assert_eq!(ready().fail(), Failed { tally: tally(2, 1, 3), doubt: Doubt::None });
}

#[test]
fn a_call_has_the_time_that_is_left_since_the_mark() {
    let seconds = |now| sent().time_to_call(at(now), &FENCE).as_secs();
    assert_eq!([0, 4, 9, 10, 11, 9999].map(seconds), [10, 6, 1, 0, 0, 0]);
    // If the clock went back, the call gets its whole time and no more.
    assert_eq!(sent().time_to_call(at(-50), &FENCE), FENCE.call);
}

#[test]
fn what_was_sent_is_due_at_its_fence_or_when_to_ask() {
    assert_eq!(Work::Sent(sent()).due(), Some(at(105)));
    let taken = sent().accepted(7, at(20));
    assert_eq!(taken, Sent { handle: Some(7), ask_at: at(20), ..sent() });
    assert_eq!(Work::Sent(taken.clone()).due(), Some(at(20)));
    assert_eq!(taken.clone().ask_again(at(50)).due(), at(50));
    assert_eq!(taken.ask_again(at(500)).due(), at(105), "no later than the fence");
    // Without a handle the far side cannot be asked.
    assert_eq!(sent().ask_again(at(50)).due(), at(105));
}

#[test]
fn the_far_sides_word_that_it_runs_moves_the_fence_on_and_never_back() {
    let taken = || sent().accepted(7, at(20));
    let running = taken().still_running(at(50), &FENCE);
    assert_eq!(running, Sent { fence: at(50 + 95), ..taken() });
    assert_eq!(running.clone().still_running(at(40), &FENCE), running);
    assert_eq!(running.doubt::<u8>().may_look_up(at(144)), Err(Fenced { until: at(145) }));
}

#[test]
fn an_attempt_that_never_ran_does_not_count() {
    let expected = Ready { tally: tally(2, 1, 4), not_before: at(8) };
    assert_eq!(sent().never_ran(at(8)), expected);
}

#[test]
fn a_doubt_is_looked_into_at_the_fence() {
    let expected = Doubtful {
        tally: tally(3, 1, 0),
        fence: at(105),
        lookup_at: at(105),
        lookups: 0,
        refusal: None,
    };
    assert_eq!(doubtful(), expected);
    // Our call has ended, early or late: the fence counts from there.
    for ended in [4, 10, 60] {
        let fence = at(ended + 95);
        let cut_off = sent().cut_off::<u8>(at(ended), &FENCE);
        assert_eq!(cut_off, Doubtful { fence, lookup_at: fence, ..expected.clone() });
    }
    let over = sent().ended::<u8>(at(8));
    assert_eq!(over, Doubtful { fence: at(8), lookup_at: at(8), ..expected });
}

#[test]
fn a_refusal_is_counted_and_looked_into_at_once_only_where_it_is_certain() {
    for (certain, fence) in [(true, at(8)), (false, at(105))] {
        let refused = sent().refused(5_u8, certain, at(8));
        let expected = Doubtful {
            tally: tally(3, 2, 0),
            fence,
            lookup_at: fence,
            lookups: 0,
            refusal: Some(5),
        };
        assert_eq!(refused, expected);
    }
}

#[test]
fn an_answer_ends_an_attempt() {
    assert_eq!(sent().settle(), Settled { tally: tally(3, 1, 0) });
    assert_eq!(sent().fail(), Failed { tally: tally(3, 1, 0), doubt: Doubt::None });
    let blocked = Ready { tally: tally(3, 0, 0), not_before: at(8) };
    assert_eq!(sent().blocked(at(8)), blocked);
}

#[test]
fn a_look_ends_a_doubt_only_after_the_fence() {
    let fenced = Err(Fenced { until: at(105) });
    assert_eq!(doubtful().may_look_up(at(104)), fenced);
    assert_eq!(doubtful().may_look_up(at(105)), Ok(()));
    assert_eq!(doubtful().absent(at(104), at(200)).map(|_| ()), fenced);
    let again = Ready { tally: tally(3, 1, 0), not_before: at(200) };
    assert_eq!(doubtful().absent(at(105), at(200)), Ok(again));
    assert_eq!(doubtful().found(), Settled { tally: tally(3, 1, 0) });
    assert_eq!(doubtful().fail(), Failed { tally: tally(3, 1, 0), doubt: Doubt::None });
    let blocked = Ready { tally: tally(3, 0, 0), not_before: at(8) };
    assert_eq!(doubtful().blocked(at(8)), blocked);
}

#[test]
fn a_look_without_an_answer_is_repeated_and_never_before_the_fence() {
    let again = doubtful().look_up_again(at(50)).look_up_again(at(60));
    assert_eq!(again, Doubtful { lookup_at: at(60), lookups: 2, ..doubtful() });
    assert_eq!(Work::Doubtful(again).due(), Some(at(105)));
    assert_eq!(doubtful().look_up_again(at(200)).due(), at(200));
}

#[test]
fn what_is_done_or_given_up_is_never_due_and_keeps_its_tally() {
    for work in [Work::Settled(sent().settle()), Work::Failed(sent().fail())] {
        assert_eq!((work.due(), work.tally()), (None, tally(3, 1, 0)));
    }
    assert_eq!(Work::Ready(ready()).tally(), tally(2, 1, 3));
    assert_eq!(Work::Doubtful(doubtful()).tally(), tally(3, 1, 0));
}

#[test]
fn reopening_begins_anew_where_nothing_is_in_doubt() {
    for work in [
        Work::Ready(ready()),
        Work::Settled(sent().settle()),
        Work::Failed(sent().fail()),
        Work::Failed(ready().fail()),
    ] {
        assert_eq!(work.reopened(at(40), LONGEST), Work::new(at(40)));
    }
    for under_way in [Work::Sent(sent()), Work::Doubtful(doubtful())] {
        assert_eq!(under_way.clone().reopened(at(40), LONGEST), under_way);
    }
}

#[test]
fn reopening_what_was_given_up_in_doubt_waits_for_the_same_fence() {
    let given_up = doubtful().look_up_again(at(300)).give_up();
    assert_eq!(given_up, Failed { tally: tally(3, 1, 0), doubt: Doubt::Until(at(105)) });
    for (now, due) in [(40, 105), (105, 105), (900, 900)] {
        let Work::Doubtful(reopened) = Work::Failed(given_up.clone()).reopened(at(now), LONGEST)
        else {
            panic!("not looked for first")
        };
        assert_eq!((reopened.fence, reopened.due(), reopened.lookups), (at(105), at(due), 0));
        assert_eq!(reopened.tally, tally(3, 1, 0));
    }
}

#[test]
fn records_of_the_release_before_the_fence_was_kept_are_read() {
    let stored = |doubtful: bool| {
        let tally = json!({"attempts": 3, "refusals": 1, "spared": 0});
        json!({"is": "failed", "tally": tally, "doubtful": doubtful})
    };
    let read = |json| serde_json::from_value::<Work>(json).unwrap();
    let certain = Failed { tally: tally(3, 1, 0), doubt: Doubt::None };
    assert_eq!(read(stored(false)), Work::Failed(certain));
    let unknown = Work::Failed(Failed { tally: tally(3, 1, 0), doubt: Doubt::Unknown });
    assert_eq!(read(stored(true)), unknown);
    // It may have been sent a moment ago, so a lookup must wait for the longest fence.
    let reopened = unknown.clone().reopened(at(40), LONGEST);
    assert_eq!(reopened.due(), Some(at(1040)));
    let Work::Doubtful(doubtful) = reopened else { panic!("not looked for first") };
    assert_eq!(doubtful.may_look_up(at(1039)), Err(Fenced { until: at(1040) }));
    // Until it is reopened, it is stored as before.
    assert_eq!(serde_json::to_value(&unknown).unwrap(), stored(true));
}

#[test]
fn what_was_given_up_is_stored_so_that_the_release_before_reads_it_too() {
    let json = serde_json::to_value(Work::Failed(doubtful().give_up())).unwrap();
    let tally = json!({"attempts": 3, "refusals": 1, "spared": 0});
    let fence = "1970-01-01T00:01:45Z";
    let expected = json!({"is": "failed", "tally": tally, "doubtful": true, "fence": fence});
    assert_eq!(json, expected);
    let json = serde_json::to_value(Work::Failed(sent().fail())).unwrap();
    assert_eq!(json, json!({"is": "failed", "tally": tally, "doubtful": false}));
}

#[test]
fn attempts_under_way_are_read_as_they_were_always_stored() {
    let instants = json!({"at": "1970-01-01T00:00:00Z", "fence": "1970-01-01T00:01:45Z"});
    let sent_json = json!({
        "is": "sent", "tally": {"attempts": 3, "refusals": 1, "spared": 3}, "handle": null,
        "at": instants["at"], "fence": instants["fence"], "askAt": instants["fence"],
    });
    assert_eq!(serde_json::from_value::<Work>(sent_json).unwrap(), Work::Sent(sent()));
    let later = at(7) + SignedDuration::from_secs(1);
    let ready_json = json!({"is": "ready", "tally": {}, "notBefore": later});
    let expected = Work::Ready(Ready { tally: Tally::default(), not_before: at(8) });
    assert_eq!(serde_json::from_value::<Work>(ready_json).unwrap(), expected);
}
