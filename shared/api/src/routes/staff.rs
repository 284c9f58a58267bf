//! `…/staff`: the platform's list of medical staff against Bp's users (booking guide, section 2.3).
//! Replacing the list asks nothing of the practice, which may be offline: whoever is new on it is
//! `notSynced` until the list is synced, by `POST …/staff/sync` or by the daily job.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Invalid;
use domain::audit::AuditedAction;
use domain::ids::BpUserId;
use domain::schedule::Job;
use domain::staff::{AhpraNumber, BpMatch, ListProblem, ListedMember, StaffList, StaffMember};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bookings::AppointmentsApp;
use crate::App;
use crate::caller::{Allowed, KeepBookings, SeeBookings};
use crate::input::{Body, Checker};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::trail::Deed;

/// Somebody on the platform's list.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StaffRequest {
    /// Exactly as in Bp, under Setup > Users.
    #[schema(example = "MED0000000000")]
    ahpra_number: String,
    first_name: String,
    last_name: String,
}

/// The list, and whom Bp knows of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaffView {
    staff: Vec<StaffMemberView>,
    /// When Bp was last asked.
    #[schema(value_type = Option<String>, format = DateTime)]
    synced_at: Option<Timestamp>,
}

/// Somebody on the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaffMemberView {
    #[schema(value_type = String)]
    ahpra_number: AhpraNumber,
    first_name: String,
    last_name: String,
    state: StaffState,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp_user_id: Option<BpUserId>,
    /// What to correct, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// Where somebody stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StaffState {
    /// Exactly one active user of Bp has the number.
    Synced,
    /// No user of Bp has exactly this number.
    NotFound,
    /// Several active users of Bp have it.
    Ambiguous,
    /// Only users who are no longer active have it.
    Inactive,
    /// The list has not been synced since they were put on it.
    NotSynced,
}

/// Why a member cannot be booked; `None` when they can.
pub(super) fn problem(bp_match: BpMatch) -> Option<Problem> {
    match bp_match {
        BpMatch::Synced { .. } => None,
        BpMatch::Unsynced => Some(Problem::new(Kind::PractitionerNotSynced)),
        BpMatch::NotFound { nearly: true, .. } => Some(Problem::because(
            Kind::PractitionerNotFound,
            "A user of Bp has this registration number with other capitals, blanks or punctuation. It has to be the same letter by letter.",
        )),
        BpMatch::NotFound { inactive_seen: false, .. } => Some(Problem::because(
            Kind::PractitionerNotFound,
            "No active user of Bp has this registration number. Inactive users could not be looked at.",
        )),
        BpMatch::NotFound { .. } => Some(Problem::new(Kind::PractitionerNotFound)),
        BpMatch::Ambiguous => Some(Problem::new(Kind::PractitionerAmbiguous)),
        BpMatch::Inactive => Some(Problem::new(Kind::PractitionerInactive)),
    }
}

fn view(list: StaffList) -> StaffView {
    let member = |ListedMember { member, bp_match }| {
        let StaffMember { ahpra_number, first_name, last_name } = member;
        let (state, bp_user_id) = match bp_match {
            BpMatch::Synced { user } => (StaffState::Synced, Some(user)),
            BpMatch::Unsynced => (StaffState::NotSynced, None),
            BpMatch::NotFound { .. } => (StaffState::NotFound, None),
            BpMatch::Ambiguous => (StaffState::Ambiguous, None),
            BpMatch::Inactive => (StaffState::Inactive, None),
        };
        let problem = problem(bp_match).map(Problem::body);
        StaffMemberView { ahpra_number, first_name, last_name, state, bp_user_id, problem }
    };
    StaffView { staff: list.staff.into_iter().map(member).collect(), synced_at: list.synced_at }
}

fn read(requests: Vec<StaffRequest>) -> Result<Vec<StaffMember>, Problem> {
    let mut fields = Checker::default();
    let name = |text: &str| {
        let text = text.trim();
        ((1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control))
            .then(|| text.to_owned())
            .ok_or(Invalid("a name has 1 to 100 characters"))
    };
    let members: Vec<StaffMember> = requests
        .into_iter()
        .enumerate()
        .filter_map(|(index, request)| {
            let number = fields
                .check(&format!("/{index}/ahpraNumber"), AhpraNumber::parse(&request.ahpra_number));
            let first = fields.check(&format!("/{index}/firstName"), name(&request.first_name));
            let last = fields.check(&format!("/{index}/lastName"), name(&request.last_name));
            Some(StaffMember { ahpra_number: number?, first_name: first?, last_name: last? })
        })
        .collect();
    fields.finish(Some(members))
}

/// Replace the list, whole. Nothing is asked of the practice.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/staff", tag = "Staff",
    params(("practiceId" = String, Path)), request_body = Vec<StaffRequest>,
    responses((status = 200, body = StaffView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn replace_staff(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
    Body(request): Body<Vec<StaffRequest>>,
) -> Result<Json<StaffView>, Problem> {
    let app = &appointments.app;
    let practice = &allowed.practice;
    let members = read(request)?;
    let kept = app.store.staff(practice).await?;
    let list = kept.list.replaced(members).map_err(|wrong| {
        let mut fields = Checker::default();
        match wrong {
            ListProblem::TooLong => fields.wrong("", "a list has at most 500 members"),
            ListProblem::Twice { index } => fields.wrong(
                &format!("/{index}/ahpraNumber"),
                "this number is on the list before, outer blanks aside",
            ),
        }
        match fields.finish::<()>(None) {
            Err(problem) => problem,
            Ok(()) => Problem::new(Kind::InvalidRequest),
        }
    })?;
    // From now on there is something to compare from time to time. Before the list: one that is kept
    // but never compared would not be noticed.
    for job in [Job::StaffSync, Job::Reconcile] {
        let first = job.next(practice, App::now());
        app.store.schedule_if_absent(practice, job, first).await?;
    }
    if list != kept.list {
        app.note(practice, &allowed.caller, Deed::of(AuditedAction::StaffChanged)).await?;
        app.store.keep_staff(practice, &list, kept.version).await?;
    }
    Ok(Json(view(list)))
}

/// The list, and whom Bp knows of it.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/staff", tag = "Staff",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = StaffView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn read_staff(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<SeeBookings>,
) -> Result<Json<StaffView>, Problem> {
    Ok(Json(view(appointments.app.store.staff(&allowed.practice).await?.list)))
}

/// Compare the list with Bp's users: one query, whatever its length.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/staff/sync", tag = "Staff",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = StaffView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn sync_staff(
    State(appointments): State<Arc<AppointmentsApp>>,
    allowed: Allowed<KeepBookings>,
) -> Result<Json<StaffView>, Problem> {
    let app = &appointments.app;
    let practice = &allowed.practice;
    let deadline = App::deadline();
    let mut connection = app.open_connection(practice).await?;
    let kept = app.store.staff(practice).await?;
    let register = app
        .ask(practice, &mut connection, deadline, |guid| app.bp.register(guid, deadline))
        .await?;
    let synced =
        app.store.sync_staff(practice, kept, &register, &connection.database(), App::now()).await?;
    Ok(Json(view(synced)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemText as _;

    #[test]
    fn whatever_is_not_synced_says_where_to_mend_it() {
        for standing in [
            BpMatch::Unsynced,
            BpMatch::NotFound { nearly: false, inactive_seen: true },
            BpMatch::NotFound { nearly: true, inactive_seen: true },
            BpMatch::NotFound { nearly: false, inactive_seen: false },
            BpMatch::Ambiguous,
            BpMatch::Inactive,
        ] {
            assert!(!problem(standing).unwrap().kind.steps().is_empty(), "{standing:?}");
        }
        for standing in
            [BpMatch::NotFound { nearly: true, inactive_seen: true }, BpMatch::Ambiguous]
        {
            let steps = problem(standing).unwrap().kind.steps().join(" ");
            assert!(steps.contains("Setup > Users"), "{steps}");
        }
    }

    #[test]
    fn every_wrong_member_is_pointed_at() {
        let request = |number: &str, first: &str| StaffRequest {
            ahpra_number: number.to_owned(),
            first_name: first.to_owned(),
            last_name: "Made-Up".to_owned(),
        };
        let wrong = read(vec![
            request("MED9990000001", "Sam"),
            request("MED 1", "Sam"),
            request("MED9990000002", " "),
        ])
        .unwrap_err();
        let pointers: Vec<_> = wrong.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/1/ahpraNumber", "/2/firstName"]);
    }
}
