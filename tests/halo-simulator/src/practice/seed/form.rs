//! The registration form of an ordinary person.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::super::cast::Sex;
use super::dice::Dice;
use super::staff::Staff;
use super::{REFERENCE_DATE, day, names, numbers, shifted};

pub(super) const ACTIVE: i64 = 1;
pub(super) const INACTIVE: i64 = 2;
pub(super) const DECEASED: i64 = 3;

/// A row of PATIENTS, without the columns that are always the same.
#[derive(Default)]
pub(super) struct Form {
    pub(super) id: i64,
    pub(super) deleted: bool,
    pub(super) status: i64,
    pub(super) died: Option<Date>,
    pub(super) title: i64,
    pub(super) first_name: Option<String>,
    pub(super) middle_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) preferred_name: Option<String>,
    pub(super) address: [Option<String>; 4],
    pub(super) postal_address: [Option<String>; 3],
    pub(super) born: Option<Date>,
    pub(super) sex: i64,
    pub(super) ethnicity: i64,
    pub(super) phones: [Option<String>; 3],
    pub(super) medicare: [Option<String>; 3],
    pub(super) pension: i64,
    pub(super) pension_number: Option<String>,
    pub(super) pension_from: Option<Date>,
    pub(super) pension_until: Option<Date>,
    pub(super) dva: i64,
    pub(super) dva_number: Option<String>,
    pub(super) safety_net: Option<String>,
    pub(super) chart: Option<String>,
    pub(super) religion: Option<String>,
    pub(super) fund: Option<(&'static str, String)>,
    pub(super) ihi: Option<String>,
    pub(super) doctor: i64,
    pub(super) tier: i64,
    pub(super) external: Option<String>,
    pub(super) next_of_kin: i64,
}

/// The form of an ordinary person.
pub(super) fn ordinary(dice: &mut Dice, staff: &Staff, id: i64, sex: Sex) -> Form {
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
        // NULL and blanks both mean that nothing is known.
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

/// Sex as Bp codes it.
pub(super) fn code(sex: Sex) -> i64 {
    match sex {
        Sex::Female => 1,
        Sex::Male => 2,
        Sex::Other => 3,
    }
}

/// Fills in all fields.
pub(super) fn fill_everything(form: &mut Form, dice: &mut Dice) {
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
