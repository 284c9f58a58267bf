//! The parents, the family as a whole, and the relatives.

use domain::clinical::{FamilyComment, FamilyItem, Parent, ParentRelation, Relative, Section};

use super::cells::Cells;
use super::markers;
use super::reader::Reader;
use super::source::{FAMILY, FAMILY_MARKER, RELATIVES};
use crate::statements::Words;

pub(super) fn section(mut reader: Reader<'_>, words: &Words) -> Section<FamilyItem> {
    let mut items = Vec::new();
    for row in reader.objects(FAMILY) {
        let mut cells = Cells::new(&row);
        let is_unknown = cells.flag("unknown");
        let comment = cells.text("comment");
        if !cells.unreadable().is_empty() {
            // No entry can list these two members as unreadable, so the row counts as unreadable.
            reader.lose_row(FAMILY);
        }
        let mut found = Vec::new();
        found.extend(is_unknown.filter(|is_so| *is_so).map(|_| FamilyItem::FamilyUnknown));
        found.extend(father(&mut Cells::new(&row)).map(FamilyItem::Parent));
        found.extend(mother(&mut Cells::new(&row)).map(FamilyItem::Parent));
        found.extend(comment.map(|text| FamilyItem::Comment(FamilyComment { text })));
        for item in found {
            // The view has one row for each patient. A repeated row adds nothing.
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }
    items.extend(reader.entries(RELATIVES, relative).into_iter().map(FamilyItem::Relative));
    let marker = markers::nothing_significant(&mut reader, FAMILY_MARKER, words);
    Section::conclude(items, marker, reader.unreadable())
}

fn father(cells: &mut Cells<'_>) -> Option<Parent> {
    let parent = Parent {
        relation: ParentRelation::Father,
        alive: cells.alive(("fatherAlive", "alive")),
        age_at_death: cells.code(("fatherAge", "ageAtDeath")),
        cause_of_death: cells.text(("fatherCause", "causeOfDeath")),
        unreadable: cells.unreadable(),
    };
    parent.is_known().then_some(parent)
}

fn mother(cells: &mut Cells<'_>) -> Option<Parent> {
    let parent = Parent {
        relation: ParentRelation::Mother,
        alive: cells.alive(("motherAlive", "alive")),
        age_at_death: cells.code(("motherAge", "ageAtDeath")),
        cause_of_death: cells.text(("motherCause", "causeOfDeath")),
        unreadable: cells.unreadable(),
    };
    parent.is_known().then_some(parent)
}

fn relative(cells: &mut Cells<'_>) -> Option<Relative> {
    let found = Relative {
        relation: cells.text("relation"),
        condition: cells.text("condition"),
        disease_code: cells.code("diseaseCode"),
        comment: cells.text("comment"),
        unreadable: cells.unreadable(),
    };
    let is_named =
        found.condition.is_some() || found.disease_code.is_some() || found.comment.is_some();
    let is_sound = found.unreadable.is_empty();
    (is_named || is_sound).then_some(found)
}
