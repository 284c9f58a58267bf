//! Commands for a stack that runs in another process.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::folders::Folders;
use crate::process::ProcessId;
use crate::stack::{RunFile, SignIn, forget};
use crate::stack_file::Tokens;
use crate::tools::find_python;
use crate::{Aws, Error, People, StackFile};

const A_MOMENT: Duration = Duration::from_millis(100);
/// How long a stack may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

/// The state of a folder's stack.
#[derive(Debug)]
pub enum Status {
    /// No stack is running.
    Down,
    /// It is starting or stopping.
    Underway,
    /// It is running, but its API does not answer.
    Silent,
    /// It is running.
    Up(Box<StackFile>),
}

/// The state of this folder's stack.
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

/// Starts `program arguments` in the background, with its output in `logs/up.log`. Returns once its
/// stack in this folder is up, and shows everything it prints until then.
///
/// # Errors
/// When the program ends before the stack is up.
pub async fn launch(folder: &Path, program: &Path, arguments: &[&str]) -> Result<(), Error> {
    const PROGRAM: &str = "cargo local up";
    let start = |source| Error::Start { program: PROGRAM, source };
    let log = Folders::create(folder)?.log("up");
    let output = File::create(&log).map_err(Error::file("opening the log", &log))?;
    let mut shown = File::open(&log).map_err(Error::file("opening the log", &log))?;
    let python = find_python().await?;
    let mut child = without_open_files(&python, program, arguments)
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

/// The command `program arguments`, without the files that our caller has left open in this process. A caller that
/// waits until such a file is closed, such as `flock` or a pipe's reader, would otherwise wait for the stack.
/// Python does it, because closing a descriptor that nobody here owns is `unsafe` in Rust.
fn without_open_files(python: &Path, program: &Path, arguments: &[&str]) -> Command {
    const START: &str = "\
import os, sys
for name in os.listdir('/dev/fd'):
    try:
        if int(name) > 2:
            os.set_inheritable(int(name), False)
    except OSError:
        pass  # This one was open for the list only.
os.execvp(sys.argv[1], sys.argv[1:])
";
    let mut command = Command::new(python);
    command.args(["-I", "-c", START]).arg(program).args(arguments);
    command
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
    // The log keeps the text if it cannot be shown now.
    if log.read_to_end(&mut text).is_ok() {
        let _ = std::io::stderr().write_all(&text);
    }
}

/// Stops this folder's stack and waits until it has ended. Returns whether one was running.
///
/// # Errors
/// When the stack's `run.json` cannot be read.
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
    // The owner may have started the group after `run.json` was read, or may have been killed.
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

/// Gets new tokens for the running stack and writes them to `stack.json`.
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

#[cfg(test)]
mod tests {
    use std::io::pipe;

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::*;

    #[test]
    fn a_stack_in_the_background_keeps_none_of_its_callers_files_open() {
        let (mut reader, writer) = pipe().unwrap();
        fcntl_setfd(&writer, FdFlags::empty()).unwrap();
        let mut child =
            without_open_files(Path::new("python3"), Path::new("sleep"), &["60"]).spawn().unwrap();
        drop(writer);
        // Ends when no process has the writing end any more.
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert!(matches!(child.try_wait(), Ok(None)), "it held the pipe until it ended");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
