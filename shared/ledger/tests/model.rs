//! Tests the promise against a model. Writers read stale copies, sleep or die between any two steps, and give
//! up if the practice has moved. People reopen work that was given up. The far side loses requests and
//! answers, is late, and sometimes runs longer than it should, but says so. In every order nothing takes
//! effect twice. Once the trouble ends, everything has taken effect once.
//!
//! `SCHEDULES` sets how many schedules are tried. `SEED` repeats a run.

#![expect(clippy::print_stdout, reason = "a run tells how much it tried, and its seed")]
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

mod world;

use world::{Action, FAIR, Fate, Reply, Said, Work, World};

const SCHEDULES: u32 = 20_000;

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tests a statement with random schedules, and prints how many there were and their seed.
fn for_schedules(longest: usize, holds: impl Fn(&[Action]) -> Result<(), TestCaseError>) {
    let cases = from_environment("SCHEDULES").unwrap_or(SCHEDULES);
    let seed: u64 =
        from_environment("SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let schedules = proptest::collection::vec(action(), 1..longest);
    let outcome = runner.run(&schedules, |schedule| holds(&schedule));
    println!("{cases} schedules tried, SEED={seed}");
    if let Err(failure) = outcome {
        panic!("SEED={seed}: {failure}");
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    let reply = prop_oneof![
        1 => Just(Reply::Lost),
        1 => Just(Reply::CutOff),
        3 => Just(Reply::Accepted),
        1 => Just(Reply::NeverRan),
    ];
    let said = prop_oneof![
        2 => Just(Said::Truth),
        1 => Just(Said::Nothing),
        1 => Just(Said::Forgotten),
        1 => Just(Said::Failed),
    ];
    let booleans = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (0..10_i64, 0..90_i64, reply, said, booleans, 0..4_u8).prop_map(
        |(call_seconds, late_seconds, reply, said, (fails, hangs, result_lost, blind), pause)| {
            Fate {
                pauses: pause == 0,
                call_seconds,
                late_seconds,
                reply,
                fails,
                said,
                hangs,
                result_lost,
                blind,
            }
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let writer = || 0..3_usize;
    prop_oneof![
        3 => (0..120_i64).prop_map(Action::Wait),
        1 => writer().prop_map(Action::Read),
        2 => (writer(), fate()).prop_map(|(writer, fate)| Action::Act(writer, fate)),
        4 => (writer(), fate()).prop_map(|(writer, fate)| Action::ReadAndAct(writer, fate)),
        1 => (writer(), fate()).prop_map(|(writer, fate)| Action::WakeUp(writer, fate)),
        1 => Just(Action::Move),
        1 => Just(Action::Reopen),
    ]
}

#[test]
fn never_twice_and_once_in_the_end() {
    for_schedules(60, |schedule| {
        let mut world = World::new();
        for action in schedule {
            world.run(action);
            let effects = world.effects();
            prop_assert!(effects <= 1, "sent {effects} times: {:?}", world.kept);
        }
        // The trouble ends: one writer, nothing lost, and somebody reopens what was given up.
        world.come_back();
        for _ in 0..20 {
            world.run(&Action::Reopen);
            world.run(&Action::ReadAndAct(0, FAIR));
            world.run(&Action::Wait(120));
        }
        prop_assert_eq!(world.effects(), 1);
        prop_assert!(matches!(world.kept, Work::Settled(_)), "{:?}", world.kept);
        Ok(())
    });
}

#[test]
fn what_is_stored_is_read_back() {
    for_schedules(20, |schedule| {
        let mut world = World::new();
        for action in schedule {
            world.run(action);
            let text = serde_json::to_string(&world.kept).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Work>(&text).unwrap(), &world.kept);
        }
        Ok(())
    });
}
