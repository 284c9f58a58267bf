//! `FOR JSON`: an aggregate over the rows of its query.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use serde::{Deserialize, Serialize};

use super::super::SqlError;
use super::super::bytes;
use super::super::convert::{self, Val};
use super::super::types::Type;
use super::{arguments, raise};

/// The shape that the clause and the select list determine.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Specification {
    /// Each column's path: its alias, split at dots by `PATH`.
    pub(crate) paths: Vec<Vec<String>>,
    /// Each column's type name.
    pub(crate) types: Vec<String>,
    pub(crate) root: Option<String>,
    pub(crate) include_null_values: bool,
    pub(crate) without_array_wrapper: bool,
}

#[derive(Debug)]
struct State {
    specification: Specification,
    types: Vec<Type>,
    text: String,
}

struct ForJson;

/// An object in the making, with its members in order.
#[derive(Debug)]
enum Node {
    Leaf(String),
    Object(Vec<(String, Self)>),
}

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_aggregate_function("ts_json", -1, FunctionFlags::SQLITE_UTF8, ForJson)
}

impl Aggregate<Option<State>, Option<String>> for ForJson {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<State>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, state: &mut Option<State>) -> rusqlite::Result<()> {
        let values = arguments(context)?;
        let state = match state {
            Some(state) => state,
            None => state.insert(State::new(&values)?),
        };
        state.row(&values[1..]).map_err(raise)
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        state: Option<Option<State>>,
    ) -> rusqlite::Result<Option<String>> {
        Ok(state.flatten().map(State::finish))
    }
}

impl State {
    fn new(values: &[Val]) -> rusqlite::Result<Self> {
        let specification: Specification = match values.first() {
            Some(Val::Text(text)) => serde_json::from_str(text).map_err(|error| {
                raise(SqlError::unsupported(format!("this FOR JSON ({error})")))
            })?,
            _ => Specification::default(),
        };
        let types = specification
            .types
            .iter()
            .map(|name| Type::parse(name).unwrap_or(Type::Unknown))
            .collect();
        Ok(Self { specification, types, text: String::new() })
    }

    fn row(&mut self, values: &[Val]) -> Result<(), SqlError> {
        let mut members = Vec::new();
        for (index, value) in values.iter().enumerate() {
            if matches!(value, Val::Null) && !self.specification.include_null_values {
                continue;
            }
            let source = self.types.get(index).copied().unwrap_or(Type::Unknown);
            let path = self.specification.paths.get(index).map_or(&[][..], Vec::as_slice);
            insert(&mut members, path, render(value, source)?)?;
        }
        if !self.text.is_empty() {
            self.text.push(',');
        }
        write_object(&mut self.text, &members);
        Ok(())
    }

    fn finish(self) -> String {
        let rows = if self.specification.without_array_wrapper {
            self.text
        } else {
            format!("[{}]", self.text)
        };
        match self.specification.root {
            Some(root) => format!("{{{}:{rows}}}", quoted(&root)),
            None => rows,
        }
    }
}

fn insert(
    members: &mut Vec<(String, Node)>,
    path: &[String],
    leaf: String,
) -> Result<(), SqlError> {
    let clash = |name: &str| {
        SqlError::new(
            13601,
            format!(
                "Property '{name}' cannot be generated in JSON output due to a conflict with another \
                 column name or alias. Use different names and aliases for each column in SELECT list."
            ),
        )
    };
    let Some((name, rest)) = path.split_first() else { return Ok(()) };
    let known = members.iter().position(|(member, _)| member == name);
    if rest.is_empty() {
        if known.is_some() {
            return Err(clash(name));
        }
        members.push((name.clone(), Node::Leaf(leaf)));
        return Ok(());
    }
    let index = known.unwrap_or_else(|| {
        members.push((name.clone(), Node::Object(Vec::new())));
        members.len() - 1
    });
    match &mut members[index].1 {
        Node::Object(inner) => insert(inner, rest, leaf),
        Node::Leaf(_) => Err(clash(name)),
    }
}

fn write_object(text: &mut String, members: &[(String, Node)]) {
    text.push('{');
    for (index, (name, node)) in members.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&quoted(name));
        text.push(':');
        match node {
            Node::Leaf(leaf) => text.push_str(leaf),
            Node::Object(inner) => write_object(text, inner),
        }
    }
    text.push('}');
}

fn render(value: &Val, source: Type) -> Result<String, SqlError> {
    Ok(match value {
        Val::Null => "null".to_owned(),
        Val::Integer(number) if source == Type::Bit => (*number != 0).to_string(),
        Val::Integer(number) => match source {
            Type::Float | Type::Real | Type::Decimal { .. } | Type::Money => {
                float(convert::to_float(*number), source)
            }
            _ => number.to_string(),
        },
        Val::Real(number) => float(*number, source),
        Val::Text(text) if source == Type::Json => text.clone(),
        Val::Text(text) => quoted(text),
        Val::Blob(bytes) => quoted(&bytes::to_base64(bytes)),
    })
}

fn float(number: f64, source: Type) -> String {
    match source {
        Type::Decimal { scale, .. } => format!("{number:.*}", usize::from(scale)),
        Type::Money => format!("{number:.4}"),
        Type::Float | Type::Real => {
            let digits = if source == Type::Real { 7 } else { 15 };
            let text = format!("{number:.digits$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:03}", exponent.abs())
        }
        _ => number.to_string(),
    }
}

/// A JSON string with SQL Server's escapes, which include the slash.
fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for character in text.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '/' => result.push_str("\\/"),
            '\u{8}' => result.push_str("\\b"),
            '\u{c}' => result.push_str("\\f"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(result, "\\u{:04x}", u32::from(control));
            }
            other => result.push(other),
        }
    }
    result.push('"');
    result
}
