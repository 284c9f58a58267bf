//! Results in several pages.

use std::time::Duration;

use futures::StreamExt;
use halo::{AsyncState, Call, Command, Error, PageStatus, Parameter, SqlType, Uuid};
use halo_simulator::Options;
use halo_simulator::cloud::StreamForm;
use serde_json::{Value, json};

use crate::asynchronous::settled;
use crate::support::{Bench, ample};

const EVERYBODY: &str = "SELECT InternalID AS id, Surname AS name FROM dbo.BPS_Patients \
    WHERE InternalID > 0 ORDER BY InternalID";

async fn submitted(bench: &Bench, site: Uuid, command: &Command) -> (Uuid, Vec<u32>) {
    let queue = Duration::from_secs(60);
    let query = bench.client.submit(site, command, queue, Call::Read, ample()).await.unwrap();
    let end = settled(bench, site, query.query_id).await;
    assert_eq!(end.state, AsyncState::Successful);
    assert!(end.pages.iter().all(|page| page.status == PageStatus::Cached));
    (query.query_id, end.pages.iter().map(|page| page.page_number).collect())
}

async fn small_pages(stream_form: StreamForm) -> (Bench, Uuid) {
    let options = Options { page_bytes: 2_000, stream_form, ..Options::default() };
    let bench = Bench::with(options).await;
    let site = bench.pair().await;
    (bench, site)
}

#[tokio::test]
async fn the_pages_of_a_large_result_add_up_to_all_its_rows() {
    let (bench, site) = small_pages(StreamForm::Rows).await;
    let whole = bench.select(site, EVERYBODY).await.sets.remove(0);
    for shape in ["objects", "columnsAndRows", "singleObject"] {
        bench.change(json!({ "rowEncoding": shape })).await;
        let (query, pages) = submitted(&bench, site, &Command::text(EVERYBODY)).await;
        assert!(pages.len() > 2, "{} pages are too few for this test", pages.len());
        let mut together = Vec::new();
        let mut streamed = 0;
        for page in pages {
            let fetched = bench.client.page(site, query, page, ample()).await.unwrap();
            let rows: Vec<_> = fetched.sets.into_iter().flatten().collect();
            let stream = bench.client.page_stream(site, query, page, ample()).await.unwrap();
            let bytes: Vec<_> = stream.map(Result::unwrap).collect().await;
            let parts: Value = serde_json::from_slice(&bytes.concat()).unwrap();
            streamed += parts["rows"].as_array().or(parts.as_array()).map_or(1, Vec::len);
            together.extend(rows);
        }
        assert!(together == whole, "{shape}: {} of {} rows", together.len(), whole.len());
        assert_eq!(streamed, whole.len(), "{shape}");
    }
}

#[tokio::test]
async fn a_stream_hands_on_whatever_halo_sends() {
    let (bench, site) = small_pages(StreamForm::Envelope).await;
    let (query, _) = submitted(&bench, site, &Command::text("SELECT 5 AS n")).await;
    let stream = bench.client.page_stream(site, query, 1, ample()).await.unwrap();
    let bytes: Vec<_> = stream.map(Result::unwrap).collect().await;
    let envelope: Value = serde_json::from_slice(&bytes.concat()).unwrap();
    let sets = halo::rows::decode(envelope["data"].as_str().unwrap()).unwrap();
    assert_eq!(sets[0][0].int("n"), Ok(5));
}

#[tokio::test]
async fn outputs_come_with_the_page() {
    let (bench, site) = Bench::paired().await;
    let command = Command::text("SET @sum = 42; SELECT 1 AS n").with(Parameter::output(
        "@sum",
        SqlType::Int,
        None,
    ));
    let (query, _) = submitted(&bench, site, &command).await;
    let page = bench.client.page(site, query, 1, ample()).await.unwrap();
    assert_eq!(page.sets[0][0].int("n"), Ok(1));
    assert_eq!(page.parameters[0].value.as_deref(), Some("42"));
}

#[tokio::test]
async fn a_page_that_is_no_longer_kept_is_gone_and_asked_for_once() {
    let (bench, site) = Bench::paired().await;
    let (query, _) = submitted(&bench, site, &Command::text("SELECT 1 AS n")).await;
    let missing = bench.client.page(site, query, 7, ample()).await.map(|_| ());
    assert_eq!(missing, Err(Error::NotFound));
    bench.advance(25 * 3_600).await;
    let mark = bench.mark().await;
    let gone = bench.client.page(site, query, 1, ample()).await.map(|_| ());
    assert_eq!(gone, Err(Error::Gone));
    let gone = bench.client.page_stream(site, query, 1, ample()).await.map(|_| ());
    assert_eq!(gone, Err(Error::Gone));
    assert_eq!(bench.calls("resultPage", mark).await, 1);
    assert_eq!(bench.calls("streamPage", mark).await, 1);
}
