//! The audit trail. Lines are appended and read by date. DynamoDB deletes them when they expire.

use domain::audit::AuditRecord;
use domain::ids::{PatientId, PracticeId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;
use crate::item::{Item, audit_key, body, exact_instant, item, number, sort_key, text};
use crate::table::Store;

/// A line to append to the trail.
#[derive(Clone, Debug)]
pub struct AuditItem {
    /// The content of the line.
    pub record: AuditRecord,
    /// How long it is kept.
    pub retention: SignedDuration,
}

/// The item of a line, with a key of its own.
pub(crate) fn audit_item(practice: &PracticeId, line: &AuditItem) -> Result<Item, StoreError> {
    let AuditItem { record, retention } = line;
    let sk = format!("{}#{}", exact_instant(record.at), Uuid::new_v4());
    let mut written = item(audit_key(practice), sk, record)?;
    written.insert("expiresAt".to_owned(), number((record.at + *retention).as_second()));
    Ok(written)
}

/// Which lines of the trail to read.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    /// From this instant.
    pub from: Timestamp,
    /// Before this instant.
    pub to: Timestamp,
    /// Only lines about this patient.
    pub patient: Option<PatientId>,
    /// Only lines after this place.
    pub after: Option<AuditPlace>,
    /// The largest number of lines.
    pub most: u16,
}

/// A line's place in the trail: its sort key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AuditPlace(String);

/// Lines of the trail, oldest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    pub records: Vec<AuditRecord>,
    /// The place after which there may be more lines, if the end was not reached.
    pub next: Option<AuditPlace>,
}

/// After how many lines the reading of one page stops, even if few are about the wanted patient.
const MOST_READ: usize = 5000;

impl Store {
    /// Appends a line. Call this before you show the record.
    ///
    /// # Errors
    /// When the table does not answer. The record must then not be shown.
    pub async fn audit(&self, practice: &PracticeId, line: &AuditItem) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(audit_item(practice, line)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await?;
        Ok(())
    }

    /// Reads a page of the trail. Reads at most some thousand lines: a page may be short, and still have a next
    /// one.
    pub async fn audit_trail(
        &self,
        practice: &PracticeId,
        query: &AuditQuery,
    ) -> Result<AuditPage, StoreError> {
        let most = usize::from(query.most);
        let begin = match &query.after {
            // No key has another key at its beginning, so this comes directly after the place.
            Some(AuditPlace(place)) => format!("{place}!"),
            None => exact_instant(query.from),
        };
        let end = exact_instant(query.to);
        let mut page = AuditPage { records: Vec::new(), next: None };
        if begin > end {
            return Ok(page);
        }
        let (mut read, mut start, mut last) = (0, None, None);
        loop {
            // Without a filter, every line that is read is shown.
            let limit = query.patient.is_none().then(|| i32::from(query.most) + 1);
            let found = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(audit_key(practice)))
                .expression_attribute_values(":from", text(&begin))
                .expression_attribute_values(":to", text(&end))
                .set_limit(limit)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            for item in found.items() {
                let record: AuditRecord = body(item)?;
                if query.patient.is_some_and(|patient| !record.patients.contains(&patient)) {
                    continue;
                }
                if page.records.len() == most {
                    page.next = last;
                    return Ok(page);
                }
                page.records.push(record);
                last = Some(AuditPlace(sort_key(item)?.to_owned()));
            }
            read += found.items().len();
            start = found.last_evaluated_key().cloned();
            match &start {
                None => return Ok(page),
                Some(key) if read >= MOST_READ => {
                    page.next = Some(AuditPlace(sort_key(key)?.to_owned()));
                    return Ok(page);
                }
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_of_one_millisecond_keep_their_order() {
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        let key = |at: &str| {
            let record = json!({ "at": at, "subject": "somebody", "action": "patientSearch",
                "patients": [], "requestId": "r-1" });
            let record = serde_json::from_value(record).unwrap();
            let line = AuditItem { record, retention: SignedDuration::from_hours(24) };
            sort_key(&audit_item(&practice, &line).unwrap()).unwrap().to_owned()
        };
        let keys = ["00.001Z", "00.001000001Z", "00.001000002Z", "00.002Z", "01Z"]
            .map(|second| key(&format!("2026-11-02T00:00:{second}")));
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
