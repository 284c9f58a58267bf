//! Code lists. Row 0 is "none", and foreign keys point to it.

use rusqlite::params;

use super::Seeding;

const TITLES: [&str; 10] = ["", "Mr", "Mrs", "Ms", "Miss", "Mast", "Dr", "Prof", "A/Prof", "Sr"];

const SEXES: [&str; 4] = ["", "Female", "Male", "Other"];

const GENDERS: [&str; 5] = ["", "Female", "Male", "Non-binary", "Different term"];

const ETHNICITIES: [(i64, &str); 9] = [
    (0, ""),
    (1, "Aboriginal"),
    (2, "Torres Strait Islander"),
    (3, "Aboriginal/Torres Strait Islander"),
    (999, "Non Aboriginal/Torres Strait Islander"),
    (1101, "Australian"),
    (2101, "British"),
    (5107, "Vietnamese"),
    (9999, "Not provided"),
];

const PENSIONS: [&str; 5] = [
    "",
    "Pensioner Concession Card",
    "Sickness benefit",
    "Health Care Card",
    "Commonwealth Seniors Health Card",
];

const DVA: [&str; 5] = ["", "Gold", "White", "Lilac", "Orange"];

const PATIENT_STATUS: [&str; 4] = ["", "Active", "Inactive", "Deceased"];

const TIERS: [&str; 4] = ["", "Tier 1", "Tier 2", "Tier 3"];

/// The codes 1, 2 and 10 are public, the others are assumed. All words are public except the last.
const APPOINTMENT_STATES: [(i64, &str); 9] = [
    (0, ""),
    (1, "Booked"),
    (2, "Waiting"),
    (3, "With doctor"),
    (4, "At billing"),
    (5, "Invoiced"),
    (6, "Completed"),
    (7, "Paid"),
    (10, "Did not attend"),
];

/// Code, minutes, description.
const APPOINTMENT_TYPES: [(i64, i64, &str); 14] = [
    (0, 15, ""),
    (1, 15, "Standard appt."),
    (2, 30, "Long appt."),
    (4, 30, "New patient"),
    (7, 15, "Immunisation"),
    (12, 15, "Recall"),
    (24, 30, "Cervical screening"),
    (29, 15, "Telehealth consultation"),
    (30, 15, "Telephone consultation"),
    (101, 15, "Representative visit"),
    (102, 15, "Internet"),
    (103, 60, "Health assessment"),
    (109, 15, "Staff meeting"),
    (110, 15, "Do not book"),
];

const CATEGORIES: [&str; 12] = [
    "Pathology",
    "Imaging",
    "Letter",
    "Specialist report",
    "Discharge summary",
    "Consent form",
    "Clinical photo",
    "ECG",
    "Care plan",
    "Referral",
    "Advice",
    "Other",
];

const REPORTS: [&str; 5] = [
    "",
    "GP Management Plan",
    "Team Care Arrangement",
    "Health assessment 75+",
    "Mental Health Treatment Plan",
];

const FREQUENCIES: [&str; 7] =
    ["", "Once a day", "Twice a day", "Three times a day", "At night", "Weekly", "Every 4 hours"];
const FOODS: [&str; 4] = ["", "With food", "Before food", "On an empty stomach"];
const DETAILS: [&str; 4] = ["", "In the morning", "Do not crush", "For the next ten days"];

const RELATIONS: [&str; 9] = [
    "",
    "Mother",
    "Father",
    "Brother",
    "Sister",
    "Maternal grandmother",
    "Paternal grandfather",
    "Son",
    "Daughter",
];

const MARITAL: [&str; 7] =
    ["", "Single", "Married", "De facto", "Separated", "Divorced", "Widowed"];
const SEXUALITIES: [&str; 5] = ["", "Heterosexual", "Homosexual", "Bisexual", "Not stated"];

pub(super) fn fill(seeding: &Seeding<'_>) -> rusqlite::Result<()> {
    list(seeding, "TITLES", "TITLECODE TITLE", &TITLES)?;
    list(seeding, "SEX", "SEXCODE SEX", &SEXES)?;
    list(seeding, "GENDERS", "GENDERCODE GENDER", &GENDERS)?;
    list(seeding, "PENSIONTYPE", "PENSIONCODE PENSIONTYPE", &PENSIONS)?;
    list(seeding, "DVATYPE", "DVACODE DVATYPE", &DVA)?;
    list(seeding, "PATIENTSTATUS", "STATUSCODE STATUSTEXT", &PATIENT_STATUS)?;
    list(seeding, "HCHTIERS", "HCHTIER TIERTEXT", &TIERS)?;
    list(seeding, "EPCTypes", "EPCCODE EPCTEXT", &REPORTS)?;
    list(seeding, "RXFREQUENCY", "FREQUENCYCODE FREQUENCYTEXT", &FREQUENCIES)?;
    list(seeding, "RXFOOD", "FOODCODE FOODTEXT", &FOODS)?;
    list(seeding, "RXDETAIL", "DETAILCODE DETAILTEXT", &DETAILS)?;
    list(seeding, "RELATIONS", "RELATIONCODE RELATIONNAME", &RELATIONS)?;
    list(seeding, "MARITALSTATUS", "MARITALSTATUSCODE MARITALSTATUSNAME", &MARITAL)?;
    list(seeding, "SEXUALITY", "SEXUALITYCODE SEXUALITYNAME", &SEXUALITIES)?;
    let mut table = seeding.table("ETHNICITY", "ETHNICCODE ETHNICITY")?;
    for (code, text) in ETHNICITIES {
        table.add(params![code, text])?;
    }
    let mut table = seeding.table("APPOINTMENTCODES", "APPOINTMENTCODE DESCRIPTION")?;
    for (code, text) in APPOINTMENT_STATES {
        table.add(params![code, text])?;
    }
    let mut table = seeding
        .table("APPOINTMENTTYPES", "APPOINTMENTCODE LISTORDER APPOINTMENTLENGTH DESCRIPTION AU")?;
    for (order, (code, minutes, text)) in (0_i64..).zip(APPOINTMENT_TYPES) {
        table.add(params![code, order, minutes * 60, text, 1])?;
    }
    list(seeding, "VISITTYPE", "VISITCODE VISITTYPE", &super::visits::VISIT_TYPES)?;
    list(seeding, "PAPRESULTS", "PAPCODE PAPTEXT", &super::visits::SMEAR_RESULTS)?;
    seeding
        .table("CATEGORIES", "CATEGORYCODE RECORDSTATUS CATEGORYNAME")?
        .add(params![0, 0, ""])?;
    let mut table = seeding.table("CATEGORIES", "CATEGORYTYPE CATEGORYNAME")?;
    for text in CATEGORIES {
        table.add(params![1, text])?;
    }
    seeding
        .table("DOCUMENTSTORE", "CURRENTSTORE FIELD2")?
        .add(params![super::store::CURRENT, 0])?;
    seeding.table("NEXTOFKIN", "RECORDID RECORDSTATUS")?.add(params![0, 0])?;
    seeding.table("ROOMS", "ROOMID RECORDSTATUS")?.add(params![0, 0])?;
    Ok(())
}

/// A list whose codes start at 0.
fn list(seeding: &Seeding<'_>, name: &str, columns: &str, texts: &[&str]) -> rusqlite::Result<()> {
    let mut table = seeding.table(name, columns)?;
    for (code, text) in (0_i64..).zip(texts) {
        table.add(params![code, text])?;
    }
    Ok(())
}
