//! The jobs that run for a practice on a schedule. Each costs at most one query of Bp, plus one for each
//! correction.

use crate::bookings::BookingJobs;
use crate::{ScheduledJob, ScheduledJobError};
use aws::events::{Event, EventKind, Events};
use best_practice::{BpClient, BpError};
use connection::{Clock as _, SessionError, Sessions, SystemClock};
use domain::connection::Standing;
use domain::ids::PracticeId;
use domain::schedule::{Job, until_checked_again, until_compared_again};
use domain::usage::Caps;
use halo::Deadline;
use jiff::SignedDuration;
use store::{Store, UnpublishedStanding};
use usage::publish_near_cap;

/// Links of an earlier site that one run deletes.
const FORMER_LINKS: usize = 500;

/// Refreshes what is known of the practice's site, without a query. Publishes what platforms do not
/// know yet: how the connection stands, whose link changed, and whether the practice comes near its
/// cap. Also deletes links that were made for an earlier site.
pub struct SiteHealth {
    pub store: Store,
    pub bp: BpClient,
    pub events: Events,
    pub caps: Caps,
}

impl ScheduledJob for SiteHealth {
    const JOB: Job = Job::SiteHealth;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ScheduledJobError> {
        let refreshed = self.refresh_site(practice, deadline).await;
        let now = SystemClock.now();
        // Even if Halo does not answer, platforms learn what we know.
        if let Some(UnpublishedStanding { standing, change }) =
            self.store.unpublished_standing(practice).await?
        {
            let state = match standing {
                Standing::Paired => "connected",
                Standing::Revoked => "revoked",
                Standing::Disconnected => "disconnected",
            };
            let changed = Event {
                kind: EventKind::ConnectionChanged,
                platform: practice.platform(),
                practice: Some(practice.clone()),
                subject: String::new(),
                state: Some(state.to_owned()),
                change,
                at: now,
            };
            self.events.publish(&[changed]).await?;
            self.store.set_standing_published(practice, standing).await?;
            if standing == Standing::Paired {
                // The appointment book was not compared while the practice was not connected.
                self.store.bring_forward(practice, Job::Reconcile, now).await?;
            }
        }
        self.publish_relinks(practice).await?;
        publish_near_cap(&self.store, &self.events, self.caps, practice, now).await?;
        if self.store.forget_former_links(practice, FORMER_LINKS).await? {
            self.store.bring_forward(practice, Job::SiteHealth, now).await?;
        }
        refreshed?;
        Ok(None)
    }
}

impl SiteHealth {
    async fn publish_relinks(&self, practice: &PracticeId) -> Result<(), ScheduledJobError> {
        for relink in self.store.unpublished_relinks(practice).await? {
            let changed = Event {
                kind: EventKind::ClinicianRelinked,
                platform: practice.platform(),
                practice: Some(practice.clone()),
                subject: relink.user.0.to_string(),
                state: None,
                change: relink.sk.clone(),
                at: SystemClock.now(),
            };
            self.events.publish(&[changed]).await?;
            self.store.delete_published_relink(practice, &relink).await?;
        }
        Ok(())
    }

    async fn refresh_site(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<(), SessionError<BpError>> {
        let sessions = Sessions::new(self.bp.clone(), &self.store);
        let mut session = match sessions.open(practice, deadline).await {
            Err(SessionError::NotConnected) => return Ok(()),
            opened => opened?,
        };
        let site = session.ask_halo(|guid| self.bp.site(guid, deadline)).await?;
        Ok(session.refresh(site).await?)
    }
}

/// Finds out which delivered messages a doctor has checked.
pub struct Checked {
    pub store: Store,
    pub bp: BpClient,
    pub events: Events,
    pub report_after: SignedDuration,
}

impl ScheduledJob for Checked {
    const JOB: Job = Job::Checked;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ScheduledJobError> {
        let (store, bp, events, after) = (&self.store, &self.bp, &self.events, self.report_after);
        let found =
            crate::deliveries::find_checked_messages(store, bp, events, practice, after, deadline)
                .await?;
        let now = SystemClock.now();
        let age = found.latest.map(|latest| now.duration_since(latest));
        Ok(Some(until_checked_again(age)))
    }
}

/// Compares the platform's staff list with Bp's users.
pub struct StaffSync {
    pub store: Store,
    pub bp: BpClient,
}

impl ScheduledJob for StaffSync {
    const JOB: Job = Job::StaffSync;
    const WRITES: bool = false;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ScheduledJobError> {
        BookingJobs::new(&self.bp, &self.store).sync_staff(practice, deadline).await?;
        Ok(None)
    }
}

/// Compares the platform's bookings with Bp's appointment book.
pub struct Reconcile {
    pub store: Store,
    pub bp: BpClient,
}

impl ScheduledJob for Reconcile {
    const JOB: Job = Job::Reconcile;
    // It cancels appointments that belong to no booking.
    const WRITES: bool = true;

    async fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Option<SignedDuration>, ScheduledJobError> {
        let reconciled =
            BookingJobs::new(&self.bp, &self.store).reconcile(practice, deadline).await?;
        let now = SystemClock.now();
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
    use config::EventConfig;
    use halo::{FixedKeys, HaloClient, Keys};
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::*;

    /// A table with the connection of a practice, and a bus.
    #[derive(Default)]
    struct World {
        /// The standing that was published last.
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
                "SendMessageBatch" => Answer::of(json!({ "Successful": [], "Failed": [] })),
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
        let job = SiteHealth {
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table"),
            bp: BpClient::new(halo, StatementPack::load(None).unwrap()),
            events: Events::new(&aws.config(), EventConfig::at("bus", "http://queue.invalid/")),
            caps: Caps::default(),
        };
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        let run = async || job.run(&practice, Deadline::after(Duration::from_secs(5))).await;
        let told = || {
            let of_bus = |call: &Call| call.operation == "PutEvents";
            let calls = aws.calls().into_iter().filter(of_bus);
            let detail =
                |call: Call| call.body["Entries"][0]["Detail"].as_str().unwrap().to_owned();
            calls.map(detail).collect::<Vec<_>>()
        };
        world.bus_is_down.store(true, Ordering::SeqCst);
        assert!(run().await.is_err(), "it is tried again");
        world.bus_is_down.store(false, Ordering::SeqCst);
        run().await.unwrap();
        run().await.unwrap();
        let told = told();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|detail| detail.contains("disconnected")), "{told:?}");
    }
}
