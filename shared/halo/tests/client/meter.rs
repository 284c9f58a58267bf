//! The costs that the meter receives, compared with the calls in the simulator's journal.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use halo::{
    AsyncState, Call, Command, Deadline, Error, FhirQuery, HaloClient, Meter, PmsName,
    Registration, Used, Uuid, counted_for,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripted::{Say, Scripted, answer};
use crate::support::{Bench, ample, client_of, eventually, fixed};

/// Stores the costs that it receives.
#[derive(Debug, Default)]
struct Book(Mutex<Vec<(Option<String>, Used)>>);

impl Meter for Book {
    fn used(&self, payer: Option<&str>, used: Used) {
        self.0.lock().unwrap().push((payer.map(str::to_owned), used));
    }
}

impl Book {
    fn all(&self) -> Vec<Used> {
        self.0.lock().unwrap().iter().map(|(_, used)| *used).collect()
    }

    fn queries(&self) -> Vec<&'static str> {
        let query = |used| if let Used::Query(name) = used { Some(name) } else { None };
        self.all().into_iter().filter_map(query).collect()
    }

    fn count(&self, of: Used) -> usize {
        self.all().into_iter().filter(|used| *used == of).count()
    }

    fn received(&self) -> u64 {
        let bytes = |used| if let Used::Received(bytes) = used { bytes } else { 0 };
        self.all().into_iter().map(bytes).sum()
    }

    fn sent(&self) -> u64 {
        let bytes = |used| if let Used::Sent(bytes) = used { bytes } else { 0 };
        self.all().into_iter().map(bytes).sum()
    }
}

fn metered(client: &HaloClient) -> (HaloClient, Arc<Book>) {
    let book = Arc::<Book>::default();
    let meter = Arc::clone(&book);
    (client.clone().metered(meter), book)
}

fn one() -> Command {
    Command::text("SELECT 1 AS n").named("one")
}

/// Makes every kind of call.
async fn everything(client: &HaloClient, bench: &Bench) {
    let (pms, id) = (PmsName::BestPractice, bench.site_id());
    let code = bench.code().await;
    let site = client.pair_site(pms, id, Some(&code), ample()).await.unwrap().id;
    client.find_sites(pms, id, ample()).await.unwrap();
    client.site(site, ample()).await.unwrap();
    client.immediate(site, &one(), Call::Read, ample()).await.unwrap();
    let broken = Command::text("SELECT Nothing FROM dbo.NOWHERE").named("broken");
    client.immediate(site, &broken, Call::Read, ample()).await.unwrap_err();
    let (queue, later) = (Duration::from_secs(9), one().named("later"));
    let query = client.submit(site, &later, queue, Call::Write, ample()).await.unwrap().query_id;
    eventually("the query ends", async || {
        let state = client.query(site, query, ample()).await.unwrap().state;
        (state == AsyncState::Successful).then_some(())
    })
    .await;
    client.queries(site, &[query], ample()).await.unwrap();
    client.page(site, query, 1, ample()).await.unwrap();
    let rows = client.page_rows(site, query, 1, ample()).await.unwrap();
    assert_eq!(rows.count().await, 1);
    let capabilities = client.fhir_metadata(site, ample()).await.unwrap();
    assert_eq!(capabilities["resourceType"], "CapabilityStatement");
    let named = FhirQuery {
        resource: "Patient",
        parameters: vec![("family".to_owned(), "Wombatson".to_owned())],
    };
    client.fhir_search(site, &named, ample()).await.unwrap();
    // The site has no such Binary.
    let _ = client.fhir_binary(site, "b-1", ample()).await.map(drop);
    let registration = Registration {
        name: "often".to_owned(),
        frequency: Duration::from_secs(60),
        duration: Duration::from_secs(3600),
        command: one().named("often"),
    };
    let registered = client.register(site, &registration, ample()).await.unwrap();
    client.registered(site, ample()).await.unwrap();
    client.registered_query(site, registered, ample()).await.unwrap();
    let _ = client.registered_result(site, registered, ample()).await;
    client.cancel_registered(site, registered, ample()).await.unwrap();
}

#[tokio::test]
async fn every_call_that_halo_receives_is_told_as_a_query_or_as_none() {
    let bench = Bench::new().await;
    let (client, book) = metered(&bench.client);
    let mark = bench.mark().await;
    counted_for("wattle-creek", everything(&client, &bench)).await;
    let path = format!("/queries?since={mark}");
    let journal = bench.control(Method::GET, &path, Value::Null).await;
    let of_practice = |call: &&Value| call["operation"] != "registeredExecution";
    let calls: Vec<_> = journal["queries"].as_array().unwrap().iter().filter(of_practice).collect();
    let billed = ["immediateQuery", "asyncQuery", "registerQuery", "fhirRead", "fhirSearch"];
    // A call that finds no document is not billed.
    let is_billed = |call: &&&Value| {
        billed.iter().any(|operation| call["operation"] == *operation) && call["status"] != 404
    };
    let names = book.queries();
    assert_eq!(names.len() + book.count(Used::Other), calls.len(), "{journal:#}");
    assert_eq!(
        names,
        ["one", "broken", "later", "fhir_read", "fhir_search", "often"],
        "in the order of the calls"
    );
    assert_eq!(calls.iter().filter(is_billed).count(), names.len());
    let strangers =
        book.0.lock().unwrap().iter().any(|(to, _)| to.as_deref() != Some("wattle-creek"));
    assert!(!strangers, "every call is told with its payer");
    // Two immediate queries and two FHIR calls.
    assert_eq!(book.count(Used::Answered), 4);
}

#[tokio::test]
async fn bytes_are_those_of_the_bodies() {
    let body = r#"{"result":{"data":"W1tdXQ==","size":0}}"#;
    let server = Scripted::start(vec![Say::Then(answer("200 OK", "", body, 0))]).await;
    let (client, book) = metered(&client_of(&server.url, fixed("some-key", None)));
    let _ = client.immediate(Uuid::new_v4(), &one(), Call::Write, ample()).await;
    let request = server.requests().remove(0);
    let sent = request.split_once("\r\n\r\n").unwrap().1;
    assert_eq!((book.sent(), book.received()), (sent.len() as u64, body.len() as u64));
    assert_eq!(book.queries(), ["one"]);
}

#[tokio::test]
async fn a_query_whose_answer_is_lost_counts_and_so_does_each_repetition() {
    let (bench, site) = Bench::paired().await;
    for effect in
        ["dropAfter", "dropBefore", "malformedBody", "truncatedBody", "500", "504AfterExecution"]
    {
        let (client, book) = metered(&bench.client);
        bench
            .faults(json!([{ "operation": "immediateQuery", "effect": effect, "times": 1 }]))
            .await;
        let mark = bench.mark().await;
        let _ = client.immediate(site, &one(), Call::Write, ample()).await;
        assert_eq!(book.queries(), ["one"], "{effect}");
        bench
            .faults(json!([{ "operation": "immediateQuery", "effect": effect, "times": 1 }]))
            .await;
        let _ = client.immediate(site, &one(), Call::Read, ample()).await;
        let received = bench.calls("immediateQuery", mark).await;
        assert_eq!(book.queries().len(), received, "{effect}");
        bench.calm().await;
    }
}

#[tokio::test]
async fn a_query_whose_caller_gave_up_counts() {
    let silent =
        Scripted::start(vec![Say::Silence(String::new()), Say::Silence(String::new())]).await;
    let (client, book) = metered(&client_of(&silent.url, fixed("some-key", None)));
    let site = Uuid::new_v4();
    let soon = Deadline::after(Duration::from_millis(200));
    let lost = client.immediate(site, &one(), Call::Read, soon).await.unwrap_err();
    assert_eq!(lost, Error::OutcomeUnknown { timed_out: true });
    assert_eq!(book.queries(), ["one"]);
    let command = one();
    let call = client.immediate(site, &command, Call::Read, ample());
    let dropped = tokio::time::timeout(Duration::from_millis(200), call).await;
    assert!(dropped.is_err(), "nobody answers");
    assert_eq!(book.queries(), ["one", "one"]);
    assert_eq!(book.count(Used::Answered), 0);
}

#[tokio::test]
async fn what_halo_turns_away_is_no_query_and_what_never_left_is_nothing() {
    let (bench, site) = Bench::paired().await;
    for effect in ["401", "404", "429", "503"] {
        let (client, book) = metered(&bench.client);
        bench.faults(json!([{ "operation": "immediateQuery", "effect": effect }])).await;
        let soon = Deadline::after(Duration::from_millis(300));
        client.immediate(site, &one(), Call::Write, soon).await.unwrap_err();
        assert!(book.queries().is_empty(), "{effect}");
        assert!(book.count(Used::Other) > 0, "{effect}");
        bench.calm().await;
    }
    let nowhere = client_of("http://127.0.0.1:9", fixed("some-key", None));
    let (client, book) = metered(&nowhere);
    let soon = Deadline::after(Duration::from_millis(300));
    client.immediate(site, &one(), Call::Read, soon).await.unwrap_err();
    assert!(book.all().is_empty(), "{book:?}");
}

#[tokio::test]
async fn a_login_that_is_refused_was_asked_for_and_answered() {
    let (bench, site) = Bench::paired().await;
    bench.change(json!({ "integrationEnabled": false })).await;
    let (client, book) = metered(&bench.client);
    client.immediate(site, &one(), Call::Read, ample()).await.unwrap_err();
    assert_eq!((book.queries(), book.count(Used::Answered)), (vec!["one"], 1));
}

#[tokio::test]
async fn what_a_stream_brings_is_told_for_the_payer_that_opened_it() {
    let (bench, site) = Bench::paired().await;
    let submitted =
        bench.client.submit(site, &one(), Duration::from_secs(9), Call::Read, ample()).await;
    let query = submitted.unwrap().query_id;
    eventually("the query ends", async || {
        let state = bench.client.query(site, query, ample()).await.unwrap().state;
        (state == AsyncState::Successful).then_some(())
    })
    .await;
    let (client, book) = metered(&bench.client);
    let opened = counted_for("wattle-creek", client.page_stream(site, query, 1, ample())).await;
    let parts: Vec<_> = opened.unwrap().collect().await;
    let bytes: usize = parts.iter().map(|part| part.as_ref().unwrap().len()).sum();
    assert_eq!(book.received(), bytes as u64);
    let told = book.0.lock().unwrap();
    assert!(told.iter().all(|(payer, _)| payer.as_deref() == Some("wattle-creek")), "{told:?}");
}
