//! `sp_getapplock` and `sp_releaseapplock`.

use super::super::convert::Val;
use super::super::locks::{Application, ApplicationMode, Refused};
use super::Session;
use super::call::Passed;
use super::transaction::patience;

/// What `sp_getapplock` returns.
const GRANTED: i64 = 0;
const GRANTED_AFTER_WAITING: i64 = 1;
const TIMED_OUT: i64 = -1;
const CANCELLED: i64 = -2;
const VICTIM: i64 = -3;
const WRONG_CALL: i64 = -999;

impl Session<'_> {
    pub(super) fn get_application_lock(&self, passed: &[Passed]) -> i64 {
        let of_session = is_of_session(passed, 2);
        let mode = text(passed, "@LockMode", 1).and_then(|mode| ApplicationMode::named(&mode));
        let (Some(resource), Some(mode)) = (text(passed, "@Resource", 0), mode) else {
            return WRONG_CALL;
        };
        if !of_session && self.work.transactions == 0 {
            return WRONG_CALL;
        }
        let wait = match argument(passed, "@LockTimeout", 3) {
            Some(Val::Integer(wait)) => *wait,
            Some(Val::Text(text)) => text.trim().parse().unwrap_or(self.work.lock_timeout),
            _ => self.work.lock_timeout,
        };
        let until = patience(wait);
        let wanted = Application { resource, mode, of_session };
        let (locks, id) = (self.process.locks(), self.process.id());
        let mut state = locks.hold();
        let mut result = GRANTED;
        loop {
            let blockers = state.application_blockers(id, &wanted);
            if blockers.is_empty() {
                state.keep_application(id, wanted);
                return result;
            }
            result = GRANTED_AFTER_WAITING;
            state = match locks.wait(state, id, blockers, until) {
                Ok(state) => state,
                Err(Refused::TimedOut) => return TIMED_OUT,
                // The transaction stays open, and the caller decides how it ends.
                Err(Refused::Victim) => return VICTIM,
                Err(Refused::Interrupted) => return CANCELLED,
            };
        }
    }

    pub(super) fn release_application_lock(&self, passed: &[Passed]) -> i64 {
        let of_session = is_of_session(passed, 1);
        let Some(resource) = text(passed, "@Resource", 0) else { return WRONG_CALL };
        let locks = self.process.locks();
        if locks.release_application(self.process.id(), &resource, of_session) {
            GRANTED
        } else {
            WRONG_CALL
        }
    }
}

fn is_of_session(passed: &[Passed], position: usize) -> bool {
    text(passed, "@LockOwner", position).is_some_and(|owner| owner.eq_ignore_ascii_case("Session"))
}

fn argument<'p>(passed: &'p [Passed], name: &str, position: usize) -> Option<&'p Val> {
    let named = |passed: &&Passed| {
        passed.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let unnamed = || passed.get(position).filter(|passed| passed.name.is_none());
    let found = passed.iter().find(named).or_else(unnamed)?;
    found.value.as_ref().map(|(value, _)| value)
}

fn text(passed: &[Passed], name: &str, position: usize) -> Option<String> {
    match argument(passed, name, position) {
        Some(Val::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
