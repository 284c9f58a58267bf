//! The stacks of this test process. A test spends nine tenths of its time waiting, so several tests run
//! at once, and each has a whole stack to itself: no test can disturb another.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::TestStack;

/// How many stacks a process has at most. Tests run on as many threads: `.cargo/config.toml` says so.
const STACKS: usize = 6;

static TURNS: Semaphore = Semaphore::const_new(STACKS);
static STARTED: Mutex<Started> = Mutex::new(Started { count: 0, free: Vec::new(), up: Vec::new() });

thread_local! {
    static HELD: Cell<Option<Held>> = const { Cell::new(None) };
}

struct Started {
    /// How many starts were tried.
    count: usize,
    /// The stacks that no test has.
    free: Vec<&'static TestStack>,
    /// All stacks.
    up: Vec<&'static TestStack>,
}

/// A stack that a test has, until its thread ends.
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

/// The stack of this thread. The test harness runs each test on a thread of its own, or all tests one
/// after the other on one thread.
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
    /// One of the stacks that the tests of this process share. No other test has it until the thread
    /// of this test ends. Waits while all stacks are in use.
    pub async fn shared() -> &'static Self {
        stack_of_this_thread().await
    }
}
