//! Acting on a stack that another process runs.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Folders, ProcessId};
use crate::stack::{RunFile, SignIn, forget};
use crate::stack_file::Tokens;
use crate::{Aws, Error, People, StackFile};

const A_MOMENT: Duration = Duration::from_millis(100);
/// How long a stack may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

/// How a folder's stack is doing.
#[derive(Debug)]
pub enum Status {
    /// None runs.
    Down,
    /// It is being started or stopped.
    Underway,
    /// It runs but does not answer.
    Silent,
    /// It runs.
    Up(Box<StackFile>),
}

/// How the stack of this folder is doing.
pub async fn status(folder: &Path) -> Status {
    let Ok(run) = RunFile::read(folder) else { return Status::Down };
    if !run.owner.is_alive() {
        return Status::Down;
    }
    let Ok(file) = StackFile::read(folder) else { return Status::Underway };
    match Aws::at(&file.aws.endpoint_url) {
        Ok(aws) if aws.is_ready().await => Status::Up(Box::new(file)),
        _ => Status::Silent,
    }
}

/// Starts `program arguments` on its own, with its output in `logs/up.log`, and returns once the stack
/// that it runs from this folder is up. Everything it prints until then is shown.
///
/// # Errors
/// When it ends instead.
pub async fn launch(folder: &Path, program: &Path, arguments: &[&str]) -> Result<(), Error> {
    const PROGRAM: &str = "cargo local up";
    let start = |source| Error::Start { program: PROGRAM, source };
    let log = Folders::create(folder)?.log("up");
    let output = File::create(&log).map_err(Error::file("opening the log", &log))?;
    let mut shown = File::open(&log).map_err(Error::file("opening the log", &log))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(start)?)
        .stderr(output)
        .process_group(0)
        .spawn()
        .map_err(start)?;
    let identity = ProcessId::of(child.id());
    let mut guard = EndOnDrop(identity.clone());
    loop {
        show_more(&mut shown);
        if !matches!(child.try_wait(), Ok(None)) {
            show_more(&mut shown);
            return Err(Error::NotUp(log));
        }
        let ours = RunFile::read(folder).is_ok_and(|run| Some(&run.owner) == identity.as_ref());
        if ours && StackFile::path(folder).exists() {
            show_more(&mut shown);
            guard.0 = None;
            return Ok(());
        }
        tokio::time::sleep(A_MOMENT).await;
    }
}

struct EndOnDrop(Option<ProcessId>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(process) = &self.0 {
            process.ask_to_end();
        }
    }
}

fn show_more(log: &mut File) {
    let mut text = Vec::new();
    // What cannot be shown now is in the log.
    if log.read_to_end(&mut text).is_ok() {
        let _ = std::io::stderr().write_all(&text);
    }
}

/// Ends the stack that runs from this folder, and waits until it has ended. Says whether one ran.
///
/// # Errors
/// When what is recorded about it cannot be read.
pub async fn stop_running(folder: &Path) -> Result<bool, Error> {
    let run = match RunFile::read(folder) {
        Err(Error::NotRunning) => return Ok(false),
        other => other?,
    };
    let ran = run.owner.is_alive();
    run.owner.ask_to_end();
    if !gone(&run.owner).await {
        run.owner.kill();
        gone(&run.owner).await;
    }
    // The owner may have started it after the record was read, or have been killed by somebody.
    let group = RunFile::read(folder).ok().and_then(|run| run.group).or(run.group);
    if let Some(group) = group {
        group.kill_group();
        gone(&group).await;
    }
    forget(folder);
    Ok(ran)
}

async fn gone(process: &ProcessId) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while process.is_alive() {
        if Instant::now() > give_up {
            return false;
        }
        tokio::time::sleep(A_MOMENT).await;
    }
    true
}

/// Fresh tokens for the running stack, also written to `stack.json`.
///
/// # Errors
/// When no stack runs or Cognito refuses.
pub async fn fresh_tokens(folder: &Path) -> Result<Tokens, Error> {
    let mut file = StackFile::read(folder)?;
    let SignIn { access, cast } = RunFile::read(folder)?.sign_in.ok_or(Error::NotRunning)?;
    let people = People::new(Aws::at(&file.aws.endpoint_url)?, access);
    file.tokens = cast.tokens(&people).await?;
    file.write(folder)?;
    Ok(file.tokens)
}
