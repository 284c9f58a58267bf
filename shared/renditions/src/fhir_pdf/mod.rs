//! A FHIR document as a PDF that people read.
//!
//! FHIR says how a document is shown to people: the patient, then the narrative of each section, in order. So
//! the PDF is made from the document itself, and both state the same facts.

mod narrative;
mod pages;
mod type_face;

use domain::time_zone::PracticeTimeZone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use self::narrative::narrative;
use self::pages::Pages;

/// A paragraph, a heading or an item of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Block {
    style: Style,
    /// How deep it is in lists.
    depth: u8,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    Title,
    Heading,
    /// The name of an item.
    Name,
    Text,
    Item,
}

impl Block {
    fn new(style: Style, depth: u8, text: impl Into<String>) -> Self {
        Self { style, depth, text: text.into() }
    }
}

/// Makes a PDF of a FHIR document (a Bundle in JSON). Times are shown in the practice's time zone, or in UTC.
/// `None` if it is no document, or if its narrative cannot be read.
#[must_use]
pub fn fhir_document_pdf(document: &[u8], zone: Option<&PracticeTimeZone>) -> Option<Vec<u8>> {
    let bundle: Value = serde_json::from_slice(document).ok()?;
    let resources: Vec<&Value> =
        bundle["entry"].as_array()?.iter().map(|entry| &entry["resource"]).collect();
    let of_type = |name: &str| resources.iter().copied().find(|it| it["resourceType"] == name);
    let composition = of_type("Composition")?;
    let patient = of_type("Patient")?;
    let title = composition["title"].as_str()?;
    let name = patient_name(patient);
    let written = written_at(composition["date"].as_str()?, zone);

    let mut blocks = vec![Block::new(Style::Title, 0, title)];
    let mut fact = |label: &str, value: &str| {
        if !value.is_empty() {
            blocks.push(Block::new(Style::Text, 0, format!("{label}: {value}")));
        }
    };
    fact("Patient", &name);
    fact("Born", text(&patient["birthDate"]));
    fact("Died", text(&patient["deceasedDateTime"]));
    if patient["deceasedBoolean"] == true {
        fact("Died", "yes");
    }
    fact("Gender", text(&patient["gender"]));
    for identifier in list(&patient["identifier"]) {
        let kind = &identifier["type"];
        let labels = [&kind["text"], &kind["coding"][0]["display"], &kind["coding"][0]["code"]];
        let label = labels.into_iter().find_map(Value::as_str).unwrap_or("Number");
        fact(label, text(&identifier["value"]));
    }
    for address in list(&patient["address"]) {
        fact("Address", &address_line(address));
    }
    for telecom in list(&patient["telecom"]) {
        fact("Contact", text(&telecom["value"]));
    }
    fact("Practice", of_type("Organization").map_or("", |practice| text(&practice["name"])));
    fact("Read from Best Practice", &written);
    let made = "A program made this summary from the practice's record. It shows what the record held at that time.";
    blocks.push(Block::new(Style::Text, 0, made));
    sections(composition, &mut blocks)?;
    let number = text(&bundle["identifier"]["value"]);
    blocks.push(Block::new(Style::Text, 0, format!("Number of this document: {number}")));

    let born = text(&patient["birthDate"]);
    let footer = format!("{title}: {name}, born {born}, read {written}");
    Pages::set(&blocks)?.write(title, &footer)
}

/// Adds the sections of a Composition, or of a section.
fn sections(of: &Value, blocks: &mut Vec<Block>) -> Option<()> {
    for section in list(&of["section"]) {
        blocks.push(Block::new(Style::Heading, 0, section["title"].as_str()?));
        if let Some(div) = section["text"]["div"].as_str() {
            blocks.extend(narrative(div)?);
        }
        sections(section, blocks)?;
    }
    Some(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn words(values: &[Value]) -> Vec<&str> {
    values.iter().filter_map(Value::as_str).collect()
}

fn patient_name(patient: &Value) -> String {
    let names = list(&patient["name"]);
    let official = names.iter().find(|name| name["use"] == "official").or(names.first());
    let Some(name) = official else { return "(no name)".to_owned() };
    match name["text"].as_str() {
        Some(whole) => whole.to_owned(),
        None => {
            let mut parts = words(list(&name["given"]));
            parts.push(text(&name["family"]));
            parts.join(" ").trim().to_owned()
        }
    }
}

fn address_line(address: &Value) -> String {
    if let Some(whole) = address["text"].as_str() {
        return whole.to_owned();
    }
    let mut parts = words(list(&address["line"]));
    let rest = ["city", "state", "postalCode"].map(|part| text(&address[part]));
    parts.extend(rest.into_iter().filter(|part| !part.is_empty()));
    parts.join(", ")
}

/// An instant on the practice's clock.
fn written_at(date: &str, zone: Option<&PracticeTimeZone>) -> String {
    let Ok(at) = date.parse::<Timestamp>() else { return date.to_owned() };
    let zone = zone.and_then(|zone| TimeZone::get(zone.as_str()).ok()).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests;
