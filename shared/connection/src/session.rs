//! Asking a connected practice's Bp: a changed GUID is followed, a withdrawn permission is noticed.
//!
//! Routes and workers ask the same way, so what one of them learns about a practice's connection,
//! all of them know.

use best_practice::{BpClient, BpError};
use domain::connection::{Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId};
use halo::{Deadline, Forbidden, SqlFailure};
use store::{Store, StoreError};

/// What a failed question says of the connection itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Nothing: the connection is as good as before.
    Nothing,
    /// Halo knows no such thing: look whether the site has a new GUID.
    Unknown,
    /// Halo does not let us ask this GUID: look for a new one; without one, the pairing is lost.
    Unpaired,
    /// The practice no longer lets us in.
    Revoked,
}

/// A question's failure, as far as it says something of the connection.
pub trait SaysOfConnection {
    /// What it says.
    fn verdict(&self) -> Verdict;
}

impl SaysOfConnection for halo::Error {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Forbidden(Forbidden::Site) => Verdict::Unpaired,
            Self::NotFound => Verdict::Unknown,
            Self::Forbidden(Forbidden::NotEnabled) | Self::Sql(SqlFailure::LoginRefused) => {
                Verdict::Revoked
            }
            _ => Verdict::Nothing,
        }
    }
}

impl SaysOfConnection for BpError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::LoginRefused => Verdict::Revoked,
            Self::Halo(error) => error.verdict(),
            _ => Verdict::Nothing,
        }
    }
}

/// Why a practice's Bp gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionError<E = BpError> {
    /// The practice is not connected.
    #[error("the practice is not connected")]
    NotConnected,
    /// Halo knows the practice's Bp Site ID no more.
    #[error("Halo no longer knows the site")]
    SiteUnknown,
    /// Another practice now answers under the Bp Site ID.
    #[error("another practice answers under the Bp Site ID")]
    PracticeChanged,
    /// The table gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The question's own failure.
    #[error(transparent)]
    Asked(E),
    /// Halo could not be asked for the site's new GUID.
    #[error(transparent)]
    Lookup(BpError),
}

/// Where connections are kept: the table, or a double of it in tests.
pub trait Connections: Sync {
    /// A practice's connection, as it is now.
    fn connection(
        &self,
        practice: &PracticeId,
    ) -> impl Future<Output = Result<Option<Connection>, StoreError>> + Send;

    /// Keeps what is now known, unless the connection has become another one.
    fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Connections for Store {
    fn connection(
        &self,
        practice: &PracticeId,
    ) -> impl Future<Output = Result<Option<Connection>, StoreError>> + Send {
        Store::connection(self, practice)
    }

    fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        Store::refresh(self, practice, seen, site, standing)
    }
}

/// A way to ask practices' Bp. Made where it is needed; costs nothing.
#[derive(Debug)]
pub struct Session<'a, C = Store> {
    bp: &'a BpClient,
    store: &'a C,
}

impl<C> Clone for Session<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Session<'_, C> {}

impl<'a, C: Connections> Session<'a, C> {
    /// Asks through this Halo client and remembers in this table.
    #[must_use]
    pub fn new(bp: &'a BpClient, store: &'a C) -> Self {
        Self { bp, store }
    }

    /// The practice's connection, if Bp may be asked through it.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`] when it may not, or the table's.
    pub async fn open<E>(self, practice: &PracticeId) -> Result<Connection, SessionError<E>> {
        self.store
            .connection(practice)
            .await?
            .filter(Connection::is_open)
            .ok_or(SessionError::NotConnected)
    }

    /// Asks the practice's Bp: see [`Session::ask_halo`]. An answer proves that Bp lets us in, so the
    /// mark of a connection that was revoked is cleared.
    ///
    /// # Errors
    /// The question's own, and what stands in the way of asking it.
    pub async fn ask<T, E, F>(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: SaysOfConnection + Send,
    {
        let answer = self.ask_halo(practice, connection, deadline, question).await?;
        self.stand(practice, connection, Standing::Paired).await?;
        Ok(answer)
    }

    /// Asks, and keeps the connection true: a GUID that Halo no longer takes is looked up and, where
    /// it is surely the same practice, followed (Halo's advice for split, merged and moved
    /// databases); a login that Bp refuses marks the connection as revoked. Costs nothing more while
    /// all is well.
    ///
    /// For questions that Halo answers without asking Bp (a site's status, whether it takes a query,
    /// how far one has come): their answers say nothing of whether Bp lets us in.
    ///
    /// The question is asked a second time only after [`Verdict::Unknown`] and
    /// [`Verdict::Unpaired`], which must mean that it did not run.
    ///
    /// # Errors
    /// The question's own, and what stands in the way of asking it.
    pub async fn ask_halo<T, E, F>(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: SaysOfConnection + Send,
    {
        let mut answer = question(connection.site.halo_guid).await;
        let stale = |error: &E| matches!(error.verdict(), Verdict::Unknown | Verdict::Unpaired);
        if answer.as_ref().is_err_and(stale) && self.follow(practice, connection, deadline).await? {
            answer = question(connection.site.halo_guid).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if matches!(error.verdict(), Verdict::Revoked | Verdict::Unpaired) {
                    self.stand(practice, connection, Standing::Revoked).await?;
                }
                Err(SessionError::Asked(error))
            }
        }
    }

    /// Looks under the Bp Site ID for a new GUID. Whether one was adopted.
    async fn follow<E>(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<bool, SessionError<E>> {
        let offered = match self.bp.find(&connection.site_id, deadline).await {
            Ok(found) => found.ok_or(SessionError::SiteUnknown)?,
            // Halo may tell about a site only whom it is paired with: there is nothing to follow.
            Err(error) if error.verdict() == Verdict::Unpaired => return Ok(false),
            Err(error) => return Err(SessionError::Lookup(error)),
        };
        if offered.halo_guid == connection.site.halo_guid {
            return Ok(false);
        }
        if !connection.is_same_practice(&offered) {
            tracing::warn!(
                practice = practice.as_str(),
                "another practice answers under this Bp Site ID"
            );
            return Err(SessionError::PracticeChanged);
        }
        tracing::info!(practice = practice.as_str(), "following a changed Halo GUID");
        self.remember(practice, connection, offered).await?;
        Ok(true)
    }

    /// Keeps how we stand with the practice. Costs nothing where that is known.
    ///
    /// # Errors
    /// The table's.
    pub async fn stand(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let site = connection.site.clone();
        self.keep(practice, connection, site, standing).await
    }

    /// Keeps what Halo now says of the site. Costs nothing where that is known.
    ///
    /// # Errors
    /// The table's.
    pub async fn remember(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        site: Site,
    ) -> Result<(), StoreError> {
        let standing = connection.standing;
        self.keep(practice, connection, site, standing).await
    }

    /// Keeps what is now known, unless the connection has become another one meanwhile: then whoever
    /// changed it knows better.
    async fn keep(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        site: Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        if (&site, standing) == (&connection.site, connection.standing) {
            return Ok(());
        }
        match self.store.refresh(practice, connection, &site, standing).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        connection.site = site;
        connection.standing = standing;
        Ok(())
    }
}
