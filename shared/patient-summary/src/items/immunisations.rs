use domain::clinical::Immunisation;

use crate::draft::{Draft, Line, yes};
use crate::fhir::{
    CodeableConcept, Immunization, ImmunizationStatus, Meta, Performer, Protocol, Resource, Text,
    When,
};
use crate::section::Written;
use crate::terminology::{bp, numbered, own};

const PROFILE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-immunization|1.0.0";

pub(super) fn write(draft: &Draft<'_>, item: &Immunisation) -> Written {
    let name = Text::or(item.vaccine.as_deref(), "A vaccine that Bp does not name");
    let mut line = Line::new(name.clone());
    line.fact("Given", item.given_on);
    line.fact("Given by somebody else", yes(item.not_given_here));
    line.fact("Batch", item.batch_number.as_deref());
    line.fact("Dose", item.sequence);
    line.fact("Site, Bp's code", item.site_code);
    line.fact("Route, Bp's code", item.route_code);
    line.remark("Consent, Bp's code", item.consent_code);
    line.remark("Comment", item.comment.as_deref());
    // Bp's "Provider" of a vaccine that somebody else gave is who typed it in.
    let gave_it = item.not_given_here == Some(false);
    if gave_it {
        line.fact("By", item.provider.as_deref());
    } else {
        line.remark("Recorded by", item.provider.as_deref());
    }
    line.unreadable(&item.unreadable);
    let occurrence_date_time = item.given_on.map(When::from);
    let resource = Resource::Immunization(Box::new(Immunization {
        meta: Meta::claims([PROFILE]),
        identifier: draft.record("BPS_Immunisations", item.record_id),
        status: ImmunizationStatus::Completed,
        vaccine_code: CodeableConcept::text(name.clone()).coded(own(
            bp::VACCINE,
            item.vaccine_id,
            &name,
        )),
        patient: draft.subject(),
        occurrence_string: occurrence_date_time.is_none().then(|| Text::ours("unknown")),
        occurrence_date_time,
        primary_source: item.not_given_here.map(|elsewhere| !elsewhere),
        lot_number: item.batch_number.as_deref().and_then(Text::new),
        site: numbered(bp::VACCINE_SITE, item.site_code),
        route: numbered(bp::VACCINE_ROUTE, item.route_code),
        performer: draft
            .person(item.provider.as_deref().filter(|_| gave_it))
            .map(|actor| Performer { actor })
            .into_iter()
            .collect(),
        note: line.remarks(),
        protocol_applied: item.sequence.map(dose).into_iter().collect(),
    }));
    Written { line, resource }
}

fn dose(sequence: i64) -> Protocol {
    match u32::try_from(sequence).ok().filter(|number| *number > 0) {
        Some(number) => {
            Protocol { dose_number_positive_int: Some(number), dose_number_string: None }
        }
        None => Protocol {
            dose_number_positive_int: None,
            dose_number_string: Text::new(&sequence.to_string()),
        },
    }
}
