//! What documents are made of: their key, their bytes, and how far a request is.

use bytes::Bytes;
use domain::attachments::Folder;
use domain::ids::{DocumentId, PatientId};
use domain::imports::About;
use halo::Parameter;

use crate::attachments::number_of;
use crate::error::BpError;

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
    pub(super) fn parameters(&self) -> [Parameter; 3] {
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

/// Why a document's bytes end before their end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentError {
    /// Its pages are no longer kept: it is to be requested again.
    #[error("the pages of the document are no longer kept")]
    Lost,
    /// There are no bytes any more: the record changed after it was first looked at.
    #[error("the document has changed since it was first looked at")]
    Changed,
    /// What any query may meet.
    #[error(transparent)]
    Bp(#[from] BpError),
}

/// Some bytes of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DocumentPart {
    /// Of which of its pages, from 1. Each page is a file of its own.
    pub page: u32,
    /// How many pages it has.
    pub pages: u32,
    /// The next bytes of that page.
    pub bytes: Bytes,
}

/// What FHIR says of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FhirDocument {
    /// All of its bytes.
    Inline(Bytes),
    /// A Binary to be read.
    Binary {
        /// Its id.
        id: String,
        /// How many bytes it has, where that is said.
        bytes: Option<u64>,
    },
    /// There is no file.
    WithoutBytes,
    /// Several files.
    InParts,
}

/// A document by FHIR, and what is said of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FhirFound {
    /// What its name is made of.
    pub about: About,
    /// Its bytes, or how they are to be had.
    pub document: FhirDocument,
}
