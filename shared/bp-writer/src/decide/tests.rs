use ledger::{Doubt, Fence, Progress, Tally};
use store::work::ParkReason;

use super::*;
use crate::outcome::{NotRun, Trouble};

const SECOND: Duration = Duration::from_secs(1);
/// The time at which each outcome arrives.
const NOW: i64 = 1000;

fn limits() -> Limits {
    Limits {
        fence: Fence {
            call: 5 * SECOND,
            queue: 60 * SECOND,
            execution: 300 * SECOND,
            margin: 5 * SECOND,
        },
        patience: 10 * SECOND,
        answer: 10 * SECOND,
        seen_online: 60 * SECOND,
        slow_poll: 20 * SECOND,
        slowest_poll: 300 * SECOND,
        park: Backoff { first: 8 * SECOND, longest: 30 * SECOND },
        park_for_people: Backoff { first: 30 * SECOND, longest: 900 * SECOND },
        site_taken: Backoff { first: 2 * SECOND, longest: 2 * SECOND },
        retry: Backoff { first: 2 * SECOND, longest: 900 * SECOND },
        most_refusals: 5,
        most_lookups: 12,
        lease_margin: 5 * SECOND,
        shortest: SECOND,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn decided(seen: WorkProgress, outcome: Outcome, newer: bool) -> Decision {
    decide(seen, outcome, newer, &At { now: at(NOW), random: 0, limits: &limits() })
}

fn ready() -> Ready {
    Ready { tally: Tally { attempts: 1, refusals: 1, never_reached: 2 }, not_before: at(-9999) }
}

/// Sent at this time. The fence is 370 seconds later. Halo is asked after 20 seconds.
fn sent(when: i64) -> Sent<Uuid> {
    ready().send(at(when), &limits().fence).unwrap().accepted(Uuid::nil(), at(when + 20))
}

/// Sent at 500 and lost. The fence was at 870.
fn doubtful() -> Doubtful<WorkRefusal> {
    sent(500).doubt()
}

/// A decision in a few words: where the entry stands (attempts/refusals/never_reached), what the entity shows,
/// what the turn does.
fn shown(decision: &Decision) -> String {
    let mut words = vec![match &decision.progress {
        None => "-".to_owned(),
        Some(Progress::Ready(Ready { tally, not_before })) => {
            let Tally { attempts, refusals, never_reached } = tally;
            format!("ready {} {attempts}/{refusals}/{never_reached}", not_before.as_second())
        }
        Some(Progress::Sent(sent)) => {
            format!("sent, ask {}, fence {}", sent.ask_at.as_second(), sent.fence.as_second())
        }
        Some(Progress::Doubtful(doubtful)) => {
            let (fence, lookup_at) = (doubtful.fence.as_second(), doubtful.lookup_at.as_second());
            format!("doubtful, look up {lookup_at}, fence {fence}, {} lookups", doubtful.lookups)
        }
        Some(Progress::Settled(_)) => "settled".to_owned(),
        Some(Progress::Failed(failed)) => match failed.doubt {
            Doubt::None => "failed".to_owned(),
            Doubt::Until(fence) => format!("failed, fence {}", fence.as_second()),
            Doubt::Unknown => "failed, fence unknown".to_owned(),
        },
    }];
    match decision.status {
        None => {}
        Some(Status::Waiting { reason, next }) => {
            assert_eq!(next, decision.progress.as_ref().unwrap().due());
            words.push(format!("shows {reason:?}"));
        }
        Some(Status::Failed(failure)) => words.push(format!("shows {failure:?}")),
        Some(Status::Sending { .. }) => words.push("shows Sending".to_owned()),
    }
    match decision.next {
        Next::GoOn => {}
        Next::Park(Trouble { reason, after }) => {
            words.push(format!("parks {reason:?} {}", after.unwrap_or_default().as_secs()));
        }
        Next::Revoked => words.push("revokes".to_owned()),
        Next::EndTurn => words.push("ends".to_owned()),
        other => panic!("{other:?} is not decided here"),
    }
    if !decision.overtime.is_zero() {
        words.push(format!("overtime {}", decision.overtime.as_secs()));
    }
    words.join("; ")
}

/// Every outcome.
fn everything() -> Vec<Outcome> {
    let busy = Trouble { reason: ParkReason::RateLimited, after: Some(7 * SECOND) };
    let other = WorkRefusal::Other { number: Some(1205) };
    vec![
        Outcome::PracticeMoved,
        Outcome::NotReady,
        Outcome::Verdict(Verdict::Done),
        Outcome::Verdict(Verdict::Blocked { again_at: at(5000) }),
        Outcome::Verdict(Verdict::Refused),
        Outcome::NotCalled,
        Outcome::Accepted(Uuid::max()),
        Outcome::NeverRan(NotRun::Trouble(busy)),
        Outcome::NeverRan(NotRun::LoginRefused),
        Outcome::NeverRan(NotRun::Dropped),
        Outcome::NeverRan(NotRun::RequestRefused),
        Outcome::CutOff,
        Outcome::StillRunning,
        Outcome::Silent(busy),
        Outcome::Unclear,
        Outcome::Ran,
        Outcome::Refused { why: other, ended: true },
        Outcome::Refused { why: other, ended: false },
        Outcome::Absent { asked_at: at(990) },
        Outcome::LookupFailed { permanent: true },
        Outcome::LookupFailed { permanent: false },
    ]
}

/// One line for each outcome that changes something.
fn table(seen: &WorkProgress, newer: bool) -> String {
    let line = |outcome: Outcome| {
        let name = match outcome {
            Outcome::Accepted(_) => "Accepted".to_owned(),
            Outcome::Verdict(Verdict::Blocked { .. }) => "Verdict(Blocked)".to_owned(),
            Outcome::NeverRan(NotRun::Trouble(_)) => "NeverRan(Trouble)".to_owned(),
            Outcome::Silent(_) => "Silent".to_owned(),
            Outcome::Refused { ended, .. } => format!("Refused(ended {ended})"),
            Outcome::Absent { .. } => "Absent".to_owned(),
            Outcome::LookupFailed { permanent } => format!("LookupFailed(permanent {permanent})"),
            outcome => format!("{outcome:?}"),
        };
        format!("{name}: {}\n", shown(&decided(seen.clone(), outcome, newer)))
    };
    everything().into_iter().map(line).filter(|line| !line.ends_with(": -\n")).collect()
}

/// Ready. Whether a client has changed it makes no difference, because nothing was sent yet.
const READY: &str = "\
PracticeMoved: failed; shows SiteChanged
NotReady: ready 1004 1/1/3; shows NextAttempt
Verdict(Done): settled
Verdict(Blocked): ready 5000 1/1/2
Verdict(Refused): failed
";

/// Sent at 900, due to be asked for since 920. The fence is at 1270.
const SENT: &str = "\
PracticeMoved: failed, fence 1270; shows SiteChanged
Verdict(Done): settled
Verdict(Blocked): ready 5000 2/0/0
Verdict(Refused): failed
NotCalled: ready 1000 1/1/3; ends
Accepted: sent, ask 1020, fence 1270
NeverRan(Trouble): ready 1000 1/1/3; parks RateLimited 7
NeverRan(LoginRefused): ready 1000 1/1/3; revokes
NeverRan(Dropped): ready 1004 1/1/3; shows NextAttempt
NeverRan(RequestRefused): failed; shows RequestRefused
CutOff: doubtful, look up 1365, fence 1365, 0 lookups; shows Doubt
StillRunning: sent, ask 1010, fence 1365
Silent: sent, ask 1010, fence 1270; parks RateLimited 7
Unclear: doubtful, look up 1270, fence 1270, 0 lookups; shows Doubt
Ran: doubtful, look up 1000, fence 1000, 0 lookups
Refused(ended true): doubtful, look up 1000, fence 1000, 0 lookups
Refused(ended false): doubtful, look up 1270, fence 1270, 0 lookups; shows Doubt
";

/// Sent at 500. The fence was at 870.
const LATE: &str = "\
PracticeMoved: failed, fence 870; shows SiteChanged
Verdict(Done): settled
Verdict(Blocked): ready 5000 2/0/0
Verdict(Refused): failed
NotCalled: ready 1000 1/1/3; ends
Accepted: sent, ask 1020, fence 870
NeverRan(Trouble): ready 1000 1/1/3; parks RateLimited 7
NeverRan(LoginRefused): ready 1000 1/1/3; revokes
NeverRan(Dropped): ready 1004 1/1/3; shows NextAttempt
NeverRan(RequestRefused): failed; shows RequestRefused
CutOff: doubtful, look up 1365, fence 1365, 0 lookups; shows Doubt
StillRunning: sent, ask 1032, fence 1365; overtime 130
Silent: doubtful, look up 870, fence 870, 0 lookups
Unclear: doubtful, look up 870, fence 870, 0 lookups
Ran: doubtful, look up 1000, fence 1000, 0 lookups
Refused(ended true): doubtful, look up 1000, fence 1000, 0 lookups
Refused(ended false): doubtful, look up 870, fence 870, 0 lookups
";

/// In doubt: sent at 500, and the answer was lost. The fence was at 870.
const DOUBTFUL: &str = "\
PracticeMoved: failed, fence 870; shows SiteChanged
Verdict(Done): settled
Verdict(Blocked): ready 5000 2/0/0
Verdict(Refused): failed
Silent: -; parks RateLimited 7
Absent: ready 1001 2/1/0; shows NextAttempt
LookupFailed(permanent true): doubtful, look up 1001, fence 870, 1 lookups; shows Doubt
LookupFailed(permanent false): doubtful, look up 1001, fence 870, 1 lookups; shows Doubt
";

/// The lines of a table that differ if a client has changed the entry.
fn changed(seen: &WorkProgress) -> String {
    let (older, newer) = (table(seen, false), table(seen, true));
    assert_eq!(older.lines().count(), newer.lines().count());
    let changed = older.lines().zip(newer.lines()).filter(|(older, newer)| older != newer);
    changed.map(|(_, newer)| format!("{newer}\n")).collect()
}

#[test]
fn what_follows_for_what_is_ready() {
    assert_eq!(table(&Progress::Ready(ready()), false), READY);
    assert_eq!(changed(&Progress::Ready(ready())), "");
}

#[test]
fn what_follows_for_what_was_sent() {
    assert_eq!(table(&Progress::Sent(sent(900)), false), SENT);
    assert_eq!(table(&Progress::Sent(sent(500)), false), LATE);
}

#[test]
fn what_follows_for_what_is_in_doubt() {
    assert_eq!(table(&Progress::Doubtful(doubtful()), false), DOUBTFUL);
}

#[test]
fn a_newer_wish_is_sent_next_whatever_became_of_the_older() {
    let sent_next = "\
Verdict(Done): ready 1000 2/0/0
Verdict(Blocked): ready 1000 2/0/0
Verdict(Refused): ready 1000 2/0/0
NeverRan(RequestRefused): ready 1000 2/0/0
";
    assert_eq!(changed(&Progress::Sent(sent(900))), sent_next);
    assert_eq!(changed(&Progress::Sent(sent(500))), sent_next);
    let after_doubt = "\
Verdict(Done): ready 1000 2/0/0
Verdict(Blocked): ready 1000 2/0/0
Verdict(Refused): ready 1000 2/0/0
Absent: ready 1000 2/1/0; shows NextAttempt
";
    assert_eq!(changed(&Progress::Doubtful(doubtful())), after_doubt);
}

#[test]
fn nothing_follows_for_what_is_closed() {
    for closed in [Progress::Settled(ready().settle()), Progress::Failed(ready().fail())] {
        assert_eq!(table(&closed, false) + &table(&closed, true), "");
    }
}

#[test]
fn what_is_heard_early_changes_nothing_within_the_fence() {
    let early = sent(990);
    assert_eq!(shown(&decided(Progress::Sent(early.clone()), Outcome::StillRunning, false)), "-");
    let offline = Outcome::Silent(Trouble::of(ParkReason::Offline));
    let silent = shown(&decided(Progress::Sent(early), offline, false));
    assert_eq!(silent, "-; parks Offline 0");
}

#[test]
fn beyond_the_first_fence_every_word_counts_and_questions_become_rarer() {
    // Asked for early: it is due at 1200.
    let running = |sent_at: i64| {
        let sent = sent(sent_at).ask_again(at(1200)).still_running(at(950), &limits().fence);
        shown(&decided(Progress::Sent(sent), Outcome::StillRunning, false))
    };
    let fence = NOW + 365;
    assert_eq!(running(631), "-", "the first fence ends at 1001");
    assert_eq!(running(630), "-", "it ends now");
    assert_eq!(running(629), format!("sent, ask 1010, fence {fence}; overtime 1"));
    assert_eq!(running(430), format!("sent, ask 1050, fence {fence}; overtime 200"));
    assert_eq!(running(30), format!("sent, ask 1150, fence {fence}; overtime 600"));
    assert_eq!(running(-9000), format!("sent, ask 1150, fence {fence}; overtime 9630"));
}

#[test]
fn silence_ends_the_wait_at_the_fence() {
    let silent = |sent_at: i64| {
        let outcome = Outcome::Silent(Trouble::of(ParkReason::HaloUnavailable));
        shown(&decided(Progress::Sent(sent(sent_at)), outcome, false))
    };
    assert_eq!(silent(631), "sent, ask 1010, fence 1001; parks HaloUnavailable 0");
    assert_eq!(silent(630), "doubtful, look up 1000, fence 1000, 0 lookups");
}

#[test]
fn a_question_that_is_due_is_asked_again_after_a_while() {
    // The first fence has not passed. It is due to be asked for now.
    let sent = sent(980);
    let running = shown(&decided(Progress::Sent(sent.clone()), Outcome::StillRunning, false));
    assert_eq!(running, "sent, ask 1010, fence 1365");
    let silent = Outcome::Silent(Trouble::of(ParkReason::Offline));
    let silent = shown(&decided(Progress::Sent(sent), silent, false));
    assert_eq!(silent, "sent, ask 1010, fence 1350; parks Offline 0");
}

#[test]
fn a_lookup_that_began_before_the_fence_proves_nothing() {
    let absent = |looked| {
        shown(&decided(
            Progress::Doubtful(doubtful()),
            Outcome::Absent { asked_at: at(looked) },
            true,
        ))
    };
    assert_eq!(absent(869), "-");
    assert_eq!(absent(870), "ready 1000 2/1/0; shows NextAttempt");
}

#[test]
fn what_is_not_there_is_sent_again_the_later_the_more_often_it_failed() {
    let absent = |attempts: u32, refused: Option<u32>| {
        let mut doubtful = doubtful();
        doubtful.tally.attempts = attempts;
        doubtful.refusal = refused.map(|refusals| {
            doubtful.tally.refusals = refusals;
            WorkRefusal::Other { number: None }
        });
        let looked = Outcome::Absent { asked_at: at(990) };
        let decision = decided(Progress::Doubtful(doubtful), looked, false);
        decision.progress.unwrap().due().map(Timestamp::as_second)
    };
    let attempts = [0, 1, 2, 3, 4].map(|attempts| absent(attempts, None));
    assert_eq!(attempts, [990, 990, 1001, 1002, 1004].map(Some));
    let refusals = [1, 2, 3, 4, 5].map(|refusals| absent(9, Some(refusals)));
    assert_eq!(refusals, [Some(1001), Some(1002), Some(1004), Some(1008), None]);
}

#[test]
fn what_the_database_refuses_for_good_fails_unless_something_newer_is_wanted() {
    let other = |number| WorkRefusal::Other { number };
    let cases = [
        (WorkRefusal::PermissionDenied, 1, "failed; shows NotPermitted"),
        (WorkRefusal::UnknownObject, 1, "failed; shows NotInThisRelease"),
        (other(Some(8152)), 1, "failed; shows TooLong"),
        (other(Some(2628)), 1, "failed; shows TooLong"),
        (other(Some(547)), 4, "ready 1008 2/4/0; shows NextAttempt"),
        (other(Some(547)), 5, "failed; shows DatabaseRefused"),
        // Somebody at the practice holds a lock: the entry never fails because of it.
        (other(Some(1205)), 5, "ready 1016 2/5/0; shows NextAttempt"),
        (other(Some(1222)), 5, "ready 1016 2/5/0; shows NextAttempt"),
        (other(Some(50002)), 5, "ready 1016 2/5/0; shows NextAttempt"),
        (other(None), 6, "failed; shows DatabaseRefused"),
    ];
    for (why, refusals, expected) in cases {
        let mut doubtful = doubtful();
        doubtful.refusal = Some(why);
        doubtful.tally.refusals = refusals;
        let outcome = Outcome::Absent { asked_at: at(990) };
        let decision = decided(Progress::Doubtful(doubtful.clone()), outcome, false);
        assert_eq!(shown(&decision), expected, "{why:?}");
        let newer = shown(&decided(Progress::Doubtful(doubtful), outcome, true));
        assert!(newer.starts_with("ready 1000"), "{why:?}: {newer}");
    }
}

#[test]
fn a_lookup_that_fails_for_good_is_given_up_after_some_times_and_another_never() {
    let failed = |lookups: u32, permanent: bool| {
        let doubtful = Doubtful { lookups, ..doubtful() };
        shown(&decided(Progress::Doubtful(doubtful), Outcome::LookupFailed { permanent }, false))
    };
    let again = "doubtful, look up 1450, fence 870, 12 lookups; shows Doubt";
    assert_eq!(failed(11, true), again);
    assert_eq!(failed(12, true), "failed, fence 870; shows Unverifiable");
    assert_eq!(failed(13, true), "failed, fence 870; shows Unverifiable");
    assert!(failed(99, false).starts_with("doubtful, look up 1450"));
}

#[test]
fn chance_spreads_what_is_tried_again() {
    let limits = limits();
    let at = At { now: at(NOW), random: u64::MAX, limits: &limits };
    let decision = decide(Progress::Ready(ready()), Outcome::NotReady, false, &at);
    assert_eq!(shown(&decision), "ready 1008 1/1/3; shows NextAttempt");
    let decision = decide(Progress::Sent(sent(900)), Outcome::StillRunning, false, &at);
    assert_eq!(shown(&decision), "sent, ask 1020, fence 1365");
}
