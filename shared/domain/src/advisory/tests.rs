use super::*;
use crate::connection::Availability;
use crate::ids::HaloGuid;

fn site(bp: Option<&str>, link: Option<&str>, clock: Option<i64>) -> Site {
    Site {
        halo_guid: HaloGuid(uuid::Uuid::nil()),
        practice_name: None,
        pms_version: bp.map(str::to_owned),
        halo_link_version: link.map(str::to_owned),
        last_heartbeat: None,
        clock_ahead_seconds: clock,
        availability: Availability::Online,
    }
}

fn releases() -> ReleaseTable {
    ReleaseTable::parse(
        r#"{"releases": ["Orchid", "Spectra", "Spectra SP1", "Spectra SP2", "Oxford", "Oxford SP1"],
            "firstSupported": "Spectra", "numbers": {"9.1": "Spectra SP1"}}"#,
    )
    .unwrap()
}

fn entry(id: &str, more: &str) -> String {
    format!(
        r#"{{"id": "{id}", "title": "t", "detail": "d", "steps": ["s"], "source": "https://example.org",
            "concerns": ["connection"], {more}}}"#
    )
}

fn list(entries: &[String]) -> Result<Advisories, String> {
    Advisories::parse(&format!(r#"{{"advisories": [{}]}}"#, entries.join(", ")))
}

fn shown(list: &Advisories, site: &Site) -> Vec<String> {
    let about = list.about(Concern::Connection, site, &releases());
    about.into_iter().map(|advisory| advisory.id).collect()
}

#[test]
fn an_advisory_is_shown_where_all_that_it_names_holds() {
    let list = list(&[
        entry("bp", r#""bp": {"from": "Spectra", "before": "Spectra SP2"}"#),
        entry("link", r#""haloLink": {"before": "26.202.8289"}"#),
        entry("both", r#""haloLink": {"from": "26.709", "before": "26.713.10445"}, "bp": {"before": "Oxford SP1"}"#),
        entry("clock", r#""clockOffByMoreThanSeconds": 60"#),
    ])
    .unwrap();
    for (bp, link, clock, expected) in [
        ("Spectra", "26.800.1.0", None, vec!["bp"]),
        ("Bp Premier SPECTRA SP1", "26.202.8288", Some(61), vec!["bp", "link", "clock"]),
        ("9.1.4.2", "26.800.1", None, vec!["bp"]),
        ("Spectra SP2", "26.710.10400", Some(-61), vec!["both", "clock"]),
        ("Oxford SP1", "26.710.10400", Some(60), vec![]),
        ("Oxford", "26.713.10445.0", Some(-60), vec![]),
        ("Orchid", "26.713.10444", None, vec!["both"]),
    ] {
        let site = site(Some(bp), Some(link), clock);
        assert_eq!(shown(&list, &site), expected, "{bp} {link} {clock:?}");
        assert!(list.about(Concern::ClinicalSummary, &site, &releases()).is_empty());
    }
}

#[test]
fn what_is_not_known_for_sure_is_no_advisory() {
    let list = list(&[
        entry("bp", r#""bp": {"before": "Oxford"}"#),
        entry("unknownRelease", r#""bp": {"before": "Quokka"}"#),
        entry("link", r#""haloLink": {"before": "26.202.8289"}"#),
        entry("clock", r#""clockOffByMoreThanSeconds": 60"#),
    ])
    .unwrap();
    assert!(shown(&list, &site(None, None, None)).is_empty());
    for bp in [
        "Spectra SP3",
        "Spectra Service Pack 2",
        "Quokka",
        "9.10",
        "",
        "Spectra preview",
        "SpectraSP1",
    ] {
        for link in ["26.202", "1.2.3", "26.100.1-beta", ""] {
            // So far off that the value must be out of date.
            let site = site(Some(bp), Some(link), Some(86_401));
            assert!(shown(&list, &site).is_empty(), "{bp} {link}");
        }
    }
}

#[test]
fn a_list_that_contradicts_itself_is_refused() {
    let good = entry("a", r#""clockOffByMoreThanSeconds": 60"#);
    assert!(list(std::slice::from_ref(&good)).is_ok());
    for (wrong, why) in [
        (vec![good.clone(), good.clone()], "twice"),
        (vec![entry("a", r#""bp": {}"#)], "range"),
        (vec![entry("a", r#""haloLink": {}"#)], "range"),
        (vec![entry("a", r#""contact": null"#)], "everybody"),
        (vec![entry(" ", r#""clockOffByMoreThanSeconds": 60"#)], "empty"),
        (vec![good.replace(r#"["s"]"#, "[]")], "steps"),
        (vec![good.replace(r#"["connection"]"#, "[]")], "concerns"),
        (vec![good.replace(r#"["connection"]"#, r#"["weather"]"#)], "weather"),
        (vec![entry("a", r#""haloLink": {"before": "soon"}"#)], "Halo Link"),
        (vec![entry("a", r#""link": {"before": "26.1"}"#)], "link"),
    ] {
        let error = list(&wrong).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    let named = list(&[entry("a", r#""bp": {"from": "Spectre"}"#)]).unwrap();
    assert!(named.check_releases(&releases()).unwrap_err().contains("Spectre"));
}
