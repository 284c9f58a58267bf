//! What the caller of an import asks for.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::attachments::Folder;
use crate::connection::Database;
use crate::ids::{DocumentId, PatientId, Subject};

/// The caller's own id of an import: the same id is the same import.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImportId(String);

impl ImportId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("an import id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the caller files a document under on the referral form: Pathology, Imaging, …
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Category(String);

impl Category {
    /// Takes 1 to 40 characters on one line; blanks around them are dropped.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let fits = (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("a category is 1 to 40 characters on one line"))
    }

    /// The category as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(ImportId, Category);

/// One document that was asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// Where it is.
    pub folder: Folder,
    /// Bp's number for it, in that folder.
    pub document_id: DocumentId,
    /// What the caller files it under.
    pub category: Option<Category>,
}

/// The documents of one import: 1 to 50, each once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selections(Vec<Selection>);

/// Why documents make no import.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoSelections {
    /// None, or more than [`Selections::MOST_DOCUMENTS`].
    Number,
    /// The one at this place was there before.
    Twice(usize),
}

impl Selections {
    /// More than a referral form ever holds; one transaction writes them all.
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

    /// They, in the order in which they were asked for.
    #[must_use]
    pub fn as_slice(&self) -> &[Selection] {
        &self.0
    }
}

/// An import as it was asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// From whose Bp: the numbers of patient and documents are this database's.
    pub site: Database,
    /// Whose documents.
    pub patient: PatientId,
    /// Who asked.
    pub asked_by: Subject,
    /// When.
    pub asked_at: Timestamp,
    /// How many documents.
    pub documents: u32,
    /// When somebody cancelled it.
    pub cancelled_at: Option<Timestamp>,
}
