//! Further tools under `.local/tools`, each in a folder of its own and installed when it is first needed.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::program::run;
use crate::tools::{Tools, lock};
use crate::{Error, Progress};

impl Tools {
    /// The Python in an environment of its own, which has the packages of a list. `libraries` is a second list of
    /// packages, of which only the libraries are used: they are in the environment's folder `libraries`.
    ///
    /// # Errors
    /// When the installation fails.
    pub async fn environment(
        &self,
        name: &str,
        requirements: &Path,
        libraries: Option<&Path>,
        progress: &Progress,
    ) -> Result<PathBuf, Error> {
        let folder = self.folder().join(name);
        let python = folder.join("bin/python");
        let inputs: Vec<&Path> = std::iter::once(requirements).chain(libraries).collect();
        self.once(&folder, &inputs, progress, async {
            self.venv(&folder, progress).await?;
            let mut install = pip(&python, requirements);
            self.run("pip install", &mut install, progress).await?;
            let Some(libraries) = libraries else { return Ok(()) };
            let mut install = pip(&python, libraries);
            // These libraries work with every Python, although their wheel's name is for one.
            install.args(["--python-version", "3.10", "--implementation", "cp"]);
            install.args(["--platform", "manylinux_2_17_x86_64"]);
            install.args(["--platform", "manylinux2014_x86_64", "--target"]);
            install.arg(folder.join("libraries"));
            self.run("pip install", &mut install, progress).await
        })
        .await?;
        Ok(python)
    }

    /// Node, as `infra/local/requirements-node.txt` pins it.
    ///
    /// # Errors
    /// When the installation fails.
    pub async fn node(&self, progress: &Progress) -> Result<Node, Error> {
        let requirements = self.checkout().join("infra/local/requirements-node.txt");
        let python = self.environment("node", &requirements, None, progress).await?;
        let programs = python.parent().unwrap_or(&python).to_owned();
        Ok(Node { programs, tools: self.clone() })
    }

    /// Installs something unless the folder has already what its inputs ask for.
    async fn once(
        &self,
        folder: &Path,
        inputs: &[&Path],
        progress: &Progress,
        install: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        // The programs contain their own path, so a moved checkout needs a new installation.
        let mut wanted = format!("# {}\n", folder.display());
        for path in inputs {
            wanted += &fs::read_to_string(path).map_err(Error::file("reading", path))?;
        }
        let stamp = folder.join("installed.txt");
        let is_installed = || fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
        if is_installed() {
            return Ok(());
        }
        progress
            .step("Installing further tools", async {
                let _lock = lock(&self.folder().join("lock"), progress).await?;
                // Another command may have installed them while this one waited.
                if is_installed() {
                    return Ok(());
                }
                install.await?;
                fs::write(&stamp, &wanted).map_err(Error::file("writing", &stamp))
            })
            .await
    }

    async fn venv(&self, folder: &Path, progress: &Progress) -> Result<(), Error> {
        let mut venv = Command::new(self.python());
        venv.args(["-m", "venv", "--clear"]).arg(folder);
        self.run("python -m venv", &mut venv, progress).await
    }

    async fn run(
        &self,
        program: &'static str,
        command: &mut Command,
        progress: &Progress,
    ) -> Result<(), Error> {
        run(progress, program, command, &self.log()?).await.map(drop)
    }
}

fn pip(python: &Path, requirements: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]);
    pip.args(["--progress-bar", "off", "--no-deps", "--only-binary=:all:", "--requirement"]);
    pip.arg(requirements);
    pip
}

/// Node and npm.
#[derive(Clone, Debug)]
pub struct Node {
    programs: PathBuf,
    tools: Tools,
}

impl Node {
    /// The folder of the programs.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// A command that starts `node`, `npm` or a program of a package.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // npm and the programs of packages look for `node` there.
        let paths = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        let mut command = Command::new(self.programs.join(program));
        command.env("PATH", std::env::join_paths(paths).unwrap_or(path));
        command
    }

    /// Installs the packages that `package-lock.json` in a folder names. Returns the folder whose `node_modules`
    /// has them. Scripts must be copied there, because Node finds packages next to the script that names them.
    ///
    /// # Errors
    /// When the installation fails.
    pub async fn packages(
        &self,
        name: &str,
        room: &Path,
        progress: &Progress,
    ) -> Result<PathBuf, Error> {
        let folder = self.tools.folder().join(name);
        let inputs = ["package.json", "package-lock.json", ".npmrc"].map(|name| room.join(name));
        let paths: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
        self.tools
            .once(&folder, &paths, progress, async {
                fs::create_dir_all(&folder).map_err(Error::file("creating the folder", &folder))?;
                for from in &paths {
                    copy(from, &folder.join(from.file_name().unwrap_or_default()))?;
                }
                let mut npm = self.command("npm");
                npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
                self.run("npm ci", npm.current_dir(&folder), progress).await
            })
            .await?;
        Ok(folder)
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it fails. The error quotes the end of its output.
    pub async fn run(
        &self,
        program: &'static str,
        command: &mut Command,
        progress: &Progress,
    ) -> Result<(), Error> {
        self.tools.run(program, command, progress).await
    }
}

/// Copies a file.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(Error::file("copying", from))
}
