//! Pairing sites, finding them and describing them.

use http::StatusCode;
use jiff::{Timestamp, Unit};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::{
    answer::{Answer, Refusal},
    clock::utc,
    pool::Catalogue,
    site::{Availability, LookupBeforePair, Site},
    world::World,
};

const BEST_PRACTICE: &str = "Best Practice";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SiteQuery {
    practice_management_site_id: Option<String>,
    practice_management_name: Option<String>,
    pairing_code: Option<String>,
}

impl SiteQuery {
    /// The requested Bp Site ID. `None` means a site of another practice software.
    fn read(query: &str) -> Result<(Self, Option<String>), Refusal> {
        let parsed: Self = axum::extract::Query::try_from_uri(&uri(query))
            .map(|read| read.0)
            .map_err(|_| Refusal::bad_request("The query parameters cannot be read."))?;
        let site_id = required(&parsed.practice_management_site_id, "practiceManagementSiteId")?;
        let name = required(&parsed.practice_management_name, "practiceManagementName")?;
        let ours = match name.as_str() {
            BEST_PRACTICE => Some(site_id),
            "Zedmed" | "D4w" => None,
            _ => {
                return Err(Refusal::bad_request(
                    "practiceManagementName must be Best Practice, Zedmed or D4w.",
                ));
            }
        };
        Ok((parsed, ours))
    }
}

fn uri(query: &str) -> http::Uri {
    format!("/?{query}").parse().unwrap_or_default()
}

fn required(value: &Option<String>, name: &str) -> Result<String, Refusal> {
    match value.as_deref().map(str::trim) {
        None | Some("") => {
            Err(Refusal::bad_request(format!("The query parameter {name} is missing.")))
        }
        Some(value) => Ok(value.to_owned()),
    }
}

/// The Bp Site ID of a request without a Halo GUID, for the journal and for faults.
pub(crate) fn site_id_in(query: &str) -> Option<String> {
    SiteQuery::read(query).ok()?.1
}

/// `POST /integrator/pair-site`.
pub(crate) fn pair(world: &World, query: &str) -> Result<Answer, Refusal> {
    let (query, site_id) = SiteQuery::read(query)?;
    let code = query.pairing_code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let site = site_id
        .and_then(|site_id| world.site_by_bp_id(&site_id))
        .ok_or_else(|| Refusal::not_found("No site with this practice management site id."))?;
    let code = code.ok_or_else(|| {
        Refusal::bad_request("The query parameter pairingCode is missing; Best Practice needs one.")
    })?;
    let (installed, availability, enabled) = {
        let state = site.state();
        (state.link_installed, state.availability, state.integration_enabled)
    };
    if !installed {
        return Err(Refusal::not_found("Halo Link is not installed at this site."));
    }
    match availability {
        Availability::Online => {}
        Availability::Offline => {
            return Err(Refusal::new(
                StatusCode::BAD_GATEWAY,
                "The site is offline: Halo Link has closed its session.",
            ));
        }
        Availability::Unreachable => {
            return Err(Refusal::new(
                StatusCode::BAD_GATEWAY,
                "The site is unreachable: Halo Link does not answer.",
            ));
        }
    }
    if !enabled {
        return Err(Refusal::forbidden(
            "The integration is not enabled in the practice management software.",
        ));
    }
    world.redeem(code, &site.identity.site_id)?;
    site.state().paired = true;
    Ok(Answer::ok(describe(site, world.clock.now())))
}

/// `GET /integrator/sites`.
pub(crate) fn find(world: &World, query: &str) -> Result<Answer, Refusal> {
    let (_, site_id) = SiteQuery::read(query)?;
    let none = || Ok(Answer::ok(json!({"sites": []})));
    let Some(site) = site_id.and_then(|site_id| world.site_by_bp_id(&site_id)) else {
        return none();
    };
    let (installed, paired, lookup) = {
        let state = site.state();
        (state.link_installed, state.paired, state.lookup_before_pair)
    };
    if !installed {
        return none();
    }
    if !paired {
        match lookup {
            LookupBeforePair::Allowed => {}
            LookupBeforePair::Empty => return none(),
            LookupBeforePair::Forbidden => {
                return Err(Refusal::forbidden("The integrator is not paired with this site."));
            }
        }
    }
    Ok(Answer::ok(json!({"sites": [describe(site, world.clock.now())]})))
}

/// `GET /integrator/sites/{siteId}`.
pub(crate) fn get(world: &World, guid: &str) -> Result<Answer, Refusal> {
    Ok(Answer::ok(describe(world.paired_site(guid)?.as_ref(), world.clock.now())))
}

/// A site as Halo describes it to integrators.
pub(crate) fn describe(site: &Site, now: Timestamp) -> Value {
    let state = site.state();
    // Link reports once a minute.
    let minute = now.round((Unit::Minute, 1)).unwrap_or(now).min(now);
    let heard = state.silent_since.unwrap_or(minute);
    let (availability, status) = if state.link_installed {
        (state.availability, "active")
    } else {
        (Availability::Offline, "uninstalled")
    };
    let installed_at = site.identity.installed_at;
    let catalogues: Vec<Value> = Catalogue::ALL
        .into_iter()
        .map(|catalogue| {
            json!({"name": catalogue.name(), "isDefault": catalogue == Catalogue::Patients})
        })
        .collect();
    json!({
        "id": state.guid,
        "pmsType": "BestPractice",
        "availability": availability,
        "status": status,
        "haloLinkVersion": state.halo_link_version,
        "enrichedAt": utc(heard),
        "catalogue": catalogues,
        "practiceMetadata": {
            "pmsType": "BestPractice",
            "practiceName": state.name,
            "practiceManagementSiteId": site.identity.site_id,
            "practiceManagementVersion": state.pms_version,
        },
        "name": state.name,
        "practiceManagementSiteId": site.identity.site_id,
        "practiceManagementName": BEST_PRACTICE,
        // The value from the installation never changes, so Halo has deprecated it.
        "practiceManagementVersion": "Orchid SP2",
        "createdAt": utc(installed_at),
        "authoritative": true,
        "clientTimestampUTC": utc(heard.checked_add(state.clock_ahead).unwrap_or(heard)),
        "heartbeatTimestampUTC": utc(heard),
    })
}
