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

/// Every fact becomes a component of the observation, named in words: no code system matches Bp's fields.
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
    line.fact("Status", item.status.as_deref());
    for other in &item.other_statuses {
        line.fact("Also", Some(other));
    }
    line.fact("Type", item.kind.as_deref());
    line.fact("A day", item.per_day);
    line.fact("Started", item.year_started);
    line.fact("Past status", item.past_status.as_deref());
    line.fact("A day in the past", item.past_per_day);
    line.fact("Started in the past", item.past_year_started);
    line.fact("Stopped", item.past_year_stopped);
    line.unreadable(&item.unreadable);
    let mut observation = observation(draft, "Tobacco smoking status", Some("72166-2"));
    observation.value = CodeableConcept::said(item.status.as_deref())
        .map(|said| Value::Concept(said.coded(item.status.as_deref().and_then(smoking))));
    finished(line, observation)
}

fn drinks(draft: &Draft<'_>, item: &Alcohol) -> Written {
    let mut line = Line::new(Text::ours("Alcohol"));
    line.fact("Non-drinker", yes(item.non_drinker));
    line.fact("Days a week", item.days_per_week);
    line.fact("Drinks a day", item.drinks_per_day);
    line.fact("Description", item.description.as_deref());
    line.fact("Past level", item.past_level.as_deref());
    line.fact("Started", item.year_started);
    line.fact("Stopped", item.year_stopped);
    line.fact("Comment", item.comment.as_deref());
    line.unreadable(&item.unreadable);
    finished(line, observation(draft, "Alcohol use", Some("11331-6")))
}

fn lives(draft: &Draft<'_>, item: &Circumstances) -> Written {
    let mut line = Line::new(Text::ours("Circumstances"));
    line.fact("Social history", item.social_history.as_deref());
    line.fact("Recreation", item.recreation.as_deref());
    line.fact("Accommodation", item.accommodation.as_deref());
    line.fact("Lives with", item.lives_with.as_deref());
    line.fact("Has a carer", item.has_carer.as_deref());
    line.fact("Is a carer", item.is_carer.as_deref());
    line.fact("Marital status", item.marital_status.as_deref());
    line.fact("Sexuality", item.sexuality.as_deref());
    line.fact("Retired", yes(item.retired));
    line.fact("Elite sports", item.elite_sports.as_deref());
    line.fact("Blood group", item.blood_group.as_deref());
    line.fact("Pacemaker", yes(item.pacemaker));
    line.fact("Advance care directive, Bp's code", item.advance_care_directive);
    line.fact("Power of attorney, Bp's code", item.power_of_attorney);
    line.unreadable(&item.unreadable);
    finished(line, observation(draft, "Social circumstances", None))
}

fn works(draft: &Draft<'_>, item: &Occupation) -> Written {
    let occupation = Text::or(item.occupation.as_deref(), "An occupation that Bp does not name");
    let mut line = Line::new(occupation.clone());
    line.fact("Occupation", item.occupation.as_deref());
    line.fact("Description", item.description.as_deref());
    line.fact("Employer", item.employer.as_deref());
    line.fact("Started", item.year_started);
    line.fact("Stopped", item.year_stopped);
    line.fact("Exposed to asbestos", yes(item.asbestos));
    line.fact("Exposed to dust", yes(item.dust));
    line.fact("Exposed to radiation", yes(item.radiation));
    line.fact("Exposed to animals", yes(item.animals));
    line.fact("Comment", item.comment.as_deref());
    line.fact("Defence force status, Bp's code", item.adf_status);
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
