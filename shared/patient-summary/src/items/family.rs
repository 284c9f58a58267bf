use domain::clinical::{FamilyItem, Parent, ParentRelation, Relative};

use crate::draft::{Draft, Line};
use crate::fhir::{
    CodeableConcept, Coding, Decimal, FamilyCondition, FamilyHistoryStatus, FamilyMemberHistory,
    Quantity, Resource, Text,
};
use crate::section::Written;
use crate::terminology::{HISTORY_ABSENT, ROLE, UCUM, bp, numbered, own};

pub(super) fn write(draft: &Draft<'_>, item: &FamilyItem) -> Written {
    match item {
        FamilyItem::FamilyUnknown => unknown(draft),
        FamilyItem::Parent(parent) => relation(draft, parent),
        FamilyItem::Relative(relative) => suffering(draft, relative),
        FamilyItem::Comment(comment) => {
            let mut line = Line::new(Text::ours("The family"));
            line.remark("Comment", Some(&comment.text));
            let history = history(draft, family("Family"), &line);
            Written { line, resource: Resource::FamilyMemberHistory(Box::new(history)) }
        }
    }
}

fn family(words: &'static str) -> CodeableConcept {
    CodeableConcept::text(Text::ours(words))
        .coded([Coding::new(ROLE, "FAMMEMB").displayed("family member")])
}

fn history(draft: &Draft<'_>, relationship: CodeableConcept, line: &Line) -> FamilyMemberHistory {
    FamilyMemberHistory {
        status: FamilyHistoryStatus::Partial,
        data_absent_reason: None,
        patient: draft.subject(),
        relationship,
        deceased_boolean: None,
        deceased_age: None,
        note: line.remarks(),
        condition: Vec::new(),
    }
}

fn unknown(draft: &Draft<'_>) -> Written {
    let line = Line::new(Text::ours("The family is not known"));
    let history = FamilyMemberHistory {
        status: FamilyHistoryStatus::HealthUnknown,
        data_absent_reason: Some(
            Coding::new(HISTORY_ABSENT, "subject-unknown").displayed("Subject Unknown").into(),
        ),
        ..history(draft, family("Family"), &line)
    };
    Written { line, resource: Resource::FamilyMemberHistory(Box::new(history)) }
}

fn relation(draft: &Draft<'_>, parent: &Parent) -> Written {
    let (word, code, display) = match parent.relation {
        ParentRelation::Father => ("Father", "FTH", "father"),
        ParentRelation::Mother => ("Mother", "MTH", "mother"),
    };
    let mut line = Line::new(Text::ours(word));
    line.fact("Alive", parent.alive.map(|alive| if alive { "yes" } else { "no" }));
    // FHIR allows either the flag or the age at death. An age beside "alive" would contradict it.
    let age = parent.age_at_death.filter(|_| parent.alive != Some(true)).and_then(years);
    if age.is_some() {
        line.fact("Age at death", parent.age_at_death);
    } else {
        line.remark("Age at death", parent.age_at_death);
    }
    // A living parent has no cause of death: Bp's text stays a remark.
    let cause = parent.cause_of_death.as_deref().filter(|_| parent.alive != Some(true));
    if cause.is_some() {
        line.fact("Cause of death", cause);
    } else {
        line.remark("Cause of death", parent.cause_of_death.as_deref());
    }
    line.unreadable(&parent.unreadable);
    let relationship =
        CodeableConcept::text(Text::ours(word)).coded([Coding::new(ROLE, code).displayed(display)]);
    let history = FamilyMemberHistory {
        deceased_boolean: parent.alive.filter(|_| age.is_none()).map(|alive| !alive),
        deceased_age: age,
        condition: CodeableConcept::said(cause)
            .map(|code| FamilyCondition { code, contributed_to_death: Some(true) })
            .into_iter()
            .collect(),
        ..history(draft, relationship, &line)
    };
    Written { line, resource: Resource::FamilyMemberHistory(Box::new(history)) }
}

fn years(age: i64) -> Option<Quantity> {
    let value = Decimal::parse(&age.to_string()).filter(|_| age > 0)?;
    Some(Quantity { value, comparator: None, unit: "years", system: UCUM, code: "a" })
}

fn suffering(draft: &Draft<'_>, relative: &Relative) -> Written {
    let relation = Text::or(relative.relation.as_deref(), "A relative");
    let mut line = Line::new(relation.clone());
    line.fact("Condition", relative.condition.as_deref());
    line.fact("Condition, Bp's code", relative.disease_code);
    line.remark("Comment", relative.comment.as_deref());
    line.unreadable(&relative.unreadable);
    let relationship = CodeableConcept::text(relation)
        .coded([Coding::new(ROLE, "FAMMEMB").displayed("family member")]);
    let code = match relative.condition.as_deref().and_then(Text::new) {
        Some(word) => Some(CodeableConcept::text(word.clone()).coded(own(
            bp::DISEASE,
            relative.disease_code,
            &word,
        ))),
        None => numbered(bp::DISEASE, relative.disease_code),
    };
    let history = FamilyMemberHistory {
        condition: code
            .map(|code| FamilyCondition { code, contributed_to_death: None })
            .into_iter()
            .collect(),
        ..history(draft, relationship, &line)
    };
    Written { line, resource: Resource::FamilyMemberHistory(Box::new(history)) }
}
