//! The sections with one entry for each row: past history, medications, allergies, observations and
//! immunisations.

use domain::clinical::{
    Allergy, Entry, Fracture, Immunisation, Medication, ObservedAt, PartialDate, PastHistory,
    Reading,
};
use jiff::SignedDuration;
use jiff::civil::Time;

use super::cells::Cells;
use crate::rows::known_day;

/// Leaves out an entry if part of it is unreadable and the rest does not say what it is about.
pub(super) fn entry<T: Entry>(found: T, is_named: bool) -> Option<T> {
    (is_named || found.unreadable().is_empty()).then_some(found)
}

pub(super) fn condition(cells: &mut Cells<'_>) -> Option<PastHistory> {
    let [year, month, day] =
        ["year", "month", "day"].map(|column| cells.number((column, "date")).unwrap_or_default());
    let fracture = cells.flag("fracture");
    let kinds = Fracture {
        displaced: cells.flag(("displaced", "fracture.displaced")),
        compound: cells.flag(("compound", "fracture.compound")),
        comminuted: cells.flag(("comminuted", "fracture.comminuted")),
        spiral: cells.flag(("spiral", "fracture.spiral")),
        greenstick: cells.flag(("greenstick", "fracture.greenstick")),
    };
    let any = [
        kinds.displaced,
        kinds.compound,
        kinds.comminuted,
        kinds.spiral,
        kinds.greenstick,
        fracture,
    ];
    let found = PastHistory {
        record_id: cells.number(("id", "recordId")),
        date: PartialDate::from_parts(year, month, day).and_then(|date| match date {
            PartialDate::Day(day) => known_day(day).map(PartialDate::Day),
            part => Some(part),
        }),
        condition: cells.text("condition"),
        condition_code: cells.code("conditionCode"),
        snomed: cells.text("snomed"),
        status: cells.text("status"),
        side: cells.text("side"),
        severity: cells.text("severity"),
        acute: cells.flag("acute"),
        in_summary: cells.optional_flag(("summary", "inSummary")),
        fracture: any.contains(&Some(true)).then_some(kinds),
        details: cells.text("details"),
        recorded_on: cells.date("recordedOn"),
        unreadable: cells.unreadable(),
    };
    let is_named = found.condition.is_some()
        || found.condition_code.is_some()
        || found.snomed.is_some()
        || found.details.is_some();
    entry(found, is_named)
}

pub(super) fn medication(cells: &mut Cells<'_>) -> Option<Medication> {
    let found = Medication {
        record_id: cells.number(("id", "recordId")),
        name: cells.text("name"),
        dose: cells.text("dose"),
        frequency: cells.text("frequency"),
        food: cells.text("food"),
        other_detail: cells.text("otherDetail"),
        when_needed: cells.flag(("prn", "whenNeeded")),
        instructions: cells.text("instructions"),
        route_code: cells.code("routeCode"),
        quantity: cells.code("quantity"),
        unit: cells.text("unit"),
        repeats: cells.number("repeats"),
        indication: cells.text("indication"),
        first_date: cells.date("firstDate"),
        last_date: cells.date("lastDate"),
        product_id: cells.code("productId"),
        recorded_on: cells.date("recordedOn"),
        unreadable: cells.unreadable(),
    };
    let is_named =
        found.name.is_some() || found.product_id.is_some() || found.instructions.is_some();
    entry(found, is_named)
}

pub(super) fn allergy(cells: &mut Cells<'_>) -> Option<Allergy> {
    let found = Allergy {
        item: cells.text("item"),
        reaction: cells.text("reaction"),
        severity: cells.text("severity"),
        comment: cells.text("comment"),
        recorded_on: cells.date("recordedOn"),
        unreadable: cells.unreadable(),
    };
    let is_named = found.item.is_some() || found.reaction.is_some() || found.comment.is_some();
    // A severity alone is no entry: it does not say what the patient is allergic to.
    is_named.then_some(found)
}

pub(super) fn reading(cells: &mut Cells<'_>) -> Option<Reading> {
    let date = cells.date(("date", "observedAt"));
    let time = cells.code(("time", "observedAt")).and_then(|seconds| {
        let midnight = Time::midnight();
        let time = midnight.checked_add(SignedDuration::from_secs(seconds)).ok();
        time.or_else(|| cells.refuse("observedAt"))
    });
    let found = Reading {
        record_id: cells.number(("id", "recordIds")),
        code: cells.number(("code", "bpCode")),
        name: cells.text("name"),
        value: cells.text("value"),
        at: date.map(|date| ObservedAt { date, time }),
        modifier: cells.code("modifier"),
        provider: cells.text("provider"),
        unreadable: cells.unreadable(),
    };
    let is_named = found.code.is_some() || found.name.is_some() || found.value.is_some();
    entry(found, is_named)
}

pub(super) fn immunisation(cells: &mut Cells<'_>) -> Option<Immunisation> {
    let found = Immunisation {
        record_id: cells.number(("id", "recordId")),
        given_on: cells.date("givenOn"),
        not_given_here: cells.number("notGivenHere").map(|number| number != 0),
        vaccine: cells.text("vaccine"),
        vaccine_id: cells.code("vaccineId"),
        batch_number: cells.text("batchNumber"),
        sequence: cells.code("sequence"),
        site_code: cells.code("siteCode"),
        route_code: cells.code("routeCode"),
        consent_code: cells.code("consentCode"),
        comment: cells.text("comment"),
        provider: cells.text("provider"),
        unreadable: cells.unreadable(),
    };
    let is_named = found.vaccine.is_some() || found.vaccine_id.is_some() || found.comment.is_some();
    entry(found, is_named)
}
