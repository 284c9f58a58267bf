//! A document that is being written: its resources so far, and what people will read of them.

use domain::ids::SiteId;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::fhir::{Annotation, Entry, Identifier, Reference, Resource, Text, Xhtml};
use crate::terminology::record_numbers;

/// Resources so far. Their numbers follow from the document's, which nobody has used before.
pub(crate) struct Draft<'a> {
    document: Uuid,
    pub(crate) site: &'a SiteId,
    pub(crate) zone: Option<TimeZone>,
    subject: Reference,
    entries: Vec<Entry>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(document: Uuid, site: &'a SiteId, zone: Option<TimeZone>) -> Self {
        let subject = Reference { reference: None, display: None };
        Self { document, site, zone, subject, entries: Vec::new() }
    }

    fn url(&self, number: usize) -> String {
        // The lowest bits: version and variant of the number stay what they are.
        format!("urn:uuid:{}", Uuid::from_u128(self.document.as_u128() ^ number as u128))
    }

    /// Adds a resource.
    pub(crate) fn add(&mut self, resource: Resource) -> Reference {
        // 0 is the document's own number, 1 the Composition's.
        let full_url = self.url(self.entries.len() + 2);
        self.entries.push(Entry { full_url: full_url.clone(), resource });
        Reference { reference: Some(full_url), display: None }
    }

    /// Adds the patient, whom everything after it is about.
    pub(crate) fn add_subject(&mut self, resource: Resource) {
        self.subject = self.add(resource);
    }

    pub(crate) fn subject(&self) -> Reference {
        self.subject.clone()
    }

    /// The number of a record in one of Bp's tables, where it could be read.
    pub(crate) fn record(&self, table: &str, number: Option<i64>) -> Vec<Identifier> {
        let value = number.and_then(|number| Text::new(&number.to_string()));
        let system = record_numbers(self.site, table);
        value.map(|value| Identifier { r#type: None, system, value }).into_iter().collect()
    }

    /// All of it, the Composition first.
    pub(crate) fn finish(self, composition: Resource) -> Vec<Entry> {
        let first = Entry { full_url: self.url(1), resource: composition };
        std::iter::once(first).chain(self.entries).collect()
    }
}

/// What people read of one item: everything that is known of it. What has no place in the resource becomes a
/// remark there as well, so that nothing is for people or for machines alone.
pub(crate) struct Line {
    heading: Text,
    facts: Vec<(&'static str, Text)>,
    notes: Vec<Annotation>,
}

impl Line {
    pub(crate) fn new(heading: Text) -> Self {
        Self { heading, facts: Vec::new(), notes: Vec::new() }
    }

    /// A fact that has a place in the resource.
    pub(crate) fn told(&mut self, label: &'static str, value: Option<impl ToString>) {
        if let Some(text) = value.and_then(|value| Text::new(&value.to_string())) {
            self.facts.push((label, text));
        }
    }

    /// A fact that has none.
    pub(crate) fn noted(&mut self, label: &'static str, value: Option<impl ToString>) {
        let before = self.facts.len();
        self.told(label, value);
        let remark = self.facts.get(before).map(|(_, text)| format!("{label}: {}", text.as_str()));
        self.notes
            .extend(remark.and_then(|remark| Text::new(&remark)).map(|text| Annotation { text }));
    }

    /// A fact that needs no words beside its name, and has no place in the resource.
    pub(crate) fn flagged(&mut self, label: &'static str, is_so: Option<bool>) {
        self.noted(label, yes(is_so));
    }

    /// Which members Bp holds values for that could not be understood.
    pub(crate) fn unreadable(&mut self, members: &[&'static str]) {
        let words: Vec<String> = members.iter().map(|member| in_words(member)).collect();
        self.noted("Could not be read", (!words.is_empty()).then(|| words.join(", ")));
    }

    /// The remarks.
    pub(crate) fn notes(&self) -> Vec<Annotation> {
        self.notes.clone()
    }

    /// The facts.
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

/// "Yes", where it is so. "No" is not said: it is also what nobody ever ticked.
pub(crate) fn yes(is_so: Option<bool>) -> Option<&'static str> {
    is_so.filter(|is_so| *is_so).map(|_| "yes")
}

/// A member's name as people write it: `ageAtDeath` is "age at death".
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
