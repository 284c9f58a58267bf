//! The judges' programs, installed under `.local/tools`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use local::{Progress, Tools as LocalTools};
use tokio::process::Command;

use crate::{Failure, file};

/// Where the judges are, and where they install what they need.
pub(crate) struct Tools {
    pub(crate) checkout: PathBuf,
    /// The folder of this crate.
    pub(crate) judges: PathBuf,
}

impl Tools {
    pub(crate) fn new() -> Result<Self, Failure> {
        let judges = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let checkout = judges.join("../..");
        let checkout = fs::canonicalize(&checkout).map_err(file(&checkout))?;
        Ok(Self { checkout, judges })
    }

    /// The Python in a judge's own environment. Creates the environment if it does not exist. `libraries`
    /// names a second list of packages, of which only the libraries are used.
    pub(crate) async fn python(
        &self,
        name: &str,
        room: &Path,
        libraries: Option<&str>,
    ) -> Result<PathBuf, Failure> {
        let requirements = room.join("requirements.txt");
        let libraries = libraries.map(|name| room.join(name));
        let inputs: Vec<&Path> =
            std::iter::once(&requirements).chain(&libraries).map(PathBuf::as_path).collect();
        let folder = self.checkout.join(".local/tools").join(name);
        let python = folder.join("bin/python");
        let Some(stamp) = Stamp::unless_installed(&folder, &inputs)? else {
            return Ok(python);
        };
        self.environment(&folder).await?;
        run(pip(&python).arg("--requirement").arg(&requirements)).await?;
        if let Some(libraries) = &libraries {
            // The libraries of this wheel work with every Python, although its name is for one.
            let one = ["--python-version", "3.10", "--implementation", "cp"];
            let linux =
                ["--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64"];
            let target = folder.join("openssl");
            let mut install = pip(&python);
            install.arg("--requirement").arg(libraries).args(one).args(linux);
            run(install.arg("--target").arg(target)).await?;
        }
        stamp.write()?;
        Ok(python)
    }

    /// Node, and the folder that has the FHIR judges of npm in `node_modules`. The scripts are copied
    /// there, because Node finds packages beside the script that names them.
    pub(crate) async fn node(&self) -> Result<(PathBuf, PathBuf), Failure> {
        let room = self.judges.join("fhir");
        let [requirements, package, lock, settings] =
            ["requirements.txt", "package.json", "package-lock.json", ".npmrc"]
                .map(|name| room.join(name));
        let folder = self.checkout.join(".local/tools/judges-fhir");
        let programs = folder.join("python/bin");
        let npm = folder.join("npm");
        if let Some(stamp) =
            Stamp::unless_installed(&folder, &[&requirements, &package, &lock, &settings])?
        {
            self.environment(&folder.join("python")).await?;
            run(pip(&programs.join("python")).arg("--requirement").arg(&requirements)).await?;
            fs::create_dir_all(&npm).map_err(file(&npm))?;
            for from in [&package, &lock, &settings] {
                copy(from, &npm)?;
            }
            let path = std::env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(programs.clone()).chain(std::env::split_paths(&path));
            let path = std::env::join_paths(paths).unwrap_or(path);
            let mut install = Command::new(programs.join("npm"));
            install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            run(install.current_dir(&npm).env("PATH", path)).await?;
            stamp.write()?;
        }
        for entry in fs::read_dir(&room).map_err(file(&room))? {
            let path = entry.map_err(file(&room))?.path();
            if path.extension().is_some_and(|extension| extension == "mjs") {
                copy(&path, &npm)?;
            }
        }
        Ok((programs.join("node"), npm))
    }

    async fn environment(&self, folder: &Path) -> Result<(), Failure> {
        let tools = LocalTools::install(&self.checkout, &Progress::shown()).await?;
        let base = tools.programs().join("python");
        run(Command::new(base).args(["-m", "venv", "--clear"]).arg(folder)).await
    }
}

/// Says that a folder has what its inputs ask for.
struct Stamp {
    path: PathBuf,
    wanted: String,
}

impl Stamp {
    fn unless_installed(folder: &Path, inputs: &[&Path]) -> Result<Option<Self>, Failure> {
        // The programs contain their own path, so a moved checkout needs a new installation.
        let mut wanted = format!("# {}\n", folder.display());
        for path in inputs {
            wanted += &fs::read_to_string(path).map_err(file(path))?;
        }
        let path = folder.join("installed.txt");
        let is_installed = fs::read_to_string(&path).is_ok_and(|found| found == wanted);
        Ok((!is_installed).then_some(Self { path, wanted }))
    }

    fn write(self) -> Result<(), Failure> {
        fs::write(&self.path, self.wanted).map_err(file(&self.path))
    }
}

fn copy(from: &Path, folder: &Path) -> Result<(), Failure> {
    let name = from.file_name().unwrap_or_default();
    fs::copy(from, folder.join(name)).map(drop).map_err(file(from))
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.args(["--no-deps", "--only-binary=:all:"]);
    pip
}

async fn run(command: &mut Command) -> Result<(), Failure> {
    let program = PathBuf::from(command.as_std().get_program());
    let status = command.stdin(Stdio::null()).status().await;
    let status = status.map_err(|error| Failure::File(program.clone(), error))?;
    if status.success() { Ok(()) } else { Err(Failure::Program(program, status)) }
}
