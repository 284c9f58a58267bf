//! The states of an asynchronous query, and whether it ran.

use std::time::Duration;

use halo::{AsyncQuery, AsyncState, Call, Command, Error, ExecutionMode, PageStatus, Ran, Uuid};
use serde_json::json;

use crate::support::{Bench, WRITE, ample, eventually};

const QUEUE: Duration = Duration::from_secs(3_600);

async fn submit(bench: &Bench, site: Uuid) -> Uuid {
    let command = Command::text(WRITE).mode(ExecutionMode::NonQuery);
    let submitted = bench.client.submit(site, &command, QUEUE, Call::Write, ample()).await;
    submitted.expect("is accepted").query_id
}

pub(crate) async fn settled(bench: &Bench, site: Uuid, query: Uuid) -> AsyncQuery {
    eventually("the query ends", || async {
        let shown = bench.client.query(site, query, ample()).await.unwrap();
        if !shown.state.is_final() {
            assert!(matches!(shown.state.did_it_run(), Ran::Unknown | Ran::Yes));
        }
        shown.state.is_final().then_some(shown)
    })
    .await
}

#[tokio::test]
async fn the_state_a_query_ends_in_says_whether_it_ran() {
    let (bench, site) = Bench::paired().await;
    for (effect, state, said, ran) in [
        (None, AsyncState::Successful, Ran::Yes, true),
        (Some("expiredInQueue"), AsyncState::ExpiredInQueue, Ran::No, false),
        (Some("executionFailed"), AsyncState::ExecutionFailed, Ran::Failed, false),
        (Some("uploadFailed"), AsyncState::UploadFailed, Ran::Yes, true),
    ] {
        if let Some(effect) = effect {
            let fault = json!([{"operation": "asyncQuery", "effect": effect, "times": 1}]);
            bench.faults(fault).await;
        }
        let query = submit(&bench, site).await;
        let end = settled(&bench, site, query).await;
        assert_eq!((end.state, end.state.did_it_run()), (state, said));
        assert_eq!(
            end.failure.is_some(),
            matches!(effect, Some("executionFailed" | "uploadFailed"))
        );
        assert_eq!(bench.writes(site).await, usize::from(ran), "{state:?}");
        if state == AsyncState::Successful {
            assert_eq!(end.rows_affected, Some(1));
            assert!(end.pages.iter().all(|page| page.status == PageStatus::Cached));
            let page = bench.client.page(site, query, 1, ample()).await.unwrap();
            assert!(page.sets.is_empty(), "a command without rows has none");
        }
        bench.forget_writes(site).await;
    }
}

#[tokio::test]
async fn a_failure_never_contradicts_the_state() {
    let (bench, site) = Bench::paired().await;
    bench.faults(json!([{"operation": "asyncQuery", "effect": "uploadFailed", "times": 1}])).await;
    let query = submit(&bench, site).await;
    let end = settled(&bench, site, query).await;
    let said = end.failure.expect("Halo says why").did_it_run();
    assert!(matches!(said, Ran::Yes | Ran::Unknown), "{said:?}");
}

#[tokio::test]
async fn a_practice_that_is_away_never_gets_the_query() {
    let (bench, site) = Bench::paired().await;
    for (availability, state) in [
        ("offline", AsyncState::InitialisationFailedSiteOffline),
        ("unreachable", AsyncState::InitialisationFailedSiteUnreachable),
    ] {
        bench.change(json!({ "availability": availability })).await;
        let query = submit(&bench, site).await;
        let end = settled(&bench, site, query).await;
        assert_eq!((end.state, end.state.did_it_run()), (state, Ran::No));
        bench.change(json!({"availability": "online"})).await;
        assert_eq!(bench.writes(site).await, 0);
    }
}

#[tokio::test]
async fn a_waiting_query_is_open_until_it_runs_or_its_time_is_over() {
    let (bench, site) = Bench::paired().await;
    for (patient, state) in [(true, AsyncState::Successful), (false, AsyncState::ExpiredInQueue)] {
        bench.change(json!({"queuePaused": true})).await;
        let query = submit(&bench, site).await;
        let waiting = eventually("it waits", || async {
            let shown = bench.client.query(site, query, ample()).await.unwrap();
            (shown.state == AsyncState::Queued).then_some(shown)
        })
        .await;
        assert!(!waiting.state.is_final());
        assert_eq!(waiting.state.did_it_run(), Ran::Unknown);
        if !patient {
            bench.advance(3_601).await;
            settled(&bench, site, query).await;
        }
        bench.change(json!({"queuePaused": false})).await;
        assert_eq!(settled(&bench, site, query).await.state, state);
        assert_eq!(bench.writes(site).await, usize::from(patient));
        bench.forget_writes(site).await;
    }
}

#[tokio::test]
async fn a_lost_submission_is_in_doubt_and_may_still_run() {
    let (bench, site) = Bench::paired().await;
    let fault = json!([{"operation": "asyncQuery", "effect": "504AfterExecution", "times": 1}]);
    bench.faults(fault).await;
    let command = Command::text(WRITE).mode(ExecutionMode::NonQuery);
    let lost = bench.client.submit(site, &command, QUEUE, Call::Write, ample()).await;
    assert_eq!(lost.unwrap_err().did_it_run(), Ran::Unknown);
    eventually("the write shows", || async { (bench.writes(site).await == 1).then_some(()) }).await;
}

#[tokio::test]
async fn a_batch_tells_of_every_query_it_is_asked_for() {
    let (bench, site) = Bench::paired().await;
    let done = submit(&bench, site).await;
    settled(&bench, site, done).await;
    bench
        .faults(json!([{"operation": "asyncQuery", "effect": "expiredInQueue", "times": 1}]))
        .await;
    let expired = submit(&bench, site).await;
    settled(&bench, site, expired).await;
    let stranger = Uuid::new_v4();
    let entries = bench.client.queries(site, &[done, stranger, expired], ample()).await.unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.query_id, entry.query.as_ref().map(|query| query.state)))
        .collect();
    assert_eq!(
        seen,
        [
            (done, Some(AsyncState::Successful)),
            (stranger, None),
            (expired, Some(AsyncState::ExpiredInQueue))
        ]
    );
    let stranger = bench.client.query(site, stranger, ample()).await.map(|query| query.state);
    assert_eq!(stranger, Err(Error::NotFound));
}
