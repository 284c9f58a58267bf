//! Connects a practice by a grant of another platform's practice, instead of a pairing code.

use best_practice::BpClient;
use domain::audit::AuditedAction;
use domain::connection::Connection;
use domain::grant::Grant;
use domain::ids::Subject;
use halo::Deadline;
use jiff::Timestamp;
use store::{Store, StoreError};

use crate::linking::NotConnected;
use crate::pairing::{Begun, NotPaired, Pairing};
use crate::ports::{AuditLine, Clock as _, SystemClock, Trail};
use crate::request::{Asker, Entered};
use crate::session::SessionError;

/// Connects practices by grants.
pub(crate) struct Granting<'a, T> {
    pub(crate) store: &'a Store,
    pub(crate) bp: &'a BpClient,
    pub(crate) trail: &'a T,
}

impl<T: Trail> Granting<'_, T> {
    /// Connects the practice if another platform's practice has let this platform in. Halo's status of the site
    /// shows that the database is still the one that was granted. If nobody will be linked, one query shows whether
    /// Bp lets us in.
    ///
    /// # Errors
    /// [`NotConnected::CodeNeeded`] if there is no grant. Nothing shows then whether others know the site: one
    /// query of the table was made, as for any site.
    pub(crate) async fn connect(
        &self,
        asker: &Asker,
        entered: &Entered,
        known: Option<&Connection>,
        deadline: Deadline,
    ) -> Result<Connection, NotConnected> {
        let now = SystemClock.now();
        let grant = self.open_grant(asker, entered, now).await?;
        let grant = grant.ok_or(NotConnected::CodeNeeded)?;
        let site = self.bp.site(grant.halo_guid, deadline).await.map_err(SessionError::Asked)?;
        if !grant.covers(&site) {
            return Err(NotConnected::CodeNeeded);
        }
        if entered.clinician.is_none() {
            // The query for a clinician's name would show whether Bp lets us in. This one does, too.
            self.bp.probe(grant.halo_guid, deadline).await.map_err(SessionError::Asked)?;
        }
        let clock = &SystemClock;
        let pairing = Pairing { records: self.store, halo: self.bp, trail: self.trail, clock };
        let (attempt, before) = match pairing.begin(asker, &entered.site_id, known).await? {
            Begun::Ours { attempt, before } => (attempt, before),
            Begun::PairedMeanwhile(connection) => return Ok(connection),
        };
        let practice = &asker.practice;
        let connection = attempt.connects(site, before.as_ref(), SystemClock.now());
        let moved = before.is_some_and(|before| before.generation != connection.generation);
        let recorded =
            self.trail.record(AuditLine::new(AuditedAction::ConnectionChanged, &entered.site_id));
        if let Err(error) = recorded.await {
            self.store.end_pairing(practice, &attempt).await?;
            return Err(error.into());
        }
        // The practice that granted learns which platform used the grant, and nothing of its people.
        let mut line = self.trail.line(AuditLine::new(AuditedAction::GrantUsed, &entered.site_id));
        line.record.subject = Subject(practice.platform().to_string());
        let used = (&grant, &line);
        match self.store.complete_granted(practice, &attempt, &connection, moved, used).await {
            Ok(()) => {
                tracing::info!(practice = practice.as_str(), "connected by a grant");
                Ok(connection)
            }
            Err(StoreError::Conflict) => {
                self.store.end_pairing(practice, &attempt).await?;
                // The grant was used or withdrawn at this moment. The next try finds out.
                Err(NotPaired::Busy.into())
            }
            Err(error) => {
                self.store.end_pairing(practice, &attempt).await?;
                Err(error.into())
            }
        }
    }

    async fn open_grant(
        &self,
        asker: &Asker,
        entered: &Entered,
        now: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let platform = asker.practice.platform();
        let grants = self.store.grants_at(&entered.site_id).await?;
        for grant in grants.iter().filter(|grant| grant.platform == platform) {
            let granting = self.store.connection(&grant.granted_by).await?;
            // Who was let in by a grant lets nobody in.
            let by_code = granting
                .as_ref()
                .is_some_and(|granting| !Grant::any_made(&grants, &grant.granted_by, granting));
            if by_code && grant.is_open(granting.as_ref(), now) {
                return Ok(Some(grant.clone()));
            }
        }
        Ok(None)
    }
}
