//! The AWS APIs, and the Lambda functions behind them.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::aws::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};
use crate::folders::Folders;
use crate::log::failed;
use crate::port::ReservedPort;
use crate::process::Group;
use crate::program::isolated;
use crate::tools::Tools;
use crate::{Aws, Error};

const PROGRAM: &str = "MiniStack";
const PATIENCE: Duration = Duration::from_secs(90);
/// Another program may take the port between our release of it and MiniStack's start.
const ATTEMPTS: usize = 3;

/// Starts MiniStack and waits until it serves.
pub(crate) async fn start(
    checkout: &Path,
    tools: &Tools,
    folders: &Folders,
) -> Result<(Group, Aws), Error> {
    let mut attempt = 1;
    loop {
        match try_once(checkout, tools, folders).await {
            Err(Error::Failed { .. }) if attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

async fn try_once(
    checkout: &Path,
    tools: &Tools,
    folders: &Folders,
) -> Result<(Group, Aws), Error> {
    let port = ReservedPort::new()?;
    let endpoint = format!("http://127.0.0.1:{}", port.number());
    let state = folders.state();
    let log = folders.log("ministack");
    let mut command = isolated(&tools.python(), &state);
    command
        .arg(checkout.join("infra/local/lifeline.py"))
        .current_dir(&state)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.number().to_string())
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", REGION)
        // MiniStack passes these on to the functions, which call it back.
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("STATE_DIR", state.join("ministack"))
        .env("S3_DATA_DIR", state.join("s3"))
        .env("LAMBDA_EXECUTOR", "local")
        // Enforces each function's role, as in production.
        .env("AUTH", "true")
        // Switches off what would open fixed ports or look for Docker.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("DOCKER_HOST", format!("unix://{}", state.join("no-docker").display()));
    drop(port);
    let mut group = Group::start(PROGRAM, &mut command, &log)?;
    let aws = Aws::at(&endpoint)?;
    let give_up = Instant::now() + PATIENCE;
    while !aws.is_ready().await {
        if group.has_ended() {
            return Err(failed(PROGRAM, &log));
        }
        if Instant::now() > give_up {
            return Err(Error::NotReady { program: PROGRAM, waited: PATIENCE, log });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok((group, aws))
}
