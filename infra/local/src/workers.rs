//! The functions' processes. Tests kill them in the middle of their work and measure their memory.
//! Works on Linux only; on other systems no process is found.

use std::fs;

use crate::process::ProcessId;

/// A process of a function.
#[derive(Clone, Debug)]
pub struct Worker {
    id: ProcessId,
    pid: u32,
}

impl Worker {
    /// The processes of the stack at this address whose function's name contains this text.
    #[must_use]
    pub fn of(endpoint: &str, function: &str) -> Vec<Self> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| is_worker(*pid, endpoint, function))
            .filter_map(|pid| Some(Self { id: ProcessId::of(pid)?, pid }))
            .collect()
    }

    /// Kills the process, as a failing machine would.
    pub fn kill(&self) {
        self.id.kill();
    }

    /// The most memory that the process has used so far, in kilobytes.
    #[must_use]
    pub fn peak_kilobytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }
}

fn is_worker(pid: u32, endpoint: &str, function: &str) -> bool {
    // Processes of other users cannot be read.
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    let has = |wanted: &dyn Fn(&str) -> bool| {
        environment
            .split(|byte| *byte == 0)
            .any(|entry| std::str::from_utf8(entry).is_ok_and(wanted))
    };
    let at = format!("AWS_ENDPOINT_URL={endpoint}");
    has(&|entry| entry == at)
        && has(&|entry| {
            entry
                .strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")
                .is_some_and(|name| name.contains(function))
        })
}
