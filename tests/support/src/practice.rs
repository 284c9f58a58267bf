//! A made-up practice. Tests run statements on its database directly, without Halo.

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Language, Outcome,
    Parameter, SqlError, execute_as,
};
use jiff::civil::DateTime;
use rusqlite::Connection;

const SEED: u64 = 7;

/// A seeded practice in its own folder, which is removed at the end.
#[derive(Debug)]
pub struct Practice {
    /// The databases, for tests that read or change rows directly.
    pub connection: Connection,
    /// The practice's clock, and what its login may not read.
    pub environment: Environment,
    /// The language of the login.
    pub language: Language,
    /// Where the databases are; dropping it removes them.
    pub folder: tempfile::TempDir,
}

impl Practice {
    /// The small practice, on a Monday morning in March 2026.
    #[must_use]
    pub fn open() -> Self {
        Self::of(Demonstration::Small)
    }

    /// The given practice, on a Monday morning in March 2026.
    #[must_use]
    pub fn of(which: Demonstration) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the practice");
        let files = practice::seed_copy(which, folder.path(), SEED).expect("a seeded practice");
        Self {
            connection: practice::open(&files).expect("the practice opens"),
            environment: Environment {
                now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
            language: which.login_language(),
            folder,
        }
    }

    /// The same practice at another time.
    #[must_use]
    pub fn at(mut self, now: DateTime) -> Self {
        self.environment.now = now;
        self
    }

    /// Runs a statement as Halo would run it for us.
    ///
    /// # Errors
    /// What SQL Server would say.
    pub fn run(&mut self, text: &str, parameters: Vec<Parameter>) -> Result<Outcome, SqlError> {
        let command = Command {
            text: text.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters,
        };
        let mut run =
            |language| execute_as(language, &mut self.connection, &command, &self.environment);
        if !text.starts_with("-- statement:") || text.contains("BEGIN TRANSACTION") {
            return run(self.language);
        }
        // What our statements read does not depend on the language of the practice's login.
        let british = run(Language::British);
        let english = run(Language::English);
        match (&british, &english) {
            (Ok(one), Ok(other)) => assert_eq!(
                one.result_sets, other.result_sets,
                "this statement depends on the language of the login:\n{text}"
            ),
            (Err(one), Err(other)) => assert_eq!(one, other, "{text}"),
            _ => panic!("{british:?} and {english:?} differ for:\n{text}"),
        }
        english
    }
}

/// An input of a statement.
pub fn input(name: &str, sql_type: &str, value: impl Into<String>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        direction: Direction::Input,
        sql_type: sql_type.to_owned(),
        value: Some(value.into()),
        size: None,
    }
}
