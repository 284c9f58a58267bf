//! The patient that an account was last shown under a patient number.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use domain::ids::{PatientId, PracticeId, Subject};
use domain::shown::ShownPatient;

use crate::error::StoreError;
use crate::item::{body, item, key, number};
use crate::table::Store;
use crate::transaction::pause;

/// The most items that DynamoDB takes in one batch.
const AT_ONCE: usize = 25;
/// How often the rest of a batch is sent again.
const BATCH_TRIES: u32 = 4;

fn shown_key(practice: &PracticeId) -> String {
    format!("SHOWN#{practice}")
}

fn sort_key(account: &Subject, patient: PatientId) -> String {
    // The number comes last and has only digits, so no two accounts share a key.
    format!("{}#{}", account.0, patient.0)
}

impl Store {
    /// Stores the patients that an account is shown under these numbers, and replaces what it was shown
    /// before. If a number is given twice, the last one is stored. One write for each 25 numbers, two at
    /// a time.
    ///
    /// # Errors
    /// When the table does not answer, or does not store all of them. The others may then be stored.
    pub async fn save_shown(
        &self,
        practice: &PracticeId,
        account: &Subject,
        shown: &[(PatientId, ShownPatient)],
    ) -> Result<(), StoreError> {
        let mut requests = HashMap::with_capacity(shown.len());
        for (patient, person) in shown {
            let sk = sort_key(account, *patient);
            let mut item = item(shown_key(practice), sk.clone(), person)?;
            let expires = person.shown_at + ShownPatient::KEPT_FOR;
            item.insert("expiresAt".to_owned(), number(expires.as_second()));
            let put = PutRequest::builder().set_item(Some(item)).build();
            // `build` fails only without an item.
            let put = put.map_err(|_| StoreError::Corrupt)?;
            requests.insert(sk, WriteRequest::builder().put_request(put).build());
        }
        let requests: Vec<WriteRequest> = requests.into_values().collect();
        let chunks: Vec<_> = requests.chunks(AT_ONCE).collect();
        for pair in chunks.chunks(2) {
            let mut pair = pair.iter().map(|chunk| self.put_all(chunk.to_vec()));
            match (pair.next(), pair.next()) {
                (Some(one), Some(other)) => {
                    tokio::try_join!(one, other)?;
                }
                (Some(one), None) => one.await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The patient that an account was last shown under a number. One consistent read. The item may have
    /// expired.
    pub async fn shown(
        &self,
        practice: &PracticeId,
        account: &Subject,
        patient: PatientId,
    ) -> Result<Option<ShownPatient>, StoreError> {
        let found = self.found(key(shown_key(practice), sort_key(account, patient))).await?;
        found.as_ref().map(body).transpose()
    }

    async fn put_all(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        for _ in 0..BATCH_TRIES {
            let written = self
                .client
                .batch_write_item()
                .request_items(self.table.clone(), requests)
                .send()
                .await?;
            requests =
                written.unprocessed_items.into_iter().flatten().flat_map(|it| it.1).collect();
            if requests.is_empty() {
                return Ok(());
            }
            pause().await;
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }
}
