//! Two keys: either can be replaced while the other is in use.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use halo::{Error, HaloClient, KeySource, Keys, KeysFuture, KeysUnavailable, Ran, Uuid};

use crate::support::{Bench, ample, fixed};

/// Keys that can be replaced at their source, and a count of how often they were read again.
struct Kept {
    held: Mutex<Keys>,
    stored: Mutex<Option<Keys>>,
    rereads: AtomicUsize,
}

fn keys(primary: &str, secondary: &str) -> Keys {
    let secondary = Some(secondary.to_owned().into()).filter(|_| !secondary.is_empty());
    Keys { primary: primary.to_owned().into(), secondary }
}

impl Kept {
    fn new(held: Keys, stored: Option<Keys>) -> Arc<Self> {
        let (held, stored) = (Mutex::new(held), Mutex::new(stored));
        Arc::new(Self { held, stored, rereads: AtomicUsize::new(0) })
    }
}

impl KeySource for Kept {
    fn current(&self) -> KeysFuture<'_> {
        Box::pin(async { Ok(self.held.lock().unwrap().clone()) })
    }

    fn reread(&self) -> KeysFuture<'_> {
        self.rereads.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            let stored = self.stored.lock().unwrap().clone().ok_or(KeysUnavailable)?;
            *self.held.lock().unwrap() = stored.clone();
            Ok(stored)
        })
    }
}

async fn look(client: &HaloClient, site: Uuid) -> Result<(), Error> {
    client.site(site, ample()).await.map(|_| ())
}

#[tokio::test]
async fn the_secondary_key_serves_when_the_primary_is_refused_and_is_then_tried_first() {
    let (bench, site) = Bench::paired().await;
    let client = bench.client_with(fixed("worn-out", Some(bench.running.secondary_key())));
    let mark = bench.mark().await;
    assert_eq!(look(&client, site).await, Ok(()));
    assert_eq!(bench.calls("getSite", mark).await, 2);
    let mark = bench.mark().await;
    assert_eq!(look(&client, site).await, Ok(()));
    assert_eq!(look(&client.clone(), site).await, Ok(()), "clones share what was learnt");
    assert_eq!(bench.calls("getSite", mark).await, 2);
}

#[tokio::test]
async fn a_write_refused_with_one_key_is_done_once_with_the_other() {
    let (mut bench, site) = Bench::paired().await;
    bench.client = bench.client_with(fixed("worn-out", Some(bench.running.secondary_key())));
    bench.write(site, ample()).await.expect("writes");
    assert_eq!(bench.writes(site).await, 1);
}

#[tokio::test]
async fn keys_are_read_anew_when_both_are_refused() {
    let (bench, site) = Bench::paired().await;
    let good = keys("worn-out", bench.running.secondary_key());
    let kept = Kept::new(keys("worn-out", "worn-too"), Some(good));
    let client = bench.client_with(kept.clone());
    let mark = bench.mark().await;
    assert_eq!(look(&client, site).await, Ok(()));
    assert_eq!(kept.rereads.load(Ordering::SeqCst), 1);
    assert_eq!(bench.calls("getSite", mark).await, 3, "a refused key is not offered again");
    assert_eq!(look(&client, site).await, Ok(()));
    assert_eq!(kept.rereads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn after_a_rotation_of_the_serving_key_the_other_serves_again() {
    let (bench, site) = Bench::paired().await;
    let kept = Kept::new(keys("worn-out", bench.running.secondary_key()), None);
    let client = bench.client_with(kept.clone());
    assert_eq!(look(&client, site).await, Ok(()));
    *kept.held.lock().unwrap() = keys(bench.running.primary_key(), "rotated-away");
    assert_eq!(look(&client, site).await, Ok(()));
    assert_eq!(kept.rereads.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn when_no_key_serves_the_call_ends_refused_and_nothing_ran() {
    let (mut bench, site) = Bench::paired().await;
    let honest = bench.client.clone();
    let mark = bench.mark().await;
    for source in [
        Kept::new(keys("worn-out", ""), Some(keys("worn-out", "worn-too"))),
        Kept::new(keys("worn-out", "worn-too"), None),
    ] {
        bench.client = bench.client_with(source);
        let refused = bench.write(site, ample()).await.unwrap_err();
        assert_eq!((refused.did_it_run(), &refused), (Ran::No, &Error::KeyRefused));
    }
    assert_eq!(bench.calls("immediateQuery", mark).await, 4, "two keys each");
    bench.client = honest;
    assert_eq!(bench.writes(site).await, 0);
}

#[tokio::test]
async fn a_key_that_cannot_be_a_header_is_a_refused_key() {
    let (bench, site) = Bench::paired().await;
    let broken = format!("{}\n", bench.running.primary_key());
    let client = bench.client_with(fixed(&broken, Some("")));
    let mark = bench.mark().await;
    assert_eq!(look(&client, site).await, Err(Error::KeyRefused));
    assert_eq!(bench.calls("getSite", mark).await, 0);
    let client = bench.client_with(fixed(&broken, Some(bench.running.secondary_key())));
    assert_eq!(look(&client, site).await, Ok(()));
}
