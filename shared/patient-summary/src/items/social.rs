use domain::clinical::{Alcohol, Circumstances, Occupation, SocialItem, Tobacco};

use crate::draft::{Draft, Line, yes};
use crate::fhir::{
    CodeableConcept, Coding, Component, Element, Meta, Observation, Period, Resource, Text, Value,
    When,
};
use crate::section::Written;
use crate::terminology::{LOINC, OBSERVATION_CATEGORY, SNOMED, smoking, unknown};

const SMOKING: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-smokingstatus|1.0.0";

/// The item that becomes the patient's smoking status. AU PS allows one. Bp can have several items, so it is the
/// first one with a status.
pub(super) fn smoking_status(items: &[SocialItem]) -> Option<&Tobacco> {
    let tobacco = || {
        items.iter().filter_map(|item| match item {
            SocialItem::Tobacco(tobacco) => Some(tobacco),
            _ => None,
        })
    };
    tobacco().find(|item| item.status.is_some()).or_else(|| tobacco().next())
}

/// `status` is the item of [`smoking_status`].
pub(super) fn write(draft: &Draft<'_>, item: &SocialItem, status: Option<&Tobacco>) -> Written {
    match item {
        SocialItem::Tobacco(tobacco) => {
            let is_status = status.is_some_and(|status| std::ptr::eq(status, tobacco));
            smokes(draft, tobacco, is_status)
        }
        SocialItem::Alcohol(alcohol) => drinks(draft, alcohol),
        SocialItem::Circumstances(circumstances) => lives(draft, circumstances),
        SocialItem::Occupation(occupation) => works(draft, occupation),
    }
}

fn observation(
    draft: &Draft<'_>,
    words: &'static str,
    loinc: Option<(&'static str, &'static str)>,
) -> Observation {
    let category = Coding::new(OBSERVATION_CATEGORY, "social-history").displayed("Social History");
    let code = CodeableConcept::text(Text::ours(words))
        .coded(loinc.map(|(code, display)| Coding::new(LOINC, code).displayed(display)));
    Observation::of(draft.subject(), category, code)
}

/// Every fact becomes a component of the observation, named in words: no code system matches Bp's fields.
/// All facts together are also its value, because viewers show no components.
fn finished(line: Line, mut observation: Observation) -> Written {
    let facts = line.facts().iter();
    observation.component = facts
        .clone()
        .map(|(label, value)| Component {
            code: CodeableConcept::text(Text::ours(label)),
            value: Some(Value::Text(value.clone())),
            data_absent_reason: None,
        })
        .collect();
    let all: Vec<String> =
        facts.map(|(label, value)| format!("{label}: {}", value.as_str())).collect();
    observation.value = Text::new(&all.join("; ")).map(Value::Text);
    observation.data_absent_reason = observation.value.is_none().then(unknown);
    if observation.effective_period.is_none() {
        observation.effective_absent = Some(Element::unknown());
    }
    Written { line, resource: Resource::Observation(Box::new(observation)) }
}

/// The profile allows no components. So all that it has no member for becomes a remark. An item that is not the
/// patient's status has the same facts, without the profile and its codes.
fn smokes(draft: &Draft<'_>, item: &Tobacco, is_status: bool) -> Written {
    let mut line = Line::new(Text::ours("Tobacco"));
    line.fact("Status", item.status.as_deref());
    for other in &item.other_statuses {
        line.remark("Also", Some(other));
    }
    line.remark("Type", item.kind.as_deref());
    line.remark("A day", item.per_day);
    line.remark("Started", item.year_started);
    line.remark("Past status", item.past_status.as_deref());
    line.remark("A day in the past", item.past_per_day);
    line.remark("Started in the past", item.past_year_started);
    line.remark("Stopped", item.past_year_stopped);
    line.unreadable(&item.unreadable);
    let words = if is_status { "Tobacco smoking status" } else { "Tobacco, another entry" };
    let mut observation = observation(draft, words, None);
    if is_status {
        observation.meta = Meta::claims([SMOKING]);
        observation.code = observation.code.coded([
            Coding::new(SNOMED, "1747861000168109").displayed("Smoking status"),
            Coding::new(LOINC, "72166-2").displayed("Tobacco smoking status"),
        ]);
    }
    observation.value = CodeableConcept::said(item.status.as_deref())
        .map(|said| Value::Concept(said.coded(item.status.as_deref().and_then(smoking))));
    observation.data_absent_reason = observation.value.is_none().then(unknown);
    observation.effective_absent = Some(Element::unknown());
    observation.note = line.remarks();
    Written { line, resource: Resource::Observation(Box::new(observation)) }
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
    finished(line, observation(draft, "Alcohol use", Some(("11331-6", "History of Alcohol use"))))
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
    // `sexuality` is left out on purpose: no profile of a summary asks for it.
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
    let mut line = Line::new(occupation);
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
    let mut observation =
        observation(draft, "Occupation", Some(("11341-5", "History of Occupation")));
    let period = Period {
        start: item.year_started.and_then(When::year),
        end: item.year_stopped.and_then(When::year),
    };
    observation.effective_period =
        (period.start.is_some() || period.end.is_some()).then_some(period);
    finished(line, observation)
}
