//! `…/patients/{patientId}/attachments`: the patient's documents in Bp, to choose from (referral guide,
//! "Import attachments").

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::attachments::{
    Attachment, AttachmentFilter, Folder, PageSize, UnavailableFolder, parse_day,
};
use domain::audit::AuditedAction;
use domain::ids::{PatientId, PracticeId, Subject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::patients::{PatientPath, unknown_patient};
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{AFTER_THE_END, Checker, Parameters, page_size};
use crate::problem::{Problem, Problems};

/// Which documents to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttachmentParameters {
    /// List only this folder. All folders by default.
    #[param(value_type = Option<Folder>)]
    folder: Option<String>,
    /// List documents from this date on. Leaves out documents without a date.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// List documents up to this date, included. Leaves out documents without a date.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// The `nextCursor` of the previous page. Use it with the same `folder`, `from` and `to`.
    cursor: Option<String>,
    /// The number of documents on a page: 1 to 200, 50 by default.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A page of documents, newest first. Documents without a date come last.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentList {
    items: Vec<Attachment>,
    /// The cursor of the next page. Null on the last page.
    next_cursor: Option<String>,
    /// Folders that Bp did not let us read. Their documents are missing from `items`.
    unavailable_folders: Vec<UnavailableFolder>,
    /// How many documents of this page could not be read. They are missing from `items`. Left out if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unreadable_rows: Option<usize>,
}

/// List a patient's documents, newest first.
///
/// A page has at most 200 documents.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/patients/{patientId}/attachments", tag = "Attachments",
    params(("practiceId" = String, Path), ("patientId" = i64, Path), AttachmentParameters),
    responses((status = 200, body = AttachmentList), Problems))]
pub(crate) async fn list_attachments(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Parameters(parameters): Parameters<AttachmentParameters>,
) -> Result<Json<AttachmentList>, Problem> {
    let patient = path.patient()?;
    let (filter, size) = parameters.parse()?;
    let practice = &allowed.practice;
    let listing = listing(practice, allowed.caller.subject(), patient, &filter);
    let key = app.cursors()?.key().await?;
    let after = key.begin(&listing, parameters.cursor.as_ref())?;

    let mut bp = app.session_for(practice, &allowed.caller).await?;
    let deadline = bp.deadline();
    let page = bp
        .ask(|guid| app.bp.attachments(guid, patient, &filter, after.as_ref(), size, deadline))
        .await?
        .ok_or_else(unknown_patient)?;
    let entry = AuditEntry::of(AuditedAction::AttachmentsListed).about(vec![patient]);
    app.record(practice, &allowed.caller, entry).await?;
    let next_cursor =
        page.items.last().filter(|_| page.more).map(|last| key.seal(&listing, &last.position()));
    Ok(Json(AttachmentList {
        items: page.items,
        next_cursor,
        unavailable_folders: page.unavailable_folders,
        unreadable_rows: (page.unreadable_rows > 0).then_some(page.unreadable_rows),
    }))
}

/// The list that a cursor belongs to.
fn listing(
    practice: &PracticeId,
    caller: &Subject,
    patient: PatientId,
    filter: &AttachmentFilter,
) -> impl Serialize + use<> {
    ("attachments", practice.clone(), caller.clone(), patient, *filter)
}

impl AttachmentParameters {
    fn parse(&self) -> Result<(AttachmentFilter, PageSize), Problem> {
        let mut fields = Checker::default();
        let folder =
            self.folder.as_ref().and_then(|text| fields.check("folder", Folder::parse(text)));
        let from = self.from.as_ref().and_then(|text| fields.check("from", parse_day(text)));
        let to = self.to.as_ref().and_then(|text| fields.check("to", parse_day(text)));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            fields.wrong("from", AFTER_THE_END);
        }
        let size = page_size(&mut fields, self.limit.as_ref());
        fields.finish(size.map(|size| (AttachmentFilter { folder, from, to }, size)))
    }
}

#[cfg(test)]
mod tests {
    use domain::attachments::FolderProblem;
    use jiff::civil::date;

    use super::*;
    use crate::problem::ProblemType;

    #[test]
    fn lists_of_other_practices_patients_and_filters_are_other_lists() {
        let practice = |id: &str| PracticeId::parse(id).unwrap();
        let written = |practice: &PracticeId, patient: i64, filter: AttachmentFilter| {
            let caller = Subject("somebody".to_owned());
            serde_json::to_string(&listing(practice, &caller, PatientId(patient), &filter)).unwrap()
        };
        let everything = AttachmentFilter::default();
        let day = Some(date(2024, 1, 1));
        let ours = practice("ours");
        let mut lists = vec![
            written(&ours, 1, everything),
            written(&practice("theirs"), 1, everything),
            written(&ours, 2, everything),
            written(
                &ours,
                1,
                AttachmentFilter { folder: Some(Folder::CorrespondenceIn), ..everything },
            ),
            written(&ours, 1, AttachmentFilter { from: day, ..everything }),
            written(&ours, 1, AttachmentFilter { to: day, ..everything }),
        ];
        lists.sort_unstable();
        lists.dedup();
        assert_eq!(lists.len(), 6, "{lists:?}");
    }

    #[test]
    fn a_folders_problem_has_the_name_of_the_apis_own() {
        for (problem, kind) in [
            (FolderProblem::BpPermissionMissing, ProblemType::BpPermissionMissing),
            (FolderProblem::BpReleaseDiffers, ProblemType::BpReleaseDiffers),
            (FolderProblem::BpRefused, ProblemType::BpRefused),
        ] {
            assert_eq!(serde_json::to_value(problem).unwrap(), kind.slug());
        }
    }
}
