//! Child processes and process groups that end with their owner.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, ChildStdin, Command};

use crate::Error;
use crate::log::open_log;

/// A process, identified by its number and start time: the system may give the number to another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct ProcessId {
    pid: i32,
    started: String,
}

impl ProcessId {
    /// The process that has this number at the moment.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        Some(Self { pid, started: started(pid)? })
    }

    pub(crate) fn current() -> Option<Self> {
        Self::of(std::process::id())
    }

    pub(crate) fn is_alive(&self) -> bool {
        started(self.pid).as_ref() == Some(&self.started)
    }

    pub(crate) fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Kills the process group that this process leads.
    pub(crate) fn kill_group(&self) {
        if self.is_alive() {
            kill_group(Pid::from_raw(self.pid));
        }
    }

    fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            // If it has ended in between, there is nothing left to do.
            let _ = kill_process(pid, signal);
        }
    }
}

/// When a live process started, as text in the system's own format.
fn started(pid: i32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may itself contain anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let ticks = fields.nth(18)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        return (state != "Z" && state != "X").then(|| format!("{ticks}@{}", boot.trim()));
    }
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (state, start) = line.split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| start.trim().to_owned())
}

pub(crate) fn kill_group(group: Option<Pid>) {
    if let Some(group) = group {
        // If the group does not exist any more, there is nothing left to do.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A process group that ends with its owner. Dropping it kills the group. If the owner is killed, its
/// end of a pipe closes, and the leader, which watches the pipe, kills the group.
///
/// The crate `process-wrap` is not used: dropping its child kills no group, and a process cannot join a group of
/// another leader.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Child,
    id: Pid,
    identity: ProcessId,
    _lifeline: Option<ChildStdin>,
}

impl Group {
    /// Starts the leader. Its standard input is the pipe that it watches.
    pub(crate) fn start(
        program: &'static str,
        command: &mut Command,
        log: &Path,
    ) -> Result<Self, Error> {
        let start = |source| Error::Start { program, source };
        let (stdout, stderr) = log_pair(log)?;
        let mut leader = command
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .map_err(start)?;
        let lifeline = leader.stdin.take();
        let number = leader.id().unwrap_or_default();
        let id = i32::try_from(number).ok().and_then(Pid::from_raw);
        match (id, ProcessId::of(number)) {
            (Some(id), Some(identity)) => Ok(Self { leader, id, identity, _lifeline: lifeline }),
            _ => Err(start(std::io::Error::other("it ended at once"))),
        }
    }

    /// Starts another process in the group.
    pub(crate) fn join(
        &self,
        program: &'static str,
        command: &mut Command,
        log: &Path,
    ) -> Result<Child, Error> {
        let (stdout, stderr) = log_pair(log)?;
        command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(self.id.as_raw_nonzero().get())
            .spawn()
            .map_err(|source| Error::Start { program, source })
    }

    pub(crate) fn identity(&self) -> &ProcessId {
        &self.identity
    }

    /// Whether the leader has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.leader.try_wait(), Ok(None))
    }

    /// Returns once the leader has ended.
    pub(crate) async fn ended(&mut self) {
        // An error means that there is no process to wait for.
        let _ = self.leader.wait().await;
    }

    /// Kills all members and waits until none is left. Processes that we started stay as zombies
    /// until we wait for them.
    pub(crate) async fn kill(mut self, mut member: Child) {
        kill_group(Some(self.id));
        self.ended().await;
        let _ = member.wait().await;
        // The system removes orphans, but in some containers nobody does: give up after a while.
        let give_up = Instant::now() + Duration::from_secs(1);
        while test_kill_process_group(self.id).is_ok() && Instant::now() < give_up {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill_group(Some(self.id));
    }
}

fn log_pair(log: &Path) -> Result<(fs::File, fs::File), Error> {
    let file = open_log(log)?;
    let copy = file.try_clone().map_err(Error::file("opening the log", log))?;
    Ok((file, copy))
}

#[cfg(test)]
mod tests {
    use support::until;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn sleeper() -> std::process::Child {
        std::process::Command::new("sleep").arg("60").process_group_of_its_own().spawn().unwrap()
    }

    trait OwnGroup {
        fn process_group_of_its_own(&mut self) -> &mut Self;
    }

    impl OwnGroup for std::process::Command {
        fn process_group_of_its_own(&mut self) -> &mut Self {
            std::os::unix::process::CommandExt::process_group(self, 0)
        }
    }

    #[test]
    fn a_process_with_a_recycled_number_is_left_alone() {
        let mut child = sleeper();
        let mut recorded = ProcessId::of(child.id()).unwrap();
        recorded.started.push_str(" earlier");
        assert!(!recorded.is_alive());
        recorded.kill();
        recorded.kill_group();
        assert!(child.try_wait().unwrap().is_none());
        let real = ProcessId::of(child.id()).unwrap();
        assert!(real.is_alive());
        real.kill_group();
        child.wait().unwrap();
        assert!(!real.is_alive());
    }

    #[tokio::test]
    async fn a_process_that_has_ended_but_was_not_waited_for_counts_as_gone() {
        let mut child = sleeper();
        let id = ProcessId::of(child.id()).unwrap();
        child.kill().unwrap();
        until("the killed process counts as gone", PATIENCE, async || {
            if id.is_alive() { Err("it is alive") } else { Ok(()) }
        })
        .await;
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn dropping_a_group_ends_the_processes_that_its_members_started() {
        let folder = tempfile::tempdir().unwrap();
        let (log, note) = (folder.path().join("log"), folder.path().join("note"));
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("sleep 60 & echo $! > {0}.new; mv {0}.new {0}; wait", note.display()));
        let group = Group::start("sh", &mut command, &log).unwrap();
        until("the member starts", PATIENCE, async || note.exists().then_some(()).ok_or("no"))
            .await;
        let number: u32 = fs::read_to_string(&note).unwrap().trim().parse().unwrap();
        let member = ProcessId::of(number).unwrap();
        drop(group);
        until("the member ends", PATIENCE, async || {
            if member.is_alive() { Err("it is alive") } else { Ok(()) }
        })
        .await;
    }
}
