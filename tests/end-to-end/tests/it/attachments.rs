//! "Import attachments": the list of documents to choose from, over all folders, in pages.

use std::collections::BTreeSet;

use end_to_end::{Answer, TestPractice, TestStack};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

/// A patient with documents in every folder.
const SHOWCASE: i64 = 1;
/// A patient with ten thousand letters.
const MANY: i64 = 24;

async fn list(practice: &TestPractice, patient: i64, query: &str) -> Answer {
    practice.clinician.get(&format!("/patients/{patient}/attachments{query}")).await
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.assert_status(200).at("/items").as_array().unwrap().clone()
}

/// The practice's own database, opened directly.
fn database(stack: &TestStack) -> Connection {
    let practice =
        stack.file().practices.iter().find(|practice| practice.site_id == LARGE).unwrap();
    let connection = Connection::open(&practice.database_file).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection
}

/// Every document of a patient in Bp's tables, in the order that the API promises.
fn expected(stack: &TestStack, patient: i64) -> Vec<Value> {
    let connection = database(stack);
    let doctor = "(SELECT rtrim(rtrim(coalesce(t.TITLE, '')) || ' ' || rtrim(u.FIRSTNAME)) || ' ' || rtrim(u.SURNAME)
        FROM USERS u LEFT JOIN TITLES t ON t.TITLECODE = u.TITLECODE WHERE u.USERID = x.USERID)";
    let sql = format!(
        "SELECT 1, 'investigations', REPORTID, coalesce(REPORTDATE, COLLECTIONDATE), TESTNAME, NULL, PROVIDERNAME, NULL, CONFIDENTIALFLAG, NULL, STORED
           FROM INVESTIGATIONS x WHERE INTERNALID = ?1 AND RECORDSTATUS = 1
         UNION ALL SELECT 2, 'correspondenceIn', DOCUMENTID, CORRESPONDENCEDATE, SUBJECT, CATEGORY, CONTACTNAME, NULL, CONFIDENTIALFLAG, NULL, STORED
           FROM CORRESPONDENCEIN x WHERE INTERNALID = ?1 AND RECORDSTATUS = 1 AND CLINICALIMAGE = 0
         UNION ALL SELECT 3, 'correspondenceOut', RECORDID, CORRESPONDENCEDATE, SUBJECT, NULL, {doctor}, CONTACTNAME, CONFIDENTIALFLAG, STATUSCODE = 2, STORED
           FROM CORRESPONDENCEOUT x WHERE INTERNALID = ?1 AND RECORDSTATUS = 1
         UNION ALL SELECT 4, 'enhancedPrimaryCare', REPORTID, REPORTDATE, (SELECT EPCTEXT FROM EPCTypes WHERE EPCCODE = REPORTTYPE), NULL, {doctor}, NULL, NULL, NULL, STORED
           FROM EPCREPORTS x WHERE INTERNALID = ?1 AND RECORDSTATUS = 1
         UNION ALL SELECT 5, 'clinicalImages', DOCUMENTID, CORRESPONDENCEDATE, SUBJECT, CATEGORY, {doctor}, NULL, NULL, NULL, STORED
           FROM CORRESPONDENCEIN x WHERE INTERNALID = ?1 AND RECORDSTATUS = 1 AND CLINICALIMAGE = 1
         ORDER BY 4 DESC NULLS LAST, 1, 3 DESC"
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement
        .query_map([patient], |row| {
            let text = |at| -> rusqlite::Result<Value> {
                let text: Option<String> = row.get(at)?;
                let text = text.map(|text| text.trim().to_owned());
                Ok(text.filter(|text| !text.is_empty()).map_or(Value::Null, Value::from))
            };
            let mut document = json!({
                "folder": row.get::<_, String>(1)?,
                "documentId": row.get::<_, i64>(2)?,
                "date": text(3)?.as_str().map(|date| date[..10].to_owned()),
                "subject": text(4)?,
                "category": text(5)?,
                "from": text(6)?,
                "confidential": row.get::<_, Option<bool>>(8)?,
                "hasFile": row.get::<_, i64>(10)? > 0,
            });
            if !text(7)?.is_null() {
                document["to"] = text(7)?;
            }
            if let Some(draft) = row.get::<_, Option<bool>>(9)? {
                document["draft"] = json!(draft);
            }
            Ok(document)
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// All documents of a list, and the number of its pages.
async fn walk(practice: &TestPractice, patient: i64, query: &str) -> (Vec<Value>, usize) {
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = list(practice, patient, &format!("?{query}{cursor}")).await;
        seen.extend(items(&page));
        pages += 1;
        match page.at("/nextCursor").as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (seen, pages),
        }
    }
}

fn keys(documents: &[Value]) -> Vec<(String, i64)> {
    documents
        .iter()
        .map(|one| {
            (one["folder"].as_str().unwrap().to_owned(), one["documentId"].as_i64().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn the_list_is_what_bp_has_in_all_five_folders_newest_first_from_one_query() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    let answer = list(&practice, SHOWCASE, "?limit=200").await;
    let found = items(&answer);
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:attachments"]);
    let wanted = expected(stack, SHOWCASE);
    assert_eq!(found, wanted);
    let folders: BTreeSet<_> = found.iter().map(|one| one["folder"].as_str().unwrap()).collect();
    assert_eq!(folders.len(), 5, "{folders:?}");
    assert!(answer.at("/nextCursor").is_null());
    assert_eq!(*answer.at("/unavailableFolders"), json!([]));

    let trail = practice.practice_admin.get("/audit").await;
    let last = trail.at("/items").as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["action"], &last["patients"]), (&json!("attachmentsListed"), &json!([1])));
}

#[tokio::test]
async fn a_letter_that_is_not_finished_is_marked_and_undated_documents_come_last() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let letter: i64 = database(stack)
        .query_row(
            "UPDATE CORRESPONDENCEOUT SET STATUSCODE = 2, CORRESPONDENCEDATE = NULL, STORED = 0 WHERE RECORDID =
             (SELECT max(RECORDID) FROM CORRESPONDENCEOUT WHERE INTERNALID = 1 AND RECORDSTATUS = 1) RETURNING RECORDID",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let (found, _) = walk(&practice, SHOWCASE, "limit=2").await;
    assert_eq!(found, expected(stack, SHOWCASE));
    let last = found.last().unwrap();
    assert_eq!(last["documentId"], letter);
    assert_eq!((&last["draft"], &last["hasFile"]), (&json!(true), &json!(false)));
    assert!(last["date"].is_null());
    // A document without a date is not in any period.
    let (dated, _) = walk(&practice, SHOWCASE, "to=2999-12-31").await;
    assert_eq!(keys(&dated), keys(&found[..found.len() - 1]));
}

#[tokio::test]
async fn a_folder_and_a_span_of_days_narrow_the_list() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let all = expected(stack, SHOWCASE);
    for folder in [
        "investigations",
        "correspondenceIn",
        "correspondenceOut",
        "enhancedPrimaryCare",
        "clinicalImages",
    ] {
        let (found, _) = walk(&practice, SHOWCASE, &format!("limit=3&folder={folder}")).await;
        let wanted: Vec<_> = all.iter().filter(|one| one["folder"] == folder).cloned().collect();
        assert_eq!(found, wanted, "{folder}");
    }
    let day = |at: usize| all[at]["date"].as_str().unwrap().to_owned();
    let (to, from) = (day(all.len() / 4), day(all.len() * 3 / 4));
    let within =
        |one: &&Value| one["date"].as_str().is_some_and(|date| *from <= *date && *date <= *to);
    let wanted: Vec<_> = all.iter().filter(within).cloned().collect();
    assert!(wanted.len() > 1 && wanted.len() < all.len(), "{from} to {to}");
    let (found, _) = walk(&practice, SHOWCASE, &format!("limit=200&from={from}&to={to}")).await;
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn ten_thousand_letters_are_each_seen_once_even_if_a_new_one_arrives_meanwhile() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let before = expected(stack, MANY);
    assert!(before.len() >= 10_000);
    let mark = bp.mark().await;
    let first = list(&practice, MANY, "?limit=200").await;
    let mut seen = items(&first);
    assert_eq!(seen.len(), 200);
    let add = |day: &str| {
        database(stack)
            .execute(
                "INSERT INTO CORRESPONDENCEIN (RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CORRESPONDENCEDATE,
                     CONTACTID, SUBJECT, CONFIDENTIALFLAG, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE,
                     CREATED, CREATEDBY, STATUSCODE)
                 SELECT RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, ?1, CONTACTID, 'Newcomer',
                     CONFIDENTIALFLAG, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED, CREATEDBY,
                     STATUSCODE FROM CORRESPONDENCEIN WHERE INTERNALID = ?2 AND CLINICALIMAGE = 0 LIMIT 1",
                rusqlite::params![day, MANY],
            )
            .unwrap();
    };
    // One document before the page that was read, one after it.
    add("2999-01-01T00:00:00");
    add("1999-01-01T00:00:00");
    let mut pages = 1;
    let mut cursor = first.text_at("/nextCursor").to_owned();
    loop {
        let page = list(&practice, MANY, &format!("?limit=200&cursor={cursor}")).await;
        seen.extend(items(&page));
        pages += 1;
        match page.at("/nextCursor").as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let (old, new): (Vec<_>, Vec<_>) =
        seen.into_iter().partition(|one| one["subject"] != "Newcomer");
    assert!(old == before, "{} documents were seen instead of {}", old.len(), before.len());
    assert_eq!(new.len(), 1, "the one behind, and not the one in front: {new:?}");
    let asked = named(&bp.queries_since(mark).await);
    assert_eq!(asked.len(), pages);
    assert!(asked.iter().all(|one| one == "immediateQuery:attachments"), "{asked:?}");
}

#[tokio::test]
async fn a_cursor_of_another_list_or_a_forged_one_is_refused_before_bp_is_asked() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let other = paired_practice(stack, &bp).await;
    let first = list(&practice, SHOWCASE, "?limit=1").await;
    let cursor = first.assert_status(200).text_at("/nextCursor").to_owned();
    let next = list(&practice, SHOWCASE, &format!("?limit=1&cursor={cursor}")).await;
    next.assert_status(200);
    let forged = format!("{}{}", if cursor.starts_with('A') { 'B' } else { 'A' }, &cursor[1..]);
    let mark = bp.mark().await;
    for answer in [
        list(&other, SHOWCASE, &format!("?cursor={cursor}")).await,
        list(&practice, MANY, &format!("?cursor={cursor}")).await,
        list(&practice, SHOWCASE, &format!("?folder=correspondenceIn&cursor={cursor}")).await,
        list(&practice, SHOWCASE, &format!("?from=2020-01-01&cursor={cursor}")).await,
        list(&practice, SHOWCASE, &format!("?to=2020-01-01&cursor={cursor}")).await,
        list(&practice, SHOWCASE, &format!("?cursor={forged}")).await,
        list(&practice, SHOWCASE, "?cursor=").await,
        list(&practice, SHOWCASE, "?cursor=MjAyNi0wMS0wMSBjb3JyZXNwb25kZW5jZUluIDE").await,
    ] {
        answer.assert_problem(400, "invalid-request");
        assert_eq!(answer.text_at("/errors/0/pointer"), "cursor");
    }
    assert!(bp.queries_since(mark).await.is_empty(), "a bad cursor reached the practice");
}

#[tokio::test]
async fn a_folder_that_bp_does_not_let_us_read_is_named_and_the_others_still_come() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(
        LARGE,
        json!({
            "deniedObjects": ["BPS_CorrespondenceOut"],
            "missingColumns": ["BPS_ClinicalImages.Category"],
        }),
    )
    .await;
    let mark = bp.mark().await;
    let answer = list(&practice, SHOWCASE, "?limit=200").await;
    let readable =
        |one: &Value| one["folder"] != "correspondenceOut" && one["folder"] != "clinicalImages";
    let wanted: Vec<_> = expected(stack, SHOWCASE).into_iter().filter(readable).collect();
    assert_eq!(items(&answer), wanted);
    assert_eq!(
        *answer.at("/unavailableFolders"),
        json!([
            { "folder": "correspondenceOut", "problem": "bp-permission-missing" },
            { "folder": "clinicalImages", "problem": "bp-release-differs" },
        ])
    );
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:attachments"]);
}

#[tokio::test]
async fn nobodys_documents_are_not_found_and_somebody_without_any_has_an_empty_list() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    // Unknown, deleted, or not a patient number.
    for nobody in ["1999999999", "21", "0", "-1", "x"] {
        let answer = practice.clinician.get(&format!("/patients/{nobody}/attachments")).await;
        answer.assert_problem(404, "not-found");
    }
    let empty = list(&practice, 2, "").await;
    assert_eq!(items(&empty), expected(stack, 2));
    let none = list(&practice, SHOWCASE, "?to=1901-01-01").await;
    assert!(items(&none).is_empty() && none.at("/nextCursor").is_null());
    practice.platform.get("/patients/1/attachments").await.assert_problem(403, "forbidden");
    let elsewhere = practice.clinician.at("bluegum-hollow");
    elsewhere.get("/patients/1/attachments").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_parameter_that_cannot_be_is_named() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    for (query, pointer) in [
        ("?folder=letters", "folder"),
        ("?from=2023-02-29", "from"),
        ("?to=01/02/2024", "to"),
        ("?from=2024-02-01&to=2024-01-31", "from"),
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?limit=ten", "limit"),
    ] {
        let answer = list(&practice, SHOWCASE, query).await;
        answer.assert_problem(400, "invalid-request");
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{query}");
    }
    list(&practice, SHOWCASE, "?offset=10").await.assert_problem(400, "invalid-request");
    assert!(bp.queries_since(mark).await.is_empty(), "a bad parameter reached the practice");
}

#[tokio::test]
async fn what_documents_are_about_is_in_no_log_and_in_no_table() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let canary = "Quandongberry tincture";
    database(stack)
        .execute("UPDATE CORRESPONDENCEIN SET SUBJECT = ?1 WHERE INTERNALID = 1", [canary])
        .unwrap();
    let page = list(&practice, SHOWCASE, "?limit=1&folder=correspondenceIn").await;
    assert_eq!(items(&page)[0]["subject"], canary);
    let cursor = page.text_at("/nextCursor").to_owned();
    bp.faults(json!([{ "operation": "immediateQuery", "effect": "wrongShape" }])).await;
    list(&practice, SHOWCASE, "").await.assert_problem(502, "malformed-answer");
    stack.assert_not_logged(&[canary, &cursor]).await;
    stack.assert_not_stored(&[canary, &cursor]).await;
}
