//! Names are found however a telephone, a tablet or Word writes them.

use best_practice::Written;
use domain::clinician::NotLinked;
use domain::delivery::{
    AnnouncedDocument, Chosen, ChosenPatient, ClientId, DocumentType, RecipientName, Referral,
    ReferralSubject, StoredDocument,
};
use domain::{Sha256, surname::SurnameKey};
use jiff::Timestamp;
use serde_json::json;

use crate::spelling::support::{BORN, Bench, DOCTOR, PATIENT};

/// Spellings of one name.
const SAME: [&[&str]; 6] = [
    &[
        "O'Brien",
        "O’Brien",
        "O‘Brien",
        "O´Brien",
        "OʼBrien",
        "OʹBrien",
        "O`Brien",
        "O′Brien",
        "O Brien",
        "obrien",
    ],
    &[
        "Smith-Jones",
        "Smith–Jones",
        "Smith—Jones",
        "Smith‐Jones",
        "Smith\u{2011}Jones",
        "Smith\u{ad}Jones",
        "Smith Jones",
        "SMITHJONES",
    ],
    &[
        "van der Berg",
        "van\u{a0}der\u{a0}Berg",
        "van  der\u{202f}Berg",
        "van\u{200b}der\u{200d}Berg",
        "\u{feff}Van Der Berg",
    ],
    &["Müller", "Mu\u{308}ller", "MÜLLER", "mu\u{308}ller"],
    &["St. John", "St John", "St.John"],
    &["Strauß", "Strauss", "STRAUSS"],
];

/// What Bp's ANSI columns can hold.
fn can_be_stored(name: &str) -> bool {
    name.chars().all(|c| u32::from(c) <= 0xff || "‘’–—".contains(c))
}

#[tokio::test]
async fn a_search_finds_a_surname_in_every_spelling_of_it_typed_or_stored() {
    let bench = Bench::open().await;
    let mut missed = Vec::new();
    for spellings in SAME {
        for stored in spellings.iter().filter(|stored| can_be_stored(stored)) {
            bench.named("Pat", stored);
            for typed in spellings {
                if bench.search(typed).await.is_none() {
                    missed.push(format!("{stored:?} typed {typed:?}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn a_letter_that_windows_1252_lacks_is_searched_without_its_marks_and_never_as_anybody() {
    let bench = Bench::open().await;
    for (stored, typed) in
        [("Nguyen", "Nguyễn"), ("Lodz", "Łódź"), ("Dvorak", "Dvořák"), ("Do", "Đỗ"), ("Do", "đo")]
    {
        bench.named("Pat", stored);
        assert!(bench.search(typed).await.is_some(), "{stored} typed {typed}");
    }
    bench.named("Pat", "Tr?n");
    assert_eq!(bench.search("Trần").await, None);
    assert!(SurnameKey::parse("Tr李n").is_err());
}

#[tokio::test]
async fn a_message_about_a_described_patient_is_filed_in_every_spelling_of_both_names() {
    let bench = Bench::open().await;
    let mut left = Vec::new();
    for (stored, given) in [
        (("Lou", "O'Hara"), ("Lou", "O’Hara")),
        (("D'Arcy", "Hara"), ("D’Arcy", "Hara")),
        (("D´Arcy", "Hara"), ("DʼArcy", "Hara")),
        (("Jean-Luc", "Hara"), ("Jean Luc", "Hara")),
        (("Jean Luc", "Hara"), ("jean‑luc", "Hara")),
        (("Mary\u{a0}Anne", "Hara"), ("Mary-Anne", "Hara")),
        (("Lou", "Lee-Wong"), ("Lou", "Lee–Wong")),
        (("Lou", "Müller"), ("Lou", "Mu\u{308}ller")),
        (("Zoë", "Hara"), ("Zoe\u{308}", "Hara")),
        (("Lou", "Hara"), ("Lou", "Hara")),
    ] {
        bench.named(stored.0, stored.1);
        if !bench.is_filed(given.1, given.0).await {
            left.push(format!("{stored:?} given {given:?}"));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[tokio::test]
async fn a_message_is_filed_under_nobody_of_another_first_name() {
    let bench = Bench::open().await;
    for (stored, given) in
        [("Anne", "Mary Anne"), ("Zoe", "Zoë"), ("Lou", "-"), ("", "-"), ("-", "-")]
    {
        bench.named(stored, "Hara");
        assert!(!bench.is_filed("Hara", given).await, "{stored:?} given {given:?}");
    }
}

#[tokio::test]
async fn a_clinician_is_linked_as_a_telephone_writes_the_name_and_shown_as_bp_writes_it() {
    let bench = Bench::open().await;
    let mut missed = Vec::new();
    for (first, last, typed) in [
        ("Siobhán", "O'Brien", ("Siobha\u{301}n", "O’Brien")),
        ("Mary Anne", "O’Brien", ("Mary  Anne", "O'Brien")),
        ("Mary Anne", "Lee-Wong", (" Mary\u{a0}Anne ", "Lee–Wong")),
        ("Mary  Anne", "Lee–Wong", ("Mary Anne", "Lee\u{2011}Wong")),
    ] {
        let names = [("FIRSTNAME", first), ("SURNAME", last)];
        bench.change("USERS", ("USERID", DOCTOR.0), &names);
        match bench.link(typed.0, typed.1, None).await {
            Ok(linked) => {
                let shown = (linked.first_name.as_str(), linked.last_name.as_str());
                assert_eq!((linked.user_id, shown), (DOCTOR, (first, last)));
            }
            Err(why) => missed.push(format!("{first} {last} typed {typed:?}: {why}")),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn a_clinicians_capitals_accents_and_signs_still_have_to_be_bps() {
    let bench = Bench::open().await;
    let names = [("FIRSTNAME", "Siobhan"), ("SURNAME", "O'Brien")];
    bench.change("USERS", ("USERID", DOCTOR.0), &names);
    for (first, last) in [
        ("siobhan", "O'Brien"),
        ("Siobhán", "O'Brien"),
        ("Siobhan", "OBrien"),
        ("Siobhan", "O-Brien"),
        ("Sio bhan", "O'Brien"),
    ] {
        assert_eq!(
            bench.link(first, last, None).await,
            Err(NotLinked::NameNotFound),
            "{first} {last}"
        );
    }
}

fn referral(chosen: Chosen) -> Referral {
    let bytes = b"%PDF-1.7";
    Referral {
        patient: PATIENT,
        document: StoredDocument {
            announced: AnnouncedDocument {
                document_id: ClientId::parse("d-1").unwrap(),
                content_type: DocumentType::Pdf,
                bytes: bytes.len() as u64,
                sha256: Sha256::of(bytes),
            },
            key: "documents/made-up".to_owned(),
            announced_at: Timestamp::UNIX_EPOCH,
        },
        subject: ReferralSubject::parse("Left knee").unwrap(),
        recipient: RecipientName::parse("Dr Q").unwrap(),
        date: None,
        sender: None,
        chosen,
        acknowledged: Vec::new(),
        summary: false,
    }
}

#[tokio::test]
async fn a_referral_finds_whom_its_sender_chose_in_every_spelling_old_keys_included() {
    let bench = Bench::open().await;
    for (stored, key) in [("O‘Brien", "OBRIEN"), ("Lee–Wong", "LEEWONG"), ("Strauß", "STRAUSS")]
    {
        bench.named("Pat", stored);
        // As the previous release stored them, with the characters that it did not remove.
        let kept = if stored == "Strauß" { key.to_owned() } else { stored.to_uppercase() };
        let kept = json!({ "patient": { "surname": kept, "dateOfBirth": BORN } });
        let old: Chosen = serde_json::from_value(kept).unwrap();
        let surname = ChosenPatient::parse_last_name(stored).unwrap();
        assert_eq!(surname.as_str(), key);
        let new = Chosen::Patient(ChosenPatient { surname, date_of_birth: BORN });
        for chosen in [old, new] {
            let written = bench.refer(&referral(chosen)).await;
            assert!(matches!(written, Written::There(_)), "{stored}: {written:?}");
        }
    }
}
