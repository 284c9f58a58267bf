//! The audit trail. Lines are appended and read by date. DynamoDB deletes them when they expire.

use domain::audit::AuditRecord;
use domain::ids::{PatientId, PracticeId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::item::{Item, audit_key, body, exact_instant, item, number, text};
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
}

/// Lines of the trail, oldest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// At most [`AuditPage::MOST_LINES`].
    pub records: Vec<AuditRecord>,
    /// Whether this span of time has more lines.
    pub more: bool,
}

impl AuditPage {
    /// The most lines in one answer. A caller reads more lines by asking for shorter spans of time.
    pub const MOST_LINES: usize = 1000;
}

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

    /// Reads a part of the trail.
    pub async fn audit_trail(
        &self,
        practice: &PracticeId,
        query: &AuditQuery,
    ) -> Result<AuditPage, StoreError> {
        let mut records: Vec<AuditRecord> = Vec::new();
        let mut after = None;
        loop {
            let found = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(audit_key(practice)))
                .expression_attribute_values(":from", text(exact_instant(query.from)))
                .expression_attribute_values(":to", text(exact_instant(query.to)))
                .set_exclusive_start_key(after)
                .send()
                .await?;
            for item in found.items() {
                let record: AuditRecord = body(item)?;
                if query.patient.is_none_or(|patient| record.patients.contains(&patient)) {
                    records.push(record);
                }
            }
            after = found.last_evaluated_key().cloned();
            if after.is_none() || records.len() > AuditPage::MOST_LINES {
                let more = records.len() > AuditPage::MOST_LINES;
                records.truncate(AuditPage::MOST_LINES);
                return Ok(AuditPage { records, more });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::sort_key;

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
