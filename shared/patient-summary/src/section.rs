//! Writes a section of the clinical record as a section of the FHIR document.

use domain::clinical::{Section, SectionProblem, SectionStatus};
use domain::problem::ProblemType;

use crate::draft::{Draft, Line};
use crate::fhir::{
    Annotation, CodeableConcept, Coding, CompositionSection, Extension, ExtensionValue, Narrative,
    NarrativeStatus, Reference, Resource, Text, Xhtml,
};
use crate::terminology::{EMPTY_REASON, LOINC};

/// The fixed words and codes of a section of a patient summary.
pub(crate) struct Kind {
    pub(crate) title: &'static str,
    pub(crate) loinc: &'static str,
    /// LOINC's name of the section.
    pub(crate) display: &'static str,
    /// Whether every summary must have this section.
    pub(crate) required: bool,
    /// "Nil known", in words that fit this section.
    pub(crate) nil: &'static str,
}

/// One item, as people read it and as a resource.
pub(crate) struct Written {
    pub(crate) line: Line,
    pub(crate) resource: Resource,
}

/// The part of a section of the domain that becomes one section of the document.
pub(crate) struct Part<'a, T> {
    pub(crate) found: &'a Section<T>,
    pub(crate) items: Vec<&'a T>,
    /// Something to say about this part alone.
    pub(crate) note: Option<String>,
    /// Why this part is empty although something is recorded.
    pub(crate) none_here: NoneHere,
}

/// Why a part of a section that has records is empty.
#[derive(Clone, Copy)]
pub(crate) enum NoneHere {
    /// All that is recorded belongs to other parts.
    Elsewhere(&'static str),
    /// The practice keeps it out of summaries.
    Withheld(&'static str),
}

/// What an entry says if a section lists nothing.
#[derive(Clone, Copy)]
pub(crate) enum Absence {
    /// The practice says that there is nothing.
    NoneKnown,
    /// Nothing is known. The words say why.
    NoInformation(&'static str),
}

impl Absence {
    pub(crate) fn note(self) -> Vec<Annotation> {
        match self {
            Self::NoneKnown => Vec::new(),
            Self::NoInformation(words) => vec![Annotation { text: Text::ours(words) }],
        }
    }
}

/// Writes the entry of a section that lists nothing. Only the sections that every summary must have need one: the
/// International Patient Summary 1.1.0 allows no `emptyReason` there.
pub(crate) type Stand = fn(&Draft<'_>, Absence) -> Resource;

/// Writes a section. A section that was not requested is left out, unless every summary must have it.
pub(crate) fn section<T>(
    draft: &mut Draft<'_>,
    kind: &Kind,
    found: Option<&Section<T>>,
    none: Option<Stand>,
    write: impl Fn(&Draft<'_>, &T) -> Written,
) -> Option<CompositionSection> {
    let Some(found) = found else { return kind.required.then(|| not_asked(draft, kind, none)) };
    let items = found.items.iter().collect();
    let none_here = NoneHere::Elsewhere("Nothing is recorded here.");
    Some(part(draft, kind, Part { found, items, note: None, none_here }, none, write))
}

/// A section that nobody asked for.
pub(crate) fn not_asked(
    draft: &mut Draft<'_>,
    kind: &Kind,
    none: Option<Stand>,
) -> CompositionSection {
    let words = "This was not asked for. It says nothing about the patient.";
    let mut entry = Vec::new();
    let reason = empty(EmptyReason::Unavailable, words);
    let reason = nothing(draft, none, Absence::NoInformation(words), reason, &mut entry);
    shell(kind, Vec::new(), entry, reason, vec![words.to_owned()], &[])
}

/// Adds the entry of a section that lists nothing, or answers why the section is empty.
fn nothing(
    draft: &mut Draft<'_>,
    none: Option<Stand>,
    absence: Absence,
    reason: CodeableConcept,
    entry: &mut Vec<Reference>,
) -> Option<CodeableConcept> {
    let Some(none) = none else { return Some(reason) };
    let resource = none(draft, absence);
    entry.push(draft.add(resource));
    None
}

/// Writes a part of a section.
pub(crate) fn part<T>(
    draft: &mut Draft<'_>,
    kind: &Kind,
    part: Part<'_, T>,
    none: Option<Stand>,
    write: impl Fn(&Draft<'_>, &T) -> Written,
) -> CompositionSection {
    let Part { found, items, note, none_here } = part;
    let mut remarks: Vec<String> = found.remark.iter().cloned().collect();
    remarks.extend(found.problem.as_ref().map(missing));
    remarks.extend(note);
    let mut lines = Vec::new();
    let mut entry: Vec<Reference> = Vec::new();
    for item in items {
        let Written { line, resource } = write(draft, item);
        lines.push(line);
        entry.push(draft.add(resource));
    }
    let mut read = remarks.clone();
    let reason = match found.status {
        SectionStatus::Recorded if entry.is_empty() => {
            let (reason, words) = match none_here {
                NoneHere::Elsewhere(words) => (CodeableConcept::text(Text::ours(words)), words),
                NoneHere::Withheld(words) => (empty(EmptyReason::Withheld, words), words),
            };
            read.insert(0, words.to_owned());
            nothing(draft, none, Absence::NoInformation(words), reason, &mut entry)
        }
        SectionStatus::Recorded => None,
        SectionStatus::NilKnown => {
            read.insert(0, kind.nil.to_owned());
            let reason = empty(EmptyReason::NilKnown, kind.nil);
            nothing(draft, none, Absence::NoneKnown, reason, &mut entry)
        }
        SectionStatus::NotRecorded => {
            let words = "Nothing is recorded. It says nothing about the patient.";
            read.insert(0, words.to_owned());
            let reason = empty(EmptyReason::NotStarted, words);
            nothing(draft, none, Absence::NoInformation(words), reason, &mut entry)
        }
        SectionStatus::Unavailable => {
            let words = "This could not be read. It says nothing about the patient.";
            read.insert(0, words.to_owned());
            let withheld = found
                .problem
                .as_ref()
                .is_some_and(|problem| problem.kind == ProblemType::BpPermissionMissing);
            let code = if withheld { EmptyReason::Withheld } else { EmptyReason::Unavailable };
            let why = found.problem.as_ref().map_or(words, |problem| problem.title);
            nothing(draft, none, Absence::NoInformation(why), empty(code, why), &mut entry)
        }
    };
    shell(kind, remarks, entry, reason, read, &lines)
}

fn shell(
    kind: &Kind,
    remarks: Vec<String>,
    entry: Vec<Reference>,
    empty_reason: Option<CodeableConcept>,
    read: Vec<String>,
    lines: &[Line],
) -> CompositionSection {
    CompositionSection {
        extension: remarks.iter().filter_map(|remark| remark_extension(remark)).collect(),
        title: kind.title,
        code: CodeableConcept::text(Text::ours(kind.title))
            .coded([Coding::new(LOINC, kind.loinc).displayed(kind.display)]),
        text: Narrative { status: NarrativeStatus::Generated, div: narrative(&read, lines) },
        entry,
        empty_reason,
    }
}

/// Says what is missing from a section, and why.
fn missing(problem: &SectionProblem) -> String {
    let views = problem.unreadable.join(", ");
    let missing = match problem.unreadable_rows {
        0 => "What it holds is missing here.".to_owned(),
        1 => "What could not be read of it, 1 row or more, is missing here.".to_owned(),
        rows => format!("What could not be read of it, {rows} rows or more, is missing here."),
    };
    format!("{}: {views}. {missing}", problem.title)
}

fn remark_extension(remark: &str) -> Option<Extension> {
    let value = Some(ExtensionValue::Annotation(Annotation { text: Text::new(remark)? }));
    let url = "http://hl7.org/fhir/StructureDefinition/note";
    Some(Extension { url, extension: Vec::new(), value })
}

fn narrative(read: &[String], lines: &[Line]) -> Xhtml {
    let mut div = Xhtml::new();
    for words in read {
        div.paragraph(words);
    }
    if !lines.is_empty() {
        div.within("ul", |list| {
            for line in lines {
                line.write(list);
            }
        });
    }
    div
}

/// Why a section is empty.
#[derive(Clone, Copy)]
enum EmptyReason {
    NilKnown,
    NotStarted,
    Unavailable,
    Withheld,
}

fn empty(reason: EmptyReason, words: &'static str) -> CodeableConcept {
    let (code, display) = match reason {
        EmptyReason::NilKnown => ("nilknown", "Nil Known"),
        EmptyReason::NotStarted => ("notstarted", "Not Started"),
        EmptyReason::Unavailable => ("unavailable", "Unavailable"),
        EmptyReason::Withheld => ("withheld", "Information Withheld"),
    };
    CodeableConcept::text(Text::ours(words))
        .coded([Coding::new(EMPTY_REASON, code).displayed(display)])
}
