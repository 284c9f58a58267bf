//! Looking in Bp for what an attempt in doubt left there.

use best_practice::BpError;
use domain::ids::HaloGuid;
use halo::{Call, Error, Row, SqlFailure};
use jiff::Timestamp;
use ledger::Doubtful;
use practice_session::SessionError;
use store::work::{Entry, ParkReason, WorkProgress, WorkRefusal};

use crate::kind::{Failure, Kind, Waiting};
use crate::ports::{Clock, Messages, Shelf};
use crate::settle::Conclusion;
use crate::site::Trouble;
use crate::turn::{Next, Stepped, Stop, Turn};

/// SQL Server's numbers for a text that is longer than its column.
const TOO_LONG: [i64; 2] = [8152, 2628];

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
        let error = match answer {
            Ok(answer) => {
                let rows = answer.sets.into_iter().next_back().unwrap_or_default();
                let read = |body: &mut K::Entity| self.seen(kind, body, &rows, looked, &doubtful);
                match self.conclude(kind, entry, read).await? {
                    Ok(stepped) => return Ok(stepped),
                    Err(entry) => {
                        tracing::error!(entry = %entry.key, "Bp's answer to a look is malformed");
                        return self.unseen(kind, *entry, doubtful, true).await;
                    }
                }
            }
            Err(SessionError::Store(error)) => return Err(error.into()),
            Err(SessionError::Asked(error)) => error,
            Err(SessionError::Lookup(error)) => {
                return Ok(Stepped::Next(Trouble::from(error).park()));
            }
            Err(SessionError::NotConnected) => {
                return Ok(Stepped::Next(Next::Park(ParkReason::NotConnected, None)));
            }
            Err(SessionError::SiteUnknown | SessionError::PracticeChanged) => {
                return Ok(Stepped::Next(Next::Park(ParkReason::SiteChanged, None)));
            }
        };
        if let Some(trouble) = Trouble::known(&error) {
            return Ok(Stepped::Next(trouble.park()));
        }
        // What will not answer another time either is not asked for ever.
        let hopeless = matches!(
            error,
            Error::Refused { .. }
                | Error::ResultTooLarge
                | Error::Sql(SqlFailure::PermissionDenied | SqlFailure::UnknownObject)
        );
        self.unseen(kind, entry, doubtful, hopeless).await
    }

    /// What a look shows.
    fn seen<K: Kind>(
        &self,
        kind: &K,
        body: &mut K::Entity,
        rows: &[Row],
        looked: Timestamp,
        doubtful: &Doubtful<WorkRefusal>,
    ) -> Result<Conclusion, BpError> {
        if let Some(verdict) = kind.read_lookup(body, rows, looked)? {
            return Ok(Conclusion::Verdict(verdict));
        }
        let Some(refusal) = doubtful.refusal else {
            let again_at = match doubtful.tally.attempts {
                // A single lost answer is no reason to wait longer than the fence did.
                0 | 1 => looked,
                attempts => self.again_at(attempts - 1),
            };
            return Ok(Conclusion::Absent { looked, again_at });
        };
        Ok(match refusal {
            WorkRefusal::PermissionDenied => Conclusion::Failed(Failure::NotPermitted),
            WorkRefusal::UnknownObject => Conclusion::Failed(Failure::NotInThisRelease),
            WorkRefusal::Other { number: Some(number) } if TOO_LONG.contains(&number) => {
                Conclusion::Failed(Failure::TooLong)
            }
            WorkRefusal::Other { .. }
                if doubtful.tally.refusals >= self.writer.limits.most_refusals =>
            {
                Conclusion::Failed(Failure::DatabaseRefused)
            }
            WorkRefusal::Other { .. } => {
                Conclusion::Absent { looked, again_at: self.again_at(doubtful.tally.refusals) }
            }
        })
    }

    /// A look without an answer.
    async fn unseen<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        doubtful: Doubtful<WorkRefusal>,
        hopeless: bool,
    ) -> Result<Stepped<K::Entity>, Stop> {
        if hopeless && doubtful.looks >= self.writer.limits.most_looks {
            return self.concluded(kind, entry, Conclusion::GaveUp).await;
        }
        let at = self.again_at(doubtful.looks + 1);
        let doubtful = WorkProgress::Doubtful(doubtful.look_again(at));
        self.waiting(kind, entry, doubtful, Waiting::Doubt).await
    }
}
