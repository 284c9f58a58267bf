//! Patients: the cast, the crowd, and ordinary people.

use jiff::civil::Date;
use rusqlite::params;

use super::super::cast::{CAST, CROWD_BORN, CROWD_SURNAME, Role, Sex, patient};
use super::dice::Dice;
use super::form::{ACTIVE, DECEASED, Form, INACTIVE, code, fill_everything, ordinary};
use super::staff::Staff;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight, names, numbers};

/// The first number of an ordinary patient. The cast has lower numbers.
const FIRST_ORDINARY: i64 = 101;

/// The tables that a registration fills.
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
            (form.pension, form.tier, form.dva) = (0, 0, 0);
            (form.pension_number, form.pension_from, form.pension_until) = (None, None, None);
            form.dva_number = None;
        }
        people.push(desk.add(form, sex, &mut dice)?);
    }
    Ok(people)
}

/// Sets what is special about a patient of the cast.
fn play(form: &mut Form, role: &Role, staff: &Staff, dice: &mut Dice, twins: &mut Option<Shared>) {
    form.status = ACTIVE;
    form.died = None;
    if form.doctor == 0 {
        form.doctor = staff.doctor(dice);
    }
    match role.patient {
        patient::DEMONSTRATION => {
            fill_everything(form, dice);
            form.doctor = staff.practitioners.first().map_or(0, |(id, _)| *id);
        }
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

/// The fields that twins share.
struct Shared {
    address: [Option<String>; 4],
    phones: [Option<String>; 3],
    medicare: [Option<String>; 3],
    doctor: i64,
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

    /// Patient 0, the owner of blocked slots and unmatched reports. Its text fields are blank and never
    /// NULL: public programs have trimmed the names of all active rows for years.
    fn add_nobody(&mut self) -> rusqlite::Result<()> {
        self.insert(&Form::default())?;
        self.patients.blank_text("INTERNALID = 0")
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
