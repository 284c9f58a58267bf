//! Advisories: known problems of a practice's releases, shown before they do harm.

use end_to_end::{Answer, TestStack};
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

fn ids(answer: &Answer) -> Vec<&str> {
    let shown = answer.at("/advisories").as_array().unwrap();
    shown.iter().map(|advisory| advisory["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_known_fault_of_a_release_is_told_where_it_matters_and_with_what_to_do() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let set = async |bp_version: &str, link: &str, clock: i64| {
        let change = json!({
            "pmsVersion": bp_version, "haloLinkVersion": link, "clockAheadSeconds": clock,
        });
        bp.set_practice(LARGE, change).await;
    };
    let everywhere = async || {
        let connection = practice.clinician.get("/connection").await;
        connection.assert_status(200);
        let path = "/connection/validation";
        let validation = practice.clinician.post(path, &json!({ "siteId": LARGE })).await;
        assert_eq!(ids(validation.assert_status(200)), ids(&connection));
        let summary = practice.clinician.get("/patients/1/clinical-summary").await;
        summary.assert_status(200);
        (connection, summary)
    };
    set("Oxford SP1", "26.714.10458.0", 5).await;
    let (connection, summary) = everywhere().await;
    assert!(ids(&connection).is_empty() && ids(&summary).is_empty(), "{}", connection.text);

    set("Spectra SP1", "26.709.10396.0", -300).await;
    let mark = bp.mark().await;
    let (connection, summary) = everywhere().await;
    let spectra = "bp-spectra-incomplete-data";
    assert_eq!(ids(&connection), [spectra, "halo-link-older-bp", "server-clock-off"]);
    assert_eq!(ids(&summary), [spectra]);
    let queries = named(&bp.queries_since(mark).await);
    let asked: Vec<_> = queries.iter().filter(|name| name.starts_with("immediateQuery")).collect();
    assert!(asked.len() <= 2, "advisories cost no query: {queries:?}");
    for advisory in connection.at("/advisories").as_array().unwrap() {
        for text in ["/title", "/detail", "/steps/0", "/contact/organisation", "/source"] {
            assert!(advisory.pointer(text).is_some_and(Value::is_string), "{text}: {advisory}");
        }
    }
    // The connection still works.
    assert_eq!(connection.text_at("/state"), "connected");
    assert_eq!(*connection.at("/problem"), Value::Null);

    set("Spectra SP9", "of another kind", 0).await;
    let (connection, summary) = everywhere().await;
    assert!(ids(&connection).is_empty() && ids(&summary).is_empty(), "{}", connection.text);
}
