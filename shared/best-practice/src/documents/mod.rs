//! The bytes of a document. Where Bp keeps them is not public; the statements say what is assumed.
//!
//! A small document comes with the first answer. A large one is asked for asynchronously and comes
//! in parts, of which no more than one is in memory. Several pages of one document (a fax of three
//! images) are files of their own: they come one after the other, each marked with its page.

mod bytes;
mod fhir;
mod start;

use ::bytes::Bytes;
use domain::attachments::Folder;
use domain::ids::{DocumentId, HaloGuid, PatientId};
use domain::imports::About;
use halo::{AsyncState, Call, Command, Deadline, Error, Parameter, Uuid};
use std::time::Duration;

pub use self::bytes::{DocumentError, DocumentPart};
pub(crate) use self::fhir::FhirNames;
pub use self::fhir::{FhirDocument, FhirFound};
use crate::attachments::number_of;
use crate::bp::{BpClient, BpError, error_of, malformed};
use crate::pack::Statement;

/// A document of a patient. It is never read by its number alone: the same number means another
/// patient's document in another folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentKey {
    /// Whose.
    pub patient: PatientId,
    /// Where.
    pub folder: Folder,
    /// Bp's number there.
    pub document: DocumentId,
}

impl DocumentKey {
    fn parameters(&self) -> [Parameter; 3] {
        [
            Parameter::int("@patientId", self.patient.0),
            Parameter::int("@folder", number_of(self.folder)),
            Parameter::int("@documentId", self.document.0),
        ]
    }
}

/// A document, and what Bp says of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// What its name is made of.
    pub about: About,
    /// Its bytes, or how they are to be had.
    pub start: DocumentStart,
}

/// What a document is, and all of it if it is small.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentStart {
    /// All of its bytes.
    Inline(Bytes),
    /// All bytes of each of its several pages, in order. Each page is a file of its own.
    Pages(Vec<Bytes>),
    /// So many that they are to be asked for asynchronously.
    Large {
        /// How many.
        bytes: u64,
    },
    /// Bp's record has no file, or its file is gone.
    WithoutBytes,
    /// Several pages that are files of their own, and cannot all be had.
    InParts,
}

/// How far an asynchronous reading is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentProgress {
    /// Not yet done.
    Running,
    /// All of it can be fetched.
    Ready {
        /// The pages, in order.
        pages: Vec<u32>,
    },
    /// It never ran, or its result is no longer kept: it is to be requested again.
    Lost,
    /// The practice's database refused.
    Failed(BpError),
}

impl BpClient {
    /// What a patient's document is, with its bytes if there are at most `inline_limit`; `None`
    /// when the patient has no such document. Halo carries 8 MB in an immediate answer, and base64
    /// twice makes a document larger by four fifths.
    ///
    /// # Errors
    /// What any query may meet.
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
            // Halo's limit was lower once, and may be again: the second query asks without bytes.
            Err(BpError::Halo(Error::ResultTooLarge)) if limit > 0 => ask(0).await?,
            answer => answer?,
        };
        malformed(Statement::DocumentStart, start::read(&rows))
    }

    /// Asks for a document's bytes asynchronously, to be begun within `max_time_in_queue` or not at
    /// all.
    ///
    /// # Errors
    /// What any query may meet. A request whose answer was lost may have been made: it changes
    /// nothing, and is made again.
    pub async fn request_document(
        &self,
        guid: HaloGuid,
        key: &DocumentKey,
        max_time_in_queue: Duration,
        deadline: Deadline,
    ) -> Result<Uuid, BpError> {
        let statement = Statement::DocumentContent;
        let command = key.parameters().into_iter().fold(self.pack.begin(statement), Command::with);
        let submitted =
            self.halo.submit(guid.0, &command, max_time_in_queue, Call::Read, deadline).await;
        tracing::info!(
            statement = statement.name(),
            outcome = if submitted.is_ok() { "ok" } else { "failed" },
            "asked Bp, asynchronously"
        );
        submitted.map(|query| query.query_id).map_err(|error| error_of(statement, error))
    }

    /// How far a request is.
    ///
    /// # Errors
    /// What any Halo call may meet; that the query itself failed is no error of the asking.
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
