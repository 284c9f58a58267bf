use std::time::Duration;

use best_practice::BpError;
use halo::Refusal;

use super::*;

fn trouble(reason: ParkReason) -> Trouble {
    Trouble { reason, after: None }
}

fn asked(error: Error) -> SessionError<Error> {
    SessionError::Asked(error)
}

const WAIT: Option<Duration> = Some(Duration::from_secs(7));

/// Errors after which the whole lane waits, with what it waits for.
fn troubles() -> [(Error, Trouble); 10] {
    use ParkReason as Why;
    [
        (Error::SiteOffline, trouble(Why::Offline)),
        (Error::NotReached, trouble(Why::HaloUnavailable)),
        (
            Error::RateLimited { retry_after: WAIT },
            Trouble { reason: Why::RateLimited, after: WAIT },
        ),
        (Error::KeyRefused, trouble(Why::KeyRefused)),
        (Error::Forbidden(Forbidden::Address), trouble(Why::AddressRefused)),
        (Error::Forbidden(Forbidden::Quota), trouble(Why::QuotaUsed)),
        (Error::Forbidden(Forbidden::NotEnabled), trouble(Why::Revoked)),
        (Error::Forbidden(Forbidden::Site), trouble(Why::PairingLost)),
        (Error::Sql(SqlFailure::LoginRefused), trouble(Why::Revoked)),
        (Error::NotFound, trouble(Why::SiteUnknown)),
    ]
}

#[test]
fn a_lane_and_a_direct_question_name_the_same_problem() {
    for (error, trouble) in troubles() {
        assert_eq!(trouble.reason.problem(), best_practice::problem_of(&error), "{error:?}");
    }
}

/// Errors of the session itself, but for the table's.
fn of_session() -> [(SessionError<Error>, ParkReason); 4] {
    [
        (SessionError::NotConnected, ParkReason::NotConnected),
        (SessionError::SiteUnknown, ParkReason::SiteUnknown),
        (SessionError::PracticeChanged, ParkReason::SiteChanged),
        (SessionError::FollowFailed(BpError::Halo(Error::SiteOffline)), ParkReason::Offline),
    ]
}

fn sql(number: Option<i64>) -> Error {
    Error::Sql(SqlFailure::Other { number })
}

fn refused(why: WorkRefusal, ended: bool) -> Heard {
    Heard::Refused { why, ended }
}

const UNKNOWN: [Error; 4] = [
    Error::OutcomeUnknown { timed_out: true },
    Error::OutcomeUnknown { timed_out: false },
    Error::Malformed { what: "body" },
    Error::PracticeSoftware,
];

/// What the database's refusals mean, wherever they are told.
fn refusals() -> [(Error, Heard); 7] {
    let other = |number| WorkRefusal::Other { number };
    [
        (Error::Sql(SqlFailure::PermissionDenied), refused(WorkRefusal::PermissionDenied, true)),
        (Error::Sql(SqlFailure::UnknownObject), refused(WorkRefusal::UnknownObject, true)),
        (sql(Some(1205)), refused(other(Some(1205)), true)),
        // Another attempt is being written: it may be ours.
        (sql(Some(50_002)), Heard::Unclear),
        // A time-out has a number that is none of SQL Server's: the statement may run on.
        (sql(Some(-2)), refused(other(Some(-2)), false)),
        (sql(Some(0)), refused(other(Some(0)), false)),
        (sql(None), refused(other(None), false)),
    ]
}

#[test]
fn a_call_without_an_answer_is_read_by_whether_it_ran() {
    let heard = |error| from_call(error).unwrap();
    let never = |trouble| Heard::NeverRan(Because::Trouble(trouble));
    for (error, trouble) in troubles() {
        assert_eq!(heard(asked(error)), never(trouble));
    }
    for (error, reason) in of_session() {
        assert_eq!(heard(error), never(trouble(reason)));
    }
    let refusal = Error::Refused { reason: Refusal::Request };
    assert_eq!(heard(asked(refusal)), Heard::NeverRan(Because::RequestRefused));
    for error in UNKNOWN {
        assert_eq!(heard(asked(error)), Heard::CutOff);
    }
    for error in [Error::ResultTooLarge, Error::Gone] {
        assert_eq!(heard(asked(error)), Heard::Ran);
    }
    for (error, expected) in refusals() {
        assert_eq!(heard(asked(error)), expected);
    }
}

#[test]
fn a_status_says_whether_the_query_ran_runs_or_never_will() {
    let heard = |state| from_status(state, None);
    assert_eq!(heard(AsyncState::Successful), None);
    assert_eq!(heard(AsyncState::UploadFailed), Some(Heard::Ran));
    let offline = Heard::NeverRan(Because::Trouble(trouble(ParkReason::Offline)));
    assert_eq!(heard(AsyncState::InitialisationFailedSiteOffline), Some(offline));
    assert_eq!(heard(AsyncState::InitialisationFailedSiteUnreachable), Some(offline));
    for state in [AsyncState::ExpiredInQueue, AsyncState::InitialisationFailedCacheError] {
        assert_eq!(heard(state), Some(Heard::NeverRan(Because::Dropped)));
    }
    for state in
        [AsyncState::Initialising, AsyncState::Queued, AsyncState::Executing, AsyncState::Uploading]
    {
        assert_eq!(heard(state), Some(Heard::StillRunning));
    }
    let failed = |error: Option<&Error>| from_status(AsyncState::ExecutionFailed, error);
    let login = Error::Sql(SqlFailure::LoginRefused);
    assert_eq!(failed(Some(&login)), Some(Heard::NeverRan(Because::LoginRefused)));
    assert_eq!(failed(Some(&Error::ResultTooLarge)), Some(Heard::Ran));
    assert_eq!(failed(Some(&Error::NotReached)), Some(Heard::Unclear));
    assert_eq!(failed(None), Some(Heard::Unclear));
    for (error, expected) in refusals() {
        assert_eq!(failed(Some(&error)), Some(expected));
    }
}

#[test]
fn a_question_without_an_answer_says_nothing_of_the_query_unless_halo_forgot_it() {
    let heard = |error| from_question(error).unwrap();
    for forgotten in
        [asked(Error::NotFound), SessionError::SiteUnknown, SessionError::PracticeChanged]
    {
        assert_eq!(heard(forgotten), Heard::Unclear);
    }
    for (error, trouble) in troubles().into_iter().filter(|(error, _)| *error != Error::NotFound) {
        assert_eq!(heard(asked(error)), Heard::Silent(trouble));
    }
    for error in UNKNOWN {
        assert_eq!(heard(asked(error)), Heard::Silent(trouble(ParkReason::HaloUnavailable)));
    }
    let not_connected = heard(SessionError::NotConnected);
    assert_eq!(not_connected, Heard::Silent(trouble(ParkReason::NotConnected)));
    let revoked = heard(SessionError::FollowFailed(BpError::LoginRefused));
    assert_eq!(revoked, Heard::Silent(trouble(ParkReason::Revoked)));
    let malformed = BpError::Malformed { statement: "x", problem: String::new() };
    let other = heard(SessionError::FollowFailed(malformed));
    assert_eq!(other, Heard::Silent(trouble(ParkReason::HaloUnavailable)));
}

#[test]
fn a_look_without_an_answer_is_hopeless_where_the_same_look_would_fail_again() {
    let heard = |error| from_look(error).unwrap();
    for (error, trouble) in troubles() {
        assert_eq!(heard(asked(error)), Heard::Silent(trouble));
    }
    for (error, reason) in of_session() {
        assert_eq!(heard(error), Heard::Silent(trouble(reason)));
    }
    for error in [
        Error::Refused { reason: Refusal::Request },
        Error::ResultTooLarge,
        Error::Sql(SqlFailure::PermissionDenied),
        Error::Sql(SqlFailure::UnknownObject),
    ] {
        assert_eq!(heard(asked(error)), Heard::Unseen { hopeless: true });
    }
    for error in UNKNOWN.into_iter().chain([sql(Some(1205)), Error::Gone]) {
        assert_eq!(heard(asked(error)), Heard::Unseen { hopeless: false });
    }
}

#[test]
fn the_tables_failure_is_nobodys_word() {
    let lost = || SessionError::Store(StoreError::Conflict);
    for heard in [from_call(lost()), from_question(lost()), from_look(lost())] {
        assert_eq!(heard, Err(StoreError::Conflict));
    }
}
