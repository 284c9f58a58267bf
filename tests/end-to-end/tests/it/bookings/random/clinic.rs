//! A practice in the storm: what its platform does, and what its book must contain in the end.

use std::collections::BTreeMap;

use end_to_end::{Answer, Bp, TestPractice, TestStack};
use jiff::civil::Date;
use rand::Rng;
use rand::rngs::StdRng;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::Counts;
use super::hands::Arrived;
use super::record::{BOOKINGS, Standing, Wanted, Wish, tag};
use crate::bookings::{Book, quiet_day};
use crate::steps::form;

/// The number of days with visits.
pub(super) const DAYS: i64 = 3;
/// The most practices that take part.
const PRACTICES: usize = 5;
/// The number of doctors. Only doctors with a unique registration number are used.
const DOCTORS: usize = 2;

/// A doctor whom Bp knows by registration number.
#[derive(Clone, Debug)]
pub(super) struct Doctor {
    pub(super) user: i64,
    pub(super) registration: String,
}

/// A practice, its appointment book, and the platform's record.
pub(super) struct Clinic {
    pub(super) practice: TestPractice,
    pub(super) book: Book,
    pub(super) doctors: Vec<Doctor>,
    site: String,
    location: i64,
    /// What the platform wants. Each booking has its own quarters of an hour, so that bookings do not block
    /// each other.
    pub(super) wanted: BTreeMap<u32, Wish>,
    /// Arrived visits, as the practice's people left them.
    pub(super) arrived: BTreeMap<u32, Arrived>,
    takes: u32,
}

/// The sites of the demonstration, one for each practice.
pub(super) async fn sites(bp: &Bp<'_>) -> Vec<String> {
    let listed = bp.control(reqwest::Method::GET, "/practices", None).await;
    let practices = listed["practices"].as_array().unwrap();
    practices.iter().take(PRACTICES).map(|one| text(one, "siteId")).collect()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// Active doctors with a unique registration number, and their first and last names.
fn doctors(users: &[Value]) -> Vec<(Doctor, String, String)> {
    let number = |user: &Value| user["registrationNumber"].as_str().map(str::to_owned);
    users
        .iter()
        .filter(|user| {
            let alone = |one: &&Value| number(one) == number(user);
            user["active"] == true
                && text(user, "group").contains("Doctor")
                && number(user).is_some()
                && users.iter().filter(alone).count() == 1
        })
        .map(|user| {
            let registration = number(user).unwrap();
            let user_id = user["userId"].as_i64().unwrap();
            let doctor = Doctor { user: user_id, registration };
            (doctor, text(user, "firstName"), text(user, "lastName"))
        })
        .take(DOCTORS)
        .collect()
}

impl Clinic {
    /// Connects a practice, chooses its settings and syncs its staff.
    pub(super) async fn open(stack: &TestStack, bp: &Bp<'_>, site: &str) -> Self {
        let practice = stack.new_practice().await;
        let there = bp.practice(site).await;
        let doctors = doctors(there["users"].as_array().unwrap());
        assert_eq!(doctors.len(), DOCTORS, "site {site} has too few doctors");
        let code = bp.pairing_code(site).await;
        let (_, first, last) = &doctors[0];
        let form = form(site, &code, first, last);
        practice.clinician.put("/connection", &form).await.assert_status(200);
        let locations = practice.practice_admin.get("/locations").await;
        let location = locations.at("/locations/0/locationId").as_i64().unwrap();
        let settings = json!({
            "timeZone": there["timeZone"],
            "bookings": { "enabled": true, "locationId": location, "durationMinutes": 15, "appointmentTypeCode": 1 },
        });
        practice.practice_admin.put("/settings", &settings).await.assert_status(200);
        let list: Vec<Value> = doctors
            .iter()
            .map(|(doctor, first, last)| {
                json!({ "ahpraNumber": doctor.registration, "firstName": first, "lastName": last })
            })
            .collect();
        practice.platform.put("/staff", &json!(list)).await.assert_status(200);
        let synced = practice.platform.post("/staff/sync", &json!({})).await;
        for at in 0..DOCTORS {
            assert_eq!(synced.text_at(&format!("/staff/{at}/state")), "synced", "{}", synced.text);
        }
        Self {
            practice,
            book: Book(text(&there, "databaseFile").into()),
            doctors: doctors.into_iter().map(|(doctor, ..)| doctor).collect(),
            site: site.to_owned(),
            location,
            wanted: BTreeMap::new(),
            arrived: BTreeMap::new(),
            takes: 0,
        }
    }

    pub(super) fn site(&self) -> &str {
        &self.site
    }

    /// A random day with visits.
    pub(super) fn day(dice: &mut StdRng) -> Date {
        quiet_day(dice.random_range(0..DAYS))
    }

    /// The platform books a visit, or changes a booking.
    pub(super) async fn book(&mut self, number: u32, dice: &mut StdRng) -> &'static str {
        self.takes += 1;
        let before = self.wanted.get(&number).and_then(Option::as_ref);
        let mut visit = match before {
            Some(before) if dice.random_bool(0.5) => before.clone(),
            _ => Wanted::anywhere(number, Self::day(dice), dice.random_range(0..DOCTORS), dice),
        };
        visit.minutes = dice.random_range(5..=15);
        visit.notes = format!("{}take {}", tag(number), self.takes);
        let what = match self.wanted.get(&number) {
            None => "booked",
            Some(None) => "booked again",
            Some(Some(before)) if before.is_where(&visit) => "changed",
            Some(Some(_)) => "moved",
        };
        let body = visit.body(&self.doctors);
        self.practice.platform.put(&path(number), &body).await.assert_status(202);
        self.wanted.insert(number, Some(visit));
        what
    }

    /// The platform cancels a booking.
    pub(super) async fn cancel(&mut self, number: u32) -> &'static str {
        let answer = self.practice.platform.delete(&path(number)).await;
        if !self.wanted.contains_key(&number) {
            answer.assert_problem(404, "not-found");
            return "nothing to cancel";
        }
        assert!([202, 204].contains(&answer.status.as_u16()), "{}", answer.text);
        match self.wanted.insert(number, None) {
            Some(Some(_)) => "cancelled",
            _ => "cancelled again",
        }
    }

    /// Someone resends one booking.
    pub(super) async fn resend(&self, number: u32) -> &'static str {
        let path = format!("{}/resend", path(number));
        let answer = self.practice.practice_admin.post(&path, &json!({})).await;
        if self.wanted.contains_key(&number) {
            answer.assert_status(202);
            return "resent";
        }
        answer.assert_problem(404, "not-found");
        "nothing to resend"
    }

    /// Someone resends all bookings.
    pub(super) async fn resend_all(&self) -> &'static str {
        let answer = self.practice.practice_admin.post("/bookings/resend", &json!({})).await;
        answer.assert_status(202);
        "all resent"
    }

    /// Someone books a patient at a time that the visit may need.
    pub(super) fn occupy(&self, number: u32, dice: &mut StdRng) -> &'static str {
        let doctor = dice.random_range(0..DOCTORS);
        let slot = Wanted::anywhere(number, Self::day(dice), doctor, dice);
        self.book.occupy(self.doctors[doctor].user, slot.day, slot.seconds(), 300);
        "occupied"
    }

    /// Removes the patients that were booked in the storm.
    pub(super) fn vacate(&self) {
        for week in 0..DAYS {
            self.book.vacate(quiet_day(week));
        }
    }

    async fn listed(&self, query: &str) -> Vec<Answer> {
        let list = self.practice.platform.get(&format!("/bookings{query}")).await;
        let found = list.assert_status(200).at("/items").as_array().unwrap();
        found.iter().map(|one| Answer { json: one.clone(), ..list.clone() }).collect()
    }

    /// How many bookings are not in a final state yet.
    pub(super) async fn on_their_way(&self) -> usize {
        self.listed("?state=pending,waiting").await.len()
    }

    /// Resends every failed booking whose visit has not arrived.
    pub(super) async fn resend_failed(&self) -> Counts {
        let mut counts = Counts::new();
        for booking in self.listed("?state=failed").await {
            let number = number_of(&booking);
            if !self.arrived.contains_key(&number) {
                self.resend(number).await;
                let why = booking.text_at("/problem/type");
                println!("bookings: resent at {}: {why}", self.site);
                *counts.entry("failed").or_default() += 1;
            }
        }
        counts
    }

    /// All differences between the API, the book and what they should be.
    pub(super) async fn differences(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut standing = self.standing();
        let listed = self.listed("").await;
        let mut bookings: BTreeMap<u32, &Answer> =
            listed.iter().map(|booking| (number_of(booking), booking)).collect();
        for (number, wish) in &self.wanted {
            let rows = standing.remove(number).unwrap_or_default();
            let expected = self.expected(*number, wish, &rows);
            let Some(booking) = bookings.remove(number) else {
                wrong.push(format!("{} {number} is not listed", self.site));
                continue;
            };
            let state = booking.text_at("/state").to_owned();
            let problem = booking.at("/problem/type").as_str().map(slug);
            let told = expected.state == state && expected.tells(problem);
            if !told || !expected.book {
                let arrived = self.arrived.get(number);
                wrong.push(format!(
                    "{} {number}: wanted {wish:?}, arrived {arrived:?}, in the book {rows:?}, {}",
                    self.site, booking.json
                ));
            }
        }
        wrong.extend(bookings.keys().map(|number| format!("{} {number} is too many", self.site)));
        wrong.extend(standing.iter().map(|stray| format!("{} has a stray: {stray:?}", self.site)));
        wrong
    }

    /// The final states of the bookings, counted.
    pub(super) fn ends(&self) -> Counts {
        let mut counts = Counts::new();
        for (number, wish) in &self.wanted {
            let end = match (wish, self.arrived.contains_key(number)) {
                (Some(_), false) => "in the book",
                (None, false) => "not in the book",
                (Some(_), true) => "arrived",
                (None, true) => "arrived, though cancelled",
            };
            *counts.entry(end).or_default() += 1;
        }
        counts
    }

    /// Live appointments with our mark, by booking. An appointment that belongs to no booking has a number
    /// that no booking has.
    pub(super) fn standing(&self) -> BTreeMap<u32, Vec<Standing>> {
        let mut standing: BTreeMap<u32, Vec<Standing>> = BTreeMap::new();
        for one in Standing::all(&self.book.open()) {
            let number = (0..BOOKINGS).find(|number| one.reason.contains(&tag(*number)));
            standing.entry(number.unwrap_or(u32::MAX)).or_default().push(one);
        }
        standing
    }

    fn expected(&self, number: u32, wish: &Wish, rows: &[Standing]) -> Expected {
        let stands = |row: &Standing, wanted: &Wanted| {
            wanted.is_at(row, &self.doctors) && row.location == self.location
        };
        let arrived = self.arrived.get(&number);
        let untouched = |arrived: &Arrived| {
            let alone = matches!(rows, [row] if row.id == arrived.id);
            alone && arrived.is_untouched(&self.book.open())
        };
        match (wish, arrived) {
            (Some(wanted), None) => Expected {
                state: "synced",
                book: matches!(rows, [row] if row.code == 1 && stands(row, wanted)),
                arrived: Tells::Nothing,
            },
            (None, None) => {
                Expected { state: "cancelled", book: rows.is_empty(), arrived: Tells::Nothing }
            }
            (Some(wanted), Some(arrived)) => Expected {
                state: "synced",
                book: untouched(arrived),
                arrived: match rows {
                    // It is at the wanted place: there is nothing to report.
                    [row] if stands(row, wanted) => Tells::Nothing,
                    _ => Tells::Arrived,
                },
            },
            (None, Some(arrived)) => {
                Expected { state: "failed", book: untouched(arrived), arrived: Tells::Arrived }
            }
        }
    }

    /// The practice's database.
    pub(super) fn database(&self) -> Connection {
        self.book.open()
    }
}

/// How a booking should look.
struct Expected {
    state: &'static str,
    /// Whether the book has the right appointments.
    book: bool,
    arrived: Tells,
}

/// Whether a booking says that its visit has arrived.
enum Tells {
    Nothing,
    Arrived,
}

impl Expected {
    fn tells(&self, problem: Option<&str>) -> bool {
        match self.arrived {
            Tells::Nothing => problem.is_none(),
            Tells::Arrived => problem == Some("appointment-arrived"),
        }
    }
}

fn slug(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or(kind)
}

fn path(number: u32) -> String {
    format!("/bookings/visit-{number}")
}

fn number_of(booking: &Answer) -> u32 {
    booking.text_at("/bookingId").trim_start_matches("visit-").parse().unwrap()
}
