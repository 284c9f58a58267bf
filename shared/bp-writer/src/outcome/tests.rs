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

/// Errors that concern the whole lane, and what they mean.
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

/// Errors of the session itself, except the table's error.
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

fn refused(why: WorkRefusal, ended: bool) -> Outcome {
    Outcome::Refused { why, ended }
}

const UNKNOWN: [Error; 4] = [
    Error::OutcomeUnknown { timed_out: true },
    Error::OutcomeUnknown { timed_out: false },
    Error::Malformed { what: "body" },
    Error::PracticeSoftware,
];

/// What refusals by the database mean, from a call and from a status alike.
fn refusals() -> [(Error, Outcome); 7] {
    let other = |number| WorkRefusal::Other { number };
    [
        (Error::Sql(SqlFailure::PermissionDenied), refused(WorkRefusal::PermissionDenied, true)),
        (Error::Sql(SqlFailure::UnknownObject), refused(WorkRefusal::UnknownObject, true)),
        (sql(Some(1205)), refused(other(Some(1205)), true)),
        // Another attempt is being written. It may be ours.
        (sql(Some(50_002)), Outcome::Unclear),
        // A timeout has a number that SQL Server does not use. The statement may still be running.
        (sql(Some(-2)), refused(other(Some(-2)), false)),
        (sql(Some(0)), refused(other(Some(0)), false)),
        (sql(None), refused(other(None), false)),
    ]
}

#[test]
fn a_call_without_an_answer_is_read_by_whether_it_ran() {
    let outcome = |error| from_call(error).unwrap();
    let never = |trouble| Outcome::NeverRan(NotRun::Trouble(trouble));
    for (error, trouble) in troubles() {
        assert_eq!(outcome(asked(error)), never(trouble));
    }
    for (error, reason) in of_session() {
        assert_eq!(outcome(error), never(trouble(reason)));
    }
    let refusal = Error::Refused { reason: Refusal::Request };
    assert_eq!(outcome(asked(refusal)), Outcome::NeverRan(NotRun::RequestRefused));
    for error in UNKNOWN {
        assert_eq!(outcome(asked(error)), Outcome::CutOff);
    }
    for error in [Error::ResultTooLarge, Error::Gone] {
        assert_eq!(outcome(asked(error)), Outcome::Ran);
    }
    for (error, expected) in refusals() {
        assert_eq!(outcome(asked(error)), expected);
    }
}

#[test]
fn a_status_says_whether_the_query_ran_runs_or_never_will() {
    let outcome = |state| from_status(state, None);
    assert_eq!(outcome(AsyncState::Successful), None);
    assert_eq!(outcome(AsyncState::UploadFailed), Some(Outcome::Ran));
    let offline = Outcome::NeverRan(NotRun::Trouble(trouble(ParkReason::Offline)));
    assert_eq!(outcome(AsyncState::InitialisationFailedSiteOffline), Some(offline));
    assert_eq!(outcome(AsyncState::InitialisationFailedSiteUnreachable), Some(offline));
    for state in [AsyncState::ExpiredInQueue, AsyncState::InitialisationFailedCacheError] {
        assert_eq!(outcome(state), Some(Outcome::NeverRan(NotRun::Dropped)));
    }
    for state in
        [AsyncState::Initialising, AsyncState::Queued, AsyncState::Executing, AsyncState::Uploading]
    {
        assert_eq!(outcome(state), Some(Outcome::StillRunning));
    }
    let failed = |error: Option<&Error>| from_status(AsyncState::ExecutionFailed, error);
    let login = Error::Sql(SqlFailure::LoginRefused);
    assert_eq!(failed(Some(&login)), Some(Outcome::NeverRan(NotRun::LoginRefused)));
    assert_eq!(failed(Some(&Error::ResultTooLarge)), Some(Outcome::Ran));
    assert_eq!(failed(Some(&Error::NotReached)), Some(Outcome::Unclear));
    assert_eq!(failed(None), Some(Outcome::Unclear));
    for (error, expected) in refusals() {
        assert_eq!(failed(Some(&error)), Some(expected));
    }
}

#[test]
fn a_question_without_an_answer_says_nothing_of_the_query_unless_halo_forgot_it() {
    let outcome = |error| from_status_error(error).unwrap();
    for forgotten in
        [asked(Error::NotFound), SessionError::SiteUnknown, SessionError::PracticeChanged]
    {
        assert_eq!(outcome(forgotten), Outcome::Unclear);
    }
    for (error, trouble) in troubles().into_iter().filter(|(error, _)| *error != Error::NotFound) {
        assert_eq!(outcome(asked(error)), Outcome::Silent(trouble));
    }
    for error in UNKNOWN {
        assert_eq!(outcome(asked(error)), Outcome::Silent(trouble(ParkReason::HaloUnavailable)));
    }
    let not_connected = outcome(SessionError::NotConnected);
    assert_eq!(not_connected, Outcome::Silent(trouble(ParkReason::NotConnected)));
    let revoked = outcome(SessionError::FollowFailed(BpError::LoginRefused));
    assert_eq!(revoked, Outcome::Silent(trouble(ParkReason::Revoked)));
    let malformed = BpError::Malformed { statement: "x", problem: String::new() };
    let other = outcome(SessionError::FollowFailed(malformed));
    assert_eq!(other, Outcome::Silent(trouble(ParkReason::HaloUnavailable)));
}

#[test]
fn a_lookup_without_an_answer_fails_for_good_if_the_same_lookup_would_fail_again() {
    let outcome = |error| from_lookup_error(error).unwrap();
    for (error, trouble) in troubles() {
        assert_eq!(outcome(asked(error)), Outcome::Silent(trouble));
    }
    for (error, reason) in of_session() {
        assert_eq!(outcome(error), Outcome::Silent(trouble(reason)));
    }
    for error in [
        Error::Refused { reason: Refusal::Request },
        Error::ResultTooLarge,
        Error::Sql(SqlFailure::PermissionDenied),
        Error::Sql(SqlFailure::UnknownObject),
    ] {
        assert_eq!(outcome(asked(error)), Outcome::LookupFailed { permanent: true });
    }
    for error in UNKNOWN.into_iter().chain([sql(Some(1205)), Error::Gone]) {
        assert_eq!(outcome(asked(error)), Outcome::LookupFailed { permanent: false });
    }
}

#[test]
fn the_tables_failure_is_nobodys_word() {
    let lost = || SessionError::Store(StoreError::Conflict);
    for outcome in [from_call(lost()), from_status_error(lost()), from_lookup_error(lost())] {
        assert_eq!(outcome, Err(StoreError::Conflict));
    }
}
