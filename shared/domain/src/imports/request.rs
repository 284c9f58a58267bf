//! The caller's request for an import.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::attachments::Folder;
use crate::connection::Database;
use crate::ids::{DocumentId, PatientId, Subject};

/// The caller's own id of an import. The same id always means the same import.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImportId(String);

impl ImportId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("an import id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The category of a document on the caller's referral form: Pathology, Imaging, …
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Category(String);

impl Category {
    /// Takes 1 to 40 characters on one line. Blanks around them are dropped.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let fits = (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("a category is 1 to 40 characters on one line"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(ImportId, Category);

/// One document that was requested.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Its folder.
    pub folder: Folder,
    /// Bp's number for it, in that folder.
    pub document_id: DocumentId,
    /// The category on the caller's form.
    pub category: Option<Category>,
}

/// The documents of one import: 1 to 50, each once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selections(Vec<Selection>);

/// Why a list of documents is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoSelections {
    /// It is empty, or has more than [`Selections::MOST_DOCUMENTS`].
    Number,
    /// The document at this index is already in the list.
    Twice(usize),
}

impl Selections {
    /// More than any referral form needs. One transaction writes them all.
    pub const MOST_DOCUMENTS: usize = 50;

    /// Takes 1 to 50 documents, each once.
    ///
    /// # Errors
    /// Says which rule is broken.
    pub fn new(selections: Vec<Selection>) -> Result<Self, NoSelections> {
        if !(1..=Self::MOST_DOCUMENTS).contains(&selections.len()) {
            return Err(NoSelections::Number);
        }
        let mut seen = HashSet::new();
        for (place, selection) in selections.iter().enumerate() {
            if !seen.insert((selection.folder.name(), selection.document_id)) {
                return Err(NoSelections::Twice(place));
            }
        }
        Ok(Self(selections))
    }

    /// The documents, in the order of the request.
    #[must_use]
    pub fn as_slice(&self) -> &[Selection] {
        &self.0
    }
}

/// An import as it was requested.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The Bp database. The numbers of the patient and the documents belong to it.
    pub site: Database,
    /// The patient.
    pub patient: PatientId,
    /// Who requested it.
    pub asked_by: Subject,
    /// When it was requested.
    pub asked_at: Timestamp,
    /// How many documents.
    pub documents: u32,
    /// When somebody cancelled it.
    pub cancelled_at: Option<Timestamp>,
}
