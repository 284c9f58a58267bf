//! The simulator as a program.

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use halo_simulator::{Options, Running, Simulator, cloud::WebhookTarget};
use tokio::signal::unix::{SignalKind, signal};

/// Serves Halo Cloud and its control API on this machine until it gets a signal to stop.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where Halo Cloud listens. The address must be loopback; port 0 chooses a free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the control API listens. The address must be loopback; port 0 chooses a free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    control_listen: SocketAddr,
    /// Where the databases are kept; if absent, a temporary folder that is removed at the end.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The primary subscription key; derived from the seed if absent.
    #[arg(long, env = "HALO_SIMULATOR_PRIMARY_KEY", hide_env_values = true)]
    primary_key: Option<String>,
    /// The secondary subscription key; derived from the seed if absent.
    #[arg(long, env = "HALO_SIMULATOR_SECONDARY_KEY", hide_env_values = true)]
    secondary_key: Option<String>,
    /// The URL that completed queries are notified to. It may contain {siteId}, {queryId} and {source}.
    #[arg(long, requires = "webhook_secret")]
    webhook_url: Option<String>,
    /// The key of the webhook signature.
    #[arg(long, env = "HALO_SIMULATOR_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
    /// Caller addresses that are registered with Halo; others get 403. If absent, all are registered.
    #[arg(long, value_delimiter = ',')]
    egress_allow: Vec<IpAddr>,
    /// The file for the addresses and keys. It is written as a whole when both listeners serve.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Determines identifiers, pairing codes, practice content and random faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The simulator ends when the process with this id has ended.
    #[arg(long)]
    parent_pid: Option<u32>,
}

impl Arguments {
    fn options(&self) -> Options {
        let webhook = self.webhook_url.clone().zip(self.webhook_secret.clone());
        Options {
            listen: self.listen,
            control_listen: self.control_listen,
            data_dir: self.data_dir.clone(),
            primary_key: self.primary_key.clone(),
            secondary_key: self.secondary_key.clone(),
            webhook: webhook.map(|(url, secret)| WebhookTarget { url, secret }),
            egress_allow: self.egress_allow.clone(),
            seed: self.seed,
            ..Options::default()
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    let running = match Simulator::start(arguments.options()).await {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = announce(&running, arguments.ready_file.as_deref()) {
        tracing::error!(%error, "cannot announce");
        return ExitCode::FAILURE;
    }
    tracing::info!(url = running.url(), control_url = running.control_url(), "serving");
    stop_signal(arguments.parent_pid).await;
    running.shutdown().await;
    ExitCode::SUCCESS
}

/// Writes the ready file as a whole. Without a file, the same text goes to standard output.
fn announce(running: &Running, file: Option<&Path>) -> std::io::Result<()> {
    let text = running.ready()?;
    let Some(file) = file else {
        return writeln!(std::io::stdout(), "{text}");
    };
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}", std::process::id()));
    let draft = file.with_file_name(name);
    std::fs::write(&draft, text)?;
    std::fs::rename(draft, file)
}

async fn stop_signal(parent: Option<u32>) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    let orphaned = async {
        match parent {
            Some(parent) => gone(parent).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = orphaned => {}
    }
}

/// Returns when no process has this id any more, or when only a zombie has it.
async fn gone(process: u32) {
    let status = PathBuf::from(format!("/proc/{process}/stat"));
    if !Path::new("/proc/self/stat").exists() {
        // Without /proc we can only watch our own parent process.
        let parent = std::os::unix::process::parent_id();
        while std::os::unix::process::parent_id() == parent {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        return;
    }
    loop {
        let alive = std::fs::read_to_string(&status).is_ok_and(|line| {
            // The state follows the name, which is in brackets.
            line.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
        });
        if !alive {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
