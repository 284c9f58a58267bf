//! `cargo local`: the whole deployment on this machine.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use local::{
    Aws, Console, Error, Progress, Stack, StackFile, StackOptions, Status, Tools, TypeScriptClient,
};
use tokio::signal::unix::{SignalKind, signal};

/// The whole deployment on this machine: no AWS account, no Docker, no Halo.
#[derive(Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version)]
struct Arguments {
    /// The folder for the stack's files. Each folder can run one stack [default: .local]
    #[arg(long, global = true)]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Builds, starts and deploys everything. Runs until Ctrl-C
    Up {
        /// Returns once the stack is up, and leaves it running
        #[arg(long)]
        detach: bool,
        /// Further platforms, as the template's parameter Platforms takes them: a JSON array
        #[arg(long)]
        platforms: Option<String>,
        /// `--detach` sets this flag when it starts the program a second time
        #[arg(long, hide = true)]
        on_its_own: bool,
    },
    /// Stops the stack that `up` started
    Down,
    /// Shows whether the stack is up, and its addresses
    Status,
    /// Prints new tokens and writes them to stack.json
    Tokens {
        /// Print only this token, without JSON
        which: Option<Which>,
    },
    /// Prints the functions' logs, and the paths of MiniStack's and the simulator's logs
    Logs {
        /// Only functions whose name contains this
        function: Option<String>,
    },
    /// Runs a scheduled job now: sweep or jobs, or for one practice site-health, checked, staff-sync
    /// or reconcile
    RunJob {
        /// The job's name
        job: String,
        /// The practice's id, for a job of one practice
        #[arg(long)]
        practice: Option<String>,
    },
    /// Runs the steps of both guides on the running stack and shows every call
    Demo,
    /// Builds the TypeScript client from the OpenAPI document and prints the package to install
    Client,
    /// Installs the pinned Python tools and prints the folder they are in
    Tools,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "camelCase")]
enum Which {
    PracticeAdmin,
    Clinician,
    OtherPracticeClinician,
    Platform,
    OtherPlatform,
    OtherPlatformPracticeAdmin,
    OtherPlatformClinician,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            say_aside(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let checkout = local::checkout()?;
    let folder = match arguments.folder {
        Some(folder) => std::path::absolute(&folder).map_err(|source| Error::File {
            what: "finding",
            path: folder,
            source,
        })?,
        None => checkout.join(".local"),
    };
    match arguments.command {
        Action::Up { detach: true, platforms, .. } => up_detached(&folder, platforms).await,
        Action::Up { on_its_own, platforms, .. } => up(&folder, on_its_own, platforms).await,
        Action::Down => {
            let ran = local::stop_running(&folder).await?;
            say(if ran { "The stack has stopped." } else { "No stack was running." });
            Ok(ExitCode::SUCCESS)
        }
        Action::Status => Ok(status(&folder).await),
        Action::Tokens { which } => {
            let tokens = local::fresh_tokens(&folder).await?;
            say(&match which {
                None => serde_json::to_string_pretty(&tokens)
                    .map_err(|source| Error::Malformed { what: "the tokens", source })?,
                Some(Which::PracticeAdmin) => tokens.practice_admin,
                Some(Which::Clinician) => tokens.clinician,
                Some(Which::OtherPracticeClinician) => tokens.other_practice_clinician,
                Some(Which::Platform) => tokens.platform,
                Some(Which::OtherPlatform) => tokens.other_platform,
                Some(Which::OtherPlatformPracticeAdmin) => tokens.other_platform_practice_admin,
                Some(Which::OtherPlatformClinician) => tokens.other_platform_clinician,
            });
            Ok(ExitCode::SUCCESS)
        }
        Action::Logs { function } => logs(&folder, function.as_deref()).await,
        Action::RunJob { job, practice } => {
            let aws = Aws::at(&StackFile::read(&folder)?.aws.endpoint_url)?;
            say(&aws.run_job(&job, practice.as_deref()).await?.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Action::Demo => {
            local::demo::run(&folder, &mut std::io::stdout()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Client => {
            let progress = Progress::shown();
            let client = TypeScriptClient::build(&checkout, &progress).await?;
            say(&client.pack(&checkout.join(".local"), &progress).await?.display().to_string());
            Ok(ExitCode::SUCCESS)
        }
        Action::Tools => {
            let tools = Tools::install(&checkout, &Progress::shown()).await?;
            say(&tools.programs().display().to_string());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn up(folder: &Path, on_its_own: bool, platforms: Option<String>) -> Result<ExitCode, Error> {
    let options = StackOptions {
        folder: folder.to_owned(),
        regular_jobs: true,
        platforms,
        console: None,
        progress: Progress::shown(),
    };
    let end = asked_to_end(on_its_own);
    tokio::pin!(end);
    let mut stack = tokio::select! {
        stack = start(options) => stack?,
        () = &mut end => {
            say_aside("Stopped. Nothing is left running.");
            return Ok(ExitCode::FAILURE);
        }
    };
    if !on_its_own {
        describe(folder, stack.file());
        say("Press Ctrl-C to stop it.");
    }
    let failure = tokio::select! {
        () = &mut end => None,
        error = stack.ended() => Some(error),
    };
    stack.stop().await;
    say_aside("The stack has stopped.");
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Starts a stack and the console. The console is built first: a stack that is announced as up has one.
async fn start(mut options: StackOptions) -> Result<Stack, Error> {
    options.console = Some(Console::build(&local::checkout()?, &options.progress).await?);
    Stack::start(options).await
}

/// Returns at Ctrl-C or `kill`. A stack that runs in a terminal also ends when the terminal closes.
async fn asked_to_end(on_its_own: bool) {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => return,
            _ = terminate.recv() => return,
            _ = hangup.recv() => if !on_its_own { return },
        }
    }
}

async fn up_detached(folder: &Path, platforms: Option<String>) -> Result<ExitCode, Error> {
    if let Status::Up(file) = local::status(folder).await {
        describe(folder, &file);
        say("The stack was already up. Stop it with `cargo local down`.");
        return Ok(ExitCode::SUCCESS);
    }
    let program = std::env::current_exe()
        .map_err(|source| Error::Start { program: "cargo local up", source })?;
    let in_folder = format!("--folder={}", folder.display());
    let platforms = platforms.map(|platforms| format!("--platforms={platforms}"));
    let mut arguments = vec!["up", "--on-its-own", in_folder.as_str()];
    arguments.extend(platforms.as_deref());
    tokio::select! {
        launched = local::launch(folder, &program, &arguments) => launched?,
        () = asked_to_end(false) => {
            local::stop_running(folder).await?;
            say_aside("Stopped. Nothing is left running.");
            return Ok(ExitCode::FAILURE);
        }
    }
    describe(folder, &StackFile::read(folder)?);
    say("The stack keeps running. Stop it with `cargo local down`.");
    Ok(ExitCode::SUCCESS)
}

async fn status(folder: &Path) -> ExitCode {
    match local::status(folder).await {
        Status::Up(file) => {
            describe(folder, &file);
            return ExitCode::SUCCESS;
        }
        Status::Down => say("No stack is running. Start one with `cargo local up`."),
        Status::Underway => say("The stack is starting or stopping."),
        Status::Silent => say("The stack is running but does not answer. See `cargo local logs`."),
    }
    ExitCode::FAILURE
}

fn describe(folder: &Path, file: &StackFile) {
    let practice = file.practices.first().map_or("", |practice| &practice.practice_id);
    say(&format!(
        "
  Console    {console}
  API        {api}
  AWS APIs   {aws}
  Halo       {halo}
  Control    {control}
  Details    {stack}
  Logs       {logs}

Try it:
  cargo local demo
  curl {api}/v1/health
  curl -H \"Authorization: Bearer $(cargo local tokens clinician)\" \\
    {api}/v1/practices/{practice}/connection
",
        console = file.console_url.as_deref().unwrap_or("not served"),
        api = file.api_url,
        aws = file.aws.endpoint_url,
        halo = file.simulator.url,
        control = file.simulator.control_url,
        stack = StackFile::path(folder).display(),
        logs = folder.join("logs").display(),
    ));
}

async fn logs(folder: &Path, function: Option<&str>) -> Result<ExitCode, Error> {
    let file = StackFile::read(folder)?;
    for event in Aws::at(&file.aws.endpoint_url)?.log_events().await? {
        if function.is_none_or(|wanted| event.group.contains(wanted)) {
            let name = event.group.rsplit('/').next().unwrap_or_default();
            say(&format!("{name}: {}", event.message));
        }
    }
    say_aside(&format!(
        "The logs of MiniStack and the simulator are in {}",
        folder.join("logs").display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Ignores that nobody reads the output any more.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn say_aside(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
