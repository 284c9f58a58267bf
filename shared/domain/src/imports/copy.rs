//! What is in the bucket on a document's behalf, and what is known of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What Bp says of a document besides its bytes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The document's date.
    pub dated: Option<Date>,
    /// The ending of its file's name, without the dot.
    pub file_type: Option<String>,
}

/// An object that is being made, or was made and is no use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The object's key; it says nothing of anybody.
    pub key: String,
    /// The upload that is to become it, once it is open.
    pub upload_id: Option<String>,
}

impl Place {
    /// The key of the text that is made of the object at `key`.
    #[must_use]
    pub fn rendition_key(key: &str) -> String {
        format!("{key}.txt")
    }

    /// Every object that may be there: to clear a place away is to clear all of them away.
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
    /// Their type, by their content.
    pub content_type: String,
    /// The usual ending of such a file's name.
    pub extension: String,
    /// Their hash, in hexadecimal digits.
    pub sha256: String,
    /// When it was finished.
    pub staged_at: Timestamp,
    /// The document's date; the release before kept none.
    #[serde(default)]
    pub dated: Option<Date>,
    /// Its words as plain text, where they could be had.
    #[serde(default)]
    pub rendition: Option<StagedRendition>,
}

impl StagedCopy {
    /// Where the rendition is, where there is one.
    #[must_use]
    pub fn rendition_key(&self) -> String {
        Place::rendition_key(&self.key)
    }
}

/// A readable text beside a finished copy, under [`StagedCopy::rendition_key`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StagedRendition {
    /// How many bytes.
    pub bytes: u64,
    /// Their type.
    pub content_type: String,
    /// Their hash, in hexadecimal digits.
    pub sha256: String,
}
