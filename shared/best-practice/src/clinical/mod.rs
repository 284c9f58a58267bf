//! From the one row of `clinical_summary` to the domain's sections.

mod ask;
mod identity;
mod rows;
mod social;

use domain::clinical::{
    Allergy, FamilyComment, FamilyItem, Fracture, Immunisation, Medication, NilMarker, ObservedAt,
    Parent, ParentRelation, PartialDate, PastHistory, Reading, Reason, Relative, Section,
    SectionName, Sections, Unreadable, group,
};
use halo::{Row, SqlFailure};
use jiff::civil::Time;
use serde::de::DeserializeOwned;

use self::rows::{
    FamilyRow, HistoryRow, ImmunisationRow, MarkerRow, MedicationRow, ObservationRow, ReactionRow,
    RelativeRow, number,
};
use crate::mapping::Unmappable;

/// One side read of the statement: its columns, and the view it reads.
#[derive(Clone, Copy)]
struct Source {
    column: &'static str,
    error: &'static str,
    view: &'static str,
}

macro_rules! sources {
    ($($name:ident: $column:literal, $error:literal, $view:literal;)*) => {
        $(const $name: Source = Source { column: $column, error: $error, view: $view };)*
    };
}

sources! {
    HISTORY: "History", "HistoryError", "BPS_History";
    HISTORY_MARKER: "HistoryMarker", "HistoryMarkerError", "BPS_Clinical";
    MEDICATIONS: "Medications", "MedicationsError", "BPS_CurrentRx";
    REACTIONS: "Reactions", "ReactionsError", "BPS_Reactions";
    ALLERGY_MARKER: "AllergyMarker", "AllergyMarkerError", "BPS_Clinical";
    FAMILY: "Family", "FamilyError", "BPS_FamilyHistory";
    RELATIVES: "Relatives", "RelativesError", "BPS_FamilyHistoryDetail";
    FAMILY_MARKER: "FamilyMarker", "FamilyMarkerError", "BPS_Clinical";
    TOBACCO: "Tobacco", "TobaccoError", "BPS_Tobacco";
    ALCOHOL: "Alcohol", "AlcoholError", "BPS_Alcohol";
    CIRCUMSTANCES: "Circumstances", "CircumstancesError", "BPS_Clinical";
    OCCUPATIONS: "Occupations", "OccupationsError", "BPS_OccupationHistory";
    OBSERVATIONS: "Observations", "ObservationsError", "BPS_Observations";
    IMMUNISATIONS: "Immunisations", "ImmunisationsError", "BPS_Immunisations";
    IDENTITY: "Identity", "IdentityError", "BPS_Patients";
}

/// Reads a section's sources and remembers which could not be read.
struct Reader<'a> {
    row: &'a Row,
    unreadable: Vec<Unreadable>,
}

impl<'a> Reader<'a> {
    fn new(row: &'a Row) -> Self {
        Self { row, unreadable: Vec::new() }
    }

    /// A source's objects; none where it could not be read.
    fn list<T: DeserializeOwned>(&mut self, source: Source) -> Result<Vec<T>, Unmappable> {
        let json = self.row.text(source.column)?;
        let reason = match self.row.int(source.error)? {
            0 => {
                let Some(json) = json else { return Ok(Vec::new()) };
                return serde_json::from_str(&json).map_err(|_| Unmappable::Json(source.column));
            }
            error if error > 0 => match SqlFailure::of_number(error) {
                SqlFailure::PermissionDenied => Reason::NotPermitted,
                SqlFailure::UnknownObject => Reason::NotInThisRelease,
                _ => Reason::Refused,
            },
            _ => return Err(Unmappable::NotRead(source.column)),
        };
        self.unreadable.push(Unreadable { reason, view: source.view });
        Ok(Vec::new())
    }

    fn marker(
        &mut self,
        source: Source,
        read: fn(&str) -> Option<NilMarker>,
    ) -> Result<NilMarker, Unmappable> {
        let rows: Vec<MarkerRow> = self.list(source)?;
        let mut said = NilMarker::Silent;
        for word in rows.into_iter().filter_map(|row| row.word.0) {
            let says = read(&word).ok_or(Unmappable::Json(source.column))?;
            said = match (said, says) {
                (before, NilMarker::Silent) => before,
                (NilMarker::Silent, now) => now,
                (before, now) if before == now => now,
                _ => NilMarker::Contradictory,
            };
        }
        Ok(said)
    }
}

/// `KnownAllergies`. What is not a word for "nil" says that there is something.
fn allergy_marker(word: &str) -> Option<NilMarker> {
    let word = word.to_ascii_lowercase();
    let nil = ["nil", "none", "no known"].iter().any(|nil| word.starts_with(nil));
    Some(if nil { NilMarker::Nil } else { NilMarker::Recorded })
}

/// `NoSignificantPastHistory`, `NoSignificantFamilyHistory`. A row that says no beside one that says
/// yes takes the yes back; alone it says nothing, because no is also what nobody ever ticked.
fn nothing_significant(word: &str) -> Option<NilMarker> {
    rows::yes_or_no(word).map(|yes| if yes { NilMarker::Nil } else { NilMarker::Recorded })
}

/// A lone "no" of a tick box.
fn ticked(marker: NilMarker) -> NilMarker {
    if marker == NilMarker::Recorded { NilMarker::Silent } else { marker }
}

/// The sections that were asked for; `None` when Bp has no such patient.
pub(crate) fn sections(
    rows: &[Row],
    wanted: &[SectionName],
) -> Result<Option<Sections>, Unmappable> {
    let Some(row) = rows.first() else { return Ok(None) };
    row.int("PatientId")?;
    let mut sections = Sections::default();
    for name in wanted {
        let reader = Reader::new(row);
        match name {
            SectionName::PastHistory => sections.past_history = Some(past_history(reader)?),
            SectionName::Medications => sections.medications = Some(medications(reader)?),
            SectionName::Allergies => sections.allergies = Some(allergies(reader)?),
            SectionName::FamilyHistory => sections.family_history = Some(family_history(reader)?),
            SectionName::Social => sections.social = Some(social::section(reader)?),
            SectionName::Observations => sections.observations = Some(observations(reader)?),
            SectionName::Immunisations => sections.immunisations = Some(immunisations(reader)?),
        }
    }
    Ok(Some(sections))
}

fn past_history(mut reader: Reader<'_>) -> Result<Section<PastHistory>, Unmappable> {
    let rows: Vec<HistoryRow> = reader.list(HISTORY)?;
    let marker = ticked(reader.marker(HISTORY_MARKER, nothing_significant)?);
    let items = rows
        .into_iter()
        .map(|row| {
            let kinds = [row.displaced, row.compound, row.comminuted, row.spiral, row.greenstick];
            let broken = row.fracture.0 || kinds.iter().any(|kind| kind.0);
            PastHistory {
                record_id: row.id,
                date: PartialDate::from_parts(row.year, row.month, row.day),
                condition: row.condition.0,
                condition_code: number(row.condition_code),
                snomed: row.snomed.0,
                status: row.status.0,
                side: row.side.0,
                severity: row.severity.0,
                acute: row.acute.0,
                in_summary: row.summary.0,
                fracture: broken.then_some(Fracture {
                    displaced: row.displaced.0,
                    compound: row.compound.0,
                    comminuted: row.comminuted.0,
                    spiral: row.spiral.0,
                    greenstick: row.greenstick.0,
                }),
                details: row.details.0,
                recorded_on: row.recorded_on,
            }
        })
        .collect();
    Ok(Section::conclude(items, marker, &reader.unreadable))
}

fn medications(mut reader: Reader<'_>) -> Result<Section<Medication>, Unmappable> {
    let rows: Vec<MedicationRow> = reader.list(MEDICATIONS)?;
    let items = rows
        .into_iter()
        .map(|row| Medication {
            record_id: row.id,
            name: row.name.0,
            dose: row.dose.0,
            frequency: row.frequency.0,
            food: row.food.0,
            other_detail: row.other_detail.0,
            when_needed: row.prn.0,
            instructions: row.instructions.0,
            route_code: number(row.route_code),
            quantity: number(row.quantity),
            unit: row.unit.0,
            repeats: row.repeats,
            indication: row.indication.0,
            first_date: row.first_date,
            last_date: row.last_date,
            product_id: number(row.product_id),
            recorded_on: row.recorded_on,
        })
        .collect();
    Ok(Section::conclude(items, NilMarker::Silent, &reader.unreadable))
}

fn allergies(mut reader: Reader<'_>) -> Result<Section<Allergy>, Unmappable> {
    let rows: Vec<ReactionRow> = reader.list(REACTIONS)?;
    let marker = reader.marker(ALLERGY_MARKER, allergy_marker)?;
    let items = rows
        .into_iter()
        .map(|row| Allergy {
            item: row.item.0,
            reaction: row.reaction.0,
            severity: row.severity.0,
            comment: row.comment.0,
        })
        .collect();
    Ok(Section::conclude(items, marker, &reader.unreadable))
}

fn family_history(mut reader: Reader<'_>) -> Result<Section<FamilyItem>, Unmappable> {
    let family: Vec<FamilyRow> = reader.list(FAMILY)?;
    let relatives: Vec<RelativeRow> = reader.list(RELATIVES)?;
    let marker = ticked(reader.marker(FAMILY_MARKER, nothing_significant)?);
    let mut items = Vec::new();
    let mut keep = |item: FamilyItem| {
        // The view is one row a patient; a repeated row says nothing new.
        if !items.contains(&item) {
            items.push(item);
        }
    };
    for row in family {
        if row.unknown.0 {
            keep(FamilyItem::FamilyUnknown);
        }
        for parent in [
            Parent {
                relation: ParentRelation::Father,
                alive: row.father_alive.0,
                age_at_death: number(row.father_age),
                cause_of_death: row.father_cause.0,
            },
            Parent {
                relation: ParentRelation::Mother,
                alive: row.mother_alive.0,
                age_at_death: number(row.mother_age),
                cause_of_death: row.mother_cause.0,
            },
        ] {
            if parent.is_known() {
                keep(FamilyItem::Parent(parent));
            }
        }
        if let Some(text) = row.comment.0 {
            keep(FamilyItem::Comment(FamilyComment { text }));
        }
    }
    items.extend(relatives.into_iter().map(|row| {
        FamilyItem::Relative(Relative {
            relation: row.relation.0,
            condition: row.condition.0,
            disease_code: number(row.disease_code),
            comment: row.comment.0,
        })
    }));
    Ok(Section::conclude(items, marker, &reader.unreadable))
}

fn observations(
    mut reader: Reader<'_>,
) -> Result<Section<domain::clinical::Observation>, Unmappable> {
    let rows: Vec<ObservationRow> = reader.list(OBSERVATIONS)?;
    let readings = rows
        .into_iter()
        .map(|row| {
            let out_of_range = Unmappable::OutOfRange("ObservationTime");
            let time = match u32::try_from(row.time) {
                Ok(0) => None,
                Ok(seconds) if seconds < 86_400 => Some(time_of_day(seconds)?),
                _ => return Err(out_of_range),
            };
            Ok(Reading {
                record_id: row.id,
                code: row.code,
                name: row.name.0,
                value: row.value.0,
                at: row.date.map(|date| ObservedAt { date, time }),
                modifier: number(row.modifier),
                provider: row.provider.0,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Section::conclude(group(readings), NilMarker::Silent, &reader.unreadable))
}

fn time_of_day(seconds: u32) -> Result<Time, Unmappable> {
    let part =
        |value: u32| i8::try_from(value).map_err(|_| Unmappable::OutOfRange("ObservationTime"));
    Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, 0)
        .map_err(|_| Unmappable::OutOfRange("ObservationTime"))
}

fn immunisations(mut reader: Reader<'_>) -> Result<Section<Immunisation>, Unmappable> {
    let rows: Vec<ImmunisationRow> = reader.list(IMMUNISATIONS)?;
    let items = rows
        .into_iter()
        .map(|row| Immunisation {
            record_id: row.id,
            given_on: row.given_on,
            not_given_here: row.not_given_here != 0,
            vaccine: row.vaccine.0,
            vaccine_id: number(row.vaccine_id),
            batch_number: row.batch_number.0,
            sequence: number(row.sequence),
            site_code: number(row.site_code),
            route_code: number(row.route_code),
            consent_code: number(row.consent_code),
            comment: row.comment.0,
            provider: row.provider.0,
        })
        .collect();
    Ok(Section::conclude(items, NilMarker::Silent, &reader.unreadable))
}

#[cfg(test)]
mod tests;
