//! Two pushes at the same moment.

use std::thread;

use crate::bookings::receptionist::{
    OTHER_DOCTOR, OTHER_TOKEN, Receptionist, impatient, patient, pushes,
};
use crate::bookings::support::{NINE, Practice, QUARTER, Wanted, Wish};

#[test]
fn two_pushes_of_one_user_and_day_run_one_after_the_other_and_others_go_on() {
    let mut practice = Practice::open();
    let in_the_way = practice.occupy(NINE, QUARTER);
    let mut receptionist = Receptionist::at(&practice);
    receptionist.opens(&practice, in_the_way);
    let first = pushes(&practice, &Wanted::at(NINE));
    receptionist.is_waited_for(&practice);
    let second = Wanted { token: OTHER_TOKEN, ..Wanted::at(NINE + 4 * QUARTER) };
    let refused = practice.try_text(&impatient(), &second, Wish::InTheBook).unwrap_err();
    assert_eq!(refused.number, 50_002, "{}", refused.message);
    for (beside, outcome) in [
        (Wanted { user: OTHER_DOCTOR, ..second.clone() }, "created"),
        (Wanted { user: OTHER_DOCTOR, day: "2027-11-03", ..second.clone() }, "moved"),
        (Wanted { day: "2027-11-03", ..second.clone() }, "moved"),
    ] {
        let pushed = practice.try_text(&impatient(), &beside, Wish::InTheBook).unwrap();
        assert_eq!(pushed.0, outcome);
    }
    // It cannot move to the day, and where it stands it can be changed.
    let refused = practice.try_text(&impatient(), &second, Wish::InTheBook).unwrap_err();
    assert_eq!(refused.number, 50_002);
    receptionist.run(&practice, "ROLLBACK").unwrap();
    assert_eq!(first.join().unwrap().unwrap().0, "conflict");
    assert_eq!(practice.outcome(&second), "moved");
}

#[test]
fn a_push_away_from_a_user_and_day_waits_for_the_push_that_works_there() {
    let mut practice = Practice::open();
    let moving = Wanted { token: OTHER_TOKEN, ..Wanted::at(NINE + 4 * QUARTER) };
    practice.push(&moving);
    let in_the_way = practice.occupy(NINE, QUARTER);
    let mut receptionist = Receptionist::at(&practice);
    receptionist.opens(&practice, in_the_way);
    let first = pushes(&practice, &Wanted::at(NINE));
    receptionist.is_waited_for(&practice);
    let elsewhere = Wanted { day: "2027-11-03", ..moving.clone() };
    for wish in [Wish::InTheBook, Wish::Out] {
        let refused = practice.try_text(&impatient(), &elsewhere, wish).unwrap_err();
        assert_eq!(refused.number, 50_002);
    }
    receptionist.run(&practice, "ROLLBACK").unwrap();
    first.join().unwrap().unwrap();
    practice.assert_in_the_book(&moving);
}

#[test]
fn an_appointment_that_somebody_moves_while_its_push_waits_is_pushed_again() {
    let mut practice = Practice::open();
    let moving = Wanted { token: OTHER_TOKEN, ..Wanted::at(NINE + 4 * QUARTER) };
    let (_, id, _) = practice.push(&moving);
    let in_the_way = practice.occupy(NINE, QUARTER);
    let mut receptionist = Receptionist::at(&practice);
    receptionist.opens(&practice, in_the_way);
    let first = pushes(&practice, &Wanted::at(NINE));
    receptionist.is_waited_for(&practice);
    let second = pushes(&practice, &Wanted { time: NINE + 8 * QUARTER, ..moving.clone() });
    let waiting = || practice.locks.open().iter().filter(|it| !it.waits_for.is_empty()).count();
    while waiting() < 2 {
        thread::yield_now();
    }
    let moves = format!("EXEC dbo.BP_MoveAppointment {}, '2027-11-09', {NINE}, 1, 1", id.unwrap());
    Receptionist::at(&practice).at_once(&practice, &moves);
    receptionist.run(&practice, "ROLLBACK").unwrap();
    first.join().unwrap().unwrap();
    assert_eq!(second.join().unwrap().unwrap_err().number, 50_002);
    let (outcome, same, _) = practice.push(&moving);
    assert_eq!((outcome.as_str(), same), ("moved", id));
    practice.assert_in_the_book(&moving);
}

#[test]
fn a_push_takes_the_names_of_its_users_and_days_in_one_order() {
    let practice = Practice::open();
    let first = Wanted::at(NINE);
    let last = Wanted { user: OTHER_DOCTOR, day: "2027-11-03", ..Wanted::at(NINE) };
    let take = |place: &Wanted| {
        format!(
            "BEGIN TRANSACTION; DECLARE @r int; EXEC @r = sp_getapplock 'PB user {} day {}', 'Exclusive', 'Transaction', 0;
             IF @r < 0 THROW 50002, 'taken', 1",
            place.user, place.day
        )
    };
    for (from, to) in [(&first, &last), (&last, &first)] {
        practice.beside().push(from);
        let mut holder = Receptionist::at(&practice);
        holder.run(&practice, &take(&first)).unwrap();
        let push = pushes(&practice, to);
        holder.is_waited_for(&practice);
        Receptionist::at(&practice).run(&practice, &take(&last)).unwrap();
        holder.run(&practice, "ROLLBACK").unwrap();
        assert_eq!(push.join().unwrap().unwrap().0, "moved");
        practice.beside().cancel(to);
    }
}

#[test]
fn two_visits_that_swap_their_users_and_days_at_the_same_moment_never_end_each_other() {
    let practice = Practice::open();
    let mut places = [
        Wanted::at(NINE),
        Wanted { token: OTHER_TOKEN, user: OTHER_DOCTOR, day: "2027-11-03", ..Wanted::at(NINE) },
    ];
    for place in &places {
        practice.beside().push(place);
    }
    for _ in 0..10 {
        let [one, two] = &mut places;
        std::mem::swap(&mut one.user, &mut two.user);
        std::mem::swap(&mut one.day, &mut two.day);
        let pushing: Vec<_> = [(&*one, two.token), (&*two, one.token)]
            .into_iter()
            .map(|(wanted, lifts)| {
                let (mut beside, wanted) = (practice.beside(), wanted.clone());
                beside.lifts = lifts;
                thread::spawn(move || beside.try_text(&patient(), &wanted, Wish::InTheBook))
            })
            .collect();
        for push in pushing {
            let (outcome, ..) = push.join().unwrap().unwrap();
            assert!(["moved", "created"].contains(&outcome.as_str()), "{outcome}");
        }
        places.iter().for_each(|place| practice.assert_in_the_book(place));
    }
}
