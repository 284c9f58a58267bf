//! Builds and installs everything that is measured.

use std::collections::BTreeMap;

use local::{Language, Peers, Progress};

use super::*;
use crate::revision::Revision;

/// What is measured.
pub(crate) struct Prepared {
    /// Programs whose starts are measured, with the names of their sides.
    pub(crate) starts: Vec<(String, Program)>,
    /// This commit first.
    pub(crate) sides: Vec<Side>,
    pub(crate) revisions: BTreeMap<String, String>,
    pub(crate) versions: String,
}

pub(crate) async fn prepare(
    arguments: &Arguments,
    checkout: &Path,
    authority: &Authority,
    scenarios: &[Scenario],
) -> Result<Prepared, Error> {
    let mut prepared = Prepared {
        starts: Vec::new(),
        sides: Vec::new(),
        revisions: BTreeMap::new(),
        versions: printed(Command::new("rustc").arg("--version")).await?,
    };
    if let Some(folder) = &arguments.built {
        let names = needed(arguments, packages::functions(checkout)?, scenarios)?;
        let paths = names.into_iter().map(|name| (folder.join(&name), name));
        let built = paths.filter(|(path, _)| path.is_file()).map(|(path, name)| (name, path));
        let described = format!("the programs in {}", folder.display());
        prepared.revisions.insert(THIS.to_owned(), described);
        prepared.add(arguments, THIS, built.collect());
        let bare = folder.join("bare-function");
        if bare.is_file() {
            prepared.starts.push((BARE.to_owned(), program("bare-function", bare)));
        }
        if !arguments.no_peers {
            prepared.peers(arguments, checkout, scenarios).await?;
        }
        return Ok(prepared);
    }
    match arguments.profile {
        Profile::Dev => {
            let mut names = needed(arguments, packages::functions(checkout)?, scenarios)?;
            names.push("bare-function".to_owned());
            let mut built = packages::build(checkout, &names, Profile::Dev).await?;
            let bare = built.remove("bare-function");
            prepared.revisions.insert(THIS.to_owned(), "the checkout, profile dev".to_owned());
            prepared.add(arguments, THIS, built);
            prepared.starts.extend(bare.map(|it| (BARE.to_owned(), program("bare-function", it))));
        }
        Profile::Release => {
            let (commit, is_changed) = revision::present(checkout).await?;
            let this = Revision::check_out(checkout, &commit, authority).await?;
            let names = needed(arguments, this.functions()?, scenarios)?;
            prepared.build(arguments, THIS, &this, &names).await?;
            if is_changed {
                prepared.revisions.insert(THIS.to_owned(), "the checkout with changes".to_owned());
            }
            let bare = this.build(&["bare-function".to_owned()]).await?;
            for (name, path) in bare {
                prepared.starts.push((BARE.to_owned(), program(&name, path)));
            }
            if let Some(against) = &arguments.against {
                let against = Revision::check_out(checkout, against, authority).await?;
                let known = against.functions()?;
                let names: Vec<String> =
                    names.into_iter().filter(|name| known.contains(name)).collect();
                prepared.build(arguments, AGAINST, &against, &names).await?;
            }
        }
    }
    if !arguments.no_peers {
        prepared.peers(arguments, checkout, scenarios).await?;
    }
    Ok(prepared)
}

impl Prepared {
    async fn build(
        &mut self,
        arguments: &Arguments,
        label: &str,
        revision: &Revision,
        names: &[String],
    ) -> Result<(), Error> {
        let built = revision.build(names).await?;
        let described = format!("{} {}", &revision.commit[..12], revision.subject);
        self.revisions.insert(label.to_owned(), described);
        self.add(arguments, label, built);
        Ok(())
    }

    fn add(&mut self, arguments: &Arguments, label: &str, built: BTreeMap<String, PathBuf>) {
        let mut programs = BTreeMap::new();
        for (name, path) in built {
            let program = program(&name, path);
            if arguments.functions.is_empty() || arguments.functions.contains(&name) {
                self.starts.push((label.to_owned(), program.clone()));
            }
            programs.insert(name, program);
        }
        self.sides.push(Side { label: label.to_owned(), programs, is_peer: false });
    }

    async fn peers(
        &mut self,
        arguments: &Arguments,
        checkout: &Path,
        scenarios: &[Scenario],
    ) -> Result<(), Error> {
        let peers = Peers::install(checkout, &Progress::shown()).await.map_err(Error::Peers)?;
        for (label, language) in [(PYTHON, Language::Python), (TYPESCRIPT, Language::TypeScript)] {
            let mut programs = BTreeMap::new();
            for name in ["patient-search", "clinical-import", "attachment-importer"] {
                let (mut executable, arguments_of) = peers.program(language, name);
                if language == Language::TypeScript {
                    // What is installed may be a script that starts Node. Node itself is measured.
                    let mut node = Command::new(&executable);
                    executable = printed(node.args(["-p", "process.execPath"])).await?.into();
                }
                let program =
                    Program { name: name.to_owned(), executable, arguments: arguments_of };
                let is_needed = scenarios.iter().any(|it| it.functions().contains(&name));
                if is_needed || arguments.functions.iter().any(|wanted| wanted == name) {
                    self.starts.push((label.to_owned(), program.clone()));
                }
                programs.insert(name.to_owned(), program);
            }
            self.sides.push(Side { label: label.to_owned(), programs, is_peer: true });
        }
        Ok(())
    }
}

/// The functions whose starts are measured, and all functions that the scenarios need.
fn needed(
    arguments: &Arguments,
    known: Vec<String>,
    scenarios: &[Scenario],
) -> Result<Vec<String>, Error> {
    if let Some(name) = arguments.functions.iter().find(|name| !known.contains(name)) {
        return Err(Error::UnknownFunction { name: name.clone(), known });
    }
    if arguments.functions.is_empty() && arguments.scenarios.is_empty() {
        return Ok(known);
    }
    let of_scenarios = scenarios.iter().flat_map(|scenario| scenario.functions());
    let mut names: BTreeSet<String> = of_scenarios.map(|name| (*name).to_owned()).collect();
    names.extend(arguments.functions.iter().cloned());
    Ok(names.into_iter().collect())
}

fn program(name: &str, executable: PathBuf) -> Program {
    Program { name: name.to_owned(), executable, arguments: Vec::new() }
}
