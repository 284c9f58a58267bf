//! A session with one practice's Bp: opened once, asked many times.
//!
//! Routes and workers ask through the same session, so what one of them learns about a practice's
//! connection is stored for all of them:
//!
//! - The session looks for a new GUID when Halo no longer accepts the stored one. It adopts the new one only if
//!   it certainly belongs to the same practice. Halo recommends this for databases that were split, merged or
//!   moved.
//! - The session marks the connection as revoked when the practice refuses our login, and as paired
//!   again when Bp answers.
//!
//! A session writes to the table only when something has changed.

use best_practice::{BpClient, BpError};
use domain::connection::{Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId};
use halo::{Deadline, Forbidden, SqlFailure};
use store::{Store, StoreError};

use crate::ports::{Clock as _, SystemClock};

/// What a failed question implies for the connection itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Implication {
    /// The connection is as good as before.
    Nothing,
    /// Halo does not know the site: it may have a new GUID.
    Unknown,
    /// Halo does not let us query this GUID: the site may have a new one. If not, the pairing is lost.
    Unpaired,
    /// The practice no longer lets us in.
    Revoked,
}

/// An error that a question may end with.
pub trait QuestionError {
    /// What the error implies for the connection.
    fn implies(&self) -> Implication;
}

impl QuestionError for halo::Error {
    fn implies(&self) -> Implication {
        match self {
            Self::Forbidden(Forbidden::Site) => Implication::Unpaired,
            Self::NotFound => Implication::Unknown,
            Self::Forbidden(Forbidden::NotEnabled) | Self::Sql(SqlFailure::LoginRefused) => {
                Implication::Revoked
            }
            _ => Implication::Nothing,
        }
    }
}

impl QuestionError for BpError {
    fn implies(&self) -> Implication {
        match self {
            Self::LoginRefused => Implication::Revoked,
            Self::Halo(error) => error.implies(),
            _ => Implication::Nothing,
        }
    }
}

/// Why a practice's Bp gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionError<E = BpError> {
    /// The practice is not connected.
    #[error("the practice is not connected")]
    NotConnected,
    /// Halo no longer knows the practice's Bp Site ID.
    #[error("Halo no longer knows the site")]
    SiteUnknown,
    /// Another practice now answers under the Bp Site ID.
    #[error("another practice answers under the Bp Site ID")]
    PracticeChanged,
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The question failed.
    #[error(transparent)]
    Asked(E),
    /// Halo did not say whether the site has a new GUID.
    #[error(transparent)]
    FollowFailed(BpError),
}

/// Where connections are stored: the table, or a double of it in tests.
#[trait_variant::make(Send)]
pub trait Connections: Sync {
    /// A practice's connection, as it is now.
    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError>;

    /// Stores what is now known of the site. Fails with [`StoreError::Conflict`] if somebody else has
    /// changed the connection since it was read.
    async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError>;
}

impl Connections for Store {
    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError> {
        Store::connection(self, practice).await
    }

    async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        Store::refresh(self, practice, seen, site, standing, SystemClock.now()).await
    }
}

impl<C: Connections> Connections for &C {
    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError> {
        C::connection(self, practice).await
    }

    async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        C::refresh(self, practice, seen, site, standing).await
    }
}

/// Opens sessions with practices' Bp. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions<C = Store> {
    bp: BpClient,
    table: C,
}

impl<C: Connections> Sessions<C> {
    /// Sessions that ask through this Halo client and keep connections in this table.
    #[must_use]
    pub fn new(bp: BpClient, table: C) -> Self {
        Self { bp, table }
    }

    /// Opens a session with a practice. Reads the table once and asks nobody.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`] when the practice is not connected, or the table's error.
    pub async fn open(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Session<'_, C>, SessionError> {
        let connection = self.table.connection(practice).await?;
        let open = connection.filter(Connection::is_open).ok_or(SessionError::NotConnected)?;
        Ok(self.resume(practice, open, deadline))
    }

    /// A session with a practice whose connection was read already.
    #[must_use]
    pub fn resume(
        &self,
        practice: &PracticeId,
        connection: Connection,
        deadline: Deadline,
    ) -> Session<'_, C> {
        Session::new(&self.bp, &self.table, practice.clone(), connection, deadline)
    }
}

/// One practice, its connection as it is now known, and one deadline.
#[derive(Debug)]
pub struct Session<'a, C = Store> {
    bp: &'a BpClient,
    table: &'a C,
    practice: PracticeId,
    connection: Connection,
    deadline: Deadline,
}

impl<'a, C: Connections> Session<'a, C> {
    pub(crate) fn new(
        bp: &'a BpClient,
        table: &'a C,
        practice: PracticeId,
        connection: Connection,
        deadline: Deadline,
    ) -> Self {
        Self { bp, table, practice, connection, deadline }
    }

    /// The practice's connection, as it is now known.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Ends the session and keeps the connection.
    #[must_use]
    pub fn into_connection(self) -> Connection {
        self.connection
    }

    /// When the session's questions must be answered.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Gives the next questions another deadline.
    pub fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Asks the practice's Bp: see [`Session::ask_halo`]. An answer proves that Bp lets us in, so a
    /// connection that was marked as revoked is marked as paired again.
    ///
    /// # Errors
    /// The question's own error, or what prevented the question.
    pub async fn ask<T, E, F>(
        &mut self,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: QuestionError + Send,
    {
        let answer = self.ask_halo(question).await?;
        self.stand(Standing::Paired).await?;
        Ok(answer)
    }

    /// Asks a question that Halo answers without asking Bp: a site's status, whether Halo accepts a
    /// query, the progress of a query. The answer does not prove that Bp lets us in.
    ///
    /// The question is asked a second time if the first answer was [`Implication::Unknown`] or
    /// [`Implication::Unpaired`] and the site has a new GUID. A question must therefore return these
    /// two only if it did not run.
    ///
    /// # Errors
    /// The question's own error, or what prevented the question.
    pub async fn ask_halo<T, E, F>(
        &mut self,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, SessionError<E>>
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: QuestionError + Send,
    {
        let mut answer = question(self.connection.site.halo_guid).await;
        let stale =
            |error: &E| matches!(error.implies(), Implication::Unknown | Implication::Unpaired);
        if answer.as_ref().is_err_and(stale) && self.follow().await? {
            answer = question(self.connection.site.halo_guid).await;
        }
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if matches!(error.implies(), Implication::Revoked | Implication::Unpaired) {
                    self.stand(Standing::Revoked).await?;
                }
                Err(SessionError::Asked(error))
            }
        }
    }

    /// Stores the standing of the connection, if it is new.
    ///
    /// # Errors
    /// The table's error.
    pub async fn stand(&mut self, standing: Standing) -> Result<(), StoreError> {
        self.save(self.connection.site.clone(), standing).await
    }

    /// Stores what Halo now says of the site, if it is new.
    ///
    /// # Errors
    /// The table's error.
    pub async fn refresh(&mut self, site: Site) -> Result<(), StoreError> {
        self.save(site, self.connection.standing).await
    }

    /// Asks Halo for the site with the practice's Bp Site ID and adopts its GUID. Returns whether a new
    /// GUID was adopted.
    async fn follow<E>(&mut self) -> Result<bool, SessionError<E>> {
        let practice = self.practice.as_str();
        let offered = match self.bp.find(&self.connection.site_id, self.deadline).await {
            Ok(found) => found.ok_or(SessionError::SiteUnknown)?,
            // Halo may describe a site only to integrators that are paired with it.
            Err(error) if error.implies() == Implication::Unpaired => return Ok(false),
            Err(error) => return Err(SessionError::FollowFailed(error)),
        };
        if offered.halo_guid == self.connection.site.halo_guid {
            return Ok(false);
        }
        if !self.connection.is_same_practice(&offered) {
            tracing::warn!(practice, "another practice answers under this Bp Site ID");
            return Err(SessionError::PracticeChanged);
        }
        tracing::info!(practice, "following a changed Halo GUID");
        self.refresh(offered).await?;
        Ok(true)
    }

    async fn save(&mut self, site: Site, standing: Standing) -> Result<(), StoreError> {
        if (&site, standing) == (&self.connection.site, self.connection.standing) {
            return Ok(());
        }
        match self.table.refresh(&self.practice, &self.connection, &site, standing).await {
            // After a conflict the table holds something newer, which stays.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        self.connection.site = site;
        self.connection.standing = standing;
        Ok(())
    }
}
