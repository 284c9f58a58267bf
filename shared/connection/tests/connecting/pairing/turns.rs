//! Which request may call Halo, and when no call is needed.

use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use best_practice::{PairingOutcome, PairingRefusal};
use connection::pairing::Pairing;
use connection::{Asker, Clock as _, NotPaired, PairingHalo};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::{Attempt, LimitScope, WAIT_FOR_OTHER_ATTEMPT};
use domain::request::REQUEST_TIME;
use jiff::SignedDuration;

use crate::pairing::world::World;

/// A Halo that accepts one code, once.
struct Halo(Mutex<Option<&'static str>>);

impl PairingHalo for Halo {
    async fn pair(&self, _: &SiteId, code: &PairingCode, _: Duration) -> PairingOutcome {
        let mut good = self.0.lock().unwrap();
        if good.is_some_and(|good| good == code.expose()) {
            *good = None;
            return PairingOutcome::Paired(site());
        }
        PairingOutcome::Refused(PairingRefusal::Code)
    }
}

fn site() -> Site {
    Site {
        halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
        practice_name: None,
        pms_version: None,
        halo_link_version: None,
        last_heartbeat: None,
        clock_ahead_seconds: None,
        availability: Availability::Online,
    }
}

fn practice() -> PracticeId {
    PracticeId::parse("acacia").unwrap()
}

fn site_id(text: &str) -> SiteId {
    SiteId::parse(text).unwrap()
}

async fn pair(
    world: &World,
    halo: &Halo,
    site: &str,
    known: Option<&Connection>,
) -> Result<Connection, NotPaired> {
    let asker = Asker {
        practice: practice(),
        subject: Subject("somebody".to_owned()),
        scope: LimitScope::Person,
        is_administrator: false,
    };
    let pairing = Pairing { records: world, halo, trail: world, clock: world };
    let code = PairingCode::parse("GOOD12").unwrap();
    let until = world.now() + REQUEST_TIME;
    pairing.pair(&asker, &site_id(site), &code, known, until).await
}

/// Runs these in turn, while the clock advances, until each has ended.
fn together<T>(
    world: &World,
    mut all: Vec<std::pin::Pin<Box<dyn Future<Output = T> + '_>>>,
) -> Vec<T> {
    let mut ended = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while !all.is_empty() {
        all.retain_mut(|one| match one.as_mut().poll(&mut context) {
            Poll::Ready(value) => {
                ended.push(value);
                false
            }
            Poll::Pending => true,
        });
        world.kept().now += SignedDuration::from_millis(10);
    }
    ended
}

fn connected(world: &World, site_id_text: &str, standing: Standing) -> Connection {
    let before =
        Attempt::new(site_id(site_id_text), world.now()).connects(site(), None, world.now());
    let connection = Connection { standing, ..before };
    world.kept().connections.insert(practice(), connection.clone());
    world.advance(60);
    connection
}

fn good() -> Halo {
    Halo(Mutex::new(Some("GOOD12")))
}

#[test]
fn a_second_person_of_the_practice_waits_and_needs_no_second_code() {
    let (world, halo) = (World::default(), good());
    let both = together(
        &world,
        vec![
            Box::pin(pair(&world, &halo, "70901", None)),
            Box::pin(pair(&world, &halo, "70901", None)),
        ],
    );
    assert!(both.iter().all(Result::is_ok), "{both:?}");
    assert_eq!(world.kept().lines.len(), 1, "the code was sent twice");
}

#[test]
fn a_pairing_that_turned_out_lost_is_made_anew_with_the_code_whatever_is_kept() {
    for standing in [Standing::Paired, Standing::Revoked] {
        let (world, halo) = (World::default(), good());
        let known = connected(&world, "70901", standing);
        let paired = together(&world, vec![Box::pin(pair(&world, &halo, "70901", Some(&known)))]);
        let paired = paired[0].as_ref().unwrap();
        assert!(paired.paired_at > known.paired_at, "Halo was not asked");
        assert!(halo.0.lock().unwrap().is_none(), "the code was not used");
        assert_eq!(world.kept().made, [(paired.clone(), false)], "{standing:?}");
    }
}

#[test]
fn a_practice_that_moves_is_not_taken_for_one_that_was_paired_meanwhile() {
    let (world, halo) = (World::default(), good());
    let known = connected(&world, "70902", Standing::Paired);
    let paired = together(&world, vec![Box::pin(pair(&world, &halo, "70901", Some(&known)))]);
    let paired = paired[0].as_ref().unwrap();
    assert_eq!((paired.site_id.as_str(), paired.generation), ("70901", 1));
    assert_eq!(world.kept().made, [(paired.clone(), true)]);
    // The same if the practice was moved elsewhere since the caller read its connection.
    let (world, halo) = (World::default(), good());
    connected(&world, "70902", Standing::Paired);
    let paired = together(&world, vec![Box::pin(pair(&world, &halo, "70901", None))]);
    assert_eq!(paired[0].as_ref().unwrap().site_id.as_str(), "70901");
}

#[test]
fn whoever_waits_too_long_is_told_to_come_back_and_an_abandoned_attempt_ends_by_itself() {
    let (world, halo) = (World::default(), good());
    let abandoned = Attempt::new(site_id("70901"), world.now());
    world.kept().attempts.insert(practice(), abandoned);
    let begun = world.now();
    let waited = together(&world, vec![Box::pin(pair(&world, &halo, "70901", None))]);
    assert_eq!(waited[0], Err(NotPaired::Busy));
    let patience = world.now().duration_since(begun).unsigned_abs();
    assert!(
        patience >= WAIT_FOR_OTHER_ATTEMPT
            && patience < WAIT_FOR_OTHER_ATTEMPT + Duration::from_secs(2),
        "{patience:?}"
    );
    world.advance(30);
    let paired = together(&world, vec![Box::pin(pair(&world, &halo, "70901", None))]);
    assert!(paired[0].is_ok(), "{paired:?}");
}
