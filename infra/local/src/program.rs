//! Programs that run to their end.

use std::path::Path;
use std::process::Stdio;

use rustix::process::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::log::{failed, open_log};
use crate::process::kill_group;
use crate::{Error, Progress};

/// A command without the caller's environment, except `PATH`. It neither uses nor changes the user's
/// AWS profile and home directory.
pub(crate) fn isolated(program: &Path, state: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", state.join("home"))
        .env("TMPDIR", state.join("tmp"))
        .env("PYTHONUTF8", "1")
        .env("PYTHONUNBUFFERED", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("no_proxy", "127.0.0.1,localhost");
    command
}

/// Runs a program to its end, shows its latest line as progress, and returns the lines of its standard
/// output. Dropping the future kills the program and every process that it started.
pub(crate) async fn run(
    progress: &Progress,
    program: &'static str,
    command: &mut Command,
    log: &Path,
) -> Result<Vec<String>, Error> {
    let start = |source| Error::Start { program, source };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(start)?;
    let mut guard =
        KillOnDrop(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    let mut file = tokio::fs::File::from_std(open_log(log)?);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(lines(stdout, Source::Output, sender.clone()));
    tokio::spawn(lines(stderr, Source::Remarks, sender));
    let mut output = Vec::new();
    while let Some((source, line)) = receiver.recv().await {
        // JSON lines are for the caller only.
        if !line.starts_with('{') {
            progress.detail(&line);
            file.write_all(format!("{line}\n").as_bytes())
                .await
                .map_err(Error::file("writing the log", log))?;
        }
        if source == Source::Output {
            output.push(line);
        }
    }
    file.flush().await.map_err(Error::file("writing the log", log))?;
    let status = child.wait().await.map_err(start)?;
    guard.0 = None;
    if status.success() { Ok(output) } else { Err(failed(program, log)) }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Source {
    Output,
    Remarks,
}

async fn lines(
    stream: Option<impl AsyncRead + Unpin>,
    source: Source,
    sender: tokio::sync::mpsc::UnboundedSender<(Source, String)>,
) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if sender.send((source, text)).is_err() {
            return;
        }
    }
}

struct KillOnDrop(Option<Pid>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        kill_group(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_program_is_reported_with_the_end_of_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo the reason >&2; exit 3"]);
        let error = run(&Progress::silent(), "sh", &mut command, &log).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("the reason") && text.contains(&log.display().to_string()), "{text}");
    }
}
