//! A document that is being written: its resources so far, and the lines that people read about them.

use std::cell::Cell;

use domain::ids::SiteId;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::fhir::{Annotation, Entry, Identifier, Reference, Resource, Text, Xhtml};
use crate::terminology::record_numbers;

/// The resources so far. Their ids are derived from the document's id, which is new.
pub(crate) struct Draft<'a> {
    document: Uuid,
    pub(crate) site: &'a SiteId,
    pub(crate) zone: Option<TimeZone>,
    subject: Reference,
    entries: Vec<Entry>,
    people: Vec<Person>,
}

/// A practitioner, whose resources are in the document only if an item refers to them.
struct Person {
    /// The name by which items refer to the person.
    named: Text,
    role: Reference,
    entries: [Entry; 2],
    is_used: Cell<bool>,
}

/// The number of the first practitioner's resource. All other resources have lower numbers.
const PEOPLE: usize = 1 << 32;

impl<'a> Draft<'a> {
    pub(crate) fn new(document: Uuid, site: &'a SiteId, zone: Option<TimeZone>) -> Self {
        let subject = Reference { reference: None, display: None };
        Self { document, site, zone, subject, entries: Vec::new(), people: Vec::new() }
    }

    fn url(&self, number: usize) -> String {
        // This changes the lowest bits only: version and variant of the UUID stay the same.
        format!("urn:uuid:{}", Uuid::from_u128(self.document.as_u128() ^ number as u128))
    }

    /// Adds a resource.
    pub(crate) fn add(&mut self, resource: Resource) -> Reference {
        // 0 is the document itself, 1 the Composition.
        let full_url = self.url(self.entries.len() + 2);
        self.entries.push(Entry { full_url: full_url.clone(), resource });
        Reference { reference: Some(full_url), display: None }
    }

    /// Adds the patient, the subject of all resources that follow, as the first resource.
    pub(crate) fn add_subject(&mut self, resource: Resource) {
        self.subject = self.add(resource);
        self.entries.rotate_right(1);
    }

    /// Adds a practitioner with a role. `role` gets the reference to the practitioner.
    pub(crate) fn add_person(
        &mut self,
        named: Text,
        practitioner: Resource,
        role: impl FnOnce(Reference) -> Resource,
    ) {
        let number = PEOPLE + 2 * self.people.len();
        let urls = [number, number + 1].map(|number| self.url(number));
        let [person, its_role] =
            urls.clone().map(|url| Reference { reference: Some(url), display: None });
        let [person_url, role_url] = urls;
        let entries = [
            Entry { full_url: person_url, resource: practitioner },
            Entry { full_url: role_url, resource: role(person) },
        ];
        let role = Reference { display: Some(named.clone()), ..its_role };
        self.people.push(Person { named, role, entries, is_used: Cell::new(false) });
    }

    /// Refers to a practitioner by the name in the record, or only names somebody who is not known.
    pub(crate) fn person(&self, name: Option<&str>) -> Option<Reference> {
        let name = name.and_then(Text::new)?;
        match self.people.iter().find(|person| person.named == name) {
            Some(person) => {
                person.is_used.set(true);
                Some(person.role.clone())
            }
            None => Some(Reference { reference: None, display: Some(name) }),
        }
    }

    pub(crate) fn subject(&self) -> Reference {
        self.subject.clone()
    }

    /// The identifier of a record in one of Bp's tables, if its number could be read.
    pub(crate) fn record(&self, table: &str, number: Option<i64>) -> Vec<Identifier> {
        let value = number.and_then(|number| Text::new(&number.to_string()));
        let system = record_numbers(self.site, table);
        value.map(|value| Identifier::new(None, system, value)).into_iter().collect()
    }

    /// All entries, the Composition first.
    pub(crate) fn finish(self, composition: Resource) -> Vec<Entry> {
        let first = Entry { full_url: self.url(1), resource: composition };
        let people = self.people.into_iter().filter(|person| person.is_used.get());
        let people = people.flat_map(|person| person.entries);
        std::iter::once(first).chain(self.entries).chain(people).collect()
    }
}

/// The text that people read about one item, with everything that is known of it. A fact without a member in
/// the resource also becomes a remark of the resource. So people and programs get the same facts.
pub(crate) struct Line {
    heading: Text,
    facts: Vec<(&'static str, Text)>,
    notes: Vec<Annotation>,
}

impl Line {
    pub(crate) fn new(heading: Text) -> Self {
        Self { heading, facts: Vec::new(), notes: Vec::new() }
    }

    /// Adds a fact that has a member in the resource.
    pub(crate) fn fact(&mut self, label: &'static str, value: Option<impl ToString>) {
        if let Some(text) = value.and_then(|value| Text::new(&value.to_string())) {
            self.facts.push((label, text));
        }
    }

    /// Adds a fact that has no member in the resource, as a remark.
    pub(crate) fn remark(&mut self, label: &'static str, value: Option<impl ToString>) {
        let before = self.facts.len();
        self.fact(label, value);
        let remark = self.facts.get(before).map(|(_, text)| format!("{label}: {}", text.as_str()));
        self.notes
            .extend(remark.and_then(|remark| Text::new(&remark)).map(|text| Annotation { text }));
    }

    /// Adds a remark "yes" if it is true.
    pub(crate) fn flag(&mut self, label: &'static str, is_so: Option<bool>) {
        self.remark(label, yes(is_so));
    }

    /// Adds a remark that lists the members whose values in Bp could not be understood.
    pub(crate) fn unreadable(&mut self, members: &[&'static str]) {
        let words: Vec<String> = members.iter().map(|member| in_words(member)).collect();
        self.remark("Could not be read", (!words.is_empty()).then(|| words.join(", ")));
    }

    pub(crate) fn remarks(&self) -> Vec<Annotation> {
        self.notes.clone()
    }

    pub(crate) fn facts(&self) -> &[(&'static str, Text)] {
        &self.facts
    }

    pub(crate) fn write(&self, narrative: &mut Xhtml) {
        narrative.within("li", |item| {
            item.within("b", |heading| heading.text(self.heading.as_str()));
            if !self.facts.is_empty() {
                item.within("ul", |list| {
                    for (label, value) in &self.facts {
                        list.within("li", |fact| {
                            fact.text(label);
                            fact.text(": ");
                            fact.text(value.as_str());
                        });
                    }
                });
            }
        });
    }
}

/// "yes" if it is true. There is no "no", because a box that nobody ticked also reads "no" in Bp.
pub(crate) fn yes(is_so: Option<bool>) -> Option<&'static str> {
    is_so.filter(|is_so| *is_so).map(|_| "yes")
}

/// A member's name in words: `ageAtDeath` becomes "age at death".
fn in_words(member: &str) -> String {
    let mut words = String::new();
    for c in member.chars() {
        match c {
            '.' => words.push(' '),
            c if c.is_ascii_uppercase() => {
                words.push(' ');
                words.push(c.to_ascii_lowercase());
            }
            c => words.push(c),
        }
    }
    words
}
