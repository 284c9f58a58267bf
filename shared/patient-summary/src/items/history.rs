//! The past history as three sections: problems, past problems and procedures.
//!
//! Bp has a tick box "include in summaries" for each entry. It is the practice's own choice of what leaves in a
//! summary. So an entry without the tick is left out, and the document says how many are left out. The box may be
//! unclear:
//!
//! - A word that we do not know counts as no tick, because the entry may be sensitive.
//! - NULL counts as no tick if another entry of the patient has a value in its box.
//! - NULL in all entries of the patient means that this release does not fill the column. Then the practice has
//!   chosen nothing, and the entries are sent: the section would be empty for every patient otherwise.

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
    let Some(found) = found else {
        return vec![not_asked(draft, &PROBLEMS, Some(past_history::none))];
    };
    let has_boxes = found.items.iter().any(|item| !is_null(item));
    let is_sent =
        |item: &&PastHistory| item.in_summary == Some(true) || (is_null(item) && !has_boxes);
    let (shown, withheld): (Vec<_>, Vec<_>) = found.items.iter().partition(is_sent);
    let is_present = |item: &&PastHistory| !procedures::is_one(item) && !is_past(item);
    let withholds_a_present_one = withheld.iter().any(is_present);
    let (operations, problems): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|item| procedures::is_one(item));
    let (past, present): (Vec<_>, Vec<_>) = problems.into_iter().partition(|item| is_past(item));
    let none_here = if withholds_a_present_one {
        NoneHere::Withheld("The practice does not include this in summaries.")
    } else {
        NoneHere::Elsewhere("No present problem is recorded. Other entries are in other sections.")
    };
    let content = |items, note| Part { found, items, note, none_here };
    let problems = content(present, note(withheld.len()));
    let mut sections =
        vec![part(draft, &PROBLEMS, problems, Some(past_history::none), past_history::write)];
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

/// Whether Bp has nothing at all in the box of this entry.
fn is_null(item: &PastHistory) -> bool {
    item.in_summary.is_none() && !item.unreadable.contains(&"inSummary")
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
    Some(format!("{entries} left out: the practice does not include them in summaries."))
}
