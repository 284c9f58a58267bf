//! SQL Server's message numbers and texts, and how errors pass through SQLite's functions.

use std::fmt;

use super::SqlError;
use super::reserved::is_reserved;

/// Marks the text of an error that one of our own SQLite functions raised.
const MARK: char = '\u{1}';

/// An [`SqlError`] on its way through SQLite, which only carries text.
#[derive(Debug)]
pub(crate) struct Raised(pub(crate) SqlError);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}{MARK}{}", self.0.number, self.0.message)
    }
}

impl std::error::Error for Raised {}

impl SqlError {
    pub(crate) fn new(number: i32, message: impl Into<String>) -> Self {
        Self { number, message: message.into() }
    }

    pub(crate) fn syntax(near: &str) -> Self {
        if near.eq_ignore_ascii_case("WITH") {
            return Self::new(
                319,
                "Incorrect syntax near the keyword 'with'. If this statement is a common table \
                 expression, an xmlnamespaces clause or a change tracking context clause, the previous \
                 statement must be terminated with a semicolon.",
            );
        }
        if is_reserved(near) {
            return Self::new(156, format!("Incorrect syntax near the keyword '{near}'."));
        }
        Self::new(102, format!("Incorrect syntax near '{near}'."))
    }

    pub(crate) fn operands(left: &str, right: &str, operation: &str) -> Self {
        Self::new(
            402,
            format!(
                "The data types {left} and {right} are incompatible in the {operation} operator."
            ),
        )
    }

    pub(crate) fn operand(kind: &str, operation: &str) -> Self {
        Self::new(8117, format!("Operand data type {kind} is invalid for {operation} operator."))
    }

    pub(crate) fn clash(kind: &str, wanted: &str) -> Self {
        Self::new(206, format!("Operand type clash: {kind} is incompatible with {wanted}"))
    }

    pub(crate) fn unsupported(construct: impl fmt::Display) -> Self {
        Self::new(50_000, format!("The simulator does not support {construct}."))
    }

    pub(crate) fn invalid_column(name: &str) -> Self {
        Self::new(207, format!("Invalid column name '{name}'."))
    }

    pub(crate) fn invalid_object(name: &str) -> Self {
        Self::new(208, format!("Invalid object name '{name}'."))
    }

    pub(crate) fn undeclared(name: &str) -> Self {
        Self::new(137, format!("Must declare the scalar variable \"{name}\"."))
    }

    pub(crate) fn denied(verb: &str, object: &str) -> Self {
        Self::new(
            229,
            format!(
                "The {verb} permission was denied on the object '{object}', database \
                 'BPSPatients', schema 'dbo'."
            ),
        )
    }

    pub(crate) fn wrong_width() -> Self {
        Self::new(213, "Column name or number of supplied values does not match table definition.")
    }

    /// An INSERT whose rows have `fewer` or more values than its list of columns.
    pub(crate) fn insert_width(values: bool, fewer: bool) -> Self {
        if values {
            let (number, direction) = if fewer { (109, "more") } else { (110, "fewer") };
            return Self::new(
                number,
                format!(
                    "There are {direction} columns in the INSERT statement than values specified in the \
                     VALUES clause."
                ),
            );
        }
        let (number, word) = if fewer { (120, "fewer") } else { (121, "more") };
        Self::new(
            number,
            format!(
                "The select list for the INSERT statement contains {word} items than the insert list. The \
                 number of SELECT values must match the number of INSERT columns."
            ),
        )
    }

    /// A column that SET or the list of an INSERT names twice.
    pub(crate) fn named_twice(column: &str) -> Self {
        Self::new(
            264,
            format!(
                "The column name '{column}' is specified more than once in the SET clause or column list \
                 of an INSERT. A column cannot be assigned more than one value in the same clause. Modify \
                 the clause to make sure that a column is updated only once. If this statement updates or \
                 inserts columns into a view, column aliasing can conceal the duplication in your code."
            ),
        )
    }

    pub(crate) fn argument_count(function: &str, wanted: usize) -> Self {
        Self::new(174, format!("The {function} function requires {wanted} argument(s)."))
    }

    pub(crate) fn argument_type(function: &str, at: usize, kind: &str) -> Self {
        Self::new(
            8116,
            format!(
                "Argument data type {kind} is invalid for argument {} of {} function.",
                at + 1,
                function.to_lowercase()
            ),
        )
    }

    /// Whether SQL Server ends only the statement and not the batch, without `XACT_ABORT`.
    pub(crate) fn ends_only_the_statement(&self) -> bool {
        matches!(
            self.number,
            229 | 515 | 544 | 547 | 1222 | 1505 | 2601 | 2627 | 2628 | 2812 | 8134 | 8152
        )
    }

    /// The error of SQL Server that corresponds to SQLite's `error`.
    pub(crate) fn from_sqlite(error: &rusqlite::Error, verb: &str) -> Self {
        let text = match error {
            rusqlite::Error::SqliteFailure(code, message) => {
                if matches!(
                    code.code,
                    rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked
                ) {
                    return Self::new(1222, "Lock request time out period exceeded.");
                }
                message.clone().unwrap_or_else(|| code.to_string())
            }
            other => other.to_string(),
        };
        Self::from_sqlite_text(&text, verb)
    }

    fn from_sqlite_text(text: &str, verb: &str) -> Self {
        if let Some((_, raised)) = text.split_once(MARK)
            && let Some((number, message)) = raised.split_once(MARK)
            && let Ok(number) = number.parse()
        {
            return Self::new(number, message);
        }
        if let Some(place) = text.strip_prefix("NOT NULL constraint failed: ") {
            let (table, column) = place.rsplit_once('.').unwrap_or(("", place));
            return Self::null_refused(column, table, verb);
        }
        if let Some(place) = text.strip_prefix("UNIQUE constraint failed: ") {
            let table = place.split('.').next().unwrap_or(place);
            return Self::new(
                2627,
                format!(
                    "Violation of PRIMARY KEY constraint 'PK_{table}'. Cannot insert duplicate key \
                     in object 'dbo.{table}'."
                ),
            );
        }
        if text.starts_with("FOREIGN KEY constraint failed") {
            return Self::new(
                547,
                format!(
                    "The {verb} statement conflicted with a FOREIGN KEY constraint. The conflict \
                     occurred in database \"BPSPatients\"."
                ),
            );
        }
        if text.starts_with("CHECK constraint failed") {
            return Self::new(
                547,
                format!("The {verb} statement conflicted with the CHECK constraint. {text}"),
            );
        }
        if text.starts_with("integer overflow") {
            return Self::new(
                8115,
                "Arithmetic overflow error converting expression to data type bigint.",
            );
        }
        Self::new(50_000, format!("The simulator could not run the statement: {text}"))
    }

    pub(crate) fn null_refused(column: &str, table: &str, verb: &str) -> Self {
        Self::new(
            515,
            format!(
                "Cannot insert the value NULL into column '{column}', table \
                 'BPSPatients.dbo.{table}'; column does not allow nulls. {verb} fails."
            ),
        )
    }
}
