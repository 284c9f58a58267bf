//! Starting and stopping a simulator.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use uuid::Uuid;

use crate::{
    cloud::{
        client::ClientError,
        options::Options,
        pipeline,
        site::{Identity, Site, uuid_from},
        socket::{Caller, CuttableListener},
        webhook::Sender,
        world::World,
    },
    control,
    practice::{Demonstration, PracticeFiles},
};

/// Halo Cloud with its practices, in this process.
#[derive(Debug)]
pub struct Simulator;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address.
    #[error("{0} is not a loopback address; the simulator serves this machine only")]
    NotLoopback(SocketAddr),
    /// The simulator cannot listen on an address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("cannot use the data folder {folder}: {source}")]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A practice's databases cannot be created.
    #[error("cannot create the practice databases: {0}")]
    Database(#[from] rusqlite::Error),
    /// Webhooks cannot be sent.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A time zone is missing from the bundled data.
    #[error("a practice's time zone is unknown: {0}")]
    TimeZone(#[from] jiff::Error),
    /// A background task ended early.
    #[error("the set-up was interrupted")]
    Interrupted,
}

/// A practice, as the ready file and [`Running`] describe it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningPractice {
    /// The Bp Site ID.
    pub site_id: String,
    /// The practice's name.
    pub name: String,
    /// IANA name of the practice's time zone.
    pub time_zone: String,
    /// The patients database.
    pub database_file: PathBuf,
    /// The documents database.
    pub documents_file: PathBuf,
}

/// What a program needs to know about a running simulator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ready<'a> {
    url: &'a str,
    control_url: &'a str,
    subscription_key: &'a str,
    secondary_subscription_key: &'a str,
    process_id: u32,
    practices: &'a [RunningPractice],
}

/// A running simulator. Dropping it ends the simulator.
pub struct Running {
    world: Arc<World>,
    url: String,
    control_url: String,
    practices: Vec<RunningPractice>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    temporary: Option<PathBuf>,
}

impl Simulator {
    /// Seeds the practices and starts to serve.
    ///
    /// # Errors
    /// The reason why it cannot serve.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let cloud = listen(options.listen).await?;
        let control = listen(options.control_listen).await?;
        let address = |listener: &TcpListener, wanted: SocketAddr| {
            format!("http://{}", listener.local_addr().unwrap_or(wanted))
        };
        let url = address(&cloud, options.listen);
        let control_url = address(&control, options.control_listen);

        let (folder, temporary) = match &options.data_dir {
            Some(folder) => (folder.clone(), None),
            None => {
                let name = format!("halo-simulator-{}", Uuid::new_v4().simple());
                let folder = std::env::temp_dir().join(name);
                (folder.clone(), Some(folder))
            }
        };
        let sites = sites(&folder, &options).await?;
        let practices = sites.iter().map(|site| describe(site)).collect();
        let webhooks = options.webhook.clone().map(Sender::new).transpose()?;
        let world = Arc::new(World::new(options, sites, &folder, url.clone(), webhooks));

        let (stop, stopped) = watch::channel(false);
        let service = Router::new()
            .fallback(pipeline::serve)
            .with_state(Arc::clone(&world))
            .into_make_service_with_connect_info::<Caller>();
        let until = until(stopped.clone());
        let cloud = tokio::spawn(async move {
            let served = axum::serve(CuttableListener(cloud), service);
            let _ = served.with_graceful_shutdown(until).await;
        });
        let router = control::router(Arc::clone(&world));
        let until = self::until(stopped);
        let control = tokio::spawn(async move {
            let _ = axum::serve(control, router).with_graceful_shutdown(until).await;
        });
        let servers = vec![cloud, control];
        Ok(Running { world, url, control_url, practices, stop, servers, temporary })
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|&stopped| stopped).await;
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

async fn sites(folder: &Path, options: &Options) -> Result<Vec<Arc<Site>>, StartError> {
    let folder = folder.to_path_buf();
    let seed = options.seed;
    let site = move |folder: &Path, which: Demonstration, files: Option<&PracticeFiles>| {
        let folder = folder.join(which.site_id());
        std::fs::create_dir_all(&folder)
            .map_err(|source| StartError::Folder { folder: folder.clone(), source })?;
        Ok(Arc::new(Site::new(identity(which, seed)?, &folder, seed, files)?))
    };
    // The large practice takes longest to seed. The others are seeded at the same time.
    let [large, others @ ..] = Demonstration::ALL;
    let beside = folder.to_path_buf();
    let others = tokio::task::spawn_blocking(move || {
        others
            .into_iter()
            .map(|which| site(&beside, which, None))
            .collect::<Result<Vec<_>, StartError>>()
    });
    let folder = folder.to_path_buf();
    let files = options.first_practice.clone();
    let large = tokio::task::spawn_blocking(move || site(&folder, large, files.as_ref()));
    let (large, others) = tokio::join!(large, others);
    let mut sites = vec![large.map_err(|_| StartError::Interrupted)??];
    sites.extend(others.map_err(|_| StartError::Interrupted)??);
    Ok(sites)
}

fn identity(which: Demonstration, seed: u64) -> Result<Identity, StartError> {
    let site_id = which.site_id();
    Ok(Identity {
        which,
        site_id: site_id.to_owned(),
        name: which.name().to_owned(),
        zone: TimeZone::get(which.time_zone())?,
        first_guid: uuid_from(&[&seed.to_be_bytes(), b"site", site_id.as_bytes()]),
        // A day long before any other event.
        installed_at: Timestamp::constant(1_735_689_600, 0),
    })
}

fn describe(site: &Site) -> RunningPractice {
    RunningPractice {
        site_id: site.identity.site_id.clone(),
        name: site.identity.name.clone(),
        time_zone: site.identity.zone.iana_name().unwrap_or_default().to_owned(),
        database_file: site.files.patients.clone(),
        documents_file: site.files.documents.clone(),
    }
}

impl Running {
    /// The address of Halo Cloud.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of the control API.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The primary subscription key.
    #[must_use]
    pub fn primary_key(&self) -> &str {
        &self.world.keys[0]
    }

    /// The secondary subscription key.
    #[must_use]
    pub fn secondary_key(&self) -> &str {
        &self.world.keys[1]
    }

    /// The demonstration practices, the large one first.
    #[must_use]
    pub fn practices(&self) -> &[RunningPractice] {
        &self.practices
    }

    /// What a program needs to know, as JSON.
    ///
    /// # Errors
    /// A path is not valid text.
    pub fn ready(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&Ready {
            url: &self.url,
            control_url: &self.control_url,
            subscription_key: self.primary_key(),
            secondary_subscription_key: self.secondary_key(),
            process_id: std::process::id(),
            practices: &self.practices,
        })
    }

    /// Stops serving. Waits a short time for open calls.
    pub async fn shutdown(mut self) {
        self.world.close();
        let _ = self.stop.send(true);
        for mut server in self.servers.drain(..) {
            if tokio::time::timeout(Duration::from_secs(2), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.world.close();
        let _ = self.stop.send(true);
        if let Some(folder) = &self.temporary {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Running")
            .field("url", &self.url)
            .field("control_url", &self.control_url)
            .finish_non_exhaustive()
    }
}
