//! The people and locations of each practice, listed by hand.

use super::super::Demonstration;

/// User groups, by code.
pub(super) const GROUPS: [&str; 7] = [
    "",
    "Doctor",
    "Nurse",
    "Receptionist",
    "Practice Manager",
    "Allied Health Professional",
    "Registrar",
];
pub(super) const DOCTOR: i64 = 1;
const NURSE: i64 = 2;
pub(super) const RECEPTION: i64 = 3;
const MANAGER: i64 = 4;
const ALLIED: i64 = 5;
pub(super) const REGISTRAR: i64 = 6;

pub(super) const ACTIVE: i64 = 1;
pub(super) const INACTIVE: i64 = 2;

/// A user as this file lists them.
pub(super) struct User {
    pub(super) id: i64,
    pub(super) title: i64,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) group: i64,
    pub(super) status: i64,
    /// The three digits of the provider number's stem, if the user has one.
    pub(super) stem: Option<u32>,
    /// The stored registration number: NULL, blank, or a number.
    pub(super) registration: Option<&'static str>,
    /// The locations of the user, the usual one first.
    pub(super) locations: &'static [i64],
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
    // Two people with the same name: only the provider number distinguishes them.
    user(5, DR, "David", "Nguyen", DOCTOR, ACTIVE, Some(105), Some("MED9990000005"), &[1]),
    user(17, DR, "David", "Nguyen", DOCTOR, ACTIVE, Some(117), Some("MED9990000017"), &[2]),
    user(6, DR, "Mei Lin", "Zhao", DOCTOR, ACTIVE, Some(106), Some("MED9990000006"), &[2, 1]),
    user(7, DR, "Zoë", "Brandt", DOCTOR, ACTIVE, Some(107), Some("MED9990000007"), &[4]),
    user(9, DR, "Grace", "Adeyemi", DOCTOR, ACTIVE, Some(109), None, &[1]),
    // Two users with the same registration number.
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

#[rustfmt::skip]
const QUANDONG_FLAT: [User; 7] = [
    user(1, DR, "Beatrix", "Langmuir", DOCTOR, ACTIVE, Some(301), Some("MED9990000301"), &[1]),
    user(2, DR, "Colm", "Devereaux", DOCTOR, ACTIVE, Some(302), Some("MED9990000302"), &[1]),
    user(3, DR, "Padma", "Venkatesan", DOCTOR, ACTIVE, Some(303), Some("MED9990000303"), &[1]),
    user(8, DR, "Saskia", "Holloway", REGISTRAR, ACTIVE, Some(308), Some("MED9990000308"), &[1]),
    user(4, DR, "Harold", "Pymble", DOCTOR, INACTIVE, Some(304), Some("MED9990000304"), &[1]),
    user(5, MRS, "Denise", "Carmody", RECEPTION, ACTIVE, None, None, &[1]),
    user(6, MR, "Aaron", "Tewksbury", NURSE, ACTIVE, None, Some("NMW9990000306"), &[1]),
];

#[rustfmt::skip]
const MALLEE_CROSSING: [User; 7] = [
    user(1, DR, "Theodora", "Winslow-Hart", DOCTOR, ACTIVE, Some(401), Some("MED9990000401"), &[1]),
    user(4, DR, "Ibrahim", "Saleh", DOCTOR, ACTIVE, Some(404), Some("MED9990000404"), &[1]),
    user(6, DR, "Niamh", "O'Reardon", DOCTOR, ACTIVE, Some(406), Some("MED9990000406"), &[1]),
    user(2, DR, "Edmund", "Crake", DOCTOR, INACTIVE, Some(402), Some("MED9990000402"), &[1]),
    user(3, MS, "Yvonne", "Pascoe", RECEPTION, ACTIVE, None, None, &[1]),
    user(5, MS, "Leilani", "Foster", MANAGER, ACTIVE, None, None, &[1]),
    user(7, MS, "Greta", "Solheim", NURSE, ACTIVE, None, Some("NMW9990000407"), &[1]),
];

#[rustfmt::skip]
const LAKE_TARRAWONGA: [User; 8] = [
    user(1, DR, "Lachlan", "Birdwood", DOCTOR, ACTIVE, Some(501), Some("MED9990000501"), &[1]),
    user(2, DR, "Hyun-ju", "Seo", DOCTOR, ACTIVE, Some(502), Some("MED9990000502"), &[1]),
    user(3, DR, "Margit", "Österlund", DOCTOR, ACTIVE, Some(503), Some("MED9990000503"), &[1]),
    user(6, DR, "Cormac", "D'Arcy", DOCTOR, ACTIVE, Some(506), Some("MED9990000506"), &[1]),
    user(2_000_000_571, DR, "Adaeze", "Nwosu", REGISTRAR, ACTIVE, Some(571), Some("MED9990000571"), &[1]),
    user(5, DR, "Sylvia", "Rothwell", DOCTOR, INACTIVE, Some(505), Some("MED9990000505"), &[1]),
    user(4, MR, "Dale", "Hutchings", RECEPTION, ACTIVE, None, None, &[1]),
    user(7, MR, "Marcus", "Featherby", ALLIED, ACTIVE, Some(507), Some("PHY9990000507"), &[1]),
];

/// A location of a practice.
pub(super) struct Place {
    pub(super) id: i64,
    pub(super) name: &'static str,
    pub(super) street: &'static str,
    /// The index of the invented town.
    pub(super) town: usize,
}

const fn place(id: i64, name: &'static str, street: &'static str, town: usize) -> Place {
    Place { id, name, street, town }
}

const LARGE_PLACES: [Place; 3] = [
    place(1, "Bluegum Hollow Family Practice", "14 Ironbark Street", 0),
    place(2, "Bluegum Hollow - Riverside", "3/88 Creekside Parade", 2),
    place(4, "Bluegum Hollow - Northgate", "201 Station Street", 7),
];
const SMALL_PLACES: [Place; 1] = [place(1, "Saltbush Point Surgery", "5 Lantern Street", 1)];
const QUANDONG_FLAT_PLACES: [Place; 1] =
    [place(1, "Quandong Flat Medical Centre", "62 Rosella Place", 3)];
const MALLEE_CROSSING_PLACES: [Place; 1] =
    [place(1, "Mallee Crossing Doctors", "1 Shearers Lane", 4)];
const LAKE_TARRAWONGA_PLACES: [Place; 1] =
    [place(1, "Lake Tarrawonga Clinic", "27B Myrtle Street", 5)];

/// The people and locations of a practice.
pub(super) struct Team {
    pub(super) users: &'static [User],
    pub(super) places: &'static [Place],
}

impl Team {
    pub(super) fn of(which: Demonstration) -> Self {
        let (users, places): (&[User], &[Place]) = match which {
            Demonstration::Large => (&LARGE, &LARGE_PLACES),
            Demonstration::Small => (&SMALL, &SMALL_PLACES),
            Demonstration::QuandongFlat => (&QUANDONG_FLAT, &QUANDONG_FLAT_PLACES),
            Demonstration::MalleeCrossing => (&MALLEE_CROSSING, &MALLEE_CROSSING_PLACES),
            Demonstration::LakeTarrawonga => (&LAKE_TARRAWONGA, &LAKE_TARRAWONGA_PLACES),
        };
        Self { users, places }
    }
}
