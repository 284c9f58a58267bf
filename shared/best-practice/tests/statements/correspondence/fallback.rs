//! Messages go to the fallback addressee if the addressee has left, is away or is not a single user.

use crate::correspondence::support::{INBOX, LOOKUP, Parameters, Practice, Row, TOKEN};

/// The statements as a deployment may have copied them before fallbacks existed.
const OLD_INBOX: &str = include_str!("inbox_write_without_fallback.sql");
const OLD_LOOKUP: &str = include_str!("delivery_lookup_without_addressee.sql");

/// A case: its name, what causes it, and the reason why the message goes to the fallback. The reason is
/// empty if it goes to the addressee.
type Case<'a> = (&'a str, &'a dyn Fn(&Clinic), &'a str);

/// Two active users with numbers of their own.
struct Clinic {
    practice: Practice,
    addressee: i64,
    fallback: i64,
}

impl Clinic {
    fn open() -> Self {
        let practice = Practice::open();
        practice.connection.execute("DELETE FROM dbo.DAYSAWAY", []).unwrap();
        let (addressee, ..) = practice.doctor();
        let fallback = practice.row(&format!(
            "SELECT USERID FROM dbo.USERS WHERE USERSTATUS = 1 AND USERID > 0 AND USERID <> {addressee} \
             AND rtrim(REGISTRATIONNO) <> '' AND rtrim(PROVIDERNO) <> '' ORDER BY USERID LIMIT 1"
        ))["USERID"]
            .parse()
            .unwrap();
        Self { practice, addressee, fallback }
    }

    fn change(&self, sql: &str) {
        self.practice.connection.execute_batch(sql).unwrap();
    }

    fn away(&self, user: i64, first: &str, last: &str) {
        self.change(&format!(
            "INSERT INTO dbo.DAYSAWAY (RECORDSTATUS, USERID, STARTDATE, FINISHDATE, CREATED, CREATEDBY) \
             VALUES (1, {user}, {first}, {last}, '2026-01-01T00:00:00', 1)"
        ));
    }

    fn deactivate(&self, user: i64) {
        self.change(&format!("UPDATE dbo.USERS SET USERSTATUS = 2 WHERE USERID = {user}"));
    }

    fn reactivate(&self, user: i64) {
        self.change(&format!("UPDATE dbo.USERS SET USERSTATUS = 1 WHERE USERID = {user}"));
    }

    fn message(&self) -> Parameters {
        Parameters::message(("@userId", self.addressee.to_string()), b"x")
            .with("@patientId", "1")
            .with("@fallbackUserId", &self.fallback.to_string())
    }

    /// Sends the message, and checks that the inbox agrees with the answer. Returns the answer.
    fn sent(&mut self, message: &Parameters) -> (String, String, String) {
        let done = self.practice.outcome(INBOX, message);
        let told = |name: &str| done.get(name).cloned().unwrap_or_default();
        if told("Outcome") == "written" {
            let row = self.inbox_row(&told("RecordId"));
            assert_eq!(row["USERID"], told("UserId"));
        }
        (told("Outcome"), told("UserId"), told("Fallback"))
    }

    fn inbox_row(&self, record: &str) -> Row {
        self.practice.row(&format!("SELECT * FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record}"))
    }

    fn looked(&mut self, statement: &str) -> Vec<Row> {
        let token = Parameters(vec![("@token", TOKEN.to_owned(), "VarChar")]);
        self.practice.run(statement, &token).unwrap()
    }
}

fn to(user: i64, why: &str) -> (String, String, String) {
    ("written".to_owned(), user.to_string(), why.to_owned())
}

#[test]
fn a_message_goes_to_the_fallback_when_the_addressee_has_left_is_ambiguous_or_away() {
    const TODAY: &str = "'2026-03-02T00:00:00'";
    let cases: [Case<'_>; 12] = [
        ("the addressee is there", &|_| {}, ""),
        ("has left", &|it| it.deactivate(it.addressee), "notFound"),
        ("is away today", &|it| it.away(it.addressee, TODAY, TODAY), "away"),
        (
            "is away this month",
            &|it| it.away(it.addressee, "'2026-03-01T08:00:00'", "'2026-03-31T12:00:00'"),
            "away",
        ),
        ("is away with no last day", &|it| it.away(it.addressee, TODAY, "NULL"), "away"),
        (
            "was away until yesterday",
            &|it| it.away(it.addressee, "'2026-02-20T00:00:00'", "'2026-03-01T00:00:00'"),
            "",
        ),
        (
            "will be away from tomorrow",
            &|it| it.away(it.addressee, "'2026-03-03T00:00:00'", "'2026-03-31T00:00:00'"),
            "",
        ),
        ("somebody else is away", &|it| it.away(it.fallback, TODAY, TODAY), ""),
        (
            "both are away",
            &|it| {
                it.away(it.addressee, TODAY, TODAY);
                it.away(it.fallback, TODAY, TODAY);
            },
            "",
        ),
        (
            "one is away, the other has left",
            &|it| {
                it.away(it.addressee, TODAY, TODAY);
                it.deactivate(it.fallback);
            },
            "",
        ),
        (
            "one has left, the other is away",
            &|it| {
                it.deactivate(it.addressee);
                it.away(it.fallback, TODAY, TODAY);
            },
            "notFound",
        ),
        (
            "a day away was deleted",
            &|it| {
                it.away(it.addressee, TODAY, TODAY);
                it.change("UPDATE dbo.DAYSAWAY SET RECORDSTATUS = 2");
            },
            "",
        ),
    ];
    for (case, change, why) in cases {
        let mut clinic = Clinic::open();
        change(&clinic);
        let whose = if why.is_empty() { clinic.addressee } else { clinic.fallback };
        let message = clinic.message();
        assert_eq!(clinic.sent(&message), to(whose, why), "{case}");
        // A later lookup finds the same.
        let found = clinic.looked(LOOKUP);
        let [found] = &found[..] else { panic!("{case}: {found:?}") };
        assert_eq!(found["UserId"], whose.to_string(), "{case}");
        assert_eq!(found["Fallback"], why, "{case}");
        let detail = clinic.inbox_row(&found["RecordId"]).remove("DETAIL");
        assert_eq!(detail.is_some(), !why.is_empty(), "{case}: {detail:?}");
    }
}

#[test]
fn a_number_that_several_users_have_goes_to_the_fallback_by_any_of_their_numbers() {
    for by in ["@fallbackUserId", "@fallbackAhpra", "@fallbackProvider"] {
        let mut clinic = Clinic::open();
        let fallback = clinic.fallback;
        let row = clinic.practice.row(&format!(
            "SELECT rtrim(REGISTRATIONNO) AS A, rtrim(PROVIDERNO) AS P FROM dbo.USERS WHERE USERID = {fallback}"
        ));
        // Nobody else has the fallback's numbers; everybody else has the addressee's.
        clinic.change(&format!(
            "UPDATE dbo.USERS SET REGISTRATIONNO = 'MED7777777777', PROVIDERNO = '' WHERE USERID <> {fallback}"
        ));
        let value = match by {
            "@fallbackUserId" => fallback.to_string(),
            "@fallbackAhpra" => row["A"].clone(),
            _ => row["P"].clone(),
        };
        let message = Parameters::message(("@ahpra", "MED7777777777".to_owned()), b"x")
            .with("@patientId", "1")
            .with(by, &value);
        assert_eq!(clinic.sent(&message), to(fallback, "ambiguous"), "{by}");
        let found = clinic.looked(LOOKUP);
        let row = clinic.inbox_row(&found[0]["RecordId"]);
        // The number beside the inbox's owner is the owner's own.
        let number = row.get("PROVIDERNO").map_or("", String::as_str);
        assert_eq!(number, if by == "@fallbackProvider" { value.as_str() } else { "" }, "{by}");
    }
}

#[test]
fn a_fallback_who_is_nobody_or_several_changes_nothing() {
    let mut clinic = Clinic::open();
    let before = clinic.practice.count("dbo.INCOMINGREPORTS");
    let nobody = clinic.message().with("@userId", "1999999999");
    for (name, value) in [("@fallbackUserId", "1999999998"), ("@fallbackUserId", "0")] {
        let (outcome, user, why) = clinic.sent(&nobody.clone().with(name, value));
        assert_eq!((outcome.as_str(), user.as_str(), why.as_str()), ("noAddressee", "0", ""));
    }
    clinic.change("UPDATE dbo.USERS SET REGISTRATIONNO = 'MED7777777777' WHERE USERID > 0");
    let several = |message: Parameters| {
        message.with("@fallbackUserId", "0").with("@fallbackAhpra", "MED7777777777")
    };
    assert_eq!(clinic.sent(&several(nobody)).0, "noAddressee");
    let ambiguous = clinic.message().with("@userId", "0").with("@ahpra", "MED7777777777");
    let ambiguous = ambiguous.with("@fallbackUserId", "1999999998");
    assert_eq!(clinic.sent(&ambiguous).0, "manyAddressees");
    assert_eq!(clinic.practice.count("dbo.INCOMINGREPORTS"), before);
    // An addressee who is there gets it, even if something is wrong with the fallback.
    let addressee = clinic.addressee;
    assert_eq!(clinic.sent(&several(clinic.message())), to(addressee, ""));
}

#[test]
fn the_addressee_by_another_number_is_no_fallback_of_their_own() {
    let mut clinic = Clinic::open();
    let (doctor, ahpra, _) = clinic.practice.doctor();
    clinic.away(doctor, "'2026-03-02T00:00:00'", "'2026-03-02T00:00:00'");
    let message = clinic.message().with("@fallbackUserId", "0").with("@fallbackAhpra", &ahpra);
    assert_eq!(clinic.sent(&message), to(doctor, ""));
}

#[test]
fn a_repeat_after_others_are_active_writes_nothing_and_names_whoever_has_it() {
    let mut clinic = Clinic::open();
    let (addressee, fallback) = (clinic.addressee, clinic.fallback);
    let message = clinic.message();
    clinic.deactivate(addressee);
    assert_eq!(clinic.sent(&message), to(fallback, "notFound"));
    // The answer was lost. Meanwhile the addressee is back and the fallback has left.
    clinic.reactivate(addressee);
    clinic.deactivate(fallback);
    let again = clinic.sent(&message);
    assert_eq!(again, ("found".to_owned(), fallback.to_string(), "notFound".to_owned()));
    let ours = format!("dbo.INCOMINGREPORTS WHERE USERREFERENCE = '{TOKEN}'");
    assert_eq!(clinic.practice.count(&ours), 1);

    // The other way round.
    let mut clinic = Clinic::open();
    assert_eq!(clinic.sent(&message), to(addressee, ""));
    clinic.deactivate(addressee);
    let again = clinic.sent(&message);
    assert_eq!(again, ("found".to_owned(), addressee.to_string(), String::new()));
    assert_eq!(clinic.practice.count(&ours), 1);
}

#[test]
fn a_login_that_may_not_read_days_away_finds_nobody_away_and_still_writes() {
    let mut clinic = Clinic::open();
    let addressee = clinic.addressee;
    clinic.away(addressee, "'2026-03-02T00:00:00'", "'2026-03-02T00:00:00'");
    clinic.practice.environment.denied_objects = vec!["DAYSAWAY".to_owned()];
    let message = clinic.message();
    assert_eq!(clinic.sent(&message), to(addressee, ""));
    let mut clinic = Clinic::open();
    let column = ("DAYSAWAY".to_owned(), "FINISHDATE".to_owned());
    clinic.practice.environment.missing_columns = vec![column];
    clinic.deactivate(addressee);
    let fallback = clinic.fallback;
    assert_eq!(clinic.sent(&message), to(fallback, "notFound"));
}

#[test]
fn the_detail_says_whose_message_it_was_and_nothing_of_the_patient() {
    let mut clinic = Clinic::open();
    let addressee = clinic.addressee;
    clinic.away(addressee, "'2026-03-02T00:00:00'", "'2026-03-02T00:00:00'");
    let message = clinic.message();
    clinic.sent(&message);
    let record = clinic.looked(LOOKUP)[0]["RecordId"].clone();
    let name = clinic.practice.row(&format!(
        "SELECT rtrim(FIRSTNAME) || ' ' || rtrim(SURNAME) AS N FROM dbo.USERS WHERE USERID = {addressee}"
    ))["N"]
        .clone();
    let said = format!("Fallback (away): it was addressed to {name}, who is away today.");
    assert_eq!(clinic.inbox_row(&record)["DETAIL"], said);
    // Bp files it and does not keep our words. Then nobody knows whose inbox it was in.
    clinic.change(&format!(
        "INSERT INTO dbo.CORRESPONDENCEIN (DOCUMENTID, RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CONTACTID,
         CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED,
         CREATEDBY, STATUSCODE) SELECT 900001, 1, 2, 0, 1, USERID, 0, 0, USERREFERENCE, USERID, 1, 1, 0, 0,
         CREATED, 0, 1 FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record};
         DELETE FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record};"
    ));
    let (outcome, user, why) = clinic.sent(&message);
    assert_eq!((outcome.as_str(), user.as_str(), why.as_str()), ("found", "0", ""));
    assert_eq!(clinic.looked(LOOKUP)[0]["UserId"], "0");
}

#[test]
fn a_deployments_own_statement_that_knows_no_fallback_still_works_and_fails_as_before() {
    let mut clinic = Clinic::open();
    let message = clinic.message();
    let done = clinic.practice.outcome(OLD_INBOX, &message);
    assert_eq!(done["Outcome"], "written");
    assert!(!done.contains_key("UserId"));
    let found = clinic.looked(OLD_LOOKUP);
    assert_eq!(found[0]["RecordId"], done["RecordId"]);
    let mut clinic = Clinic::open();
    clinic.deactivate(clinic.addressee);
    assert_eq!(clinic.practice.outcome(OLD_INBOX, &message)["Outcome"], "noAddressee");
}
