//! Which practice's writer may write at a site that two practices share.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Arc;

use aws_double::{Answer, Aws, Table};
use domain::ids::{PracticeId, SiteId};
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde_json::json;
use store::Store;
use store::work::{LaneRelease, Released};

fn table() -> (Arc<Table>, Store) {
    let table = Arc::new(Table::default());
    let answering = Arc::clone(&table);
    let aws = Aws::answering(move |call| {
        answering.answer(call).unwrap_or_else(|| Answer::refused("made up"))
    });
    (table, Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table"))
}

fn practice(name: &str) -> PracticeId {
    PracticeId::parse(name).unwrap()
}

fn site() -> SiteId {
    SiteId::parse("71001").unwrap()
}

fn now() -> Timestamp {
    "2026-11-29T00:00:00Z".parse().unwrap()
}

fn lease(turn: &str) -> Lease {
    Lease { holder: Holder(turn.to_owned()), until: now() + SignedDuration::from_mins(2) }
}

/// Holds the practice's lane, and claims the site. Returns whether the site is the practice's.
async fn come(store: &Store, name: &str, turn: &str, at: Timestamp) -> bool {
    let (practice, lease) = (practice(name), lease(turn));
    assert!(store.claim_lane(&practice, &lease, at).await.unwrap().is_some(), "{name} is busy");
    store.claim_site(&practice, &site(), &lease, at).await.unwrap()
}

async fn leave(store: &Store, name: &str, turn: &str) -> Released {
    let end = LaneRelease { site: Some(site()), ..LaneRelease::default() };
    store.release_lane(&practice(name), &lease(turn).holder, 0, &end).await.unwrap()
}

async fn owns(store: &Store, name: &str) -> bool {
    store.connection_at(&practice(name), Some(&site())).await.unwrap().1
}

#[tokio::test]
async fn a_site_stays_with_the_practice_whose_writer_has_left() {
    let (_, store) = table();
    assert!(come(&store, "east", "turn-1", now()).await);
    assert_eq!(leave(&store, "east", "turn-1").await, Released::Free { site_wanted: false });
    let lane = store.claim_lane(&practice("east"), &lease("turn-2"), now()).await.unwrap().unwrap();
    assert_eq!(lane.site, Some(site()), "the next turn knows which site to ask for");
    assert!(owns(&store, "east").await);
    assert!(!owns(&store, "west").await);
}

#[tokio::test]
async fn another_practice_takes_the_site_over_only_when_nobody_is_at_the_owners_lane() {
    let (_, store) = table();
    assert!(come(&store, "east", "turn-1", now()).await);
    assert!(!come(&store, "west", "turn-2", now()).await, "both would write");
    assert_eq!(leave(&store, "west", "turn-2").await, Released::Free { site_wanted: false });
    let left = leave(&store, "east", "turn-1").await;
    assert_eq!(left, Released::Free { site_wanted: true }, "somebody waits");
    assert!(come(&store, "west", "turn-3", now()).await);
    assert!(!owns(&store, "east").await, "it must claim the site again");
    assert!(!come(&store, "east", "turn-4", now()).await);
    assert_eq!(leave(&store, "west", "turn-3").await, Released::Free { site_wanted: true });
    let (east, held) = (practice("east"), lease("turn-4"));
    assert!(store.claim_site(&east, &site(), &held, now()).await.unwrap(), "back to the first");
}

#[tokio::test]
async fn the_site_of_a_writer_that_died_is_free_when_the_lease_on_its_lane_has_ended() {
    let (_, store) = table();
    assert!(come(&store, "east", "turn-1", now()).await);
    let ended = lease("turn-1").until;
    assert!(!come(&store, "west", "turn-2", now()).await);
    let lease = Lease { until: ended + SignedDuration::from_mins(2), ..lease("turn-2") };
    let taken = store.claim_site(&practice("west"), &site(), &lease, ended).await;
    assert_eq!(taken, Ok(true));
    // The one who died wakes up and leaves. The site is not the practice's any more.
    leave(&store, "east", "turn-1").await;
    assert!(!owns(&store, "east").await);
    assert!(owns(&store, "west").await);
}

#[tokio::test]
async fn a_writer_that_died_before_it_left_finds_its_site_again() {
    let (_, store) = table();
    assert!(come(&store, "east", "turn-1", now()).await);
    let later = lease("turn-1").until;
    let lease = Lease { until: later + SignedDuration::from_mins(2), ..lease("turn-2") };
    let lane = store.claim_lane(&practice("east"), &lease, later).await.unwrap().unwrap();
    assert_eq!(lane.site, None, "the lane does not know yet");
    assert_eq!(store.claim_site(&practice("east"), &site(), &lease, later).await, Ok(true));
}

#[tokio::test]
async fn a_turn_of_the_release_before_keeps_the_site_until_its_lease_ends() {
    let (table, store) = table();
    let until = now() + SignedDuration::from_secs(30);
    let holder = "5b0d7a3e-0000-4000-8000-000000000000";
    table.put_attributes(
        "WRITER#71001",
        "WRITER",
        &json!({ "holder": holder, "leaseUntil": until.as_millisecond() }),
    );
    assert!(!come(&store, "east", "turn-1", now()).await);
    let item = table.item("WRITER#71001", "WRITER").unwrap();
    assert_eq!(item["wanted"], json!({ "N": "1" }), "that release reads this when it leaves");
    let (east, held) = (practice("east"), lease("turn-1"));
    assert_eq!(store.claim_site(&east, &site(), &held, until).await, Ok(true));
    assert!(owns(&store, "east").await);
}
