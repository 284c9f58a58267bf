//! The built-in advisories, and a deployment's own.

use best_practice::{PackError, StatementPack};
use domain::advisory::Concern;
use domain::connection::{Availability, Site};
use domain::ids::HaloGuid;

fn site(bp: &str, link: &str, clock: Option<i64>) -> Site {
    Site {
        halo_guid: HaloGuid(halo::Uuid::nil()),
        practice_name: None,
        pms_version: Some(bp.to_owned()),
        halo_link_version: Some(link.to_owned()),
        last_heartbeat: None,
        clock_ahead_seconds: clock,
        availability: Availability::Online,
    }
}

fn ids(pack: &StatementPack, concern: Concern, site: &Site) -> Vec<String> {
    pack.advisories(concern, site).into_iter().map(|advisory| advisory.id).collect()
}

#[test]
fn the_built_in_advisories_are_shown_to_whom_they_concern() {
    const SPECTRA: &str = "bp-spectra-incomplete-data";
    const CURRENT: &str = "26.714.10458.0";
    let pack = StatementPack::load(None).unwrap();
    for (bp, link, clock, connection) in [
        ("Oxford SP1", CURRENT, Some(3), vec![]),
        ("Spectra SP2", CURRENT, None, vec![]),
        ("Orchid SP2", CURRENT, None, vec![]),
        ("Spectra", CURRENT, Some(-119), vec![SPECTRA]),
        ("Spectra SP1", CURRENT, Some(-121), vec![SPECTRA, "server-clock-off"]),
        ("Spectra SP1", "26.709.10396", None, vec![SPECTRA, "halo-link-older-bp"]),
        ("Oxford SP1", "26.709.10396", None, vec![]),
        ("Oxford", "26.713.10445", None, vec![]),
        ("Oxford", "26.300.9000", None, vec!["halo-link-queries-hang"]),
        (
            "Oxford",
            "2025.1100.7000",
            None,
            vec![
                "halo-link-queries-time-out",
                "halo-link-queries-hang",
                "halo-link-registered-queries-stay",
            ],
        ),
        ("something new", "of another kind", None, vec![]),
    ] {
        let site = site(bp, link, clock);
        assert_eq!(ids(&pack, Concern::Connection, &site), connection, "{bp}, {link}, {clock:?}");
        let clinical: Vec<_> = connection.into_iter().filter(|id| *id == SPECTRA).collect();
        assert_eq!(ids(&pack, Concern::ClinicalSummary, &site), clinical, "{bp}");
    }
}

#[test]
fn every_advisory_says_what_to_do_and_where_it_is_published() {
    let pack = StatementPack::load(None).unwrap();
    let shown = pack.advisories(Concern::Connection, &site("Spectra", "25.100.1", Some(-600)));
    assert_eq!(shown.len(), 5);
    for advisory in shown {
        assert!(!advisory.steps.is_empty(), "{}", advisory.id);
        assert!(advisory.source.starts_with("https://"), "{}", advisory.id);
        assert!(advisory.contact.is_some(), "{}", advisory.id);
        let kept = serde_json::to_value(&advisory).unwrap();
        for member in ["id", "title", "detail", "steps", "source"] {
            assert!(!kept[member].is_null(), "{member}: {kept}");
        }
    }
}

#[test]
fn a_deployments_own_list_replaces_the_built_in_one_and_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        std::fs::write(folder.path().join("advisories.json"), text).unwrap();
        StatementPack::load(Some(folder.path()))
    };
    let spectra = site("Spectra", "25.100.1", None);
    let nothing = load(r#"{"advisories": []}"#).unwrap();
    assert!(ids(&nothing, Concern::Connection, &spectra).is_empty());
    let own = r#"{"advisories": [{"id": "ours", "title": "t", "detail": "d", "steps": ["s"],
        "source": "https://example.org", "concerns": ["connection"], "bp": {"before": "Oxford"}}]}"#;
    assert_eq!(ids(&load(own).unwrap(), Concern::Connection, &spectra), ["ours"]);
    for wrong in ["{}", &own.replace("Oxford", "Oxfort"), &own.replace("bp", "pms")] {
        assert!(matches!(load(wrong), Err(PackError::Advisories(_))), "{wrong}");
    }
}

#[test]
fn the_built_in_list_does_not_stand_in_the_way_of_a_deployments_own_releases() {
    let folder = tempfile::tempdir().unwrap();
    let releases = r#"{"releases": ["Quokka"], "firstSupported": "Quokka", "numbers": {}}"#;
    std::fs::write(folder.path().join("releases.json"), releases).unwrap();
    let pack = StatementPack::load(Some(folder.path())).unwrap();
    assert!(ids(&pack, Concern::Connection, &site("Quokka", "26.714.10458", None)).is_empty());
}
