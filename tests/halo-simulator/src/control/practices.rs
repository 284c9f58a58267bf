//! Practices: the users and patients to try, and the switches of each practice.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Problem, read};
use crate::{
    cloud::{Availability, LookupBeforePair, RowEncoding, Site, SiteState, World, utc},
    sql::Language,
};

/// All switches of a practice. An absent one keeps its value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    integration_enabled: Option<bool>,
    availability: Option<Availability>,
    pms_version: Option<String>,
    halo_link_version: Option<String>,
    link_installed: Option<bool>,
    name: Option<String>,
    lookup_before_pair: Option<LookupBeforePair>,
    denied_objects: Option<Vec<String>>,
    missing_columns: Option<Vec<String>>,
    login_language: Option<Language>,
    row_encoding: Option<RowEncoding>,
    caller_ip_allowed: Option<bool>,
    queue_paused: Option<bool>,
    execution_paused: Option<bool>,
    rotation_keeps_pairing: Option<bool>,
    fhir_documents: Option<bool>,
    rotate_guid: Option<bool>,
    clock_ahead_seconds: Option<i64>,
}

pub(super) fn find<'a>(world: &'a World, site_id: &str) -> Result<&'a Arc<Site>, Problem> {
    world
        .site_by_bp_id(site_id)
        .ok_or_else(|| Problem::NotFound("there is no practice with this Site ID".to_owned()))
}

pub(super) async fn list(State(world): State<Arc<World>>) -> Result<Json<Value>, Problem> {
    let mut practices = Vec::new();
    for site in &world.sites {
        practices.push(describe(site).await?);
    }
    Ok(Json(json!({"practices": practices})))
}

pub(super) async fn get(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(describe(find(&world, &site_id)?).await?))
}

pub(super) async fn issue_code(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    find(&world, &site_id)?;
    let (code, expires_at) = world.issue_code(&site_id);
    let answer = json!({"siteId": site_id, "pairingCode": code, "expiresAt": utc(expires_at)});
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(super) async fn change(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let site = find(&world, &site_id)?;
    let mut change: Change = read(&body)?;
    let missing_columns = change.missing_columns.take().map(columns).transpose()?;
    for text in [&change.name, &change.pms_version, &change.halo_link_version] {
        if text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Err(Problem::BadRequest("a name or version must not be blank".to_owned()));
        }
    }
    if change.clock_ahead_seconds.is_some_and(|ahead| ahead.unsigned_abs() > 86_400 * 366) {
        return Err(Problem::BadRequest("a clock is at most a year off".to_owned()));
    }
    let rotate = change.rotate_guid == Some(true);
    {
        let mut state = site.state();
        if let Some(missing_columns) = missing_columns {
            state.missing_columns = missing_columns;
        }
        if let Some(availability) = change.availability.take() {
            state.silent_since = match availability {
                Availability::Online => None,
                _ => state.silent_since.or(Some(world.clock.now())),
            };
            state.availability = availability;
        }
        apply(change, &mut state);
    }
    if rotate {
        site.rotate_guid();
    }
    // Queued queries must check the state again.
    site.changed.notify_waiters();
    Ok(Json(describe(site).await?))
}

fn apply(change: Change, state: &mut SiteState) {
    fn set<T>(target: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *target = value;
        }
    }
    set(&mut state.integration_enabled, change.integration_enabled);
    set(&mut state.pms_version, change.pms_version);
    set(&mut state.halo_link_version, change.halo_link_version);
    set(&mut state.link_installed, change.link_installed);
    set(&mut state.name, change.name);
    set(&mut state.lookup_before_pair, change.lookup_before_pair);
    set(&mut state.denied_objects, change.denied_objects);
    set(&mut state.login_language, change.login_language);
    set(&mut state.row_encoding, change.row_encoding);
    set(&mut state.caller_ip_allowed, change.caller_ip_allowed);
    set(&mut state.queue_paused, change.queue_paused);
    set(&mut state.execution_paused, change.execution_paused);
    set(&mut state.rotation_keeps_pairing, change.rotation_keeps_pairing);
    set(&mut state.fhir_documents, change.fhir_documents);
    set(&mut state.clock_ahead, change.clock_ahead_seconds.map(SignedDuration::from_secs));
}

/// Reads names of the form `OBJECT.COLUMN`.
fn columns(names: Vec<String>) -> Result<Vec<(String, String)>, Problem> {
    let column = |name: String| match name.split_once('.') {
        Some((object, column)) if !object.is_empty() && !column.is_empty() => {
            Ok((object.to_owned(), column.to_owned()))
        }
        _ => Err(Problem::BadRequest(format!(
            "missingColumns: \"{name}\" is not of the form OBJECT.COLUMN"
        ))),
    };
    names.into_iter().map(column).collect()
}

/// The switches, the files, and the users and patients to try.
async fn describe(site: &Site) -> Result<Value, Problem> {
    let highlights = site.highlights().await?;
    let state = site.state();
    let missing: Vec<String> =
        state.missing_columns.iter().map(|(object, column)| format!("{object}.{column}")).collect();
    Ok(json!({
        "siteId": site.identity.site_id,
        "name": state.name,
        "timeZone": site.identity.zone.iana_name(),
        "haloGuid": state.guid,
        "paired": state.paired,
        "integrationEnabled": state.integration_enabled,
        "availability": state.availability,
        "pmsVersion": state.pms_version,
        "haloLinkVersion": state.halo_link_version,
        "linkInstalled": state.link_installed,
        "lookupBeforePair": state.lookup_before_pair,
        "deniedObjects": state.denied_objects,
        "missingColumns": missing,
        "loginLanguage": state.login_language,
        "rowEncoding": state.row_encoding,
        "callerIpAllowed": state.caller_ip_allowed,
        "queuePaused": state.queue_paused,
        "executionPaused": state.execution_paused,
        "rotationKeepsPairing": state.rotation_keeps_pairing,
        "fhirDocuments": state.fhir_documents,
        "clockAheadSeconds": state.clock_ahead.as_secs(),
        "databaseFile": site.files.patients,
        "documentsFile": site.files.documents,
        "users": highlights.users,
        "patients": highlights.patients,
    }))
}
