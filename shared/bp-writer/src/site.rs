//! The practice's site during one turn: is it connected and online, and are we the only writer there?
//!
//! Two of our practices may share one Bp. A turn therefore claims the site before it works there.

use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Duration;

use connection::{Session, SessionError};
use domain::connection::{Availability, Connection, Site as HaloSite, Standing};
use domain::ids::{HaloGuid, SiteId};
use store::work::{Lane, Pace, ParkReason, Parked};

use crate::context::{Context, TurnError};
use crate::decide::Next;
use crate::outcome::Trouble;
use crate::ports::{Messages, Timing, WorkStore};

/// Continue, or what the turn does instead.
type Reached = ControlFlow<Next>;

/// A practice's site during one turn.
pub(crate) struct Site<'a, S, M, C> {
    pub(crate) context: Context<'a, S, M, C>,
    session: Option<Session<'a, S>>,
    /// The site that the practice owns: nobody else writes there while this turn holds the lane.
    claimed: Option<SiteId>,
    /// The site that the practice owned when the lane was last released. It may have lost it since.
    last_owned: Option<SiteId>,
    /// Whether the connection was read and Halo was not called since.
    just_read: bool,
    /// When to ask for the end of a query.
    pub(crate) pace: Pace,
    /// How long to wait for the end of one query. Halved each time that a query takes longer, so that
    /// a slow practice does not use up the turn.
    pub(crate) patience: Duration,
}

impl<'a, S: WorkStore, M: Messages, C: Timing> Site<'a, S, M, C> {
    pub(crate) fn new(context: Context<'a, S, M, C>, lane: &Lane) -> Self {
        let patience = context.services.limits.patience;
        let (last_owned, pace) = (lane.site.clone(), lane.pace);
        Self { context, session: None, claimed: None, last_owned, just_read: false, pace, patience }
    }

    /// The site that the lane keeps as the practice's own.
    pub(crate) fn owned(&self) -> Option<&SiteId> {
        self.claimed.as_ref().or(self.last_owned.as_ref())
    }

    /// Whether the connection was read and Halo was not called since.
    pub(crate) fn is_just_read(&self) -> bool {
        self.just_read
    }

    /// The connection as this turn knows it. `None` if the practice is not connected.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.session.as_ref().map(Session::connection)
    }

    /// The session for the next question, with the usual deadline for an answer. `None` if the
    /// practice is not connected.
    pub(crate) fn session(&mut self) -> Option<&mut Session<'a, S>> {
        self.just_read = false;
        let deadline = self.context.deadline(self.context.services.limits.answer);
        let session = self.session.as_mut()?;
        session.set_deadline(deadline);
        Some(session)
    }

    /// Forgets the connection, because it is no longer open.
    pub(crate) fn disconnect(&mut self) {
        self.session = None;
    }

    /// Makes sure that the site can be reached, then claims it. Costs no query unless the practice had
    /// revoked its permission. Costs no call at all if the site was seen online a moment ago or if
    /// there is nothing to send.
    pub(crate) async fn reach(
        &mut self,
        lane: &mut Lane,
        sending: bool,
    ) -> Result<Reached, TurnError> {
        let Context { services, practice, .. } = self.context;
        let limits = &services.limits;
        if self.session.is_none() {
            let read = services.store.connection_at(practice, self.last_owned.as_ref()).await?;
            let (Some(connection), is_owner) = (read.0.filter(Connection::is_open), read.1) else {
                return unreachable(NOT_CONNECTED);
            };
            self.claimed = self.last_owned.clone().filter(|_| is_owner);
            self.resume(Some(connection));
            self.just_read = true;
        }
        let now = self.context.now();
        let revoked = self.standing() == Some(Standing::Revoked);
        let known = !revoked
            && lane.parked.is_none()
            && lane
                .seen_online
                .is_some_and(|seen| now.duration_since(seen).unsigned_abs() < limits.seen_online);
        if known || !sending {
            return self.claim().await;
        }
        if let Break(next) = self.check_online().await? {
            return Ok(Break(next));
        }
        if self.standing() == Some(Standing::Revoked)
            && let Break(next) = self.check_permission().await?
        {
            return Ok(Break(next));
        }
        lane.seen_online = Some(self.context.now());
        lane.parked = None;
        self.claim().await
    }

    /// Claims the site before anything is known of it. Does nothing if the practice is not connected.
    pub(crate) async fn claim_unseen(&mut self) -> Result<Reached, TurnError> {
        if self.session.is_none() {
            let known = self.context.services.store.connection(self.context.practice).await?;
            self.resume(known.filter(Connection::is_open));
        }
        self.claim().await
    }

    async fn claim(&mut self) -> Result<Reached, TurnError> {
        let Some(connection) = self.connection() else { return Ok(Continue(())) };
        let site = connection.site_id.clone();
        if self.claimed.as_ref() != Some(&site) {
            let Context { services, practice, lease, .. } = self.context;
            if !services.store.claim_site(practice, &site, lease, self.context.now()).await? {
                return Ok(Break(Next::SiteTaken));
            }
            self.claimed = Some(site);
        }
        Ok(Continue(()))
    }

    /// Whether a person has already solved the problem that the lane is parked for. Then the turn need
    /// not wait for the next check. Reads the connection only if the problem needs a person.
    pub(crate) async fn is_repaired(&mut self, parked: &Parked) -> Result<bool, TurnError> {
        let needs_new_pairing = match parked.reason {
            ParkReason::NotConnected | ParkReason::Revoked | ParkReason::PairingLost => false,
            ParkReason::SiteUnknown | ParkReason::SiteChanged => true,
            ParkReason::Offline
            | ParkReason::HaloUnavailable
            | ParkReason::RateLimited
            | ParkReason::KeyRefused
            | ParkReason::AddressRefused
            | ParkReason::QuotaUsed => return Ok(false),
        };
        let known = self.context.services.store.connection(self.context.practice).await?;
        let Some(connection) = known else { return Ok(false) };
        let repaired = connection.standing == Standing::Paired
            && (!needs_new_pairing || connection.paired_at > parked.since);
        self.resume(Some(connection).filter(|_| repaired));
        Ok(repaired)
    }

    /// Stores that the practice no longer lets us in.
    pub(crate) async fn store_revoked(&mut self) -> Result<(), TurnError> {
        if let Some(session) = self.session() {
            session.stand(Standing::Revoked).await?;
        }
        Ok(())
    }

    fn resume(&mut self, connection: Option<Connection>) {
        let Context { services, practice, .. } = self.context;
        let deadline = self.context.deadline(services.limits.answer);
        let resume = |connection| services.sessions.resume(practice, connection, deadline);
        self.session = connection.map(resume);
    }

    fn standing(&self) -> Option<Standing> {
        self.connection().map(|connection| connection.standing)
    }

    /// Asks Halo for the site's status, which costs no query.
    async fn check_online(&mut self) -> Result<Reached, TurnError> {
        let bp = &self.context.services.bp;
        let deadline = self.context.deadline(self.context.services.limits.answer);
        let question = |guid: HaloGuid| async move { bp.site(guid, deadline).await };
        let Some(session) = self.session() else { return unreachable(NOT_CONNECTED) };
        let site = match session.ask_halo(question).await {
            Ok(site) => site,
            Err(error) => return unreachable(error),
        };
        let online =
            !matches!(site.availability, Availability::Offline | Availability::Unreachable);
        let known = &session.connection().site;
        // Heartbeat and clock differ each time. They alone are not worth a write.
        let known = HaloSite {
            last_heartbeat: site.last_heartbeat,
            clock_ahead_seconds: site.clock_ahead_seconds,
            ..known.clone()
        };
        if known != site {
            session.refresh(site).await?;
        }
        Ok(if online { Continue(()) } else { Break(Next::Park(Trouble::of(ParkReason::Offline))) })
    }

    /// Asks Bp the cheapest query, because Halo's status does not show whether Bp lets us in.
    async fn check_permission(&mut self) -> Result<Reached, TurnError> {
        let bp = &self.context.services.bp;
        let deadline = self.context.deadline(self.context.services.limits.answer);
        let question = |guid: HaloGuid| async move { bp.probe(guid, deadline).await };
        let Some(session) = self.session() else { return unreachable(NOT_CONNECTED) };
        match session.ask(question).await {
            Ok(_) => Ok(Continue(())),
            Err(error) => unreachable(error),
        }
    }
}

const NOT_CONNECTED: SessionError = SessionError::NotConnected;

/// What the turn does if a question about the site failed.
fn unreachable<E: Into<Trouble>>(error: SessionError<E>) -> Result<Reached, TurnError> {
    Ok(Break(Next::Park(Trouble::of_session(error)?)))
}
