//! The order of a row's members is that of the SELECT, in every form of rows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use halo_simulator::{Options, cloud::StreamForm};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::support::{Bench, eventually};

const QUERY: &str = "SELECT TOP 1 Surname, InternalID, Firstname, City, 1 AS zebra, 2 AS aardvark \
    FROM dbo.BPS_Patients WHERE InternalID > 0 ORDER BY InternalID";
const ORDER: [&str; 6] = ["Surname", "InternalID", "Firstname", "City", "zebra", "aardvark"];

/// The member names of the first object, in the order of the text.
fn order(text: &str) -> Vec<String> {
    struct Members(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Members {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Members;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Members, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, Value>()? {
                        names.push(name);
                    }
                    Ok(Members(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    let object = text.trim_start_matches('[').trim_end_matches(']');
    serde_json::from_str::<Members>(object).unwrap_or_else(|error| panic!("{text}: {error}")).0
}

fn decoded(data: &Value) -> String {
    let bytes = STANDARD.decode(data.as_str().expect("base64")).expect("base64");
    String::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn members_come_in_the_order_of_the_select_in_every_form() {
    let bench = Bench::with(Options { stream_form: StreamForm::Rows, ..Options::default() }).await;
    let guid = bench.pair().await;
    for layout in ["objects", "singleObject"] {
        bench.change(json!({"rowEncoding": layout})).await;
        let immediate = bench.select(&guid, QUERY).await;
        assert_eq!(order(&decoded(&immediate.body["result"]["data"])), ORDER, "{layout}");
    }
    bench.change(json!({"rowEncoding": "objects"})).await;

    let id = bench.submit(&guid, json!({"command": {"text": QUERY}})).await;
    bench.settle(&guid, &id).await;
    let page = bench.page(&guid, &id, 1).await;
    assert_eq!(order(&decoded(&page.body["data"])), ORDER, "page");
    let path = format!("/integrator/sites/{guid}/queries/{id}/results/1/stream");
    let text = bench.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(order(&text.text().await.expect("text")), ORDER, "stream");

    let registered = format!("/integrator/sites/{guid}/queries/registered");
    let body = json!({
        "name": "order", "registeredQueryType": "query", "frequency": 60, "duration": 600,
        "registerCommand": {"command": {"text": QUERY}},
    });
    let created = bench.post(&registered, body).await;
    assert_eq!(created.status, 202, "{created:?}");
    let id = created.body["id"].as_str().expect("an id").to_owned();
    let result = eventually("the registered query has a result", || async {
        let reply = bench.get(&format!("{registered}/{id}/results")).await;
        (reply.status == 200).then_some(reply.body)
    })
    .await;
    assert_eq!(order(&decoded(&result["data"])), ORDER, "registered");
}

#[tokio::test]
async fn a_repeated_column_is_numbered_and_stays_in_its_place() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let answer = bench.select(&guid, "SELECT 1 AS b, 2 AS a, 3 AS b, 4").await;
    assert_eq!(decoded(&answer.body["result"]["data"]), r#"[{"b":1,"a":2,"b1":3,"Column1":4}]"#);
}
