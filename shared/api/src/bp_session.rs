//! Asking a connected practice's Bp, with a problem for an answer where there is none.

use best_practice::BpError;
use connection::{PerCallSession, SessionError};
use domain::clinician::Clinician;
use domain::connection::Connection;
use domain::ids::{HaloGuid, PracticeId};
use halo::Deadline;

use crate::App;
use crate::caller::Caller;
use crate::problem::{Kind, Problem};

impl App {
    fn session(&self) -> PerCallSession<'_> {
        PerCallSession::new(&self.bp, &self.store)
    }

    /// The practice's connection, if Bp may be asked through it.
    pub(crate) async fn open_connection(
        &self,
        practice: &PracticeId,
    ) -> Result<Connection, Problem> {
        Ok(self.session().open::<BpError>(practice).await?)
    }

    /// The Bp user that a clinician's account is linked to, and the practice's connection in whatever
    /// standing. Whoever reads patients' records or sends in their own name must be linked. One read
    /// of the table.
    pub(crate) async fn clinician(
        &self,
        practice: &PracticeId,
        caller: &Caller,
    ) -> Result<(Connection, Clinician), Problem> {
        let (connection, link) = self.store.connection_and_link(practice, caller.subject()).await?;
        match (connection, link) {
            (Some(connection), Some(link)) => Ok((connection, link)),
            (Some(connection), None) if connection.is_open() => {
                Err(Problem::new(Kind::ClinicianLinkNeeded))
            }
            _ => Err(Problem::new(Kind::NotConnected)),
        }
    }

    /// As [`App::open_connection`], for a clinician who is linked: see [`App::clinician`].
    pub(crate) async fn open_for_clinician(
        &self,
        practice: &PracticeId,
        caller: &Caller,
    ) -> Result<(Connection, Clinician), Problem> {
        let (connection, link) = self.clinician(practice, caller).await?;
        if connection.is_open() {
            Ok((connection, link))
        } else {
            Err(Problem::new(Kind::NotConnected))
        }
    }

    /// Asks, and keeps the connection true; see [`connection::Session::ask`].
    pub(crate) async fn ask<T, F>(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, BpError>> + Send,
        T: Send,
    {
        Ok(self.session().ask(practice, connection, deadline, question).await?)
    }

    /// What Halo says of the site now, kept; see [`connection::Session::ask_halo`]. No query.
    pub(crate) async fn look_at_site(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), Problem> {
        let (session, bp) = (self.session(), &self.bp);
        let status = |guid| bp.site(guid, deadline);
        let site = session.ask_halo(practice, connection, deadline, status).await?;
        Ok(session.remember(practice, connection, site).await?)
    }
}

impl<E: Into<Self>> From<SessionError<E>> for Problem {
    fn from(error: SessionError<E>) -> Self {
        match error {
            SessionError::NotConnected => Self::new(Kind::NotConnected),
            SessionError::SiteUnknown => Self::new(Kind::SiteUnknown),
            SessionError::PracticeChanged => Self::new(Kind::PracticeChanged),
            SessionError::Store(error) => error.into(),
            SessionError::Asked(error) => error.into(),
            SessionError::FollowFailed(error) => error.into(),
        }
    }
}
