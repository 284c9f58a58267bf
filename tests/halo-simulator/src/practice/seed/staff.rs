//! Users, locations and the practice.

use rusqlite::params;

use super::super::Demonstration;
use super::dice::Dice;
use super::{Part, Seeding, day, midnight, names, numbers};

/// User groups, by code.
const GROUPS: [&str; 7] = [
    "",
    "Doctor",
    "Nurse",
    "Receptionist",
    "Practice Manager",
    "Allied Health Professional",
    "Registrar",
];
const DOCTOR: i64 = 1;
const NURSE: i64 = 2;
const RECEPTION: i64 = 3;
const MANAGER: i64 = 4;
const ALLIED: i64 = 5;
const REGISTRAR: i64 = 6;

const ACTIVE: i64 = 1;
const INACTIVE: i64 = 2;

/// A user as this file lists them.
struct User {
    id: i64,
    title: i64,
    first_name: &'static str,
    last_name: &'static str,
    group: i64,
    status: i64,
    /// The three digits of the provider number's stem, for those who have one.
    stem: Option<u32>,
    /// What is stored as registration number: NULL, blank, or a number.
    registration: Option<&'static str>,
    /// The locations worked at, the usual one first.
    locations: &'static [i64],
}

#[expect(clippy::too_many_arguments, reason = "one line a user reads better than a builder")]
const fn user(
    id: i64,
    title: i64,
    first_name: &'static str,
    last_name: &'static str,
    group: i64,
    status: i64,
    stem: Option<u32>,
    registration: Option<&'static str>,
    locations: &'static [i64],
) -> User {
    User { id, title, first_name, last_name, group, status, stem, registration, locations }
}

const MR: i64 = 1;
const MRS: i64 = 2;
const MS: i64 = 3;
const DR: i64 = 6;

#[rustfmt::skip]
const LARGE: [User; 21] = [
    user(1, DR, "Amelia", "Thornbury", DOCTOR, ACTIVE, Some(101), Some("MED9990000001"), &[1, 2]),
    user(2, DR, "Rajan", "Wickramasinghe", DOCTOR, ACTIVE, Some(102), Some("MED9990000002"), &[1]),
    user(3, DR, "Siobhan", "O'Callaghan", DOCTOR, ACTIVE, Some(103), Some("MED9990000003"), &[2, 1, 4]),
    user(4, DR, "Lucas", "Smith-Jones", DOCTOR, ACTIVE, Some(104), Some("MED9990000004"), &[1, 4]),
    // Two people with one name: only the provider number tells them apart.
    user(5, DR, "David", "Nguyen", DOCTOR, ACTIVE, Some(105), Some("MED9990000005"), &[1]),
    user(17, DR, "David", "Nguyen", DOCTOR, ACTIVE, Some(117), Some("MED9990000017"), &[2]),
    user(6, DR, "Mei Lin", "Zhao", DOCTOR, ACTIVE, Some(106), Some("MED9990000006"), &[2, 1]),
    user(7, DR, "Zoë", "Brandt", DOCTOR, ACTIVE, Some(107), Some("MED9990000007"), &[4]),
    user(9, DR, "Grace", "Adeyemi", DOCTOR, ACTIVE, Some(109), None, &[1]),
    // One registration number typed for two users.
    user(10, DR, "Oliver", "Hartigan", DOCTOR, ACTIVE, Some(110), Some("MED9990000010"), &[1, 2, 4]),
    user(2_000_000_553, DR, "Olivia", "Hartigan", DOCTOR, ACTIVE, Some(153), Some("MED9990000010"), &[4]),
    user(2_000_000_550, DR, "Nadia", "Rahmani", REGISTRAR, ACTIVE, Some(150), Some("MED9990000050"), &[1]),
    user(8, DR, "Walter", "Finch", DOCTOR, INACTIVE, Some(108), Some("MED9990000008"), &[1]),
    user(30, MRS, "Karen", "Pilbeam", RECEPTION, ACTIVE, None, None, &[1]),
    user(31, MR, "Tomas", "Ferreira", RECEPTION, 3, None, Some(""), &[2]),
    user(32, MS, "Bridget", "Okafor", NURSE, ACTIVE, None, Some("NMW9990000032"), &[1]),
    user(34, MS, "Helen", "Stavros", MANAGER, ACTIVE, None, None, &[1]),
    user(35, MR, "Liam", "Prentice", ALLIED, ACTIVE, Some(135), Some("PHY9990000035"), &[2]),
    user(36, MISS_, "Dana", "Whitlock", RECEPTION, INACTIVE, None, None, &[1]),
    user(37, 0, "Imported", "User", RECEPTION, 999, None, None, &[1]),
    user(2_000_000_564, MS, "Kylie", "McAllister", RECEPTION, ACTIVE, None, None, &[4]),
];
const MISS_: i64 = 4;

#[rustfmt::skip]
const SMALL: [User; 6] = [
    user(1, DR, "Gwendolyn", "Abernethy", DOCTOR, ACTIVE, Some(201), Some("MED9990000201"), &[1]),
    user(2, DR, "Farid", "El-Khoury", DOCTOR, ACTIVE, Some(202), Some("MED9990000202"), &[1]),
    user(5, DR, "Patrick", "O'Neill", DOCTOR, ACTIVE, Some(205), Some("MED9990000205"), &[1]),
    user(3, DR, "Ingrid", "Vance", DOCTOR, INACTIVE, Some(203), Some("MED9990000203"), &[1]),
    user(4, MS, "Joanne", "Tully", RECEPTION, ACTIVE, None, None, &[1]),
    user(6, MS, "Ruth", "Ngata", NURSE, ACTIVE, None, Some("NMW9990000206"), &[1]),
];

/// Location id, name, street, town.
#[rustfmt::skip]
const LARGE_LOCATIONS: [(i64, &str, &str, usize); 3] = [
    (1, "Bluegum Hollow Family Practice", "14 Ironbark Street", 0),
    (2, "Bluegum Hollow - Riverside", "3/88 Creekside Parade", 2),
    (4, "Bluegum Hollow - Northgate", "201 Station Street", 7),
];
const SMALL_LOCATIONS: [(i64, &str, &str, usize); 1] =
    [(1, "Saltbush Point Surgery", "5 Lantern Street", 1)];

/// Who works here, as far as the rest of the content needs to know.
pub(super) struct Staff {
    /// Active practitioners with the locations they work at.
    pub(super) practitioners: Vec<(i64, &'static [i64])>,
    /// A doctor who has left.
    pub(super) left: i64,
    /// Somebody at the front desk.
    pub(super) reception: i64,
}

impl Staff {
    pub(super) fn hire(seeding: &Seeding<'_>) -> rusqlite::Result<Self> {
        let mut dice = seeding.dice(Part::Staff);
        let mut groups = seeding.table("USERGROUPS", "GROUPCODE GROUPNAME")?;
        for (code, name) in (0_i64..).zip(GROUPS) {
            groups.add(params![code, name])?;
        }
        let (users, locations): (&[User], &[_]) = match seeding.plan.which {
            Demonstration::Large => (&LARGE, &LARGE_LOCATIONS),
            Demonstration::Small => (&SMALL, &SMALL_LOCATIONS),
        };
        open_practice(seeding, &mut dice)?;
        open_locations(seeding, &mut dice, locations)?;
        add_users(seeding, &mut dice, users)?;
        let practitioners = users
            .iter()
            .filter(|user| user.status == ACTIVE && matches!(user.group, DOCTOR | REGISTRAR))
            .map(|user| (user.id, user.locations))
            .collect();
        let first = |group, status| {
            users
                .iter()
                .find(|user| user.group == group && user.status == status)
                .map_or(0, |user| user.id)
        };
        Ok(Self {
            practitioners,
            left: first(DOCTOR, INACTIVE),
            reception: first(RECEPTION, ACTIVE),
        })
    }

    /// A practitioner.
    pub(super) fn doctor(&self, dice: &mut Dice) -> i64 {
        dice.pick(&self.practitioners).0
    }
}

fn open_practice(seeding: &Seeding<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let which = seeding.plan.which;
    seeding
        .table("PRACTICE", "PRACTICEID PRACTICENAME HPIO SERIALNUMBER ABN")?
        // assumed: the Site ID is the serial number; which column holds it is not public.
        .add(params![1, which.name(), numbers::hpio(dice), which.site_id(), "99 999 999 999"])?;
    Ok(())
}

fn open_locations(
    seeding: &Seeding<'_>,
    dice: &mut Dice,
    locations: &[(i64, &str, &str, usize)],
) -> rusqlite::Result<()> {
    let mut table = seeding.table(
        "LOCATIONS",
        "LOCATIONID RECORDSTATUS LOCATIONNAME ADDRESS1 ADDRESS2 CITY POSTCODE HPIO PHONE AHPHONE FAX EMAIL",
    )?;
    table.add(params![
        0,
        0,
        "",
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>,
        None::<&str>
    ])?;
    for (id, name, street, town) in locations {
        let (town, postcode) = names::TOWNS[*town];
        table.add(params![
            id,
            1,
            name,
            street,
            "",
            town,
            postcode,
            numbers::hpio(dice),
            numbers::landline(dice),
            None::<&str>,
            numbers::landline(dice),
            format!("{}@example.com", names::plain(name)),
        ])?;
    }
    Ok(())
}

fn add_users(seeding: &Seeding<'_>, dice: &mut Dice, users: &[User]) -> rusqlite::Result<()> {
    let mut table = seeding.table(
        "USERS",
        "USERID USERSTATUS LOCATIONID HPII GROUPCODE TITLECODE SURNAME FIRSTNAME REGISTRATIONNO PRESCRIBERNO \
         PROVIDERNO PHONE MOBILEPHONE EMAIL INACTIVEDATE APPOINTMENTS",
    )?;
    let nothing = None::<&str>;
    table.add(params![
        0, 0, 0, nothing, 0, 0, "", "", nothing, nothing, nothing, nothing, nothing, nothing,
        nothing, 0
    ])?;
    let mut numbers_here =
        seeding.table("PROVIDER_LOCATION", "USERID LOCATIONID PROVIDERNUMBER")?;
    for user in users {
        let usual = user.locations.first().copied().unwrap_or(1);
        let number =
            |location: i64| user.stem.map(|stem| numbers::provider(stem, location as usize));
        let hpii = user.stem.map(|_| numbers::hpii(dice));
        let mail = format!(
            "{}.{}@example.com",
            names::plain(user.first_name),
            names::plain(user.last_name)
        );
        table.add(params![
            user.id,
            user.status,
            usual,
            hpii,
            user.group,
            user.title,
            user.last_name,
            user.first_name,
            user.registration,
            user.stem.map(|stem| format!("9{stem:06}")),
            number(usual),
            numbers::landline(dice),
            numbers::mobile(dice),
            mail,
            (user.status == INACTIVE).then(|| midnight(day(-400))),
            i64::from(user.stem.is_some() && user.status == ACTIVE),
        ])?;
        for location in user.locations {
            if let Some(number) = number(*location) {
                numbers_here.add(params![user.id, location, number])?;
            }
        }
    }
    Ok(())
}
