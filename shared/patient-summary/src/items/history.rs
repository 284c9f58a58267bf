//! The past history as three sections: problems, past problems and procedures.
//!
//! Bp has a tick box "include in summaries" for each entry. It is the practice's own choice of what leaves in a
//! summary. So an entry without the tick is left out, and the document says how many are left out.

use domain::clinical::{PastHistory, Section, SectionStatus};

use super::{past_history, procedures};
use crate::draft::Draft;
use crate::fhir::CompositionSection;
use crate::section::{Kind, NoneHere, Part, not_asked, part};

const PROBLEMS: Kind = Kind {
    title: "Problems",
    loinc: "11450-4",
    display: "Problem list - Reported",
    required: true,
    nil: "No significant past history.",
};
const PAST_PROBLEMS: Kind = Kind {
    title: "Past problems",
    loinc: "11348-0",
    display: "History of Past illness note",
    required: false,
    nil: "No significant past history.",
};
const PROCEDURES: Kind = Kind {
    title: "Procedures",
    loinc: "47519-4",
    display: "History of Procedures Document",
    required: false,
    nil: "No significant past history.",
};

pub(super) fn sections(
    draft: &mut Draft<'_>,
    found: Option<&Section<PastHistory>>,
) -> Vec<CompositionSection> {
    let Some(found) = found else { return vec![not_asked(&PROBLEMS)] };
    let shown: Vec<&PastHistory> =
        found.items.iter().filter(|item| item.in_summary != Some(false)).collect();
    let left_out = found.items.len() - shown.len();
    let (operations, problems): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|item| procedures::is_one(item));
    let (past, present): (Vec<_>, Vec<_>) = problems.into_iter().partition(|item| is_past(item));
    let none_here = if left_out > 0 {
        NoneHere::Withheld("The practice does not include this in summaries.")
    } else {
        NoneHere::Elsewhere("No present problem is recorded. Other entries are in other sections.")
    };
    let content = |items, note| Part { found, items, note, none_here };
    let problems = content(present, note(left_out));
    let mut sections =
        vec![part(draft, &PROBLEMS, problems, Some(past_history::none_known), past_history::write)];
    if found.status == SectionStatus::Recorded && !past.is_empty() {
        let past = content(past, None);
        sections.push(part(draft, &PAST_PROBLEMS, past, None, past_history::write));
    }
    if found.status == SectionStatus::Recorded && !operations.is_empty() {
        let operations = content(operations, None);
        sections.push(part(draft, &PROCEDURES, operations, None, procedures::write));
    }
    sections
}

/// An entry whose status is not known may be a present problem.
fn is_past(item: &PastHistory) -> bool {
    item.status.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("inactive"))
}

fn note(left_out: usize) -> Option<String> {
    let entries = match left_out {
        0 => return None,
        1 => "1 entry of the past history is".to_owned(),
        more => format!("{more} entries of the past history are"),
    };
    Some(format!("{entries} left out here: the practice does not include them in summaries."))
}
