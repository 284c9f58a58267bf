//! Names and numbers as telephones, tablets, Word and receptionists write them.

use rusqlite::types::{Null, Value as Cell};

use super::*;

#[tokio::test]
async fn patients_are_found_however_their_names_are_typed() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Search: names as people type them");
    let people = [
        ("O'Brien", "1971-03-01", &["O'Brien", "O‘Brien", "O´Brien", "Oʼ\u{200b}Brien"][..]),
        ("Smith-Jones", "1971-03-02", &["Smith-Jones", "Smith–Jones", "Smith‑Jones"]),
        ("van der Berg", "1971-03-03", &["van\u{a0}der\u{a0}Berg"]),
        ("Müller", "1971-03-04", &["Müller", "Mu\u{308}ller"]),
        ("Nguyen", "1971-03-05", &["Nguyễn"]),
        ("D´Souza–Reid", "1971-03-07", &["D'Souza-Reid"]),
    ];
    for (last, born, typed) in people {
        let id = clinic.patient(last, "Pat", born);
        for (place, spelling) in typed.iter().enumerate() {
            let found = search(&practice, spelling, born).await;
            let now = if found.at("/matches/0/patientId") == id { "found" } else { "not found" };
            let as_in_bp = place == 0 && last != "van der Berg" && *spelling == last;
            let before = if as_in_bp { "found" } else { "not found" };
            report.case(&format!("Bp {last}, typed {spelling}"), before, now, "found");
        }
    }
    clinic.patient("Tr?n", "Pat", "1971-03-06");
    let told = |answer: &Answer| match answer.status.as_u16() {
        200 => format!("{} found", answer.at("/matches").as_array().unwrap().len()),
        status => format!("{status} {}", answer.text_at("/errors/0/message")),
    };
    let now = told(&search(&practice, "Trần", "1971-03-06").await);
    report.case("Bp Tr?n, typed Trần", "1 found", &now, "0 found");
    let now = told(&search(&practice, "Tr李n", "1971-03-06").await);
    let named = now.contains("李 (U+674E), character 3");
    report.case("Bp Tr?n, typed Tr李n", "1 found", &now, if named { &now } else { "400" });
    report.finish();
}

#[tokio::test]
async fn cards_are_shown_as_digits_or_not_as_identifiers() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Medicare cards: ending and FHIR identifier");
    // The first five numbers have a wrong check digit: they are shown, but do not identify anybody.
    let (card, blanks) = ("2950000041", "2950 00004 1");
    let cards = [
        ("2950000001", "1", "0001, 29500000011", "0001, none"),
        ("2950 00000 1", "1", "00 1, 2950 00000 11", "0001, none"),
        ("295000000", "1", "0000, 2950000001", "0000, none"),
        ("29500000011", "1", "0011, 295000000111", "0001, none"),
        ("2950000001", "0", "0001, 29500000010", "0001, none"),
        (card, "1", NOT_TRIED, "0041, 29500000411"),
        (blanks, "1", NOT_TRIED, "0041, 29500000411"),
        (card, "0", NOT_TRIED, "0041, 2950000041"),
    ];
    for (place, (card, line, before, right)) in cards.into_iter().enumerate() {
        let born = format!("1972-03-0{}", place + 1);
        let numbers = [
            ("MEDICARENO", Cell::from(card.to_owned())),
            ("MEDICARELINENO", Cell::from(line.to_owned())),
            ("IHI", Cell::from(Null)),
        ];
        let id = clinic.patient_with("Card", "Pat", &born, &numbers);
        let found = search(&practice, "Card", &born).await;
        let ending = found.at("/matches/0/medicareEnding").as_str().unwrap_or("none").to_owned();
        let path = format!("/patients/{id}/clinical-summary");
        let fhir = practice.clinician.request(reqwest::Method::GET, &path);
        let fhir = practice.clinician.send(fhir.header("accept", "application/fhir+json")).await;
        fhir.assert_status(200);
        let patient = fhir.at("/entry").as_array().unwrap().iter().map(|entry| &entry["resource"]);
        let patient = patient.clone().find(|it| it["resourceType"] == "Patient").unwrap();
        let identifiers = patient["identifier"].as_array().cloned().unwrap_or_default();
        let medicare = identifiers.iter().find(|identifier| {
            identifier["system"] == "http://ns.electronichealth.net.au/id/medicare-number"
        });
        let medicare = medicare.and_then(|it| it["value"].as_str()).unwrap_or("none");
        let now = format!("{ending}, {medicare}");
        report.case(&format!("card {card} line {line}"), before, &now, right);
    }
    report.finish();
}

#[tokio::test]
async fn letters_reach_doctors_whose_number_is_written_in_another_way() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Letters by provider number");
    for (held, sent, before) in [
        ("0499601K", "0499601K", "delivered"),
        ("499601K", "0499601K", "failed addressee-not-found"),
        ("0499601K", "499601K", "failed addressee-not-found"),
        ("049960 1K", "0499601K", "failed addressee-not-found"),
    ] {
        clinic.change(&format!("UPDATE USERS SET PROVIDERNO = '{held}' WHERE USERID = 2"));
        clinic.change(&format!(
            "UPDATE PROVIDER_LOCATION SET PROVIDERNUMBER = '{held}' WHERE USERID = 2"
        ));
        let sent_to = json!({ "providerNumber": sent });
        let delivery = letter(&practice, json!({ "patientId": 1 }), sent_to).await;
        let problem = delivery.json.pointer("/problem/type").and_then(Value::as_str);
        let now = [Some(delivery.text_at("/state")), problem];
        let now = now.into_iter().flatten().collect::<Vec<_>>().join(" ");
        report.case(&format!("Bp {held}, letter to {sent}"), before, &now, "delivered");
    }
    report.finish();
}

#[tokio::test]
async fn letters_are_filed_under_patients_whose_name_is_written_in_another_way() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Letters about described patients");
    let (filed, waits) = ("filed", "waits for allocation");
    for (place, (last, first, sent_last, sent_first, before)) in [
        ("O'Hara", "Lou", "O’Hara", "Lou", filed),
        ("Hara", "D'Arcy", "Hara", "D’Arcy", waits),
        ("Hara", "Jean-Luc", "Hara", "Jean Luc", waits),
        ("Lee-Wong", "Lou", "Lee–Wong", "Lou", waits),
        ("Müller", "Lou", "Mu\u{308}ller", "Lou", "refused"),
        ("Hara", "Lou", "Hara", "Lou", filed),
    ]
    .into_iter()
    .enumerate()
    {
        let born = format!("1974-03-0{}", place + 1);
        clinic.patient(last, first, &born);
        let about = json!({ "lastName": sent_last, "firstName": sent_first, "dateOfBirth": born });
        let delivery = letter(&practice, about, json!({ "userId": 1 })).await;
        let now = match delivery.json["allocated"].as_bool() {
            Some(true) => filed,
            Some(false) => waits,
            None => "refused",
        };
        let input = format!("Bp {last}, {first}; letter about {sent_last}, {sent_first}");
        report.case(&input, before, now, filed);
    }
    report.finish();
}
