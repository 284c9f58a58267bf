//! `sam deploy` of the one template to the local AWS.

use std::path::Path;

use crate::aws::{ACCESS_KEY_ID, Outputs, REGION, SECRET_ACCESS_KEY};
use crate::folders::Folders;
use crate::program::{isolated, run};
use crate::tools::Tools;
use crate::{Aws, Error, Progress};

pub(crate) const STACK: &str = "practice-bridge-local";
/// Only this machine reaches the stack, so any front end may call the API.
const ALLOWED_ORIGINS: &str = "*";

/// What a deployment is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) regular_jobs: bool,
    pub(crate) platforms: Option<&'a str>,
}

pub(crate) async fn deploy(
    checkout: &Path,
    tools: &Tools,
    folders: &Folders,
    aws: &Aws,
    halo_url: &str,
    wanted: Wanted<'_>,
    progress: &Progress,
) -> Result<Outputs, Error> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let mut command = isolated(&tools.python(), &folders.state());
    command
        .current_dir(checkout)
        .arg(checkout.join("infra/local/sam.py"))
        .args(["deploy", "--template-file", "template.yaml", "--config-env", "local"])
        .args(["--stack-name", STACK, "--region", REGION, "--no-progressbar"])
        .arg("--parameter-overrides")
        .arg("Environment=local")
        .arg("LogRetentionDays=1")
        .arg(format!("Architecture={architecture}"))
        .arg(format!("HaloBaseUrl={halo_url}"))
        .arg(format!("AllowedOrigins={ALLOWED_ORIGINS}"))
        .arg(format!("RegularJobs={}", if wanted.regular_jobs { "ENABLED" } else { "DISABLED" }))
        .arg(format!("CognitoEndpoint={}", aws.endpoint()))
        // SAM keeps what is between single quotes as it is.
        .arg(format!("Platforms='{}'", wanted.platforms.unwrap_or("[]")))
        // Far more than one person uses. The cap is set so that answers show what a cap does.
        .arg("DailyQueryCap=100000")
        .env("AWS_ENDPOINT_URL", aws.endpoint())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("SAM_CLI_TELEMETRY", "0")
        // How many seconds SAM waits before it asks again how far the deployment is; otherwise 5.
        .env("SAM_CLI_POLL_DELAY", "0.5");
    run(progress, "sam deploy", &mut command, &folders.log("deploy")).await?;
    let outputs = aws.stack_outputs(STACK).await?;
    let (api, stage) = (outputs.need("ApiId")?, outputs.need("ApiStage")?);
    aws.complete_api(STACK, api, stage).await?;
    Ok(outputs)
}
