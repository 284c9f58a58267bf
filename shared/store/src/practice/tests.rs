use domain::ids::{HaloGuid, SiteId};

use super::*;

#[test]
fn a_practice_is_back_when_it_can_be_asked_again_or_was_upgraded() {
    let site = |availability, version: &str| Site {
        halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
        practice_name: None,
        pms_version: Some(version.to_owned()),
        halo_link_version: None,
        last_heartbeat: None,
        clock_ahead_seconds: None,
        availability,
    };
    let seen = |availability, standing| Connection {
        site_id: SiteId::parse("70999").unwrap(),
        site: site(availability, "Spectra"),
        standing,
        paired_at: Timestamp::UNIX_EPOCH,
        generation: 0,
        edition: 0,
    };
    use Availability::{Offline, Online, Unreachable};
    use Standing::{Paired, Revoked};
    let back = |before: &Connection, now, version| is_back(before, &site(now, version), Paired);
    assert!(back(&seen(Offline, Paired), Online, "Spectra"));
    assert!(back(&seen(Unreachable, Paired), Online, "Spectra"));
    assert!(back(&seen(Online, Revoked), Online, "Spectra"));
    assert!(back(&seen(Online, Paired), Online, "Spectra SP1"));
    assert!(!back(&seen(Online, Paired), Online, "Spectra"));
    assert!(!back(&seen(Online, Paired), Offline, "Spectra SP1"));
    assert!(!is_back(&seen(Offline, Paired), &site(Online, "Spectra"), Revoked));
}
