//! Practices that are offline, and lanes with more than one letter.

use std::time::Duration;

use aws::events::{Event, EventKind};
use bp_writer::{TurnOutcome, WorkStore as _};
use domain::connection::Standing;
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use jiff::SignedDuration;
use ledger::{Holder, Lease};
use serde_json::json;
use store::work::{BodyHash, LaneRelease, Listing, ParkReason, Released, WorkKey};

use crate::once::bench::{Bench, TURN, limits};
use crate::once::letters::Letter;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_offline_for_days_costs_no_query_and_gets_everything_in_order() {
    let bench = Bench::new().await;
    bench.change(json!({"availability": "offline"})).await;
    let mut keys = Vec::new();
    for number in 0..40 {
        keys.push(bench.accept(&format!("PB-{number:02}")));
        bench.memory.advance(SignedDuration::from_secs(1));
    }
    bench.turn().await;
    let lane = bench.memory.lane(&bench.practice);
    assert_eq!(lane.parked.map(|parked| parked.reason), Some(ParkReason::Offline));
    assert!(keys.iter().all(|key| bench.letter(key).body.history == ["waiting Offline"]));
    // The letter that arrives shows why it waits. Nobody is asked.
    let looks = bench.calls("getSite").await;
    keys.push(bench.accept("PB-LATE"));
    bench.turn().await;
    assert_eq!(bench.calls("getSite").await, looks);
    assert_eq!(bench.letter(&keys[40]).body.history, ["waiting Offline"]);
    for _ in 0..12 {
        bench.sleep_until_due().await;
        bench.turn().await;
        let parked = bench.memory.lane(&bench.practice).parked.unwrap();
        let until = parked.next_check.duration_since(bench.now());
        assert!(until <= SignedDuration::from_secs(30), "{until}");
    }
    assert_eq!(bench.calls("asyncQuery").await + bench.calls("immediateQuery").await, 0);
    bench.change(json!({"availability": "online"})).await;
    bench.until_closed().await;
    bench.assert_once(&keys, "after an outage");
    let records: Vec<_> = keys.iter().map(|key| bench.letter(key).body.record).collect();
    assert!(records.is_sorted(), "not in order: {records:?}");
    assert!(keys.iter().all(|key| bench.letter(key).tally().attempts == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_whose_open_work_a_newer_release_wrote_is_visited_again_and_stays_parked() {
    let bench = Bench::new().await;
    bench.change(json!({"availability": "offline"})).await;
    let key = bench.accept("PB-OURS");
    bench.turn().await;
    let parked = bench.memory.lane(&bench.practice).parked;
    assert!(parked.is_some());
    // The newer release takes the entry over: this one no longer finds an entry that it can read.
    bench.memory.have_newer_work(true);
    bench.memory.remove(&bench.practice, &key);
    bench.sleep_until_due().await;
    bench.turn().await;
    let lane = bench.memory.lane(&bench.practice);
    assert_eq!(lane.parked, parked, "the practice does not look reachable");
    let wait = lane.due.unwrap().duration_since(bench.now());
    assert!(wait <= SignedDuration::from_mins(5), "{wait}");
    bench.memory.have_newer_work(false);
    bench.turn().await;
    let lane = bench.memory.lane(&bench.practice);
    assert_eq!((lane.parked, lane.due), (None, None), "an idle lane needs no visit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_that_unticks_us_is_marked_and_waited_for() {
    let bench = Bench::new().await;
    bench.change(json!({"integrationEnabled": false})).await;
    let key = bench.accept("PB-REVOKED");
    bench.turn().await;
    let standings = || bench.memory.standings();
    assert_eq!(standings(), [Standing::Revoked]);
    let parked = bench.memory.lane(&bench.practice).parked.map(|parked| parked.reason);
    assert_eq!(parked, Some(ParkReason::Revoked));
    bench.sleep_until_due().await;
    bench.turn().await;
    assert_eq!(standings(), [Standing::Revoked], "Halo's answers do not clear the mark");
    bench.change(json!({"integrationEnabled": true})).await;
    bench.until_closed().await;
    bench.assert_once(&[key], "after being let in again");
    assert_eq!(standings(), [Standing::Revoked, Standing::Paired]);
    let told = bench.memory.events();
    let of_connection = |event: &&Event| event.kind == EventKind::ConnectionChanged;
    assert_eq!(told.iter().filter(of_connection).count(), 0, "the look at the site tells them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_marked_as_revoked_is_asked_whether_it_is_before_anything_is_sent() {
    let bench = Bench::new().await;
    let first = bench.accept("PB-FIRST");
    bench.turn().await;
    // Another function was refused. The site was seen online a moment ago.
    bench.memory.stand(&bench.practice, Standing::Revoked);
    let second = bench.accept("PB-SECOND");
    bench.turn().await;
    bench.assert_once(&[first, second], "around a mark");
    assert_eq!(bench.memory.standing(&bench.practice), Standing::Paired);
    assert_eq!(bench.calls("immediateQuery").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_that_is_connected_again_is_served_at_the_next_wake() {
    let bench = Bench::new().await;
    bench.memory.stand(&bench.practice, Standing::Disconnected);
    let key = bench.accept("PB-DISCONNECTED");
    bench.turn().await;
    let parked = bench.memory.lane(&bench.practice).parked.map(|parked| parked.reason);
    assert_eq!(parked, Some(ParkReason::NotConnected));
    bench.turn().await;
    assert_eq!(bench.calls("getSite").await, 0, "nobody is asked about a disconnected practice");
    bench.memory.stand(&bench.practice, Standing::Paired);
    bench.turn().await;
    bench.assert_once(&[key], "after being connected again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_that_disconnects_in_the_middle_of_a_turn_gets_nothing_more() {
    let bench = Bench::new().await;
    let first = bench.accept("PB-FIRST");
    let second = bench.accept("PB-SECOND");
    let work = bench.writer.turn(&bench.practice, None, TURN);
    let disconnect = async {
        while bench.letter(&first).tally().attempts == 0 {
            tokio::task::yield_now().await;
        }
        bench.memory.stand(&bench.practice, Standing::Disconnected);
    };
    let (went, ()) = tokio::join!(work, disconnect);
    went.unwrap();
    assert_eq!(bench.letter(&second).tally().attempts, 0, "written after the disconnection");
    let parked = bench.memory.lane(&bench.practice).parked.map(|parked| parked.reason);
    assert_eq!(parked, Some(ParkReason::NotConnected));
    bench.memory.stand(&bench.practice, Standing::Paired);
    bench.until_closed().await;
    bench.assert_once(&[first, second], "after being connected again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_guid_is_followed() {
    let bench = Bench::new().await;
    bench.change(json!({"rotateGuid": true})).await;
    let key = bench.accept("PB-MOVED");
    bench.until_closed().await;
    bench.assert_once(&[key], "after a move");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_writer_is_at_a_lane_and_it_sees_what_arrives_meanwhile() {
    let bench = Bench::new().await;
    let first = bench.accept("PB-FIRST");
    let work = bench.writer.turn(&bench.practice, None, TURN);
    let meanwhile = async {
        // While the first turn holds the lane.
        loop {
            if bench.memory.lane(&bench.practice).lease.is_some() {
                let second = bench.accept("PB-SECOND");
                return (second, bench.turn().await);
            }
            tokio::task::yield_now().await;
        }
    };
    let (went, (second, other)) = tokio::join!(work, meanwhile);
    assert_eq!(other, TurnOutcome::LaneTaken);
    assert_eq!(went, Ok(TurnOutcome::Finished { due: None }));
    bench.assert_once(&[first, second], "by one writer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_meant_for_another_bp_fails_and_is_never_sent() {
    let bench = Bench::new().await;
    let key = bench.accept("PB-ELSEWHERE");
    let mut entry = bench.letter(&key);
    entry.body.site = SiteId::parse("71009").unwrap().into();
    bench.memory.accept(&bench.practice, &entry);
    bench.turn().await;
    let letter = bench.letter(&key);
    assert_eq!((letter.body.state.as_str(), letter.is_open()), ("site changed", false));
    assert_eq!(bench.calls("asyncQuery").await + bench.calls("immediateQuery").await, 0);
    assert_eq!(bench.memory.events().iter().filter(|event| event.subject == key.id).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_for_a_new_bp_in_the_middle_of_a_turn_at_the_old_one_is_left_to_the_next() {
    let bench = Bench::new().await;
    let first = bench.accept("PB-OLD");
    let work = bench.writer.turn(&bench.practice, None, TURN);
    let move_on = async {
        while bench.letter(&first).tally().attempts == 0 {
            tokio::task::yield_now().await;
        }
        let mut connection = bench.memory.connection_of(&bench.practice);
        connection.site_id = SiteId::parse("71009").unwrap();
        bench.memory.connect(&bench.practice, connection);
        let mut letter = Letter::new("PB-NEW");
        letter.site = SiteId::parse("71009").unwrap().into();
        let entry = letter.entry(bench.now());
        bench.memory.accept(&bench.practice, &entry);
        entry.key
    };
    let (went, new) = tokio::join!(work, move_on);
    let Ok(TurnOutcome::Finished { due }) = went else { panic!("{went:?}") };
    let letter = bench.letter(&new);
    assert_eq!((letter.body.state.as_str(), letter.tally().attempts), ("accepted", 0));
    assert!(due.is_some_and(|due| due <= bench.now()), "left for later: {due:?}");
    bench.until_closed().await;
    bench.assert_once(&[first, new], "each with its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_practices_with_one_bp_one_writes_after_the_other() {
    let bench = Bench::new().await;
    let connection = bench.memory.connection_of(&bench.practice);
    let other = PracticeId::parse("bluegum-hollow-east").unwrap();
    bench.memory.connect(&other, connection.clone());
    let first = bench.accept("PB-FIRST");
    let second = Letter::new("PB-SECOND").entry(bench.now());
    bench.memory.accept(&other, &second);
    let work = bench.writer.turn(&bench.practice, None, TURN);
    let meanwhile = async {
        while !bench.memory.is_held(&connection.site_id) {
            tokio::task::yield_now().await;
        }
        let went = bench.writer.turn(&other, None, TURN).await;
        (went, bench.memory.entry(&other, &second.key).read::<Letter>().unwrap())
    };
    let (_, (went, waiting)) = tokio::join!(work, meanwhile);
    let Ok(TurnOutcome::Finished { due: Some(due) }) = went else { panic!("{went:?}") };
    assert!(due <= bench.now() + SignedDuration::from_secs(2), "comes again soon");
    assert_eq!(waiting.tally().attempts, 0, "two wrote at a time");
    bench.assert_once(&[first], "first");
    assert!(!bench.memory.is_held(&connection.site_id), "the site is left");
    bench.memory.advance(SignedDuration::from_secs(2));
    bench.writer.turn(&other, None, TURN).await.unwrap();
    assert_eq!(bench.records()["PB-SECOND"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_turn_has_no_time_for_is_due_at_once_although_it_arrived_meanwhile() {
    let bench = Bench::new().await;
    let first = bench.accept("PB-FIRST");
    // Time for one letter: a second one would not end within the turn.
    let time = limits().fence.call + limits().shortest + Duration::from_millis(500);
    let work = bench.writer.turn(&bench.practice, None, time);
    let more = async {
        while bench.letter(&first).tally().attempts == 0 {
            tokio::task::yield_now().await;
        }
        let second = bench.accept("PB-SECOND");
        bench.memory.advance(SignedDuration::from_secs(1));
        second
    };
    let (went, second) = tokio::join!(work, more);
    let Ok(TurnOutcome::Finished { due }) = went else { panic!("{went:?}") };
    assert_eq!(bench.letter(&second).tally().attempts, 0, "there was time for both");
    assert!(due.is_some_and(|due| due <= bench.now()), "left for later: {due:?}");
    bench.until_closed().await;
    bench.assert_once(&[first, second], "one turn after the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_panics_does_not_hold_up_the_others() {
    let bench = Bench::new().await;
    let poison = bench.accept("PB-POISON");
    let mut entry = bench.letter(&poison);
    entry.body.subject = "poison".to_owned();
    bench.memory.accept(&bench.practice, &entry);
    let good = bench.accept("PB-GOOD");
    bench.turn().await;
    bench.assert_once(&[good], "beside a bad one");
    assert!(bench.letter(&poison).is_open());
    assert!(bench.memory.lane(&bench.practice).lease.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_changes_while_an_attempt_is_under_way_is_sent_after_it() {
    let bench = Bench::new().await;
    bench.change(json!({"queuePaused": true})).await;
    let key = bench.accept("PB-CHANGED");
    bench.turn().await;
    let entry = bench.letter(&key);
    let mut body = entry.body.clone();
    body.subject = "second".to_owned();
    let (hash, listing) = (BodyHash("second".to_owned()), Listing::state("accepted"));
    bench.memory.accept(&bench.practice, &entry.reopened(body, hash, &listing, bench.now()));
    bench.change(json!({"queuePaused": false})).await;
    bench.until_closed().await;
    let letter = bench.letter(&key);
    assert_eq!(letter.work.sent_revision, 2);
    assert_eq!(letter.body.state, "delivered");
    // This naive kind writes each revision. A real kind changes the first into the second.
    assert_eq!(bench.records().get("PB-CHANGED"), Some(&2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_no_writing_closes_without_a_query() {
    let bench = Bench::new().await;
    let key = bench.accept("PB-NOTHING");
    let mut entry = bench.letter(&key);
    entry.body.subject = "nothing".to_owned();
    bench.memory.accept(&bench.practice, &entry);
    bench.turn().await;
    assert!(!bench.letter(&key).is_open());
    assert_eq!(bench.letter(&key).body.state, "nothing");
    assert_eq!(bench.calls("asyncQuery").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_done_after_what_is_due_and_comes_round_again() {
    let bench = Bench::new().await;
    let key = bench.accept("PB-JOB");
    let turn = bench.writer.turn(&bench.practice, Some(Job::Reconcile), TURN).await;
    assert_eq!(turn, Ok(TurnOutcome::Finished { due: None }));
    let made_by_the_job = WorkKey::delivery("PB-GREETING");
    bench.assert_once(&[key.clone(), made_by_the_job.clone()], "around a job");
    let record = |key| bench.letter(key).body.record;
    assert!(record(&key) < record(&made_by_the_job));
    assert_eq!(bench.memory.jobs_done(), [Job::Reconcile]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_not_done_while_the_practice_is_away() {
    let bench = Bench::new().await;
    bench.change(json!({"availability": "offline"})).await;
    bench.accept("PB-AWAY");
    let turn = bench.writer.turn(&bench.practice, Some(Job::Reconcile), TURN).await;
    assert!(matches!(turn, Ok(TurnOutcome::Finished { due: Some(_) })), "{turn:?}");
    assert_eq!(bench.memory.jobs_done(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_for_early_is_asked_for_again_when_its_time_comes_in_the_same_turn() {
    let bench = Bench::new().await;
    bench.change(json!({"queuePaused": true})).await;
    let key = bench.accept("PB-EARLY");
    bench.turn().await;
    let due = bench.letter(&key).due.unwrap();
    bench.memory.advance(due.duration_since(bench.now()) - SignedDuration::from_secs(3));
    // The letter of the job takes longer than that.
    let turn = bench.writer.turn(&bench.practice, Some(Job::Reconcile), TURN).await;
    let Ok(TurnOutcome::Finished { due: Some(due) }) = turn else { panic!("{turn:?}") };
    assert!(
        bench.letter(&key).due.unwrap() > bench.now(),
        "its time came, and it was not asked for"
    );
    let wait = due.duration_since(bench.now());
    assert!(wait <= SignedDuration::from_secs(40), "the lane rests for {wait}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_writes_waits_until_the_other_practice_has_left_their_bp() {
    let bench = Bench::new().await;
    let site = bench.memory.connection_of(&bench.practice).site_id;
    let until = bench.now() + SignedDuration::from_secs(60);
    let other = Lease { holder: Holder("another practice's writer".to_owned()), until };
    let east = PracticeId::parse("bluegum-hollow-east").unwrap();
    assert!(bench.memory.claim_lane(&east, &other, bench.now()).await.unwrap().is_some());
    assert_eq!(bench.memory.claim_site(&east, &site, &other, bench.now()).await, Ok(true));
    let job = async || bench.writer.turn(&bench.practice, Some(Job::Reconcile), TURN).await;
    let wakes = bench.memory.wakes();
    assert_eq!(job().await, Ok(TurnOutcome::Finished { due: None }));
    assert_eq!(bench.memory.jobs_done(), []);
    assert_eq!(bench.memory.wakes(), wakes + 1, "it comes again soon");
    let end = LaneRelease::default();
    let left = bench.memory.release_lane(&east, &other.holder, 0, &end).await;
    let wanted = Ok(Released::Free { site_wanted: true });
    assert_eq!(left, wanted, "the other one is told that somebody waits");
    assert_eq!(job().await, Ok(TurnOutcome::Finished { due: None }));
    assert_eq!(bench.memory.jobs_done(), [Job::Reconcile]);
    assert!(!bench.memory.is_held(&site), "the site is left");
}
