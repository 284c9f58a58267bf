//! Connecting a practice: pairing it with a Bp site ([`pairing`]) and linking its people to users of
//! Bp ([`linking`]). What a pairing *is*, and the rule that decides, is in [`domain::pairing`].

pub mod linking;
pub mod pairing;
mod per_call;
mod ports;
mod session;

use std::time::Duration;

use best_practice::BpPractice;
use domain::clinician::{ClinicianName, ProviderNumberPrefix};
use domain::connection::Connection;
use domain::ids::{PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::{LimitScope, REQUEST};
use halo::Deadline;
use jiff::Timestamp;
use store::Store;

pub use linking::NotConnected;
pub use pairing::NotPaired;
pub use per_call::PerCallSession;
pub use ports::{AuditLine, Clock, PairingHalo, PairingRecords, SystemClock, Trail};
pub use session::{Connections, Implication, QuestionError, Session, SessionError, Sessions};

/// What a person or a platform's server enters to connect.
#[derive(Debug)]
pub struct Entered {
    /// Which site.
    pub site_id: SiteId,
    /// From Bp's "Generate pairing code"; not needed once the practice is paired.
    pub code: Option<PairingCode>,
    /// The clinician's name as in Bp.
    pub name: ClinicianName,
    /// The first digits of their provider number.
    pub prefix: Option<ProviderNumberPrefix>,
}

/// Who asks to be connected.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The practice that is to be connected.
    pub practice: PracticeId,
    /// The token's subject.
    pub subject: Subject,
    /// A person or a platform's server.
    pub scope: LimitScope,
    /// Whether they may link an account that is linked already without the provider number.
    pub is_administrator: bool,
}

impl Asker {
    /// Whether it is a person, who is linked themselves.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.scope == LimitScope::Person
    }
}

/// Connects practices. Made where it is needed; costs nothing.
#[derive(Debug)]
pub struct Connecting<'a, T> {
    /// Where connections are kept.
    pub store: &'a Store,
    /// Bp through Halo.
    pub bp: &'a BpPractice,
    /// Where is noted what was done.
    pub trail: &'a T,
}

impl<T: Trail> Connecting<'_, T> {
    /// Pairs the practice if it is not paired with this site, and links who asks: one pair call and
    /// one query. A practice that is paired already is not paired again and its code is spared, unless
    /// the pairing turns out to be lost.
    ///
    /// # Errors
    /// [`NotConnected`] says what stands in the way. What was paired stays paired when only the link
    /// fails.
    pub async fn connect(&self, asker: &Asker, entered: &Entered) -> Result<(), NotConnected> {
        let until = Timestamp::now().saturating_add(REQUEST).unwrap_or(Timestamp::MAX);
        let known = self.store.connection(&asker.practice).await?;
        let open =
            known.clone().filter(|known| known.is_open() && known.site_id == entered.site_id);
        let sessions = Sessions::new(self.bp.clone(), self.store);
        if let Some(connection) = open {
            let mut session = sessions.resume(&asker.practice, connection, deadline(until));
            let linked = self.link_to_known(asker, entered, &mut session).await;
            let lost = linked.as_ref().is_err_and(NotConnected::is_pairing_lost);
            if !(lost && entered.code.is_some()) {
                return linked;
            }
        }
        let Some(code) = &entered.code else { return Err(NotConnected::CodeNeeded) };
        let connection = self.pair(asker, &entered.site_id, code, known.as_ref(), until).await?;
        let mut session = sessions.resume(&asker.practice, connection, deadline(until));
        self.link(asker, entered, &mut session).await
    }

    async fn pair(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        code: &PairingCode,
        known: Option<&Connection>,
        until: Timestamp,
    ) -> Result<Connection, NotPaired> {
        let pairing = pairing::Pairing {
            records: self.store,
            halo: self.bp,
            trail: self.trail,
            clock: &SystemClock,
        };
        pairing.pair(asker, site_id, code, known, until).await
    }
}

fn deadline(until: Timestamp) -> Deadline {
    let left = until.duration_since(Timestamp::now());
    Deadline::after(Duration::try_from(left).unwrap_or_default())
}
