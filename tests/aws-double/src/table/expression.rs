//! DynamoDB's expressions: conditions of keys and items, and updates. What is not DynamoDB's grammar, or is not used by
//! this project, panics.

use serde_json::{Map, Value, json};

/// An item in DynamoDB's JSON: names with typed values.
pub type Item = Map<String, Value>;

/// What a request gives for the names and values in its expressions.
pub(super) struct Given<'a> {
    pub(super) names: &'a Value,
    pub(super) values: &'a Value,
}

/// A value that an expression names or computes.
#[derive(Debug)]
pub(super) enum Operand {
    Path(Vec<String>),
    Value(Value),
    IfNotExists(Vec<String>, Box<Operand>),
    Sum(Box<Operand>, Box<Operand>, f64),
}

#[derive(Debug)]
pub(super) enum Condition {
    Compare(String, Operand, Operand),
    Between(Operand, Operand, Operand),
    Exists(Vec<String>, bool),
    BeginsWith(Operand, Operand),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    /// Reads a condition.
    pub(super) fn parse(text: &str, given: &Given<'_>) -> Self {
        let mut parser = Parser::new(text, given);
        let condition = parser.any();
        assert!(parser.rest().is_empty(), "the rest of {text} is not understood");
        condition
    }

    pub(super) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Exists(path, wanted) => at(item, path).is_some() == *wanted,
            Self::All(all) => all.iter().all(|one| one.holds(item)),
            Self::Any(any) => any.iter().any(|one| one.holds(item)),
            Self::Not(other) => !other.holds(item),
            Self::BeginsWith(value, prefix) => {
                let text = |operand: &Operand| Some(operand.of(item)?["S"].as_str()?.to_owned());
                text(value).zip(text(prefix)).is_some_and(|(value, of)| value.starts_with(&of))
            }
            Self::Between(value, low, high) => {
                compare(">=", value, low, item) && compare("<=", value, high, item)
            }
            Self::Compare(how, one, other) => compare(how, one, other, item),
        }
    }

    /// The value that this attribute must equal.
    pub(super) fn equal_to(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Compare(how, Operand::Path(path), Operand::Value(value))
                if how == "=" && path.as_slice() == [attribute] =>
            {
                value["S"].as_str()
            }
            Self::All(all) => all.iter().find_map(|one| one.equal_to(attribute)),
            _ => None,
        }
    }
}

impl Operand {
    fn of(&self, item: &Item) -> Option<Value> {
        match self {
            Self::Path(path) => at(item, path).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::IfNotExists(path, other) => at(item, path).cloned().or_else(|| other.of(item)),
            Self::Sum(one, other, sign) => {
                let number = |operand: &Self| number_in(&operand.of(item)?);
                let sum = number(one)? + sign * number(other)?;
                Some(json!({ "N": format!("{sum}") }))
            }
        }
    }
}

/// Changes an item as an update expression says.
pub(super) fn update(item: &mut Item, text: &str, given: &Given<'_>) {
    // Every value is computed from the item before the update.
    let before = item.clone();
    let mut parser = Parser::new(text, given);
    while let Some(verb) = parser.next() {
        loop {
            let path = parser.path();
            match verb.to_ascii_uppercase().as_str() {
                "SET" => {
                    parser.expect("=");
                    let value = parser.operand().of(&before);
                    put(item, &path, value.expect("the value of SET exists"));
                }
                "ADD" => {
                    let more = parser.operand().of(&before).and_then(|it| number_in(&it));
                    let known = at(&before, &path).and_then(number_in).unwrap_or_default();
                    let sum = known + more.expect("ADD adds a number");
                    put(item, &path, json!({ "N": format!("{sum}") }));
                }
                "REMOVE" => remove(item, &path),
                other => panic!("{other} is not understood in {text}"),
            }
            if parser.peek() != Some(",") {
                break;
            }
            parser.next();
        }
    }
}

fn at<'i>(item: &'i Item, path: &[String]) -> Option<&'i Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(item.get(first)?, |value, name| value["M"].get(name))
}

fn put(item: &mut Item, path: &[String], value: Value) {
    match path {
        [name] => drop(item.insert(name.clone(), value)),
        [name, rest @ ..] => {
            let inner = item.get_mut(name).and_then(|it| it["M"].as_object_mut());
            put(inner.expect("a path leads through maps"), rest, value);
        }
        [] => {}
    }
}

fn remove(item: &mut Item, path: &[String]) {
    match path {
        [name] => drop(item.remove(name)),
        [name, rest @ ..] => {
            if let Some(inner) = item.get_mut(name).and_then(|it| it["M"].as_object_mut()) {
                remove(inner, rest);
            }
        }
        [] => {}
    }
}

fn number_in(value: &Value) -> Option<f64> {
    value["N"].as_str()?.parse().ok()
}

fn compare(how: &str, one: &Operand, other: &Operand, item: &Item) -> bool {
    let (Some(one), Some(other)) = (one.of(item), other.of(item)) else {
        // A missing attribute differs from everything.
        return how == "<>";
    };
    let texts = one["S"].as_str().zip(other["S"].as_str());
    let order = match texts {
        Some((one, other)) => Some(one.cmp(other)),
        None => match (number_in(&one), number_in(&other)) {
            (Some(one), Some(other)) => one.partial_cmp(&other),
            _ => (one == other).then_some(std::cmp::Ordering::Equal),
        },
    };
    match how {
        "=" => order.is_some_and(std::cmp::Ordering::is_eq),
        "<>" => order.is_none_or(std::cmp::Ordering::is_ne),
        "<" => order.is_some_and(std::cmp::Ordering::is_lt),
        "<=" => order.is_some_and(std::cmp::Ordering::is_le),
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
        other => panic!("{other} does not compare"),
    }
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    place: usize,
    given: &'a Given<'a>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, given: &'a Given<'a>) -> Self {
        Self { tokens: tokens(text), place: 0, given }
    }

    fn rest(&self) -> &[&'a str] {
        &self.tokens[self.place..]
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.place).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek()?;
        self.place += 1;
        Some(token)
    }

    fn expect(&mut self, wanted: &str) {
        assert_eq!(self.next(), Some(wanted), "in {:?}", self.tokens);
    }

    /// Whether the next token is this keyword. It is taken if so.
    fn takes(&mut self, keyword: &str) -> bool {
        let is_it = self.peek().is_some_and(|token| token.eq_ignore_ascii_case(keyword));
        self.place += usize::from(is_it);
        is_it
    }

    fn any(&mut self) -> Condition {
        let mut any = vec![self.all()];
        while self.takes("OR") {
            any.push(self.all());
        }
        if any.len() == 1 { any.remove(0) } else { Condition::Any(any) }
    }

    fn all(&mut self) -> Condition {
        let mut all = vec![self.one()];
        while self.takes("AND") {
            all.push(self.one());
        }
        if all.len() == 1 { all.remove(0) } else { Condition::All(all) }
    }

    fn one(&mut self) -> Condition {
        if self.takes("NOT") {
            return Condition::Not(Box::new(self.one()));
        }
        if self.takes("(") {
            let inner = self.any();
            self.expect(")");
            return inner;
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.takes(function) {
                self.expect("(");
                let path = self.path();
                self.expect(")");
                return Condition::Exists(path, wanted);
            }
        }
        if self.takes("begins_with") {
            self.expect("(");
            let value = self.operand();
            self.expect(",");
            let prefix = self.operand();
            self.expect(")");
            return Condition::BeginsWith(value, prefix);
        }
        let value = self.operand();
        if self.takes("BETWEEN") {
            let low = self.operand();
            assert!(self.takes("AND"), "BETWEEN without AND");
            return Condition::Between(value, low, self.operand());
        }
        let how = self.next().expect("a comparison").to_owned();
        Condition::Compare(how, value, self.operand())
    }

    fn operand(&mut self) -> Operand {
        let first = if self.takes("if_not_exists") {
            self.expect("(");
            let path = self.path();
            self.expect(",");
            let other = self.operand();
            self.expect(")");
            Operand::IfNotExists(path, Box::new(other))
        } else if let Some(name) = self.peek().filter(|token| token.starts_with(':')) {
            self.place += 1;
            let value = &self.given.values[name];
            assert!(!value.is_null(), "{name} has no value");
            Operand::Value(value.clone())
        } else {
            Operand::Path(self.path())
        };
        for (token, sign) in [("+", 1.0), ("-", -1.0)] {
            if self.takes(token) {
                let other = self.operand();
                return Operand::Sum(Box::new(first), Box::new(other), sign);
            }
        }
        first
    }

    fn path(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        loop {
            let name = self.next().expect("an attribute's name");
            path.push(match name.strip_prefix('#') {
                Some(_) => self.given.names[name].as_str().expect("a given name").to_owned(),
                None => name.to_owned(),
            });
            if !self.takes(".") {
                return path;
            }
        }
    }
}

fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | ':');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if ["<=", ">=", "<>"].iter().any(|sign| rest.starts_with(sign)) {
            2
        } else {
            1
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}
