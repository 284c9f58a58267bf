//! A patient's documents, as Bp files them: five folders, listed in pages.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::ids::DocumentId;

/// Where Bp keeps a document. Within one day a list follows this order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Folder {
    /// Results.
    Investigations,
    /// Letters to the practice.
    CorrespondenceIn,
    /// Letters of the practice.
    CorrespondenceOut,
    /// Care plans and the like.
    EnhancedPrimaryCare,
    /// Photographs.
    ClinicalImages,
}

impl Folder {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Investigations,
        Self::CorrespondenceIn,
        Self::CorrespondenceOut,
        Self::EnhancedPrimaryCare,
        Self::ClinicalImages,
    ];

    /// Takes a folder's name.
    ///
    /// # Errors
    /// Lists the names when the text is none of them.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|folder| folder.name() == text).ok_or(Invalid(
            "a folder is investigations, correspondenceIn, correspondenceOut, enhancedPrimaryCare or clinicalImages",
        ))
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Investigations => "investigations",
            Self::CorrespondenceIn => "correspondenceIn",
            Self::CorrespondenceOut => "correspondenceOut",
            Self::EnhancedPrimaryCare => "enhancedPrimaryCare",
            Self::ClinicalImages => "clinicalImages",
        }
    }

    /// Its name in words, as Bp writes it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Investigations => "Investigations",
            Self::CorrespondenceIn => "Correspondence In",
            Self::CorrespondenceOut => "Correspondence Out",
            Self::EnhancedPrimaryCare => "Enhanced Primary Care",
            Self::ClinicalImages => "Clinical Images",
        }
    }
}

/// A filter for the list of documents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct AttachmentFilter {
    /// One folder only.
    pub folder: Option<Folder>,
    /// From this day on. It leaves out documents without a date.
    pub from: Option<Date>,
    /// Until this day, included.
    pub to: Option<Date>,
}

/// Takes a day, written `YYYY-MM-DD`.
///
/// # Errors
/// If the text is anything else, or there is no such day.
pub fn parse_day(text: &str) -> Result<Date, Invalid> {
    let wrong = Invalid("this is a real date, written YYYY-MM-DD");
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(wrong);
    }
    text.parse().map_err(|_| wrong)
}

/// How many documents a page shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSize(u16);

impl PageSize {
    /// Halo can return so many, and people can read them.
    pub const MOST_DOCUMENTS: u16 = 200;

    /// Takes 1 to 200.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.parse()
            .ok()
            .filter(|size| (1..=Self::MOST_DOCUMENTS).contains(size) && !text.starts_with('+'))
            .map(Self)
            .ok_or(Invalid("this is a whole number from 1 to 200"))
    }

    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// A document's place in the list: newest day first, then by folder, then the highest number first. The place
/// does not change when other documents are added or removed, so the next page begins after it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Position {
    /// Its day; documents without one come last.
    pub day: Option<Date>,
    /// Its folder.
    pub folder: Folder,
    /// Its number there.
    pub document: DocumentId,
}

/// One document in the list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Where it is.
    pub folder: Folder,
    /// Bp's number for it, in that folder.
    pub document_id: DocumentId,
    /// The date on the letter or report. For a result, the day of the report, or else of the collection.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// What it is about: subject, name of the test, kind of report.
    pub subject: Option<String>,
    /// The category, in Bp's words.
    pub category: Option<String>,
    /// Who it is from. For the practice's own documents, the practitioner.
    pub from: Option<String>,
    /// Who it is to. Only for the practice's own letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<String>,
    /// Whether the practice marked it as confidential; null if Bp does not say.
    pub confidential: Option<bool>,
    /// Whether a letter of the practice is still a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub draft: Option<bool>,
    /// Whether Bp has a file for it. A result without a file is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub has_file: Option<bool>,
    /// The members whose values could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub unreadable: Vec<&'static str>,
}

impl Attachment {
    /// Its place in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { day: self.date, folder: self.folder, document: self.document_id }
    }
}

/// Why a folder is not in the list; the names are those of the API's problems.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FolderProblem {
    /// Our Bp login has no permission to read it.
    BpPermissionMissing,
    /// This Bp release has no such folder, or the folder has other columns.
    BpReleaseDiffers,
    /// The database refused for another reason.
    BpRefused,
}

/// A folder that could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct UnavailableFolder {
    /// The folder.
    pub folder: Folder,
    /// Why.
    pub problem: FolderProblem,
}

/// A part of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct AttachmentPage {
    /// The documents, in order.
    pub items: Vec<Attachment>,
    /// Whether there are more after them.
    pub more: bool,
    /// What is missing.
    pub unavailable_folders: Vec<UnavailableFolder>,
    /// How many rows of Bp's answer could not be read. Their documents are missing from the items.
    pub unreadable_rows: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_known_by_the_name_that_it_is_shown_under() {
        for folder in Folder::ALL {
            assert_eq!(Folder::parse(folder.name()), Ok(folder));
            assert_eq!(serde_json::to_value(folder).unwrap(), folder.name());
        }
        for wrong in ["", "Investigations", "correspondencein", "letters"] {
            assert!(Folder::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_day_that_cannot_be_is_refused() {
        assert!(parse_day("2024-02-29").is_ok());
        for wrong in ["", "2023-02-29", "2024-13-01", "20240101", "2024-1-1", "2024-01-01T00:00"] {
            assert!(parse_day(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_page_has_one_to_two_hundred_documents() {
        assert_eq!(PageSize::parse("1").map(PageSize::get), Ok(1));
        assert_eq!(PageSize::parse("200").map(PageSize::get), Ok(200));
        for wrong in ["", "0", "201", "-1", "+5", "ten", "5.0", "99999999999"] {
            assert!(PageSize::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
