use serde_json::json;

use super::*;

fn document(sections: &[(&str, &str)]) -> Vec<u8> {
    let section = |(title, inner): &(&str, &str)| {
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
        json!({ "title": title, "text": { "status": "generated", "div": div } })
    };
    let sections: Vec<Value> = sections.iter().map(section).collect();
    let document = json!({
        "resourceType": "Bundle", "type": "document",
        "identifier": { "value": "urn:uuid:0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f" },
        "entry": [
            { "resource": { "resourceType": "Composition", "title": "Patient summary",
                "date": "2026-03-02T09:30:00Z", "section": sections } },
            { "resource": { "resourceType": "Patient", "birthDate": "1957-03-14", "gender": "female",
                "name": [{ "use": "official", "text": "Māia Nguyễn" }],
                "identifier": [{ "type": { "text": "Medicare number" }, "value": "29501" }],
                "address": [{ "line": ["1 Made-up St"], "city": "Wirrabeen" }],
                "telecom": [{ "value": "0491 570 006" }] } },
            { "resource": { "resourceType": "Organization", "name": "Wirrabeen Practice" } },
        ],
    });
    serde_json::to_vec(&document).unwrap()
}

/// The text of each page, as a reader of PDFs finds it.
fn pages(pdf: &[u8]) -> Vec<String> {
    let read = lopdf::Document::load_mem(pdf).unwrap();
    read.get_pages().keys().map(|page| read.extract_text(&[*page]).unwrap()).collect()
}

fn brisbane() -> PracticeTimeZone {
    PracticeTimeZone::parse("Australia/Brisbane").unwrap()
}

#[test]
fn a_pdf_says_what_the_document_says_and_its_text_can_be_searched() {
    let inner = "<p>Some of it could not be read.</p><ul><li><b>Peanuts &amp; ʻōkaʻ</b><ul><li>Level: 5 µg/L ≥ μ</li></ul></li></ul>";
    let pdf = fhir_document_pdf(&document(&[("Allergies", inner)]), Some(&brisbane())).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let pages = pages(&pdf);
    assert_eq!(pages.len(), 1);
    for said in [
        "Patient: Māia Nguyễn",
        "Born: 1957-03-14",
        "Medicare number: 29501",
        "Address: 1 Made-up St, Wirrabeen",
        "Practice: Wirrabeen Practice",
        "Read from Best Practice: 2026-03-02 19:30",
        "Some of it could not be read.",
        "Peanuts & ʻōkaʻ",
        "Level: 5 µg/L ≥ μ",
        "Page 1 of 1",
    ] {
        assert!(pages[0].contains(said), "{said} is not in {}", pages[0]);
    }
}

#[test]
fn every_page_says_whose_it_is_and_which_of_how_many() {
    let items: String = (0..200).map(|at| format!("<li>Entry {at} of many</li>")).collect();
    let pdf =
        fhir_document_pdf(&document(&[("Long", &format!("<ul>{items}</ul>"))]), None).unwrap();
    let pages = pages(&pdf);
    assert!(pages.len() > 2, "{}", pages.len());
    for (at, page) in pages.iter().enumerate() {
        let number = format!("Page {} of {}", at + 1, pages.len());
        assert!(page.contains(&number) && page.contains("Māia Nguyễn"), "{page}");
    }
    let whole = pages.concat();
    assert!((0..200).all(|at| whole.contains(&format!("Entry {at} of many"))));
}

#[test]
fn a_row_of_a_table_is_an_item_with_the_names_of_its_columns() {
    let table = "<table><thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody><tr><td>Example</td><td>1 <b>tablet</b></td></tr></tbody></table>";
    let blocks = narrative(&format!("<div>{table}</div>")).unwrap();
    let expected =
        [Block::new(Style::Name, 1, "Example"), Block::new(Style::Item, 2, "Dose: 1 tablet")];
    assert_eq!(blocks, expected);
}

#[test]
fn what_is_no_document_or_has_a_broken_narrative_has_no_pdf() {
    assert_eq!(fhir_document_pdf(b"{}", None), None);
    assert_eq!(fhir_document_pdf(b"not JSON", None), None);
    let broken = document(&[("Broken", "<p>open")]);
    assert_eq!(fhir_document_pdf(&broken, None), None, "a part of a record is worse than none");
}

#[test]
fn a_word_without_spaces_and_a_character_without_a_glyph_are_shown() {
    let long = format!("<p>{} 漢 end</p>", "x".repeat(500));
    let pdf = fhir_document_pdf(&document(&[("Odd", &long)]), None).unwrap();
    let text = pages(&pdf).concat();
    assert!(text.matches('x').count() >= 500 && text.contains("end"), "{text}");
}
