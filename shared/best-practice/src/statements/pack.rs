//! Loads the statement pack. A folder may replace the built-in files one by one, under the same names:
//! an integrator with Best Practice's partner documents corrects our assumptions without changing Rust.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::advisory::{Advisories, Advisory, Concern};
use domain::connection::Site;
use domain::release::ReleaseTable;
use halo::Command;

use super::fhir_names::FhirNames;
use super::markers::Markers;
use super::name::Statement;

/// Why a replacement pack cannot be used. The person who deploys must correct it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("the statement pack's file {} cannot be read", path.display())]
    Unreadable { path: PathBuf },
    /// The first line names another statement than the file's name.
    #[error("the statement pack's file {} does not begin with `-- statement: {name}`", path.display())]
    Misnamed { path: PathBuf, name: &'static str },
    #[error("the table of Bp releases is wrong: {0}")]
    Releases(String),
    #[error("the list of advisories is wrong: {0}")]
    Advisories(String),
    #[error("the names of documents in FHIR are wrong: {0}")]
    FhirNames(String),
    #[error("the words of Bp's markers are wrong: {0}")]
    Markers(String),
}

/// All statements, ready to send, and the data files. Commands are built by the methods in
/// `correspondence` and `bookings`; [`BpClient`](crate::BpClient) sends the others.
#[derive(Clone, Debug)]
pub struct StatementPack {
    /// The texts that replace built-in ones, as they are sent.
    replaced: BTreeMap<Statement, String>,
    releases: ReleaseTable,
    advisories: Advisories,
    fhir_names: FhirNames,
    markers: Markers,
}

impl StatementPack {
    /// Reads the pack. Files in `replacements` have priority over the built-in ones.
    ///
    /// # Errors
    /// When a replacement is unreadable, or its content is wrong.
    pub fn load(replacements: Option<&Path>) -> Result<Self, PackError> {
        let mut replaced = BTreeMap::new();
        for statement in Statement::ALL {
            let file = format!("{}.sql", statement.name());
            let Some(text) = replacement(replacements, &file)? else { continue };
            let sent =
                without_header(&text, statement.name()).ok_or_else(|| PackError::Misnamed {
                    path: replacements.unwrap_or(Path::new("")).join(&file),
                    name: statement.name(),
                })?;
            replaced.insert(statement, sent);
        }
        let releases = replacement(replacements, "releases.json")?;
        let releases = releases.as_deref().unwrap_or(include_str!("../../data/releases.json"));
        let releases = ReleaseTable::parse(releases).map_err(PackError::Releases)?;
        let own = replacement(replacements, "advisories.json")?;
        let advisories = own.as_deref().unwrap_or(include_str!("../../data/advisories.json"));
        let advisories = Advisories::parse(advisories).map_err(PackError::Advisories)?;
        if own.is_some() {
            // The built-in list is not checked: it may name releases that a replaced table leaves out.
            advisories.check_releases(&releases).map_err(PackError::Advisories)?;
        }
        let fhir = replacement(replacements, "fhir_documents.json")?;
        let fhir = fhir.as_deref().unwrap_or(include_str!("../../data/fhir_documents.json"));
        let markers = replacement(replacements, "markers.json")?;
        let markers = markers.as_deref().unwrap_or(include_str!("../../data/markers.json"));
        Ok(Self {
            replaced,
            releases,
            advisories,
            fhir_names: FhirNames::parse(fhir).map_err(PackError::FhirNames)?,
            markers: Markers::parse(markers).map_err(PackError::Markers)?,
        })
    }

    /// A command with the statement's text and no parameters yet. The meter counts its queries under the
    /// statement's name.
    pub(crate) fn bare_command(&self, statement: Statement) -> Command {
        Command::text(self.text(statement)).named(statement.name())
    }

    /// Built-in texts are cut when they are needed. Most functions send few of them.
    pub(crate) fn text(&self, statement: Statement) -> Cow<'_, str> {
        self.replaced.get(&statement).map_or_else(
            // A test reads every built-in text.
            || without_header(statement.built_in(), statement.name()).unwrap_or_default().into(),
            |text| text.as_str().into(),
        )
    }

    pub(crate) fn fhir_names(&self) -> &FhirNames {
        &self.fhir_names
    }

    pub(crate) fn markers(&self) -> &Markers {
        &self.markers
    }

    /// The known problems of a site's versions that concern this part of the answer.
    #[must_use]
    pub fn advisories(&self, concern: Concern, site: &Site) -> Vec<Advisory> {
        self.advisories.about(concern, site, &self.releases)
    }

    #[must_use]
    pub fn releases(&self) -> &ReleaseTable {
        &self.releases
    }
}

fn replacement(folder: Option<&Path>, file: &str) -> Result<Option<String>, PackError> {
    let Some(path) = folder.map(|folder| folder.join(file)) else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(PackError::Unreadable { path }),
    }
}

/// The first line and the SQL. The rest of the header is for people, and Halo limits the bytes of a command.
fn without_header(text: &str, name: &str) -> Option<String> {
    let first = text.lines().next()?.trim();
    if first.strip_prefix("-- statement: ") != Some(name) {
        return None;
    }
    let header: usize =
        text.split_inclusive('\n').take_while(|line| line.starts_with("--")).map(str::len).sum();
    // A replacement may have been saved on Windows.
    let body = text[header..].trim_end().replace("\r\n", "\n");
    Some(format!("{first}\n{body}\n"))
}

#[cfg(test)]
mod tests {
    use domain::clinical::NilMarker;
    use domain::release::Support;
    use sqlparser::dialect::MsSqlDialect;
    use sqlparser::parser::Parser;

    use super::*;

    fn pack() -> StatementPack {
        StatementPack::load(None).unwrap()
    }

    #[test]
    fn every_statement_says_what_it_does_takes_returns_and_rests_on() {
        for statement in Statement::ALL {
            let text = statement.built_in();
            for heading in ["-- Does:", "-- Parameters:", "-- Returns:", "-- Evidence:"] {
                assert!(text.contains(heading), "{} lacks {heading}", statement.name());
            }
            assert_eq!(pack().bare_command(statement).name(), statement.name());
            let sent = pack().text(statement).into_owned();
            assert!(sent.starts_with(&format!("-- statement: {}\n", statement.name())), "{sent}");
            let second = sent.lines().nth(1).unwrap();
            assert!(!second.starts_with("--"), "the header is sent: {sent}");
        }
    }

    #[test]
    fn every_statement_is_t_sql() {
        for statement in Statement::ALL {
            let text = pack().text(statement).into_owned();
            if text.contains("EXEC ") {
                // The parser does not take named arguments; the simulator's own tests do.
                continue;
            }
            Parser::parse_sql(&MsSqlDialect {}, &text)
                .unwrap_or_else(|error| panic!("{}: {error}", statement.name()));
        }
    }

    #[test]
    fn statements_that_write_wait_for_nobody_for_long_and_give_way() {
        let mut writing = 0;
        for statement in Statement::ALL {
            let text = pack().text(statement).into_owned();
            let Some(begins) = text.find("BEGIN TRANSACTION") else { continue };
            writing += 1;
            for setting in ["SET LOCK_TIMEOUT 5000;", "SET DEADLOCK_PRIORITY LOW;"] {
                let set = text.find(setting).unwrap_or_else(|| panic!("{statement:?}: {setting}"));
                assert!(set < begins, "{statement:?}: {setting}");
                let reads = text.find("FROM dbo.").unwrap_or(begins);
                assert!(set < reads, "{statement:?}: {setting} comes after the first read");
            }
            assert!(text.contains("@LockOwner = 'Transaction', @LockTimeout = 5000;"));
            // A range would keep people from booking. What is locked is found by its number.
            assert!(!text.contains("HOLDLOCK"), "{statement:?}");
            for part in text.split("WITH (UPDLOCK)").skip(1) {
                let condition = part.trim_start();
                assert!(condition.starts_with("WHERE a.RECORDID = "), "{statement:?}: {condition}");
            }
        }
        assert_eq!(writing, 3);
    }

    #[test]
    fn statements_touch_only_the_objects_they_are_known_to_touch() {
        const ALLOWED: [&str; 32] = [
            "BPS_Alcohol",
            "BPS_Clinical",
            "BPS_ClinicalImages",
            "BPS_CorrespondenceIn",
            "BPS_CorrespondenceOut",
            "BPS_CurrentRx",
            "BPS_EPCReports",
            "BPS_FamilyHistory",
            "BPS_FamilyHistoryDetail",
            "BPS_History",
            "BPS_Immunisations",
            "BPS_Investigations",
            "BPS_Observations",
            "BPS_OccupationHistory",
            "BPS_Patients",
            "BPS_PracticeLocations",
            "BPS_Reactions",
            "BPS_Tobacco",
            "BPS_Users",
            "PROVIDER_LOCATION",
            "APPOINTMENTS",
            "APPOINTMENTTYPES",
            "BP_AddAppointmentEx",
            "BP_CancelAppointment",
            "BP_GetFreeAppointments",
            "BP_IsAppointmentBooked",
            "BP_MoveAppointment",
            "BP_UpdateAppointment",
            "CLINICAL",
            "DAYSAWAY",
            "PRACTICE",
            "USERS",
        ];
        const ASSUMED: [&str; 9] = [
            "DOCUMENTS",
            "NEXTOFKIN",
            "CORRESPONDENCEIN",
            "CORRESPONDENCEOUT",
            "DOCUMENTSTORE",
            "INCOMINGREPORTS",
            "PATIENTS",
            "TITLES",
            "USERS",
        ];
        for statement in Statement::ALL {
            let text = pack().text(statement).into_owned();
            for (at, _) in text.match_indices("dbo.") {
                let object: String = text[at + 4..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                assert!(
                    ALLOWED.contains(&object.as_str()) || ASSUMED.contains(&object.as_str()),
                    "{} touches {object}",
                    statement.name()
                );
            }
        }
    }

    #[test]
    fn a_file_in_the_replacement_folder_goes_before_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("login_probe.sql"),
            "-- statement: login_probe\n-- Does: more\nSELECT 2 AS Alive;\n",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("releases.json"),
            r#"{"releases": ["Quokka"], "firstSupported": "Quokka", "numbers": {"7": "Quokka"}}"#,
        )
        .unwrap();
        let pack = StatementPack::load(Some(folder.path())).unwrap();
        assert_eq!(
            pack.text(Statement::LoginProbe),
            "-- statement: login_probe\nSELECT 2 AS Alive;\n"
        );
        assert!(pack.text(Statement::UsersNamed).contains("BPS_Users"));
        assert_eq!(pack.releases().judge("7.1"), Support::Supported);
    }

    #[test]
    fn a_replacement_under_the_wrong_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("login_probe.sql"),
            "-- statement: users_named\nSELECT 1;\n",
        )
        .unwrap();
        assert!(matches!(
            StatementPack::load(Some(folder.path())),
            Err(PackError::Misnamed { .. })
        ));
    }

    #[test]
    fn the_words_of_markers_can_be_replaced_and_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let load = |text: &str| {
            std::fs::write(folder.path().join("markers.json"), text).unwrap();
            StatementPack::load(Some(folder.path()))
        };
        let words = r#"{"allergies": {"nil": ["Nichts"], "recorded": []},
            "pastHistory": {"nil": [], "recorded": []}, "familyHistory": {"nil": [], "recorded": []}}"#;
        assert_eq!(load(words).unwrap().markers().allergies.says("nichts"), NilMarker::Nil);
        assert!(matches!(load("{}"), Err(PackError::Markers(_))));
    }

    #[test]
    fn the_built_in_table_refuses_orchid_sp2_and_takes_spectra() {
        assert_eq!(pack().releases().judge("Orchid SP2"), Support::TooOld);
        assert_eq!(pack().releases().judge("Spectra SP1"), Support::Supported);
    }
}
