//! Asks Halo how a write ended that it has accepted.

use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use connection::SessionError;
use domain::ids::HaloGuid;
use domain::waiting::Waiter;
use halo::{AsyncState, Error, Row};
use jiff::SignedDuration;
use ledger::{Backoff, Sent};
use store::work::Entry;
use uuid::Uuid;

use crate::context::{Context, TurnError};
use crate::decide::Next;
use crate::kind::Kind;
use crate::outcome::{self, Outcome};
use crate::ports::{Messages, Timing, WorkStore};
use crate::settle::{Settle, Step};
use crate::site::Site;

/// How often a turn asks for the end of a query.
const POLL: Backoff =
    Backoff { first: Duration::from_millis(200), longest: Duration::from_millis(1500) };
/// How long a query may take before its id is stored.
const STORED_AFTER: Duration = Duration::from_secs(2);
/// The outcome of a write is one row, so no more pages than this are read.
const MOST_PAGES: usize = 4;
/// How long Halo's notification of a query can still wake us.
const WAITER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Asks for the ends of an entry's queries.
pub(crate) struct Ending<'t, 'a, K, S, M, C> {
    pub(crate) kind: &'t K,
    pub(crate) site: &'t mut Site<'a, S, M, C>,
}

impl<'t, 'a, K: Kind, S: WorkStore, M: Messages, C: Timing> Ending<'t, 'a, K, S, M, C> {
    fn context(&self) -> Context<'a, S, M, C> {
        self.site.context
    }

    fn settle(&self) -> Settle<'t, 'a, K, S, M, C> {
        Settle { kind: self.kind, context: self.context() }
    }

    /// Asks once how a query ended that an earlier turn left running.
    pub(crate) async fn ask_once(
        &mut self,
        entry: Entry<K::Entity>,
        sent: Sent<Uuid>,
    ) -> Result<Step<K::Entity>, TurnError> {
        let Some(query) = sent.handle else {
            // The writer died between the mark and Halo's answer.
            return self.settle().settle(entry, |_| Outcome::Unclear).await;
        };
        let answer = self.ask_for_result(query).await?;
        self.read_result(entry, answer).await
    }

    /// Asks again and again how a query ended that Halo has just accepted. After a while the query is
    /// left to a later turn.
    ///
    /// Most queries end at once. So the query's id is stored only if the query takes longer. If the writer dies
    /// before that, the attempt is in doubt, as if the answer to the submission had been lost.
    pub(crate) async fn await_end(
        &mut self,
        mut entry: Entry<K::Entity>,
        query: Uuid,
    ) -> Result<Step<K::Entity>, TurnError> {
        let context @ Context { services, practice, .. } = self.context();
        let began = context.now();
        let until = began + self.site.patience;
        let mut is_stored = false;
        for poll in 0.. {
            let pause = match poll {
                0 => self.site.pace.first_pause(),
                _ => POLL.unhurried(poll, services.clock.random()),
            };
            services.clock.sleep(pause).await;
            let answer = self.ask_for_result(query).await?;
            if !may_end_soon(&answer) {
                let took = Duration::try_from(context.now().duration_since(began));
                self.site.pace.ended(poll, took.unwrap_or_default());
                return self.read_result(entry, answer).await;
            }
            let is_over =
                context.now() >= until || context.time_left() < 2 * services.limits.shortest;
            if !is_stored && (is_over || context.now() >= began + STORED_AFTER) {
                match self.settle().settle(entry, |_| Outcome::Accepted(query)).await? {
                    Continue(stored) => entry = stored,
                    stopped => return Ok(stopped),
                }
                is_stored = true;
            }
            if is_over {
                let waiter = Waiter::Site { practice: practice.clone() };
                let expires = context.now() + WAITER_KEPT;
                // If this is lost, the query is asked for when the entry is due.
                let _ = services.store.await_query(query, &waiter, expires).await;
                return self.read_result(entry, answer).await;
            }
        }
        Ok(Break(Next::GoOn))
    }

    /// Asks Halo for the result of a query.
    async fn ask_for_result(&mut self, query: Uuid) -> Result<Answer, TurnError> {
        let context = self.context();
        let halo = &context.services.halo;
        let deadline = context.deadline(context.services.limits.answer);
        let question = |guid: HaloGuid| async move {
            let status = halo.query(guid.0, query, deadline).await?;
            let fetch = status.state == AsyncState::Successful;
            let mut rows = Vec::new();
            for page in status.pages.iter().take(MOST_PAGES).filter(|_| fetch) {
                match halo.page(guid.0, query, page.page_number, deadline).await {
                    // The outcome is in the last result set.
                    Ok(page) => rows = page.sets.into_iter().next_back().unwrap_or(rows),
                    // The query is known to have succeeded.
                    Err(Error::NotFound | Error::Gone | Error::Malformed { .. }) => {
                        return Ok((status, None));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok((status, Some(rows)))
        };
        let answer = match self.site.session() {
            Some(session) => session.ask_halo(question).await,
            None => Err(SessionError::NotConnected),
        };
        Ok(match answer {
            Ok((status, rows)) => {
                match outcome::from_status(status.state, status.failure.as_ref()) {
                    Some(outcome) => Err(outcome),
                    None => rows.ok_or(Outcome::Ran),
                }
            }
            Err(error) => Err(outcome::from_status_error(error)?),
        })
    }

    /// Reads the result of a query and settles the entry by it.
    async fn read_result(
        &mut self,
        entry: Entry<K::Entity>,
        answer: Answer,
    ) -> Result<Step<K::Entity>, TurnError> {
        if may_end_soon(&answer) {
            self.site.patience /= 2;
        }
        let (key, now) = (entry.key.clone(), self.context().now());
        let outcome_of = |body: &mut K::Entity| match &answer {
            Err(outcome) => *outcome,
            Ok(rows) => outcome::from_write(body, &key, |body| self.kind.read(body, rows, now)),
        };
        self.settle().settle(entry, outcome_of).await
    }
}

/// The rows that a query ended with, or what else is known of it.
type Answer = Result<Vec<Row>, Outcome>;

/// Whether it is worth asking again soon.
fn may_end_soon(answer: &Answer) -> bool {
    matches!(answer, Err(Outcome::StillRunning | Outcome::Silent(_)))
}
