//! The promise against a model: writers that read stale copies, die between any two steps and are
//! late; a far side that loses requests and answers and carries things out late. Whatever the order,
//! nothing takes effect twice, and once the weather clears, everything has taken effect once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::{Fence, Progress};
use proptest::prelude::*;

type Work = Progress<u32, ()>;

const FENCE: Fence = Fence {
    call: Duration::from_secs(10),
    queue: Duration::from_secs(30),
    execution: Duration::from_secs(60),
    margin: Duration::from_secs(5),
};

/// What becomes of a request, all chosen by chance within what the fence allows for.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// The writer dies after marking the attempt, before its call.
    dies_before_call: bool,
    /// How long the writer dawdles between the mark and the far side's receipt.
    call_seconds: i64,
    /// Whether the request arrives.
    arrives: bool,
    /// How long it waits, and runs, at the far side.
    late_seconds: i64,
    /// Whether the far side's acceptance comes back.
    accepted: bool,
    /// Whether the writer is told for certain that it did not arrive, where it did not; where it
    /// did, whether its call ends without an answer.
    refused: bool,
}

#[derive(Clone, Debug)]
enum Action {
    /// Time passes.
    Wait(i64),
    /// A writer reads the ledger.
    Read(usize),
    /// A writer does the next thing with what it read, whenever that was.
    Act(usize, Fate),
}

fn fate() -> impl Strategy<Value = Fate> {
    (any::<bool>(), 0..10_i64, any::<bool>(), 0..90_i64, any::<bool>(), any::<bool>()).prop_map(
        |(dies_before_call, call_seconds, arrives, late_seconds, accepted, refused)| Fate {
            dies_before_call,
            call_seconds,
            arrives,
            late_seconds,
            accepted,
            refused,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (0..120_i64).prop_map(Action::Wait),
        (0..3_usize).prop_map(Action::Read),
        (0..3_usize, fate()).prop_map(|(writer, fate)| Action::Act(writer, fate)),
    ]
}

struct World {
    now: Timestamp,
    /// The ledger: a version and what is written.
    version: u64,
    kept: Work,
    /// When each request takes effect.
    effects: Vec<Timestamp>,
    /// What each writer last read.
    copies: [Option<(u64, Work)>; 3],
}

impl World {
    fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH;
        Self {
            now,
            version: 1,
            kept: Work::new(now),
            effects: Vec::new(),
            copies: [None, None, None],
        }
    }

    fn there(&self) -> bool {
        self.effects.iter().any(|effect| *effect <= self.now)
    }

    /// The conditional write.
    fn write(&mut self, seen: u64, next: Work) -> Option<u64> {
        (seen == self.version).then(|| {
            self.version += 1;
            self.kept = next;
            self.version
        })
    }

    fn act(&mut self, writer: usize, fate: Fate) {
        let Some((seen, copy)) = self.copies[writer].take() else { return };
        match copy {
            Work::Ready(ready) => {
                let Ok(sent) = ready.send::<u32>(self.now, &FENCE) else { return };
                let Some(seen) = self.write(seen, Work::Sent(sent.clone())) else { return };
                if fate.dies_before_call {
                    return;
                }
                let received = self.now + SignedDuration::from_secs(fate.call_seconds);
                if fate.arrives {
                    self.effects.push(received + SignedDuration::from_secs(fate.late_seconds));
                    if fate.refused {
                        // The answer is lost, and the writer lives to see its call end.
                        self.write(seen, Work::Doubtful(sent.cut_off(received, &FENCE)));
                    } else if fate.accepted {
                        let ask_at = received + SignedDuration::from_secs(1);
                        self.write(seen, Work::Sent(sent.accepted(7, ask_at)));
                    }
                } else if fate.refused {
                    self.write(seen, Work::Ready(sent.never_ran(received)));
                } else {
                    self.write(seen, Work::Doubtful(sent.doubt()));
                }
            }
            Work::Sent(sent) => {
                let over = sent.handle.is_some() && self.there();
                if over {
                    // The result is read, or is lost.
                    let next = match fate.accepted {
                        true => Work::Settled(sent.settle()),
                        false => Work::Doubtful(sent.ended(self.now)),
                    };
                    self.write(seen, next);
                } else if self.now >= sent.fence {
                    self.write(seen, Work::Doubtful(sent.doubt()));
                }
            }
            Work::Doubtful(doubtful) => {
                let looked = self.now;
                let next = if self.there() {
                    Work::Settled(doubtful.found())
                } else {
                    match doubtful.absent(looked, looked) {
                        Ok(ready) => Work::Ready(ready),
                        Err(_) => return,
                    }
                };
                self.write(seen, next);
            }
            Work::Settled(_) | Work::Failed(_) => {}
        }
    }

    fn run(&mut self, action: &Action) {
        match *action {
            Action::Wait(seconds) => self.now += SignedDuration::from_secs(seconds),
            Action::Read(writer) => self.copies[writer] = Some((self.version, self.kept.clone())),
            Action::Act(writer, fate) => self.act(writer, fate),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    // A failure prints its seed and the smallest story.
    #[test]
    fn never_twice_and_once_in_the_end(story in proptest::collection::vec(action(), 1..60)) {
        let mut world = World::new();
        for action in &story {
            world.run(action);
            prop_assert!(world.effects.len() <= 1, "sent {} times: {:?}", world.effects.len(), world.kept);
        }
        // The weather clears: one writer, nothing lost.
        let fair = Fate {
            dies_before_call: false,
            call_seconds: 1,
            arrives: true,
            late_seconds: 1,
            accepted: true,
            refused: false,
        };
        for _ in 0..12 {
            world.run(&Action::Read(0));
            world.run(&Action::Act(0, fair));
            world.run(&Action::Wait(120));
        }
        prop_assert_eq!(world.effects.len(), 1);
        prop_assert!(matches!(world.kept, Work::Settled(_)), "{:?}", world.kept);
    }

    #[test]
    fn what_is_stored_is_read_back(story in proptest::collection::vec(action(), 1..20)) {
        let mut world = World::new();
        for action in &story {
            world.run(action);
            let text = serde_json::to_string(&world.kept).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Work>(&text).unwrap(), &world.kept);
        }
    }
}
