//! A kind of work that writes a row each time that its batch runs.

use aws::events::EventKind;
use best_practice::BpError;
use bp_writer::{FailReason, Kind, NoCommand, Status, Verdict, WaitReason};
use domain::connection::Database;
use domain::ids::SiteId;
use halo::{Command, Parameter, Row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::work::{BodyHash, Entry, Listing, WorkKey, WorkKind};

const WRITE: &str = "-- statement: test_letter_write
SET NOCOUNT ON;
SET XACT_ABORT ON;
DECLARE @record int;
BEGIN TRANSACTION;
INSERT INTO dbo.CORRESPONDENCEOUT (
    RECORDSTATUS, STORED, INTERNALID, USERID, CORRESPONDENCEDATE, STATUSCODE, CONTACTID,
    SUBJECT, CREATED, CREATEDBY, CHECKEDBY, ACTION, ACTIONED, CONFIDENTIALFLAG, USERREFERENCE,
    NOTATION, ORIGIN)
VALUES (1, 0, 1, 1, GETDATE(), 1, 0, @subject, GETDATE(), 1, 0, 0, 0, 0, @token, 0, 0);
SET @record = CAST(SCOPE_IDENTITY() AS int);
COMMIT TRANSACTION;
SELECT @record AS RecordId, @subject AS Subject;";

const LOOKUP: &str = "-- statement: test_letter_lookup
SELECT o.RECORDID AS RecordId, o.SUBJECT AS Subject
FROM dbo.CORRESPONDENCEOUT AS o
WHERE o.USERREFERENCE = @token ORDER BY o.RECORDID DESC;";

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Letter {
    pub(crate) token: String,
    pub(crate) site: Database,
    pub(crate) subject: String,
    pub(crate) state: String,
    pub(crate) record: Option<i64>,
    pub(crate) history: Vec<String>,
    /// Whether it is a whole. The tokens of its parts are its own token, a full stop, and a suffix.
    #[serde(default)]
    pub(crate) whole: bool,
}

impl Letter {
    pub(crate) fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            site: SiteId::parse("71001").unwrap().into(),
            subject: "first".to_owned(),
            state: "accepted".to_owned(),
            record: None,
            history: Vec::new(),
            whole: false,
        }
    }

    pub(crate) fn entry(&self, now: Timestamp) -> Entry<Self> {
        let hash = BodyHash(self.subject.clone());
        let listing = Listing::state("accepted");
        Entry::new(WorkKey::delivery(&self.token), self.clone(), hash, &listing, now)
    }

    fn say(&mut self, state: &str) {
        self.state = state.to_owned();
        self.history.push(state.to_owned());
    }
}

/// Letters as a kind of work.
pub(crate) struct Letters;

fn malformed(problem: &str) -> BpError {
    BpError::Malformed { statement: "test_letter", problem: problem.to_owned() }
}

impl Kind for Letters {
    const KIND: WorkKind = WorkKind::Delivery;
    type Entity = Letter;

    fn site<'e>(&self, letter: &'e Letter) -> &'e Database {
        &letter.site
    }

    async fn command(&self, letter: &mut Letter, _: Timestamp) -> Result<Command, NoCommand> {
        match letter.subject.as_str() {
            "nothing" => {
                letter.say("nothing");
                Err(NoCommand::Verdict(Verdict::Done))
            }
            "poison" => panic!("a letter that nobody can write"),
            _ => Ok(Command::text(WRITE)
                .with(Parameter::var_char("@subject", &letter.subject))
                .with(Parameter::var_char("@token", &letter.token))),
        }
    }

    fn whole(&self, letter: &Letter) -> Option<WorkKey> {
        letter.token.split_once('.').map(|(whole, _)| WorkKey::delivery(whole))
    }

    fn is_whole(&self, letter: &Letter) -> bool {
        letter.whole
    }

    fn concerns_whole(&self, before: &Letter, after: &Letter) -> bool {
        before.state != after.state
    }

    /// The whole is delivered when all parts are.
    fn combine(
        &self,
        whole: &mut Entry<Letter>,
        parts: &mut [Entry<Letter>],
        _: Timestamp,
    ) -> Option<EventKind> {
        let delivered = parts.iter().all(|part| part.body.state == "delivered");
        let news = delivered && whole.body.state != "delivered";
        let state = if delivered { "delivered" } else { "on its way" };
        state.clone_into(&mut whole.body.state);
        news.then_some(EventKind::DeliveryDelivered)
    }

    fn lookup(&self, letter: &Letter) -> Command {
        Command::text(LOOKUP).with(Parameter::var_char("@token", &letter.token))
    }

    fn read(&self, letter: &mut Letter, rows: &[Row], _: Timestamp) -> Result<Verdict, BpError> {
        let row = rows.first().ok_or_else(|| malformed("no row"))?;
        letter.record = Some(row.int("RecordId").map_err(|error| malformed(&error.to_string()))?);
        letter.say("delivered");
        Ok(Verdict::Done)
    }

    fn read_lookup(
        &self,
        letter: &mut Letter,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError> {
        if rows.is_empty() { Ok(None) } else { self.read(letter, rows, now).map(Some) }
    }

    fn set_status(&self, letter: &mut Letter, status: &Status, _: Timestamp) {
        match status {
            Status::Sending { attempt } => letter.say(&format!("sending {attempt}")),
            Status::Waiting { reason: WaitReason::Practice(reason), .. } => {
                letter.say(&format!("waiting {reason:?}"));
            }
            Status::Waiting { reason, .. } => letter.say(&format!("waiting {reason:?}")),
            Status::Failed(reason) => letter.say(match reason {
                FailReason::NotPermitted => "not permitted",
                FailReason::NotInThisRelease => "not in this release",
                FailReason::TooLong => "too long",
                FailReason::RequestRefused => "request refused",
                FailReason::DatabaseRefused => "database refused",
                FailReason::Unverifiable => "unverifiable",
                FailReason::SiteChanged => "site changed",
            }),
        }
    }

    fn listing(&self, _: &Letter) -> Listing {
        Listing::state("any")
    }

    fn event(&self, before: &Letter, after: &Letter) -> Option<EventKind> {
        let became = |state: &str| before.state != state && after.state == state;
        if became("delivered") {
            return Some(EventKind::DeliveryDelivered);
        }
        let failures = [
            "not permitted",
            "too long",
            "database refused",
            "request refused",
            "site changed",
            "unverifiable",
        ];
        failures.iter().any(|state| became(state)).then_some(EventKind::DeliveryFailed)
    }
}
