//! A read is repeated, a write is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use halo::{
    Call, Command, Deadline, Error, FhirQuery, FixedKeys, KeySource, KeysFuture, PmsName, Ran,
    Registration, Uuid,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Bench, ample, client_of, eventually, fixed};

const LOST: [&str; 8] = [
    "500",
    "504BeforeExecution",
    "504AfterExecution",
    "dropBefore",
    "dropAfter",
    "malformedBody",
    "wrongShape",
    "truncatedBody",
];

async fn fault(bench: &Bench, operation: &str, effect: &str, times: u32) {
    let mut fault = json!({"operation": operation, "effect": effect, "times": times});
    if effect == "429" {
        fault["retryAfter"] = json!("0");
    }
    bench.faults(json!([fault])).await;
}

#[tokio::test]
async fn a_read_is_repeated_until_its_answer_can_be_read() {
    let (bench, site) = Bench::paired().await;
    for effect in LOST.into_iter().chain(["429"]) {
        fault(&bench, "immediateQuery", effect, 2).await;
        let mark = bench.mark().await;
        let result = bench.select(site, "SELECT 5 AS n").await;
        assert_eq!(result.sets[0][0].int("n"), Ok(5), "{effect}");
        assert_eq!(bench.calls("immediateQuery", mark).await, 3, "{effect}");
    }
}

#[tokio::test]
async fn a_query_that_may_have_run_is_repeated_twice_because_halo_bills_each() {
    let (bench, site) = Bench::paired().await;
    let command = Command::text("SELECT 5 AS n");
    for effect in LOST {
        fault(&bench, "immediateQuery", effect, 100).await;
        let mark = bench.mark().await;
        let lost = bench.client.immediate(site, &command, Call::Read, ample()).await;
        assert!(lost.is_err(), "{effect}");
        assert_eq!(bench.calls("immediateQuery", mark).await, 3, "{effect}");
        bench.calm().await;
    }
    // A query that did not run costs nothing, so it is repeated for longer.
    fault(&bench, "immediateQuery", "429", 4).await;
    let mark = bench.mark().await;
    let answered = bench.client.immediate(site, &command, Call::Read, ample()).await;
    assert_eq!(answered.unwrap().sets[0][0].int("n"), Ok(5));
    assert_eq!(bench.calls("immediateQuery", mark).await, 5);
}

#[tokio::test]
async fn a_write_is_sent_once_however_its_answer_is_lost() {
    let (bench, site) = Bench::paired().await;
    for effect in LOST {
        // This opens a connection that is then used again. If it ends, the client must not assume that
        // it was idle.
        bench.client.site(site, ample()).await.expect("looks");
        fault(&bench, "immediateQuery", effect, 1).await;
        let mark = bench.mark().await;
        let lost = bench.write(site, ample()).await.unwrap_err();
        assert_eq!(lost.did_it_run(), Ran::Unknown, "{effect}");
        assert_eq!(bench.calls("immediateQuery", mark).await, 1, "{effect}");
    }
}

#[tokio::test]
async fn submitting_registering_and_pairing_are_sent_once() {
    let (bench, site) = Bench::paired().await;
    let client = &bench.client;
    let registration = Registration {
        name: "watch".to_owned(),
        frequency: Duration::from_secs(60),
        duration: Duration::from_secs(600),
        command: Command::text("SELECT 1 AS n"),
    };
    for effect in LOST {
        for operation in ["asyncQuery", "registeredQuery", "pairSite"] {
            fault(&bench, operation, effect, 1).await;
            let mark = bench.mark().await;
            let (lost, journal) = match operation {
                "asyncQuery" => {
                    let (command, queue) = (Command::text("SELECT 1 AS n"), Duration::from_secs(9));
                    let lost = client.submit(site, &command, queue, Call::Write, ample()).await;
                    (lost.map(|_| ()), "asyncQuery")
                }
                "registeredQuery" => {
                    let lost = client.register(site, &registration, ample()).await;
                    (lost.map(|_| ()), "registerQuery")
                }
                _ => {
                    let (pms, code) = (PmsName::BestPractice, bench.code().await);
                    let lost = client.pair_site(pms, bench.site_id(), Some(&code), ample()).await;
                    (lost.map(|_| ()), "pairSite")
                }
            };
            assert_eq!(lost.unwrap_err().did_it_run(), Ran::Unknown, "{operation} {effect}");
            assert_eq!(bench.calls(journal, mark).await, 1, "{operation} {effect}");
        }
    }
}

#[tokio::test]
async fn every_reading_operation_is_repeated() {
    let (bench, site) = Bench::paired().await;
    let client = &bench.client;
    let command = Command::text("SELECT 1 AS n");
    let queue = Duration::from_secs(60);
    let query = client.submit(site, &command, queue, Call::Read, ample()).await.unwrap().query_id;
    eventually("it ends", || async {
        client.query(site, query, ample()).await.unwrap().state.is_final().then_some(())
    })
    .await;
    let registration = Registration {
        name: "watch".to_owned(),
        frequency: queue,
        duration: queue,
        command: Command::text("SELECT 1 AS n"),
    };
    let watch = client.register(site, &registration, ample()).await.unwrap();
    eventually("it runs", || async {
        let shown = client.registered_query(site, watch, ample()).await.unwrap();
        (shown.metrics.execution_succeeded_count == 1).then_some(())
    })
    .await;
    let search = FhirQuery { resource: "Patient", parameters: Vec::new() };
    let bp = bench.site_id();
    for effect in ["500", "wrongShape", "truncatedBody"] {
        for operation in [
            "findSites",
            "getSite",
            "queryStatus",
            "batchStatus",
            "resultPage",
            "listRegistered",
            "getRegistered",
            "registeredResult",
            "fhirRead",
            "fhirSearch",
        ] {
            fault(&bench, operation, effect, 1).await;
            let mark = bench.mark().await;
            let done = match operation {
                "findSites" => {
                    client.find_sites(PmsName::BestPractice, bp, ample()).await.map(|_| ())
                }
                "getSite" => client.site(site, ample()).await.map(|_| ()),
                "queryStatus" => client.query(site, query, ample()).await.map(|_| ()),
                "batchStatus" => client.queries(site, &[query], ample()).await.map(|_| ()),
                "resultPage" => {
                    let page = client.page(site, query, 1, ample()).await;
                    page.map(|page| assert_eq!(page.sets[0].len(), 1))
                }
                "listRegistered" => client.registered(site, ample()).await.map(|_| ()),
                "getRegistered" => client.registered_query(site, watch, ample()).await.map(|_| ()),
                "registeredResult" => {
                    client.registered_result(site, watch, ample()).await.map(|_| ())
                }
                "fhirRead" => client.fhir_metadata(site, ample()).await.map(|_| ()),
                _ => client.fhir_search(site, &search, ample()).await.map(|_| ()),
            };
            assert_eq!(done, Ok(()), "{operation} {effect}");
            assert_eq!(bench.calls(operation, mark).await, 2, "{operation} {effect}");
        }
    }
    // If a stream fails before its first byte, it is requested again. If it breaks off later, it is not.
    fault(&bench, "streamPage", "504BeforeExecution", 1).await;
    let stream = client.page_stream(site, query, 1, ample()).await.expect("opens");
    assert!(stream.collect::<Vec<_>>().await.iter().all(Result::is_ok));
    fault(&bench, "streamPage", "truncatedBody", 1).await;
    let stream = client.page_stream(site, query, 1, ample()).await.expect("opens");
    let parts: Vec<_> = stream.collect().await;
    assert_eq!(parts.last(), Some(&Err(Error::OutcomeUnknown { timed_out: false })));
}

#[tokio::test]
async fn what_repeating_cannot_mend_is_not_repeated() {
    let (bench, site) = Bench::paired().await;
    for (effect, error) in [
        ("403", Error::Forbidden(halo::Forbidden::Address)),
        ("404", Error::NotFound),
        ("503", Error::SiteOffline),
        ("tooLarge", Error::ResultTooLarge),
    ] {
        fault(&bench, "immediateQuery", effect, 1).await;
        let mark = bench.mark().await;
        let command = Command::text("SELECT 1 AS n");
        let refused = bench.client.immediate(site, &command, Call::Read, ample()).await;
        assert_eq!(refused.unwrap_err(), error);
        assert_eq!(bench.calls("immediateQuery", mark).await, 1, "{effect}");
    }
}

#[tokio::test]
async fn after_a_rate_limit_even_a_write_waits_as_long_as_it_is_told() {
    let (bench, site) = Bench::paired().await;
    let wait = json!([{
        "operation": "immediateQuery", "effect": "429", "times": 1, "retryAfter": "2"}]);
    bench.faults(wait).await;
    let (mark, started) = (bench.mark().await, Instant::now());
    bench.write(site, ample()).await.expect("writes");
    assert!(started.elapsed() >= Duration::from_secs(2));
    assert_eq!(bench.calls("immediateQuery", mark).await, 2);
    assert_eq!(bench.writes(site).await, 1);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let (bench, site) = Bench::paired().await;
    let wait = json!([{"operation": "immediateQuery", "effect": "429", "retryAfter": "3600"}]);
    bench.faults(wait).await;
    let (mark, started) = (bench.mark().await, Instant::now());
    let limited = bench.write(site, ample()).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(3600));
    assert_eq!(limited, Error::RateLimited { retry_after });
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(bench.calls("immediateQuery", mark).await, 1);
}

/// Counts attempts. Each attempt begins with the keys.
struct Counted(FixedKeys, AtomicUsize);

impl KeySource for Counted {
    fn current(&self) -> KeysFuture<'_> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.current()
    }

    fn reread(&self) -> KeysFuture<'_> {
        self.0.reread()
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_because_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for call in [Call::Read, Call::Write] {
        let keys = FixedKeys(fixed("some-key", None).0.clone());
        let counted = Arc::new(Counted(keys, AtomicUsize::new(0)));
        let client = client_of(&url, counted.clone());
        let deadline = Deadline::after(Duration::from_millis(1_500));
        let command = Command::text("SELECT 1 AS n");
        let refused = client.immediate(Uuid::new_v4(), &command, call, deadline).await;
        assert_eq!(refused.unwrap_err(), Error::NotReached);
        assert!(counted.1.load(Ordering::SeqCst) > 1, "{call:?}");
    }
}

#[tokio::test]
async fn a_practice_that_comes_back_in_time_is_served() {
    let (bench, site) = Bench::paired().await;
    fault(&bench, "immediateQuery", "500", 100).await;
    let command = Command::text("SELECT 5 AS n");
    let reading = bench.client.immediate(site, &command, Call::Read, ample());
    let mending = async {
        eventually("it is asked a second time", || async {
            let faults = bench.control(Method::GET, "/faults", Value::Null).await;
            (faults["faults"][0]["fired"].as_u64() >= Some(2)).then_some(())
        })
        .await;
        bench.calm().await;
    };
    let (read, ()) = futures::future::join(reading, mending).await;
    assert_eq!(read.expect("reads").sets[0][0].int("n"), Ok(5));
}
