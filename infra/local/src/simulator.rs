//! Halo Cloud and the practices' Bp, in the same process group as MiniStack.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::Error;
use crate::folders::Folders;
use crate::log::failed;
use crate::port::ReservedPort;
use crate::process::Group;

const PROGRAM: &str = "the Halo simulator";
const PATIENCE: Duration = Duration::from_secs(60);

/// Addresses and keys, chosen before anything runs. The deployment needs the simulator's address, and
/// the simulator needs the API's address when it starts.
#[derive(Debug)]
pub(crate) struct Plan {
    listen: ReservedPort,
    control: ReservedPort,
    pub(crate) primary_key: String,
    pub(crate) secondary_key: String,
    pub(crate) webhook_secret: String,
}

/// The simulator's ready file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ready {
    pub(crate) url: String,
    pub(crate) control_url: String,
    pub(crate) practices: Vec<ReadyPractice>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadyPractice {
    pub(crate) site_id: String,
    pub(crate) name: String,
    pub(crate) database_file: PathBuf,
}

impl Plan {
    pub(crate) fn new() -> Result<Self, Error> {
        let key = || Uuid::new_v4().simple().to_string();
        Ok(Self {
            listen: ReservedPort::new()?,
            control: ReservedPort::new()?,
            primary_key: key(),
            secondary_key: key(),
            webhook_secret: key(),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.listen.number())
    }

    /// Starts the simulator and waits until it serves.
    pub(crate) async fn start(
        self,
        program: &Path,
        api_url: &str,
        group: &Group,
        folders: &Folders,
    ) -> Result<(Child, Ready), Error> {
        let state = folders.state();
        let log = folders.log("simulator");
        let ready_file = state.join("simulator-ready.json");
        let mut command = Command::new(program);
        command
            .arg(format!("--listen=127.0.0.1:{}", self.listen.number()))
            .arg(format!("--control-listen=127.0.0.1:{}", self.control.number()))
            .arg("--data-dir")
            .arg(state.join("simulator"))
            .arg("--ready-file")
            .arg(&ready_file)
            .arg(format!("--webhook-url={api_url}/v1/halo/webhook"))
            // Everybody on the machine can see arguments, so secrets go into the environment.
            .env("HALO_SIMULATOR_PRIMARY_KEY", &self.primary_key)
            .env("HALO_SIMULATOR_SECONDARY_KEY", &self.secondary_key)
            .env("HALO_SIMULATOR_WEBHOOK_SECRET", &self.webhook_secret)
            .arg(format!("--parent-pid={}", std::process::id()));
        drop((self.listen, self.control));
        let mut child = group.join(PROGRAM, &mut command, &log)?;
        let give_up = Instant::now() + PATIENCE;
        loop {
            // A file that is not complete yet does not parse.
            if let Ok(text) = std::fs::read(&ready_file)
                && let Ok(ready) = serde_json::from_slice(&text)
            {
                return Ok((child, ready));
            }
            if !matches!(child.try_wait(), Ok(None)) {
                return Err(failed(PROGRAM, &log));
            }
            if Instant::now() > give_up {
                return Err(Error::NotReady { program: PROGRAM, waited: PATIENCE, log });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
