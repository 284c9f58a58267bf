//! Steps at the start of many tests.

use std::path::Path;
use std::time::Duration;

use end_to_end::{Answer, Bp, Caller, Query, TestPractice, TestStack};
use rusqlite::Connection;
use serde_json::{Value, json};
use support::until;

/// The large demonstration practice's Site ID.
pub(crate) const LARGE: &str = "71001";
/// The small demonstration practice's Site ID.
pub(crate) const SMALL: &str = "71002";

/// What a clinician enters to pair: the form with a code.
pub(crate) fn form(site_id: &str, code: &str, first: &str, last: &str) -> Value {
    json!({ "siteId": site_id, "pairingCode": code, "clinician": { "firstName": first, "lastName": last } })
}

/// What a clinician of a paired practice enters: the form without a code.
pub(crate) fn form_without_code(site_id: &str, first: &str, last: &str) -> Value {
    json!({ "siteId": site_id, "clinician": { "firstName": first, "lastName": last } })
}

/// A person generates a code in Bp, and a doctor of the large practice enters it.
pub(crate) async fn pair(bp: &Bp<'_>, caller: &Caller) -> Answer {
    let code = bp.pairing_code(LARGE).await;
    let answer = caller.put("/connection", &form(LARGE, &code, "Amelia", "Thornbury")).await;
    answer.assert_status(200);
    answer
}

/// A new practice, paired with the large practice's Bp.
pub(crate) async fn paired_practice(stack: &TestStack, bp: &Bp<'_>) -> TestPractice {
    let practice = stack.new_practice().await;
    pair(bp, &practice.clinician).await;
    practice
}

/// The large practice's databases, opened directly: its records and its documents.
pub(crate) async fn databases(stack: &TestStack, bp: &Bp<'_>) -> (Connection, Connection) {
    let files = bp.practice(LARGE).await;
    let practice = stack.file().practices.iter().find(|it| it.site_id == LARGE).unwrap();
    let open = |path: &Path| {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    };
    let documents = files["documentsFile"].as_str().unwrap();
    (open(&practice.database_file), open(documents.as_ref()))
}

/// The calls as `operation` or `operation:statement`.
pub(crate) fn named(queries: &[Query]) -> Vec<String> {
    queries
        .iter()
        .map(|query| match &query.statement {
            Some(statement) => format!("{}:{statement}", query.operation),
            None => query.operation.clone(),
        })
        .collect()
}

/// Waits until the value at `pointer` of an answer is the wanted one.
pub(crate) async fn becomes(caller: &Caller, path: &str, pointer: &str, wanted: &str) -> Answer {
    until(&format!("{path} becomes {wanted}"), Duration::from_secs(180), async || {
        let answer = caller.get(path).await;
        answer.assert_status(200);
        if answer.at(pointer) == wanted { Ok(answer) } else { Err(answer.text) }
    })
    .await
}
