//! Connects a practice: pairs it if necessary, then links the caller's account to a Bp user.

use std::time::Duration;

use best_practice::BpClient;
use domain::connection::Connection;
use domain::ids::{PairingCode, SiteId};
use domain::request::REQUEST_TIME;
use halo::Deadline;
use jiff::Timestamp;
use store::Store;

use crate::granted::Granting;
use crate::linking::{Linking, NotConnected};
use crate::pairing::{NotPaired, Pairing};
use crate::ports::{Clock as _, SystemClock, Trail};
use crate::request::{Asker, Entered};
use crate::session::Sessions;

/// Connects practices. It holds references only, so make one where you need it.
#[derive(Debug)]
pub struct Connecting<'a, T> {
    /// Where connections and links are stored.
    pub store: &'a Store,
    pub bp: &'a BpClient,
    /// Where audit lines are written.
    pub trail: &'a T,
}

impl<T: Trail> Connecting<'_, T> {
    /// Pairs the practice with the site if it is not paired yet, and links the asker to a user of Bp:
    /// one pair call and one query. If no user is named, the practice is only paired. A practice that is paired with the site is paired again only if the
    /// pairing turns out to be lost, so its code is not used up. Instead of a code, a grant of another platform's
    /// practice at the same site is enough.
    ///
    /// # Errors
    /// [`NotConnected`] says why. If only the link fails, the practice stays paired.
    pub async fn connect(&self, asker: &Asker, entered: &Entered) -> Result<(), NotConnected> {
        let until = SystemClock.now().saturating_add(REQUEST_TIME).unwrap_or(Timestamp::MAX);
        let known = self.store.connection(&asker.practice).await?;
        let open =
            known.clone().filter(|known| known.is_open() && known.site_id == entered.site_id);
        let sessions = Sessions::new(self.bp.clone(), self.store);
        let clinician = entered.clinician.as_ref();
        let linking = Linking { store: self.store, bp: self.bp, trail: self.trail };
        if let Some(connection) = open {
            let mut session = sessions.resume(&asker.practice, connection, deadline(until));
            let linked = linking.link_to_known(asker, clinician, &mut session).await;
            let lost = linked.as_ref().is_err_and(NotConnected::is_pairing_lost);
            if !(lost && entered.code.is_some()) {
                return linked;
            }
        }
        let connection = match &entered.code {
            Some(code) => self.pair(asker, &entered.site_id, code, known.as_ref(), until).await?,
            None => {
                let granting = Granting { store: self.store, bp: self.bp, trail: self.trail };
                granting.connect(asker, entered, known.as_ref(), deadline(until)).await?
            }
        };
        let mut session = sessions.resume(&asker.practice, connection, deadline(until));
        linking.link(asker, clinician, &mut session).await
    }

    async fn pair(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        code: &PairingCode,
        known: Option<&Connection>,
        until: Timestamp,
    ) -> Result<Connection, NotPaired> {
        let pairing =
            Pairing { records: self.store, halo: self.bp, trail: self.trail, clock: &SystemClock };
        pairing.pair(asker, site_id, code, known, until).await
    }
}

fn deadline(until: Timestamp) -> Deadline {
    let left = until.duration_since(SystemClock.now());
    Deadline::after(Duration::try_from(left).unwrap_or_default())
}
