//! Whether the site can be reached, and what is left behind when it cannot.

use std::collections::HashSet;
use std::time::Duration;

use connection::{QuestionError, SessionError};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::HaloGuid;
use halo::Error;
use store::work::{Entry, ParkReason, Parked, WorkNote, WorkProgress};

use crate::heard::Trouble;
use crate::kind::{Step, Waiting};
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Ended, Next, Stop, Turn};

/// Waiting entries read at once.
const PAGE: u16 = 16;

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// Makes sure that the site can be reached, as far as that is not known. Costs one status call,
    /// no query, and nothing while the site was just seen online.
    pub(crate) async fn reach_site(&mut self, due: &[Entry]) -> Result<Result<(), Next>, Stop> {
        if self.connection.is_none() {
            match self.session().open::<Error>(self.practice).await {
                Ok(connection) => self.connection = Some(connection),
                Err(error) => return self.failed_session(error),
            }
        }
        let to_send = due.iter().any(|entry| {
            matches!(entry.work.progress, WorkProgress::Ready(_) | WorkProgress::Doubtful(_))
        });
        let now = self.now();
        let revoked = self.standing() == Some(Standing::Revoked);
        let known = !revoked
            && self.lane.parked.is_none()
            && self.lane.seen_online.is_some_and(|seen| {
                now.duration_since(seen).unsigned_abs() < self.writer.limits.seen_online
            });
        if known || !to_send {
            return self.hold_site().await;
        }
        if let Err(next) = self.look_at_site().await? {
            return Ok(Err(next));
        }
        if self.standing() == Some(Standing::Revoked) {
            // Halo's status does not show whether Bp lets us in; the cheapest query does.
            let (bp, deadline) = (&self.writer.bp, self.deadline(self.writer.limits.answer));
            let probe = |guid: HaloGuid| async move { bp.probe(guid, deadline).await };
            if let Err(error) = self.asked(probe).await {
                return self.failed_session(error);
            }
        }
        self.lane.seen_online = Some(self.now());
        self.lane.parked = None;
        self.hold_site().await
    }

    /// As [`Turn::hold_site`], before anything is known of the site. Where the practice is not
    /// connected there is no Bp to be held.
    pub(crate) async fn hold_known_site(&mut self) -> Result<Result<(), Next>, Stop> {
        if self.connection.is_none() {
            let connection = self.writer.shelf.connection(self.practice).await?;
            self.connection = connection.filter(Connection::is_open);
        }
        self.hold_site().await
    }

    /// Makes this turn the only one at the practice's Bp: two practices of ours may work with one.
    async fn hold_site(&mut self) -> Result<Result<(), Next>, Stop> {
        let Some(connection) = &self.connection else { return Ok(Ok(())) };
        let site = &connection.site_id;
        if self.held.as_ref() != Some(site) {
            if !self.writer.shelf.take_site(site, self.lease, self.now()).await? {
                return Ok(Err(Next::SiteBusy));
            }
            self.held = Some(site.clone());
        }
        Ok(Ok(()))
    }

    /// Lets others at the practice's Bp. Whether anybody wants there.
    pub(crate) async fn leave_site(&mut self) -> bool {
        let Some(site) = self.held.take() else { return false };
        let left = self.writer.shelf.leave_site(&site, &self.lease.holder).await;
        left.unwrap_or_else(|error| {
            // It is free when the lease ends.
            tracing::warn!(practice = self.practice.as_str(), %error, "the site is not left");
            false
        })
    }

    /// Whether a person has meanwhile done what a parked lane waits for: then nobody need wait for the
    /// next look. Costs one read, and that only where a person has to do something.
    pub(crate) async fn is_mended(&mut self, parked: &Parked) -> Result<bool, Stop> {
        let by_pairing = match parked.reason {
            ParkReason::NotConnected | ParkReason::Revoked | ParkReason::PairingLost => false,
            ParkReason::SiteUnknown | ParkReason::SiteChanged => true,
            ParkReason::Offline
            | ParkReason::HaloUnavailable
            | ParkReason::RateLimited
            | ParkReason::KeyRefused
            | ParkReason::AddressRefused
            | ParkReason::QuotaUsed => return Ok(false),
        };
        let Some(connection) = self.writer.shelf.connection(self.practice).await? else {
            return Ok(false);
        };
        let mended = connection.standing == Standing::Paired
            && (!by_pairing || connection.paired_at > parked.since);
        self.connection = Some(connection).filter(|_| mended);
        Ok(mended)
    }

    async fn look_at_site(&mut self) -> Result<Result<(), Next>, Stop> {
        let (bp, deadline) = (&self.writer.bp, self.deadline(self.writer.limits.answer));
        let site = match self.asked_halo(|guid| async move { bp.site(guid, deadline).await }).await
        {
            Ok(site) => site,
            Err(error) => return self.failed_session(error),
        };
        let online =
            !matches!(site.availability, Availability::Offline | Availability::Unreachable);
        self.remember(site).await?;
        Ok(if online { Ok(()) } else { Err(Next::Park(ParkReason::Offline, None)) })
    }

    /// Keeps what Halo now says of the site, where it says something else than before.
    async fn remember(&mut self, site: Site) -> Result<(), Stop> {
        let session = self.session();
        let Some(connection) = &mut self.connection else { return Ok(()) };
        // What differs at each heartbeat is not worth a write of its own.
        let known = Site {
            last_heartbeat: site.last_heartbeat,
            clock_ahead_seconds: site.clock_ahead_seconds,
            ..connection.site.clone()
        };
        if known != site {
            session.remember(self.practice, connection, site).await?;
        }
        Ok(())
    }

    pub(crate) fn standing(&self) -> Option<Standing> {
        self.connection.as_ref().map(|connection| connection.standing)
    }

    /// Asks Bp, as everybody does ([`connection::Session::ask`]).
    pub(crate) async fn asked<T, E, F>(
        &mut self,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: QuestionError + Send,
    {
        let (session, deadline) = (self.session(), self.deadline(self.writer.limits.answer));
        let connection = self.connection.as_mut().ok_or(SessionError::NotConnected)?;
        session.ask(self.practice, connection, deadline, question).await
    }

    /// Asks what Halo answers without asking Bp ([`connection::Session::ask_halo`]).
    pub(crate) async fn asked_halo<T, E, F>(
        &mut self,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: QuestionError + Send,
    {
        let (session, deadline) = (self.session(), self.deadline(self.writer.limits.answer));
        let connection = self.connection.as_mut().ok_or(SessionError::NotConnected)?;
        session.ask_halo(self.practice, connection, deadline, question).await
    }

    /// The practice no longer lets us in, as an ended query shows.
    pub(crate) async fn revoke(&mut self) -> Result<Next, Stop> {
        let session = self.session();
        if let Some(connection) = &mut self.connection {
            session.stand(self.practice, connection, Standing::Revoked).await?;
        }
        // The status still says online; only a query tells when we are let in again.
        Ok(Next::Park(ParkReason::Revoked, None))
    }

    /// What a failed question about the site comes to.
    fn failed_session<T, E: Into<Trouble>>(
        &self,
        error: SessionError<E>,
    ) -> Result<Result<T, Next>, Stop> {
        let trouble = match error {
            SessionError::Store(error) => return Err(error.into()),
            SessionError::NotConnected => Trouble::of(ParkReason::NotConnected),
            SessionError::SiteUnknown => Trouble::of(ParkReason::SiteUnknown),
            SessionError::PracticeChanged => Trouble::of(ParkReason::SiteChanged),
            SessionError::Asked(error) => error.into(),
            SessionError::FollowFailed(error) => error.into(),
        };
        Ok(Err(Next::Park(trouble.reason, trouble.after)))
    }

    /// Parks the lane: nothing is asked or sent before the next look.
    pub(crate) async fn park(
        &mut self,
        reason: ParkReason,
        after: Option<Duration>,
    ) -> Result<Ended, Stop> {
        let now = self.now();
        let (since, looks) = match self.lane.parked {
            Some(parked) if parked.reason == reason => {
                (parked.since, parked.looks.saturating_add(1))
            }
            _ => (now, 1),
        };
        let backoff = self.writer.limits.look_again(reason);
        let jittered = backoff.unhurried(looks, self.writer.clock.random());
        // However long Halo asks us to wait: SQS takes no longer delay.
        let delay = jittered.max(after.unwrap_or_default()).min(aws::queues::LONGEST_DELAY);
        let parked = Parked { reason, since, next_look: now + delay, looks };
        tracing::info!(
            practice = self.practice.as_str(),
            reason = ?reason,
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "parked"
        );
        self.lane.parked = Some(parked);
        self.lane.seen_online = None;
        self.tell_waiting(&parked).await?;
        Ok(Ended::Due(parked.next_look))
    }

    /// Tells the entries that wait, newest first up to the first that knows: each is told once.
    pub(crate) async fn tell_waiting(&self, parked: &Parked) -> Result<(), Stop> {
        let note = WorkNote { since: parked.since };
        let step = Step::Waiting {
            reason: Waiting::Practice(parked.reason),
            next: Some(parked.next_look),
        };
        let mut until = self.now();
        let mut told = HashSet::new();
        loop {
            let page = self.writer.shelf.newest_open_work(self.practice, until, PAGE).await?;
            let full = page.len() == usize::from(PAGE);
            let before = told.len();
            for mut entry in page {
                until = entry.due.unwrap_or(until);
                if !told.insert(entry.key.clone()) {
                    continue;
                }
                if entry.work.noted == Some(note) {
                    return Ok(());
                }
                entry.work.noted = Some(note);
                if let Some(kind) = self.writer.kind(entry.key.kind) {
                    kind.note(self, entry, step).await?;
                }
            }
            if !full || told.len() == before || self.time_left() < self.writer.limits.shortest {
                return Ok(());
            }
        }
    }
}
