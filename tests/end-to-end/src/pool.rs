//! The stacks of this test process. A test spends nine tenths of its time waiting, so several tests run at
//! once. Each test has a stack of its own while it runs, so that tests do not disturb each other.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::TestStack;

/// The most stacks that a process starts. As many tests run at the same time: see `.cargo/config.toml`.
const STACKS: usize = 6;

static TURNS: Semaphore = Semaphore::const_new(STACKS);
static STARTED: Mutex<Started> = Mutex::new(Started { count: 0, free: Vec::new(), up: Vec::new() });

thread_local! {
    static HELD: Cell<Option<Held>> = const { Cell::new(None) };
}

struct Started {
    /// How many stacks the process has tried to start.
    count: usize,
    /// The stacks that no test uses.
    free: Vec<&'static TestStack>,
    /// All running stacks.
    up: Vec<&'static TestStack>,
}

/// A stack in use by a test, until the test's thread ends.
struct Held {
    stack: &'static TestStack,
    _turn: SemaphorePermit<'static>,
}

impl Drop for Held {
    fn drop(&mut self) {
        started(|started| started.free.push(self.stack));
    }
}

fn started<T>(act: impl FnOnce(&mut Started) -> T) -> T {
    act(&mut STARTED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The stack of this thread. The test harness runs each test on its own thread, or runs all tests on one
/// thread, one after the other.
async fn stack_of_this_thread() -> &'static TestStack {
    if let Some(held) = HELD.take() {
        let stack = held.stack;
        HELD.set(Some(held));
        return stack;
    }
    let turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let stack = match started(|started| started.free.pop()) {
        Some(stack) => stack,
        None => start().await,
    };
    HELD.set(Some(Held { stack, _turn: turn }));
    stack
}

async fn start() -> &'static TestStack {
    let number = started(|started| {
        started.count += 1;
        started.count - 1
    });
    let stack: &'static TestStack = Box::leak(Box::new(TestStack::start(number).await));
    started(|started| started.up.push(stack));
    stack
}

/// Every stack that has been started so far.
pub(crate) fn all() -> Vec<&'static TestStack> {
    started(|started| started.up.clone())
}

impl TestStack {
    /// One of the stacks that the tests of this process share. No other test gets it until this test's
    /// thread ends. Waits while all stacks are in use.
    pub async fn shared() -> &'static Self {
        stack_of_this_thread().await
    }
}
