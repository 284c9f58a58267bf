//! Reads the sources of a section, and collects what could not be read.

use domain::clinical::Unreadable;
use domain::problem::ProblemType;
use halo::{Row, SqlFailure};
use serde_json::Value;

use super::cells::Cells;
use super::object::{Line, Object};
use super::source::{ALLERGY_CODE, Source};

pub(super) struct Reader<'a> {
    row: &'a Row,
    unreadable: Vec<Unreadable>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(row: &'a Row) -> Self {
        Self { row, unreadable: Vec::new() }
    }

    /// The views and rows that could not be read so far.
    pub(super) fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Reports a view that could not be read as missing from the section.
    pub(super) fn missing(&mut self, unreadable: Unreadable) {
        if !self.unreadable.contains(&unreadable) {
            self.unreadable.push(unreadable);
        }
    }

    /// Reports one row that could not be read as missing from the section.
    pub(super) fn lose_row(&mut self, source: Source) {
        // If the whole view is unreadable already, there is no row to count.
        match self.unreadable.iter_mut().find(|one| one.view == source.view) {
            Some(known) => known.rows += 1,
            None => {
                tracing::warn!(source = source.column, "rows cannot be understood");
                let (reason, view) = (ProblemType::MalformedAnswer, source.view);
                self.unreadable.push(Unreadable { reason, view, rows: 1 });
            }
        }
    }

    /// A source's objects, or none if the source could not be read. A row that is no object is lost.
    pub(super) fn objects(&mut self, source: Source) -> Vec<Object<'a>> {
        let rows = match self.rows(source) {
            Ok(rows) => rows,
            Err(unreadable) => {
                self.missing(unreadable);
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(rows.len());
        for row in rows {
            match row {
                Line(Some(object)) => objects.push(object),
                Line(None) => self.lose_row(source),
            }
        }
        objects
    }

    /// A source's entries. A row from which `make` can make no entry is lost.
    pub(super) fn entries<T>(
        &mut self,
        source: Source,
        make: fn(&mut Cells<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut entries = Vec::new();
        for object in self.objects(source) {
            match make(&mut Cells::new(&object)) {
                Some(entry) => entries.push(entry),
                None => self.lose_row(source),
            }
        }
        entries
    }

    /// Reads each of a source's objects.
    ///
    /// # Errors
    /// When the source, or one of its rows, could not be read.
    pub(super) fn cells<T>(
        &self,
        source: Source,
        read: impl Fn(&mut Cells<'_>) -> T,
    ) -> Result<Vec<T>, Unreadable> {
        let rows = self.rows(source)?;
        rows.iter()
            .map(|row| match row {
                Line(Some(object)) => Ok(read(&mut Cells::new(object))),
                Line(None) => Err(unreadable(source, ProblemType::MalformedAnswer)),
            })
            .collect()
    }

    /// A source's rows, objects or not.
    pub(super) fn rows(&self, source: Source) -> Result<Vec<Line<'a>>, Unreadable> {
        self.of_source(source).map_err(|reason| {
            // This condition only decides a log line, so no test notices if mutation testing inverts it.
            if reason == ProblemType::MalformedAnswer {
                tracing::warn!(source = source.column, "a source cannot be understood");
            }
            unreadable(source, reason)
        })
    }

    fn of_source(&self, source: Source) -> Result<Vec<Line<'a>>, ProblemType> {
        if source.column == ALLERGY_CODE.column && self.row.value(source.error).is_err() {
            // A replaced statement may be older than this source.
            return Err(ProblemType::BpReleaseDiffers);
        }
        match self.row.int(source.error) {
            Ok(0) => {
                let json = match self.row.value(source.column) {
                    Ok(Value::Null) => "",
                    Ok(Value::String(json)) => json.trim(),
                    _ => return Err(ProblemType::MalformedAnswer),
                };
                if json.is_empty() {
                    return Ok(Vec::new());
                }
                serde_json::from_str(json).map_err(|_| ProblemType::MalformedAnswer)
            }
            // SQL Server before 2016 does not know FOR JSON, and says so of the source's own text.
            Ok(102 | 156 | 319) => Err(ProblemType::BpReleaseDiffers),
            Ok(error @ 1..) => Err(match SqlFailure::of_number(error) {
                SqlFailure::PermissionDenied => ProblemType::BpPermissionMissing,
                SqlFailure::UnknownObject => ProblemType::BpReleaseDiffers,
                _ => ProblemType::BpRefused,
            }),
            _ => Err(ProblemType::MalformedAnswer),
        }
    }
}

fn unreadable(source: Source, reason: ProblemType) -> Unreadable {
    Unreadable { reason, view: source.view, rows: 0 }
}
