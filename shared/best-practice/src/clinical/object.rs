//! One JSON object of the statement, read in one pass. Its names and texts stay in the answer's own text: a long
//! record has tens of thousands of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// About as many columns as a source has.
const COLUMNS: usize = 16;

/// The value of a column.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// A list or an object, which no column has.
    Nested,
}

/// The columns of an object, in the order of the answer.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Cell<'a>)>);

impl<'a> Object<'a> {
    /// The column's value. If several columns have this name, the last one.
    pub(super) fn get(&self, column: &str) -> Option<&Cell<'a>> {
        self.0.iter().rev().find(|(name, _)| name == column).map(|(_, cell)| cell)
    }
}

/// A row of a source: an object, or something that no source has.
#[derive(Debug)]
pub(super) struct Line<'a>(pub(super) Option<Object<'a>>);

/// A text that is copied only if it has escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfCell)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Line<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfLine)
    }
}

struct OfCell;

impl<'de> Visitor<'de> for OfCell {
    type Value = Cell<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Cell::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cell::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        // JSON has only finite numbers.
        Ok(Number::from_f64(number).map_or(Cell::Nested, Cell::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }
}

struct OfLine;

impl<'de> Visitor<'de> for OfLine {
    type Value = Line<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OfCell.expecting(formatter)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Line(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        OfCell.visit_seq(list).map(|_| Line(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut columns = Vec::with_capacity(COLUMNS);
        while let Some((Name(name), cell)) = object.next_entry()? {
            columns.push((name, cell));
        }
        Ok(Line(Some(Object(columns))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(json: &str) -> Option<Vec<Line<'_>>> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn names_and_texts_stay_in_the_answer_unless_they_have_escapes() {
        let lines = lines(r#"[{"a": "as it is", "b\u0063": "two\nlines"}]"#).unwrap();
        let object = lines[0].0.as_ref().unwrap();
        assert!(matches!(object.get("a"), Some(Cell::Text(Cow::Borrowed("as it is")))));
        assert!(
            matches!(object.get("bc"), Some(Cell::Text(Cow::Owned(text))) if text == "two\nlines")
        );
        assert!(object.get("c").is_none());
    }

    #[test]
    fn a_column_that_comes_twice_counts_the_second_time() {
        let lines = lines(r#"[{"a": 1, "b": 2, "a": null}]"#).unwrap();
        assert!(matches!(lines[0].0.as_ref().unwrap().get("a"), Some(Cell::Null)));
    }

    #[test]
    fn what_is_no_object_is_told_apart_and_what_is_no_json_is_an_error() {
        let json = r#"[{}, 1, -1, 1.5, "a", null, true, [{"a": [1]}], {"a": {"b": []}}]"#;
        let are_objects: Vec<_> =
            lines(json).unwrap().iter().map(|line| line.0.is_some()).collect();
        assert_eq!(are_objects, [true, false, false, false, false, false, false, false, true]);
        for broken in ["[{}", "[{]", r#"[{"a" 1}]"#, "{}", "7", "[{}] x", r#"[{"a": [1}]"#] {
            assert!(lines(broken).is_none(), "{broken}");
        }
    }
}
