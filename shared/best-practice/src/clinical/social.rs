//! The social section: tobacco, alcohol, circumstances and occupations.

use domain::clinical::{
    Alcohol, Circumstances, NilMarker, Occupation, Section, SocialItem, Tobacco, remarks,
};

use super::cells::Cells;
use super::reader::Reader;
use super::source::{ALCOHOL, CIRCUMSTANCES, OCCUPATIONS, Source, TOBACCO};

const SMOKING_STATUS: &str = "smokingStatus";

pub(super) fn section(mut reader: Reader<'_>) -> Section<SocialItem> {
    let tobacco = said(&mut reader, TOBACCO, smoked, |one| one);
    let alcohol = said(&mut reader, ALCOHOL, drinking, |one| Alcohol {
        non_drinker: ticked(one.non_drinker),
        ..one
    });
    // The view repeats some patients, without dates. Equal rows count once; different rows are all shown.
    let lives = said(&mut reader, CIRCUMSTANCES, living, |one| Circumstances {
        retired: ticked(one.retired),
        pacemaker: ticked(one.pacemaker),
        ..one
    });
    let lives_disagree = lives.len() > 1;
    let statuses = statuses(&reader);
    let (smoking, smoking_disagrees) = smoking(tobacco, statuses);
    let work = reader.entries(OCCUPATIONS, working);

    let items = smoking
        .into_iter()
        .map(SocialItem::Tobacco)
        .chain(alcohol.into_iter().map(SocialItem::Alcohol))
        .chain(lives.into_iter().map(|one| SocialItem::Circumstances(Box::new(one))))
        .chain(work.into_iter().map(SocialItem::Occupation))
        .collect();
    let mut section = Section::conclude(items, NilMarker::Silent, reader.unreadable());
    if smoking_disagrees {
        section = section.with_remark(remarks::SMOKING_DISAGREES);
    }
    if lives_disagree {
        section = section.with_remark(remarks::CIRCUMSTANCES_DISAGREE);
    }
    section
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut known, one| {
        if !known.contains(&one) {
            known.push(one);
        }
        known
    })
}

/// Only a ticked box means something. An unticked box may be one that nobody ever considered.
fn ticked(flag: Option<bool>) -> Option<bool> {
    flag.filter(|is_so| *is_so)
}

/// The different entries of a source. A row without content gives no entry. A row without content in
/// which some cell was unreadable is lost. `bare` removes values that mean nothing alone.
fn said<T: Bare>(
    reader: &mut Reader<'_>,
    source: Source,
    make: fn(&mut Cells<'_>) -> T,
    bare: fn(T) -> T,
) -> Vec<T> {
    let mut all = Vec::new();
    for row in reader.objects(source) {
        let cells = &mut Cells::new(&row);
        let found = make(cells);
        let is_bare = bare(found.clone()).without_names() == T::default();
        match (is_bare, cells.unreadable().is_empty()) {
            (true, true) => {}
            (true, false) => reader.lose_row(source),
            (false, _) => all.push(found),
        }
    }
    distinct(all.into_iter())
}

/// An entry that may consist only of the names of its unreadable members.
trait Bare: Clone + Default + PartialEq {
    fn without_names(self) -> Self;
}

macro_rules! bare {
    ($($name:ident)*) => {$(
        impl Bare for $name {
            fn without_names(self) -> Self {
                Self { unreadable: Vec::new(), ..self }
            }
        }
    )*};
}

bare! { Tobacco Alcohol Circumstances }

/// The smoking statuses of `BPS_Clinical`, whose other columns become circumstances.
fn statuses(reader: &Reader<'_>) -> Vec<String> {
    let rows = reader.rows(CIRCUMSTANCES).unwrap_or_default();
    let objects = rows.iter().filter_map(|line| line.0.as_ref());
    distinct(objects.filter_map(|row| Cells::new(row).text(SMOKING_STATUS)))
}

/// Merges the smoking statuses from the two places in which Bp keeps them. The flag says whether they
/// disagree.
fn smoking(mut found: Vec<Tobacco>, mut statuses: Vec<String>) -> (Vec<Tobacco>, bool) {
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

fn smoked(cells: &mut Cells<'_>) -> Tobacco {
    Tobacco {
        status: cells.text("status"),
        other_statuses: Vec::new(),
        kind: cells.text("type"),
        per_day: cells.code("perDay"),
        year_started: cells.code("yearStarted"),
        past_status: cells.text("pastStatus"),
        past_per_day: cells.code("pastPerDay"),
        past_year_started: cells.code(("pastStarted", "pastYearStarted")),
        past_year_stopped: cells.code(("pastStopped", "pastYearStopped")),
        unreadable: cells.unreadable(),
    }
}

fn drinking(cells: &mut Cells<'_>) -> Alcohol {
    Alcohol {
        non_drinker: cells.flag("nonDrinker"),
        days_per_week: cells.code("daysPerWeek"),
        drinks_per_day: cells.code("drinksPerDay"),
        description: cells.text("description"),
        past_level: cells.text("pastLevel"),
        year_started: cells.code("yearStarted"),
        year_stopped: cells.code("yearStopped"),
        comment: cells.text("comment"),
        unreadable: cells.unreadable(),
    }
}

fn living(cells: &mut Cells<'_>) -> Circumstances {
    // The status is shown as tobacco. It is read here so that this entry reports it if it is unreadable.
    let _ = cells.text(SMOKING_STATUS);
    Circumstances {
        social_history: cells.text("socialHistory"),
        recreation: cells.text("recreation"),
        accommodation: cells.text("accommodation"),
        lives_with: cells.text("livesWith"),
        has_carer: cells.text("hasCarer"),
        is_carer: cells.text("isCarer"),
        marital_status: cells.text("maritalStatus"),
        sexuality: cells.text("sexuality"),
        retired: cells.flag("retired"),
        elite_sports: cells.text("eliteSports"),
        blood_group: cells.text("bloodGroup"),
        pacemaker: cells.flag(("paceMaker", "pacemaker")),
        advance_care_directive: cells.optional_code("advanceCareDirective"),
        power_of_attorney: cells.optional_code("powerOfAttorney"),
        unreadable: cells.unreadable(),
    }
}

fn working(cells: &mut Cells<'_>) -> Option<Occupation> {
    let found = Occupation {
        occupation: cells.text("occupation"),
        description: cells.text("description"),
        employer: cells.text("employer"),
        year_started: cells.code("yearStarted"),
        year_stopped: cells.code("yearStopped"),
        asbestos: cells.flag("asbestos"),
        dust: cells.flag("dust"),
        radiation: cells.flag("radiation"),
        animals: cells.flag("animals"),
        comment: cells.text("comment"),
        adf_status: cells.code("adfStatus"),
        unreadable: cells.unreadable(),
    };
    let is_named = [&found.occupation, &found.description, &found.employer, &found.comment]
        .into_iter()
        .any(Option::is_some);
    (is_named || found.unreadable.is_empty()).then_some(found)
}
