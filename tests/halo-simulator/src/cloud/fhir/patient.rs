//! Patients: Bp's view as FHIR resources.

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{Context, without_empty};
use crate::{
    cloud::answer::{Answer, Refusal},
    sql::{Command, CommandKind, Direction, ExecutionMode, Parameter, ResultSet, Value},
};

/// The columns that a resource needs.
pub(super) const COLUMNS: &str = "InternalID, StatusText, Title, Firstname, Middlename, Surname, \
    Preferredname, Address1, Address2, City, Postcode, DOB, Sex, HomePhone, WorkPhone, \
    MobilePhone, Email, MedicareNo, MedicareLineNo, MedicareExpiry, DVANo, RecordNo, IHI, \
    UsualDoctor";

pub(super) async fn read(context: &Context<'_>, id: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::not_found("There is no patient with this id.");
    if id.parse::<i32>().is_err() {
        return Err(unknown());
    }
    let text =
        format!("SELECT {COLUMNS} FROM dbo.BPS_Patients WHERE InternalID = @id AND InternalID > 0");
    let rows = context.select(command(text, vec![input("@id", "Int", id)])).await?;
    let patient = resources(&rows).into_iter().next().ok_or_else(unknown)?;
    Ok(Answer::fhir(StatusCode::OK, patient))
}

pub(super) fn command(text: String, parameters: Vec<Parameter>) -> Command {
    Command { text, kind: CommandKind::Text, execution_mode: ExecutionMode::Reader, parameters }
}

pub(super) fn input(name: &str, sql_type: &str, value: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        direction: Direction::Input,
        sql_type: sql_type.to_owned(),
        value: Some(value.to_owned()),
        size: None,
    }
}

/// One resource for each patient. A patient with several e-mail addresses has several rows.
pub(super) fn resources(rows: &ResultSet) -> Vec<Json> {
    let mut seen = std::collections::HashSet::new();
    rows.rows
        .iter()
        .map(|values| Row { columns: &rows.columns, values })
        .filter(|row| seen.insert(row.text("InternalID")))
        .map(|row| resource(&row))
        .collect()
}

/// A row by column name, in any casing.
struct Row<'a> {
    columns: &'a [String],
    values: &'a [Value],
}

impl Row<'_> {
    /// The trimmed text, empty for NULL.
    fn text(&self, column: &str) -> String {
        let position = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        match position.and_then(|position| self.values.get(position)) {
            Some(Value::Text(text)) => text.trim().to_owned(),
            Some(Value::Int(number)) => number.to_string(),
            _ => String::new(),
        }
    }
}

fn resource(row: &Row<'_>) -> Json {
    let (title, first, middle, last) =
        (row.text("Title"), row.text("Firstname"), row.text("Middlename"), row.text("Surname"));
    let full: Vec<&str> = [&title, &first, &last]
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let preferred = row.text("Preferredname");
    let nickname = if preferred.is_empty() {
        Json::Null
    } else {
        json!({"use": "nickname", "given": [preferred]})
    };
    let birth_date: String = row.text("DOB").chars().take(10).collect();
    without_empty(json!({
        "resourceType": "Patient",
        "id": row.text("InternalID"),
        "meta": {"profile": ["http://hl7.org.au/fhir/StructureDefinition/au-patient"]},
        "identifier": identifiers(row),
        "active": row.text("StatusText").eq_ignore_ascii_case("active"),
        "name": [
            {
                "use": "official",
                "text": full.join(" "),
                "family": last,
                "given": [first, middle],
                "prefix": [title],
            },
            nickname
        ],
        "telecom": [
            telecom("phone", "home", &row.text("HomePhone")),
            telecom("phone", "work", &row.text("WorkPhone")),
            telecom("phone", "mobile", &row.text("MobilePhone")),
            telecom("email", "home", &row.text("Email")),
        ],
        "gender": gender(&row.text("Sex")),
        "birthDate": birth_date,
        "address": [address(row)],
        "generalPractitioner": [{"display": row.text("UsualDoctor")}],
    }))
}

fn identifiers(row: &Row<'_>) -> Json {
    let identifier = |code: &str, system: &str, value: String| {
        if value.is_empty() {
            return Json::Null;
        }
        json!({
            "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}]},
            "system": system,
            "value": value,
        })
    };
    let medicare = row.text("MedicareNo");
    let medicare =
        if medicare.is_empty() { medicare } else { medicare + &row.text("MedicareLineNo") };
    let mut medicare =
        identifier("MC", "http://ns.electronichealth.net.au/id/medicare-number", medicare);
    // Bp stores month/year as text. FHIR wants year-month.
    if let (Some((month, year)), false) =
        (row.text("MedicareExpiry").split_once('/'), medicare.is_null())
    {
        medicare["period"] = json!({"end": format!("{year}-{month:0>2}")});
    }
    json!([
        medicare,
        identifier("NI", "http://ns.electronichealth.net.au/id/hi/ihi/1.0", row.text("IHI")),
        identifier("DVAU", "http://ns.electronichealth.net.au/id/dva", row.text("DVANo")),
        identifier("MR", "", row.text("RecordNo")),
    ])
}

fn telecom(system: &str, usage: &str, value: &str) -> Json {
    if value.is_empty() {
        return Json::Null;
    }
    json!({"system": system, "use": usage, "value": value})
}

fn gender(sex: &str) -> &'static str {
    match sex.to_ascii_lowercase().as_str() {
        "female" => "female",
        "male" => "male",
        "other" => "other",
        _ => "unknown",
    }
}

fn address(row: &Row<'_>) -> Json {
    let (line1, line2) = (row.text("Address1"), row.text("Address2"));
    let (city, postcode) = (row.text("City"), row.text("Postcode"));
    if [&line1, &line2, &city, &postcode].into_iter().all(String::is_empty) {
        return Json::Null;
    }
    json!({
        "use": "home", "line": [line1, line2], "city": city, "postalCode": postcode,
        "country": "AU",
    })
}
