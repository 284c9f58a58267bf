use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::ProblemType;

/// What is known about a section.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SectionStatus {
    /// There are items.
    Recorded,
    /// The practice asked, and there is nothing: Bp says so.
    NilKnown,
    /// Nobody recorded anything. This says nothing about the patient.
    NotRecorded,
    /// Bp could not be read. This says nothing about the patient.
    Unavailable,
}

/// A view of Bp that could not be read completely.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: ProblemType,
    /// The view.
    pub view: &'static str,
    /// How many of its rows could not be read; 0 if the whole view could not be read.
    pub rows: usize,
}

/// An item of a section.
pub trait Entry {
    /// The members whose values in Bp could not be understood, by their names in the answer.
    fn unreadable(&self) -> &[&'static str];
}

/// What is missing from a section, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SectionProblem {
    /// The slug of the problem, the same as in a problem answer.
    #[serde(rename = "type")]
    pub kind: ProblemType,
    /// The problem's title.
    pub title: &'static str,
    /// The views of Bp that could not be read completely.
    pub unreadable: Vec<&'static str>,
    /// How many rows could not be read, in views whose other rows could be read. Each may be an item that is
    /// missing here. Left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    pub unreadable_rows: usize,
}

/// serde calls `skip_serializing_if` with a reference.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl SectionProblem {
    fn of(unreadable: &[Unreadable]) -> Option<Self> {
        // A whole view matters more than some rows.
        let whole = unreadable.iter().find(|one| one.rows == 0);
        let kind = whole.or(unreadable.first())?.reason;
        Some(Self {
            kind,
            title: kind.title(),
            unreadable: unreadable.iter().map(|one| one.view).collect(),
            unreadable_rows: unreadable.iter().map(|one| one.rows).sum(),
        })
    }
}

/// What Bp's own marker says about a list ("no known allergies", "no significant past history").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NilMarker {
    /// It says nothing, or Bp has no marker for this list.
    Silent,
    /// There is nothing to list.
    Nil,
    /// There is something to list.
    Recorded,
    /// Bp holds several markers, and they do not agree.
    Contradictory,
    /// Bp has a value that this program does not know.
    Unknown,
}

/// Remarks that a reader should see with the items.
pub mod remarks {
    /// There are items, although Bp says that there is nothing.
    pub const NIL_BUT_LISTED: &str =
        "Bp also says that there is nothing to list here. Ask the patient.";
    /// There are no items, although Bp says that there is something.
    pub const RECORDED_BUT_EMPTY: &str =
        "Bp says that something is recorded here, but lists nothing. Ask the patient.";
    /// Several markers that do not agree.
    pub(super) const MARKERS_DISAGREE: &str = "Bp holds several entries that do not agree whether there is anything to list here. Ask the patient.";
    /// A marker that this program does not know.
    pub(super) const MARKER_UNKNOWN: &str = "Bp's word for whether there is anything to list here is not known to this service. Ask the patient.";
    /// Rows are missing. The problem says how many.
    pub(super) const ROWS_UNREADABLE: &str = "Some of what Bp lists here could not be read and is missing, so the list is not complete. Ask the patient.";
    /// Items have members that could not be read. The items name them.
    pub(super) const VALUES_UNREADABLE: &str =
        "Some values could not be read. The entries that they belong to name them.";
    /// Several rows of circumstances.
    pub const CIRCUMSTANCES_DISAGREE: &str =
        "Bp holds several entries that do not agree, and does not say which is the latest.";
    /// Bp has the smoking status in two places.
    pub const SMOKING_DISAGREES: &str = "Bp's entries about smoking do not agree.";
}

/// A section of the clinical record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Section<T> {
    /// What is known about the section.
    pub status: SectionStatus,
    /// What is recorded. Never empty when the status is `recorded`.
    pub items: Vec<T>,
    /// Set if Bp contradicts itself, or has something that could not be understood.
    #[serde(rename = "note", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub remark: Option<String>,
    /// What could not be read. If the status is `recorded`, the items are incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<SectionProblem>,
}

impl<T: Entry> Section<T> {
    /// Decides the status. Items are always shown, whatever the marker says. An empty list means "nil known"
    /// only if Bp's marker says so in a known form. If a part could not be read, an empty list means
    /// "unavailable".
    #[must_use]
    pub fn conclude(items: Vec<T>, marker: NilMarker, unreadable: &[Unreadable]) -> Self {
        let (status, remark) = match (items.is_empty(), marker) {
            (false, NilMarker::Nil) => (SectionStatus::Recorded, Some(remarks::NIL_BUT_LISTED)),
            (false, NilMarker::Contradictory) => {
                (SectionStatus::Recorded, Some(remarks::MARKERS_DISAGREE))
            }
            (false, NilMarker::Silent | NilMarker::Recorded | NilMarker::Unknown) => {
                (SectionStatus::Recorded, None)
            }
            (true, _) if !unreadable.is_empty() => (SectionStatus::Unavailable, None),
            (true, NilMarker::Nil) => (SectionStatus::NilKnown, None),
            (true, NilMarker::Recorded) => {
                (SectionStatus::NotRecorded, Some(remarks::RECORDED_BUT_EMPTY))
            }
            (true, NilMarker::Contradictory) => {
                (SectionStatus::NotRecorded, Some(remarks::MARKERS_DISAGREE))
            }
            (true, NilMarker::Unknown) => {
                (SectionStatus::NotRecorded, Some(remarks::MARKER_UNKNOWN))
            }
            (true, NilMarker::Silent) => (SectionStatus::NotRecorded, None),
        };
        let is_partial = items.iter().any(|item| !item.unreadable().is_empty());
        let problem = SectionProblem::of(unreadable);
        let rows = problem.as_ref().map_or(0, |problem| problem.unreadable_rows);
        let mut section = Self { status, items, remark: remark.map(str::to_owned), problem };
        if rows > 0 {
            section = section.with_remark(remarks::ROWS_UNREADABLE);
        }
        if is_partial {
            section = section.with_remark(remarks::VALUES_UNREADABLE);
        }
        section
    }

    /// Adds a remark.
    #[must_use]
    pub fn with_remark(mut self, remark: &str) -> Self {
        self.remark = Some(match self.remark {
            Some(before) => format!("{before} {remark}"),
            None => remark.to_owned(),
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [NilMarker; 5] = [
        NilMarker::Silent,
        NilMarker::Nil,
        NilMarker::Recorded,
        NilMarker::Contradictory,
        NilMarker::Unknown,
    ];
    const DENIED: Unreadable =
        Unreadable { reason: ProblemType::BpPermissionMissing, view: "BPS_Reactions", rows: 0 };
    const TWO_ROWS: Unreadable =
        Unreadable { reason: ProblemType::MalformedAnswer, view: "BPS_Reactions", rows: 2 };

    #[derive(Clone, Debug, PartialEq)]
    struct Item(&'static [&'static str]);

    impl Entry for Item {
        fn unreadable(&self) -> &[&'static str] {
            self.0
        }
    }

    const WHOLE: Item = Item(&[]);
    const PARTIAL: Item = Item(&["severity"]);

    fn concluded(items: &[Item], marker: NilMarker, unreadable: &[Unreadable]) -> Section<Item> {
        Section::conclude(items.to_vec(), marker, unreadable)
    }

    #[test]
    fn an_empty_list_alone_never_means_that_there_is_nothing() {
        for (marker, status, note) in [
            (NilMarker::Silent, SectionStatus::NotRecorded, None),
            (NilMarker::Nil, SectionStatus::NilKnown, None),
            (NilMarker::Recorded, SectionStatus::NotRecorded, Some(remarks::RECORDED_BUT_EMPTY)),
            (NilMarker::Contradictory, SectionStatus::NotRecorded, Some(remarks::MARKERS_DISAGREE)),
            (NilMarker::Unknown, SectionStatus::NotRecorded, Some(remarks::MARKER_UNKNOWN)),
        ] {
            let section = concluded(&[], marker, &[]);
            assert_eq!((section.status, section.remark.as_deref()), (status, note), "{marker:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_never_nil_known() {
        for marker in ALL {
            for unreadable in [DENIED, TWO_ROWS] {
                let section = concluded(&[], marker, &[unreadable]);
                assert_eq!(section.status, SectionStatus::Unavailable, "{marker:?}");
            }
        }
        let partly = concluded(&[WHOLE], NilMarker::Silent, &[DENIED]);
        assert_eq!((partly.status, partly.remark), (SectionStatus::Recorded, None));
        assert_eq!(partly.problem.unwrap().unreadable, ["BPS_Reactions"]);
    }

    #[test]
    fn what_is_listed_is_shown_even_where_bp_says_that_there_is_nothing() {
        let section = concluded(&[WHOLE, WHOLE], NilMarker::Nil, &[]).with_remark("More.");
        assert_eq!(section.status, SectionStatus::Recorded);
        assert_eq!(section.items, [WHOLE, WHOLE]);
        assert_eq!(section.remark.unwrap(), format!("{} More.", remarks::NIL_BUT_LISTED));
        for (marker, note) in [
            (NilMarker::Silent, None),
            (NilMarker::Recorded, None),
            (NilMarker::Unknown, None),
            (NilMarker::Contradictory, Some(remarks::MARKERS_DISAGREE)),
        ] {
            assert_eq!(concluded(&[WHOLE], marker, &[]).remark.as_deref(), note, "{marker:?}");
        }
    }

    #[test]
    fn a_list_that_lost_rows_is_shown_and_says_that_it_is_not_complete() {
        let section = concluded(&[WHOLE], NilMarker::Recorded, &[TWO_ROWS]);
        assert_eq!(section.status, SectionStatus::Recorded);
        assert_eq!(section.remark.as_deref(), Some(remarks::ROWS_UNREADABLE));
        let problem = section.problem.unwrap();
        assert_eq!((problem.kind, problem.unreadable_rows), (ProblemType::MalformedAnswer, 2));
        assert!(concluded(&[], NilMarker::Nil, &[TWO_ROWS]).remark.is_some());
        let wire =
            |unreadable| serde_json::to_value(SectionProblem::of(&[unreadable]).unwrap()).unwrap();
        assert_eq!(wire(TWO_ROWS)["unreadableRows"], 2);
        assert!(wire(DENIED).get("unreadableRows").is_none());
    }

    #[test]
    fn a_view_that_could_not_be_read_at_all_names_the_problem_before_single_rows() {
        for order in [[DENIED, TWO_ROWS], [TWO_ROWS, DENIED]] {
            let problem = SectionProblem::of(&order).unwrap();
            assert_eq!(
                (problem.kind, problem.unreadable_rows),
                (ProblemType::BpPermissionMissing, 2)
            );
        }
        assert_eq!(SectionProblem::of(&[]), None);
    }

    #[test]
    fn an_item_with_values_that_could_not_be_read_says_so_in_its_section() {
        let section = concluded(&[WHOLE, PARTIAL], NilMarker::Silent, &[]);
        assert_eq!(section.remark.as_deref(), Some(remarks::VALUES_UNREADABLE));
        assert_eq!(section.problem, None);
    }
}
