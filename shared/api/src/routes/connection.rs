//! `…/connection`: pair, look, disconnect, validate.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use best_practice::BpClient;
use connection::Entered;
use connection::linking::is_too_old;
use domain::advisory::{Advisory, Concern};
use domain::audit::AuditedAction;
use domain::clinician::{Clinician, ClinicianName, ProviderNumberPrefix};
use domain::connection::{Availability, Connection, ConnectionState, Site, Standing};
use domain::ids::{BpUserId, PairingCode, PracticeId, SiteId, Subject};
use halo::{Error, Forbidden};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{LinkKey, PracticeRecord};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::caller::{Allowed, Caller, Connect, ManagePractice, SeePractice};
use crate::input::{Body, Checker, Parameters, number};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::trail::Deed;

/// What a person enters to connect.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectRequest {
    /// Bp Site ID, from Help > About or beside the pairing code.
    #[schema(example = "71001")]
    site_id: String,
    /// From Bp's "Generate pairing code". Not needed once the practice is paired.
    pairing_code: Option<String>,
    /// Who is to be linked.
    clinician: ClinicianRequest,
}

/// A name exactly as in Bp.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClinicianRequest {
    first_name: String,
    last_name: String,
    /// First 6 digits of the provider number.
    provider_number_prefix: Option<String>,
}

impl ConnectRequest {
    fn read(self) -> Result<Entered, Problem> {
        let mut fields = Checker::default();
        let site_id = fields.check("/siteId", SiteId::parse(&self.site_id));
        // A form sends an empty text for a field left blank.
        let code = self.pairing_code.filter(|code| !code.trim().is_empty());
        let code = code.map(|code| fields.check("/pairingCode", PairingCode::parse(&code)));
        let first = fields
            .check("/clinician/firstName", ClinicianName::parse_first(&self.clinician.first_name));
        let last = fields
            .check("/clinician/lastName", ClinicianName::parse_last(&self.clinician.last_name));
        let prefix =
            self.clinician.provider_number_prefix.filter(|prefix| !prefix.trim().is_empty());
        let prefix = prefix.map(|prefix| {
            fields.check("/clinician/providerNumberPrefix", ProviderNumberPrefix::parse(&prefix))
        });
        let entered = site_id.zip(first).zip(last).map(|((site_id, first), last)| Entered {
            site_id,
            code: code.flatten(),
            name: ClinicianName { first, last },
            prefix: prefix.flatten(),
        });
        fields.finish(entered)
    }
}

/// A practice's connection.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    state: ConnectionState,
    #[schema(value_type = Option<String>)]
    site_id: Option<SiteId>,
    practice_name: Option<String>,
    pms_version: Option<String>,
    halo_link_version: Option<String>,
    availability: Option<Availability>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_heartbeat: Option<Timestamp>,
    /// When Bp last answered or refused a query of ours, whatever it was for: `state` shows what was
    /// found out then. Absent for as long as none has been counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    clinicians: Vec<Clinician>,
    /// Who calls, as this practice's Bp knows them.
    you: You,
    /// What is known to go wrong with the practice's release of Bp, its build of Halo Link or the clock of its
    /// server, and what to do. Nothing fails by it.
    advisories: Vec<Advisory>,
    /// What keeps the connection from working, where something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Who calls, as this practice's Bp knows them.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct You {
    /// Whether the caller's account is linked to a Bp user. Only then may a clinician read patients'
    /// records and send referrals. Always false for a platform's server.
    linked: bool,
    /// The Bp user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    user_id: Option<BpUserId>,
    /// As in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// As in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
}

impl From<&Clinician> for You {
    fn from(clinician: &Clinician) -> Self {
        Self {
            linked: true,
            user_id: Some(clinician.user_id),
            first_name: Some(clinician.first_name.clone()),
            last_name: Some(clinician.last_name.clone()),
        }
    }
}

fn view_of(
    bp: &BpClient,
    connection: Option<&Connection>,
    record: &PracticeRecord,
    caller: &Caller,
    problem: Option<Problem>,
) -> ConnectionView {
    let clinicians = record.clinicians(|key| match (key, caller) {
        (LinkKey::Account(of), Caller::Person { subject, .. }) => of == subject,
        (LinkKey::User(_), Caller::Platform { .. }) => true,
        _ => false,
    });
    let you = match caller {
        Caller::Person { subject, .. } => record.linked(subject).map(You::from),
        Caller::Platform { .. } => None,
    };
    let state = connection.map_or(ConnectionState::Disconnected, |connection| {
        connection.state(!clinicians.is_empty())
    });
    // Of a connection that was ended, only the Site ID is of use: it saves typing it again.
    let site =
        connection.filter(|connection| connection.is_open()).map(|connection| &connection.site);
    ConnectionView {
        state,
        site_id: connection.map(|connection| connection.site_id.clone()),
        practice_name: site.and_then(|site| site.practice_name.clone()),
        pms_version: site.and_then(|site| site.pms_version.clone()),
        halo_link_version: site.and_then(|site| site.halo_link_version.clone()),
        availability: site.map(|site| site.availability),
        last_heartbeat: site.and_then(|site| site.last_heartbeat),
        checked_at: None,
        clinicians: if site.is_some() { clinicians } else { Vec::new() },
        you: you.filter(|_| site.is_some()).unwrap_or_default(),
        advisories: site.map(|site| advisories(bp, site)).unwrap_or_default(),
        problem: problem.map(Problem::body),
    }
}

fn advisories(bp: &BpClient, site: &Site) -> Vec<Advisory> {
    bp.pack().advisories(Concern::Connection, site)
}

/// Pair the practice, or link the caller to it.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path)), request_body = ConnectRequest,
    responses((status = 200, body = ConnectionView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn connect(
    State(app): State<Arc<App>>,
    allowed: Allowed<Connect>,
    Body(request): Body<ConnectRequest>,
) -> Result<Json<ConnectionView>, Problem> {
    app.connect(&allowed.practice, &allowed.caller, &request.read()?).await?;
    let record = app.store.practice(&allowed.practice).await?;
    let connection = record.connection.as_ref();
    // Whoever was linked was asked for just now.
    let checked_at = app.counter.answered_at(&allowed.practice);
    let view = view_of(&app.bp, connection, &record, &allowed.caller, None);
    Ok(Json(ConnectionView { checked_at, ..view }))
}

/// How the connection is looked at.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusParameters {
    /// Whether Bp is asked as well if it still lets us in, for a button that says "check now". That is a
    /// query, which Halo bills and counts.
    #[serde(default)]
    live: bool,
}

/// How the connection stands: the site as Halo sees it now, and what any query last found out about
/// whether Bp lets us in (`checkedAt`). With `live=true`, Bp is asked now.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path), StatusParameters),
    responses((status = 200, body = ConnectionView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeePractice>,
    Parameters(StatusParameters { live }): Parameters<StatusParameters>,
) -> Result<Json<ConnectionView>, Problem> {
    let practice = &allowed.practice;
    let record = app.store.practice(practice).await?;
    let Some(mut connection) = record.connection.clone().filter(Connection::is_open) else {
        return Ok(Json(view_of(
            &app.bp,
            record.connection.as_ref(),
            &record,
            &allowed.caller,
            None,
        )));
    };
    let look = app.look(practice, &mut connection, live);
    let (looked, answered_at) = tokio::join!(look, app.store.last_answer(practice));
    let answered_at = answered_at?.max(app.counter.answered_at(practice));
    // What came before the pairing was perhaps said by another Bp.
    let checked_at = answered_at.filter(|at| *at >= connection.paired_at);
    let view = view_of(&app.bp, Some(&connection), &record, &allowed.caller, looked.err());
    Ok(Json(ConnectionView { checked_at, ..view }))
}

impl App {
    /// Looks at the site: one call of Halo, no query. That a practice un-ticked us shows nowhere but in a
    /// query, so only a `live` look at a site that is online costs one. Otherwise what the last query
    /// found out is taken.
    async fn look(
        &self,
        practice: &PracticeId,
        connection: &mut Connection,
        live: bool,
    ) -> Result<(), Problem> {
        let deadline = Self::deadline();
        let guid = connection.site.halo_guid;
        if let Err(problem) = self.look_at_site(practice, connection, deadline).await {
            if connection.site.halo_guid == guid && connection.standing == Standing::Paired {
                connection.site.availability = Availability::Unknown;
            }
            return Err(problem);
        }
        if live && connection.site.availability == Availability::Online {
            self.ask(practice, connection, deadline, |guid| self.bp.probe(guid, deadline)).await?;
        } else if connection.standing == Standing::Revoked {
            return Err(Problem::new(Kind::IntegrationNotEnabled));
        }
        check_release(&self.bp, &connection.site)
    }
}

fn check_release(bp: &BpClient, site: &Site) -> Result<(), Problem> {
    if is_too_old(bp, site) { Err(Problem::new(Kind::BpReleaseTooOld)) } else { Ok(()) }
}

/// Disconnect the practice. The practice itself un-ticks the integration in Bp.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/connection", tag = "Connection",
    params(("practiceId" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn disconnect(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
) -> Result<StatusCode, Problem> {
    let deed = Deed::of(AuditedAction::Disconnected);
    app.note(&allowed.practice, &allowed.caller, deed).await?;
    app.store.disconnect(&allowed.practice).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The path of a linked clinician.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClinicianPath {
    user_id: String,
}

impl ClinicianPath {
    fn user(&self) -> Option<BpUserId> {
        number(&self.user_id).map(BpUserId)
    }
}

/// End every account's link to a Bp user, because somebody else was linked or the user has left. They
/// read no records and send nothing. To be linked to this user again, they need the digits of the
/// provider number, or an administrator who allows it.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/connection/clinicians/{userId}", tag = "Connection",
    params(("practiceId" = String, Path), ("userId" = i64, Path)),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn unlink(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    path: Path<ClinicianPath>,
) -> Result<StatusCode, Problem> {
    let unknown = || Problem::because(Kind::NotFound, "Nobody is linked to this user.");
    let user = path.user().ok_or_else(unknown)?;
    let practice = &allowed.practice;
    let record = app.store.practice(practice).await?;
    let generation = record.connection.ok_or_else(unknown)?.generation;
    let linked: Vec<_> =
        record.links.iter().filter(|link| link.clinician.user_id == user).collect();
    if linked.is_empty() {
        return Err(unknown());
    }
    for link in linked {
        let deed = Deed::of(AuditedAction::ClinicianUnlinked).linking(Some(user), None);
        let deed = match &link.key {
            LinkKey::Account(account) => deed.with(account.0.as_str()),
            LinkKey::User(_) => deed,
        };
        let line = app.line(&allowed.caller, deed);
        app.store.unlink(practice, &link.key, (generation, user), &line).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Whose link is allowed again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AllowedAccount {
    /// The token's subject, as the audit trail has it where it says `clinicianUnlinked`.
    account: String,
}

/// Let an account whose link to a Bp user was ended be linked to it again by the name alone.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/connection/clinicians/{userId}/allowed-accounts", tag = "Connection",
    params(("practiceId" = String, Path), ("userId" = i64, Path)), request_body = AllowedAccount,
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn allow_link(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    path: Path<ClinicianPath>,
    Body(request): Body<AllowedAccount>,
) -> Result<StatusCode, Problem> {
    let unknown =
        || Problem::because(Kind::NotFound, "This account's link to this user was not ended.");
    let user = path.user().ok_or_else(unknown)?;
    let practice = &allowed.practice;
    let generation = app.store.connection(practice).await?.ok_or_else(unknown)?.generation;
    let account = Subject(request.account);
    let deed = Deed::of(AuditedAction::ClinicianLinkAllowed).linking(Some(user), None);
    let line = app.line(&allowed.caller, deed.with(account.0.as_str()));
    let was_ended = app.store.allow_link(practice, &account, (generation, user), &line).await?;
    if was_ended { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// A Site ID to check.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ValidationRequest {
    /// Bp Site ID.
    #[schema(example = "71001")]
    site_id: String,
}

/// What is known of a Site ID.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationView {
    valid: bool,
    practice_name: Option<String>,
    availability: Option<Availability>,
    /// What is known to go wrong with the practice's releases, and what to do.
    advisories: Vec<Advisory>,
    /// Why it is not valid, or what stands in the way although it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Is this Site ID known, and whose is it?
#[utoipa::path(post, path = "/v1/practices/{practiceId}/connection/validation", tag = "Connection",
    params(("practiceId" = String, Path)), request_body = ValidationRequest,
    responses((status = 200, body = ValidationView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn validate(
    State(app): State<Arc<App>>,
    _allowed: Allowed<SeePractice>,
    Body(request): Body<ValidationRequest>,
) -> Result<Json<ValidationView>, Problem> {
    let mut fields = Checker::default();
    let site_id = fields.check("/siteId", SiteId::parse(&request.site_id));
    let site_id = fields.finish(site_id)?;
    let found = app.bp.find(&site_id, App::deadline()).await.map_err(|error| match error {
        best_practice::BpError::Halo(Error::Forbidden(Forbidden::Site)) => {
            Problem::new(Kind::ValidationNeedsPairing)
        }
        other => other.into(),
    })?;
    let view = match found {
        None => ValidationView {
            valid: false,
            practice_name: None,
            availability: None,
            advisories: Vec::new(),
            problem: Some(Problem::new(Kind::SiteUnknown).body()),
        },
        Some(site) => ValidationView {
            valid: true,
            advisories: advisories(&app.bp, &site),
            problem: check_release(&app.bp, &site)
                .err()
                .or_else(|| {
                    matches!(site.availability, Availability::Offline | Availability::Unreachable)
                        .then(|| Problem::new(Kind::SiteOffline).retry_after(60))
                })
                .map(Problem::body),
            practice_name: site.practice_name,
            availability: Some(site.availability),
        },
    };
    Ok(Json(view))
}
