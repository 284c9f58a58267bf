//! The control API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::support::{Bench, reply};

#[tokio::test]
async fn the_practices_are_described_with_people_to_try() {
    let bench = Bench::new().await;
    let practices = bench.control(Method::GET, "/practices", Value::Null).await.body;
    let practices = practices["practices"].as_array().unwrap();
    let sites: Vec<_> = practices.iter().map(|one| one["siteId"].as_str().unwrap()).collect();
    assert_eq!(sites, ["71001", "71002", "71003", "71004", "71005"]);
    for practice in practices {
        assert!(practice["users"].as_array().is_some_and(|users| !users.is_empty()));
        assert!(practice["patients"].as_array().is_some_and(|patients| !patients.is_empty()));
        let file = practice["databaseFile"].as_str().unwrap();
        assert!(std::path::Path::new(file).exists());
    }
}

#[tokio::test]
async fn unknown_fields_and_bad_values_are_refused_and_change_nothing() {
    let bench = Bench::new().await;
    let path = format!("/practices/{}", bench.site_id());
    let before = bench.control(Method::GET, &path, Value::Null).await.body;
    for wrong in [
        json!({"availability": "asleep"}),
        json!({"integrationEnabled": "yes"}),
        json!({"colour": "blue"}),
        json!({"pmsVersion": " "}),
        json!({"missingColumns": ["Gender"], "integrationEnabled": false}),
        json!([]),
    ] {
        let answer = bench.control(Method::PUT, &path, wrong.clone()).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(!answer.message().is_empty());
    }
    assert_eq!(bench.control(Method::GET, &path, Value::Null).await.body, before);
    let unknown = bench.control(Method::PUT, "/practices/70999", json!({})).await;
    assert_eq!(unknown.status, 404);
    let backwards = bench.control(Method::POST, "/clock/advance", json!({"seconds": -1})).await;
    assert_eq!(backwards.status, 400);
    let nonsense = bench.control(Method::GET, "/queries?since=yesterday", Value::Null).await;
    assert_eq!(nonsense.status, 400);
    let misspelt = bench.control(Method::GET, "/queries?sine=1", Value::Null).await;
    assert_eq!(misspelt.status, 400);
}

#[tokio::test]
async fn the_journal_names_calls_and_holds_no_values() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let code = bench.code(bench.site_id()).await;
    bench.pair_with(bench.site_id(), Some(&code)).await;
    let start = bench.calls(0).await.last().unwrap()["sequence"].as_u64().unwrap();
    let text = "-- statement: patient_search\n\
        SELECT InternalID FROM dbo.BPS_Patients WHERE Surname = @surname AND 'Inline' = 'Inline'";
    bench
        .immediate(
            &guid,
            json!({"command": {"text": text, "parameters": [
            {"name": "@surname", "direction": "input", "type": "VarChar", "value": "Secretname",
             "size": 40}]}}),
        )
        .await;
    bench.select(&guid, "SELECT * FROM dbo.NONE WHERE a = 'Secretname'").await;
    bench.faults(json!([{"operation": "fhirRead", "effect": "500"}])).await;
    let search = format!("/integrator/sites/{guid}/fhir/R4/Patient?family=Secretname");
    assert_eq!(bench.get(&search).await.status, 500);

    let calls = bench.calls(start).await;
    let column =
        |name: &str| -> Vec<Value> { calls.iter().map(|call| call[name].clone()).collect() };
    assert_eq!(
        column("operation"),
        [json!("immediateQuery"), json!("immediateQuery"), json!("fhirRead")]
    );
    assert_eq!(column("statement"), [json!("patient_search"), Value::Null, Value::Null]);
    assert_eq!(column("status"), [json!(200), json!(400), json!(500)]);
    assert_eq!(column("outcome"), [json!("successful"), json!("executionFailed"), json!("failed")]);
    assert_eq!(column("fault"), [Value::Null, Value::Null, json!("500")]);
    assert!(column("siteId").iter().all(|site| site == "71001"));
    let all = json!(bench.calls(0).await).to_string();
    for value in ["Secretname", "Inline", code.as_str(), bench.running.primary_key()] {
        assert!(!all.contains(value), "the journal holds {value}");
    }
    let instant = calls[1]["at"].as_str().unwrap();
    let later = bench.control(Method::GET, &format!("/queries?since={instant}"), Value::Null).await;
    assert!(later.body["queries"].as_array().unwrap().len() >= 2);
}

#[tokio::test]
async fn a_checked_inbox_item_moves_to_correspondence_in_with_its_bytes() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let practices = bench.control(Method::GET, "/practices", Value::Null).await.body;
    let user = practices["practices"][0]["users"][0]["userId"].clone();
    let item = bench
        .select(
            &guid,
            "SELECT TOP 1 REPORTID, INTERNALID FROM dbo.INCOMINGREPORTS \
             WHERE RECORDSTATUS = 1 AND CHECKEDBY = 0 AND INTERNALID > 0 AND STOREIN = 2 \
             ORDER BY REPORTID",
        )
        .await
        .rows()[0]
        .clone();
    let report = item["REPORTID"].as_i64().expect("the seed has an unchecked item");
    let path = format!("/practices/{}/inbox/{report}/check", bench.site_id());
    let body = json!({"userId": user, "notation": 4, "action": 1});
    let checked = bench.control(Method::POST, &path, body.clone()).await;
    assert_eq!(checked.status, 200, "{checked:?}");
    let document = checked.body["documentId"].as_i64().unwrap();

    let select = |text: String| {
        let (bench, guid) = (&bench, &guid);
        async move { bench.select(guid, &text).await.rows()[0].clone() }
    };
    let columns = "CHECKEDBY, NOTATION, ACTION, CHECKDATE, INTERNALID, USERID";
    let filed =
        select(format!("SELECT {columns} FROM dbo.CORRESPONDENCEIN WHERE DOCUMENTID = {document}"))
            .await;
    let left =
        select(format!("SELECT {columns} FROM dbo.INCOMINGREPORTS WHERE REPORTID = {report}"))
            .await;
    assert_eq!(filed, left, "both rows tell the same");
    assert_eq!(filed["CHECKEDBY"], user);
    assert_eq!((&filed["NOTATION"], &filed["ACTION"]), (&json!(4), &json!(1)));
    assert_eq!(filed["INTERNALID"], item["INTERNALID"]);
    let bytes = select(format!(
        "SELECT c.STORED, (SELECT COUNT(*) FROM BPSDocuments.dbo.DOCUMENTS d \
         WHERE d.STORE = c.STORED AND d.KIND = 'CORRESPONDENCEIN' AND d.RECORDID = c.DOCUMENTID) \
         AS n FROM dbo.CORRESPONDENCEIN c WHERE c.DOCUMENTID = {document}"
    ))
    .await;
    assert_eq!(bytes["STORED"].as_i64() > Some(0), bytes["n"].as_i64() > Some(0), "{bytes}");

    let again = bench.control(Method::POST, &path, body.clone()).await;
    assert_eq!(again.status, 409);
    let nobody = json!({"userId": 424_242, "notation": 4, "action": 1});
    assert_eq!(bench.control(Method::POST, &path, nobody).await.status, 400);
    let odd = json!({"userId": user, "notation": 9, "action": 1});
    assert_eq!(bench.control(Method::POST, &path, odd).await.status, 400);
    let none = format!("/practices/{}/inbox/99999999/check", bench.site_id());
    assert_eq!(bench.control(Method::POST, &none, body).await.status, 404);
}

#[tokio::test]
async fn a_reset_brings_everything_back_to_the_seeded_state() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let path = format!("/practices/{}", bench.site_id());
    let read = "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1";
    let seeded = bench.select(&guid, read).await.rows();
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Zzz' WHERE INTERNALID = 1";
    bench.select(&guid, write).await;
    assert_ne!(bench.select(&guid, read).await.rows(), seeded);
    let code = bench.code(bench.site_id()).await;
    bench.change(json!({"rotateGuid": true, "availability": "offline", "name": "Else"})).await;
    bench.faults(json!([{"operation": "any", "effect": "500"}])).await;
    bench.advance(10_000_000).await;

    let reset = bench.control(Method::POST, "/reset", Value::Null).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    assert!(bench.calls(0).await.is_empty());
    assert_eq!(bench.pair_with(bench.site_id(), Some(&code)).await.status, 400);
    let practice = bench.control(Method::GET, &path, Value::Null).await.body;
    assert_eq!(practice["paired"], false);
    assert_eq!(practice["availability"], "online");
    assert_eq!(practice["haloGuid"], guid.as_str());
    assert_eq!(bench.pair().await, guid);
    assert_eq!(bench.select(&guid, read).await.rows(), seeded);
    let now: jiff::Timestamp = reset.body["now"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(now).as_secs().abs() < 60);
}

#[tokio::test]
async fn the_practices_clock_is_local_and_moves_with_the_injected_one() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.advance(3 * 86_400).await;
    let text = "SELECT CONVERT(varchar(19), GETDATE(), 126) AS now";
    let shown = bench.select(&guid, text).await.rows()[0]["now"].as_str().unwrap().to_owned();
    let shown: jiff::civil::DateTime = shown.parse().unwrap();
    let real = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72);
    let expected = jiff::tz::TimeZone::get("Australia/Sydney").unwrap().to_datetime(real);
    assert!(shown.duration_until(expected).as_secs().abs() < 120, "{shown} {expected}");
}

#[tokio::test]
async fn the_control_api_is_healthy_and_knows_its_methods() {
    let bench = Bench::new().await;
    let health = bench.control(Method::GET, "/health", Value::Null).await;
    assert_eq!((health.status, &health.body["status"]), (200, &json!("ok")));
    let url = |path: &str| format!("{}{path}", bench.running.control_url());
    assert_eq!(reply(bench.client.delete(url("/health"))).await.status, 405);
    assert_eq!(reply(bench.client.get(url("/nothing"))).await.status, 404);
}

#[tokio::test]
async fn a_login_in_british_english_reads_days_first() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    const QUERY: &str = "SELECT CAST('2026-05-06' AS datetime) AS d, @@LANGUAGE AS l";
    let before = bench.select(&guid, QUERY).await.rows();
    assert_eq!(before[0], json!({"d": "2026-05-06T00:00:00", "l": "us_english"}));
    let changed = bench.change(json!({"loginLanguage": "British"})).await;
    assert_eq!(changed.body["loginLanguage"], "British");
    let after = bench.select(&guid, QUERY).await.rows();
    assert_eq!(after[0], json!({"d": "2026-06-05T00:00:00", "l": "British"}));
}

#[tokio::test]
async fn the_screens_of_bp_show_the_inbox_the_letters_and_a_day_of_the_book() {
    let bench = Bench::new().await;
    let of = |what: &str| format!("/practices/{}/{what}", bench.site_id());
    let inbox = bench.control(Method::GET, &of("inbox"), Value::Null).await.body;
    let item = &inbox["items"][0];
    assert!(item["reportId"].is_i64() && item["subject"].is_string(), "{item}");
    let letters = bench.control(Method::GET, &of("correspondence-out"), Value::Null).await.body;
    let letter = &letters["items"][0];
    assert!(letter["recordId"].is_i64() && letter["patientName"].is_string(), "{letter}");

    let practice = bench.control(Method::GET, &of("")[..of("").len() - 1], Value::Null).await.body;
    let file = practice["databaseFile"].as_str().unwrap();
    let day: String = rusqlite::Connection::open(file)
        .unwrap()
        .query_row(
            "SELECT substr(min(APPOINTMENTDATE), 1, 10) FROM APPOINTMENTS WHERE RECORDSTATUS = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let book = bench.control(Method::GET, &of(&format!("book?date={day}")), Value::Null).await.body;
    let first = &book["appointments"][0];
    assert!(first["startMinute"].as_i64().is_some_and(|minute| minute < 1440), "{first}");
    assert!(first["minutes"].as_i64().is_some_and(|minutes| minutes > 0), "{first}");
    let nonsense = bench.control(Method::GET, &of("book?date=today"), Value::Null).await;
    assert_eq!(nonsense.status, 400);
}

#[tokio::test]
async fn pages_of_this_machine_may_call_the_control_api_and_others_may_not() {
    let bench = Bench::new().await;
    let http = halo_simulator::local_client().unwrap();
    let url = format!("{}/practices/{}", bench.control_url(), bench.site_id());
    let asked = http
        .request(Method::OPTIONS, &url)
        .header("origin", "http://127.0.0.1:4321")
        .header("access-control-request-method", "PUT")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.headers()["access-control-allow-origin"], "http://127.0.0.1:4321");
    assert_eq!(asked.headers()["access-control-allow-headers"], "content-type");
    let read = http.get(&url).header("origin", "http://localhost:8080").send().await.unwrap();
    assert_eq!(read.headers()["access-control-allow-origin"], "http://localhost:8080");
    for stranger in ["https://example.org", "http://127.0.0.1.example.org", "null"] {
        let refused = http.get(&url).header("origin", stranger).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{stranger}");
    }
}
