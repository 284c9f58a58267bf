//! The address book.

use rusqlite::params;

use super::{Part, Seeding, names, numbers};

/// How many contacts a practice has.
const CONTACTS: i64 = 24;

/// The categories of contacts. Bp's own words are not public.
const CATEGORIES: [&str; 6] = [
    "Cardiologist",
    "Dermatologist",
    "Orthopaedic surgeon",
    "Physiotherapist",
    "Pathology laboratory",
    "Hospital",
];

const CATEGORY_TYPE: i64 = 2;

pub(super) fn fill(seeding: &Seeding<'_>) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Contacts);
    let mut table = seeding.table("CATEGORIES", "CATEGORYTYPE CATEGORYNAME")?;
    let mut categories = Vec::new();
    for name in CATEGORIES {
        categories.push((table.add(params![CATEGORY_TYPE, name])?, name));
    }
    let mut contacts = seeding.table(
        "CONTACTS",
        "RECORDSTATUS TITLECODE FIRSTNAME SURNAME GREETING CATEGORYCODE MOBILEPHONE PROVIDERNO EMAIL URL COMMENT",
    )?;
    let mut addresses = seeding.table(
        "CONTACTDETAILS",
        "RECORDSTATUS CONTACTID ADDRESSCODE ADDRESS1 ADDRESS2 CITY POSTCODE EMAIL PHONE FAX COMMENT",
    )?;
    for number in 0..CONTACTS {
        let (category, kind) = categories[number as usize % categories.len()];
        let (town, postcode) = *dice.pick(&names::TOWNS);
        let person = !matches!(kind, "Pathology laboratory" | "Hospital");
        let first_names = if dice.percent(50) { &names::WOMEN } else { &names::MEN };
        let first = *dice.pick(first_names);
        let last = *dice.pick(&names::SURNAMES);
        let name = if person { last.to_owned() } else { format!("{town} {kind}") };
        let mail = format!("{}.{number}@example.com", names::plain(&name));
        let contact = contacts.add(params![
            i64::from(number != CONTACTS - 1),
            if person { 6 } else { 0 },
            person.then_some(first),
            name,
            person.then(|| format!("Dr {last}")),
            category,
            person.then(|| numbers::mobile(&mut dice)),
            person.then(|| numbers::provider(880_000 + number as u32, 1)),
            dice.percent(60).then_some(mail.as_str()),
            (!person).then(|| format!("https://{}.example.com", names::plain(&name))),
            dice.percent(20).then_some("Prefers letters by secure message."),
        ])?;
        for address in 0..dice.within(1..=2) {
            addresses.add(params![
                1,
                contact,
                address + 1,
                format!("{} {}", dice.within(1..=240), dice.pick(&names::STREETS)),
                if dice.percent(30) { Some("Level 2") } else { dice.percent(50).then_some("") },
                town,
                postcode,
                dice.percent(40).then_some(mail.as_str()),
                numbers::landline(&mut dice),
                dice.percent(70).then(|| numbers::landline(&mut dice)),
                None::<&str>,
            ])?;
        }
    }
    Ok(())
}
