//! `.local/stack.json`: the addresses, keys and tokens of a running stack, for programs that use it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Error;

/// The whole file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackFile {
    /// The API's address, without `/v1`.
    pub api_url: String,
    /// The demonstration practices that have accounts, the large one first. The simulator's control
    /// API lists further practices.
    pub practices: Vec<Practice>,
    /// Valid for at least an hour.
    pub tokens: Tokens,
    /// What a log-in form and a platform's server need to get tokens.
    #[serde(flatten)]
    pub sign_in: SignInAccess,
    /// Halo Cloud's stand-in.
    pub simulator: SimulatorAccess,
    /// The AWS APIs' stand-in.
    pub aws: AwsAccess,
    /// The console's address, if it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
}

/// A demonstration practice.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Practice {
    /// The platform's id of the practice.
    pub practice_id: String,
    /// Its Bp Site ID.
    pub site_id: String,
    /// Its name in Bp.
    pub name: String,
    /// Its Bp database.
    pub database_file: PathBuf,
}

/// One token of each kind.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// A practice-admin of the first practice.
    pub practice_admin: String,
    /// A clinician of the first practice.
    pub clinician: String,
    /// A clinician of the second practice.
    pub other_practice_clinician: String,
    /// A platform's server with every scope.
    pub platform: String,
    /// The second platform's server, with every scope.
    pub other_platform: String,
    /// A practice-admin of the second platform. Its practice has the same id as the first practice.
    pub other_platform_practice_admin: String,
    /// A clinician of the same practice of the second platform.
    pub other_platform_clinician: String,
}

/// How people and servers sign in. The user pool is in the local AWS.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInAccess {
    /// The people whose tokens are in `tokens`.
    pub people: Vec<Account>,
    /// The user pool.
    pub user_pool_id: String,
    /// The app client of people.
    pub client_id: String,
    /// Where servers get their tokens.
    pub token_endpoint: String,
    /// The app client of the home platform's server.
    pub platform_client: AppClient,
    /// Every platform, the home platform first.
    pub platforms: Vec<PlatformAccess>,
}

/// A made-up person's account.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The user name.
    pub email: String,
    /// The password.
    pub password: String,
    /// `practice-admin` or `clinician`.
    pub role: String,
    /// The person's practice.
    pub practice_id: String,
    /// The practice's platform.
    pub platform_id: String,
}

/// An app client of a platform's server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppClient {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
}

/// A platform.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformAccess {
    /// The platform's id.
    pub platform_id: String,
    /// Its server's app client.
    #[serde(flatten)]
    pub client: AppClient,
}

/// How to reach the simulator.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimulatorAccess {
    /// Halo Cloud's API.
    pub url: String,
    /// The simulator's control API: what a person at the practice does, and faults.
    pub control_url: String,
    /// A key that Halo Cloud's API accepts.
    pub subscription_key: String,
}

/// How to reach the AWS APIs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsAccess {
    /// Every service's endpoint.
    pub endpoint_url: String,
    /// The one region.
    pub region: String,
    /// Credentials that the local AWS accepts.
    pub access_key_id: String,
    /// Credentials that the local AWS accepts.
    pub secret_access_key: String,
    /// The one table.
    pub table: Option<String>,
    /// The bucket that documents are staged in.
    pub bucket: Option<String>,
    /// Queue URLs by the queue's role.
    pub queues: BTreeMap<String, String>,
    /// The event bus that events are published to.
    pub event_bus: Option<String>,
}

impl StackFile {
    /// The file of the stack that runs from this folder.
    ///
    /// # Errors
    /// When no stack runs there.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        read(&Self::path(folder), "stack.json")
    }

    /// Where the file is.
    #[must_use]
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("stack.json")
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        write(&Self::path(folder), self, "stack.json")
    }
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<T, Error> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::NotRunning);
        }
        other => other.map_err(Error::file("reading", path))?,
    };
    serde_json::from_slice(&text).map_err(Error::malformed(what))
}

/// Writes a file that holds secrets. Only its owner can read it, and readers never see half of it.
pub(crate) fn write(path: &Path, value: &impl Serialize, what: &'static str) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(Error::malformed(what))?;
    text.push(b'\n');
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let writing = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(&text)?;
        fs::rename(&fresh, path)
    };
    writing().map_err(Error::file("writing", path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_with_secrets_is_for_its_owner_only_even_when_it_was_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stack.json");
        fs::write(&path, "{}").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, &["token"], "the file").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read::<Vec<String>>(&path, "the file").unwrap(), ["token"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "drafts are left behind");
    }

    #[test]
    fn without_a_file_no_stack_is_running() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(StackFile::read(folder.path()), Err(Error::NotRunning)));
    }
}
