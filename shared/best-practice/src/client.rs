//! The client that sends statements to a practice's Bp database. Its methods are in the files named
//! by subject: `sites`, `people`, `locations`, `patients`, `clinical`, `attachments`, `documents`,
//! `bookings` and `correspondence`. Each method costs one Halo query unless it says otherwise.

use domain::ids::HaloGuid;
use halo::{Call, Command, Deadline, Error, HaloClient, Parameter, Row};

use crate::error::{BpError, error_of};
use crate::statements::{Statement, StatementPack};

/// Asks practices' Bp databases through Halo. Cheap to clone. It holds no practice: each method takes
/// the practice's Halo GUID.
#[derive(Clone, Debug)]
pub struct BpClient {
    pub(crate) halo: HaloClient,
    pub(crate) pack: StatementPack,
}

impl BpClient {
    #[must_use]
    pub fn new(halo: HaloClient, pack: StatementPack) -> Self {
        Self { halo, pack }
    }

    /// The statements in use.
    #[must_use]
    pub fn pack(&self) -> &StatementPack {
        &self.pack
    }

    /// Runs a statement that only reads.
    pub(crate) async fn read<const N: usize>(
        &self,
        guid: HaloGuid,
        statement: Statement,
        parameters: [Parameter; N],
        deadline: Deadline,
    ) -> Result<Vec<Row>, BpError> {
        let command = parameters.into_iter().fold(self.pack.bare_command(statement), Command::with);
        self.query(guid, statement, &command, deadline).await
    }

    /// Runs a command that may be repeated: a read, or a write that does nothing the second time.
    pub(crate) async fn query(
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
