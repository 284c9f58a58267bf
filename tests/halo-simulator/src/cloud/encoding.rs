//! Rows as JSON, in the forms that an integrator must handle.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::{
    cloud::options::RowEncoding,
    sql::{ExecutionMode, Outcome, ResultSet, Value},
};

/// A part of a result that Halo returns in one piece.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: usize,
}

/// The part of a result that the execution mode returns.
pub(crate) fn shaped(outcome: Outcome, mode: ExecutionMode) -> Vec<ResultSet> {
    match mode {
        ExecutionMode::Reader => outcome.result_sets,
        ExecutionMode::NonQuery => Vec::new(),
        ExecutionMode::Scalar => {
            let Some(mut first) = outcome.result_sets.into_iter().next() else {
                return Vec::new();
            };
            first.columns.truncate(1);
            first.rows.truncate(1);
            for row in &mut first.rows {
                row.truncate(1);
            }
            vec![first]
        }
    }
}

/// A whole result as one piece.
pub(crate) fn whole(sets: Vec<ResultSet>, encoding: RowEncoding) -> Encoded {
    let mut pages = Pages::new(sets, encoding, usize::MAX);
    pages.next().unwrap_or_else(|| Encoded { bytes: b"[]".to_vec(), rows: 0 })
}

/// A result cut into pieces of about a given size. A larger row is its own piece.
pub(crate) struct Pages {
    names: Vec<Vec<String>>,
    sets: Vec<std::iter::Peekable<std::vec::IntoIter<Vec<Value>>>>,
    encoding: RowEncoding,
    limit: usize,
    started: bool,
    /// A row that did not fit into the last piece, with the number of its set.
    carried: Option<(usize, Vec<u8>)>,
}

impl Pages {
    pub(crate) fn new(sets: Vec<ResultSet>, encoding: RowEncoding, limit: usize) -> Self {
        let names = sets.iter().map(|set| distinct(&set.columns)).collect();
        let sets = sets.into_iter().map(|set| set.rows.into_iter().peekable()).collect();
        Self { names, sets, encoding, limit, started: false, carried: None }
    }

    fn pull(&mut self) -> Option<(usize, Vec<u8>)> {
        if let Some(carried) = self.carried.take() {
            return Some(carried);
        }
        let (number, row) = self
            .sets
            .iter_mut()
            .enumerate()
            .find_map(|(number, rows)| rows.next().map(|row| (number, row)))?;
        Some((number, self.render(number, row)))
    }

    /// A row as text. Its members are in the order of the SELECT, which a JSON object in memory would lose.
    fn render(&self, set: usize, row: Vec<Value>) -> Vec<u8> {
        let named = self.encoding != RowEncoding::ColumnsAndRows;
        let [open, close] = if named { *b"{}" } else { *b"[]" };
        let mut text = vec![open];
        for (name, value) in self.names[set].iter().zip(row) {
            if text.len() > 1 {
                text.push(b',');
            }
            if named {
                write(&mut text, &Json::from(name.as_str()));
                text.push(b':');
            }
            write(&mut text, &json_value(value));
        }
        text.push(close);
        text
    }

    fn assemble(&self, sets: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let one = |(number, rows): (usize, &Vec<Vec<u8>>)| match (self.encoding, rows.as_slice()) {
            (RowEncoding::SingleObject, [row]) => row.clone(),
            (RowEncoding::ColumnsAndRows, rows) => {
                let mut text = br#"{"columns":"#.to_vec();
                write(&mut text, &Json::from(self.names[number].clone()));
                text.extend_from_slice(br#","rows":"#);
                text.append(&mut list(rows));
                text.push(b'}');
                text
            }
            (_, rows) => list(rows),
        };
        let mut sets: Vec<Vec<u8>> = sets.iter().enumerate().map(one).collect();
        if sets.len() == 1 { sets.remove(0) } else { list(&sets) }
    }
}

/// Appends a value's text. This cannot fail: the target is memory, and all keys are text.
fn write(text: &mut Vec<u8>, value: &Json) {
    let _ = serde_json::to_writer(text, value);
}

/// An array of values that are already JSON text.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut text = vec![b'['];
    text.append(&mut items.join(&b','));
    text.push(b']');
    text
}

impl Iterator for Pages {
    type Item = Encoded;

    fn next(&mut self) -> Option<Encoded> {
        let mut sets: Vec<Vec<Vec<u8>>> = vec![Vec::new(); self.names.len()];
        let (mut size, mut rows) = (2, 0);
        while let Some((number, row)) = self.pull() {
            if rows > 0 && size + row.len() > self.limit {
                self.carried = Some((number, row));
                break;
            }
            size += row.len() + 1;
            rows += 1;
            sets[number].push(row);
        }
        // A result without rows still has one page, which is empty.
        if rows == 0 && self.started {
            return None;
        }
        self.started = true;
        Some(Encoded { bytes: self.assemble(&sets), rows })
    }
}

fn json_value(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bit(bit) => Json::Bool(bit),
        Value::Int(number) => Json::from(number),
        Value::Float(number) => Json::from(number),
        Value::Text(text) => Json::String(text),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
    }
}

/// Makes column names distinct as an ADO.NET table does: a number follows repeated and missing names.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let base = if column.is_empty() { "Column" } else { column };
        let taken = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut name = if column.is_empty() { "Column1".to_owned() } else { column.clone() };
        let mut number = 1;
        while taken(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(columns: &[&str], rows: Vec<Vec<Value>>) -> ResultSet {
        ResultSet { columns: columns.iter().map(|&name| name.to_owned()).collect(), rows }
    }

    fn text(sets: Vec<ResultSet>, encoding: RowEncoding) -> String {
        String::from_utf8(whole(sets, encoding).bytes).unwrap()
    }

    #[test]
    fn repeated_and_missing_column_names_are_numbered() {
        let names = ["InternalID", "", "internalid", ""].map(str::to_owned);
        assert_eq!(distinct(&names), ["InternalID", "Column1", "internalid1", "Column2"]);
    }

    #[test]
    fn each_encoding_shows_the_same_row_in_its_own_form() {
        let rows = || vec![set(&["a", "b"], vec![vec![Value::Int(1), Value::Bytes(vec![255])]])];
        assert_eq!(text(rows(), RowEncoding::Objects), r#"[{"a":1,"b":"/w=="}]"#);
        assert_eq!(
            text(rows(), RowEncoding::ColumnsAndRows),
            r#"{"columns":["a","b"],"rows":[[1,"/w=="]]}"#
        );
        assert_eq!(text(rows(), RowEncoding::SingleObject), r#"{"a":1,"b":"/w=="}"#);
    }

    #[test]
    fn several_result_sets_become_an_array_of_arrays() {
        let sets =
            vec![set(&["a"], vec![vec![Value::Null]]), set(&["b"], vec![vec![Value::Bit(true)]])];
        assert_eq!(text(sets, RowEncoding::Objects), r#"[[{"a":null}],[{"b":true}]]"#);
    }

    #[test]
    fn pages_are_cut_by_size_and_a_larger_row_is_a_page_of_its_own() {
        let row = |length: usize| vec![Value::Text("x".repeat(length))];
        let rows = vec![row(40), row(40), row(500), row(40)];
        let counts: Vec<usize> = Pages::new(vec![set(&["t"], rows)], RowEncoding::Objects, 120)
            .map(|page| page.rows)
            .collect();
        assert_eq!(counts, [2, 1, 1]);
    }

    #[test]
    fn a_result_without_rows_is_one_empty_page() {
        let pages: Vec<Encoded> =
            Pages::new(vec![set(&["t"], vec![])], RowEncoding::Objects, 120).collect();
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].bytes, b"[]");
    }
}
