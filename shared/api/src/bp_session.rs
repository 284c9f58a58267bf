//! Asking a connected practice's Bp: a changed GUID is followed, a withdrawn permission is noticed.

use best_practice::BpError;
use domain::connection::{Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId};
use halo::{Deadline, Error, Forbidden};
use store::StoreError;

use crate::App;
use crate::problem::{Kind, Problem};

impl App {
    /// The practice's connection, if Bp may be asked through it.
    pub(crate) async fn open_connection(
        &self,
        practice: &PracticeId,
    ) -> Result<Connection, Problem> {
        self.store
            .connection(practice)
            .await?
            .filter(Connection::is_open)
            .ok_or_else(|| Problem::new(Kind::NotConnected))
    }

    /// Asks, and keeps the connection true: a GUID that Halo no longer takes is looked up and, where
    /// it is surely the same practice, followed (Halo's advice for split, merged and moved
    /// databases); a login that Bp refuses marks the connection as revoked, and one that works
    /// again clears that mark. Costs nothing more while all is well.
    pub(crate) async fn ask<T, F>(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
        question: impl Fn(HaloGuid) -> F + Send,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, BpError>> + Send,
        T: Send,
    {
        let mut answer = question(connection.site.halo_guid).await;
        if is_stale(&answer) && self.follow(practice, connection, deadline).await? {
            answer = question(connection.site.halo_guid).await;
        }
        match answer {
            Ok(answer) => {
                if connection.standing == Standing::Revoked {
                    self.stand(practice, connection, Standing::Paired).await?;
                }
                Ok(answer)
            }
            Err(error) => {
                let problem = Problem::from(error);
                if matches!(problem.kind, Kind::IntegrationNotEnabled | Kind::PairingLost) {
                    self.stand(practice, connection, Standing::Revoked).await?;
                }
                Err(problem)
            }
        }
    }

    /// Looks under the Bp Site ID for a new GUID. Whether one was adopted.
    async fn follow(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<bool, Problem> {
        let Some(offered) =
            self.bp.find(&connection.site_id, deadline).await.map_err(Problem::from)?
        else {
            return Err(Problem::new(Kind::SiteUnknown));
        };
        if offered.halo_guid == connection.site.halo_guid {
            return Ok(false);
        }
        if !connection.is_same_practice(&offered) {
            tracing::warn!(
                practice = practice.as_str(),
                "another practice answers under this Bp Site ID"
            );
            return Err(Problem::new(Kind::PracticeChanged));
        }
        tracing::info!(practice = practice.as_str(), "following a changed Halo GUID");
        self.remember(practice, connection, offered, connection.standing).await?;
        Ok(true)
    }

    pub(crate) async fn stand(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        standing: Standing,
    ) -> Result<(), Problem> {
        let site = connection.site.clone();
        self.remember(practice, connection, site, standing).await
    }

    /// Keeps what is now known, unless the connection has become another one meanwhile: then whoever
    /// changed it knows better.
    pub(crate) async fn remember(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        site: Site,
        standing: Standing,
    ) -> Result<(), Problem> {
        match self.store.refresh(practice, connection, &site, standing).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        connection.site = site;
        connection.standing = standing;
        Ok(())
    }
}

fn is_stale<T>(answer: &Result<T, BpError>) -> bool {
    matches!(answer, Err(BpError::Halo(Error::Forbidden(Forbidden::Site) | Error::NotFound)))
}
