//! Users, locations and the practice.

use rusqlite::params;

use super::dice::Dice;
use super::teams::{ACTIVE, DOCTOR, GROUPS, INACTIVE, Place, RECEPTION, REGISTRAR, Team, User};
use super::{Part, Seeding, day, midnight, names, numbers};

/// The people of the practice, as the rest of the content needs them.
pub(super) struct Staff {
    /// Active practitioners with the locations they work at.
    pub(super) practitioners: Vec<(i64, &'static [i64])>,
    /// A doctor who has left.
    pub(super) left: i64,
    /// A person at the front desk.
    pub(super) reception: i64,
}

impl Staff {
    pub(super) fn hire(seeding: &Seeding<'_>) -> rusqlite::Result<Self> {
        let mut dice = seeding.dice(Part::Staff);
        let mut groups = seeding.table("USERGROUPS", "GROUPCODE GROUPNAME")?;
        for (code, name) in (0_i64..).zip(GROUPS) {
            groups.add(params![code, name])?;
        }
        let Team { users, places } = Team::of(seeding.plan.which);
        open_practice(seeding, &mut dice)?;
        open_locations(seeding, &mut dice, places)?;
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

    /// A random practitioner.
    pub(super) fn doctor(&self, dice: &mut Dice) -> i64 {
        dice.pick(&self.practitioners).0
    }
}

fn open_practice(seeding: &Seeding<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let which = seeding.plan.which;
    seeding
        .table("PRACTICE", "PRACTICEID PRACTICENAME HPIO SERIALNUMBER ABN")?
        // assumed: the Site ID is the serial number. Its column is not public.
        .add(params![1, which.name(), numbers::hpio(dice), which.site_id(), "99 999 999 999"])?;
    Ok(())
}

fn open_locations(
    seeding: &Seeding<'_>,
    dice: &mut Dice,
    places: &[Place],
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
    for Place { id, name, street, town } in places {
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
