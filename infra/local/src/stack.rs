//! A running stack, as the process that started it controls it.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::process::Child;

use crate::aws::{ACCESS_KEY_ID, Outputs, REGION, SECRET_ACCESS_KEY};
use crate::deploy::Wanted;
use crate::folders::Folders;
use crate::log::failed;
use crate::packages::Binaries;
use crate::people::{Cast, PoolAccess};
use crate::process::{Group, ProcessId};
use crate::simulator::{Plan, Ready};
use crate::stack_file::{self, AwsAccess, Practice, SimulatorAccess};
use crate::tools::{Tools, check_prerequisites};
use crate::{
    Aws, Console, Error, People, Progress, ServedConsole, StackFile, deploy, loopback_client,
    ministack,
};

/// Made-up ids for the simulator's practices, in its order.
const PRACTICE_IDS: [&str; 2] = ["bluegum-hollow", "saltbush-point"];

/// How a stack is started.
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// The folder for state, logs and `stack.json`. Each folder can run one stack.
    pub folder: PathBuf,
    /// Whether practices' regular jobs run on schedule. Tests switch this off and run jobs themselves.
    pub regular_jobs: bool,
    /// Further platforms, as the template's parameter `Platforms` takes them: a JSON array.
    pub platforms: Option<String>,
    /// The console to serve.
    pub console: Option<Console>,
    /// Where progress is shown.
    pub progress: Progress,
}

/// The whole deployment, running until [`Stack::stop`], `drop`, or the end of this process.
#[derive(Debug)]
pub struct Stack {
    file: StackFile,
    aws: Aws,
    people: People,
    folders: Folders,
    group: Group,
    simulator: Child,
    _console: Option<ServedConsole>,
    _lock: File,
}

/// The content of `run.json`: what other commands need to know about a running stack.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct RunFile {
    pub(crate) owner: ProcessId,
    pub(crate) group: Option<ProcessId>,
    pub(crate) sign_in: Option<SignIn>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct SignIn {
    pub(crate) access: PoolAccess,
    pub(crate) cast: Cast,
}

impl RunFile {
    fn path(folder: &Path) -> PathBuf {
        folder.join("run.json")
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        stack_file::read(&Self::path(folder), "run.json")
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        stack_file::write(&Self::path(folder), self, "run.json")
    }
}

/// Removes the files that describe a running stack in this folder.
pub(crate) fn forget(folder: &Path) {
    // It is no error if they do not exist.
    let _ = std::fs::remove_file(StackFile::path(folder));
    let _ = std::fs::remove_file(RunFile::path(folder));
}

/// Takes the lock of this folder. The process that runs a stack from it holds the lock.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("run.lock");
    let file = File::create(&path).map_err(Error::file("locking", &path))?;
    file.try_lock().map_err(|_held| Error::AlreadyRunning(folder.to_owned()))?;
    Ok(file)
}

impl Stack {
    /// Builds, starts and deploys everything. If this fails or is dropped, nothing is left running.
    ///
    /// # Errors
    /// At the first step that fails.
    pub async fn start(options: StackOptions) -> Result<Self, Error> {
        let checkout = crate::checkout()?;
        let folders = Folders::create(&options.folder)?;
        let lock = lock(&folders.root)?;
        if let Ok(RunFile { group: Some(group), .. }) = RunFile::read(&folders.root) {
            group.kill_group();
        }
        forget(&folders.root);
        let started = Self::bring_up(&checkout, folders, &options, lock).await;
        if started.is_err() {
            forget(&options.folder);
        }
        started
    }

    async fn bring_up(
        checkout: &Path,
        folders: Folders,
        StackOptions { regular_jobs, platforms, console, progress, .. }: &StackOptions,
        lock: File,
    ) -> Result<Self, Error> {
        let owner =
            ProcessId::current().ok_or(Error::Lacks { what: "/proc", field: "this process" })?;
        let mut run = RunFile { owner, group: None, sign_in: None };
        run.write(&folders.root)?;

        progress.step("Checking the prerequisites", check_prerequisites()).await?;
        let tools = Tools::install(checkout, progress).await?;
        let binaries = progress
            .step(
                "Building the functions and the simulator",
                Binaries::build_once(checkout, &folders, progress),
            )
            .await?;
        folders.clear_state()?;
        let (group, aws) = progress
            .step("Starting MiniStack", ministack::start(checkout, &tools, &folders))
            .await?;
        run.group = Some(group.identity().clone());
        run.write(&folders.root)?;

        let plan = Plan::new()?;
        let halo_url = plan.url();
        let outputs = progress
            .step(
                "Deploying template.yaml",
                deploy::deploy(
                    checkout,
                    &tools,
                    &folders,
                    &aws,
                    &halo_url,
                    Wanted { regular_jobs: *regular_jobs, platforms: platforms.as_deref() },
                    progress,
                ),
            )
            .await?;
        let api_url = format!(
            "{}/restapis/{}/{}/_user_request_",
            aws.endpoint(),
            outputs.need("ApiId")?,
            outputs.need("ApiStage")?
        );
        let (primary_key, secondary_key) = (plan.primary_key.clone(), plan.secondary_key.clone());
        let webhook_secret = plan.webhook_secret.clone();
        let (simulator, ready) = progress
            .step(
                "Starting the Halo simulator",
                plan.start(binaries.simulator()?, &api_url, &group, &folders),
            )
            .await?;
        let (people, mut file) = progress
            .step("Storing keys and creating accounts", async {
                let keys = json!({ "primary": primary_key, "secondary": secondary_key });
                aws.put_secret(outputs.need("HaloSecretArn")?, &keys).await?;
                let signs = json!({ "primary": webhook_secret });
                aws.put_secret(outputs.need("WebhookSecretArn")?, &signs).await?;
                let access = pool_access(&outputs)?;
                let people = People::new(aws.clone(), access.clone());
                let cast = Cast::create(&people, PRACTICE_IDS[0], PRACTICE_IDS[1]).await?;
                let file = StackFile {
                    api_url: api_url.clone(),
                    practices: practices(&ready)?,
                    tokens: cast.tokens(&people).await?,
                    sign_in: people.sign_in_access(&cast).await?,
                    simulator: SimulatorAccess {
                        url: ready.url,
                        control_url: ready.control_url,
                        subscription_key: primary_key,
                    },
                    aws: aws_access(&aws, &outputs),
                    console_url: None,
                };
                run.sign_in = Some(SignIn { access, cast });
                Ok((people, file))
            })
            .await?;
        progress.step("Checking that the API answers", is_healthy(&api_url)).await?;
        run.write(&folders.root)?;
        let mut served = None;
        if let Some(console) = console {
            let console = console.serve(file.clone(), Some(folders.root.clone())).await?;
            file.console_url = Some(console.url().to_owned());
            served = Some(console);
        }
        // Written last: this file says that the stack is up.
        file.write(&folders.root)?;
        Ok(Self { file, aws, people, folders, group, simulator, _console: served, _lock: lock })
    }

    /// The content of `stack.json`.
    #[must_use]
    pub fn file(&self) -> &StackFile {
        &self.file
    }

    /// The AWS APIs.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Creates accounts and signs people in.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The folder with the logs of this run.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folders.logs()
    }

    /// Returns when MiniStack or the simulator ends unexpectedly.
    pub async fn ended(&mut self) -> Error {
        tokio::select! {
            () = self.group.ended() => failed("MiniStack", &self.folders.log("ministack")),
            _ = self.simulator.wait() => failed("the Halo simulator", &self.folders.log("simulator")),
        }
    }

    /// Stops everything and waits until it has ended.
    pub async fn stop(self) {
        self.group.kill(self.simulator).await;
        forget(&self.folders.root);
    }
}

fn pool_access(outputs: &Outputs) -> Result<PoolAccess, Error> {
    Ok(PoolAccess {
        pool: outputs.need("UserPoolId")?.to_owned(),
        people_client: outputs.need("UserPoolClientId")?.to_owned(),
        platform_client: outputs.need("PlatformClientId")?.to_owned(),
        other_platform_client: outputs.need("OtherPlatformClientId")?.to_owned(),
    })
}

fn practices(ready: &Ready) -> Result<Vec<Practice>, Error> {
    if ready.practices.len() < PRACTICE_IDS.len() {
        return Err(Error::Lacks { what: "the simulator", field: "the second practice" });
    }
    Ok(ready
        .practices
        .iter()
        .zip(PRACTICE_IDS)
        .map(|(practice, id)| Practice {
            practice_id: id.to_owned(),
            site_id: practice.site_id.clone(),
            name: practice.name.clone(),
            database_file: practice.database_file.clone(),
        })
        .collect())
}

fn aws_access(aws: &Aws, outputs: &Outputs) -> AwsAccess {
    AwsAccess {
        endpoint_url: aws.endpoint().to_owned(),
        region: REGION.to_owned(),
        access_key_id: ACCESS_KEY_ID.to_owned(),
        secret_access_key: SECRET_ACCESS_KEY.to_owned(),
        table: outputs.get("TableName").map(str::to_owned),
        bucket: outputs.get("BucketName").map(str::to_owned),
        queues: outputs
            .ending("QueueUrl")
            .map(|(role, url)| (lower_first(role), url.to_owned()))
            .collect(),
        event_bus: outputs.get("EventBusName").map(str::to_owned),
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

async fn is_healthy(api_url: &str) -> Result<(), Error> {
    let url = format!("{api_url}/v1/health");
    let call = Error::call("asking for the API's health");
    let answer = loopback_client()?.get(url).send().await.map_err(call)?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap_or_default();
    Err(Error::Aws { operation: "GET /v1/health".to_owned(), status, body })
}
