//! The patients to try. Each one stands for a problem of real records.

use jiff::civil::{Date, date};

/// Keys (`INTERNALID`) of the patients that tests and people refer to by name.
pub mod patient {
    /// All fields are filled in, and every folder has documents of every type and size.
    pub const DEMONSTRATION: i64 = 1;
    /// Only a name and a date of birth.
    pub const EMPTY: i64 = 2;
    /// One of two twins.
    pub const TWIN: i64 = 3;
    /// The other twin: same surname, date of birth, address, phone and Medicare card.
    pub const OTHER_TWIN: i64 = 4;
    /// `O'Brien`.
    pub const APOSTROPHE: i64 = 5;
    /// Inactive.
    pub const INACTIVE: i64 = 16;
    /// Deceased.
    pub const DECEASED: i64 = 17;
    /// No date of birth.
    pub const UNDATED: i64 = 18;
    /// No surname.
    pub const MONONYM: i64 = 19;
    /// No first name yet.
    pub const NEWBORN: i64 = 20;
    /// Deleted: the row is in the table, but in no view.
    pub const DELETED: i64 = 21;
    /// Two e-mail addresses, so two rows in the patients view.
    pub const TWO_EMAILS: i64 = 22;
    /// Thousands of observations.
    pub const LONG_HISTORY: i64 = 23;
    /// Ten thousand letters. Only in the large practice.
    pub const MANY_DOCUMENTS: i64 = 24;
    /// "No allergies known" is recorded, and none is listed.
    pub const NIL_KNOWN: i64 = 25;
    /// "No allergies known" is recorded, but some are listed.
    pub const NIL_KNOWN_BUT_LISTED: i64 = 26;
    /// Allergies are recorded as known, but none is listed.
    pub const RECORDED_BUT_EMPTY: i64 = 27;
    /// Nothing is recorded about allergies.
    pub const NOT_RECORDED: i64 = 28;
    /// Nothing is recorded about allergies, but some are listed.
    pub const NOT_RECORDED_BUT_LISTED: i64 = 29;
    /// Three equal rows in the clinical view.
    pub const REPEATED: i64 = 30;
    /// Three different rows in the clinical view.
    pub const REPEATED_DIFFERENTLY: i64 = 31;
    /// No usual doctor.
    pub const NO_DOCTOR: i64 = 32;
    /// The usual doctor has left.
    pub const DOCTOR_LEFT: i64 = 33;
    /// One of two people with the same name and date of birth.
    pub const NAMESAKE: i64 = 34;
    /// The other person with that name and date of birth.
    pub const OTHER_NAMESAKE: i64 = 35;
    /// Sex and gender are other than female and male.
    pub const OTHER_SEX: i64 = 40;
    /// A veteran with a gold card.
    pub const VETERAN: i64 = 41;
}

/// The surname of the crowd: more patients with this surname and one date of birth than a list shows. Only
/// the large practice has them.
pub const CROWD_SURNAME: &str = "Batchelor";
/// The date of birth of the crowd.
pub const CROWD_BORN: Date = date(1990, 1, 1);
/// How many patients the crowd has.
pub const CROWD_SIZE: i64 = 60;

/// Sex as Bp codes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sex {
    /// 1.
    Female,
    /// 2.
    Male,
    /// 3.
    Other,
}

/// A patient worth trying. Every practice has the same ones.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// `INTERNALID`.
    pub patient: i64,
    /// First name. An empty one is stored as blanks.
    pub first_name: &'static str,
    /// Surname, as it was typed at registration.
    pub last_name: Option<&'static str>,
    /// Date of birth.
    pub born: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// What is special about the patient.
    pub why: &'static str,
}

const fn role(
    patient: i64,
    first_name: &'static str,
    last_name: &'static str,
    born: Date,
    sex: Sex,
    why: &'static str,
) -> Role {
    Role { patient, first_name, last_name: Some(last_name), born: Some(born), sex, why }
}

use Sex::{Female, Male, Other};

/// All patients worth trying.
#[rustfmt::skip]
pub const CAST: [Role; 41] = [
    role(patient::DEMONSTRATION, "Marguerite", "Wattleford", date(1957, 3, 14), Female, "everything is filled in; documents of every kind and size in every folder"),
    role(patient::EMPTY, "Quentin", "Nihill", date(1979, 7, 30), Male, "a name and a date of birth, and nothing else"),
    role(patient::TWIN, "Isla", "Farraday", date(2015, 2, 19), Female, "twin: same surname, date of birth, address, phone and Medicare card as Imogen"),
    role(patient::OTHER_TWIN, "Imogen", "Farraday", date(2015, 2, 19), Female, "twin: same surname, date of birth, address, phone and Medicare card as Isla"),
    role(patient::APOSTROPHE, "Declan", "O'Brien", date(1968, 11, 2), Male, "apostrophe in the surname"),
    role(6, "Sofia", "D'Angelo", date(1991, 5, 23), Female, "apostrophe in the surname"),
    role(7, "Hamish", "McDonald", date(1949, 9, 9), Male, "born on the same day as Fiona Mc Donald"),
    role(8, "Fiona", "Mc Donald", date(1949, 9, 9), Female, "blank inside the surname"),
    role(9, "Priya", "Smith-Jones", date(1986, 12, 1), Female, "hyphen in the surname"),
    role(10, "Willem", "Van Der Berg", date(1973, 4, 17), Male, "blanks inside the surname"),
    role(11, "Thi Hoa", "Nguyen", date(1995, 8, 8), Female, "blank inside the first name; a surname shared by many"),
    role(12, "Renée", "Béchard", date(1962, 1, 31), Female, "accents"),
    role(13, "Jürgen", "Müller", date(1958, 6, 15), Male, "accents"),
    role(14, "hARRIET", "oLDACRE", date(1980, 10, 10), Female, "typed with caps lock on"),
    role(15, " Rowan", " St  Clair", date(1993, 2, 28), Other, "leading blanks, and two blanks inside the surname"),
    role(patient::INACTIVE, "Agnes", "Pemberton", date(1939, 12, 24), Female, "inactive"),
    role(patient::DECEASED, "Arthur", "Kingsley-Rowe", date(1931, 5, 1), Male, "deceased"),
    Role { patient: patient::UNDATED, first_name: "Tess", last_name: Some("Marlowe"), born: None, sex: Female, why: "no date of birth" },
    Role { patient: patient::MONONYM, first_name: "Sukma", last_name: None, born: Some(date(1988, 8, 17)), sex: Female, why: "no surname" },
    role(patient::NEWBORN, "", "Castellano", date(2026, 10, 20), Other, "a newborn without a first name"),
    role(patient::DELETED, "Phoebe", "Winterbourne", date(1977, 3, 3), Female, "deleted: must not be found"),
    role(patient::TWO_EMAILS, "Bronwyn", "Tapper", date(1970, 6, 6), Female, "two e-mail addresses: twice in the patients view"),
    role(patient::LONG_HISTORY, "Leonard", "Ashgrove", date(1944, 4, 4), Male, "thousands of observations"),
    role(patient::MANY_DOCUMENTS, "Valerie", "Moncrieff", date(1951, 7, 19), Female, "ten thousand letters (large practice only)"),
    role(patient::NIL_KNOWN, "Noel", "Harker", date(1966, 12, 25), Male, "no known allergies"),
    role(patient::NIL_KNOWN_BUT_LISTED, "Ursula", "Penfold", date(1955, 10, 3), Female, "no known allergies, yet some are listed"),
    role(patient::RECORDED_BUT_EMPTY, "Gareth", "Lindqvist", date(1982, 3, 8), Male, "allergies recorded, yet none is listed"),
    role(patient::NOT_RECORDED, "Tamsin", "Yeo", date(2001, 1, 16), Female, "nothing recorded about allergies"),
    role(patient::NOT_RECORDED_BUT_LISTED, "Otis", "Brannigan", date(1972, 9, 21), Male, "nothing recorded about allergies, yet some are listed"),
    role(patient::REPEATED, "Miriam", "Castle", date(1960, 11, 11), Female, "three equal rows in the clinical view"),
    role(patient::REPEATED_DIFFERENTLY, "Felix", "Drummond", date(1963, 2, 2), Male, "three rows in the clinical view that do not agree"),
    role(patient::NO_DOCTOR, "Skye", "Paterson", date(1999, 9, 30), Female, "no usual doctor"),
    role(patient::DOCTOR_LEFT, "Bernard", "Lowe", date(1947, 8, 5), Male, "the usual doctor has left"),
    role(patient::NAMESAKE, "Michael", "Brown", date(1975, 5, 5), Male, "shares name and date of birth with another patient"),
    role(patient::OTHER_NAMESAKE, "Michael", "Brown", date(1975, 5, 5), Male, "shares name and date of birth with another patient"),
    role(36, "James", "Thomas", date(1983, 4, 12), Male, "first and last name swapped against Thomas James, born the same day"),
    role(37, "Thomas", "James", date(1983, 4, 12), Male, "first and last name swapped against James Thomas, born the same day"),
    role(38, "Anna", "Petrov", date(1984, 5, 6), Female, "day and month swapped against the other Anna Petrov"),
    role(39, "Anna", "Petrov", date(1984, 6, 5), Female, "day and month swapped against the other Anna Petrov"),
    role(patient::OTHER_SEX, "Alex", "Rivers", date(1997, 7, 7), Other, "sex other than female and male, gender non-binary"),
    role(patient::VETERAN, "Cyril", "Entwistle", date(1935, 4, 25), Male, "a veteran's gold card"),
];
