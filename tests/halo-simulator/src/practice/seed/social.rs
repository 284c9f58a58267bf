//! Family, habits, work, and the clinical summary with one row for each patient.

use rusqlite::params;

use super::super::cast::patient;
use super::dice::Dice;
use super::table::Table;
use super::{Part, Person, Seeding, clinical};

const DISEASES: [(&str, i64); 6] = [
    ("Ischaemic heart disease", 21),
    ("Type 2 diabetes mellitus", 22),
    ("Breast cancer", 23),
    ("Colorectal cancer", 24),
    ("Stroke", 25),
    ("Glaucoma", 26),
];

const OCCUPATIONS: [&str; 8] = [
    "Teacher",
    "Electrician",
    "Farmer",
    "Nurse",
    "Retired",
    "Software developer",
    "Truck driver",
    "Carpenter",
];

const NOT_RECORDED: i64 = 0;
const NIL_KNOWN: i64 = 1;
const RECORDED: i64 = 2;

const NON_SMOKER: i64 = 1;
const EX_SMOKER: i64 = 2;
const SMOKER: i64 = 3;

pub(super) fn record(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Social);
    let mut pages = Pages::open(seeding)?;
    for person in people.iter().filter(|person| person.id != patient::EMPTY) {
        let full = person.id == patient::DEMONSTRATION;
        let smoking = if full { EX_SMOKER } else { *dice.pick(&[0, 1, 1, 1, 2, 3]) };
        pages.summarise(person, smoking, &mut dice)?;
        if full || dice.percent(70) {
            pages.habits(person, smoking, &mut dice)?;
        }
        if full || dice.percent(50) {
            pages.family(person, &mut dice)?;
        }
        if full || (person.age() > 17 && dice.percent(40)) {
            pages.work(person, &mut dice)?;
        }
    }
    Ok(())
}

/// A patient's summary: a row of CLINICAL.
#[derive(Clone)]
struct Summary {
    allergies: i64,
    nothing_past: bool,
    nothing_in_family: bool,
    smoking: i64,
    blood_group: Option<&'static str>,
    retired: bool,
    marital: i64,
    sexuality: i64,
    social: Option<&'static str>,
    recreation: Option<&'static str>,
    home: i64,
    lives_with: i64,
    carer: i64,
    directive: Option<i64>,
}

struct Pages<'c> {
    clinical: Table<'c>,
    repeats: Table<'c>,
    tobacco: Table<'c>,
    alcohol: Table<'c>,
    family: Table<'c>,
    relatives: Table<'c>,
    work: Table<'c>,
}

impl<'c> Pages<'c> {
    fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        const SUMMARY: &str = "INTERNALID KNOWNALLERGIES NOSIGNIFICANTPASTHISTORY NOSIGNIFICANTFAMILYHISTORY \
            SMOKINGSTATUS BLOODGROUP RETIRED MARITALSTATUS SEXUALITY ELITESPORTS SOCIALHISTORY RECREATION \
            ACCOMMODATION LIVESWITH HASCARER ISCARER ADVANCECAREDIRECTIVE POWEROFATTORNEY";
        Ok(Self {
            clinical: seeding.table("CLINICAL", SUMMARY)?,
            repeats: seeding.table("CLINICALREPEATS", SUMMARY)?,
            tobacco: seeding.table(
                "TOBACCO",
                "INTERNALID SMOKINGSTATUS SMOKINGTYPE SMOKESPERDAY YEARSTARTED PASTSMOKINGSTATUS PASTSMOKESPERDAY \
                 PASTSTARTED PASTSTOPPED",
            )?,
            alcohol: seeding.table(
                "ALCOHOL",
                "INTERNALID NONDRINKER DAYSPERWEEK DRINKSPERDAY DESCRIPTION PASTALCOHOLLEVEL YEARSTARTED \
                 YEARSTOPPED COMMENT",
            )?,
            family: seeding.table(
                "FAMILYHISTORY",
                "INTERNALID ADOPTED FATHERALIVE FATHERAGE FATHERCAUSE MOTHERALIVE MOTHERAGE MOTHERCAUSE COMMENT",
            )?,
            relatives: seeding.table(
                "FAMILYHISTORYDETAIL",
                "INTERNALID RELATIONCODE CONDITION DISEASECODE COMMENT",
            )?,
            work: seeding.table(
                "OCCUPATIONHISTORY",
                "INTERNALID OCCUPATION DESCRIPTION EMPLOYER YEARSTARTED YEARSTOPPED ASBESTOS DUST COMMENT ADFSTATUS",
            )?,
        })
    }

    fn summarise(
        &mut self,
        person: &Person,
        smoking: i64,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let full = person.id == patient::DEMONSTRATION;
        let summary = Summary {
            allergies: allergies_of(person.id, dice),
            nothing_past: !full && dice.percent(5),
            nothing_in_family: !full && dice.percent(10),
            smoking,
            blood_group: (full || dice.percent(20)).then(|| *dice.pick(&["O+", "A+", "B-", "AB+"])),
            retired: person.age() > 66,
            marital: dice.within(0..=6),
            sexuality: if full { 1 } else { 0 },
            social: (full || dice.percent(25))
                .then_some("Lives near the practice; drives; two grown-up children."),
            recreation: (full || dice.percent(15)).then_some("Lawn bowls, bush walking."),
            home: dice.within(0..=5),
            lives_with: dice.within(0..=4),
            carer: dice.within(0..=2),
            directive: full.then_some(1),
        };
        add_summary(&mut self.clinical, person.id, &summary)?;
        let repeated = match person.id {
            patient::REPEATED | patient::REPEATED_DIFFERENTLY => 2,
            id if id % 50 == 9 => 1,
            _ => 0,
        };
        for number in 1..=repeated {
            let mut again = summary.clone();
            if person.id == patient::REPEATED_DIFFERENTLY {
                again.smoking = (summary.smoking + number) % 4;
                again.marital = (summary.marital + number) % 7;
                again.social =
                    if number == 1 { None } else { Some("Recently moved in with his sister.") };
            }
            add_summary(&mut self.repeats, person.id, &again)?;
        }
        Ok(())
    }

    fn habits(&mut self, person: &Person, smoking: i64, dice: &mut Dice) -> rusqlite::Result<()> {
        let began = i64::from(person.born.map_or(1990, |born| born.year())) + 18;
        let (kind, daily) =
            if smoking == SMOKER { (dice.within(1..=3), dice.within(1..=30)) } else { (0, 0) };
        let ex = smoking == EX_SMOKER;
        self.tobacco.add(params![
            person.id,
            smoking,
            kind,
            daily,
            if smoking == SMOKER { began } else { 0 },
            if ex {
                SMOKER
            } else if smoking == NON_SMOKER {
                NON_SMOKER
            } else {
                0
            },
            if ex { 15 } else { 0 },
            if ex { began } else { 0 },
            if ex { (began + 20).min(2025) } else { 0 },
        ])?;
        let full = person.id == patient::DEMONSTRATION;
        let abstains = !full && dice.percent(25);
        let drinks = |amount: i64| if abstains { 0 } else { amount };
        self.alcohol.add(params![
            person.id,
            i64::from(abstains),
            drinks(dice.within(1..=7)),
            drinks(dice.within(1..=5)),
            (!abstains).then_some("Wine with dinner"),
            dice.within(0..=4),
            drinks(began),
            0,
            (full || dice.percent(10)).then_some("Advised to have alcohol-free days."),
        ])?;
        Ok(())
    }

    fn family(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let full = person.id == patient::DEMONSTRATION;
        let adopted = !full && dice.percent(4);
        let mut parent = || {
            let alive = if adopted {
                0
            } else if full {
                1
            } else {
                dice.within(0..=2)
            };
            let age = if alive == 1 { dice.within(50..=95) } else { 0 };
            (alive, age, (alive == 1).then(|| dice.pick(&DISEASES).0))
        };
        let (father, mother) = (parent(), parent());
        let comment = full.then_some("Both parents from large families with late-onset diabetes.");
        self.family.add(params![
            person.id,
            i64::from(adopted),
            father.0,
            father.1,
            father.2,
            mother.0,
            mother.1,
            mother.2,
            comment,
        ])?;
        if adopted {
            return Ok(());
        }
        for number in 0..(if full { 4 } else { dice.within(0..=2) }) {
            let (condition, code) = *dice.pick(&DISEASES);
            let comment = full.then(|| format!("Diagnosed at {}", 50 + number * 5));
            self.relatives.add(params![person.id, 1 + number % 8, condition, code, comment])?;
        }
        Ok(())
    }

    fn work(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let full = person.id == patient::DEMONSTRATION;
        for number in 0..(if full { 2 } else { 1 }) {
            self.work.add(params![
                person.id,
                if full && number == 0 { "Carpenter" } else { *dice.pick(&OCCUPATIONS) },
                full.then_some("Own workshop"),
                (full || dice.percent(30)).then_some("Ironbark & Sons"),
                dice.within(1975..=2015),
                if number == 0 { 0 } else { 2_010 },
                i64::from(full && number == 0),
                i64::from(dice.percent(10)),
                full.then_some("Worked with old fibro sheeting until 1985."),
                0,
            ])?;
        }
        Ok(())
    }
}

fn add_summary(table: &mut Table<'_>, id: i64, summary: &Summary) -> rusqlite::Result<()> {
    table.add(params![
        id,
        summary.allergies,
        i64::from(summary.nothing_past),
        i64::from(summary.nothing_in_family),
        summary.smoking,
        summary.blood_group,
        i64::from(summary.retired),
        summary.marital,
        summary.sexuality,
        0,
        summary.social,
        summary.recreation,
        summary.home,
        summary.lives_with,
        summary.carer,
        summary.carer,
        summary.directive,
        summary.directive,
    ])?;
    Ok(())
}

fn allergies_of(id: i64, dice: &mut Dice) -> i64 {
    match id {
        patient::NIL_KNOWN | patient::NIL_KNOWN_BUT_LISTED => NIL_KNOWN,
        patient::NOT_RECORDED | patient::NOT_RECORDED_BUT_LISTED => NOT_RECORDED,
        patient::RECORDED_BUT_EMPTY => RECORDED,
        _ if clinical::reactions_of(id, dice) > 0 => RECORDED,
        _ if dice.percent(70) => NIL_KNOWN,
        _ => NOT_RECORDED,
    }
}
