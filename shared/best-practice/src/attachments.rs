//! The list of a patient's documents.

use domain::attachments::{
    Attachment, AttachmentFilter, AttachmentPage, Folder, FolderProblem, PageSize, Position,
    UnavailableFolder,
};
use domain::ids::{DocumentId, HaloGuid, PatientId};
use halo::{Deadline, Parameter, Row, SqlFailure};
use jiff::civil::Date;

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::rows::Unmappable;
use crate::statements::Statement;

/// The day under which the statement lists documents without a date.
const NO_DAY: &str = "0000-00-00";
/// Before every day, but after [`NO_DAY`].
const FIRST_DAY: &str = "0001-01-01";
/// Later than every day.
const AFTER_ALL: &str = "9999-99-99";

impl BpClient {
    /// One page of a patient's documents: those after a position. `None` when Bp has no such patient.
    ///
    /// # Errors
    /// Every error that a query can have. A folder that cannot be read is no error.
    pub async fn attachments(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        filter: &AttachmentFilter,
        after: Option<&Position>,
        size: PageSize,
        deadline: Deadline,
    ) -> Result<Option<AttachmentPage>, BpError> {
        let day = |day: Option<Date>, otherwise: &str| {
            day.map_or_else(|| otherwise.to_owned(), |day| day.to_string())
        };
        let first = if filter.to.is_some() { FIRST_DAY } else { NO_DAY };
        let parameters = [
            Parameter::int("@patientId", patient.0),
            Parameter::int("@folder", filter.folder.map_or(0, number_of)),
            Parameter::var_char("@from", day(filter.from, first)),
            Parameter::var_char("@to", day(filter.to, AFTER_ALL)),
            Parameter::var_char(
                "@afterDay",
                after.map_or_else(|| AFTER_ALL.to_owned(), |after| day(after.day, NO_DAY)),
            ),
            Parameter::int("@afterFolder", after.map_or(0, |after| number_of(after.folder))),
            Parameter::int("@afterDocument", after.map_or(0, |after| after.document.0)),
            // One more than the page shows, to learn whether there are more.
            Parameter::int("@take", i64::from(size.get()) + 1),
        ];
        let rows = self.read(guid, Statement::Attachments, parameters, deadline).await?;
        malformed(Statement::Attachments, page(&rows, size))
    }
}

/// The statement's number for a folder. Folders are listed in the order of their numbers.
pub(crate) fn number_of(folder: Folder) -> i64 {
    match folder {
        Folder::Investigations => 1,
        Folder::CorrespondenceIn => 2,
        Folder::CorrespondenceOut => 3,
        Folder::EnhancedPrimaryCare => 4,
        Folder::ClinicalImages => 5,
    }
}

fn page(rows: &[Row], size: PageSize) -> Result<Option<AttachmentPage>, Unmappable> {
    let mut known = false;
    let mut items = Vec::new();
    let mut unavailable_folders = Vec::new();
    for row in rows {
        match row.int("Kind")? {
            0 => known = true,
            1 => unavailable_folders.push(UnavailableFolder {
                folder: folder(row)?,
                problem: problem(row.int("Problem")?),
            }),
            2 => items.push(attachment(row)?),
            _ => return Err(Unmappable::OutOfRange("Kind")),
        }
    }
    let shown = usize::from(size.get());
    let more = items.len() > shown;
    items.truncate(shown);
    Ok(known.then_some(AttachmentPage { items, more, unavailable_folders }))
}

fn folder(row: &Row) -> Result<Folder, Unmappable> {
    let number = row.int("Folder")?;
    Folder::ALL
        .into_iter()
        .find(|folder| number_of(*folder) == number)
        .ok_or(Unmappable::OutOfRange("Folder"))
}

/// The problem that SQL Server's error number stands for.
fn problem(number: i64) -> FolderProblem {
    match SqlFailure::of_number(number) {
        SqlFailure::PermissionDenied => FolderProblem::BpPermissionMissing,
        SqlFailure::UnknownObject => FolderProblem::BpReleaseDiffers,
        _ => FolderProblem::BpRefused,
    }
}

fn attachment(row: &Row) -> Result<Attachment, Unmappable> {
    let stored = match row.value("Stored")? {
        value if value.is_null() => None,
        _ => Some(row.int("Stored")? > 0),
    };
    Ok(Attachment {
        folder: folder(row)?,
        document_id: DocumentId::parse(row.int("DocumentId")?)
            .map_err(|_| Unmappable::OutOfRange("DocumentId"))?,
        date: row.date("Day")?,
        subject: row.text("Subject")?,
        category: row.text("Category")?,
        from: row.text("Sender")?,
        to: row.text("Recipient")?,
        confidential: flag(row.text("Confidential")?),
        draft: flag(row.text("Draft")?),
        has_file: stored,
    })
}

/// Reads Bp's word for yes or no. The words are not public, so an unknown word is neither.
fn flag(word: Option<String>) -> Option<bool> {
    match word?.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "1" => Some(true),
        "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_neither_yes_nor_no_says_nothing() {
        assert_eq!(flag(Some("Yes".to_owned())), Some(true));
        assert_eq!(flag(Some("No".to_owned())), Some(false));
        assert_eq!(flag(Some("Maybe".to_owned())), None);
        assert_eq!(flag(None), None);
    }

    #[test]
    fn the_statements_numbers_follow_the_order_of_the_folders() {
        assert!(Folder::ALL.iter().map(|folder| number_of(*folder)).is_sorted());
        assert!(Folder::ALL.is_sorted());
    }
}
