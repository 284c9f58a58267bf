//! The state of a simulator. Its two listeners and its background tasks share it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::cloud::{
    answer::Refusal,
    asynchronous::AsyncQuery,
    clock::Clock,
    fault::FaultPlan,
    fhir::Continuations,
    journal::Journal,
    options::Options,
    registered::RegisteredQuery,
    site::{Site, uuid_from},
    webhook::Sender,
};

/// How many immediate queries the status operation still finds.
const REMEMBERED_IMMEDIATES: usize = 500;

/// A pairing code as Bp shows it.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) site_id: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) used: bool,
}

pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) keys: [String; 2],
    pub(crate) integrator_id: Uuid,
    pub(crate) sites: Vec<Arc<Site>>,
    pub(crate) faults: FaultPlan,
    pub(crate) journal: Journal,
    pub(crate) webhooks: Option<Sender>,
    /// The address of Halo Cloud, for links.
    pub(crate) base_url: String,
    pub(crate) continuations: Continuations,
    results: PathBuf,
    codes: Mutex<Codes>,
    queries: Mutex<HashMap<Uuid, Arc<AsyncQuery>>>,
    immediates: Mutex<VecDeque<(Uuid, String, Value)>>,
    registered: Mutex<BTreeMap<u64, Arc<RegisteredQuery>>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

struct Codes {
    issued: HashMap<String, Code>,
    dice: ChaCha8Rng,
}

impl Codes {
    fn new(seed: u64) -> Self {
        Self { issued: HashMap::new(), dice: ChaCha8Rng::seed_from_u64(seed) }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(
        options: Options,
        sites: Vec<Arc<Site>>,
        folder: &Path,
        base_url: String,
        webhooks: Option<Sender>,
    ) -> Self {
        let key = |given: &Option<String>, which: &[u8]| {
            given.clone().unwrap_or_else(|| {
                uuid_from(&[&options.seed.to_be_bytes(), which]).simple().to_string()
            })
        };
        Self {
            clock: Clock::default(),
            keys: [
                key(&options.primary_key, b"primary key"),
                key(&options.secondary_key, b"secondary key"),
            ],
            integrator_id: uuid_from(&[&options.seed.to_be_bytes(), b"integrator"]),
            sites,
            faults: FaultPlan::new(options.seed),
            journal: Journal::default(),
            webhooks,
            base_url,
            continuations: Continuations::default(),
            results: folder.join("results"),
            codes: Mutex::new(Codes::new(options.seed)),
            queries: Mutex::default(),
            immediates: Mutex::default(),
            registered: Mutex::default(),
            tasks: Mutex::default(),
            options,
        }
    }

    pub(crate) fn site_by_bp_id(&self, site_id: &str) -> Option<&Arc<Site>> {
        self.sites.iter().find(|site| site.identity.site_id == site_id)
    }

    /// The site whose current or former Halo GUID this is.
    pub(crate) fn site_by_guid(&self, guid: &str) -> Option<&Arc<Site>> {
        let guid = Uuid::try_parse(guid).ok()?;
        self.sites.iter().find(|site| {
            let state = site.state();
            state.guid == guid || state.former_guids.contains(&guid)
        })
    }

    /// The site with this GUID, if the integrator is paired with it.
    pub(crate) fn paired_site(&self, guid: &str) -> Result<&Arc<Site>, Refusal> {
        if Uuid::try_parse(guid).is_err() {
            return Err(Refusal::bad_request("The site id is not a GUID."));
        }
        let site = self
            .site_by_guid(guid)
            .ok_or_else(|| Refusal::not_found("There is no site with this id."))?;
        let state = site.state();
        if Some(state.guid) != Uuid::try_parse(guid).ok() {
            return Err(Refusal::forbidden(
                "This site id has been replaced and is no longer authoritative.",
            ));
        }
        if !state.paired {
            return Err(Refusal::forbidden("The integrator is not paired with this site."));
        }
        drop(state);
        Ok(site)
    }

    /// Issues a code, as the button "Generate pairing code" in Bp does.
    pub(crate) fn issue_code(&self, site_id: &str) -> (String, Timestamp) {
        // Letters and digits that look alike are left out.
        const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let now = self.clock.now();
        let expires_at = now.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(now);
        let mut codes = held(&self.codes);
        loop {
            let code: String = (0..6)
                .map(|_| char::from(ALPHABET[codes.dice.random_range(0..ALPHABET.len())]))
                .collect();
            if !codes.issued.contains_key(&code) {
                let issued = Code { site_id: site_id.to_owned(), expires_at, used: false };
                codes.issued.insert(code.clone(), issued);
                return (code, expires_at);
            }
        }
    }

    /// Uses up a code. Refuses it if it is not valid for this site.
    pub(crate) fn redeem(&self, code: &str, site_id: &str) -> Result<(), Refusal> {
        let mut codes = held(&self.codes);
        let issued = codes
            .issued
            .get_mut(&code.trim().to_uppercase())
            .filter(|issued| issued.site_id == site_id)
            .ok_or_else(|| Refusal::bad_request("The pairing code is not valid for this site."))?;
        if issued.used {
            return Err(Refusal::bad_request("The pairing code has already been used."));
        }
        if issued.expires_at <= self.clock.now() {
            return Err(Refusal::bad_request("The pairing code has expired."));
        }
        issued.used = true;
        Ok(())
    }

    pub(crate) fn remember(&self, query: Arc<AsyncQuery>) {
        held(&self.queries).insert(query.id, query);
    }

    pub(crate) fn query(&self, id: Uuid) -> Option<Arc<AsyncQuery>> {
        held(&self.queries).get(&id).cloned()
    }

    pub(crate) fn remember_immediate(&self, id: Uuid, site_id: &str, summary: Value) {
        let mut immediates = held(&self.immediates);
        if immediates.len() == REMEMBERED_IMMEDIATES {
            immediates.pop_front();
        }
        immediates.push_back((id, site_id.to_owned(), summary));
    }

    pub(crate) fn immediate(&self, id: Uuid, site_id: &str) -> Option<Value> {
        let immediates = held(&self.immediates);
        let found = immediates.iter().find(|known| known.0 == id && known.1 == site_id);
        found.map(|(_, _, summary)| summary.clone())
    }

    pub(crate) fn register(&self, query: Arc<RegisteredQuery>) {
        let mut registered = held(&self.registered);
        let next = registered.last_key_value().map_or(0, |(number, _)| number + 1);
        registered.insert(next, query);
    }

    /// The site's registered queries, in the order of registration.
    pub(crate) fn registered(&self, site_id: &str) -> Vec<Arc<RegisteredQuery>> {
        let registered = held(&self.registered);
        registered.values().filter(|query| query.site_id == site_id).cloned().collect()
    }

    pub(crate) fn result_folder(&self, query: Uuid) -> PathBuf {
        self.results.join(query.to_string())
    }

    /// Starts a task that ends with the simulator or at a reset.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let handle = tokio::spawn(work).abort_handle();
        let mut tasks = held(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(handle);
    }

    pub(crate) fn stop(&self) {
        for task in held(&self.tasks).drain(..) {
            task.abort();
        }
    }

    /// Ends everything, also what waits for a lock.
    pub(crate) fn close(&self) {
        self.stop();
        for site in &self.sites {
            site.held.end_all();
            site.pool.locks.close();
        }
    }

    /// Restores the seeded state.
    pub(crate) async fn reset(&self) -> rusqlite::Result<()> {
        self.stop();
        self.faults.clear();
        self.clock.reset();
        *held(&self.codes) = Codes::new(self.options.seed);
        held(&self.queries).clear();
        held(&self.immediates).clear();
        self.continuations.clear();
        held(&self.registered).clear();
        for site in &self.sites {
            site.reset().await?;
        }
        let results = self.results.clone();
        let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(results)).await;
        self.journal.clear();
        Ok(())
    }
}
