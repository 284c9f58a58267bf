//! Reads from Bp what the command of an entry needs. A patient's summary needs the record.

use std::ops::ControlFlow::{self, Break, Continue};

use store::work::ParkReason;

use crate::context::TurnError;
use crate::decide::Next;
use crate::kind::{Kind, NoCommand, NotRead};
use crate::outcome::Trouble;
use crate::ports::{Messages, Timing, WorkStore};
use crate::site::Site;

/// What the attempt does instead if it has not read what it needs.
pub(crate) enum Unread {
    Next(Next),
    NoCommand(NoCommand),
}

/// Reads what the command needs into the entity. Only for entities that must read first.
pub(crate) async fn read_first<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    kind: &K,
    site: &mut Site<'_, S, M, C>,
    body: &mut K::Entity,
) -> Result<ControlFlow<Unread>, TurnError> {
    let context = site.context;
    if context.time_left() < 2 * context.services.limits.shortest {
        return Ok(Break(Unread::Next(Next::EndTurn)));
    }
    let Some(session) = site.session() else {
        return Ok(Break(Unread::Next(Next::Park(Trouble::of(ParkReason::NotConnected)))));
    };
    match kind.read_first(body, context.practice, session, context.now()).await {
        Ok(()) => Ok(Continue(())),
        Err(NotRead::NoCommand(why)) => Ok(Break(Unread::NoCommand(why))),
        Err(NotRead::Site(error)) => {
            Ok(Break(Unread::Next(Next::Park(Trouble::of_session(error)?))))
        }
    }
}
