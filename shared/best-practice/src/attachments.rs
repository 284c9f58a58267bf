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
use crate::rows::{Unmappable, Unread, readable};
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
    let (mut known, mut documents) = (false, 0);
    let mut unavailable_folders = Vec::new();
    let lines = rows.iter().filter_map(|row| match row.int("Kind") {
        Ok(0) => {
            known = true;
            None
        }
        Ok(1) => match folder(row) {
            Ok(folder) => {
                // A number that cannot be read means that the database refused, as an unknown number does.
                let problem = row.int("Problem").map_or(FolderProblem::BpRefused, problem);
                unavailable_folders.push(UnavailableFolder { folder, problem });
                None
            }
            Err(problem) => Some(Err(problem)),
        },
        Ok(2) => {
            documents += 1;
            Some(attachment(row))
        }
        Ok(_) => Some(Err(Unmappable::OutOfRange("Kind"))),
        Err(problem) => Some(Err(problem.into())),
    });
    let (mut items, unreadable_rows) = readable(Statement::Attachments, lines);
    if !known && !rows.is_empty() {
        // Whether Bp has the patient is then not known.
        return Err(Unmappable::NotRead("Kind"));
    }
    let shown = usize::from(size.get());
    let more = documents > shown;
    if more && items.is_empty() {
        // The next page begins after the last document of this page, and no place can be read.
        return Err(Unmappable::NotRead("DocumentId"));
    }
    items.truncate(shown);
    Ok(known.then_some(AttachmentPage { items, more, unavailable_folders, unreadable_rows }))
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

/// The place of a document must be known, because pages begin after a place. Everything else may be missing.
fn attachment(row: &Row) -> Result<Attachment, Unmappable> {
    let mut unread = Unread::default();
    let stored = || match row.value("Stored")? {
        value if value.is_null() => Ok(None),
        _ => row.int("Stored").map(|stored| Some(stored > 0)),
    };
    Ok(Attachment {
        folder: folder(row)?,
        document_id: DocumentId::parse(row.int("DocumentId")?)
            .map_err(|_| Unmappable::OutOfRange("DocumentId"))?,
        date: row.date("Day")?,
        subject: unread.member("subject", row.text("Subject")),
        category: unread.member("category", row.text("Category")),
        from: unread.member("from", row.text("Sender")),
        to: unread.member("to", row.text("Recipient")),
        confidential: flag(unread.member("confidential", row.text("Confidential"))),
        draft: flag(unread.member("draft", row.text("Draft"))),
        has_file: unread.member("hasFile", stored()),
        unreadable: unread.names(),
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
    use serde_json::{Value, json};

    use super::*;
    use crate::rows::rows_of;

    fn line(kind: Value, folder: Value, document: Value, day: Value) -> Value {
        json!({ "Kind": kind, "Folder": folder, "Problem": null, "DocumentId": document, "Day": day,
            "Subject": "Left knee", "Category": null, "Sender": "Dr Made-Up", "Recipient": null,
            "Confidential": "No", "Draft": null, "Stored": 1 })
    }

    fn document(number: i64) -> Value {
        line(json!(2), json!(2), json!(number), json!("2026-05-06"))
    }

    fn head() -> Value {
        line(json!(0), json!(null), json!(null), json!(null))
    }

    fn read(lines: Vec<Value>, size: &str) -> Result<Option<AttachmentPage>, Unmappable> {
        page(&rows_of(Value::Array(lines)), PageSize::parse(size).unwrap())
    }

    #[test]
    fn a_row_that_cannot_be_read_costs_its_document_and_is_counted() {
        let odd = [
            line(json!(null), json!(2), json!(8), json!("2026-05-06")),
            line(json!(9), json!(2), json!(8), json!("2026-05-06")),
            line(json!(2), json!(6), json!(8), json!("2026-05-06")),
            line(json!(2), json!(null), json!(8), json!("2026-05-06")),
            line(json!(2), json!(2), json!(null), json!("2026-05-06")),
            line(json!(2), json!(2), json!(0), json!("2026-05-06")),
            line(json!(2), json!(2), json!(2_147_483_648_i64), json!("2026-05-06")),
            line(json!(2), json!(2), json!("eight"), json!("2026-05-06")),
            line(json!(2), json!(2), json!(8), json!("someday")),
            line(json!(2), json!(2), json!(8), json!({})),
            line(json!(1), json!(7), json!(null), json!(null)),
        ];
        for odd in odd {
            let lines = vec![head(), document(9), odd.clone(), document(7)];
            let page = read(lines, "50").unwrap().unwrap();
            let numbers: Vec<_> = page.items.iter().map(|item| item.document_id.0).collect();
            assert_eq!((numbers, page.unreadable_rows, page.more), (vec![9, 7], 1, false), "{odd}");
        }
    }

    #[test]
    fn a_cell_that_cannot_be_read_costs_its_member_which_is_named() {
        let columns =
            ["Subject", "Category", "Sender", "Recipient", "Confidential", "Draft", "Stored"];
        let members = ["subject", "category", "from", "to", "confidential", "draft", "hasFile"];
        for (column, member) in columns.into_iter().zip(members) {
            let mut odd = document(8);
            odd[column] = json!({ "a": 1 });
            let page = read(vec![head(), odd, document(7)], "50").unwrap().unwrap();
            assert_eq!(page.items[0].unreadable, [member]);
            assert_eq!((page.items.len(), page.unreadable_rows), (2, 0), "{column}");
            assert_eq!(page.items[1].subject.as_deref(), Some("Left knee"));
        }
    }

    #[test]
    fn a_page_goes_on_after_its_last_readable_document() {
        let odd = || line(json!(2), json!(2), json!(null), json!("2026-05-06"));
        // The statement returned one more document than the page shows.
        let page = read(vec![head(), document(9), odd(), document(7)], "2").unwrap().unwrap();
        assert_eq!((page.items.len(), page.more, page.unreadable_rows), (2, true, 1));
        let page = read(vec![head(), document(9), document(8), odd()], "2").unwrap().unwrap();
        assert_eq!((page.items.len(), page.more, page.unreadable_rows), (2, true, 1));
        // Without any place there is no next page, and the rest must not look like nothing.
        assert!(read(vec![head(), odd(), odd(), odd()], "2").is_err());
        let page = read(vec![head(), odd()], "2").unwrap().unwrap();
        assert_eq!((page.items.len(), page.more, page.unreadable_rows), (0, false, 1));
        assert!(read(vec![odd()], "2").is_err(), "whether there is such a patient is not known");
        assert_eq!(read(Vec::new(), "2"), Ok(None));
    }

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
