//! The Python programs of the local stack, inside the checkout. `environments.rs` installs further tools.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::folders::Folders;
use crate::program::run;
use crate::{Error, Progress};

/// The interpreter and programs under `.local/tools`.
#[derive(Clone, Debug)]
pub struct Tools {
    checkout: PathBuf,
    environment: PathBuf,
}

impl Tools {
    /// Installs the packages of `infra/local/requirements.txt` unless they are already there.
    ///
    /// # Errors
    /// When Python is missing or the installation fails.
    pub async fn install(checkout: &Path, progress: &Progress) -> Result<Self, Error> {
        let folder = checkout.join(".local/tools");
        fs::create_dir_all(&folder).map_err(Error::file("creating the folder", &folder))?;
        let requirements = checkout.join("infra/local/requirements.txt");
        let wanted =
            fs::read_to_string(&requirements).map_err(Error::file("reading", &requirements))?;
        let tools = Self { checkout: checkout.to_owned(), environment: folder.join("python") };
        // The programs contain their own path, so a moved checkout needs a new installation.
        let wanted = format!("# {}\n{wanted}", tools.environment.display());
        let stamp = folder.join("installed.txt");
        let is_installed = || fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
        if is_installed() {
            return Ok(tools);
        }
        progress
            .step("Installing the tools", async {
                let _lock = lock(&folder.join("lock"), progress).await?;
                // Another command may have installed them while this one waited.
                if is_installed() {
                    return Ok(());
                }
                tools.replace(&requirements, progress).await?;
                fs::write(&stamp, &wanted).map_err(Error::file("writing", &stamp))
            })
            .await?;
        Ok(tools)
    }

    async fn replace(&self, requirements: &Path, progress: &Progress) -> Result<(), Error> {
        let python = find_python().await?;
        let log = self.log()?;
        let _ = fs::remove_dir_all(&self.environment);
        let mut venv = Command::new(&python);
        venv.args(["-m", "venv"]).arg(&self.environment);
        run(progress, "python -m venv", &mut venv, &log).await?;
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
            // The list names every package, so nothing need be resolved. Python compiles what it uses.
            .args(["--no-deps", "--no-compile", "--progress-bar", "off", "--requirement"])
            .arg(requirements);
        run(progress, "pip install", &mut pip, &log).await?;
        Ok(())
    }

    /// Where the programs are.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.environment.join("bin")
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.programs().join("python")
    }

    /// Whether the Python of the tools has this release or a newer one.
    pub async fn python_is_at_least(&self, major: u8, minor: u8) -> bool {
        let ask = format!("import sys; sys.exit(sys.version_info < ({major}, {minor}))");
        answers(Command::new(self.python()).args(["-c", &ask])).await
    }

    pub(crate) fn checkout(&self) -> &Path {
        &self.checkout
    }

    /// The folder of all tools.
    pub(crate) fn folder(&self) -> PathBuf {
        self.checkout.join(".local/tools")
    }

    /// The log of installations.
    pub(crate) fn log(&self) -> Result<PathBuf, Error> {
        Ok(Folders::create(&self.checkout.join(".local"))?.log("tools"))
    }
}

/// Waits until no other command holds this lock. It is held until the file is dropped.
pub(crate) async fn lock(path: &Path, progress: &Progress) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::file("locking", path))?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    progress.detail("waiting for another command that is installing them");
    let waiting = path.to_owned();
    tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(Error::file("locking", &waiting))
}

/// Checks for the programs that this crate does not install itself.
pub(crate) async fn check_prerequisites() -> Result<(), Error> {
    find_python().await?;
    for compiler in ["cc", "gcc", "clang"] {
        if answers(Command::new(compiler).arg("--version")).await {
            return Ok(());
        }
    }
    Err(Error::Prerequisite(
        "a C compiler is needed: install gcc or clang (Debian and Ubuntu: apt-get install build-essential; macOS: xcode-select --install)",
    ))
}

/// A Python that is new enough and can make environments.
pub(crate) async fn find_python() -> Result<PathBuf, Error> {
    const NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 10))";
    let mut found_without_venv = false;
    for name in ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"] {
        if answers(Command::new(name).args(["-c", NEW_ENOUGH])).await {
            if answers(Command::new(name).args(["-c", "import venv, ensurepip"])).await {
                return Ok(PathBuf::from(name));
            }
            found_without_venv = true;
        }
    }
    Err(Error::Prerequisite(if found_without_venv {
        "Python's venv module is needed: install it (Debian and Ubuntu: apt-get install python3-venv)"
    } else {
        "Python 3.10 or newer is needed: install it (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python)"
    }))
}

async fn answers(command: &mut Command) -> bool {
    command.kill_on_drop(true).output().await.is_ok_and(|output| output.status.success())
}
