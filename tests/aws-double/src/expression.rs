//! The part of DynamoDB's expressions that our store uses: conditions, key conditions and updates.
#![expect(clippy::expect_used, reason = "a panic is a failed test")]

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

pub(crate) type Item = Map<String, Value>;

/// The names and values of one call.
pub(crate) struct Names<'a> {
    pub(crate) names: &'a Value,
    pub(crate) values: &'a Value,
}

fn words(expression: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for letter in expression.chars().chain([' ']) {
        if letter.is_alphanumeric() || "_.#:".contains(letter) {
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match letter {
            '=' | '>'
                if words
                    .last()
                    .is_some_and(|last| last == "<" || (letter == '=' && last == ">")) =>
            {
                words.last_mut().expect("it was just seen").push(letter);
            }
            letter if letter.is_whitespace() => {}
            letter => words.push(letter.to_string()),
        }
    }
    words
}

/// Compares two values as DynamoDB does. `None` if they have different types.
pub(crate) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    let number = |value: &Value| value["N"].as_str().and_then(|text| text.parse::<f64>().ok());
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => Some(one["S"].as_str()?.cmp(other["S"].as_str()?)),
    }
}

struct Reader<'a> {
    words: Vec<String>,
    at: usize,
    names: &'a Names<'a>,
    item: &'a Item,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.words[self.at - 1].clone()
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.peek().eq_ignore_ascii_case(word);
        self.at += usize::from(is_it);
        is_it
    }

    fn must(&mut self, word: &str) {
        assert!(self.takes(word), "{word} expected at {} of {:?}", self.at, self.words);
    }

    fn operand(&mut self) -> Option<Value> {
        let word = self.next();
        if word == "if_not_exists" {
            self.must("(");
            let known = self.operand();
            self.must(",");
            let otherwise = self.operand();
            self.must(")");
            return known.or(otherwise);
        }
        if word.starts_with(':') {
            let value = &self.names.values[&word];
            assert!(!value.is_null(), "no value {word}");
            return Some(value.clone());
        }
        let mut steps = path(&word, self.names).into_iter();
        let mut value = self.item.get(&steps.next()?)?;
        for step in steps {
            value = value["M"].get(step)?;
        }
        Some(value.clone())
    }

    fn or(&mut self) -> bool {
        let mut holds = self.and();
        while self.takes("OR") {
            holds |= self.and();
        }
        holds
    }

    fn and(&mut self) -> bool {
        let mut holds = self.not();
        while self.takes("AND") {
            holds &= self.not();
        }
        holds
    }

    fn not(&mut self) -> bool {
        if self.takes("NOT") {
            return !self.not();
        }
        if self.takes("(") {
            let holds = self.or();
            self.must(")");
            return holds;
        }
        match self.peek() {
            function @ ("attribute_exists" | "attribute_not_exists") => {
                let wanted = function == "attribute_exists";
                self.at += 1;
                self.must("(");
                let exists = self.operand().is_some();
                self.must(")");
                exists == wanted
            }
            "begins_with" => {
                self.at += 1;
                self.must("(");
                let text = self.operand();
                self.must(",");
                let prefix = self.operand().unwrap_or_default();
                self.must(")");
                let prefix = prefix["S"].as_str().unwrap_or_default().to_owned();
                text.is_some_and(|text| {
                    text["S"].as_str().is_some_and(|it| it.starts_with(&prefix))
                })
            }
            _ => self.comparison(),
        }
    }

    fn comparison(&mut self) -> bool {
        let one = self.operand();
        let operator = self.next();
        let other = self.operand();
        if operator.eq_ignore_ascii_case("BETWEEN") {
            self.must("AND");
            let last = self.operand();
            let order = |bound: Option<Value>| compare(one.as_ref()?, &bound?);
            return order(other).is_some_and(Ordering::is_ge)
                && order(last).is_some_and(Ordering::is_le);
        }
        let (Some(one), Some(other)) = (one, other) else { return operator == "<>" };
        let order = compare(&one, &other);
        match operator.as_str() {
            "=" => one == other || order == Some(Ordering::Equal),
            "<>" => one != other,
            "<" => order.is_some_and(Ordering::is_lt),
            "<=" => order.is_some_and(Ordering::is_le),
            ">" => order.is_some_and(Ordering::is_gt),
            ">=" => order.is_some_and(Ordering::is_ge),
            unknown => panic!("no operator {unknown}"),
        }
    }
}

fn path(word: &str, names: &Names<'_>) -> Vec<String> {
    let named = |step: &str| match step.starts_with('#') {
        true => names.names[step].as_str().unwrap_or_else(|| panic!("no name {step}")).to_owned(),
        false => step.to_owned(),
    };
    word.split('.').map(named).collect()
}

/// Whether a condition holds for an item.
pub(crate) fn holds(condition: &str, names: &Names<'_>, item: &Item) -> bool {
    let mut reader = Reader { words: words(condition), at: 0, names, item };
    let holds = reader.or();
    assert_eq!(reader.at, reader.words.len(), "not understood: {condition}");
    holds
}

/// The item after an update.
pub(crate) fn updated(expression: &str, names: &Names<'_>, item: &Item) -> Item {
    let mut after = item.clone();
    let mut reader = Reader { words: words(expression), at: 0, names, item };
    let mut clause = String::new();
    while reader.at < reader.words.len() {
        let word = reader.next();
        match word.as_str() {
            "SET" | "REMOVE" | "ADD" => {
                clause = word;
                continue;
            }
            "," => continue,
            _ => {}
        }
        let steps = path(&word, names);
        match clause.as_str() {
            "SET" => {
                reader.must("=");
                let value = reader.operand().expect("a value to set");
                set(&mut after, &steps, value);
            }
            "REMOVE" => drop(after.remove(&steps[0])),
            _ => {
                let more = reader.operand().expect("a number to add");
                let number = |value: &Value| {
                    value["N"].as_str().map_or(0, |it| it.parse::<i64>().expect("a number"))
                };
                let sum = after.get(&steps[0]).map_or(0, number) + number(&more);
                after.insert(steps[0].clone(), json!({ "N": sum.to_string() }));
            }
        }
    }
    after
}

fn set(item: &mut Item, steps: &[String], value: Value) {
    match steps {
        [last] => drop(item.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let inner = item.get_mut(first).and_then(|it| it["M"].as_object_mut()).expect("a map");
            set(inner, rest, value);
        }
        [] => {}
    }
}
