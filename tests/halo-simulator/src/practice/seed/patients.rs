//! Patients: the cast, the crowd, and ordinary people.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use rusqlite::params;

use super::super::cast::{CAST, CROWD_BORN, CROWD_SURNAME, Role, Sex, patient};
use super::dice::Dice;
use super::staff::Staff;
use super::table::Table;
use super::{Part, Person, REFERENCE_DATE, Seeding, day, midnight, names, numbers, shifted};

/// The cast has the numbers below.
const FIRST_ORDINARY: i64 = 101;

const ACTIVE: i64 = 1;
const INACTIVE: i64 = 2;
const DECEASED: i64 = 3;

/// A row of PATIENTS, as far as it is not always the same.
#[derive(Default)]
struct Form {
    id: i64,
    deleted: bool,
    status: i64,
    died: Option<Date>,
    title: i64,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    preferred_name: Option<String>,
    address: [Option<String>; 4],
    postal_address: [Option<String>; 3],
    born: Option<Date>,
    sex: i64,
    ethnicity: i64,
    phones: [Option<String>; 3],
    medicare: [Option<String>; 3],
    pension: i64,
    pension_number: Option<String>,
    pension_from: Option<Date>,
    pension_until: Option<Date>,
    dva: i64,
    dva_number: Option<String>,
    safety_net: Option<String>,
    chart: Option<String>,
    religion: Option<String>,
    fund: Option<(&'static str, String)>,
    ihi: Option<String>,
    doctor: i64,
    tier: i64,
    external: Option<String>,
    next_of_kin: i64,
}

/// The tables that a registration writes.
struct Desk<'c> {
    patients: Table<'c>,
    emails: Table<'c>,
    genders: Table<'c>,
    kin: Table<'c>,
}

pub(super) fn register(seeding: &Seeding<'_>, staff: &Staff) -> rusqlite::Result<Vec<Person>> {
    let mut dice = seeding.dice(Part::Patients);
    let mut desk = Desk::open(seeding)?;
    desk.add_nobody()?;
    let mut people = Vec::new();
    let mut twins = None;
    for role in &CAST {
        let mut form = ordinary(&mut dice, staff, role.patient, role.sex);
        form.first_name = Some(role.first_name.to_owned());
        form.last_name = role.last_name.map(str::to_owned);
        form.born = role.born;
        play(&mut form, role, staff, &mut dice, &mut twins);
        people.push(desk.add(form, role.sex, &mut dice)?);
    }
    let ordinary_people = seeding.plan.patients - CAST.len() as i64;
    for number in 0..ordinary_people {
        let sex = if dice.percent(51) { Sex::Female } else { Sex::Male };
        let mut form = ordinary(&mut dice, staff, FIRST_ORDINARY + number, sex);
        if number < seeding.plan.crowd {
            form.last_name = Some(CROWD_SURNAME.to_owned());
            form.born = Some(CROWD_BORN);
            form.status = ACTIVE;
            form.died = None;
        }
        people.push(desk.add(form, sex, &mut dice)?);
    }
    Ok(people)
}

/// Somebody from the street.
fn ordinary(dice: &mut Dice, staff: &Staff, id: i64, sex: Sex) -> Form {
    let first_names = if sex == Sex::Male { &names::MEN } else { &names::WOMEN };
    let mut last_name = (*dice.pick(&names::SURNAMES)).to_owned();
    if dice.percent(2) {
        last_name = last_name.to_uppercase();
    }
    let born = shifted(REFERENCE_DATE, dice.within(-33_000..=-30).days());
    let age = i64::from(REFERENCE_DATE.year()) - i64::from(born.year());
    let (town, postcode) = *dice.pick(&names::TOWNS);
    let street = format!("{} {}", dice.within(1..=240), dice.pick(&names::STREETS));
    let status = match dice.within(1..=100) {
        1..=5 => INACTIVE,
        6..=7 => DECEASED,
        _ => ACTIVE,
    };
    let pension = if age > 66 && dice.percent(60) { 1 } else { 0 };
    let veteran = age > 75 && dice.percent(8);
    let mut form = Form {
        id,
        status,
        died: (status == DECEASED).then(|| day(dice.within(-900..=-10))),
        title: match sex {
            Sex::Male if age < 16 => 5,
            Sex::Male => 1,
            Sex::Female if age < 18 => 4,
            Sex::Female => dice.within(2..=4),
            Sex::Other => 0,
        },
        first_name: Some((*dice.pick(first_names)).to_owned()),
        middle_name: dice.percent(40).then(|| (*dice.pick(first_names)).to_owned()),
        last_name: Some(last_name),
        preferred_name: dice.percent(10).then(|| (*dice.pick(first_names)).to_owned()),
        address: [
            Some(if dice.percent(10) {
                format!("Unit {}", dice.within(1..=40))
            } else {
                street.clone()
            }),
            None,
            Some(town.to_owned()),
            Some(postcode.to_owned()),
        ],
        born: Some(born),
        sex: code(sex),
        ethnicity: *dice.pick(&[0, 1, 3, 999, 999, 1101, 1101, 2101, 5107, 9999]),
        // NULL and blank both mean that nothing is known.
        phones: [
            dice.percent(60).then(|| numbers::landline(dice)),
            dice.percent(30).then(String::new),
            dice.percent(80).then(|| numbers::mobile(dice)),
        ],
        doctor: if dice.percent(85) { staff.doctor(dice) } else { 0 },
        chart: dice.percent(70).then(|| format!("C{id:06}")),
        religion: dice.percent(10).then(|| (*dice.pick(&names::RELIGIONS)).to_owned()),
        fund: dice.percent(35).then(|| (*dice.pick(&names::FUNDS), dice.digits(8))),
        ihi: dice.percent(75).then(|| numbers::ihi(dice)),
        pension,
        tier: if pension > 0 && dice.percent(5) { dice.within(1..=3) } else { 0 },
        ..Form::default()
    };
    if form.address[0].as_deref() != Some(street.as_str()) {
        form.address[1] = Some(street);
    }
    if dice.percent(20) {
        form.postal_address = [
            Some(format!("PO Box {}", dice.within(1..=900))),
            Some(town.to_owned()),
            Some(postcode.to_owned()),
        ];
    }
    if dice.percent(88) {
        let number = numbers::medicare(dice);
        let number = if dice.percent(15) {
            format!("{} {} {}", &number[..4], &number[4..9], &number[9..])
        } else {
            number
        };
        let expiry = format!("{:02}/{}", dice.within(1..=12), dice.within(2026..=2031));
        form.medicare = [Some(number), Some(dice.within(1..=5).to_string()), Some(expiry)];
    }
    if pension > 0 {
        form.pension_number =
            Some(format!("999{}{}", dice.digits(6), dice.pick(&['A', 'C', 'H', 'X'])));
        form.pension_from = Some(day(-1_500));
        form.pension_until = Some(day(dice.within(-200..=700)));
    }
    if veteran {
        form.dva = dice.within(1..=2);
        form.dva_number = Some(format!("NX99{}", dice.digits(4)));
    }
    form
}

fn code(sex: Sex) -> i64 {
    match sex {
        Sex::Female => 1,
        Sex::Male => 2,
        Sex::Other => 3,
    }
}

/// What makes the cast special.
fn play(form: &mut Form, role: &Role, staff: &Staff, dice: &mut Dice, twins: &mut Option<Shared>) {
    form.status = ACTIVE;
    form.died = None;
    if form.doctor == 0 {
        form.doctor = staff.doctor(dice);
    }
    match role.patient {
        patient::DEMONSTRATION => fill_everything(form, dice),
        patient::EMPTY => {
            *form = Form {
                id: form.id,
                status: ACTIVE,
                first_name: form.first_name.take(),
                last_name: form.last_name.take(),
                born: form.born,
                ..Form::default()
            };
        }
        patient::TWIN => {
            form.medicare =
                [Some(numbers::medicare(dice)), Some("3".to_owned()), Some("08/2029".to_owned())];
            form.title = 4;
            *twins = Some(Shared {
                address: form.address.clone(),
                phones: form.phones.clone(),
                medicare: form.medicare.clone(),
                doctor: form.doctor,
            });
        }
        patient::OTHER_TWIN => {
            if let Some(shared) = twins.take() {
                form.address = shared.address;
                form.phones = shared.phones;
                form.medicare = shared.medicare;
                form.doctor = shared.doctor;
            }
            form.medicare[1] = Some("4".to_owned());
            form.title = 4;
        }
        patient::INACTIVE => form.status = INACTIVE,
        patient::DECEASED => {
            form.status = DECEASED;
            form.died = Some(day(-75));
        }
        patient::DELETED => form.deleted = true,
        patient::NO_DOCTOR => form.doctor = 0,
        patient::DOCTOR_LEFT => form.doctor = staff.left,
        patient::OTHER_SEX => form.ethnicity = 9999,
        patient::NAMESAKE | patient::OTHER_NAMESAKE => {
            form.middle_name = None;
            form.medicare =
                [Some(numbers::medicare(dice)), Some("1".to_owned()), Some("01/2030".to_owned())];
        }
        patient::VETERAN => {
            form.dva = 1;
            form.dva_number = Some("QX990135".to_owned());
        }
        _ => {}
    }
}

/// What twins share.
struct Shared {
    address: [Option<String>; 4],
    phones: [Option<String>; 3],
    medicare: [Option<String>; 3],
    doctor: i64,
}

fn fill_everything(form: &mut Form, dice: &mut Dice) {
    let text = |value: &str| Some(value.to_owned());
    form.title = 2;
    form.middle_name = text("Anne");
    form.preferred_name = text("Margie");
    form.address =
        [text("The Old Dairy"), text("27 Wattlebird Lane"), text("Bluegum Hollow"), text("2991")];
    form.postal_address = [text("PO Box 417"), text("Bluegum Hollow"), text("2991")];
    form.ethnicity = 1101;
    form.phones = [text("02 5550 0142"), text("02 5550 0190"), text("0491 570 156")];
    form.medicare = [Some(numbers::medicare(dice)), text("2"), text("11/2029")];
    form.pension = 1;
    form.pension_number = text("999314157A");
    form.pension_from = Some(date(2024, 3, 14));
    form.pension_until = Some(date(2028, 3, 13));
    form.dva = 2;
    form.dva_number = text("NSS990314");
    form.safety_net = text("SN99000142");
    form.chart = text("W000001");
    form.religion = text("Anglican");
    form.fund = Some(("Wattle Mutual Health", "99001422".to_owned()));
    form.ihi = Some(numbers::ihi(dice));
    form.tier = 2;
    form.external = text("EXT-0001");
}

impl<'c> Desk<'c> {
    fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        Ok(Self {
            patients: seeding.table(
                "PATIENTS",
                "INTERNALID RECORDSTATUS PATIENTSTATUS DATEOFDEATH TITLECODE FIRSTNAME MIDDLENAME SURNAME \
                 PREFERREDNAME ADDRESS1 ADDRESS2 CITY POSTCODE POSTALADDRESS POSTALCITY POSTALPOSTCODE DOB \
                 SEXCODE ETHNICCODE HOMEPHONE WORKPHONE MOBILEPHONE MEDICARENO MEDICARELINENO MEDICAREEXPIRY \
                 PENSIONCODE PENSIONNO PENSIONSTART PENSIONEXPIRY DVACODE DVANO SAFETYNETNO RECORDNO RELIGION \
                 HEALTHFUNDNAME HEALTHFUNDNO IHI USERID HCHTIER HCHSTARTED EXTERNALID NEXTOFKINID",
            )?,
            emails: seeding.table("EMAIL", "INTERNALID EMAILCODE EMAIL")?,
            genders: seeding.table("PATIENTGENDER", "INTERNALID GENDERCODE")?,
            kin: seeding.table(
                "NEXTOFKIN",
                "TYPE INTERNALID TITLECODE SURNAME FIRSTNAME ADDRESS CITY POSTCODE CONTACTPHONE \
                 CONTACTPHONE2 RELATIONSHIP",
            )?,
        })
    }

    /// Patient 0, to whom blocked slots and unmatched reports belong.
    fn add_nobody(&mut self) -> rusqlite::Result<()> {
        self.insert(&Form::default())
    }

    fn add(&mut self, mut form: Form, sex: Sex, dice: &mut Dice) -> rusqlite::Result<Person> {
        let bare = form.id == patient::EMPTY;
        let full = form.id == patient::DEMONSTRATION;
        let (first, last) = (
            form.first_name.clone().unwrap_or_default(),
            form.last_name.clone().unwrap_or_default(),
        );
        if full || (!bare && dice.percent(30)) {
            let first_names = if dice.percent(50) { &names::MEN } else { &names::WOMEN };
            let relative = *dice.pick(first_names);
            let relationship = *dice.pick(&["Spouse", "Daughter", "Son", "Friend", "Mother"]);
            form.next_of_kin = self.kin.add(params![
                1,
                form.id,
                dice.within(1..=3),
                last,
                relative,
                form.address[0],
                form.address[2],
                form.address[3],
                numbers::mobile(dice),
                dice.percent(30).then(|| numbers::landline(dice)),
                relationship,
            ])?;
        }
        self.insert(&form)?;
        if full || form.id == patient::TWO_EMAILS || (!bare && dice.percent(65)) {
            let host = dice.pick(&["example.com", "example.org", "example.net"]);
            let mail =
                format!("{}.{}{}@{host}", names::plain(&first), names::plain(&last), form.id);
            self.emails.add(params![form.id, 1, mail])?;
            if form.id == patient::TWO_EMAILS {
                self.emails.add(params![form.id, 2, "b.tapper@example.org"])?;
            }
        }
        if full || form.id == patient::OTHER_SEX || (!bare && dice.percent(25)) {
            self.genders.add(params![form.id, code(sex)])?;
        }
        Ok(Person {
            id: form.id,
            first_name: first,
            last_name: last,
            born: form.born,
            sex,
            doctor: form.doctor,
            medicare: form.medicare[0].take(),
        })
    }

    fn insert(&mut self, form: &Form) -> rusqlite::Result<()> {
        let at = |day: Option<Date>| day.map(midnight);
        let [address1, address2, city, postcode] = &form.address;
        let [postal, postal_city, postal_code] = &form.postal_address;
        let [home, work, mobile] = &form.phones;
        let [medicare, line, expiry] = &form.medicare;
        self.patients.add(params![
            form.id,
            i64::from(!form.deleted),
            form.status,
            at(form.died),
            form.title,
            form.first_name,
            form.middle_name,
            form.last_name,
            form.preferred_name,
            address1,
            address2,
            city,
            postcode,
            postal,
            postal_city,
            postal_code,
            at(form.born),
            form.sex,
            form.ethnicity,
            home,
            work,
            mobile,
            medicare,
            line,
            expiry,
            form.pension,
            form.pension_number,
            at(form.pension_from),
            at(form.pension_until),
            form.dva,
            form.dva_number,
            form.safety_net,
            form.chart,
            form.religion,
            form.fund.as_ref().map(|(name, _)| *name),
            form.fund.as_ref().map(|(_, number)| number),
            form.ihi,
            form.doctor,
            form.tier,
            (form.tier > 0).then(|| midnight(day(-300))),
            form.external,
            form.next_of_kin,
        ])?;
        Ok(())
    }
}
