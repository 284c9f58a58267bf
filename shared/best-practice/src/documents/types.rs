//! The types of documents: key, first answer, progress of a request, and parts of bytes.

use bytes::Bytes;
use domain::attachments::Folder;
use domain::ids::{DocumentId, PatientId};
use domain::imports::About;
use halo::Parameter;

use crate::attachments::number_of;
use crate::error::BpError;

/// Identifies a patient's document. The number alone does not: in another folder it belongs to another
/// patient's document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentKey {
    pub patient: PatientId,
    pub folder: Folder,
    /// Bp's number in that folder.
    pub document: DocumentId,
}

impl DocumentKey {
    pub(super) fn parameters(&self) -> [Parameter; 3] {
        [
            Parameter::int("@patientId", self.patient.0),
            Parameter::int("@folder", number_of(self.folder)),
            Parameter::int("@documentId", self.document.0),
        ]
    }
}

/// A document, with its date and type as Bp has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// What the copy's file name is made of.
    pub about: About,
    /// Its bytes, or how to get them.
    pub start: DocumentStart,
}

/// The first answer about a document: all of it if it is small.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentStart {
    /// All of its bytes.
    Inline(Bytes),
    /// All bytes of each of its several pages, in order. Each page is a file of its own.
    Pages(Vec<Bytes>),
    /// Too many bytes for the first answer: they must be requested asynchronously.
    Large { bytes: u64 },
    /// Bp's record has no file, or the file is missing.
    WithoutBytes,
    /// Several pages, each a file of its own, of which some are missing.
    InParts,
}

/// The progress of an asynchronous request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentProgress {
    Running,
    /// All of it can be fetched, from these pages in order.
    Ready {
        pages: Vec<u32>,
    },
    /// It never ran, or Halo no longer keeps its result: request it again.
    Lost,
    /// The practice's database refused.
    Failed(BpError),
}

/// Why a document's bytes cannot be read to their end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentError {
    /// Halo no longer keeps its pages: request it again.
    #[error("Halo no longer keeps the pages of the document")]
    Lost,
    /// There are no bytes any more: the record changed after the first answer.
    #[error("the document has changed since the first answer")]
    Changed,
    #[error(transparent)]
    Bp(#[from] BpError),
}

/// Some bytes of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DocumentPart {
    /// The page that the bytes belong to, from 1. Each page is a file of its own.
    pub page: u32,
    /// How many pages the document has.
    pub pages: u32,
    /// The next bytes of that page.
    pub bytes: Bytes,
}

/// What FHIR returns for a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FhirDocument {
    /// All of its bytes.
    Inline(Bytes),
    /// A Binary, and its size if FHIR gives one.
    Binary {
        id: String,
        bytes: Option<u64>,
    },
    WithoutBytes,
    /// Several files, of which it is not known whether they are pages.
    InParts,
}

/// A document that FHIR found, with its date.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FhirFound {
    /// What the copy's file name is made of.
    pub about: About,
    /// Its bytes, or how to get them.
    pub document: FhirDocument,
}
