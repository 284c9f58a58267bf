//! Made-up records.

use std::cell::Cell;

use domain::clinical::{
    Alcohol, Allergy, Circumstances, FamilyComment, FamilyItem, Fracture, IdentifiedRecord,
    Identity, Immunisation, MedicareNumber, Medication, NilMarker, Observation, ObservationKind,
    ObservedAt, Occupation, Parent, ParentRelation, PartialDate, PastHistory, PracticeDetails,
    PracticeLocation, Practitioner, Relative, Section, Sections, SocialItem, Tobacco,
};
use domain::ids::PatientId;
use domain::patient::{Address, Dva, PatientStatus, Phones};
use jiff::civil::{date, time};

/// A person with all details.
pub(crate) fn person() -> Identity {
    let text = |text: &str| Some(text.to_owned());
    Identity {
        patient_id: PatientId(1),
        status: PatientStatus::Active,
        title: text("Ms"),
        first_name: text("Marguerite"),
        middle_name: text("Ann"),
        last_name: text("Wattleford"),
        preferred_name: text("Peg"),
        date_of_birth: Some(date(1957, 3, 14)),
        sex: text("Female"),
        gender: text("Female"),
        address: Address {
            line1: text("1 Nowhere Street"),
            line2: text("Unit 2"),
            suburb: text("Wirrabeen"),
            postcode: text("9999"),
        },
        phones: Phones {
            home: text("07 5550 0101"),
            work: text("07 5550 0102"),
            mobile: text("0491 570 006"),
        },
        medicare: Some(MedicareNumber { card: "2950000041".to_owned(), line: text("1") }),
        dva: Some(Dva { number: "QX000000".to_owned() }),
        ihi: text("8003600000000007"),
        medicare_expiry: text("11/2027"),
        record_number: text("C-1234"),
        email: text("peg@example.org"),
        ethnicity: text("Aboriginal/Torres Strait Islander"),
        usual_doctor: text("Dr Ada Quill"),
        date_of_death: None,
    }
}

/// A record with everything in it. Each text is a different word.
pub(crate) fn everything() -> IdentifiedRecord {
    let sections = sections("Word");
    let measured = sections.observations.iter().flat_map(|section| &section.items);
    let named = measured.filter_map(|item| item.provider.clone()).next();
    let mut practitioners = vec![doctor("Dr Ada Quill")];
    practitioners.extend(named.map(|named| Practitioner { user_id: 6, ..doctor(&named) }));
    IdentifiedRecord { practitioners, practice: practice(), ..of(person(), sections) }
}

/// A record of which neither the practice nor the people are known.
pub(crate) fn of(identity: Identity, sections: Sections) -> IdentifiedRecord {
    IdentifiedRecord {
        identity,
        practitioners: Vec::new(),
        practice: PracticeDetails::default(),
        sections,
    }
}

/// A doctor with all numbers.
pub(crate) fn doctor(named: &str) -> Practitioner {
    let text = |text: &str| Some(text.to_owned());
    Practitioner {
        user_id: 5,
        named: named.to_owned(),
        first_name: text("Ada"),
        last_name: text("Quill"),
        registration: text("MED0000000001"),
        hpii: text("8003619900000008"),
        provider_number: text("0499601T"),
    }
}

/// A practice with all details.
pub(crate) fn practice() -> PracticeDetails {
    let text = |text: &str| Some(text.to_owned());
    PracticeDetails {
        hpio: text("8003 6299 0000 0007"),
        abn: text("51 824 753 556"),
        location: Some(PracticeLocation {
            address: Address {
                line1: text("3 Nowhere Street"),
                line2: None,
                suburb: text("Wirrabeen"),
                postcode: text("9999"),
            },
            phone: text("07 5550 0103"),
            fax: text("07 5550 0104"),
            email: text("desk@example.org"),
        }),
    }
}

/// In each section, one item with everything and one with nothing. Texts are `word` and a number.
pub(crate) fn sections(word: &str) -> Sections {
    let count = Cell::new(0);
    let next = || {
        count.set(count.get() + 1);
        Some(format!("{word}{}x", count.get()))
    };
    let all = |items| Some(Section::conclude(items, NilMarker::Silent, &[]));
    Sections {
        past_history: all(vec![condition(&next), nothing_of_a_condition()]),
        medications: Some(Section::conclude(
            vec![medication(&next), nothing_of_a_medication()],
            NilMarker::Silent,
            &[],
        )),
        allergies: Some(Section::conclude(
            vec![
                Allergy {
                    item: next(),
                    reaction: next(),
                    severity: next(),
                    comment: next(),
                    recorded_on: Some(date(2019, 8, 7)),
                    unreadable: Vec::new(),
                },
                Allergy {
                    item: next(),
                    reaction: None,
                    severity: Some("Severe".into()),
                    comment: None,
                    recorded_on: None,
                    unreadable: Vec::new(),
                },
                Allergy {
                    item: None,
                    reaction: None,
                    severity: None,
                    comment: None,
                    recorded_on: None,
                    unreadable: Vec::new(),
                },
            ],
            NilMarker::Silent,
            &[],
        )),
        family_history: Some(Section::conclude(family(&next), NilMarker::Silent, &[])),
        social: Some(Section::conclude(social(&next), NilMarker::Silent, &[])),
        observations: Some(Section::conclude(measurements(&next), NilMarker::Silent, &[])),
        immunisations: Some(Section::conclude(
            vec![vaccine(&next), nothing_of_a_vaccine()],
            NilMarker::Silent,
            &[],
        )),
    }
}

fn condition(next: &dyn Fn() -> Option<String>) -> PastHistory {
    PastHistory {
        record_id: Some(7),
        date: Some(PartialDate::Month(2011, 5)),
        condition: next(),
        condition_code: Some(1234),
        snomed: next(),
        status: next(),
        side: next(),
        severity: next(),
        acute: Some(true),
        in_summary: Some(true),
        fracture: Some(Fracture {
            displaced: Some(true),
            compound: Some(false),
            comminuted: Some(true),
            spiral: Some(false),
            greenstick: Some(false),
        }),
        details: next(),
        recorded_on: Some(date(2011, 6, 1)),
        unreadable: Vec::new(),
    }
}

fn nothing_of_a_condition() -> PastHistory {
    PastHistory {
        record_id: Some(8),
        date: None,
        condition: None,
        condition_code: None,
        snomed: None,
        status: Some("Inactive".into()),
        side: Some("Left".into()),
        severity: Some("Mild".into()),
        acute: Some(false),
        in_summary: Some(false),
        fracture: None,
        details: None,
        recorded_on: None,
        unreadable: Vec::new(),
    }
}

fn medication(next: &dyn Fn() -> Option<String>) -> Medication {
    Medication {
        record_id: Some(9),
        name: next(),
        dose: next(),
        frequency: next(),
        food: next(),
        other_detail: next(),
        when_needed: Some(true),
        instructions: next(),
        route_code: Some(2),
        quantity: Some(100),
        unit: next(),
        repeats: Some(5),
        indication: next(),
        first_date: Some(date(2020, 2, 29)),
        last_date: Some(date(2026, 1, 5)),
        product_id: Some(4711),
        recorded_on: Some(date(2020, 3, 1)),
        unreadable: Vec::new(),
    }
}

fn nothing_of_a_medication() -> Medication {
    Medication {
        record_id: Some(10),
        name: None,
        dose: None,
        frequency: None,
        food: None,
        other_detail: None,
        when_needed: Some(false),
        instructions: None,
        route_code: None,
        quantity: None,
        unit: None,
        repeats: Some(0),
        indication: None,
        first_date: None,
        last_date: None,
        product_id: None,
        recorded_on: None,
        unreadable: Vec::new(),
    }
}

fn family(next: &dyn Fn() -> Option<String>) -> Vec<FamilyItem> {
    let parent = |relation, alive, age_at_death| {
        FamilyItem::Parent(Parent {
            relation,
            alive,
            age_at_death,
            cause_of_death: next(),
            unreadable: Vec::new(),
        })
    };
    vec![
        FamilyItem::FamilyUnknown,
        parent(ParentRelation::Father, Some(false), Some(71)),
        parent(ParentRelation::Mother, Some(true), Some(80)),
        parent(ParentRelation::Mother, None, None),
        FamilyItem::Relative(Relative {
            relation: next(),
            condition: next(),
            disease_code: Some(3),
            comment: next(),
            unreadable: Vec::new(),
        }),
        FamilyItem::Relative(Relative {
            relation: None,
            condition: None,
            disease_code: None,
            comment: None,
            unreadable: Vec::new(),
        }),
        FamilyItem::Comment(FamilyComment { text: next().unwrap_or_default() }),
    ]
}

fn social(next: &dyn Fn() -> Option<String>) -> Vec<SocialItem> {
    vec![
        SocialItem::Tobacco(Tobacco {
            status: next(),
            other_statuses: next().into_iter().collect(),
            kind: next(),
            per_day: Some(20),
            year_started: Some(1975),
            past_status: next(),
            past_per_day: Some(30),
            past_year_started: Some(1970),
            past_year_stopped: Some(1974),
            unreadable: Vec::new(),
        }),
        SocialItem::Tobacco(Tobacco::default()),
        SocialItem::Alcohol(Alcohol {
            non_drinker: Some(true),
            days_per_week: Some(2),
            drinks_per_day: Some(3),
            description: next(),
            past_level: next(),
            year_started: Some(1980),
            year_stopped: Some(1990),
            comment: next(),
            unreadable: Vec::new(),
        }),
        SocialItem::Circumstances(Box::new(Circumstances {
            social_history: next(),
            recreation: next(),
            accommodation: next(),
            lives_with: next(),
            has_carer: next(),
            is_carer: next(),
            marital_status: next(),
            sexuality: next(),
            retired: Some(true),
            elite_sports: next(),
            blood_group: next(),
            pacemaker: Some(true),
            advance_care_directive: Some(1),
            power_of_attorney: Some(2),
            unreadable: Vec::new(),
        })),
        SocialItem::Occupation(Occupation {
            occupation: next(),
            description: next(),
            employer: next(),
            year_started: Some(1980),
            year_stopped: Some(99_999),
            asbestos: Some(true),
            dust: Some(true),
            radiation: Some(true),
            animals: Some(true),
            comment: next(),
            adf_status: Some(1),
            unreadable: Vec::new(),
        }),
    ]
}

fn measurements(next: &dyn Fn() -> Option<String>) -> Vec<Observation> {
    let measured = Observation {
        code: ObservationKind::Weight,
        bp_code: Some(8),
        record_ids: vec![11],
        name: next(),
        value: next(),
        unit: Some("kg"),
        systolic: None,
        diastolic: None,
        observed_at: Some(ObservedAt { date: date(2026, 1, 24), time: None }),
        modifier: Some(3),
        provider: next(),
        unreadable: Vec::new(),
    };
    let pressure = Observation {
        code: ObservationKind::BloodPressure,
        bp_code: Some(3),
        record_ids: vec![12, 13],
        value: Some("131/79".into()),
        unit: Some("mmHg"),
        systolic: Some("131".into()),
        diastolic: Some("79".into()),
        observed_at: Some(ObservedAt { date: date(2026, 1, 23), time: Some(time(9, 15, 30, 0)) }),
        modifier: None,
        ..measured.clone()
    };
    let nothing = Observation {
        code: ObservationKind::Other,
        bp_code: Some(99),
        name: None,
        value: None,
        unit: None,
        observed_at: None,
        modifier: None,
        provider: None,
        ..measured.clone()
    };
    vec![measured, pressure, nothing]
}

fn vaccine(next: &dyn Fn() -> Option<String>) -> Immunisation {
    Immunisation {
        record_id: Some(14),
        given_on: Some(date(2025, 4, 25)),
        not_given_here: Some(true),
        vaccine: next(),
        vaccine_id: Some(12),
        batch_number: next(),
        sequence: Some(2),
        site_code: Some(1),
        route_code: Some(2),
        consent_code: Some(3),
        comment: next(),
        provider: next(),
        unreadable: Vec::new(),
    }
}

fn nothing_of_a_vaccine() -> Immunisation {
    Immunisation {
        record_id: Some(15),
        given_on: None,
        not_given_here: Some(false),
        vaccine: None,
        vaccine_id: None,
        batch_number: None,
        sequence: Some(-1),
        site_code: None,
        route_code: None,
        consent_code: None,
        comment: None,
        provider: None,
        unreadable: Vec::new(),
    }
}
