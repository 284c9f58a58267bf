//! What the sender does on each answer.

use std::time::Duration;

use aws::events::EventKind;
use domain::events::Reader;
use domain::webhooks::{Attempted, EndpointLane, Fate, NoAnswer, WhyDisabled};
use jiff::SignedDuration;
use store::webhooks::Replay;
use support::{Manner, until};
use uuid::Uuid;
use webhooks::{Clock as _, Limits, SenderError, Turn};

use crate::bench::Bench;

const VISITS: &[Reader] = &[Reader::Bookings];

async fn bench() -> (Bench, EndpointLane) {
    let bench = Bench::new(1, Limits::default()).await;
    let lane = bench.register("acme", "main", VISITS);
    (bench, lane)
}

fn wait(bench: &Bench, turn: Turn) -> i64 {
    let Turn::Done { due: Some(due) } = turn else { panic!("nothing is due: {turn:?}") };
    due.duration_since(bench.clock.now()).as_secs() + 1
}

#[tokio::test]
async fn events_arrive_once_in_order_and_signed() {
    let (bench, lane) = bench().await;
    let ids = bench.publish("acme", &["b-1", "b-2", "b-3"]).await;
    assert_eq!(bench.turn(&lane).await, Turn::Done { due: None });
    assert_eq!(bench.receiver.ids("main"), ids);
    assert!(bench.receiver.got("main").iter().all(|got| bench.is_signed(&lane, got)));
    assert_eq!(bench.turn(&lane).await, Turn::Done { due: None });
    assert_eq!(bench.receiver.tries("main"), 3);
    // The same change, published again, is the same event.
    let again = bench.publish("acme", &["b-1"]).await;
    assert_eq!(again, ids[..1]);
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.tries("main"), 3);
}

#[tokio::test]
async fn an_endpoint_gets_only_what_its_platform_may_see() {
    let (bench, lane) = bench().await;
    let letters = bench.register("acme", "letters", &[Reader::Correspondence]);
    let other = bench.register("other", "other", VISITS);
    bench.publish("acme", &["b-1"]).await;
    for lane in [&lane, &letters, &other] {
        bench.turn(lane).await;
    }
    assert_eq!(bench.receiver.tries("main"), 1);
    assert_eq!(bench.receiver.tries("letters"), 0);
    assert_eq!(bench.receiver.tries("other"), 0);
    // Whatever a token said once, the deployment says now what a platform may see, and which platforms there are.
    for platform in ["post", "gone"] {
        let lane = bench.register(platform, platform, VISITS);
        bench.publish(platform, &["b-1"]).await;
        bench.turn(&lane).await;
        assert_eq!(bench.receiver.tries(platform), 0);
    }
}

#[tokio::test]
async fn a_failing_endpoint_is_left_alone_longer_and_longer_and_gets_everything_afterwards() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::With("500 Broken\r\n"));
    let ids = bench.publish("acme", &["b-1", "b-2", "b-3", "b-4"]).await;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let turn = bench.turn(&lane).await;
        waits.push(wait(&bench, turn));
        bench.clock.advance(SignedDuration::from_secs(waits.last().unwrap() + 1));
    }
    assert_eq!(waits, [5, 60, 300, 1800, 7200, 18_000]);
    assert_eq!(bench.receiver.tries("main"), 23, "three of them at first, then all four");
    assert_eq!(bench.memory.failing(), 1, "reported once it has failed for an hour");
    bench.receiver.behave("main", Manner::Well);
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), ids, "in order, although all of them had failed");
    let standing = bench.memory.lane(&lane).unwrap().standing;
    assert_eq!((standing.failures, standing.failing_since), (0, None));
    assert!(standing.last_success.is_some());
}

#[tokio::test]
async fn during_the_wait_nothing_is_sent_whatever_arrives() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::With("503 Busy\r\nretry-after: 600\r\n"));
    bench.publish("acme", &["b-1"]).await;
    let turn = bench.turn(&lane).await;
    assert_eq!(wait(&bench, turn), 600);
    bench.publish("acme", &["b-2"]).await;
    let turn = bench.turn(&lane).await;
    assert_eq!(wait(&bench, turn), 600);
    assert_eq!(bench.receiver.tries("main"), 1);
    // Its platform says that it works again.
    bench.receiver.behave("main", Manner::Well);
    bench.memory.reset(&lane);
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main").len(), 2);
}

#[tokio::test]
async fn an_endpoint_may_say_by_a_date_when_it_wants_to_be_asked_again() {
    let (bench, lane) = bench().await;
    bench.publish("acme", &["b-1"]).await;
    // In seconds, as asked and as it is kept: not sooner than the shortest wait, nor later than the longest.
    for (asked, kept) in [(600, 600), (-3_600, 5), (30 * 86_400, 43_200)] {
        let at = bench.clock.now() + SignedDuration::from_secs(asked);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new();
        let date = date.timestamp_to_rfc9110_string(&at).unwrap();
        let head = format!("503 Busy\r\nretry-after: {date}\r\n");
        bench.receiver.behave("main", Manner::With(head.leak()));
        bench.memory.reset(&lane);
        let turn = bench.turn(&lane).await;
        let waited = wait(&bench, turn);
        assert!((kept - 1..=kept + 1).contains(&waited), "{date}: {waited} instead of {kept}");
    }
}

#[tokio::test]
async fn refused_events_in_a_row_hold_up_later_ones_for_minutes_only() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::Chokes("bad-".to_owned()));
    let bad: Vec<String> = (0..23).map(|number| format!("bad-{number}")).collect();
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    let refused = bench.publish("acme", &bad).await;
    let good = bench.publish("acme", &["b-1"]).await;
    let mut tries = Vec::new();
    for _ in 0..4 {
        let before = bench.receiver.tries("main");
        let turn = bench.turn(&lane).await;
        tries.push(bench.receiver.tries("main") - before);
        bench.clock.advance(SignedDuration::from_secs(wait(&bench, turn) + 1));
    }
    assert_eq!(tries, [3, 6, 12, 24]);
    assert_eq!(bench.receiver.ids("main"), good);
    let standing = bench.memory.lane(&lane).unwrap().standing;
    assert_eq!((standing.failures, standing.failing_since), (0, None));
    assert_eq!(bench.memory.event(&lane, &refused[0]).fate, Fate::Waiting);
}

#[tokio::test]
async fn an_endpoint_that_takes_nothing_gets_a_bounded_number_of_tries_each_time() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::With("500 Broken\r\n"));
    let names: Vec<String> = (0..60).map(|number| format!("b-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bench.publish("acme", &names).await;
    for round in 0..7 {
        let before = bench.receiver.tries("main");
        let turn = bench.turn(&lane).await;
        let tries = bench.receiver.tries("main") - before;
        assert!(tries <= 24, "{tries} in round {round}");
        bench.clock.advance(SignedDuration::from_secs(wait(&bench, turn) + 1));
    }
}

#[tokio::test]
async fn an_event_that_alone_is_refused_holds_up_no_others_and_is_given_up_after_days() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::Chokes("b-1".to_owned()));
    let ids = bench.publish("acme", &["b-1", "b-2", "b-3"]).await;
    let turn = bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), ids[1..]);
    assert_eq!(wait(&bench, turn), 5);
    let event = bench.memory.event(&lane, &ids[0]);
    assert_eq!((event.fate, event.attempts), (Fate::Waiting, 1));
    assert_eq!(event.last.unwrap().ended, Attempted::Status(500));
    for day in 0..6 {
        bench.clock.advance(SignedDuration::from_hours(24));
        bench.publish("acme", &[&format!("later-{day}")]).await;
        bench.turn(&lane).await;
    }
    let event = bench.memory.event(&lane, &ids[0]);
    assert_eq!(event.fate, Fate::GivenUp);
    assert_eq!(bench.receiver.ids("main").len(), 8);
    assert!(bench.memory.registered(&lane).endpoint.is_on());
    // It can be replayed.
    bench.receiver.behave("main", Manner::Well);
    let now = bench.clock.now();
    bench
        .memory
        .request(&lane, Replay { from: event.at, to: event.at, asked_at: now, after: None });
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main").last(), Some(&ids[0]), "with its own id");
}

#[tokio::test]
async fn a_refused_event_that_is_retried_on_its_own_delays_no_later_one() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::Chokes("b-1".to_owned()));
    let ids = bench.publish("acme", &["b-1", "b-2"]).await;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let turn = bench.turn(&lane).await;
        waits.push(wait(&bench, turn));
        bench.clock.advance(SignedDuration::from_secs(waits.last().unwrap() + 1));
    }
    assert_eq!(waits, [5, 60, 300, 1800, 7200, 18_000]);
    bench.turn(&lane).await;
    assert_eq!(bench.memory.event(&lane, &ids[0]).attempts, 7);
    assert_eq!(bench.memory.lane(&lane).unwrap().standing.failures, 0, "the endpoint works");
    // The refused event waits for hours. What happens meanwhile is sent at once.
    bench.memory.due(bench.clock.now());
    let later = bench.publish("acme", &["b-3"]).await;
    assert_eq!(bench.memory.due(bench.clock.now()).first(), Some(&lane));
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), [&ids[1..], &later].concat());
}

#[tokio::test]
async fn an_event_that_waits_is_not_sent_once_the_endpoint_may_not_see_it_any_more() {
    let (mut bench, lane) = bench().await;
    let ids = bench.publish("acme", &["b-1"]).await;
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), ids);
    bench.publish("acme", &["b-2"]).await;
    // The deployment takes the scope from the platform. A replay must not bring it back.
    let acme = lane.platform.clone();
    bench.sender.platforms.0.insert(acme.clone(), vec![Reader::Correspondence]);
    let (from, asked_at) = (bench.memory.event(&lane, &ids[0]).at, bench.clock.now());
    bench.memory.request(&lane, Replay { from, to: asked_at, asked_at, after: None });
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.tries("main"), 1);
    assert_eq!(bench.memory.event(&lane, &ids[0]).fate, Fate::GivenUp);
    // Nor is it sent if a server with fewer scopes saves the endpoint.
    bench.sender.platforms.0.insert(acme.clone(), VISITS.to_vec());
    bench.publish("acme", &["b-3"]).await;
    let mut narrowed = bench.memory.registered(&lane);
    narrowed.endpoint.readers = vec![Reader::Correspondence];
    bench.memory.register(&acme, narrowed);
    assert_eq!(bench.turn(&lane).await, Turn::Done { due: None });
    assert_eq!(bench.receiver.tries("main"), 1);
}

#[tokio::test]
async fn an_event_is_replayed_by_the_time_that_it_was_sent_with() {
    let (bench, lane) = bench().await;
    let ids = bench.publish("acme", &["b-1"]).await;
    bench.turn(&lane).await;
    // Endpoints see milliseconds.
    let seen: jiff::Timestamp =
        format!("{:.3}", bench.memory.event(&lane, &ids[0]).at).parse().unwrap();
    let asked_at = bench.clock.now();
    bench.memory.request(&lane, Replay { from: seen, to: seen, asked_at, after: None });
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), [ids[0].clone(), ids[0].clone()]);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled_and_its_events_wait() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::With("301 Elsewhere\r\nlocation: http://127.0.0.1/\r\n"));
    let ids = bench.publish("acme", &["b-1"]).await;
    bench.turn(&lane).await;
    bench.clock.advance(SignedDuration::from_hours(5 * 24));
    let mut waiting = bench.publish("acme", &["b-2"]).await;
    bench.memory.set_bus_down(true);
    let lost = bench.sender.turn(&lane, crate::bench::RUN).await;
    assert!(matches!(lost, Err(SenderError::NotTaken(_))), "it comes again: {lost:?}");
    bench.memory.set_bus_down(false);
    bench.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(bench.turn(&lane).await, Turn::Off);
    assert_eq!(bench.memory.registered(&lane).endpoint.disabled, Some(WhyDisabled::Failing));
    let published = bench.memory.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].kind, EventKind::EndpointDisabled);
    assert_eq!(published[0].subject, "main");
    assert_eq!(bench.memory.event(&lane, &ids[0]).fate, Fate::GivenUp);
    // What happens now waits until its platform enables it again.
    waiting.extend(bench.publish("acme", &["b-3"]).await);
    assert_eq!(bench.turn(&lane).await, Turn::Off);
    bench.receiver.behave("main", Manner::Well);
    let mut kept = bench.memory.registered(&lane);
    kept.endpoint.disabled = None;
    bench.memory.register(&lane.platform, kept);
    bench.memory.reset(&lane);
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), waiting);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_at_once() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::With("410 Gone\r\n"));
    bench.publish("acme", &["b-1", "b-2"]).await;
    assert_eq!(bench.turn(&lane).await, Turn::Off);
    assert_eq!(bench.receiver.tries("main"), 1);
    assert_eq!(bench.memory.registered(&lane).endpoint.disabled, Some(WhyDisabled::Gone));
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_not_waited_for_long() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::Hangs);
    let ids = bench.publish("acme", &["b-1"]).await;
    let turn = bench.turn(&lane).await;
    assert_eq!(wait(&bench, turn), 5);
    let last = bench.memory.event(&lane, &ids[0]).last.unwrap();
    assert_eq!(last.ended, Attempted::Failure(NoAnswer::TimedOut));
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let (bench, lane) = bench().await;
    let mut kept = bench.memory.registered(&lane);
    kept.endpoint.rotate(Uuid::new_v4(), bench.clock.now());
    bench.memory.register(&lane.platform, kept);
    let signed = async |booking: &str| {
        bench.publish("acme", &[booking]).await;
        bench.turn(&lane).await;
        let got = bench.receiver.got("main").pop().unwrap();
        assert!(bench.is_signed(&lane, &got));
        got.signatures.split(' ').count()
    };
    assert_eq!(signed("b-1").await, 2);
    bench.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(signed("b-2").await, 1);
}

#[tokio::test]
async fn a_replay_sends_the_events_of_its_time_once_more_and_no_others() {
    let (bench, lane) = bench().await;
    let names: Vec<String> = (0..60).map(|number| format!("b-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = bench.publish("acme", &names).await;
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main"), ids);
    let (from, to) =
        (bench.memory.event(&lane, &ids[5]).at, bench.memory.event(&lane, &ids[44]).at);
    bench.clock.advance(SignedDuration::from_secs(60));
    let asked_at = bench.clock.now();
    bench.memory.request(&lane, Replay { from, to, asked_at, after: None });
    bench.turn(&lane).await;
    assert_eq!(bench.receiver.ids("main")[60..], ids[5..=44]);
    assert_eq!(bench.memory.lane(&lane).unwrap().replay, None);
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_that_was_deleted() {
    let (bench, lane) = bench().await;
    bench.publish("acme", &["b-1"]).await;
    bench.memory.forget(&lane);
    assert_eq!(bench.turn(&lane).await, Turn::Off);
    assert_eq!(bench.receiver.tries("main"), 0);
    assert!(bench.memory.lane(&lane).is_none());
    // While its sender is at work, too.
    let busy = bench.register("acme", "busy", VISITS);
    let names: Vec<String> = (0..200).map(|number| format!("b-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bench.publish("acme", &names).await;
    bench.receiver.behave("busy", Manner::Late(Duration::from_millis(5)));
    let deleting = async {
        until("it is at work", Duration::from_secs(20), async || {
            if bench.receiver.tries("busy") > 3 { Ok(()) } else { Err("not yet") }
        })
        .await;
        bench.memory.forget(&busy);
    };
    let (_, ()) = tokio::join!(bench.turn(&busy), deleting);
    assert!(bench.receiver.tries("busy") < 60, "{}", bench.receiver.tries("busy"));
    // Made again under its id, it is another one.
    let again = bench.register("acme", "main", VISITS);
    bench.turn(&again).await;
    assert_eq!(bench.receiver.tries("main"), 0);
}

#[tokio::test]
async fn a_late_answer_within_the_time_counts() {
    let (bench, lane) = bench().await;
    bench.receiver.behave("main", Manner::Late(Duration::from_millis(50)));
    bench.publish("acme", &["b-1"]).await;
    assert_eq!(bench.turn(&lane).await, Turn::Done { due: None });
}
