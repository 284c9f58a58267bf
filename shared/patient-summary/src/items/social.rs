use domain::clinical::{Alcohol, Circumstances, Occupation, SocialItem, Tobacco};

use crate::draft::{Draft, Line, yes};
use crate::fhir::{
    CodeableConcept, Coding, Component, Element, Observation, Period, Resource, Text, Value, When,
};
use crate::section::Written;
use crate::terminology::{LOINC, OBSERVATION_CATEGORY, smoking};

pub(super) fn write(draft: &Draft<'_>, item: &SocialItem) -> Written {
    match item {
        SocialItem::Tobacco(tobacco) => smokes(draft, tobacco),
        SocialItem::Alcohol(alcohol) => drinks(draft, alcohol),
        SocialItem::Circumstances(circumstances) => lives(draft, circumstances),
        SocialItem::Occupation(occupation) => works(draft, occupation),
    }
}

fn observation(draft: &Draft<'_>, words: &'static str, loinc: Option<&'static str>) -> Observation {
    let category = Coding::new(OBSERVATION_CATEGORY, "social-history");
    let code = CodeableConcept::text(Text::ours(words))
        .coded(loinc.map(|loinc| Coding::new(LOINC, loinc)));
    Observation::of(draft.subject(), category, code)
}

/// Every fact is a part of the observation, named in words: no code system has them as Bp asks them.
fn finished(line: Line, mut observation: Observation) -> Written {
    observation.component = line
        .facts()
        .iter()
        .map(|(label, value)| Component {
            code: CodeableConcept::text(Text::ours(label)),
            value: Some(Value::Text(value.clone())),
            data_absent_reason: None,
        })
        .collect();
    if observation.effective_period.is_none() {
        observation.effective_absent = Some(Element::unknown());
    }
    Written { line, resource: Resource::Observation(Box::new(observation)) }
}

fn smokes(draft: &Draft<'_>, item: &Tobacco) -> Written {
    let mut line = Line::new(Text::ours("Tobacco"));
    line.told("Status", item.status.as_deref());
    for other in &item.other_statuses {
        line.told("Also", Some(other));
    }
    line.told("Type", item.kind.as_deref());
    line.told("A day", item.per_day);
    line.told("Started", item.year_started);
    line.told("Past status", item.past_status.as_deref());
    line.told("A day in the past", item.past_per_day);
    line.told("Started in the past", item.past_year_started);
    line.told("Stopped", item.past_year_stopped);
    line.unreadable(&item.unreadable);
    let mut observation = observation(draft, "Tobacco smoking status", Some("72166-2"));
    observation.value = CodeableConcept::said(item.status.as_deref())
        .map(|said| Value::Concept(said.coded(item.status.as_deref().and_then(smoking))));
    finished(line, observation)
}

fn drinks(draft: &Draft<'_>, item: &Alcohol) -> Written {
    let mut line = Line::new(Text::ours("Alcohol"));
    line.told("Non-drinker", yes(item.non_drinker));
    line.told("Days a week", item.days_per_week);
    line.told("Drinks a day", item.drinks_per_day);
    line.told("Description", item.description.as_deref());
    line.told("Past level", item.past_level.as_deref());
    line.told("Started", item.year_started);
    line.told("Stopped", item.year_stopped);
    line.told("Comment", item.comment.as_deref());
    line.unreadable(&item.unreadable);
    finished(line, observation(draft, "Alcohol use", Some("11331-6")))
}

fn lives(draft: &Draft<'_>, item: &Circumstances) -> Written {
    let mut line = Line::new(Text::ours("Circumstances"));
    line.told("Social history", item.social_history.as_deref());
    line.told("Recreation", item.recreation.as_deref());
    line.told("Accommodation", item.accommodation.as_deref());
    line.told("Lives with", item.lives_with.as_deref());
    line.told("Has a carer", item.has_carer.as_deref());
    line.told("Is a carer", item.is_carer.as_deref());
    line.told("Marital status", item.marital_status.as_deref());
    line.told("Sexuality", item.sexuality.as_deref());
    line.told("Retired", yes(item.retired));
    line.told("Elite sports", item.elite_sports.as_deref());
    line.told("Blood group", item.blood_group.as_deref());
    line.told("Pacemaker", yes(item.pacemaker));
    line.told("Advance care directive, Bp's code", item.advance_care_directive);
    line.told("Power of attorney, Bp's code", item.power_of_attorney);
    line.unreadable(&item.unreadable);
    finished(line, observation(draft, "Social circumstances", None))
}

fn works(draft: &Draft<'_>, item: &Occupation) -> Written {
    let occupation = Text::or(item.occupation.as_deref(), "An occupation that Bp does not name");
    let mut line = Line::new(occupation.clone());
    line.told("Occupation", item.occupation.as_deref());
    line.told("Description", item.description.as_deref());
    line.told("Employer", item.employer.as_deref());
    line.told("Started", item.year_started);
    line.told("Stopped", item.year_stopped);
    line.told("Exposed to asbestos", yes(item.asbestos));
    line.told("Exposed to dust", yes(item.dust));
    line.told("Exposed to radiation", yes(item.radiation));
    line.told("Exposed to animals", yes(item.animals));
    line.told("Comment", item.comment.as_deref());
    line.told("Defence force status, Bp's code", item.adf_status);
    line.unreadable(&item.unreadable);
    let mut observation = observation(draft, "Occupation", Some("11341-5"));
    observation.value = Some(Value::Text(occupation));
    let period = Period {
        start: item.year_started.and_then(When::year),
        end: item.year_stopped.and_then(When::year),
    };
    observation.effective_period =
        (period.start.is_some() || period.end.is_some()).then_some(period);
    finished(line, observation)
}
