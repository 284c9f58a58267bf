//! The jobs that come round, each one query.

use crate::bookings::BookingJobs;
use crate::{Chore, ChoreError};
use aws::events::{Event, EventKind, Events};
use best_practice::{BpError, BpPractice};
use connection::{PerCallSession, SessionError};
use domain::connection::Standing;
use domain::ids::PracticeId;
use domain::schedule::{Job, until_checked_again, until_compared_again};
use domain::usage::Caps;
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::Store;
use usage::tell_near_cap;

/// Links of an earlier site that one turn deletes.
const FORMER_LINKS: usize = 500;

/// The practice's site as Halo sees it: no query. And how we stand with the practice, whose link changed
/// and whether the practice comes near its cap, told to platforms where they have not been told yet.
/// Links that were made for an earlier site are deleted in passing.
pub struct SiteHealth {
    pub store: Store,
    pub bp: BpPractice,
    pub events: Events,
    pub caps: Caps,
}

impl Chore for SiteHealth {
    const JOB: Job = Job::SiteHealth;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ChoreError> {
        let looked = self.look(practice, deadline).await;
        // Whether or not Halo answers, platforms are told what we know.
        if let Some(standing) = self.store.untold_standing(practice).await? {
            let state = match standing {
                Standing::Paired => "connected",
                Standing::Revoked => "revoked",
                Standing::Disconnected => "disconnected",
            };
            let changed = Event {
                kind: EventKind::ConnectionChanged,
                practice: practice.as_str().to_owned(),
                id: state.to_owned(),
            };
            self.events.put(&[changed]).await?;
            self.store.standing_told(practice, standing).await?;
            if standing == Standing::Paired {
                // Nobody was at the practice's appointment book while it was not connected.
                self.store.hasten(practice, Job::Reconcile).await?;
            }
        }
        self.tell_relinks(practice).await?;
        let (store, events, now) = (&self.store, &self.events, Timestamp::now());
        tell_near_cap(store, events, self.caps, practice, now).await?;
        if self.store.forget_former_links(practice, FORMER_LINKS).await? {
            self.store.hasten(practice, Job::SiteHealth).await?;
        }
        looked?;
        Ok(None)
    }
}

impl SiteHealth {
    async fn tell_relinks(&self, practice: &PracticeId) -> Result<(), ChoreError> {
        for relink in self.store.untold_relinks(practice).await? {
            let changed = Event {
                kind: EventKind::ClinicianRelinked,
                practice: practice.as_str().to_owned(),
                id: relink.user.0.to_string(),
            };
            self.events.put(&[changed]).await?;
            self.store.relink_told(practice, &relink).await?;
        }
        Ok(())
    }

    async fn look(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<(), SessionError<BpError>> {
        let session = PerCallSession::new(&self.bp, &self.store);
        let mut connection = match session.open(practice).await {
            Err(SessionError::NotConnected) => return Ok(()),
            opened => opened?,
        };
        let site = session
            .ask_halo(practice, &mut connection, deadline, |guid| self.bp.site(guid, deadline))
            .await?;
        Ok(session.remember(practice, &mut connection, site).await?)
    }
}

/// Which delivered messages a doctor has checked.
pub struct Checked {
    pub store: Store,
    pub bp: BpPractice,
    pub events: Events,
    pub report_after: SignedDuration,
}

impl Chore for Checked {
    const JOB: Job = Job::Checked;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ChoreError> {
        let (store, bp, events, after) = (&self.store, &self.bp, &self.events, self.report_after);
        let looked =
            crate::deliveries::look_for_checked(store, bp, events, practice, after, deadline)
                .await?;
        let now = Timestamp::now();
        let age = looked.latest.map(|latest| now.duration_since(latest));
        Ok(Some(until_checked_again(age)))
    }
}

/// The platform's staff list against Bp's users.
pub struct StaffSync {
    pub store: Store,
    pub bp: BpPractice,
}

impl Chore for StaffSync {
    const JOB: Job = Job::StaffSync;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ChoreError> {
        BookingJobs::new(&self.bp, &self.store).sync_staff(practice, deadline).await?;
        Ok(None)
    }
}

/// The platform's bookings against Bp's appointment book.
pub struct Reconcile {
    pub store: Store,
    pub bp: BpPractice,
}

impl Chore for Reconcile {
    const JOB: Job = Job::Reconcile;
    // Appointments that no booking has are cleared away by it.
    const WRITES: bool = true;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ChoreError> {
        let reconciled =
            BookingJobs::new(&self.bp, &self.store).reconcile(practice, deadline).await?;
        let now = Timestamp::now();
        let begins = reconciled.next_visit.map(|visit| visit.duration_since(now));
        Ok(Some(until_compared_again(begins)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use aws_double::{Answer, Aws, Call};
    use best_practice::StatementPack;
    use halo::{FixedKeys, HaloClient, Keys};
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::*;

    /// A table with the connection of a practice, and a bus.
    #[derive(Default)]
    struct World {
        /// As platforms were last told.
        told: Mutex<Value>,
        bus_is_down: AtomicBool,
    }

    impl World {
        fn answer(&self, call: &Call) -> Answer {
            match call.operation.as_str() {
                "GetItem" => {
                    let site = json!({
                        "haloGuid": { "S": uuid::Uuid::from_u128(7) },
                        "availability": { "S": "online" },
                    });
                    let body = json!({
                        "siteId": { "S": "70999" },
                        "site": { "M": site },
                        "standing": { "S": "disconnected" },
                        "pairedAt": { "S": "2026-01-01T00:00:00Z" },
                    });
                    let mut item = json!({ "body": { "M": body } });
                    let told = self.told.lock().unwrap().clone();
                    if told != Value::Null {
                        item["told"] = told;
                    }
                    Answer::of(json!({ "Item": item }))
                }
                "UpdateItem" => {
                    let told = call.body["ExpressionAttributeValues"][":standing"].clone();
                    *self.told.lock().unwrap() = told;
                    Answer::nothing()
                }
                // Nobody's link has changed.
                "Query" => Answer::of(json!({ "Items": [], "Count": 0 })),
                "PutEvents" => {
                    let lost = i32::from(self.bus_is_down.load(Ordering::SeqCst));
                    Answer::of(json!({ "FailedEntryCount": lost, "Entries": [] }))
                }
                other => panic!("{other}"),
            }
        }
    }

    #[tokio::test]
    async fn platforms_are_told_once_how_we_stand_and_again_only_where_the_bus_took_nothing() {
        let world = Arc::new(World::default());
        let answering = Arc::clone(&world);
        let aws = Aws::answering(move |call| answering.answer(call));
        let keys = Keys { primary: SecretString::from("made up"), secondary: None };
        let halo = HaloClient::new(
            aws::clients::http().unwrap(),
            "http://halo.invalid".parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let look = SiteHealth {
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table"),
            bp: BpPractice::new(halo, StatementPack::load(None).unwrap()),
            events: Events::new(aws_sdk_eventbridge::Client::new(&aws.config()), "bus"),
            caps: Caps::default(),
        };
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        let run = async || look.run(&practice, Deadline::after(Duration::from_secs(5))).await;
        let told = || {
            let of_bus = |call: &Call| call.operation == "PutEvents";
            let calls = aws.calls().into_iter().filter(of_bus);
            let detail =
                |call: Call| call.body["Entries"][0]["Detail"].as_str().unwrap().to_owned();
            calls.map(detail).collect::<Vec<_>>()
        };
        world.bus_is_down.store(true, Ordering::SeqCst);
        assert!(run().await.is_err(), "it is done again");
        world.bus_is_down.store(false, Ordering::SeqCst);
        run().await.unwrap();
        run().await.unwrap();
        let told = told();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|detail| detail.contains("disconnected")), "{told:?}");
    }
}
