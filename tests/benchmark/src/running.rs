//! The programs of one side, running on doubles of their own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;

use crate::doubles::{Counts, Doubles, Halo};
use crate::error::{Error, Failure};
use crate::practice;
use crate::program::{Process, Program};

/// What runs beside each other: this commit, another revision, or a peer.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) label: String,
    /// Programs by the function whose work they do.
    pub(crate) programs: BTreeMap<String, Program>,
    pub(crate) is_peer: bool,
}

/// What all sides run on.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) halo: Arc<Halo>,
    /// The doubles' TLS, and the file with their authority. `None` is plain HTTP.
    pub(crate) tls: Option<(Arc<ServerConfig>, PathBuf)>,
}

/// A program to run other programs under: its name, and its arguments for a function.
pub(crate) type Wrapper<'a> = (&'a str, &'a (dyn Fn(&str) -> Vec<OsString> + Sync));

/// What one round of a scenario has cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) wall: Duration,
    pub(crate) computed: Duration,
    pub(crate) counts: Counts,
}

impl Sample {
    /// The wall time without that of the doubles.
    pub(crate) fn own(&self) -> Duration {
        self.wall.saturating_sub(self.counts.held)
    }
}

/// Running programs.
pub(crate) struct Running {
    pub(crate) label: String,
    pub(crate) doubles: Doubles,
    processes: BTreeMap<String, Process>,
    sample: Sample,
}

impl Running {
    /// Starts these functions' programs. If a peer lacks a function, `helper` has it.
    pub(crate) async fn start(
        side: &Side,
        helper: &Side,
        functions: &[&str],
        ground: &Ground,
        wrapper: Option<Wrapper<'_>>,
    ) -> Result<Self, Error> {
        let tls = ground.tls.as_ref().map(|(tls, _)| Arc::clone(tls));
        let doubles = Doubles::start(Arc::clone(&ground.halo), tls).await?;
        practice::store(&doubles.cloud, &ground.halo);
        let mut variables = vec![
            ("AWS_ENDPOINT_URL", doubles.aws_url.clone()),
            ("HALO_BASE_URL", doubles.halo_url.clone()),
        ];
        for (name, queue) in [
            ("SITE_WORK_QUEUE_URL", "site-work"),
            ("IMPORT_QUEUE_URL", "imports"),
            ("WEBHOOK_EVENTS_QUEUE_URL", "webhook-events"),
            ("WEBHOOK_SEND_QUEUE_URL", "webhook-send"),
        ] {
            variables.push((name, format!("{}/000000000000/{queue}", doubles.aws_url)));
        }
        if let Some((_, file)) = &ground.tls {
            variables.push(("BENCH_CA_FILE", file.to_string_lossy().into_owned()));
        }
        let mut processes = BTreeMap::new();
        for function in functions {
            let own = side.programs.get(*function);
            let Some(program) = own.or_else(|| helper.programs.get(*function)) else {
                return Err(Error::NoProgram((*function).to_owned()));
            };
            let program = match wrapper {
                Some((wrapper, arguments)) => program.under(wrapper, arguments(function)),
                None => program.clone(),
            };
            processes.insert((*function).to_owned(), program.start(&variables).await?);
        }
        let label = side.label.clone();
        Ok(Self { label, doubles, processes, sample: Sample::default() })
    }

    /// Gives a function an event. What it costs is counted.
    pub(crate) async fn measured(&mut self, function: &str, event: &Value) -> Result<Value, Error> {
        let before = self.doubles.counter.now();
        let process = process(&mut self.processes, function)?;
        let invoked = process.invoke(event).await?;
        self.sample.wall += invoked.wall;
        self.sample.computed += invoked.computed;
        self.sample.counts.add(&self.doubles.counter.now().since(&before));
        Ok(serde_json::from_slice(&invoked.body)?)
    }

    /// Gives a function an event that belongs to no measurement.
    pub(crate) async fn beside(&mut self, function: &str, event: &Value) -> Result<Value, Error> {
        let invoked = process(&mut self.processes, function)?.invoke(event).await?;
        Ok(serde_json::from_slice(&invoked.body)?)
    }

    /// An error that shows what a function said about an event that it did not do.
    pub(crate) async fn refused(&mut self, function: &str) -> Error {
        match process(&mut self.processes, function) {
            Ok(process) => process.failed(Failure::Refused).await,
            Err(error) => error,
        }
    }

    /// Takes what was counted since the last time.
    pub(crate) fn take_sample(&mut self) -> Sample {
        std::mem::take(&mut self.sample)
    }

    /// The peak memory of a function's process, in bytes.
    pub(crate) fn peak(&self, function: &str) -> u64 {
        self.processes.get(function).map_or(0, Process::peak)
    }

    /// Ends the processes. Returns what each said.
    pub(crate) async fn end(self) -> BTreeMap<String, String> {
        let mut said = BTreeMap::new();
        for (function, process) in self.processes {
            said.insert(function, process.end().await);
        }
        said
    }
}

fn process<'a>(
    processes: &'a mut BTreeMap<String, Process>,
    function: &str,
) -> Result<&'a mut Process, Error> {
    processes.get_mut(function).ok_or_else(|| Error::NoProgram(function.to_owned()))
}
