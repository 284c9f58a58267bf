//! A practice's server with several open connections.

use std::sync::Arc;
use std::thread::JoinHandle;

use halo_simulator::practice::{self, PracticeFiles};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Environment, ExecutionMode, HeldLock, Locks,
    OpenConnection, SqlError, Value,
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::practice_support::small_copy;

/// Two practitioners of the small practice, and two days without appointments.
pub(crate) const DAY: &str = "2031-03-04";
pub(crate) const OTHER_DAY: &str = "2031-03-05";

pub(crate) struct Server {
    files: PracticeFiles,
    pub(crate) locks: Arc<Locks>,
    pub(crate) users: [i64; 2],
    _folder: TempDir,
}

pub(crate) struct Client {
    database: Connection,
    connection: OpenConnection,
    environment: Environment,
}

impl Server {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = small_copy(folder.path());
        // Some tests are about ranges of two columns. Publicly, Bp has no such index.
        let both = "CREATE INDEX APPOINTMENTS_BOTH ON APPOINTMENTS (USERID, APPOINTMENTDATE)";
        Connection::open(&files.patients).unwrap().execute_batch(both).unwrap();
        let mut server = Self { files, locks: Arc::default(), users: [0; 2], _folder: folder };
        let users = server.client().run("SELECT TOP (2) UserID FROM BPS_Users ORDER BY UserID");
        let users: Vec<i64> = users.unwrap().lines().map(|line| line.parse().unwrap()).collect();
        server.users = [users[0], users[1]];
        server
    }

    pub(crate) fn client(&self) -> Client {
        Client {
            database: practice::open(&self.files).unwrap(),
            connection: OpenConnection::new(self.locks.process()),
            environment: Environment {
                now: jiff::civil::date(2026, 11, 2).at(9, 0, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
        }
    }

    /// A statement that books at `time` without waiting for anybody.
    pub(crate) fn book(&self, user: usize, day: &str, time: i64) -> String {
        let user = self.users[user];
        format!(
            "SET LOCK_TIMEOUT 0; DECLARE @id int;
             EXEC @id = BP_AddAppointment '{day}', {time}, 900, {user}, 1; SELECT @id; SET LOCK_TIMEOUT -1"
        )
    }

    /// Reads with update locks, and keeps the places between the rows.
    pub(crate) fn hold_day(&self, user: usize, day: &str) -> String {
        let user = self.users[user];
        format!(
            "DECLARE @userId int = {user}, @day date = '{day}';
             SELECT COUNT(*) FROM dbo.APPOINTMENTS AS a WITH (UPDLOCK, HOLDLOCK)
             WHERE a.RECORDSTATUS = 1 AND a.USERID = @userId AND a.APPOINTMENTDATE = @day"
        )
    }

    /// Returns when the session waits for another one.
    pub(crate) fn until_waiting(&self, session: u64) {
        let waits = || {
            let open = self.locks.open();
            open.iter().any(|open| open.session == session && !open.waits_for.is_empty())
        };
        while !waits() {
            std::thread::yield_now();
        }
    }

    /// The locks that a session holds: `object kind mode by`.
    pub(crate) fn held(&self, session: u64) -> Vec<String> {
        let open = self.locks.open();
        let found = open.iter().find(|open| open.session == session);
        found.map(|open| open.locks.iter().map(line).collect()).unwrap_or_default()
    }
}

pub(crate) fn line(lock: &HeldLock) -> String {
    let object = lock.object.rsplit('.').next().unwrap_or_default();
    let text = format!("{object} {} {} {}", lock.kind, lock.mode, lock.by.join("+"));
    text.trim_end().to_owned()
}

impl Client {
    pub(crate) fn id(&self) -> u64 {
        self.connection.id()
    }

    /// Runs a batch and returns its rows as text.
    pub(crate) fn run(&mut self, text: &str) -> Result<String, SqlError> {
        let command = Command {
            text: text.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters: Vec::new(),
        };
        let outcome = self.connection.execute(&mut self.database, &command, &self.environment)?;
        let cell = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Bit(bit) => u8::from(*bit).to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Text(text) => text.trim_end().to_owned(),
            Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        };
        let row = |row: &Vec<Value>| row.iter().map(cell).collect::<Vec<_>>().join("|");
        let rows: Vec<String> =
            outcome.result_sets.iter().flat_map(|set| set.rows.iter().map(row)).collect();
        Ok(rows.join("\n"))
    }

    /// The number of the error.
    pub(crate) fn refused(&mut self, text: &str) -> i32 {
        self.run(text).unwrap_err().number
    }

    /// Runs a batch in a thread of its own, and gives the client back with the answer.
    pub(crate) fn start(mut self, text: &str) -> JoinHandle<(Self, Result<String, SqlError>)> {
        let text = text.to_owned();
        std::thread::spawn(move || {
            let answer = self.run(&text);
            (self, answer)
        })
    }
}
