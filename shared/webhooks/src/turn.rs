//! One run of the sender for one endpoint.

use std::time::Duration;

use domain::webhooks::EndpointLane;
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use store::webhooks::{EndpointRelease, TakenLane};
use uuid::Uuid;

use crate::ports::{Clock, EndpointStore, Secrets, SenderMessages};
use crate::round::{Pause, Round};
use crate::sender::{Sender, SenderError, Turn};

/// A lease outlasts the run by this, so that no other sender begins while the last call still runs.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(15);
/// How often a lane is released again if events arrive at the same moment.
const RELEASE_TRIES: u32 = 4;
/// The longest delay of a message.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(900);

impl<S: EndpointStore, M: SenderMessages, K: Secrets, C: Clock> Sender<S, M, K, C> {
    /// Sends what waits for one endpoint, for at most this time. If another sender works on it, does nothing.
    ///
    /// # Errors
    /// When the run must come again. What was sent is stored.
    pub async fn turn(&self, lane: &EndpointLane, time: Duration) -> Result<Turn, SenderError> {
        let now = self.clock.now();
        let until = now.saturating_add(time).unwrap_or(Timestamp::MAX);
        let ends = until.saturating_add(LEASE_MARGIN).unwrap_or(Timestamp::MAX);
        let holder = Holder(Uuid::new_v4().to_string());
        let lease = Lease { holder, until: ends };
        let Some(mut taken) = self.store.claim_endpoint(lane, &lease, now).await? else {
            return Ok(Turn::Busy);
        };
        let key = self.secrets.key().await?;
        loop {
            let kept = self.store.endpoint(&lane.platform, &lane.endpoint).await?;
            let Some(kept) = kept.filter(|it| it.endpoint.instance == lane.instance) else {
                self.store.delete_lane(lane, &lease.holder).await?;
                return Ok(Turn::Off);
            };
            let pause = if kept.endpoint.is_on() && self.platforms.knows(&lane.platform) {
                let mut round = Round::new(self, lane, kept, &key, &lease.holder, until);
                let pause = round.run(&mut taken).await;
                self.messages.report(round.sent, round.failed);
                pause?
            } else {
                Pause::Off
            };
            if let Some(turn) = self.release(lane, &lease.holder, &mut taken, pause).await? {
                return Ok(turn);
            }
        }
    }

    /// Releases the lane. `None` if something has arrived and there is time for it.
    async fn release(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        taken: &mut TakenLane,
        pause: Pause,
    ) -> Result<Option<Turn>, SenderError> {
        let now = self.clock.now();
        let due = match pause {
            Pause::Off | Pause::Nothing => None,
            Pause::Until(at) => Some(at),
            Pause::OutOfTime => Some(now),
        };
        match self.store.release_endpoint(lane, holder, taken, due).await? {
            EndpointRelease::Lost => Ok(Some(Turn::Busy)),
            EndpointRelease::Arrived if pause == Pause::OutOfTime => {
                // With the new number of arrivals the lane can be released. If events arrive faster than that, the
                // lease ends and the sweep continues.
                for _ in 0..RELEASE_TRIES {
                    let again = self.store.release_endpoint(lane, holder, taken, due).await?;
                    if again != EndpointRelease::Arrived {
                        break;
                    }
                }
                self.wake(lane, now, now).await;
                Ok(Some(Turn::Done { due }))
            }
            EndpointRelease::Arrived => Ok(None),
            EndpointRelease::Free => {
                if let Some(due) = due {
                    self.wake(lane, due, now).await;
                }
                Ok(Some(if pause == Pause::Off { Turn::Off } else { Turn::Done { due } }))
            }
        }
    }

    /// Wakes the next run, unless it is so late that the sweep wakes it.
    async fn wake(&self, lane: &EndpointLane, due: Timestamp, now: Timestamp) {
        let wait = due.duration_since(now);
        if wait <= LONGEST_DELAY {
            let delay = Duration::try_from(wait).unwrap_or_default();
            self.messages.wake(std::slice::from_ref(lane), delay).await;
        }
    }
}
