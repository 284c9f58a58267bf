//! The statement pack: every statement that Bp is sent, as a file that a database person can read.
//!
//! The built-in files can be replaced one by one by files of the same name in a folder: an
//! integrator with Best Practice's partner documents corrects what is assumed here without Rust.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::advisory::{Advisories, Advisory, Concern};
use domain::connection::Site;
use domain::release::ReleaseTable;
use halo::Command;

use crate::clinical::Markers;
use crate::documents::FhirNames;

/// A statement by name. Its text begins with a comment that names it, so that logs on every side
/// can tell statements apart without their values.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Statement {
    /// The live appointments that carry a mark of ours.
    AppointmentBook,
    /// A page of a patient's documents.
    Attachments,
    /// The live appointment that carries one mark.
    BookingLookup,
    /// Makes the appointment book show a booking as it is wanted.
    BookingPush,
    /// One patient's clinical record.
    ClinicalSummary,
    /// Files a referral in Correspondence Out.
    CorrespondenceOutWrite,
    /// Whether a letter or message of ours is in Bp.
    DeliveryLookup,
    /// Which messages of ours a doctor has checked.
    InboxChecked,
    /// Puts a message into a clinician's unchecked inbox.
    InboxWrite,
    /// The bytes of a document, in parts.
    DocumentContent,
    /// How many bytes a document has, and all of them if they are few.
    DocumentStart,
    /// Does nothing under our login.
    LoginProbe,
    /// One patient's demographics.
    PatientDemographics,
    /// Patients by surname and date of birth.
    PatientSearch,
    /// The practice's locations and appointment types.
    PracticeLocations,
    /// Users who have a registration number.
    StaffByRegistration,
    /// Users of one name.
    UsersNamed,
}

impl Statement {
    /// Every statement.
    pub const ALL: [Self; 17] = [
        Self::CorrespondenceOutWrite,
        Self::DeliveryLookup,
        Self::InboxChecked,
        Self::InboxWrite,
        Self::ClinicalSummary,
        Self::Attachments,
        Self::DocumentContent,
        Self::DocumentStart,
        Self::LoginProbe,
        Self::PatientDemographics,
        Self::PatientSearch,
        Self::PracticeLocations,
        Self::UsersNamed,
        Self::AppointmentBook,
        Self::BookingLookup,
        Self::BookingPush,
        Self::StaffByRegistration,
    ];

    /// Its name: the file's name without the ending.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attachments => "attachments",
            Self::ClinicalSummary => "clinical_summary",
            Self::CorrespondenceOutWrite => "correspondence_out_write",
            Self::DeliveryLookup => "delivery_lookup",
            Self::InboxChecked => "inbox_checked",
            Self::InboxWrite => "inbox_write",
            Self::DocumentContent => "document_content",
            Self::DocumentStart => "document_start",
            Self::LoginProbe => "login_probe",
            Self::PatientDemographics => "patient_demographics",
            Self::PatientSearch => "patient_search",
            Self::PracticeLocations => "practice_locations",
            Self::UsersNamed => "users_named",
            Self::AppointmentBook => "appointment_book",
            Self::BookingLookup => "booking_lookup",
            Self::BookingPush => "booking_push",
            Self::StaffByRegistration => "staff_by_registration",
        }
    }

    fn built_in(self) -> &'static str {
        match self {
            Self::Attachments => include_str!("../statements/public/attachments.sql"),
            Self::ClinicalSummary => include_str!("../statements/public/clinical_summary.sql"),
            Self::DocumentContent => include_str!("../statements/assumed/document_content.sql"),
            Self::DocumentStart => include_str!("../statements/assumed/document_start.sql"),
            Self::CorrespondenceOutWrite => {
                include_str!("../statements/assumed/correspondence_out_write.sql")
            }
            Self::DeliveryLookup => include_str!("../statements/assumed/delivery_lookup.sql"),
            Self::InboxChecked => include_str!("../statements/assumed/inbox_checked.sql"),
            Self::InboxWrite => include_str!("../statements/assumed/inbox_write.sql"),
            Self::LoginProbe => include_str!("../statements/public/login_probe.sql"),
            Self::PatientDemographics => {
                include_str!("../statements/assumed/patient_demographics.sql")
            }
            Self::PatientSearch => include_str!("../statements/public/patient_search.sql"),
            Self::PracticeLocations => include_str!("../statements/public/practice_locations.sql"),
            Self::UsersNamed => include_str!("../statements/public/users_named.sql"),
            Self::AppointmentBook => include_str!("../statements/public/appointment_book.sql"),
            Self::BookingLookup => include_str!("../statements/public/booking_lookup.sql"),
            Self::BookingPush => include_str!("../statements/public/booking_push.sql"),
            Self::StaffByRegistration => {
                include_str!("../statements/public/staff_by_registration.sql")
            }
        }
    }
}

/// Why a replacement pack cannot be used. All of it is the deployer's to mend.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file could not be read.
    #[error("the statement pack's file {} cannot be read", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
    },
    /// A file is not what its name says.
    #[error("the statement pack's file {} does not begin with `-- statement: {name}`", path.display())]
    Misnamed {
        /// Which one.
        path: PathBuf,
        /// What it should say.
        name: &'static str,
    },
    /// The table of releases is wrong.
    #[error("the table of Bp releases is wrong: {0}")]
    Releases(String),
    /// The list of advisories is wrong.
    #[error("the list of advisories is wrong: {0}")]
    Advisories(String),
    /// The names of documents in FHIR are wrong.
    #[error("the names of documents in FHIR are wrong: {0}")]
    FhirNames(String),
    /// The words that say whether there is anything to list are wrong.
    #[error("the words of Bp's markers are wrong: {0}")]
    Markers(String),
}

/// All statements, ready to send, and the data files beside them.
#[derive(Clone, Debug)]
pub struct StatementPack {
    texts: BTreeMap<Statement, String>,
    releases: ReleaseTable,
    advisories: Advisories,
    fhir_names: FhirNames,
    markers: Markers,
}

impl StatementPack {
    /// Reads the pack, files in `replacements` going before the built-in ones.
    ///
    /// # Errors
    /// When a replacement is unreadable or not what its name says.
    pub fn load(replacements: Option<&Path>) -> Result<Self, PackError> {
        let mut texts = BTreeMap::new();
        for statement in Statement::ALL {
            let file = format!("{}.sql", statement.name());
            let text = replacement(replacements, &file)?;
            let text = text.as_deref().unwrap_or(statement.built_in());
            let sent =
                without_header(text, statement.name()).ok_or_else(|| PackError::Misnamed {
                    path: replacements.unwrap_or(Path::new("")).join(&file),
                    name: statement.name(),
                })?;
            texts.insert(statement, sent);
        }
        let releases = replacement(replacements, "releases.json")?;
        let releases = releases.as_deref().unwrap_or(include_str!("../data/releases.json"));
        let releases = ReleaseTable::parse(releases).map_err(PackError::Releases)?;
        let own = replacement(replacements, "advisories.json")?;
        let advisories = own.as_deref().unwrap_or(include_str!("../data/advisories.json"));
        let advisories = Advisories::parse(advisories).map_err(PackError::Advisories)?;
        if own.is_some() {
            // The built-in list may name releases that a deployment's own table leaves out.
            advisories.check_releases(&releases).map_err(PackError::Advisories)?;
        }
        let fhir = replacement(replacements, "fhir_documents.json")?;
        let fhir = fhir.as_deref().unwrap_or(include_str!("../data/fhir_documents.json"));
        let markers = replacement(replacements, "markers.json")?;
        let markers = markers.as_deref().unwrap_or(include_str!("../data/markers.json"));
        Ok(Self {
            texts,
            releases,
            advisories,
            fhir_names: FhirNames::parse(fhir).map_err(PackError::FhirNames)?,
            markers: Markers::parse(markers).map_err(PackError::Markers)?,
        })
    }

    /// A command with a statement's text, to which its parameters are added. It carries the statement's
    /// name, under which its queries are counted.
    pub(crate) fn begin(&self, statement: Statement) -> Command {
        Command::text(self.text(statement)).named(statement.name())
    }

    /// The text to send.
    pub(crate) fn text(&self, statement: Statement) -> &str {
        // `load` put every statement in.
        self.texts.get(&statement).map_or("", String::as_str)
    }

    /// How documents are named in FHIR.
    pub(crate) fn fhir_names(&self) -> &FhirNames {
        &self.fhir_names
    }

    /// What Bp's words about empty lists mean.
    pub(crate) fn markers(&self) -> &Markers {
        &self.markers
    }

    /// What is known to go wrong with a site's releases, as far as it bears on this.
    #[must_use]
    pub fn advisories(&self, concern: Concern, site: &Site) -> Vec<Advisory> {
        self.advisories.about(concern, site, &self.releases)
    }

    /// The table of Bp releases.
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

/// Keeps the naming line and the SQL; the rest of the header is for people, and Halo counts bytes.
fn without_header(text: &str, name: &str) -> Option<String> {
    let first = text.lines().next()?.trim();
    (first == format!("-- statement: {name}")).then(|| {
        let body: Vec<&str> = text.lines().skip_while(|line| line.starts_with("--")).collect();
        format!("{first}\n{}\n", body.join("\n").trim_end())
    })
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
            assert_eq!(pack().begin(statement).name(), statement.name());
        }
    }

    #[test]
    fn every_statement_is_t_sql() {
        for statement in Statement::ALL {
            let text = pack().text(statement).to_owned();
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
            let text = pack().text(statement).to_owned();
            let Some(begins) = text.find("BEGIN TRANSACTION") else { continue };
            writing += 1;
            for setting in ["SET LOCK_TIMEOUT 5000;", "SET DEADLOCK_PRIORITY LOW;"] {
                let set = text.find(setting).unwrap_or_else(|| panic!("{statement:?}: {setting}"));
                assert!(set < begins, "{statement:?}: {setting}");
            }
            assert!(text.contains("@LockOwner = 'Transaction', @LockTimeout = 5000;"));
            // A range is locked only in one user's book of one day.
            for part in text.split("HOLDLOCK").skip(1) {
                let range = part.split(';').next().unwrap_or_default();
                assert!(
                    range.contains("a.USERID = @userId AND a.APPOINTMENTDATE = @day"),
                    "{statement:?}: {range}"
                );
            }
        }
        assert_eq!(writing, 3);
    }

    #[test]
    fn statements_touch_only_the_objects_they_are_known_to_touch() {
        const ALLOWED: [&str; 31] = [
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
            let text = pack().text(statement).to_owned();
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
