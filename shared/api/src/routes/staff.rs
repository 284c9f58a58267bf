//! `…/staff`: the platform's list of medical staff, matched with Bp's users (booking guide, section 2.3).
//! The practice may be offline when the list is replaced: new members are `notSynced` until
//! `POST …/staff/sync` or the daily job syncs the list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::Invalid;
use domain::audit::AuditedAction;
use domain::ids::BpUserId;
use domain::schedule::Job;
use domain::staff::{
    AhpraNumber, BpMatch, Candidate, ListProblem, ListedMember, StaffList, StaffMember,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ManageBookings, SeeBookings};
use crate::conditional::{IfMatch, IfNoneMatch, Tagged, changed};
use crate::input::{Body, Checker};
use crate::problem::{Problem, ProblemBody, ProblemType, Problems};

/// A member of the platform's staff list.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StaffRequest {
    /// Exactly as in Bp under Setup > Users.
    #[schema(example = "MED0000000000")]
    ahpra_number: String,
    first_name: String,
    last_name: String,
}

/// The staff list in the order in which it was sent, and the Bp user of each member. A list has at most 500
/// members, all in one answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffView {
    staff: Vec<StaffMemberView>,
    /// When the list was last synced with Bp.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    synced_at: Option<Timestamp>,
}

/// A member of the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffMemberView {
    #[schema(value_type = String)]
    ahpra_number: AhpraNumber,
    first_name: String,
    last_name: String,
    state: StaffState,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bp_user_id: Option<BpUserId>,
    /// What to correct, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
    /// Bp users with the name of a member who was not found, at most five. Their registration number in Bp may be
    /// missing or wrong. Case, spaces, apostrophes and hyphens are not compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Candidate>,
}

/// Whether a member was found in Bp.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StaffState {
    /// Exactly one active Bp user has this number.
    Synced,
    /// No Bp user has exactly this number.
    NotFound,
    /// Several active Bp users have this number.
    Ambiguous,
    /// Only inactive Bp users have this number.
    Inactive,
    /// The list has not been synced since this member was added.
    NotSynced,
}

/// Why a member cannot be booked, or `None` if they can.
pub(super) fn problem_of(bp_match: BpMatch) -> Option<Problem> {
    match bp_match {
        BpMatch::Synced { .. } => None,
        BpMatch::Unsynced => Some(Problem::new(ProblemType::PractitionerNotSynced)),
        BpMatch::NotFound { nearly: true, .. } => Some(Problem::because(
            ProblemType::PractitionerNotFound,
            "A Bp user has this registration number with different capitals, spaces or punctuation. Both numbers must match exactly.",
        )),
        BpMatch::NotFound { inactive_seen: false, .. } => Some(Problem::because(
            ProblemType::PractitionerNotFound,
            "No active Bp user has this registration number. Bp did not let us read its inactive users.",
        )),
        BpMatch::NotFound { .. } => Some(Problem::new(ProblemType::PractitionerNotFound)),
        BpMatch::Ambiguous => Some(Problem::new(ProblemType::PractitionerAmbiguous)),
        BpMatch::Inactive => Some(Problem::new(ProblemType::PractitionerInactive)),
    }
}

fn view(list: StaffList) -> StaffView {
    let member = |ListedMember { member, bp_match, candidates }| {
        let StaffMember { ahpra_number, first_name, last_name } = member;
        let (state, bp_user_id) = match bp_match {
            BpMatch::Synced { user } => (StaffState::Synced, Some(user)),
            BpMatch::Unsynced => (StaffState::NotSynced, None),
            BpMatch::NotFound { .. } => (StaffState::NotFound, None),
            BpMatch::Ambiguous => (StaffState::Ambiguous, None),
            BpMatch::Inactive => (StaffState::Inactive, None),
        };
        let problem = problem_of(bp_match).map(Problem::body);
        StaffMemberView {
            ahpra_number,
            first_name,
            last_name,
            state,
            bp_user_id,
            problem,
            candidates,
        }
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

/// Replace the staff list.
///
/// Bp is not asked, so this works while the practice is offline. With `If-Match`, the list is replaced only if it
/// is still the one that the caller has seen. A sync changes it, too.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/staff", tag = "Staff",
    params(("practiceId" = String, Path), ("If-Match" = Option<String>, Header)), request_body = Vec<StaffRequest>,
    responses((status = 200, body = StaffView), Problems))]
pub(crate) async fn replace_staff(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
    seen: IfMatch,
    Body(request): Body<Vec<StaffRequest>>,
) -> Result<Tagged, Problem> {
    let practice = &allowed.practice;
    let members = read(request)?;
    let kept = app.store.staff(practice).await?;
    let unless_changed = seen.allows(&Tagged::json(&view(kept.list.clone()))?)?;
    let list = kept.list.replaced(members).map_err(|wrong| {
        let mut fields = Checker::default();
        match wrong {
            ListProblem::TooLong => fields.wrong("", "a list has at most 500 members"),
            ListProblem::Twice { index } => fields.wrong(
                &format!("/{index}/ahpraNumber"),
                "this number is on the list already, apart from leading and trailing spaces",
            ),
        }
        match fields.finish::<()>(None) {
            Err(problem) => problem,
            Ok(()) => Problem::new(ProblemType::InvalidRequest),
        }
    })?;
    // From now on the list is synced and bookings are reconciled regularly. The jobs are planned before the
    // list is stored, because nobody would notice a list without jobs.
    for job in [Job::StaffSync, Job::Reconcile] {
        let first = job.next(practice, App::now());
        app.store.schedule_if_absent(practice, job, first).await?;
    }
    if list != kept.list {
        app.record(practice, &allowed.caller, AuditEntry::of(AuditedAction::StaffChanged)).await?;
        match app.store.save_staff(practice, &list, kept.version).await {
            Err(StoreError::Conflict) if unless_changed => return Err(changed()),
            outcome => outcome?,
        }
    }
    Tagged::json(&view(list))
}

/// Show the staff list, and the Bp user of each member.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/staff", tag = "Staff",
    params(("practiceId" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = StaffView), Problems))]
pub(crate) async fn read_staff(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeBookings>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let kept = app.store.staff(&allowed.practice).await?;
    Ok(Tagged::json(&view(kept.list))?.unless_known(&known))
}

/// Match the staff list with Bp's users.
///
/// Sends one query, however long the list is.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/staff/sync", tag = "Staff",
    params(("practiceId" = String, Path)),
    responses((status = 200, body = StaffView), Problems))]
pub(crate) async fn sync_staff(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManageBookings>,
) -> Result<Json<StaffView>, Problem> {
    let practice = &allowed.practice;
    let mut bp = app.session(practice).await?;
    let deadline = bp.deadline();
    let kept = app.store.staff(practice).await?;
    let register = bp.ask(|guid| app.bp.register(guid, deadline)).await?;
    let database = bp.connection().database();
    let synced = app.store.sync_staff(practice, kept, &register, &database, App::now()).await?;
    Ok(Json(view(synced)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::ProblemText as _;

    #[test]
    fn whatever_is_not_synced_says_where_to_mend_it() {
        for bp_match in [
            BpMatch::Unsynced,
            BpMatch::NotFound { nearly: false, inactive_seen: true },
            BpMatch::NotFound { nearly: true, inactive_seen: true },
            BpMatch::NotFound { nearly: false, inactive_seen: false },
            BpMatch::Ambiguous,
            BpMatch::Inactive,
        ] {
            assert!(!problem_of(bp_match).unwrap().kind.steps().is_empty(), "{bp_match:?}");
        }
        for bp_match in
            [BpMatch::NotFound { nearly: true, inactive_seen: true }, BpMatch::Ambiguous]
        {
            let steps = problem_of(bp_match).unwrap().kind.steps().join(" ");
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
