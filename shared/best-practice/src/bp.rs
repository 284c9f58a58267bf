//! What we ask a practice's Bp database, one Halo query each.

use domain::clinician::{BpUser, ClinicianName};
use domain::connection::{Availability, Site};
use domain::ids::{HaloGuid, LocationId, PairingCode, PatientId, SiteId};
use domain::patient::{DateOfBirth, Demographics, PatientMatches};
use domain::spelling::key;
use domain::surname::SurnameKey;
use halo::{
    Call, Command, Deadline, Error, Forbidden, HaloClient, LifeCycle, Parameter, PmsName, Row,
    SiteStatus, SqlFailure,
};

use crate::mapping;
use crate::pack::{Statement, StatementPack};

/// Why Bp gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BpError {
    /// The practice took our login away: it un-ticked the integration.
    #[error("the practice no longer lets us in")]
    LoginRefused,
    /// Our login may not read what the statement reads.
    #[error("our login may not run {statement}")]
    NotPermitted {
        /// Which statement.
        statement: &'static str,
    },
    /// This Bp release lacks something that the statement reads.
    #[error("this Bp release cannot run {statement}")]
    NotInThisRelease {
        /// Which statement.
        statement: &'static str,
    },
    /// The database refused the statement for another reason.
    #[error("the database refused {statement}")]
    Refused {
        /// Which statement.
        statement: &'static str,
    },
    /// An answer that is not what the statement's header promises.
    #[error("the answer to {statement} is malformed: {problem}")]
    Malformed {
        /// Which statement.
        statement: &'static str,
        /// What is wrong; never a value.
        problem: String,
    },
    /// Halo gave no answer.
    #[error(transparent)]
    Halo(Error),
}

/// What a pairing came to.
#[derive(Clone, Debug)]
pub enum PairingOutcome {
    /// Halo paired us with this site.
    Paired(Site),
    /// Halo refused. The code was wrong, or it is as good as before.
    Refused(PairingRefusal),
    /// Halo may have said yes. Nobody is connected by it.
    Doubtful(Error),
}

/// Why a pairing was refused. Halo publishes status codes only; which means what is kept in
/// [`refusal`], in one place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PairingRefusal {
    /// Wrong, used or expired.
    Code,
    /// The integration is not ticked in Bp.
    NotEnabled,
    /// No such site, or Halo Link is not installed.
    UnknownSite,
    /// The practice's server does not answer.
    Offline,
    /// The practice's Bp or Halo Link fails, or the code is wrong: how Halo tells the two apart is not public.
    PracticeSoftware,
    /// Anything else, the same as for every call.
    Other(Error),
}

/// A location of a practice (`BPS_PracticeLocations`).
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// `LocationID`.
    pub location_id: LocationId,
    /// `LocationName`.
    pub name: Option<String>,
    /// Street lines, town and postcode, in one line.
    pub address: Option<String>,
    /// `Phone`.
    pub phone: Option<String>,
}

/// A type that a practice gives its appointments (`APPOINTMENTTYPES`).
#[derive(Clone, Debug, PartialEq)]
pub struct AppointmentType {
    /// `APPOINTMENTCODE`.
    pub code: i64,
    /// `DESCRIPTION`.
    pub name: Option<String>,
    /// Whether it is for recalls, by its name. Nobody from outside can cancel such an appointment.
    pub recall: bool,
}

/// What a practice's bookings can be given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// By their number.
    pub locations: Vec<Location>,
    /// By their code. Empty where the login may not read them.
    pub appointment_types: Vec<AppointmentType>,
}

/// Bp practices through Halo; cheap to clone.
#[derive(Clone, Debug)]
pub struct BpClient {
    pub(crate) halo: HaloClient,
    pub(crate) pack: StatementPack,
}

impl BpClient {
    /// Speaks through this client, in the statements of this pack.
    #[must_use]
    pub fn new(halo: HaloClient, pack: StatementPack) -> Self {
        Self { halo, pack }
    }

    /// The pack in use.
    #[must_use]
    pub fn pack(&self) -> &StatementPack {
        &self.pack
    }

    /// Pairs us with a site. Uses the code up.
    pub async fn pair(
        &self,
        site_id: &SiteId,
        code: &PairingCode,
        deadline: Deadline,
    ) -> PairingOutcome {
        match self
            .halo
            .pair_site(PmsName::BestPractice, site_id.as_str(), Some(code.expose()), deadline)
            .await
        {
            Ok(site) => PairingOutcome::Paired(site_of(site)),
            Err(error) => match refusal(&error) {
                Some(refusal) => PairingOutcome::Refused(refusal),
                None => PairingOutcome::Doubtful(error),
            },
        }
    }

    /// The site that carries a Bp Site ID, if Halo knows one that is alive.
    ///
    /// # Errors
    /// What any Halo call may meet.
    pub async fn find(
        &self,
        site_id: &SiteId,
        deadline: Deadline,
    ) -> Result<Option<Site>, BpError> {
        let found = self
            .halo
            .find_sites(PmsName::BestPractice, site_id.as_str(), deadline)
            .await
            .map_err(BpError::Halo)?;
        // Backups and migration copies of a practice carry the same number; queries go to the
        // authoritative instance, and to one that lives.
        Ok(found
            .into_iter()
            .filter(|site| !matches!(site.status, LifeCycle::Removed | LifeCycle::Uninstalled))
            .max_by_key(|site| {
                (
                    site.authoritative != Some(false),
                    site.status == LifeCycle::Active,
                    site.availability == halo::Availability::Online,
                )
            })
            .map(site_of))
    }

    /// A site's status.
    ///
    /// # Errors
    /// What any Halo call may meet.
    pub async fn site(&self, guid: HaloGuid, deadline: Deadline) -> Result<Site, BpError> {
        self.halo.site(guid.0, deadline).await.map(site_of).map_err(BpError::Halo)
    }

    /// Whether the practice still lets us in.
    ///
    /// # Errors
    /// [`BpError::LoginRefused`] when it does not.
    pub async fn probe(&self, guid: HaloGuid, deadline: Deadline) -> Result<(), BpError> {
        self.read(guid, Statement::LoginProbe, [], deadline).await.map(|_| ())
    }

    /// The active users whose name may be meant; [`choose`](domain::clinician::choose) says which is.
    ///
    /// # Errors
    /// What any query may meet.
    pub async fn users_named(
        &self,
        guid: HaloGuid,
        name: &ClinicianName,
        deadline: Deadline,
    ) -> Result<Vec<BpUser>, BpError> {
        let parameters = [
            Parameter::var_char("@firstNameKey", key(&name.first)),
            Parameter::var_char("@lastNameKey", key(&name.last)),
        ];
        let rows = self.read(guid, Statement::UsersNamed, parameters, deadline).await?;
        malformed(Statement::UsersNamed, mapping::users(&rows))
    }

    /// The practice's locations and appointment types.
    ///
    /// # Errors
    /// What any query may meet.
    pub async fn choices(&self, guid: HaloGuid, deadline: Deadline) -> Result<Choices, BpError> {
        let rows = self.read(guid, Statement::PracticeLocations, [], deadline).await?;
        malformed(Statement::PracticeLocations, mapping::choices(&rows))
    }

    /// Patients by the beginning of the surname and the date of birth.
    ///
    /// # Errors
    /// What any query may meet.
    pub async fn search(
        &self,
        guid: HaloGuid,
        surname: &SurnameKey,
        born: DateOfBirth,
        deadline: Deadline,
    ) -> Result<PatientMatches, BpError> {
        let parameters = [
            Parameter::date("@dateOfBirth", born.date()),
            Parameter::var_char("@surname", surname.as_str()),
            Parameter::var_char("@surnamePattern", mapping::prefix_pattern(surname.as_str())),
        ];
        let rows = self.read(guid, Statement::PatientSearch, parameters, deadline).await?;
        malformed(Statement::PatientSearch, mapping::matches(&rows))
    }

    /// One patient's demographics; `None` when Bp has no such patient.
    ///
    /// # Errors
    /// What any query may meet.
    pub async fn demographics(
        &self,
        guid: HaloGuid,
        patient: PatientId,
        deadline: Deadline,
    ) -> Result<Option<Demographics>, BpError> {
        let parameters = [Parameter::int("@patientId", patient.0)];
        let rows = self.read(guid, Statement::PatientDemographics, parameters, deadline).await?;
        malformed(Statement::PatientDemographics, mapping::demographics(&rows))
    }

    pub(crate) async fn read<const N: usize>(
        &self,
        guid: HaloGuid,
        statement: Statement,
        parameters: [Parameter; N],
        deadline: Deadline,
    ) -> Result<Vec<Row>, BpError> {
        let command = parameters.into_iter().fold(self.pack.begin(statement), Command::with);
        self.ask(guid, statement, &command, deadline).await
    }

    /// A command that may be repeated: a question, or a write that does nothing the second time.
    pub(crate) async fn ask(
        &self,
        guid: HaloGuid,
        statement: Statement,
        command: &Command,
        deadline: Deadline,
    ) -> Result<Vec<Row>, BpError> {
        let started = std::time::Instant::now();
        let answer = self.halo.immediate(guid.0, command, Call::Read, deadline).await;
        tracing::info!(
            statement = statement.name(),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            outcome = answer.as_ref().err().map_or("ok", kind_of),
            "asked Bp"
        );
        let result = answer.map_err(|error| error_of(statement, error))?;
        Ok(result.sets.into_iter().next_back().unwrap_or_default())
    }
}

/// A Halo error's kind, for logs.
fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::NotReached => "notReached",
        Error::KeyRefused => "keyRefused",
        Error::Forbidden(_) => "forbidden",
        Error::NotFound => "notFound",
        Error::Gone => "gone",
        Error::RateLimited { .. } => "rateLimited",
        Error::SiteOffline => "siteOffline",
        Error::Refused { .. } => "refused",
        Error::PracticeSoftware => "practiceSoftware",
        Error::Sql(_) => "sql",
        Error::ResultTooLarge => "resultTooLarge",
        Error::OutcomeUnknown { .. } => "outcomeUnknown",
        Error::Malformed { .. } => "malformed",
    }
}

pub(crate) fn error_of(statement: Statement, error: Error) -> BpError {
    error_of_named(statement.name(), error)
}

pub(crate) fn error_of_named(statement: &'static str, error: Error) -> BpError {
    match error {
        Error::Sql(SqlFailure::LoginRefused) | Error::Forbidden(Forbidden::NotEnabled) => {
            BpError::LoginRefused
        }
        Error::Sql(SqlFailure::PermissionDenied) => BpError::NotPermitted { statement },
        Error::Sql(SqlFailure::UnknownObject) => BpError::NotInThisRelease { statement },
        Error::Sql(SqlFailure::Other { .. }) | Error::Refused { .. } => {
            BpError::Refused { statement }
        }
        Error::Malformed { what } => BpError::Malformed { statement, problem: what.to_owned() },
        other => BpError::Halo(other),
    }
}

pub(crate) fn malformed<T>(
    statement: Statement,
    mapped: Result<T, mapping::Unmappable>,
) -> Result<T, BpError> {
    mapped.map_err(|problem| BpError::Malformed {
        statement: statement.name(),
        problem: problem.to_string(),
    })
}

/// What a failed pairing means, where it is certain that we were not paired. Only the status codes
/// are public; this reading of them is an inference.
fn refusal(error: &Error) -> Option<PairingRefusal> {
    match error {
        Error::Refused { .. } => Some(PairingRefusal::Code),
        Error::Forbidden(Forbidden::NotEnabled | Forbidden::Site)
        | Error::Sql(SqlFailure::LoginRefused) => Some(PairingRefusal::NotEnabled),
        Error::NotFound => Some(PairingRefusal::UnknownSite),
        Error::SiteOffline => Some(PairingRefusal::Offline),
        Error::PracticeSoftware => Some(PairingRefusal::PracticeSoftware),
        Error::NotReached | Error::KeyRefused | Error::Forbidden(_) | Error::RateLimited { .. } => {
            Some(PairingRefusal::Other(error.clone()))
        }
        _ => None,
    }
}

fn site_of(site: SiteStatus) -> Site {
    Site {
        halo_guid: HaloGuid(site.id),
        practice_name: site.practice_name,
        pms_version: site.pms_version,
        halo_link_version: site.halo_link_version,
        last_heartbeat: site.heartbeat,
        clock_ahead_seconds: site
            .client_clock
            .zip(site.heartbeat)
            .map(|(theirs, halos)| theirs.duration_since(halos).as_secs()),
        availability: match site.availability {
            halo::Availability::Online => Availability::Online,
            halo::Availability::Offline => Availability::Offline,
            halo::Availability::Unreachable => Availability::Unreachable,
            halo::Availability::Unknown => Availability::Unknown,
        },
    }
}
