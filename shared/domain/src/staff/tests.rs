use super::*;

fn number(text: &str) -> AhpraNumber {
    AhpraNumber::parse(text).unwrap()
}

fn member(text: &str) -> StaffMember {
    StaffMember {
        ahpra_number: number(text),
        first_name: "Sam".to_owned(),
        last_name: "Made-Up".to_owned(),
    }
}

fn user(id: i64, registration: &str, active: bool) -> RegisteredUser {
    RegisteredUser { user: BpUserId(id), registration: registration.to_owned(), active }
}

#[test]
fn a_row_that_cannot_be_read_changes_nobody_whom_it_may_be_about() {
    let list = || {
        let names = ["MED9990000001", "MED9990000004", "MED9990000009"];
        let list = StaffList::default().replaced(names.map(member).to_vec()).unwrap();
        list.synced(&register(), &site(), Timestamp::UNIX_EPOCH)
    };
    let before = list();
    let nobody = |unreadable| Register { unreadable, ..Register::default() };
    let named = nobody(vec![Some("MED9990000001 ".to_owned())]);
    let after = list().synced(&named, &site(), Timestamp::UNIX_EPOCH);
    let not_found = BpMatch::NotFound { nearly: false, inactive_seen: false };
    assert_eq!(after.staff[0], before.staff[0], "their own row cannot be read");
    assert_eq!(after.staff[1].bp_match, not_found);
    let after = list().synced(&nobody(vec![None]), &site(), Timestamp::UNIX_EPOCH);
    assert_eq!(after.staff, before.staff, "it may be anybody's row");
    // What was known of the users of another database says nothing.
    let other = crate::ids::SiteId::parse("71002").unwrap().into();
    let after = list().synced(&nobody(vec![None]), &other, Timestamp::UNIX_EPOCH);
    assert!(after.staff.iter().all(|member| member.bp_match == BpMatch::Unsynced));
    // A second user with the number may be among the unreadable rows.
    let twice = Register { unreadable: vec![Some("MED9990000001".to_owned())], ..register() };
    let fresh = StaffList::default().replaced(vec![member("MED9990000001")]).unwrap();
    let after = fresh.synced(&twice, &site(), Timestamp::UNIX_EPOCH);
    assert_eq!(after.staff[0].bp_match, BpMatch::Unsynced);
}

fn site() -> Database {
    crate::ids::SiteId::parse("71001").unwrap().into()
}

fn register() -> Register {
    Register {
        users: vec![
            user(1, "MED9990000001   ", true),
            user(2, "MED9990000002", true),
            user(3, "MED9990000002", true),
            user(4, "MED9990000004", false),
            user(5, "MED 9990000005", true),
            // The person left, and came back as another user.
            user(6, "MED9990000006", false),
            user(2_000_000_553, "MED9990000006", true),
        ],
        inactive_seen: true,
        unreadable: Vec::new(),
        named: Vec::new(),
    }
}

#[test]
fn a_member_who_was_not_found_comes_with_the_users_of_the_same_name() {
    let named = |id: i64, first: &str, last: &str, registration: Option<&str>| NamedUser {
        user: BpUserId(id),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        registration: registration.map(str::to_owned),
    };
    let register = Register {
        named: vec![
            named(1, "Sam", "Made-Up", Some("MED9990000001 ")),
            named(7, "SAM", "Made Up", None),
            named(8, "Samuel", "Made-Up", Some("MED9990000008")),
            named(9, "Sam", "Else", Some("MED9990000009")),
        ],
        ..register()
    };
    let list = StaffList::default().replaced(vec![
        member("MED9990000099"),
        member("MED9990000001"),
        member("MED9990000004"),
    ]);
    let synced = list.unwrap().synced(&register, &site(), Timestamp::UNIX_EPOCH);
    let found: Vec<_> = synced.staff[0]
        .candidates
        .iter()
        .map(|it| (it.user_id.0, it.ahpra_ending.as_deref()))
        .collect();
    assert_eq!(found, [(1, Some("0001")), (7, None)]);
    assert!(synced.staff[1].candidates.is_empty(), "this member was found");
    assert!(synced.staff[2].candidates.is_empty(), "this member is known, and has left");
    // The platform corrects the name: the old candidates say nothing of the new one.
    let mut other = member("MED9990000099");
    assert_eq!(synced.replaced(vec![other.clone()]).unwrap().staff[0].candidates.len(), 2);
    other.last_name = "Else".to_owned();
    assert!(synced.replaced(vec![other]).unwrap().staff[0].candidates.is_empty());
    assert!(synced.moved().staff[0].candidates.is_empty());
}

#[test]
fn a_number_finds_the_one_active_user_who_has_exactly_it() {
    let register = register();
    let found = |text| register.find(&number(text));
    assert_eq!(found("MED9990000001"), BpMatch::Synced { user: BpUserId(1) });
    assert_eq!(found("MED9990000002"), BpMatch::Ambiguous);
    assert_eq!(found("MED9990000004"), BpMatch::Inactive);
    assert_eq!(found("MED9990000006"), BpMatch::Synced { user: BpUserId(2_000_000_553) });
}

#[test]
fn a_typing_mistake_is_not_found_and_is_named_as_one() {
    let register = register();
    for text in ["MED9990000005", "med9990000001"] {
        assert_eq!(
            register.find(&number(text)),
            BpMatch::NotFound { nearly: true, inactive_seen: true }
        );
    }
    assert_eq!(
        register.find(&number("MED9990000099")),
        BpMatch::NotFound { nearly: false, inactive_seen: true }
    );
}

#[test]
fn a_new_list_keeps_what_is_known_of_those_who_stay() {
    let first = StaffList::default()
        .replaced(vec![member("MED9990000001"), member("MED9990000002")])
        .unwrap()
        .synced(&register(), &site(), Timestamp::UNIX_EPOCH);
    let second = first.replaced(vec![member("MED9990000003"), member("MED9990000001")]).unwrap();
    assert_eq!(second.staff[0].bp_match, BpMatch::Unsynced);
    assert_eq!(second.staff[1].bp_match, BpMatch::Synced { user: BpUserId(1) });
    assert_eq!(second.bp_match(&number("MED9990000002")), None);
    assert_eq!(second.site, Some(site()));
}

#[test]
fn nobody_is_known_at_another_bp() {
    let list = StaffList::default().replaced(vec![member("MED9990000001")]).unwrap();
    let moved = list.synced(&register(), &site(), Timestamp::UNIX_EPOCH).moved();
    assert_eq!(moved.staff[0].bp_match, BpMatch::Unsynced);
    assert_eq!((moved.site, moved.synced_at), (None, None));
}

#[test]
fn a_list_names_nobody_twice_and_has_an_end() {
    let twice = vec![member("MED9990000001"), member("MED9990000002"), member("MED9990000001")];
    assert_eq!(StaffList::default().replaced(twice), Err(ListProblem::Twice { index: 2 }));
    let long = (0..501).map(|n| member(&format!("MED{n:010}"))).collect();
    assert_eq!(StaffList::default().replaced(long), Err(ListProblem::TooLong));
}

#[test]
fn a_number_has_no_blanks_inside_and_fits_bps_column() {
    assert_eq!(number(" MED9990000001 ").as_str(), "MED9990000001");
    for wrong in ["", "  ", "MED 9990000001", "MED-1", "MED99900000019990000001", "MÉD1"] {
        assert!(AhpraNumber::parse(wrong).is_err(), "{wrong:?} was taken");
    }
}
