//! Decodes rows. Halo does not publish the shape inside `data`, so every plausible shape is accepted: a
//! list of objects, a single object, `{columns, rows}`, and lists of these for several result sets.
//!
//! One case is ambiguous: several result sets of one row each, written as bare objects, look like one
//! result set of several rows.

use std::fmt;

use base64_simd::STANDARD;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::Error;

/// 2^53. A float holds every whole number below it exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The rows of one result set.
pub type Rows = Vec<Row>;

/// One row. Columns are found whatever their case, because a view returns its own spelling. Values cannot
/// be printed.
#[derive(Clone, Default, PartialEq)]
pub struct Row(Vec<(String, Value)>);

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A column that differs from what the statement promises.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("column {column} {problem}")]
pub struct BadColumn {
    /// The column's name.
    pub column: &'static str,
    /// What is wrong with it. This never contains its value.
    pub problem: &'static str,
}

impl Row {
    pub(crate) fn from_object(object: Map<String, Value>) -> Self {
        Self(object.into_iter().collect())
    }

    /// A row from column names and values, if there is a value for each column.
    pub(crate) fn from_table(columns: &[String], values: Vec<Value>) -> Option<Self> {
        (values.len() == columns.len()).then(|| Self(columns.iter().cloned().zip(values).collect()))
    }

    /// Whether this is a table of rows rather than one row.
    fn is_table(&self) -> bool {
        let has = |column: &str| self.0.iter().any(|(name, it)| name == column && it.is_array());
        self.0.len() == 2 && has("columns") && has("rows")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The column's value. If several columns have this name, the first one.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn value(&self, column: &'static str) -> Result<&Value, BadColumn> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, value)| value)
            .ok_or(BadColumn { column, problem: "is missing" })
    }

    /// Text without outer blanks. NULL and blank text are both `None`, as in Bp.
    ///
    /// # Errors
    /// When the column is missing or not text.
    pub fn text(&self, column: &'static str) -> Result<Option<String>, BadColumn> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::String(text) => {
                Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
            }
            Value::Number(number) => Ok(Some(number.to_string())),
            _ => Err(BadColumn { column, problem: "is not text" }),
        }
    }

    /// A whole number, written as a number or as text.
    ///
    /// # Errors
    /// When the column is missing, NULL or not a whole number.
    pub fn int(&self, column: &'static str) -> Result<i64, BadColumn> {
        let wrong = BadColumn { column, problem: "is not a whole number" };
        match self.value(column)? {
            Value::Number(number) => number
                .as_i64()
                .or_else(|| {
                    let exact = |float: &f64| float.fract() == 0.0 && float.abs() < EXACT;
                    number.as_f64().filter(exact).map(|float| float as i64)
                })
                .ok_or(wrong),
            Value::String(text) => text.trim().parse().map_err(|_| wrong),
            Value::Bool(truth) => Ok(i64::from(*truth)),
            _ => Err(wrong),
        }
    }

    /// A date, from `YYYY-MM-DD` or the beginning of a date and time.
    ///
    /// # Errors
    /// When the column is missing or holds something else.
    pub fn date(&self, column: &'static str) -> Result<Option<Date>, BadColumn> {
        let Some(text) = self.text(column)? else { return Ok(None) };
        text.get(..10)
            .and_then(|day| day.parse().ok())
            .map(Some)
            .ok_or(BadColumn { column, problem: "is not a date" })
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfRow)
    }
}

struct OfRow;

impl<'de> Visitor<'de> for OfRow {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Row, A::Error> {
        let mut cells = Vec::new();
        while let Some(cell) = object.next_entry()? {
            cells.push(cell);
        }
        Ok(Row(cells))
    }
}

/// Decodes Halo's base64 `data`.
///
/// # Errors
/// [`Error::Malformed`] for anything that is not rows in one of the known shapes.
pub fn decode(data: &str) -> Result<Vec<Rows>, Error> {
    let bytes = STANDARD
        .decode_to_vec(data.trim())
        .map_err(|_| Error::Malformed { what: "base64 of the rows" })?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    // The usual shapes: one list of objects, or one object.
    let rows = serde_json::from_slice::<Rows>(text)
        .or_else(|_| serde_json::from_slice::<Row>(text).map(|row| vec![row]));
    if let Ok(rows) = rows
        && !rows.iter().any(Row::is_table)
    {
        return Ok(vec![rows]);
    }
    let value =
        serde_json::from_slice(text).map_err(|_| Error::Malformed { what: "JSON of the rows" })?;
    sets_of(value).ok_or(Error::Malformed { what: "shape of the rows" })
}

fn sets_of(value: Value) -> Option<Vec<Rows>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Object(_) => Some(vec![set_of(value)?]),
        Value::Array(items) if items.iter().any(Value::is_array) || items.iter().any(is_table) => {
            items.into_iter().map(set_of).collect()
        }
        Value::Array(_) => Some(vec![set_of(value)?]),
        _ => None,
    }
}

fn set_of(value: Value) -> Option<Rows> {
    match value {
        Value::Object(mut object) if is_table_object(&object) => {
            let columns = names(object.remove("columns")?)?;
            let Value::Array(rows) = object.remove("rows")? else { return None };
            rows.into_iter()
                .map(|row| match row {
                    Value::Array(values) => Row::from_table(&columns, values),
                    Value::Object(object) => Some(Row::from_object(object)),
                    _ => None,
                })
                .collect()
        }
        Value::Object(object) => Some(vec![Row::from_object(object)]),
        Value::Array(rows) => rows
            .into_iter()
            .map(|row| match row {
                Value::Object(object) => Some(Row::from_object(object)),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn is_table(value: &Value) -> bool {
    value.as_object().is_some_and(is_table_object)
}

fn is_table_object(object: &Map<String, Value>) -> bool {
    object.len() == 2
        && object.get("columns").is_some_and(Value::is_array)
        && object.get("rows").is_some_and(Value::is_array)
}

/// Column names, bare or as objects that have one.
pub(crate) fn names(columns: Value) -> Option<Vec<String>> {
    let Value::Array(columns) = columns else { return None };
    columns
        .into_iter()
        .map(|column| match column {
            Value::String(name) => Some(name),
            Value::Object(object) => object.get("name")?.as_str().map(str::to_owned),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(json: &str) -> Vec<Rows> {
        decode(&STANDARD.encode_to_string(json)).unwrap()
    }

    #[test]
    fn every_plausible_shape_of_rows_means_the_same() {
        let shapes = [
            r#"[{"InternalID": 7, "Surname": "Lee  "}]"#,
            r#"{"InternalID": 7, "Surname": "Lee  "}"#,
            r#"{"columns": ["InternalID", "Surname"], "rows": [[7, "Lee  "]]}"#,
            r#"{"columns": [{"name": "InternalID"}, {"name": "Surname"}], "rows": [["7", "Lee  "]]}"#,
            r#"[[{"INTERNALID": "7", "SURNAME": "Lee"}]]"#,
            "\u{feff}[{\"internalid\": 7.0, \"surname\": \"Lee\"}]",
        ];
        for shape in shapes {
            let sets = decoded(shape);
            assert_eq!(sets.len(), 1, "{shape}");
            assert_eq!(sets[0][0].int("InternalID"), Ok(7), "{shape}");
            assert_eq!(sets[0][0].text("Surname").unwrap().as_deref(), Some("Lee"), "{shape}");
        }
    }

    #[test]
    fn a_number_beyond_every_column_of_bp_is_no_number() {
        let sets =
            decoded(r#"[{"a": 7.0, "b": 1e300, "c": -1e300, "d": 7.5, "e": 9007199254740992.0}]"#);
        let row = &sets[0][0];
        assert_eq!(row.int("a"), Ok(7));
        for column in ["b", "c", "d", "e"] {
            assert_eq!(
                row.int(column),
                Err(BadColumn { column, problem: "is not a whole number" })
            );
        }
    }

    #[test]
    fn several_result_sets_stay_apart() {
        let sets = decoded(r#"[[{"a": 1}], [], [{"b": 2}, {"b": 3}]]"#);
        assert_eq!(sets.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 2]);
    }

    #[test]
    fn what_is_not_rows_is_an_error_and_never_an_empty_answer() {
        for wrong in ["[1, 2]", "\"text\"", "7", "{\"id", r#"{"columns": ["a"], "rows": [[1, 2]]}"#]
        {
            assert!(decode(&STANDARD.encode_to_string(wrong)).is_err(), "{wrong} was taken");
        }
        assert!(decode("***").is_err());
    }

    #[test]
    fn null_and_blank_padding_are_nothing() {
        let sets =
            decoded(r#"[{"Email": null, "City": "          ", "DOB": "1984-02-29T00:00:00"}]"#);
        let row = &sets[0][0];
        assert_eq!(row.text("Email"), Ok(None));
        assert_eq!(row.text("City"), Ok(None));
        assert_eq!(row.date("DOB").unwrap().unwrap().to_string(), "1984-02-29");
        assert_eq!(row.text("Phone"), Err(BadColumn { column: "Phone", problem: "is missing" }));
    }

    proptest! {
        #[test]
        fn no_bytes_from_outside_can_do_more_than_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&STANDARD.encode_to_string(&bytes));
            let _ = decode(&String::from_utf8_lossy(&bytes));
        }
    }
}
