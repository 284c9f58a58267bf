//! Reads the cells of one JSON object of the statement. A cell that differs from what the statement's
//! header promises loses only itself: it is left out, and the entry lists its name as unreadable.

use jiff::civil::Date;

use super::object::{Cell, Object};
use crate::rows::known_day;

/// 2^53. A float holds every whole number below it exactly; Bp has no larger ones.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A column of the statement's objects, and the member of our answer that it fills.
#[derive(Clone, Copy)]
pub(super) struct Name {
    column: &'static str,
    member: &'static str,
}

impl From<&'static str> for Name {
    fn from(both: &'static str) -> Self {
        Self { column: both, member: both }
    }
}

impl From<(&'static str, &'static str)> for Name {
    fn from((column, member): (&'static str, &'static str)) -> Self {
        Self { column, member }
    }
}

/// One object, with the members that could not be understood so far.
pub(super) struct Cells<'a> {
    row: &'a Object<'a>,
    unreadable: Vec<&'static str>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(row: &'a Object<'a>) -> Self {
        Self { row, unreadable: Vec::new() }
    }

    /// The members that could not be understood. Call this last, after all cells were read.
    pub(super) fn unreadable(&self) -> Vec<&'static str> {
        self.unreadable.clone()
    }

    /// Records that a member could not be understood.
    pub(super) fn refuse<T>(&mut self, member: &'static str) -> Option<T> {
        if !self.unreadable.contains(&member) {
            self.unreadable.push(member);
        }
        None
    }

    /// Text without its padding. NULL and blank give nothing.
    pub(super) fn text(&mut self, name: impl Into<Name>) -> Option<String> {
        let Name { column, member } = name.into();
        let text = match self.row.get(column) {
            None | Some(Cell::Null) => return None,
            Some(Cell::Text(text)) => text.trim().to_owned(),
            Some(Cell::Number(number)) => number.to_string(),
            Some(_) => return self.refuse(member),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A whole number, written as a number or as text. NULL is unreadable: these columns always have a value.
    pub(super) fn number(&mut self, name: impl Into<Name>) -> Option<i64> {
        let Name { column, member } = name.into();
        let number = match self.row.get(column) {
            Some(Cell::Number(number)) => number.as_i64().or_else(|| {
                let float = number.as_f64()?;
                (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as i64)
            }),
            Some(Cell::Text(text)) => text.trim().parse().ok(),
            _ => None,
        };
        number.or_else(|| self.refuse(member))
    }

    /// A code or a count, for which Bp's 0 means "not set".
    pub(super) fn code(&mut self, name: impl Into<Name>) -> Option<i64> {
        self.number(name).filter(|code| *code != 0)
    }

    /// A code or a count from a column that may be NULL, which also means "not set".
    pub(super) fn optional_code(&mut self, name: impl Into<Name>) -> Option<i64> {
        let name = name.into();
        match self.row.get(name.column) {
            None | Some(Cell::Null) => None,
            Some(_) => self.code(name),
        }
    }

    /// A tick box. Blank means not ticked. NULL and every unknown value are unreadable.
    pub(super) fn flag(&mut self, name: impl Into<Name>) -> Option<bool> {
        let Name { column, member } = name.into();
        let said = match self.row.get(column) {
            Some(Cell::Bool(ticked)) => Some(*ticked),
            Some(Cell::Text(word)) if word.trim().is_empty() => Some(false),
            Some(Cell::Text(word)) => yes_or_no(word),
            _ => None,
        };
        said.or_else(|| self.refuse(member))
    }

    /// A tick box in a column that may be NULL, which means that nobody chose.
    pub(super) fn optional_flag(&mut self, name: impl Into<Name>) -> Option<bool> {
        let name = name.into();
        match self.row.get(name.column) {
            None | Some(Cell::Null) => None,
            Some(_) => self.flag(name),
        }
    }

    /// Whether a parent is alive. NULL, blank and "Unknown" give nothing.
    pub(super) fn alive(&mut self, name: impl Into<Name>) -> Option<bool> {
        let name = name.into();
        let word = self.text(name)?;
        if word.eq_ignore_ascii_case("unknown") {
            return None;
        }
        yes_or_no(&word).or_else(|| self.refuse(name.member))
    }

    /// A date, from `YYYY-MM-DD` or the beginning of a date and time. A day that means "no date" gives nothing.
    pub(super) fn date(&mut self, name: impl Into<Name>) -> Option<Date> {
        let name = name.into();
        let text = self.text(name)?;
        let date = text.get(..10).and_then(|day| day.parse().ok());
        date.or_else(|| self.refuse(name.member)).and_then(known_day)
    }
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::object::Line;
    use super::*;

    fn object(json: &str) -> Object<'_> {
        let lines: Vec<Line<'_>> = serde_json::from_str(json).unwrap();
        lines.into_iter().next().unwrap().0.unwrap()
    }

    /// The value that is read from a cell, and whether the cell was refused.
    fn read<T>(cell: Value, read: impl Fn(&mut Cells<'_>) -> Option<T>) -> (Option<T>, bool) {
        let json = json!([{ "cell": cell }]).to_string();
        let row = object(&json);
        let mut cells = Cells::new(&row);
        let found = read(&mut cells);
        (found, !cells.unreadable().is_empty())
    }

    #[test]
    fn a_number_is_a_whole_number_however_it_is_written_and_nothing_else() {
        let number = |cell| read(cell, |cells| cells.number("cell"));
        for (cell, is) in [(json!(7), 7), (json!(7.0), 7), (json!(" -7 "), -7), (json!(0), 0)] {
            assert_eq!(number(cell.clone()), (Some(is), false), "{cell}");
        }
        let wrong = [
            json!(null),
            json!(7.5),
            json!("seven"),
            json!(""),
            json!(true),
            json!([7]),
            json!({}),
        ];
        for cell in wrong.into_iter().chain([json!(1e300), json!(-1e300), json!(EXACT)]) {
            assert_eq!(number(cell.clone()), (None, true), "{cell}");
        }
        assert_eq!(read(json!(0), |cells| cells.code("cell")), (None, false));
        assert_eq!(read(json!(3), |cells| cells.code("cell")), (Some(3), false));
        assert_eq!(read(json!(null), |cells| cells.optional_code("cell")), (None, false));
        assert_eq!(read(json!(3), |cells| cells.optional_code("cell")), (Some(3), false));
        assert_eq!(read(json!("x"), |cells| cells.optional_code("cell")), (None, true));
    }

    #[test]
    fn a_tick_box_is_ticked_or_not_or_says_neither() {
        let flag = |cell| read(cell, |cells| cells.flag("cell"));
        for (cell, is) in [
            (json!("Yes  "), true),
            (json!("no"), false),
            (json!("   "), false),
            (json!(true), true),
            (json!(false), false),
        ] {
            assert_eq!(flag(cell.clone()), (Some(is), false), "{cell}");
        }
        for cell in [json!("Y"), json!("Maybe"), json!(1), json!(null), json!({})] {
            assert_eq!(flag(cell.clone()), (None, true), "{cell}");
        }
    }

    #[test]
    fn a_parent_is_alive_or_dead_or_not_known_or_the_word_is_not_known() {
        let alive = |cell| read(cell, |cells| cells.alive("cell"));
        assert_eq!(alive(json!("Yes         ")), (Some(true), false));
        assert_eq!(alive(json!("No")), (Some(false), false));
        for cell in [json!("Unknown"), json!(" "), json!(null)] {
            assert_eq!(alive(cell.clone()), (None, false), "{cell}");
        }
        for cell in [json!("Alive"), json!(2), json!([])] {
            assert_eq!(alive(cell.clone()), (None, true), "{cell}");
        }
    }

    #[test]
    fn text_and_dates_are_trimmed_and_anything_else_is_refused_once() {
        let text = |cell| read(cell, |cells| cells.text("cell"));
        assert_eq!(text(json!(" Penicillin  ")), (Some("Penicillin".to_owned()), false));
        assert_eq!(text(json!(36.6)), (Some("36.6".to_owned()), false));
        assert_eq!(text(json!("  ")), (None, false));
        assert_eq!(text(json!(true)), (None, true));
        let date = |cell| read(cell, |cells| cells.date("cell"));
        let day = jiff::civil::date(2026, 2, 28);
        assert_eq!(date(json!("2026-02-28")), (Some(day), false));
        assert_eq!(date(json!("2026-02-28T09:15:00")), (Some(day), false));
        assert_eq!(date(json!(null)), (None, false));
        for no_day in ["1900-01-01T00:00:00", "1899-12-30"] {
            assert_eq!(date(json!(no_day)), (None, false), "{no_day}");
        }
        for cell in ["2026-02-30", "28/02/2026", "today", "Zoë’s 10th day"] {
            assert_eq!(date(json!(cell)), (None, true), "{cell}");
        }
        let row = object(r#"[{ "date": "x", "time": "x" }]"#);
        let mut cells = Cells::new(&row);
        cells.date(("date", "observedAt"));
        cells.number(("time", "observedAt"));
        assert_eq!(cells.unreadable(), ["observedAt"]);
    }
}
