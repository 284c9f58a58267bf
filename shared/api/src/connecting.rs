//! Connects a practice for a caller: the audit lines are written in the caller's name, and errors are
//! problems. The `connection` crate does the work.

use connection::{Asker, AuditLine, Connecting, Entered, NotConnected, NotPaired, Trail};
use domain::clinician::NotLinked;
use domain::ids::PracticeId;
use domain::pairing::LimitScope;
use store::{AuditItem, StoreError};

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Caller, Role, Scope};
use crate::problem::{Problem, ProblemType};
use crate::request_log::{PairingMetric, count};

/// Writes audit lines in the name of a caller.
struct CallersTrail<'a> {
    app: &'a App,
    practice: &'a PracticeId,
    caller: &'a Caller,
}

impl Trail for CallersTrail<'_> {
    fn line(&self, line: AuditLine) -> AuditItem {
        self.app.audit_line(self.caller, entry(line))
    }

    async fn record(&self, line: AuditLine) -> Result<(), StoreError> {
        self.app.record(self.practice, self.caller, entry(line)).await
    }
}

fn entry(line: AuditLine) -> AuditEntry {
    let AuditLine { action, site_id, user, former_user, former_account } = line;
    let resource = former_account.map_or_else(|| site_id.to_string(), |account| account.0);
    AuditEntry::of(action).with(resource).linking(user, former_user)
}

impl App {
    /// Connects the practice if it is not connected, and links the caller.
    pub(crate) async fn connect(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        entered: &Entered,
    ) -> Result<(), Problem> {
        let asker = asker(practice, caller);
        let trail = CallersTrail { app: self, practice, caller };
        let connecting = Connecting { store: &self.store, bp: &self.bp, trail: &trail };
        let connected = connecting.connect(&asker, entered).await;
        match &connected {
            Err(NotConnected::NotPaired(NotPaired::TooMany { .. })) => {
                count(PairingMetric::Limited)
            }
            Err(
                NotConnected::NotPaired(NotPaired::Refused(_) | NotPaired::Unconfirmed)
                | NotConnected::NotLinked(NotLinked::ProviderNumberDiffers),
            ) => count(PairingMetric::Failed),
            _ => {}
        }
        Ok(connected?)
    }
}

fn asker(practice: &PracticeId, caller: &Caller) -> Asker {
    let (scope, is_administrator) = match caller {
        Caller::Person { roles, .. } => (LimitScope::Person, roles.contains(&Role::PracticeAdmin)),
        Caller::Platform { scopes, .. } => {
            (LimitScope::Platform, scopes.contains(&Scope::PracticesAdmin))
        }
    };
    Asker { practice: practice.clone(), subject: caller.subject().clone(), scope, is_administrator }
}

impl From<NotConnected> for Problem {
    fn from(error: NotConnected) -> Self {
        match error {
            NotConnected::CodeNeeded => Self::new(ProblemType::PairingCodeNeeded),
            NotConnected::NotPaired(error) => error.into(),
            NotConnected::ReleaseTooOld => Self::new(ProblemType::BpReleaseTooOld),
            NotConnected::Bp(error) => error.into(),
            NotConnected::NotLinked(error) => error.into(),
            NotConnected::Store(error) => error.into(),
        }
    }
}

impl From<NotPaired> for Problem {
    fn from(error: NotPaired) -> Self {
        match error {
            NotPaired::Refused(refusal) => refusal.into(),
            NotPaired::Unconfirmed => Self::new(ProblemType::PairingUnconfirmed).retry_after(5),
            NotPaired::Busy => Self::new(ProblemType::PairingInProgress).retry_after(5),
            NotPaired::TooMany { until } => {
                let left = until.duration_since(App::now()).as_secs();
                Self::new(ProblemType::TooManyPairings)
                    .retry_after(u64::try_from(left).unwrap_or_default().max(1))
            }
            NotPaired::Store(error) => error.into(),
        }
    }
}
