//! Random schedules: three practices and two sites; right, used and wrong codes; answers that are lost,
//! late or wrong; processes that sleep or die between any two steps; disconnections and moves.
//!
//! `PAIRING_SCHEDULES` sets how many schedules are tried, and `PAIRING_SEED` the first seed.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use best_practice::{PairingOutcome, PairingRefusal};
use connection::pairing::Pairing;
use connection::{Asker, Clock as _, PairingHalo, PairingRecords as _};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::LimitScope;
use domain::request::REQUEST_TIME;
use halo::{Error, Forbidden};
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::pairing::world::{World, pause};

const PRACTICES: [&str; 3] = ["acacia", "banksia", "correa"];
const SITES: [&str; 2] = ["70901", "70902"];

/// What really happened, in order.
#[derive(Default)]
struct Truth {
    step: u64,
    /// Codes that Bp has issued and nobody has used, with the site of each.
    unused: HashMap<String, String>,
    used: Vec<String>,
    issued: u32,
    /// When Halo last confirmed a practice's code for a site.
    yes: HashMap<(String, String), u64>,
    /// When a practice last disconnected from a site, or was connected elsewhere.
    left: HashMap<(String, String), u64>,
    /// Requests that Halo has received and will carry out later.
    late: Vec<(String, String, String)>,
    /// The fates of the next calls.
    fates: Vec<Fate>,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    /// Carried out, but the answer is lost or unreadable.
    LostAfter,
    /// Never arrives.
    LostBefore,
    /// Carried out after the caller has given up.
    Late,
    /// The caller sleeps while the answer waits.
    Slept,
    /// Refused for a reason that has nothing to do with the code.
    Refused(u8),
}

/// Halo, as one practice reaches it.
struct Halo<'a> {
    truth: &'a Mutex<Truth>,
    practice: &'a str,
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

impl Truth {
    fn carry_out(&mut self, practice: &str, site_id: &str, code: &str) -> bool {
        let right = self.unused.get(code).is_some_and(|of| of == site_id);
        if right {
            self.unused.remove(code);
            self.used.push(code.to_owned());
            self.yes.insert((practice.to_owned(), site_id.to_owned()), self.step);
        }
        right
    }
}

impl PairingHalo for Halo<'_> {
    async fn pair(&self, site_id: &SiteId, code: &PairingCode, _: Duration) -> PairingOutcome {
        pause().await;
        let lost = || PairingOutcome::Doubtful(Error::OutcomeUnknown { timed_out: true });
        let fate = self.truth.lock().unwrap().fates.pop().unwrap_or(Fate::Answered);
        let carry_out =
            || self.truth.lock().unwrap().carry_out(self.practice, site_id.as_str(), code.expose());
        let said = |yes: bool| {
            if yes {
                PairingOutcome::Paired(site())
            } else {
                PairingOutcome::Refused(PairingRefusal::Code)
            }
        };
        let outcome = match fate {
            Fate::Answered => said(carry_out()),
            Fate::LostAfter => {
                carry_out();
                lost()
            }
            Fate::LostBefore => lost(),
            Fate::Late => {
                let request = (self.practice, site_id.as_str(), code.expose());
                let request = (request.0.to_owned(), request.1.to_owned(), request.2.to_owned());
                self.truth.lock().unwrap().late.push(request);
                lost()
            }
            Fate::Slept => {
                let outcome = said(carry_out());
                for _ in 0..12 {
                    pause().await;
                }
                outcome
            }
            Fate::Refused(which) => PairingOutcome::Refused(match which % 7 {
                0 => PairingRefusal::NotEnabled,
                1 => PairingRefusal::UnknownSite,
                2 => PairingRefusal::Offline,
                3 => PairingRefusal::Other(Error::KeyRefused),
                4 => PairingRefusal::Other(Error::Forbidden(Forbidden::Address)),
                5 => PairingRefusal::Other(Error::NotReached),
                _ => PairingRefusal::Other(Error::RateLimited { retry_after: None }),
            }),
        };
        pause().await;
        outcome
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// One request of a practice to connect, as the API makes it.
async fn connect(
    world: World,
    truth: Arc<Mutex<Truth>>,
    practice: &'static str,
    site_id: &str,
    code: String,
) {
    let asker = Asker {
        practice: PracticeId::parse(practice).unwrap(),
        subject: Subject(format!("somebody of {practice}")),
        scope: LimitScope::Person,
        is_administrator: false,
    };
    let site_id = SiteId::parse(site_id).unwrap();
    let Ok(known) = world.connection(&asker.practice).await else { return };
    if known.as_ref().is_some_and(|known| known.is_open() && known.site_id == site_id) {
        // Linked without a code.
        return;
    }
    let until = world.now() + REQUEST_TIME;
    let code = PairingCode::parse(&code).unwrap();
    let halo = Halo { truth: &truth, practice };
    let pairing = Pairing { records: &world, halo: &halo, trail: &world, clock: &world };
    let _ = pairing.pair(&asker, &site_id, &code, known.as_ref(), until).await;
}

/// Somebody queries Bp, is let in or not, and stores the result.
async fn ask(world: World, practice: &str, let_in: bool) {
    let practice = PracticeId::parse(practice).unwrap();
    let Ok(Some(seen)) = world.connection(&practice).await else { return };
    if seen.is_open() {
        let standing = if let_in { Standing::Paired } else { Standing::Revoked };
        let _ = world.refresh(&practice, &seen, standing).await;
    }
}

async fn disconnect(world: World, practice: &str) {
    let _ = world.disconnect(&PracticeId::parse(practice).unwrap()).await;
}

struct Schedule {
    random: ChaCha8Rng,
    world: World,
    truth: Arc<Mutex<Truth>>,
    tasks: Vec<Task>,
    story: Vec<String>,
    before: HashMap<&'static str, Option<Connection>>,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            world: World::default(),
            truth: Arc::default(),
            tasks: Vec::new(),
            story: Vec::new(),
            before: HashMap::new(),
        }
    }

    fn code(&mut self, site_id: &str) -> String {
        let mut truth = self.truth.lock().unwrap();
        match self.random.random_range(0..6) {
            0 => "WRONG7".to_owned(),
            1 if !truth.used.is_empty() => truth.used.choose(&mut self.random).unwrap().clone(),
            2 if !truth.unused.is_empty() => truth.unused.keys().min().unwrap().clone(),
            _ => {
                truth.issued += 1;
                let code = format!("CODE{:04}", truth.issued);
                truth.unused.insert(code.clone(), site_id.to_owned());
                code
            }
        }
    }

    fn fate(&mut self) -> Fate {
        match self.random.random_range(0..9) {
            0 => Fate::LostAfter,
            1 => Fate::LostBefore,
            2 => Fate::Late,
            3 => Fate::Slept,
            4 | 5 => Fate::Refused(self.random.random()),
            _ => Fate::Answered,
        }
    }

    fn begin_something(&mut self) {
        let practice = *PRACTICES.choose(&mut self.random).unwrap();
        let site_id = *SITES.choose(&mut self.random).unwrap();
        let world = self.world.clone();
        let (task, told): (Task, String) = match self.random.random_range(0..10) {
            0 | 1 => (Box::pin(disconnect(world, practice)), format!("{practice} disconnects")),
            2 => {
                let let_in = self.random.random();
                (Box::pin(ask(world, practice, let_in)), format!("{practice} asks: {let_in}"))
            }
            _ => {
                let code = self.code(site_id);
                let fate = self.fate();
                self.truth.lock().unwrap().fates.push(fate);
                let told = format!("{practice} connects to {site_id} with {code}, {fate:?}");
                let truth = Arc::clone(&self.truth);
                (Box::pin(connect(world, truth, practice, site_id, code)), told)
            }
        };
        self.story.push(told);
        self.tasks.push(task);
    }

    fn step(&mut self) {
        self.truth.lock().unwrap().step += 1;
        match self.random.random_range(0..100) {
            0..=9 if self.tasks.len() < 4 => self.begin_something(),
            10..=11 => {
                let seconds = self.random.random_range(0..40);
                self.story.push(format!("{seconds} s pass"));
                self.world.advance(seconds);
            }
            12 if !self.tasks.is_empty() => {
                let dies = self.random.random_range(0..self.tasks.len());
                self.story.push("somebody dies".to_owned());
                drop(self.tasks.swap_remove(dies));
            }
            13..=14 => {
                let mut truth = self.truth.lock().unwrap();
                if let Some((practice, site_id, code)) = truth.late.pop() {
                    truth.carry_out(&practice, &site_id, &code);
                    self.story.push(format!("Halo carries out {practice}'s {code} late"));
                }
            }
            15 => {
                let happens = self.random.random();
                self.world.kept().lost.push(Some(happens));
            }
            _ if !self.tasks.is_empty() => {
                let next = self.random.random_range(0..self.tasks.len());
                let mut context = Context::from_waker(Waker::noop());
                if self.tasks[next].as_mut().poll(&mut context).is_ready() {
                    drop(self.tasks.swap_remove(next));
                }
            }
            _ => {}
        }
        self.notice_who_left();
        self.check();
    }

    /// Notices in the table which practices were disconnected or have moved, directly after each step.
    fn notice_who_left(&mut self) {
        let mut kept = self.world.kept();
        let mut truth = self.truth.lock().unwrap();
        let step = truth.step;
        for practice in std::mem::take(&mut kept.disconnected) {
            // It may have been connected to any of the sites, or about to be.
            for site_id in SITES {
                truth.left.insert((practice.to_string(), site_id.to_owned()), step);
            }
        }
        for practice in PRACTICES {
            let now = kept.connections.get(&PracticeId::parse(practice).unwrap());
            let before = self.before.insert(practice, now.cloned()).flatten();
            let Some(before) = before.filter(Connection::is_open) else { continue };
            let stays = now.is_some_and(|now| now.is_open() && now.site_id == before.site_id);
            if !stays {
                truth.left.insert((practice.to_owned(), before.site_id.to_string()), step);
            }
        }
    }

    fn check(&self) {
        let kept = self.world.kept();
        let truth = self.truth.lock().unwrap();
        for practice in PRACTICES {
            let Some(connection) = kept.connections.get(&PracticeId::parse(practice).unwrap())
            else {
                continue;
            };
            if !connection.is_open() {
                continue;
            }
            let key = (practice.to_owned(), connection.site_id.to_string());
            let yes = truth.yes.get(&key);
            let left = truth.left.get(&key);
            assert!(
                yes.is_some_and(|yes| left.is_none_or(|left| yes > left)),
                "{practice} is connected to {}; yes at {yes:?}, left at {left:?}:\n{}",
                connection.site_id,
                self.story.join("\n")
            );
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried, and how to try it again")]
fn whoever_is_connected_gave_a_code_to_which_halo_said_yes_since_they_last_left() {
    let schedules = number("PAIRING_SCHEDULES", 12_000);
    let first = number("PAIRING_SEED", rand::random::<u32>().into());
    println!("{schedules} schedules, PAIRING_SEED={first}");
    let (mut connected, mut left) = (0, 0);
    for seed in first..first + schedules {
        let mut schedule = Schedule::new(seed);
        for _ in 0..500 {
            schedule.step();
        }
        let truth = schedule.truth.lock().unwrap();
        connected += schedule.world.kept().connections.len();
        left += truth.left.len();
    }
    println!("{connected} connections were made, {left} were left again");
    let schedules = usize::try_from(schedules).unwrap();
    assert!(connected > schedules && left > schedules / 2, "the schedules exercise too little");
}
