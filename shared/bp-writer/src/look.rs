//! Looking in Bp for what an attempt in doubt left there.

use domain::ids::HaloGuid;
use halo::Call;
use ledger::Doubtful;
use store::work::{Entry, ParkReason, WorkRefusal};

use crate::heard::{self, Heard};
use crate::kind::Kind;
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Next, Stepped, Stop, Turn};

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// Looks, once a look is final. Costs one query.
    pub(crate) async fn look<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        doubtful: Doubtful<WorkRefusal>,
    ) -> Result<Stepped<K::Entity>, Stop> {
        if doubtful.due() > self.now() {
            return Ok(Stepped::Next(Next::Entry));
        }
        let limits = self.writer.limits;
        if self.time_left() < 2 * limits.shortest {
            return Ok(Stepped::Next(Next::OutOfTime));
        }
        if self.connection.is_none() {
            return Ok(Stepped::Next(Next::Park(ParkReason::NotConnected, None)));
        }
        let command = kind.lookup(&entry.body);
        let looked = self.now();
        let deadline = self.deadline(limits.answer);
        let halo = self.writer.halo.clone();
        let answer = self
            .asked(|guid: HaloGuid| {
                let (halo, command) = (&halo, &command);
                async move { halo.immediate(guid.0, command, Call::Read, deadline).await }
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let heard = heard::from_look(error)?;
                return self.settle(kind, entry, |_| heard).await;
            }
        };
        let rows = answer.sets.into_iter().next_back().unwrap_or_default();
        let key = entry.key.clone();
        let hear = |body: &mut K::Entity| {
            let before = body.clone();
            match kind.read_lookup(body, &rows, looked) {
                Ok(Some(verdict)) => Heard::Verdict(verdict),
                Ok(None) => Heard::Absent { looked },
                Err(_) => {
                    tracing::error!(entry = %key, "Bp's answer to a look is malformed");
                    *body = before;
                    Heard::Unseen { hopeless: true }
                }
            }
        };
        self.settle(kind, entry, hear).await
    }
}
