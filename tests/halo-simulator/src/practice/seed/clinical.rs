//! Past history, medications, reactions and immunisations.

use rusqlite::params;

use super::super::cast::patient;
use super::dice::Dice;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

/// A condition, the vendor's code (made up), and the SNOMED CT code if it is well known.
const CONDITIONS: [(&str, i64, &str); 18] = [
    ("Hypertension", 4001, "38341003"),
    ("Asthma", 4002, "195967001"),
    ("Type 2 diabetes mellitus", 4003, "44054006"),
    ("Osteoarthritis", 4004, "396275006"),
    ("Gastro-oesophageal reflux disease", 4005, "235595009"),
    ("Depression", 4006, "35489007"),
    ("Hyperlipidaemia", 4007, "55822004"),
    ("Appendicectomy", 4008, "80146002"),
    ("Migraine", 4009, "37796009"),
    ("Hypothyroidism", 4010, "40930008"),
    ("Atrial fibrillation", 4011, "49436004"),
    ("Fractured radius", 4012, ""),
    ("Fractured tibia", 4013, ""),
    ("Eczema", 4014, ""),
    ("Ménière's disease", 4015, ""),
    ("Cholecystectomy", 4016, ""),
    ("Low back pain", 0, ""),
    ("Iron deficiency", 4017, ""),
];

/// Product, id, dose, frequency code, unit, quantity, indication.
pub(super) const MEDICINES: [(&str, i64, &str, i64, &str, i64, &str); 14] = [
    ("Perindopril arginine 5 mg Tablet", 9001, "1", 1, "tablet", 30, "Hypertension"),
    ("Metformin 500 mg Tablet", 9002, "1", 2, "tablet", 100, "Type 2 diabetes mellitus"),
    ("Atorvastatin 40 mg Tablet", 9003, "1", 4, "tablet", 30, "Hyperlipidaemia"),
    ("Salbutamol 100 mcg/dose Inhaler", 9004, "2 puffs", 6, "inhaler", 2, "Asthma"),
    ("Esomeprazole 20 mg Tablet", 9005, "1", 1, "tablet", 30, "Reflux"),
    ("Sertraline 50 mg Tablet", 9006, "1", 1, "tablet", 30, "Depression"),
    ("Thyroxine 100 mcg Tablet", 9007, "1", 1, "tablet", 200, "Hypothyroidism"),
    ("Apixaban 5 mg Tablet", 9008, "1", 2, "tablet", 60, "Atrial fibrillation"),
    ("Paracetamol 500 mg Tablet", 9009, "2", 6, "tablet", 100, ""),
    ("Amoxicillin 500 mg Capsule", 9010, "1", 3, "capsule", 20, ""),
    (
        "Insulin glargine 100 units/mL Pen",
        9011,
        "14 units",
        4,
        "pen",
        5,
        "Type 2 diabetes mellitus",
    ),
    ("Vitamin D 1000 IU Capsule", 9012, "1", 1, "capsule", 60, ""),
    ("Methotrexate 10 mg Tablet", 9013, "1", 5, "tablet", 15, "Rheumatoid arthritis"),
    ("Hydrocortisone 1% Cream", 9014, "thin layer", 2, "tube", 1, "Eczema"),
];

/// Type (1 product, 2 ingredient, 3 class), code, item, reaction.
const REACTIONS: [(i64, i64, &str, &str); 8] = [
    (2, 701, "Penicillin", "Rash"),
    (3, 702, "Sulfonamides", "Urticaria"),
    (2, 703, "Codeine", "Nausea"),
    (1, 704, "Elastoplast", "Contact dermatitis"),
    (2, 705, "Peanut", "Anaphylaxis"),
    (2, 706, "Bee venom", "Local swelling"),
    (3, 707, "ACE inhibitors", "Cough"),
    (2, 708, "Latex", "Rash"),
];

/// Vaccine, id, doses.
pub(super) const VACCINES: [(&str, i64, i64); 7] = [
    ("Influenza (quadrivalent)", 501, 1),
    ("COVID-19 (mRNA)", 502, 3),
    ("Boostrix", 503, 1),
    ("Pneumococcal 13-valent", 504, 2),
    ("MMR", 505, 2),
    ("Hepatitis B (adult)", 506, 3),
    ("Zoster (recombinant)", 507, 2),
];

pub(super) fn record(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Clinical);
    let mut charts = Charts::open(seeding)?;
    for person in people.iter().filter(|person| person.id != patient::EMPTY) {
        let full = person.id == patient::DEMONSTRATION;
        let upto = if full { 12 } else { (person.age() / 15).min(5) };
        for number in 0..dice.within(0..=upto).max(if full { 12 } else { 0 }) {
            charts.condition(person, full.then_some(number), &mut dice)?;
        }
        for number in 0..(if full { 9 } else { dice.within(0..=upto) }) {
            charts.medicine(person, full.then_some(number), &mut dice)?;
        }
        for number in 0..reactions_of(person.id, &mut dice) {
            charts.reaction(person, number, &mut dice)?;
        }
        for number in 0..(if full { 7 } else { dice.within(0..=4) }) {
            charts.vaccine(person, full.then_some(number), &mut dice)?;
        }
    }
    Ok(())
}

/// How many allergies are listed. Another field says whether any are known, and the two need not agree.
pub(super) fn reactions_of(id: i64, dice: &mut Dice) -> i64 {
    match id {
        patient::DEMONSTRATION => 4,
        patient::NIL_KNOWN_BUT_LISTED | patient::NOT_RECORDED_BUT_LISTED => 2,
        patient::NIL_KNOWN
        | patient::RECORDED_BUT_EMPTY
        | patient::NOT_RECORDED
        | patient::EMPTY => 0,
        // Ordinary patients whose number ends in 3 or 7 have some.
        id if id % 10 == 3 || id % 10 == 7 => dice.within(1..=3),
        _ => 0,
    }
}

/// The wanted entry of a list, or a random one.
fn choose<'a, T>(from: &'a [T], wanted: Option<i64>, dice: &mut Dice) -> &'a T {
    match wanted {
        Some(number) => &from[number as usize % from.len()],
        None => dice.pick(from),
    }
}

/// The tables of the clinical record.
struct Charts<'c> {
    history: Table<'c>,
    medicines: Table<'c>,
    prescriptions: Table<'c>,
    items: Table<'c>,
    reactions: Table<'c>,
    vaccines: Table<'c>,
}

impl<'c> Charts<'c> {
    fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        Ok(Self {
            history: seeding.table(
                "PASTHISTORY",
                "RECORDSTATUS INTERNALID DAY MONTH YEAR ITEMTEXT ITEMCODE STATUSCODE SIDE SEVERITY ACUTE SUMMARY \
                 FRACTURE DISPLACED PRIVACYCODE DETAILS SNOMED CREATED CREATEDBY",
            )?,
            medicines: seeding.table(
                "CURRENTRX",
                "RECORDSTATUS INTERNALID DRUGNAME PRODUCTID DOSE FREQUENCY FOOD OTHERDETAIL PRN \
                 INSTRUCTIONS ROUTE QUANTITY PRODUCTUNIT REPEATS RXSTATUS INDICATION FIRSTDATE LASTDATE SCID SCIDNO \
                 CREATED",
            )?,
            prescriptions: seeding.table(
                "PRESCRIPTIONS",
                "INTERNALID USERID LOCATIONID SCRIPTDATE CREATED",
            )?,
            items: seeding.table(
                "SCRIPTITEMS",
                "INTERNALID USERID SCRIPTID PRODUCTID PRODUCTNAME DOSE FREQUENCY QUANTITY PRODUCTUNIT REPEATS \
                 CREATED",
            )?,
            reactions: seeding.table(
                "REACTIONS",
                "RECORDSTATUS INTERNALID ITEMTYPE ITEMCODE ITEMNAME REACTION SEVERITY COMMENT",
            )?,
            vaccines: seeding.table(
                "IMMUNISATIONS",
                "RECORDSTATUS INTERNALID USERID GIVENDATE NOTGIVENHERE VACCINENAME VACCINEID BATCHNO SEQUENCE \
                 SITECODE ROUTE COMMENT",
            )?,
        })
    }

    fn condition(
        &mut self,
        person: &Person,
        wanted: Option<i64>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let (text, code, snomed) = *choose(&CONDITIONS, wanted, dice);
        let year = 2026 - dice.within(0..=person.age().clamp(1, 40));
        // Partial dates: only the year, the month, the day, or nothing. 0 means unknown.
        let (year, month, on) =
            match wanted.map_or_else(|| dice.within(0..=9), |number| number % 10) {
                0 => (0, 0, 0),
                1..=4 => (year, 0, 0),
                5..=6 => (year, dice.within(1..=12), 0),
                _ => (year, dice.within(1..=10), dice.within(1..=28)),
            };
        let fracture = i64::from(text.starts_with("Fractured"));
        let details = (wanted.is_some() || dice.percent(20))
            .then(|| format!("{text}: reviewed, stable.\r\nNext review in six months."));
        self.history.add(params![
            live(wanted, dice),
            person.id,
            on,
            month,
            year,
            text,
            code,
            if dice.percent(75) { 1 } else { 2 },
            fracture * dice.within(1..=3),
            dice.within(0..=3),
            i64::from(dice.percent(15)),
            i64::from(wanted.is_some() || dice.percent(80)),
            fracture,
            fracture * dice.within(0..=1),
            i64::from(dice.percent(3)),
            details,
            if snomed.is_empty() && dice.percent(50) { None } else { Some(snomed) },
            midnight(day(dice.within(-2_000..=-1))),
            person.doctor.max(1),
        ])?;
        Ok(())
    }

    fn medicine(
        &mut self,
        person: &Person,
        wanted: Option<i64>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let (name, product, dose, frequency, unit, quantity, indication) =
            *choose(&MEDICINES, wanted, dice);
        let full = wanted.is_some();
        let first = day(dice.within(-1_500..=-60));
        let last = day(dice.within(-59..=-1));
        let repeats = dice.within(0..=5);
        let when_needed = i64::from(frequency == 6);
        let instructions = if full || dice.percent(30) {
            Some(format!("{dose} {unit}(s) as directed by your doctor."))
        } else {
            dice.percent(50).then(String::new)
        };
        self.medicines.add(params![
            live(wanted, dice),
            person.id,
            name,
            product,
            dose,
            frequency,
            if full { 1 } else { dice.within(0..=3) },
            if full { 1 } else { dice.within(0..=3) },
            when_needed,
            instructions,
            dice.within(1..=3),
            quantity,
            unit,
            repeats,
            if dice.percent(80) { 1 } else { 2 },
            if indication.is_empty() && !full { None } else { Some(indication) },
            midnight(first),
            (full || dice.percent(80)).then(|| midnight(last)),
            full.then_some("SC99000001"),
            i64::from(full),
            midnight(first),
        ])?;
        let script = self.prescriptions.add(params![
            person.id,
            person.doctor,
            1,
            midnight(last),
            midnight(last)
        ])?;
        self.items.add(params![
            person.id,
            person.doctor,
            script,
            product,
            name,
            dose,
            frequency,
            quantity,
            unit,
            repeats,
            midnight(last)
        ])?;
        Ok(())
    }

    fn reaction(&mut self, person: &Person, number: i64, dice: &mut Dice) -> rusqlite::Result<()> {
        let (kind, code, item, reaction) = *choose(&REACTIONS, Some(person.id + number), dice);
        let comment = dice.percent(30).then_some("Told by the patient; not tested.");
        self.reactions.add(params![
            1,
            person.id,
            kind,
            code,
            item,
            reaction,
            dice.within(0..=3),
            comment
        ])?;
        if dice.percent(10) {
            // An inactive reaction that was entered in error.
            self.reactions.add(params![
                0,
                person.id,
                2,
                799,
                "Entered in error",
                "",
                0,
                None::<&str>
            ])?;
        }
        Ok(())
    }

    fn vaccine(
        &mut self,
        person: &Person,
        wanted: Option<i64>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let (name, id, doses) = *choose(&VACCINES, wanted, dice);
        let given = day(dice.within(-3_000..=-7));
        let elsewhere = i64::from(dice.percent(20));
        self.vaccines.add(params![
            live(wanted, dice),
            person.id,
            person.doctor,
            (wanted.is_some() || dice.percent(97)).then(|| midnight(given)),
            elsewhere,
            name,
            id,
            (elsewhere == 0).then(|| format!("BX{}", dice.digits(5))),
            dice.within(1..=doses),
            dice.within(0..=2),
            dice.within(1..=2),
            (elsewhere == 1).then_some("Given at another practice; card seen."),
        ])?;
        Ok(())
    }
}

/// `RECORDSTATUS`. A few rows are inactive, but no row with a wanted entry is.
fn live(wanted: Option<i64>, dice: &mut Dice) -> i64 {
    i64::from(wanted.is_some() || !dice.percent(4))
}
