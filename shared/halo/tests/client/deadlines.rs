//! Every call ends by the deadline it is given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use halo::{
    Call, Command, Deadline, Error, FhirQuery, KeySource, KeysFuture, PmsName, Ran, Registration,
    Uuid,
};
use serde_json::json;

use crate::support::{Bench, ample};

/// Far longer than the deadline, so that a slow machine cannot confuse the two.
const DELAY: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_secs(20);

fn brief() -> Deadline {
    Deadline::after(Duration::from_millis(500))
}

#[tokio::test]
async fn no_operation_outlasts_its_deadline() {
    let (bench, site) = Bench::paired().await;
    let slow = json!([{"operation": "any", "effect": "slow", "delayMs": DELAY.as_millis()}]);
    bench.faults(slow).await;
    let (client, bp, query) = (&bench.client, bench.site_id(), Uuid::new_v4());
    let command = &Command::text("SELECT 1 AS n");
    let registration = &Registration {
        name: "watch".to_owned(),
        frequency: Duration::from_secs(60),
        duration: Duration::from_secs(60),
        command: command.clone(),
    };
    let search = &FhirQuery { resource: "Patient", parameters: Vec::new() };
    let queue = Duration::from_secs(60);
    let (pms, ids) = (PmsName::BestPractice, &[query]);
    let started = Instant::now();
    macro_rules! calls {
        ($($call:expr),* $(,)?) => {
            vec![$(Box::pin(async move {
                (stringify!($call), $call.await.map(|_| ()))
            }) as BoxFuture<'_, (&str, Result<(), Error>)>),*]
        };
    }
    let ended = join_all(calls![
        client.pair_site(pms, bp, Some("ABC123"), brief()),
        client.find_sites(pms, bp, brief()),
        client.site(site, brief()),
        client.immediate(site, command, Call::Read, brief()),
        client.immediate(site, command, Call::Write, brief()),
        client.submit(site, command, queue, Call::Write, brief()),
        client.query(site, query, brief()),
        client.queries(site, ids, brief()),
        client.page(site, query, 1, brief()),
        client.page_stream(site, query, 1, brief()),
        client.register(site, registration, brief()),
        client.registered(site, brief()),
        client.registered_query(site, query, brief()),
        client.cancel_registered(site, query, brief()),
        client.registered_result(site, query, brief()),
        client.fhir_metadata(site, brief()),
        client.fhir_read(site, &["Patient", "1"], brief()),
        client.fhir_search(site, search, brief()),
    ])
    .await;
    assert!(started.elapsed() < MARGIN);
    for (call, end) in ended {
        assert_eq!(end, Err(Error::OutcomeUnknown { timed_out: true }), "{call}");
    }
}

#[tokio::test]
async fn a_call_that_keeps_failing_ends_by_its_deadline() {
    let (bench, site) = Bench::paired().await;
    bench.faults(json!([{"operation": "any", "effect": "500"}])).await;
    let started = Instant::now();
    let failed = bench.client.site(site, brief()).await;
    assert_eq!(failed.unwrap_err(), Error::OutcomeUnknown { timed_out: false });
    assert!(started.elapsed() < MARGIN);
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let (bench, site) = Bench::paired().await;
    let mark = bench.mark().await;
    let late = bench.write(site, Deadline::after(Duration::ZERO)).await.unwrap_err();
    assert_eq!(late.did_it_run(), Ran::No);
    assert_eq!(bench.calls("immediateQuery", mark).await, 0);
    assert_eq!(bench.writes(site).await, 0);
}

/// A key source that does not answer.
struct Silent;

impl KeySource for Silent {
    fn current(&self) -> KeysFuture<'_> {
        Box::pin(std::future::pending())
    }

    fn reread(&self) -> KeysFuture<'_> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn keys_that_do_not_come_are_waited_for_no_longer_than_the_deadline() {
    let (bench, site) = Bench::paired().await;
    let client = bench.client_with(Arc::new(Silent));
    let started = Instant::now();
    let refused = client.site(site, brief()).await;
    assert_eq!(refused.unwrap_err(), Error::KeyRefused);
    assert!(started.elapsed() < MARGIN);
}

#[tokio::test]
async fn a_deadline_can_be_brought_forward_and_never_put_off() {
    let near = ample().at_most(Duration::from_secs(2));
    assert!(near.remaining() <= Duration::from_secs(2));
    assert!(near.at_most(Duration::from_secs(60)).remaining() <= Duration::from_secs(2));
    assert_eq!(Deadline::after(Duration::ZERO).remaining(), Duration::ZERO);
}
