//! The objects in the bucket that belong to a document, and what is known of them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What Bp says of a document, without its bytes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The document's date.
    pub dated: Option<Date>,
    /// The extension of its file, without the dot.
    pub file_type: Option<String>,
}

/// An object that is being written, or that is of no use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The object's key. It contains nothing about anybody.
    pub key: String,
    /// The open upload that will become the object.
    pub upload_id: Option<String>,
}

impl Place {
    /// The key of the text rendition of the object at `key`.
    #[must_use]
    pub fn rendition_key(key: &str) -> String {
        format!("{key}.txt")
    }

    /// The keys of all objects that may exist. Deleting a place means deleting all of them.
    #[must_use]
    pub fn keys(&self) -> [String; 2] {
        [self.key.clone(), Self::rendition_key(&self.key)]
    }
}

/// A finished copy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StagedCopy {
    /// The object's key.
    pub key: String,
    /// How many bytes.
    pub bytes: u64,
    /// Their type, found from their content.
    pub content_type: String,
    /// The usual extension of such a file.
    pub extension: String,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// When it was finished.
    pub staged_at: Timestamp,
    /// The document's date. Copies of the previous release have none.
    #[serde(default)]
    pub dated: Option<Date>,
    /// Its words as plain text, if they could be read.
    #[serde(default)]
    pub rendition: Option<StagedRendition>,
}

impl StagedCopy {
    /// The rendition's key, if there is one.
    #[must_use]
    pub fn rendition_key(&self) -> String {
        Place::rendition_key(&self.key)
    }
}

/// The text rendition of a finished copy, under [`StagedCopy::rendition_key`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StagedRendition {
    /// How many bytes.
    pub bytes: u64,
    /// Their type.
    pub content_type: String,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
}
