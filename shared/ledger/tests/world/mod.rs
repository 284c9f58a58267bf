//! One piece of work, its writers and its far side.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::{Fence, Progress, Ready, Sent};

pub(crate) type Work = Progress<u32, u8>;

const FENCE: Fence = Fence {
    call: Duration::from_secs(10),
    queue: Duration::from_secs(30),
    execution: Duration::from_secs(60),
    margin: Duration::from_secs(5),
};
/// A call does not begin with less time than this.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest that a fence which was not recorded can last.
const LONGEST: Duration = Duration::from_secs(600);

/// The result of the call that sends an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reply {
    /// The request arrives, and the writer dies before it gets an answer.
    Lost,
    /// The request arrives, and the call ends without an answer.
    CutOff,
    /// The request arrives, and the far side confirms it.
    Accepted,
    /// The request does not arrive, and the writer gets an error.
    NeverRan,
}

/// The far side's answer about an attempt that it received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// The true state.
    Truth,
    /// No answer.
    Nothing,
    /// The far side does not know the attempt any more.
    Forgotten,
    /// The attempt failed, although it may still run.
    Failed,
}

/// The random events of a step, within the limits that the fence allows for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// The writer sleeps between the mark and the call, perhaps for ever.
    pub(crate) pauses: bool,
    /// How long the request is on its way, limited by the time that the call has.
    pub(crate) call_seconds: i64,
    /// How long it waits and runs at the far side.
    pub(crate) late_seconds: i64,
    pub(crate) reply: Reply,
    /// The far side carries it out, and it fails there without an effect.
    pub(crate) fails: bool,
    pub(crate) said: Said,
    /// An attempt that the far side reports as running starts its delay again.
    pub(crate) hangs: bool,
    /// The attempt has ended, and its result is lost.
    pub(crate) result_lost: bool,
    /// No lookup is possible, and the writer gives up.
    pub(crate) blind: bool,
}

pub(crate) const FAIR: Fate = Fate {
    pauses: false,
    call_seconds: 1,
    late_seconds: 1,
    reply: Reply::Accepted,
    fails: false,
    said: Said::Truth,
    hangs: false,
    result_lost: false,
    blind: false,
};

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Time passes.
    Wait(i64),
    /// A writer reads the ledger.
    Read(usize),
    /// A writer takes the next step with its copy, however old that is.
    Act(usize, Fate),
    /// A writer reads and takes the next step at once.
    ReadAndAct(usize, Fate),
    /// A writer that slept before its call continues.
    WakeUp(usize, Fate),
    /// The practice moves to another far side, or back.
    Move,
    /// Somebody reopens work that was given up.
    Reopen,
}

/// A request that the far side has received.
struct Request {
    /// When it takes effect, or fails.
    ends: Timestamp,
    fails: bool,
}

pub(crate) struct World {
    now: Timestamp,
    /// The ledger: the version and the state.
    version: u64,
    pub(crate) kept: Work,
    requests: Vec<Request>,
    /// The last copy of each writer.
    copies: [Option<(u64, Work)>; 3],
    /// What each writer has marked, but not sent yet.
    asleep: [Option<(u64, Sent<u32>)>; 3],
    /// Whether the practice has moved to another far side.
    moved: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH;
        Self {
            now,
            version: 1,
            kept: Work::new(now),
            requests: Vec::new(),
            copies: [None, None, None],
            asleep: [None, None, None],
            moved: false,
        }
    }

    /// How often it has taken effect, or certainly will.
    pub(crate) fn effects(&self) -> usize {
        self.requests.iter().filter(|request| !request.fails).count()
    }

    pub(crate) fn come_back(&mut self) {
        self.moved = false;
    }

    pub(crate) fn run(&mut self, action: &Action) {
        match *action {
            Action::Wait(seconds) => self.now += SignedDuration::from_secs(seconds),
            Action::Read(writer) => self.read(writer),
            Action::Act(writer, fate) => self.act(writer, fate),
            Action::ReadAndAct(writer, fate) => {
                self.read(writer);
                self.act(writer, fate);
            }
            Action::WakeUp(writer, fate) => {
                if let Some((seen, sent)) = self.asleep[writer].take() {
                    self.call(seen, sent, fate);
                }
            }
            Action::Move => self.moved = !self.moved,
            Action::Reopen => {
                if matches!(self.kept, Work::Failed(_)) {
                    let next = self.kept.clone().reopened(self.now, LONGEST);
                    self.write(self.version, next);
                }
            }
        }
    }

    fn read(&mut self, writer: usize) {
        self.copies[writer] = Some((self.version, self.kept.clone()));
    }

    fn there(&self) -> bool {
        self.requests.iter().any(|request| !request.fails && request.ends <= self.now)
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
            Work::Ready(ready) if self.moved => {
                self.write(seen, Work::Failed(ready.fail()));
            }
            Work::Sent(sent) if self.moved => {
                self.write(seen, Work::Failed(sent.doubt::<u8>().give_up()));
            }
            Work::Doubtful(doubtful) if self.moved || fate.blind => {
                self.write(seen, Work::Failed(doubtful.give_up()));
            }
            Work::Ready(ready) => self.send(writer, seen, ready, fate),
            Work::Sent(sent) => self.ask(seen, sent, fate),
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

    fn send(&mut self, writer: usize, seen: u64, ready: Ready, fate: Fate) {
        let Ok(sent) = ready.send::<u32>(self.now, &FENCE) else { return };
        let Some(seen) = self.write(seen, Work::Sent(sent.clone())) else { return };
        if fate.pauses {
            self.asleep[writer] = Some((seen, sent));
        } else {
            self.call(seen, sent, fate);
        }
    }

    fn call(&mut self, seen: u64, sent: Sent<u32>, fate: Fate) {
        let time = sent.time_to_call(self.now, &FENCE);
        if time < SHORTEST || fate.reply == Reply::NeverRan {
            self.write(seen, Work::Ready(sent.never_ran(self.now)));
            return;
        }
        let time = SignedDuration::try_from(time).unwrap();
        let received = self.now + SignedDuration::from_secs(fate.call_seconds).min(time);
        let handle = u32::try_from(self.requests.len()).unwrap();
        let ends = received + SignedDuration::from_secs(fate.late_seconds);
        self.requests.push(Request { ends, fails: fate.fails });
        match fate.reply {
            Reply::CutOff => {
                self.write(seen, Work::Doubtful(sent.cut_off(received, &FENCE)));
            }
            Reply::Accepted => {
                let ask_at = received + SignedDuration::from_secs(1);
                self.write(seen, Work::Sent(sent.accepted(handle, ask_at)));
            }
            Reply::Lost | Reply::NeverRan => {}
        }
    }

    fn ask(&mut self, seen: u64, sent: Sent<u32>, fate: Fate) {
        let now = self.now;
        let Some(handle) = sent.handle else {
            self.write(seen, Work::Doubtful(sent.doubt()));
            return;
        };
        let request = &self.requests[handle as usize];
        let (over, fails) = (request.ends <= now, request.fails);
        let next = match fate.said {
            Said::Forgotten => Work::Doubtful(sent.doubt()),
            Said::Failed => Work::Doubtful(sent.refused(7, false, now)),
            Said::Nothing if now >= sent.fence => Work::Doubtful(sent.doubt()),
            Said::Nothing => Work::Sent(sent.ask_again(now + SignedDuration::from_secs(5))),
            Said::Truth if over && fails => Work::Doubtful(sent.refused(7, true, now)),
            Said::Truth if over && fate.result_lost => Work::Doubtful(sent.ended(now)),
            Said::Truth if over => Work::Settled(sent.settle()),
            Said::Truth => {
                let running = sent.still_running(now, &FENCE);
                let again = running.ask_again(now + SignedDuration::from_secs(5));
                // An attempt that runs too long is harmless once the moved fence is stored.
                if self.write(seen, Work::Sent(again)).is_some() && fate.hangs {
                    let ends = now + SignedDuration::from_secs(fate.late_seconds);
                    self.requests[handle as usize].ends = ends;
                }
                return;
            }
        };
        self.write(seen, next);
    }
}
