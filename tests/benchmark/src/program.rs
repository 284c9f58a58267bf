//! A program of the form that Lambda runs: how it starts, and what is measured.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::error::{Error, Failure};
use crate::runtime_api::RuntimeApi;

/// Made-up values for what every function's configuration needs. Nothing listens on port 9 of loopback: no
/// function may call anything before its first poll.
const ENVIRONMENT: &[(&str, &str)] = &[
    // Set by Lambda.
    ("AWS_ACCESS_KEY_ID", "made-up"),
    ("AWS_DEFAULT_REGION", "ap-southeast-2"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "benchmark"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "benchmark"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "benchmark"),
    ("AWS_REGION", "ap-southeast-2"),
    ("AWS_SECRET_ACCESS_KEY", "made-up"),
    ("AWS_SESSION_TOKEN", "made-up"),
    // Set by template.yaml.
    ("AWS_ENDPOINT_URL", "https://127.0.0.1:9"),
    ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ("ATTACHMENT_RETENTION_DAYS", "1"),
    ("AUDIT_RETENTION_DAYS", "30"),
    ("BUCKET_NAME", "made-up-bucket"),
    ("CURSOR_SECRET_ARN", "arn:aws:secretsmanager:ap-southeast-2:000000000000:secret:made-up"),
    ("DAILY_BYTE_CAP", "0"),
    ("DAILY_QUERY_CAP", "0"),
    ("DOCUMENT_RETENTION_DAYS", "30"),
    ("ENVIRONMENT", "local"),
    ("EVENT_BUS_NAME", "made-up"),
    ("HALO_BASE_URL", "https://127.0.0.1:9"),
    ("HALO_SECRET_ARN", "arn:aws:secretsmanager:ap-southeast-2:000000000000:secret:made-up"),
    ("JWKS_URL", "https://127.0.0.1:9/.well-known/jwks.json"),
    ("PEOPLE_CLIENT_ID", "made-up-people"),
    (
        "PLATFORMS",
        r#"{"own":[{"id":"home","clients":["made-up-platform"],"scopes":["bookings.write"]}],"others":[]}"#,
    ),
    ("RUST_LOG", "info"),
    ("SITE_WORK_QUEUE_URL", "https://127.0.0.1:9/made-up"),
    ("IMPORT_QUEUE_URL", "https://127.0.0.1:9/made-up"),
    ("TABLE_NAME", "made-up"),
    ("TOKEN_ISSUER", "https://127.0.0.1:9"),
    ("WRITER_TURN_SECONDS", "118"),
    ("WRITE_EXECUTION_SECONDS", "300"),
    ("WRITE_MARGIN_SECONDS", "10"),
    ("WRITE_QUEUE_SECONDS", "60"),
    ("OFFLINE_LOOK_SECONDS", "30"),
    ("UNCHECKED_AFTER_DAYS", "14"),
    ("WEBHOOK_EVENTS_QUEUE_URL", "https://127.0.0.1:9/made-up"),
    ("WEBHOOK_KEY_ARN", "arn:aws:secretsmanager:ap-southeast-2:000000000000:secret:made-up"),
    ("WEBHOOK_SEND_QUEUE_URL", "https://127.0.0.1:9/made-up"),
    ("WEBHOOK_TURN_SECONDS", "75"),
    ("WEBHOOK_SECRET_ARN", "arn:aws:secretsmanager:ap-southeast-2:000000000000:secret:made-up"),
];

/// The longest wait for a program.
const PATIENCE: Duration = Duration::from_mins(10);

/// A program that polls the Lambda Runtime API.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) executable: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

/// The measurements of one start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// From just before the process exists to its first poll.
    pub(crate) time: Duration,
    /// Processor time until then. Other work on the machine hardly changes it. Linux only.
    pub(crate) computed: Duration,
    /// Peak memory until then, in bytes. Linux only.
    pub(crate) peak: u64,
}

/// What an event cost the process that it was given to.
#[derive(Debug)]
pub(crate) struct Invoked {
    pub(crate) wall: Duration,
    pub(crate) computed: Duration,
    pub(crate) body: Bytes,
}

/// A running program that waits for events.
pub(crate) struct Process {
    name: String,
    child: Child,
    api: RuntimeApi,
    said: Said,
    pub(crate) started: Start,
}

impl Program {
    /// This program under another one, which gets it as its last arguments.
    pub(crate) fn under(&self, wrapper: &str, arguments: Vec<OsString>) -> Self {
        let mut arguments = arguments;
        arguments.push(self.executable.clone().into_os_string());
        arguments.extend(self.arguments.iter().cloned());
        Self { name: self.name.clone(), executable: wrapper.into(), arguments }
    }

    /// Starts the program and waits for its first poll. `more` are environment variables that differ from the
    /// made-up ones.
    pub(crate) async fn start(&self, more: &[(&str, String)]) -> Result<Process, Error> {
        let mut api = RuntimeApi::start().await?;
        let mut command = self.command(api.address());
        command.envs(more.iter().map(|(name, value)| (*name, value)));
        let began = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|source| failed(&self.name, Failure::Unstartable(source), ""))?;
        let said = Said::of(&mut child);
        let outcome = tokio::select! {
            polled_at = api.first_poll() => Ok(polled_at - began),
            Ok(status) = child.wait() => Err(Failure::Ended(status)),
            () = tokio::time::sleep(PATIENCE) => Err(Failure::Silent(PATIENCE)),
        };
        match outcome {
            Ok(time) => {
                // The process waits in its poll, so what it has used can be read.
                let computed = child.id().and_then(time_computed).unwrap_or_default();
                let peak = child.id().and_then(peak_memory).unwrap_or_default();
                let started = Start { time, computed, peak };
                Ok(Process { name: self.name.clone(), child, api, said, started })
            }
            Err(how) => {
                let _ = child.kill().await;
                Err(failed(&self.name, how, &said.text().await))
            }
        }
    }

    fn command(&self, runtime_api: SocketAddr) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(ENVIRONMENT.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

impl Process {
    /// Gives the process an event and waits until it asks for the next one.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<Invoked, Error> {
        let before = self.computed();
        let answered = tokio::select! {
            answered = self.api.invoke(event.to_string().into()) => answered.ok_or(Failure::Refused),
            Ok(status) = self.child.wait() => Err(Failure::Ended(status)),
            () = tokio::time::sleep(PATIENCE) => Err(Failure::Silent(PATIENCE)),
        };
        let answered = answered.and_then(|it| Ok((it.wall, it.body.ok_or(Failure::Refused)?)));
        match answered {
            Ok((wall, body)) => {
                Ok(Invoked { wall, computed: self.computed().saturating_sub(before), body })
            }
            Err(how) => Err(self.failed(how).await),
        }
    }

    /// The processor time so far.
    pub(crate) fn computed(&self) -> Duration {
        self.child.id().and_then(time_computed).unwrap_or_default()
    }

    /// The peak memory so far, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.child.id().and_then(peak_memory).unwrap_or_default()
    }

    /// Ends the process as a person would, so that it may still write. Returns what it said.
    pub(crate) async fn end(mut self) -> String {
        let id = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        if tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
        self.said.text().await
    }

    /// An error that shows what the process said.
    pub(crate) async fn failed(&mut self, how: Failure) -> Error {
        let _ = self.child.kill().await;
        let said = std::mem::take(&mut self.said).text().await;
        failed(&self.name, how, &said)
    }
}

fn failed(program: &str, how: Failure, output: &str) -> Error {
    // The end of what it said is about the failure.
    let output = output.trim_end();
    let from = output.char_indices().rev().nth(4_000).map_or(0, |(at, _)| at);
    Error::Failed { program: program.to_owned(), how, output: output[from..].to_owned() }
}

/// The output of a process. It is read while the process runs, so that the process never waits for a full
/// pipe.
#[derive(Default)]
struct Said(Vec<JoinHandle<Vec<u8>>>);

impl Said {
    fn of(child: &mut Child) -> Self {
        let stdout = child.stdout.take().map(|pipe| tokio::spawn(read(pipe)));
        let stderr = child.stderr.take().map(|pipe| tokio::spawn(read(pipe)));
        Self(stdout.into_iter().chain(stderr).collect())
    }

    async fn text(self) -> String {
        let mut all = Vec::new();
        for pipe in self.0 {
            all.append(&mut pipe.await.unwrap_or_default());
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

async fn read(mut pipe: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Output from before the failure is still useful.
    let _ = pipe.read_to_end(&mut bytes).await;
    bytes
}

/// The peak physical memory of a live process, in bytes.
fn peak_memory(pid: u32) -> Option<u64> {
    high_water_mark(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// The processor time of a live process's threads.
fn time_computed(pid: u32) -> Option<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // Skips a thread that has just ended.
        let Ok(text) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        total += Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?);
    }
    (!total.is_zero()).then_some(total)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_ends_before_it_polls_is_a_failure_that_shows_what_it_said() {
        let program = Program {
            name: "pairing".to_owned(),
            executable: "/bin/sh".into(),
            arguments: vec!["-c".into(), "echo 'TABLE_NAME is missing' >&2; exit 3".into()],
        };
        let Err(error) = program.start(&[]).await else { panic!("it counts as started") };
        let error = error.to_string();
        for part in ["pairing ended", "exit status: 3", "TABLE_NAME is missing"] {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }

    #[test]
    fn peak_memory_is_read_from_what_linux_tells() {
        let status =
            "Name:\tbootstrap\nVmPeak:\t   91234 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n";
        assert_eq!(high_water_mark(status), Some(2 * 1024 * 1024));
        assert_eq!(high_water_mark("Name:\tbootstrap\n"), None);
    }
}
