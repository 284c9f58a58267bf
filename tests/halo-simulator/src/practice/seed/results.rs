//! Results in the record, with their text and values.

use rusqlite::params;

use super::super::cast::patient;
use super::dice::Dice;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

/// Name, LOINC, vendor's code, unit, range, and the low and high limits (in tenths).
type Analyte = (&'static str, &'static str, i64, &'static str, &'static str, i64, i64);

const ANALYTES: [Analyte; 9] = [
    ("HbA1c", "4548-4", 1, "%", "<6.0", 48, 98),
    ("Cholesterol", "14647-2", 2, "mmol/L", "<5.5", 32, 71),
    ("HDL", "14646-4", 3, "mmol/L", ">1.0", 8, 21),
    ("LDL", "22748-8", 4, "mmol/L", "<3.0", 14, 48),
    ("Triglycerides", "14927-8", 5, "mmol/L", "<2.0", 6, 38),
    ("Creatinine", "14682-9", 6, "umol/L", "45-90", 480, 1_300),
    ("INR", "6301-6", 12, "", "0.9-1.2", 9, 34),
    ("Glucose", "14749-6", 14, "mmol/L", "3.6-6.0", 38, 132),
    ("eGFR", "33914-3", 16, "mL/min", ">60", 320, 900),
];

const TESTS: [&str; 6] = ["LIPIDS", "HBA1C", "FBE", "UEC", "LFT", "CHEST X-RAY"];

const LABORATORIES: [&str; 3] =
    ["Wirrabeen Pathology", "Quandong Diagnostic Imaging", "Coastline Labs"];

pub(super) fn file(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Results);
    let mut results = seeding.table(
        "INVESTIGATIONS",
        "RECORDSTATUS INTERNALID USERID REQUESTDATE PROVIDERNAME COLLECTIONDATE TESTNAME REPORTDATE REPORTTIME \
         REPORTHEADER REPORTBODY NORMALFLAG COMPLETIONFLAG CONFIDENTIALFLAG CHECKDATE CHECKEDBY NOTATION ACTION \
         COMMENT ACTIONDATE LOCATIONID CREATED",
    )?;
    let mut values = seeding.table(
        "REPORTVALUES",
        "INTERNALID REPORTID REPORTDATE RESULTNAME LOINCCODE BPCODE RESULTVALUE UNITS RANGE ABNORMALFLAG",
    )?;
    for person in people.iter().filter(|person| person.id > patient::EMPTY) {
        for _ in 0..dice.within(0..=2) {
            add(person, &mut results, &mut values, &mut dice)?;
        }
    }
    Ok(())
}

fn add(
    person: &Person,
    results: &mut Table<'_>,
    values: &mut Table<'_>,
    dice: &mut Dice,
) -> rusqlite::Result<()> {
    let ago = dice.within(3..=1_200);
    let reported = midnight(day(-ago));
    let checked = (!dice.percent(4)).then(|| midnight(day(2 - ago)));
    let laboratory = *dice.pick(&LABORATORIES);
    let test = *dice.pick(&TESTS);
    let analytes: Vec<&Analyte> = (0..dice.within(0..=3)).map(|_| dice.pick(&ANALYTES)).collect();
    let readings: Vec<(&Analyte, String)> = analytes
        .into_iter()
        .map(|analyte| {
            let tenths = dice.within(analyte.5..=analyte.6);
            let mark = if dice.percent(6) { "<" } else { "" };
            (analyte, format!("{mark}{}.{}", tenths / 10, tenths % 10))
        })
        .collect();
    let mut body = format!("{test}\r\nClinical notes: routine review\r\n\r\n");
    for ((name, _, _, unit, range, ..), reading) in &readings {
        body.push_str(&format!("{name:<20}{reading:>8} {unit:<8} ({range})\r\n"));
    }
    body.push_str("\r\nComment: please correlate with the clinical picture.\r\n");
    let header = format!(
        "{laboratory}\r\nPatient: {} {}\r\nLab ref: {}\r\n",
        person.last_name,
        person.first_name,
        dice.digits(8)
    );
    let notation = if checked.is_some() { dice.within(0..=7) } else { 0 };
    let action = if checked.is_some() { dice.within(0..=7) } else { 0 };
    let id = results.add(params![
        1,
        person.id,
        person.doctor,
        midnight(day(-ago - 3)),
        laboratory,
        midnight(day(-ago - 1)),
        test,
        reported,
        dice.within(28_800..=64_800),
        header.into_bytes(),
        body.into_bytes(),
        i64::from(notation == 1),
        1,
        i64::from(dice.percent(2)),
        checked,
        if checked.is_some() { person.doctor.max(1) } else { 0 },
        notation,
        action,
        dice.percent(10).then_some("Discussed at the next visit."),
        (action > 1).then(|| midnight(day(3 - ago))),
        1,
        reported,
    ])?;
    for ((name, loinc, code, unit, range, ..), reading) in &readings {
        let flag = if dice.percent(15) { "H" } else { "" };
        values
            .add(params![person.id, id, reported, name, loinc, code, reading, unit, range, flag])?;
    }
    Ok(())
}
