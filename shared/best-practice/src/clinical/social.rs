use domain::clinical::{
    Alcohol, Circumstances, NilMarker, Occupation, Section, SocialItem, Tobacco, notes,
};

use super::rows::{AlcoholRow, CircumstancesRow, OccupationRow, TobaccoRow, number};
use super::{ALCOHOL, CIRCUMSTANCES, OCCUPATIONS, Reader, TOBACCO};
use crate::mapping::Unmappable;

pub(super) fn section(mut reader: Reader<'_>) -> Result<Section<SocialItem>, Unmappable> {
    let tobacco: Vec<TobaccoRow> = reader.list(TOBACCO)?;
    let alcohol: Vec<AlcoholRow> = reader.list(ALCOHOL)?;
    let lives: Vec<CircumstancesRow> = reader.list(CIRCUMSTANCES)?;
    let work: Vec<OccupationRow> = reader.list(OCCUPATIONS)?;

    let statuses = distinct(lives.iter().filter_map(|row| row.smoking_status.0.clone()));
    let (smoking, smoking_disagrees) = smoking(tobacco, statuses);
    let drinking =
        distinct(alcohol.into_iter().map(drinking).filter(|one| *one != Alcohol::default()));
    // The view repeats some patients. Equal rows are one; of different ones none is dated.
    let lives =
        distinct(lives.into_iter().map(living).filter(|one| *one != Circumstances::default()));
    let lives_disagree = lives.len() > 1;

    let items = smoking
        .into_iter()
        .map(SocialItem::Tobacco)
        .chain(drinking.into_iter().map(SocialItem::Alcohol))
        .chain(lives.into_iter().map(|one| SocialItem::Circumstances(Box::new(one))))
        .chain(work.into_iter().map(|row| SocialItem::Occupation(working(row))))
        .collect();
    let mut section = Section::conclude(items, NilMarker::Silent, &reader.unreadable);
    if smoking_disagrees {
        section = section.noting(notes::SMOKING_DISAGREES);
    }
    if lives_disagree {
        section = section.noting(notes::CIRCUMSTANCES_DISAGREE);
    }
    Ok(section)
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut known, one| {
        if !known.contains(&one) {
            known.push(one);
        }
        known
    })
}

/// Bp keeps a smoking status in two places. Whether they disagree stands beside.
fn smoking(rows: Vec<TobaccoRow>, mut statuses: Vec<String>) -> (Vec<Tobacco>, bool) {
    let mut found = distinct(rows.into_iter().map(|row| Tobacco {
        status: row.status.0,
        other_statuses: Vec::new(),
        kind: row.kind.0,
        per_day: number(row.per_day),
        year_started: number(row.year_started),
        past_status: row.past_status.0,
        past_per_day: number(row.past_per_day),
        past_year_started: number(row.past_started),
        past_year_stopped: number(row.past_stopped),
    }));
    found.retain(|one| *one != Tobacco::default());
    statuses.retain(|status| found.iter().all(|one| one.status.as_ref() != Some(status)));
    if found.is_empty() && !statuses.is_empty() {
        found.push(Tobacco::default());
    }
    if let Some(first) = found.first_mut() {
        if first.status.is_none() && !statuses.is_empty() {
            first.status = Some(statuses.remove(0));
        }
        first.other_statuses = statuses;
    }
    let disagrees = found.len() > 1 || found.iter().any(|one| !one.other_statuses.is_empty());
    (found, disagrees)
}

fn drinking(row: AlcoholRow) -> Alcohol {
    Alcohol {
        non_drinker: row.non_drinker.0,
        days_per_week: number(row.days_per_week),
        drinks_per_day: number(row.drinks_per_day),
        description: row.description.0,
        past_level: row.past_level.0,
        year_started: number(row.year_started),
        year_stopped: number(row.year_stopped),
        comment: row.comment.0,
    }
}

fn living(row: CircumstancesRow) -> Circumstances {
    Circumstances {
        social_history: row.social_history.0,
        recreation: row.recreation.0,
        accommodation: row.accommodation.0,
        lives_with: row.lives_with.0,
        has_carer: row.has_carer.0,
        is_carer: row.is_carer.0,
        marital_status: row.marital_status.0,
        sexuality: row.sexuality.0,
        retired: row.retired.0,
        elite_sports: row.elite_sports.0,
        blood_group: row.blood_group.0,
        pacemaker: row.pace_maker.0,
        advance_care_directive: row.advance_care_directive.and_then(number),
        power_of_attorney: row.power_of_attorney.and_then(number),
    }
}

fn working(row: OccupationRow) -> Occupation {
    Occupation {
        occupation: row.occupation.0,
        description: row.description.0,
        employer: row.employer.0,
        year_started: number(row.year_started),
        year_stopped: number(row.year_stopped),
        asbestos: row.asbestos.0,
        dust: row.dust.0,
        radiation: row.radiation.0,
        animals: row.animals.0,
        comment: row.comment.0,
        adf_status: number(row.adf_status),
    }
}
