//! Measures what each action costs, and simulates the busiest hour of a Monday with very many practices.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use aws::queues::SiteWake;
use domain::schedule::Job;
use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::webhooks::ENDPOINT_SHARDS;
use store::work::LANE_SHARDS;
use store::{DueJob, JOB_SHARDS};

use crate::aws::Sent;
use crate::cost::{Costs, Units};
use crate::load::{Action, Load};
use crate::practice::{act, named, plan_jobs, serve, store};
use crate::world::World;

/// How often each action is measured, each time at another practice.
const TIMES: usize = 20;
/// As in the dispatcher.
const MOST: u16 = 500;
const RETRY: SignedDuration = SignedDuration::from_mins(15);
/// How long a message is on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(50);
/// Virtual time begins this long after now: what the routes store is then never in the future.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// A task of the dispatcher, which runs every minute.
#[derive(Clone, Copy, Debug)]
enum Task {
    Sweep,
    Jobs,
    Webhooks,
}

const TASKS: [(Task, &str); 3] =
    [(Task::Sweep, "task:sweep"), (Task::Jobs, "task:jobs"), (Task::Webhooks, "task:webhooks")];

/// The name of a job among the actions.
pub(crate) fn job_name(job: Job) -> String {
    format!("job:{job}")
}

/// Does what the dispatcher does (`functions/dispatcher`), at a time of the simulation.
async fn dispatch(world: &mut World, task: Task, now: Timestamp) {
    world
        .step("dispatcher", 1.0, async |world| {
            let answers = "the table answers";
            let wake = |practice: &domain::ids::PracticeId, job: Option<Job>| SiteWake {
                practice_id: practice.as_str().to_owned(),
                job: job.map(|job| job.as_str().to_owned()),
            };
            let mut wakes = Vec::new();
            match task {
                Task::Sweep => {
                    for shard in 0..LANE_SHARDS {
                        let due = world.store.due_lanes(shard, now, MOST).await.expect(answers);
                        wakes.extend(due.iter().map(|lane| wake(&lane.practice, None)));
                    }
                }
                Task::Jobs => {
                    let mut due: Vec<DueJob> = Vec::new();
                    for shard in 0..JOB_SHARDS {
                        due.extend(world.store.due_jobs(shard, now, MOST).await.expect(answers));
                    }
                    for job in &due {
                        if world.store.claim_job(job, now + RETRY).await.expect(answers) {
                            wakes.push(wake(&job.practice, Some(job.job)));
                        }
                    }
                }
                Task::Webhooks => {
                    for shard in 0..ENDPOINT_SHARDS {
                        let due = world.store.due_endpoints(shard, now, MOST).await;
                        assert!(due.expect(answers).is_empty(), "nobody has an endpoint");
                    }
                }
            }
            let count = wakes.len();
            let delay =
                |index| Duration::from_millis(100 * index as u64).min(longest(index, count));
            let wakes: Vec<_> =
                wakes.into_iter().enumerate().map(|(index, wake)| (wake, delay(index))).collect();
            assert_eq!(world.queues.wake_writers(&wakes).await, 0, "a wake-up is lost");
        })
        .await;
}

/// What is found wakes its writer before the next sweep.
fn longest(index: usize, count: usize) -> Duration {
    Duration::from_secs(45).mul_f64(index as f64 / count.max(1) as f64)
}

/// Does all that was left in the queues, whatever its delay.
async fn drain(world: &mut World) {
    loop {
        let sent = world.cloud.take_sent();
        if sent.is_empty() {
            return;
        }
        for message in sent {
            let queue = message.queue.clone();
            serve(world, &queue, vec![message]).await;
        }
    }
}

/// The average cost of each action, each job and each task.
pub(crate) async fn measure(measured: String) -> Units {
    let mut world = World::new().await;
    let now = Timestamp::now() + AHEAD;
    world.clock.set(now);
    let mut actions = BTreeMap::new();
    // Each action at a practice of its own, so that nothing shares a turn.
    let mut next = 0;
    for action in Action::ALL {
        // The first time goes through the simulator and is not counted.
        for time in 0..=TIMES {
            next += 1;
            store(&world, next);
            if time == 1 {
                world.costs = Costs::default();
            }
            act(&mut world, next, action).await;
            drain(&mut world).await;
        }
        actions.insert(action.name().to_owned(), average(&mut world));
    }
    for (task, name) in TASKS {
        for time in 0..=TIMES {
            if time == 1 {
                world.costs = Costs::default();
            }
            dispatch(&mut world, task, now).await;
        }
        actions.insert(name.to_owned(), average(&mut world));
    }
    let idle = actions["task:jobs"].clone();
    for job in Job::ALL {
        for round in 0..2 {
            let practices: Vec<usize> = (next + 1..=next + TIMES).collect();
            next += TIMES;
            for &number in &practices {
                store(&world, number);
                // Something to ask about, and something to compare.
                act(&mut world, number, Action::Message).await;
                act(&mut world, number, Action::Booking).await;
                drain(&mut world).await;
                for planned in Job::ALL {
                    let at =
                        if planned == job { now } else { now + SignedDuration::from_hours(99) };
                    world.store.schedule(&named(number), planned, at).await.expect("a plan");
                }
            }
            if round == 1 {
                world.costs = Costs::default();
            }
            dispatch(&mut world, Task::Jobs, now + SignedDuration::from_secs(1)).await;
            drain(&mut world).await;
        }
        // The run itself is counted as a task.
        world.costs.add_all(&idle, -1.0);
        actions.insert(job_name(job), average(&mut world));
    }
    Units { measured, actions }
}

fn average(world: &mut World) -> Costs {
    let mut one = Costs::default();
    one.add_all(&std::mem::take(&mut world.costs), 1.0 / TIMES as f64);
    one
}

enum What {
    Act(usize, Action),
    Message(Sent),
    Minute,
}

/// What is still to happen, by milliseconds.
#[derive(Default)]
struct Agenda {
    order: BinaryHeap<Reverse<(u64, usize)>>,
    what: Vec<Option<What>>,
}

impl Agenda {
    fn add(&mut self, at: u64, what: What) {
        self.order.push(Reverse((at, self.what.len())));
        self.what.push(Some(what));
    }

    fn next(&mut self) -> Option<(u64, What)> {
        let Reverse((at, place)) = self.order.pop()?;
        Some((at, self.what[place].take()?))
    }
}

/// What the simulation has counted.
pub(crate) struct Simulated {
    pub(crate) costs: Costs,
    pub(crate) items: usize,
}

/// Simulates so many minutes of the busiest hour.
#[expect(clippy::print_stderr, reason = "how far it is")]
pub(crate) async fn simulate(load: &Load, sites: usize, minutes: u64, seed: u64) -> Simulated {
    let mut world = World::new().await;
    let start = Timestamp::now() + AHEAD;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    world.clock.set(start);
    // Through the simulator, at a practice that is not counted.
    store(&world, 0);
    for action in Action::ALL {
        act(&mut world, 0, action).await;
        drain(&mut world).await;
    }
    let mut agenda = Agenda::default();
    let end = minutes * 60_000;
    for number in 1..=sites {
        store(&world, number);
        // Every practice has a message to ask about and a booking to compare.
        for action in [Action::Message, Action::Booking] {
            act(&mut world, number, action).await;
            drain(&mut world).await;
        }
        plan_jobs(&world, number, start, || random.random()).await;
        for action in Action::ALL {
            let mut expected = load.in_a_day(action) * load.busiest_hour * minutes as f64 / 60.0;
            while expected > 0.0 && random.random::<f64>() < expected {
                agenda.add(random.random_range(0..end), What::Act(number, action));
                expected -= 1.0;
            }
        }
    }
    for minute in 0..minutes {
        agenda.add(minute * 60_000, What::Minute);
    }
    world.costs = Costs::default();
    let mut shown = 0;
    while let Some((at, what)) = agenda.next().filter(|(at, _)| *at < end) {
        let now = start + SignedDuration::from_millis(at as i64);
        world.clock.set(now);
        match what {
            What::Act(number, action) => act(&mut world, number, action).await,
            What::Message(sent) => {
                let queue = sent.queue.clone();
                serve(&mut world, &queue, vec![sent]).await;
            }
            What::Minute => {
                for (task, _) in TASKS {
                    dispatch(&mut world, task, now).await;
                }
            }
        }
        for sent in world.cloud.take_sent() {
            let delay = (sent.delay + ON_ITS_WAY).as_millis() as u64;
            agenda.add(at + delay, What::Message(sent));
        }
        if at / 60_000 > shown {
            shown = at / 60_000;
            eprintln!("{shown} of {minutes} minutes");
        }
    }
    Simulated { costs: world.costs, items: world.cloud.table.len() }
}
