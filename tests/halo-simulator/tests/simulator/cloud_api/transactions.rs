//! Somebody at the practice has a transaction open in Bp.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::support::{Bench, eventually};

const HOLD: &str = "UPDATE dbo.PATIENTS SET CITY = 'Elsewhere' WHERE INTERNALID = 1";
const READ: &str = "SET LOCK_TIMEOUT 10; SELECT City FROM dbo.BPS_Patients WHERE InternalID = 1";

#[tokio::test]
async fn a_query_waits_for_what_somebody_at_the_practice_holds() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let path = format!("/practices/{}/transactions", bench.site_id());
    let opened = bench.control(Method::POST, &path, json!({"text": HOLD})).await;
    assert_eq!(opened.status, 201);
    let session = opened.body["session"].clone();
    assert_eq!(bench.select(&guid, READ).await.body["errorCode"], 1222);
    // Another patient is free.
    let other = bench.select(&guid, &READ.replace("InternalID = 1", "InternalID = 2")).await;
    assert_eq!(other.status, 200);

    let listed = bench.control(Method::GET, &path, Value::Null).await.body;
    assert_eq!(listed["open"][0]["session"], session);
    assert_eq!(listed["open"][0]["locks"][0]["object"], "BPSPatients.PATIENTS");
    let waiting = bench.immediate(
        &guid,
        json!({"command": {"text": READ.replace("LOCK_TIMEOUT 10", "LOCK_TIMEOUT -1")}}),
    );
    let commit = async {
        eventually("the query waits", async || {
            let listed = bench.control(Method::GET, &path, Value::Null).await.body;
            let open = listed["open"].as_array().unwrap();
            open.iter().any(|open| open["waitsFor"] == json!([session])).then_some(())
        })
        .await;
        bench.control(Method::POST, &format!("{path}/{session}/commit"), Value::Null).await
    };
    let (answer, committed) = tokio::join!(waiting, commit);
    assert_eq!((answer.status, committed.status), (200, 200));
    assert_eq!(answer.rows()[0]["City"].as_str().unwrap().trim_end(), "Elsewhere");
    let gone = bench.control(Method::POST, &format!("{path}/{session}/commit"), Value::Null).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_reset_ends_the_open_transactions() {
    let bench = Bench::new().await;
    let path = format!("/practices/{}/transactions", bench.site_id());
    bench.control(Method::POST, &path, json!({"text": HOLD})).await;
    let wrong = bench.control(Method::POST, &path, json!({"text": "SELECT 1 FROM dbo.NOPE"})).await;
    assert_eq!(wrong.status, 409);
    assert_eq!(bench.control(Method::POST, "/reset", Value::Null).await.status, 200);
    let listed = bench.control(Method::GET, &path, Value::Null).await.body;
    assert_eq!(listed, json!({"open": [], "ended": []}));
}
