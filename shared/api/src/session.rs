//! Sessions with practices' Bp, as handlers open them. Errors are problems.

use connection::{Session, SessionError};
use domain::clinician::Clinician;
use domain::connection::Connection;
use domain::ids::PracticeId;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::{Problem, ProblemType};

impl App {
    /// A session with the practice's Bp. The time for the whole request starts here.
    pub(crate) async fn session(&self, practice: &PracticeId) -> Result<Session<'_>, Problem> {
        Ok(self.sessions.open(practice, Self::deadline()).await?)
    }

    /// A session with the practice's Bp for a clinician who is linked to a Bp user. Handlers that
    /// read patients' records from Bp begin with it.
    pub(crate) async fn session_for(
        &self,
        practice: &PracticeId,
        caller: &Caller,
    ) -> Result<Session<'_>, Problem> {
        let deadline = Self::deadline();
        let (connection, _) = self.open_for_clinician(practice, caller).await?;
        Ok(self.sessions.resume(practice, connection, deadline))
    }

    /// The Bp user that a clinician's account is linked to, and the practice's connection. The connection
    /// may be closed. Reads the table once.
    pub(crate) async fn clinician(
        &self,
        practice: &PracticeId,
        caller: &Caller,
    ) -> Result<(Connection, Clinician), Problem> {
        let (connection, link) = self.store.connection_and_link(practice, caller.subject()).await?;
        match (connection, link) {
            (Some(connection), Some(link)) => Ok((connection, link)),
            (Some(connection), None) if connection.is_open() => {
                Err(Problem::new(ProblemType::ClinicianLinkNeeded))
            }
            _ => Err(Problem::new(ProblemType::NotConnected)),
        }
    }

    /// Like [`App::clinician`], but the connection must be open. For handlers that read patients' data and do not
    /// ask Bp.
    pub(crate) async fn open_for_clinician(
        &self,
        practice: &PracticeId,
        caller: &Caller,
    ) -> Result<(Connection, Clinician), Problem> {
        let (connection, link) = self.clinician(practice, caller).await?;
        if connection.is_open() {
            Ok((connection, link))
        } else {
            Err(Problem::new(ProblemType::NotConnected))
        }
    }
}

impl<E: Into<Self>> From<SessionError<E>> for Problem {
    fn from(error: SessionError<E>) -> Self {
        match error {
            SessionError::NotConnected => Self::new(ProblemType::NotConnected),
            SessionError::SiteUnknown => Self::new(ProblemType::SiteUnknown),
            SessionError::PracticeChanged => Self::new(ProblemType::PracticeChanged),
            SessionError::Store(error) => error.into(),
            SessionError::Asked(error) => error.into(),
            SessionError::FollowFailed(error) => error.into(),
        }
    }
}
