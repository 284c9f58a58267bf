//! The search for patients.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::StatusCode;
use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Context,
    patient::{COLUMNS, command, input, resources},
};
use crate::{
    cloud::answer::{Answer, Refusal},
    sql::Parameter,
};

const STANDARD_COUNT: usize = 20;
const LARGEST_COUNT: usize = 100;
/// The parameter of `next` links. Its search stays on the server, so that no name or date of birth is in a
/// URL.
const CONTINUATION: &str = "_continuation";

/// A search that has further pages.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    conditions: Vec<String>,
    parameters: Vec<Parameter>,
    order: Vec<String>,
    count: usize,
    offset: usize,
    site_id: String,
}

/// The searches behind `next` links.
#[derive(Debug, Default)]
pub(crate) struct Continuations(Mutex<HashMap<Uuid, Search>>);

impl Continuations {
    fn keep(&self, search: Search) -> Uuid {
        let id = Uuid::new_v4();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, search);
        id
    }

    fn find(&self, id: &str) -> Option<Search> {
        let id = Uuid::try_parse(id).ok()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

pub(super) async fn run(
    context: &Context<'_>,
    pairs: &[(String, String)],
) -> Result<Answer, Refusal> {
    let site_id = context.site.identity.site_id.as_str();
    let continued = pairs.iter().find(|(name, _)| name == CONTINUATION);
    let search = match continued {
        Some((_, id)) => context
            .world
            .continuations
            .find(id)
            .filter(|search| search.site_id == site_id)
            .ok_or_else(|| Refusal::not_found("The search cannot be continued any more."))?,
        None => Search::read(pairs, site_id)?,
    };
    let text = format!(
        "SELECT {COLUMNS} FROM dbo.BPS_Patients WHERE {} ORDER BY {}",
        search.conditions.join(" AND "),
        search.order.join(", ")
    );
    let rows = context.select(command(text, search.parameters.clone())).await?;
    let all = resources(&rows);
    let total = all.len();
    let base = format!(
        "{}/integrator/sites/{}/fhir/R4",
        context.world.base_url,
        context.guid.to_lowercase()
    );
    let entries: Vec<Value> = all
        .into_iter()
        .skip(search.offset)
        .take(search.count)
        .map(|patient| {
            let id = patient["id"].as_str().unwrap_or_default();
            let url = format!("{base}/Patient/{id}");
            json!({"fullUrl": url, "resource": patient, "search": {"mode": "match"}})
        })
        .collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": total});
    let seen = search.offset + entries.len();
    if seen < total && search.count > 0 {
        let next = context.world.continuations.keep(Search { offset: seen, ..search });
        let url = format!("{base}/Patient?{CONTINUATION}={next}");
        bundle["link"] = json!([{"relation": "next", "url": url}]);
    }
    if !entries.is_empty() {
        bundle["entry"] = json!(entries);
    }
    Ok(Answer::fhir(StatusCode::OK, bundle))
}

/// When a patient was last changed. The table shows it, the view does not.
const LAST_UPDATED: &str = "(SELECT ISNULL(p.UPDATED, p.CREATED) FROM dbo.PATIENTS AS p \
    WHERE p.INTERNALID = BPS_Patients.InternalID)";

impl Search {
    fn read(pairs: &[(String, String)], site_id: &str) -> Result<Self, Refusal> {
        let mut search = Self {
            conditions: vec!["InternalID > 0".to_owned()],
            parameters: Vec::new(),
            order: Vec::new(),
            count: STANDARD_COUNT,
            offset: 0,
            site_id: site_id.to_owned(),
        };
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match name.as_str() {
                "_id" => search.id(value),
                "family" => search.begins(&["Surname"], value),
                "given" => search.begins(&["Firstname", "Middlename"], value),
                "name" => {
                    search.begins(&["Surname", "Firstname", "Middlename", "Preferredname"], value);
                }
                "birthdate" => search.period("birthdate", "CAST(DOB AS date)", value)?,
                "_lastUpdated" => {
                    search.period(name, &format!("CAST({LAST_UPDATED} AS date)"), value)?;
                }
                "gender" => search.gender(value),
                "identifier" => search.identifier(value),
                "_count" => {
                    let count: usize = value
                        .parse()
                        .map_err(|_| Refusal::bad_request("_count is not a whole number."))?;
                    search.count = count.min(LARGEST_COUNT);
                }
                "_sort" => search.sort(value)?,
                "_format" | "_total" => {}
                _ => {
                    return Err(Refusal::bad_request(format!(
                        "The search parameter \"{name}\" is not supported."
                    )));
                }
            }
        }
        if !search.order.iter().any(|key| key.starts_with("InternalID")) {
            search.order.push("InternalID ASC".to_owned());
        }
        Ok(search)
    }

    /// Adds a parameter with this value and returns its name.
    fn parameter(&mut self, sql_type: &str, value: &str) -> String {
        let name = format!("@p{}", self.parameters.len());
        self.parameters.push(input(&name, sql_type, value));
        name
    }

    fn id(&mut self, value: &str) {
        match value.parse::<i32>() {
            Ok(_) => {
                let name = self.parameter("Int", value);
                self.conditions.push(format!("InternalID = {name}"));
            }
            Err(_) => self.conditions.push("1 = 0".to_owned()),
        }
    }

    /// A FHIR string matches from the start, in any case. `%` and `_` are ordinary characters.
    fn begins(&mut self, columns: &[&str], value: &str) {
        let name = self.parameter("VarChar", value);
        let any: Vec<String> =
            columns.iter().map(|column| format!("LEFT({column}, LEN({name})) = {name}")).collect();
        self.conditions.push(format!("({})", any.join(" OR ")));
    }

    /// Compares days with a day, a month or a year. `days` is SQL.
    fn period(&mut self, name: &str, days: &str, value: &str) -> Result<(), Refusal> {
        let (prefix, date) = match value.get(..2) {
            Some(prefix) if prefix.chars().all(|letter| letter.is_ascii_alphabetic()) => {
                (prefix, &value[2..])
            }
            _ => ("eq", value),
        };
        let unreadable = || Refusal::bad_request(format!("The {name} is not a date."));
        let (first, after) =
            range(date.split('T').next().unwrap_or(date)).ok_or_else(unreadable)?;
        let first = self.parameter("Date", &first.to_string());
        let after = self.parameter("Date", &after.to_string());
        self.conditions.push(match prefix {
            "eq" => format!("({days} >= {first} AND {days} < {after})"),
            "ne" => format!("({days} < {first} OR {days} >= {after})"),
            "ge" => format!("{days} >= {first}"),
            "gt" => format!("{days} >= {after}"),
            "lt" => format!("{days} < {first}"),
            "le" => format!("{days} < {after}"),
            _ => return Err(Refusal::bad_request(format!("The prefix of {name} is not known."))),
        });
        Ok(())
    }

    /// Sex as Bp shows it. Anything except the three known words is unknown. A comma means "or".
    fn gender(&mut self, value: &str) {
        const SYSTEM: &str = "http://hl7.org/fhir/administrative-gender|";
        let one = |code: &str| match code.strip_prefix(SYSTEM).unwrap_or(code) {
            "female" => "Sex = 'Female'",
            "male" => "Sex = 'Male'",
            "other" => "Sex = 'Other'",
            "unknown" => "Sex NOT IN ('Female', 'Male', 'Other')",
            _ => "1 = 0",
        };
        let any: Vec<&str> = value.split(',').map(|code| one(code.trim())).collect();
        self.conditions.push(format!("({})", any.join(" OR ")));
    }

    /// A comma means "or".
    fn identifier(&mut self, value: &str) {
        let any: Vec<String> = value.split(',').map(|one| self.one_identifier(one)).collect();
        self.conditions.push(format!("({})", any.join(" OR ")));
    }

    fn one_identifier(&mut self, value: &str) -> String {
        let (system, value) = match value.split_once('|') {
            Some((system, value)) => (Some(system), value),
            None => (None, value),
        };
        let plain: String = value.chars().filter(|letter| !letter.is_whitespace()).collect();
        let name = self.parameter("VarChar", &plain);
        let number = "REPLACE(ISNULL(MedicareNo, ''), ' ', '')";
        let medicare =
            format!("{number} = {name} OR {number} + RTRIM(ISNULL(MedicareLineNo, '')) = {name}");
        let (ihi, dva) = (format!("IHI = {name}"), format!("DVANo = {name}"));
        let chart = format!("RecordNo = {name}");
        match system {
            _ if plain.is_empty() => "1 = 0".to_owned(),
            None => format!("{medicare} OR {ihi} OR {dva} OR {chart}"),
            // The practice's chart number has no system.
            Some("") => chart,
            Some("http://ns.electronichealth.net.au/id/medicare-number") => medicare,
            Some("http://ns.electronichealth.net.au/id/hi/ihi/1.0") => ihi,
            Some("http://ns.electronichealth.net.au/id/dva") => dva,
            Some(_) => "1 = 0".to_owned(),
        }
    }

    fn sort(&mut self, value: &str) -> Result<(), Refusal> {
        for key in value.split(',') {
            let (key, direction) = match key.strip_prefix('-') {
                Some(key) => (key, "DESC"),
                None => (key, "ASC"),
            };
            let column = match key {
                "family" => "Surname",
                "given" => "Firstname",
                "birthdate" => "DOB",
                "_lastUpdated" => LAST_UPDATED,
                "_id" => "InternalID",
                _ => return Err(Refusal::bad_request("_sort names an unknown parameter.")),
            };
            let key = format!("{column} {direction}");
            // SQL Server refuses a column that is named twice.
            if !self.order.iter().any(|known| known.starts_with(column)) {
                self.order.push(key);
            }
        }
        Ok(())
    }
}

/// The days of a year, a month or a day: the first day, and the day after the last.
fn range(date: &str) -> Option<(Date, Date)> {
    let parts: Vec<&str> = date.split('-').collect();
    let number = |text: &str, digits: usize| -> Option<i16> {
        (text.len() == digits).then(|| text.parse().ok()).flatten()
    };
    let part = |text: &str| number(text, 2).and_then(|part| i8::try_from(part).ok());
    let (first, span) = match parts.as_slice() {
        [year] => (Date::new(number(year, 4)?, 1, 1).ok()?, 1.year()),
        [year, month] => (Date::new(number(year, 4)?, part(month)?, 1).ok()?, 1.month()),
        [year, month, day] => {
            (Date::new(number(year, 4)?, part(month)?, part(day)?).ok()?, 1.day())
        }
        _ => return None,
    };
    Some((first, first.checked_add(span).ok()?))
}
