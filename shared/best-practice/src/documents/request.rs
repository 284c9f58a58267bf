//! Requests a document: the first query, the asynchronous query, and its progress.

use std::time::Duration;

use domain::ids::HaloGuid;
use halo::{AsyncState, Call, Command, Deadline, Error, Parameter, Uuid};

use super::start;
use super::types::{Document, DocumentKey, DocumentProgress};
use crate::client::BpClient;
use crate::error::{BpError, error_of, malformed};
use crate::statements::Statement;

impl BpClient {
    /// A patient's document, with its bytes if there are at most `inline_limit`. `None` when the patient
    /// has no such document. An immediate answer of Halo holds at most 8 MB, and encoding in base64 twice
    /// enlarges a document by four fifths.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn document_start(
        &self,
        guid: HaloGuid,
        key: &DocumentKey,
        inline_limit: u32,
        deadline: Deadline,
    ) -> Result<Option<Document>, BpError> {
        let ask = async |limit: u32| {
            let [patient, folder, document] = key.parameters();
            let parameters =
                [patient, folder, document, Parameter::int("@inlineLimit", i64::from(limit))];
            self.read(guid, Statement::DocumentStart, parameters, deadline).await
        };
        let limit = inline_limit.min(i32::MAX.unsigned_abs());
        let rows = match ask(limit).await {
            // Halo's limit was lower in the past and may change: ask again, without bytes.
            Err(BpError::Halo(Error::ResultTooLarge)) if limit > 0 => ask(0).await?,
            answer => answer?,
        };
        malformed(Statement::DocumentStart, start::read(&rows))
    }

    /// Requests a document's bytes asynchronously. Halo starts the query within `max_time_in_queue` or
    /// not at all.
    ///
    /// # Errors
    /// Every error that a query can have. If the answer is lost, the request may be repeated: it changes
    /// nothing.
    pub async fn request_document(
        &self,
        guid: HaloGuid,
        key: &DocumentKey,
        max_time_in_queue: Duration,
        deadline: Deadline,
    ) -> Result<Uuid, BpError> {
        let statement = Statement::DocumentContent;
        let command =
            key.parameters().into_iter().fold(self.pack.bare_command(statement), Command::with);
        let submitted =
            self.halo.submit(guid.0, &command, max_time_in_queue, Call::Read, deadline).await;
        tracing::info!(
            statement = statement.name(),
            outcome = if submitted.is_ok() { "ok" } else { "failed" },
            "asked Bp, asynchronously"
        );
        submitted.map(|query| query.query_id).map_err(|error| error_of(statement, error))
    }

    /// The progress of a request. This costs no query.
    ///
    /// # Errors
    /// Every error that a Halo call can have. A query that failed is not an error here, but
    /// [`DocumentProgress::Failed`].
    pub async fn document_progress(
        &self,
        guid: HaloGuid,
        query: Uuid,
        deadline: Deadline,
    ) -> Result<DocumentProgress, BpError> {
        let statement = Statement::DocumentContent;
        let asked = match self.halo.query(guid.0, query, deadline).await {
            Ok(asked) => asked,
            Err(Error::NotFound | Error::Gone) => return Ok(DocumentProgress::Lost),
            Err(error) => return Err(error_of(statement, error)),
        };
        Ok(match asked.state {
            AsyncState::Initialising
            | AsyncState::Queued
            | AsyncState::Executing
            | AsyncState::Uploading => DocumentProgress::Running,
            AsyncState::Successful => start::ready(asked.pages),
            AsyncState::ExecutionFailed => {
                let unknown = Error::OutcomeUnknown { timed_out: false };
                DocumentProgress::Failed(error_of(statement, asked.failure.unwrap_or(unknown)))
            }
            AsyncState::InitialisationFailedCacheError
            | AsyncState::InitialisationFailedSiteOffline
            | AsyncState::InitialisationFailedSiteUnreachable
            | AsyncState::ExpiredInQueue
            | AsyncState::UploadFailed => DocumentProgress::Lost,
        })
    }
}
