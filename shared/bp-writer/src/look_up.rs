//! Looks up whether an attempt in doubt took effect in Bp, once its fence has passed.

use std::ops::ControlFlow::Break;

use domain::ids::HaloGuid;
use halo::Call;
use ledger::Doubtful;
use store::work::{Entry, ParkReason, WorkRefusal};

use crate::context::TurnError;
use crate::decide::Next;
use crate::kind::Kind;
use crate::outcome::{self, Trouble};
use crate::ports::{Messages, Timing, WorkStore};
use crate::settle::{Settle, Step};
use crate::site::Site;

/// Looks up by the correlation token what the entry's attempt left in Bp, and settles the entry by it. Costs
/// one query. Before the fence has passed, nothing is asked.
pub(crate) async fn look_up<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    kind: &K,
    site: &mut Site<'_, S, M, C>,
    entry: Entry<K::Entity>,
    doubtful: Doubtful<WorkRefusal>,
) -> Result<Step<K::Entity>, TurnError> {
    let context = site.context;
    let (halo, limits) = (&context.services.halo, &context.services.limits);
    let settle = Settle { kind, context };
    let asked_at = context.now();
    if doubtful.due() > asked_at {
        return Ok(Break(Next::GoOn));
    }
    if context.time_left() < 2 * limits.shortest {
        return Ok(Break(Next::EndTurn));
    }
    let command = &kind.lookup(&entry.body);
    let deadline = context.deadline(limits.answer);
    let question =
        |guid: HaloGuid| async move { halo.immediate(guid.0, command, Call::Read, deadline).await };
    let Some(session) = site.session() else {
        return Ok(Break(Next::Park(Trouble::of(ParkReason::NotConnected))));
    };
    let rows = match session.ask(question).await {
        Ok(answer) => answer.sets.into_iter().next_back().unwrap_or_default(),
        Err(error) => {
            let outcome = outcome::from_lookup_error(error)?;
            return settle.settle(entry, |_| outcome).await;
        }
    };
    let key = entry.key.clone();
    let outcome_of = |body: &mut K::Entity| {
        let read = |body: &mut K::Entity| kind.read_lookup(body, &rows, asked_at);
        outcome::from_lookup(body, &key, asked_at, read)
    };
    settle.settle(entry, outcome_of).await
}
