//! A program of the form that Lambda runs: how it starts, and what is measured.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::error::{Error, Failure};
use crate::runtime_api::{Answers, RuntimeApi};

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
    ("BUCKET_NAME", "made-up"),
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
const PATIENCE: Duration = Duration::from_secs(120);

/// A program that polls the Lambda Runtime API.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) executable: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

/// The measurements of one start.
pub(crate) struct Start {
    /// From just before the process exists to its first poll.
    pub(crate) time: Duration,
    /// Processor time until then. Other work on the machine hardly changes it. Linux only.
    pub(crate) computed: Option<Duration>,
    /// Peak memory until then, in bytes. Linux only.
    pub(crate) peak: Option<u64>,
}

/// The measurements of many requests, one after another.
pub(crate) struct Drive {
    /// Peak memory until the last answer, in bytes. Linux only.
    pub(crate) peak: Option<u64>,
    pub(crate) answers: Answers,
}

impl Program {
    /// Starts the program, waits for its first poll and ends it.
    pub(crate) async fn start(&self) -> Result<Start, Error> {
        let mut api = RuntimeApi::start(&Value::Null, 0).await?;
        self.run(&mut api).await
    }

    /// Starts the program, sends it `event` a number of times and ends it.
    pub(crate) async fn drive(&self, event: &Value, times: usize) -> Result<Drive, Error> {
        let mut api = RuntimeApi::start(event, times).await?;
        let peak = self.run(&mut api).await?.peak;
        Ok(Drive { peak, answers: api.answers() })
    }

    async fn run(&self, api: &mut RuntimeApi) -> Result<Start, Error> {
        let mut command = self.command(api.address());
        let started = Instant::now();
        let mut child =
            command.spawn().map_err(|source| self.failed(Failure::Unstartable(source), ""))?;
        let said = Said::of(&mut child);
        let outcome = tokio::select! {
            idle_at = api.idle() => Ok(idle_at - started),
            Ok(status) = child.wait() => Err(Failure::Ended(status)),
            () = tokio::time::sleep(PATIENCE) => Err(Failure::Silent(PATIENCE)),
        };
        // The process waits in its poll, so its peak memory can still be read.
        let peak = child.id().and_then(peak_memory);
        let computed = child.id().and_then(time_computed);
        // The process may already have ended, which is fine.
        let _ = child.kill().await;
        let said = said.text().await;
        match outcome {
            Ok(time) => Ok(Start { time, computed, peak }),
            Err(how) => Err(self.failed(how, &said)),
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

    fn failed(&self, how: Failure, output: &str) -> Error {
        Error::Failed { program: self.name.clone(), how, output: output.trim_end().to_owned() }
    }
}

/// The output of a process. It is read while the process runs, so that the process never waits for a full
/// pipe.
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
        let Err(error) = program.start().await else { panic!("it counts as started") };
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
