use serde::Serialize;
use utoipa::ToSchema;

/// What a section came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SectionStatus {
    /// There are items.
    Recorded,
    /// The practice asked, and there is nothing: Bp says so itself.
    NilKnown,
    /// Nobody wrote anything down. Says nothing about the patient.
    NotRecorded,
    /// Bp could not be read. Says nothing about the patient.
    Unavailable,
}

/// Why something could not be read. On the wire the slugs of the API's problems.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub enum Reason {
    /// Our login may not.
    #[serde(rename = "bp-permission-missing")]
    NotPermitted,
    /// This release of Bp has no such view or column.
    #[serde(rename = "bp-release-differs")]
    NotInThisRelease,
    /// The database gave another reason.
    #[serde(rename = "bp-refused")]
    Refused,
}

/// A view of Bp that could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: Reason,
    /// The view.
    pub view: &'static str,
}

/// What is missing from a section, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SectionProblem {
    /// The slug of the problem that a whole answer would be.
    #[serde(rename = "type")]
    pub kind: Reason,
    /// In words.
    pub title: &'static str,
    /// The views of Bp that could not be read.
    pub unreadable: Vec<&'static str>,
}

impl SectionProblem {
    fn of(unreadable: &[Unreadable]) -> Option<Self> {
        let kind = unreadable.first()?.reason;
        let title = match kind {
            Reason::NotPermitted => "Bp does not let us read this",
            Reason::NotInThisRelease => "This release of Bp does not know what was asked",
            Reason::Refused => "Bp's database refused the question",
        };
        Some(Self { kind, title, unreadable: unreadable.iter().map(|one| one.view).collect() })
    }
}

/// What Bp's own marker says of a list ("no known allergies", "no significant past history").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NilMarker {
    /// Nothing, or Bp has no marker for this list.
    Silent,
    /// There is nothing to list.
    Nil,
    /// There is something to list.
    Recorded,
    /// Bp holds several markers, and they do not agree.
    Contradictory,
}

/// What a reader should know beside the items.
pub mod notes {
    /// Listed, though Bp says there is nothing.
    pub const NIL_BUT_LISTED: &str =
        "Bp also says that there is nothing to list here. Ask the patient.";
    /// Nothing listed, though Bp says there is something.
    pub const RECORDED_BUT_EMPTY: &str =
        "Bp says that something is recorded here, but lists nothing. Ask the patient.";
    /// Several markers.
    pub const MARKERS_DISAGREE: &str = "Bp holds several entries that do not agree whether there is anything to list here. Ask the patient.";
    /// Several rows of circumstances.
    pub const CIRCUMSTANCES_DISAGREE: &str =
        "Bp holds several entries that do not agree, and does not say which is the latest.";
    /// Smoking status is kept twice.
    pub const SMOKING_DISAGREES: &str = "Bp's entries about smoking do not agree.";
}

/// A section of the clinical record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Section<T> {
    /// What it came to.
    pub status: SectionStatus,
    /// What is recorded. Never empty when the status is `recorded`.
    pub items: Vec<T>,
    /// Where Bp contradicts itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What could not be read; beside `recorded` the items are not all there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<SectionProblem>,
}

impl<T> Section<T> {
    /// Draws the conclusion. What was found is shown, whatever the marker says; an empty list means
    /// "nil known" only where Bp says so, and nothing at all where a part could not be read.
    #[must_use]
    pub fn conclude(items: Vec<T>, marker: NilMarker, unreadable: &[Unreadable]) -> Self {
        let (status, note) = match (items.is_empty(), marker) {
            (false, NilMarker::Nil) => (SectionStatus::Recorded, Some(notes::NIL_BUT_LISTED)),
            (false, NilMarker::Contradictory) => {
                (SectionStatus::Recorded, Some(notes::MARKERS_DISAGREE))
            }
            (false, _) => (SectionStatus::Recorded, None),
            (true, _) if !unreadable.is_empty() => (SectionStatus::Unavailable, None),
            (true, NilMarker::Nil) => (SectionStatus::NilKnown, None),
            (true, NilMarker::Recorded) => {
                (SectionStatus::NotRecorded, Some(notes::RECORDED_BUT_EMPTY))
            }
            (true, NilMarker::Contradictory) => {
                (SectionStatus::NotRecorded, Some(notes::MARKERS_DISAGREE))
            }
            (true, NilMarker::Silent) => (SectionStatus::NotRecorded, None),
        };
        let problem = SectionProblem::of(unreadable);
        Self { status, items, note: note.map(str::to_owned), problem }
    }

    /// With one more note.
    #[must_use]
    pub fn noting(mut self, note: &str) -> Self {
        self.note = Some(match self.note {
            Some(before) => format!("{before} {note}"),
            None => note.to_owned(),
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIED: Unreadable = Unreadable { reason: Reason::NotPermitted, view: "BPS_Reactions" };

    fn status(items: &[i32], marker: NilMarker, unreadable: &[Unreadable]) -> SectionStatus {
        Section::conclude(items.to_vec(), marker, unreadable).status
    }

    #[test]
    fn an_empty_list_alone_never_means_that_there_is_nothing() {
        assert_eq!(status(&[], NilMarker::Silent, &[]), SectionStatus::NotRecorded);
        assert_eq!(status(&[], NilMarker::Nil, &[]), SectionStatus::NilKnown);
        assert_eq!(status(&[], NilMarker::Recorded, &[]), SectionStatus::NotRecorded);
        assert_eq!(status(&[], NilMarker::Contradictory, &[]), SectionStatus::NotRecorded);
    }

    #[test]
    fn what_could_not_be_read_is_never_nil_known() {
        for marker in
            [NilMarker::Silent, NilMarker::Nil, NilMarker::Recorded, NilMarker::Contradictory]
        {
            assert_eq!(status(&[], marker, &[DENIED]), SectionStatus::Unavailable);
        }
        let partly = Section::conclude(vec![1], NilMarker::Silent, &[DENIED]);
        assert_eq!(partly.status, SectionStatus::Recorded);
        assert_eq!(partly.problem.unwrap().unreadable, ["BPS_Reactions"]);
    }

    #[test]
    fn what_is_listed_is_shown_even_where_bp_says_that_there_is_nothing() {
        let section = Section::conclude(vec![1, 2], NilMarker::Nil, &[]).noting("More.");
        assert_eq!(section.status, SectionStatus::Recorded);
        assert_eq!(section.items, [1, 2]);
        assert_eq!(section.note.unwrap(), format!("{} More.", notes::NIL_BUT_LISTED));
    }
}
