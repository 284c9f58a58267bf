//! The locks of a practice's SQL Server: who holds what, who waits for whom, and who gives way.
//!
//! SQLite has one writer for a whole file, so it cannot show which transaction waits for which. Each
//! statement therefore runs alone and is stored at once, and this module decides whether it has to wait. A
//! rollback undoes what the transaction's statements did.

mod application;
mod held;
mod report;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) use application::{Application, ApplicationMode};
pub(crate) use held::{
    Access, ChangedRow, Image, Keep, Mode, Object, Seek, SeekColumn, comparable,
};
pub use report::{EndedTransaction, Ending, HeldLock, OpenTransaction};

use held::Holder;

/// How many ended transactions are remembered.
const REMEMBERED: usize = 500;
/// The sessions below this number belong to the server itself.
const FIRST_SESSION: u64 = 51;

/// The locks of one practice's server.
#[derive(Debug, Default)]
pub struct Locks {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    sessions: BTreeMap<u64, Holder>,
    started: u64,
    ended: VecDeque<EndedTransaction>,
    sequence: u64,
    closed: bool,
}

/// Why a session did not get a lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    /// The time of LOCK_TIMEOUT has passed.
    TimedOut,
    /// Sessions wait for each other in a circle, and this one gives way.
    Victim,
    /// Somebody ended the session.
    Interrupted,
}

/// A session of the server. Its locks end with it.
#[derive(Debug)]
pub struct Process {
    locks: Arc<Locks>,
    id: u64,
}

/// Ends a session's wait for a lock, from outside.
#[derive(Clone, Debug)]
pub struct Interrupter {
    locks: Arc<Locks>,
    id: u64,
}

impl Locks {
    /// A new session.
    #[must_use]
    pub fn process(self: &Arc<Self>) -> Process {
        let mut state = self.hold();
        let id = FIRST_SESSION + state.started;
        state.started += 1;
        state.sessions.insert(id, Holder::default());
        Process { locks: Arc::clone(self), id }
    }

    /// The transactions that hold locks at this moment.
    #[must_use]
    pub fn open(&self) -> Vec<OpenTransaction> {
        let state = self.hold();
        let shown = |(id, holder): (&u64, &Holder)| OpenTransaction {
            session: *id,
            statement: holder.statement.clone(),
            waits_for: holder.waits_for.clone(),
            locks: report::locks(holder),
        };
        let all = state.sessions.iter().map(shown);
        all.filter(|open| !open.locks.is_empty() || !open.waits_for.is_empty()).collect()
    }

    /// The transactions with locks that have ended, oldest first.
    #[must_use]
    pub fn ended(&self) -> Vec<EndedTransaction> {
        self.hold().ended.iter().cloned().collect()
    }

    /// Ends every wait for a lock, now and later: the server is stopping.
    pub fn close(&self) {
        self.hold().closed = true;
        self.changed.notify_all();
    }

    /// Ends every present wait for a lock.
    pub fn interrupt_all(&self) {
        for holder in self.hold().sessions.values_mut() {
            holder.interrupted = !holder.waits_for.is_empty();
        }
        self.changed.notify_all();
    }

    /// Forgets the transactions that have ended.
    pub fn forget(&self) {
        let mut state = self.hold();
        state.ended.clear();
        state.sequence = 0;
    }

    /// The right to run one statement.
    pub(crate) fn hold(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one of `blockers` has changed its locks. The caller then looks again.
    pub(crate) fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        id: u64,
        blockers: Vec<u64>,
        until: Option<Instant>,
    ) -> Result<MutexGuard<'a, State>, Refused> {
        if state.closed || std::mem::take(&mut state.session(id).interrupted) {
            return Err(Refused::Interrupted);
        }
        let now = Instant::now();
        if until.is_some_and(|until| until <= now) {
            return Err(Refused::TimedOut);
        }
        state.session(id).waits_for = blockers;
        if let Some(circle) = state.circle(id) {
            let victim = state.victim(&circle);
            if victim == id {
                state.session(id).waits_for.clear();
                return Err(Refused::Victim);
            }
            state.session(victim).victim = true;
            self.changed.notify_all();
        }
        let mut state = match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let waited = self.changed.wait_timeout(state, until.duration_since(now));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let closed = state.closed;
        let session = state.session(id);
        session.waits_for.clear();
        if std::mem::take(&mut session.victim) {
            return Err(Refused::Victim);
        }
        if std::mem::take(&mut session.interrupted) || closed {
            return Err(Refused::Interrupted);
        }
        Ok(state)
    }

    /// Ends a session's transaction and lets the others go on.
    pub(crate) fn release(&self, mut state: MutexGuard<'_, State>, id: u64, ending: Ending) {
        state.remember(id, ending);
        state.session(id).release();
        drop(state);
        self.changed.notify_all();
    }

    /// Gives back one lock on a name.
    pub(crate) fn release_application(&self, id: u64, resource: &str, of_session: bool) -> bool {
        let mut state = self.hold();
        let held = &mut state.session(id).applications;
        let found =
            held.iter().position(|lock| lock.resource == resource && lock.of_session == of_session);
        if let Some(at) = found {
            held.remove(at);
        }
        drop(state);
        self.changed.notify_all();
        found.is_some()
    }
}

impl State {
    fn session(&mut self, id: u64) -> &mut Holder {
        self.sessions.entry(id).or_default()
    }

    fn others(&self, id: u64) -> impl Iterator<Item = (u64, &Holder)> {
        self.sessions.iter().filter(move |(other, _)| **other != id).map(|(id, it)| (*id, it))
    }

    /// Whether another session holds a lock on a table.
    pub(crate) fn is_contended(&self, id: u64) -> bool {
        self.others(id).any(|(_, holder)| !holder.is_empty())
    }

    /// Who keeps a session from reading all this.
    pub(crate) fn blockers(&self, id: u64, accesses: &[Access]) -> Vec<u64> {
        let stops = |holder: &Holder| accesses.iter().any(|access| holder.stops_access(access));
        self.others(id).filter(|(_, holder)| stops(holder)).map(|(id, _)| id).collect()
    }

    /// Who keeps a session from changing these rows.
    pub(crate) fn change_blockers(&self, id: u64, changes: &[ChangedRow]) -> Vec<u64> {
        let stops = |holder: &Holder| changes.iter().any(|changed| holder.stops_change(changed));
        self.others(id).filter(|(_, holder)| stops(holder)).map(|(id, _)| id).collect()
    }

    /// Who has changed rows of a table.
    pub(crate) fn changers(&self, id: u64, object: &Object) -> Vec<u64> {
        let whole = Access {
            object: Arc::clone(object),
            seek: None,
            mode: Mode::Shared,
            keep: Keep::Nothing,
        };
        self.blockers(id, &[whole])
    }

    pub(crate) fn application_blockers(&self, id: u64, wanted: &Application) -> Vec<u64> {
        let stops = |holder: &Holder| {
            holder
                .applications
                .iter()
                .any(|held| held.resource == wanted.resource && held.mode.excludes(wanted.mode))
        };
        self.others(id).filter(|(_, holder)| stops(holder)).map(|(id, _)| id).collect()
    }

    pub(crate) fn keep_application(&mut self, id: u64, lock: Application) {
        self.session(id).applications.push(lock);
    }

    pub(crate) fn keep(&mut self, id: u64, access: &Access, rows: Vec<(i64, Image)>) {
        self.session(id).keep(access, rows);
    }

    pub(crate) fn changed(&mut self, id: u64, changes: Vec<ChangedRow>) {
        let session = self.session(id);
        session.changes += changes.len();
        for changed in changes {
            session.changed(changed);
        }
    }

    pub(crate) fn describe(&mut self, id: u64, statement: Option<String>) {
        self.session(id).statement = statement;
    }

    pub(crate) fn set_priority(&mut self, id: u64, priority: i32) {
        self.session(id).priority = priority;
    }

    /// The sessions that wait for each other, if this one is among them.
    fn circle(&self, id: u64) -> Option<Vec<u64>> {
        let mut path = Vec::new();
        let mut seen = Vec::new();
        self.search(id, id, &mut path, &mut seen).then_some(path)
    }

    fn search(&self, at: u64, goal: u64, path: &mut Vec<u64>, seen: &mut Vec<u64>) -> bool {
        path.push(at);
        let next = self.sessions.get(&at).filter(|holder| !holder.victim && !holder.interrupted);
        for other in next.map(|holder| holder.waits_for.as_slice()).unwrap_or_default() {
            if *other == goal {
                return true;
            }
            if !seen.contains(other) {
                seen.push(*other);
                if self.search(*other, goal, path, seen) {
                    return true;
                }
            }
        }
        path.pop();
        false
    }

    /// The lowest priority first, then the one with the fewest changes, then the last to come.
    fn victim(&self, circle: &[u64]) -> u64 {
        let rank = |id: &&u64| {
            let holder = self.sessions.get(*id);
            let of = |number: fn(&Holder) -> i64| holder.map_or(0, number);
            let changes = |holder: &Holder| i64::try_from(holder.changes).unwrap_or(i64::MAX);
            (of(|it| i64::from(it.priority)), of(changes), std::cmp::Reverse(**id))
        };
        circle.iter().min_by_key(rank).copied().unwrap_or_default()
    }

    fn remember(&mut self, id: u64, ending: Ending) {
        let Some(holder) = self.sessions.get(&id) else { return };
        let locks = report::locks(holder);
        if locks.is_empty() {
            return;
        }
        self.sequence += 1;
        let ended = EndedTransaction {
            sequence: self.sequence,
            statement: holder.statement.clone(),
            ending,
            locks,
        };
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(ended);
    }
}

impl Process {
    /// The session's number.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Can end the session's waits from another thread.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { locks: Arc::clone(&self.locks), id: self.id }
    }

    pub(crate) fn locks(&self) -> &Arc<Locks> {
        &self.locks
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.locks.hold().sessions.remove(&self.id);
        self.locks.changed.notify_all();
    }
}

impl Interrupter {
    /// Ends the session's wait for a lock, or its next one.
    pub fn interrupt(&self) {
        if let Some(holder) = self.locks.hold().sessions.get_mut(&self.id) {
            holder.interrupted = true;
        }
        self.locks.changed.notify_all();
    }
}
