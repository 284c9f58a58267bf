//! The former way to ask, with the practice and its connection in each call. It goes as soon as its
//! callers use [`crate::Sessions`].

use std::time::Duration;

use best_practice::BpPractice;
use domain::connection::{Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId};
use halo::Deadline;
use store::{Store, StoreError};

use crate::{Connections, QuestionError, Session, SessionError};

/// See [`Session`].
#[doc(hidden)]
#[derive(Debug)]
pub struct PerCallSession<'a, C = Store> {
    bp: &'a BpPractice,
    table: &'a C,
}

impl<C> Clone for PerCallSession<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for PerCallSession<'_, C> {}

impl<'a, C: Connections> PerCallSession<'a, C> {
    /// See [`crate::Sessions::new`].
    #[must_use]
    pub fn new(bp: &'a BpPractice, table: &'a C) -> Self {
        Self { bp, table }
    }

    /// See [`crate::Sessions::open`].
    ///
    /// # Errors
    /// See [`crate::Sessions::open`].
    pub async fn open<E>(self, practice: &PracticeId) -> Result<Connection, SessionError<E>> {
        let connection = self.table.connection(practice).await?;
        connection.filter(Connection::is_open).ok_or(SessionError::NotConnected)
    }

    /// See [`Session::ask`].
    ///
    /// # Errors
    /// See [`Session::ask`].
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
        E: QuestionError + Send,
    {
        let mut session = self.session(practice, connection, deadline);
        let answer = session.ask(question).await;
        *connection = session.into_connection();
        answer
    }

    /// See [`Session::ask_halo`].
    ///
    /// # Errors
    /// See [`Session::ask_halo`].
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
        E: QuestionError + Send,
    {
        let mut session = self.session(practice, connection, deadline);
        let answer = session.ask_halo(question).await;
        *connection = session.into_connection();
        answer
    }

    /// See [`Session::stand`].
    ///
    /// # Errors
    /// See [`Session::stand`].
    pub async fn stand(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let mut session = self.session(practice, connection, Deadline::after(Duration::ZERO));
        let kept = session.stand(standing).await;
        *connection = session.into_connection();
        kept
    }

    /// See [`Session::refresh`].
    ///
    /// # Errors
    /// See [`Session::refresh`].
    pub async fn remember(
        self,
        practice: &PracticeId,
        connection: &mut Connection,
        site: Site,
    ) -> Result<(), StoreError> {
        let mut session = self.session(practice, connection, Deadline::after(Duration::ZERO));
        let kept = session.refresh(site).await;
        *connection = session.into_connection();
        kept
    }

    fn session(
        self,
        practice: &PracticeId,
        connection: &Connection,
        deadline: Deadline,
    ) -> Session<'a, C> {
        Session::new(self.bp, self.table, practice.clone(), connection.clone(), deadline)
    }
}
