//! Measurements from Bp's rows. The two rows of a blood pressure become one measurement.

use std::fmt;

use jiff::civil::{Date, Time};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::section::Entry;

const SYSTOLIC: i64 = 3;
const DIASTOLIC: i64 = 4;

/// What was measured. Bp's other codes are not public.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ObservationKind {
    /// 1.
    Temperature,
    /// 2.
    Pulse,
    /// 3 and 4 at the same moment.
    BloodPressure,
    /// 3 without a 4.
    SystolicPressure,
    /// 4 without a 3.
    DiastolicPressure,
    /// 6.
    BloodSugar,
    /// 7.
    Height,
    /// 8.
    Weight,
    /// 9.
    BodyMassIndex,
    /// 10.
    HeadCircumference,
    /// 17.
    Waist,
    /// 18.
    Hip,
    /// 21.
    WaistHipRatio,
    /// 26.
    DiabetesRisk,
    /// Another code: see the name.
    Other,
}

impl ObservationKind {
    fn of(code: i64) -> Self {
        match code {
            1 => Self::Temperature,
            2 => Self::Pulse,
            SYSTOLIC => Self::SystolicPressure,
            DIASTOLIC => Self::DiastolicPressure,
            6 => Self::BloodSugar,
            7 => Self::Height,
            8 => Self::Weight,
            9 => Self::BodyMassIndex,
            10 => Self::HeadCircumference,
            17 => Self::Waist,
            18 => Self::Hip,
            21 => Self::WaistHipRatio,
            26 => Self::DiabetesRisk,
            _ => Self::Other,
        }
    }

    /// The unit. Bp's view has none, so it is inferred from what Australian practices write.
    #[must_use]
    fn inferred_unit(self) -> Option<&'static str> {
        match self {
            Self::Temperature => Some("\u{b0}C"),
            Self::Pulse => Some("/min"),
            Self::BloodPressure | Self::SystolicPressure | Self::DiastolicPressure => Some("mmHg"),
            Self::BloodSugar => Some("mmol/L"),
            Self::Height | Self::HeadCircumference | Self::Waist | Self::Hip => Some("cm"),
            Self::Weight => Some("kg"),
            Self::BodyMassIndex => Some("kg/m\u{b2}"),
            Self::WaistHipRatio | Self::DiabetesRisk | Self::Other => None,
        }
    }
}

/// When something was measured, in the practice's local time: `2026-05-23T09:15`, or only the day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObservedAt {
    /// The day.
    pub date: Date,
    /// The time of day, if it was recorded.
    pub time: Option<Time>,
}

impl fmt::Display for ObservedAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => {
                write!(formatter, "{}T{:02}:{:02}", self.date, time.hour(), time.minute())
            }
            None => self.date.fmt(formatter),
        }
    }
}

impl Serialize for ObservedAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A row of `BPS_Observations`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// `RECORDID`.
    pub record_id: Option<i64>,
    /// `ObservationCode`.
    pub code: Option<i64>,
    /// `ObservationName`.
    pub name: Option<String>,
    /// `ObservationValue`.
    pub value: Option<String>,
    /// `ObservationDate` and `ObservationTime`.
    pub at: Option<ObservedAt>,
    /// `Description`.
    pub modifier: Option<i64>,
    /// `Provider`.
    pub provider: Option<String>,
    /// Members of [`Observation`] whose value in Bp could not be understood.
    pub unreadable: Vec<&'static str>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// What was measured.
    pub code: ObservationKind,
    /// Bp's code of the measurement (Bp: `ObservationCode`). For a blood pressure, that of the systolic row. Null if
    /// it could not be read.
    pub bp_code: Option<i64>,
    /// Bp's numbers of the entries (Bp: `RECORDID`). A blood pressure has two.
    pub record_ids: Vec<i64>,
    /// What was measured, in the words of Bp (Bp: `ObservationName`).
    pub name: Option<String>,
    /// The value (Bp: `ObservationValue`), a text that may begin with `<` or `>`. For a blood pressure, such as
    /// `120/80`.
    pub value: Option<String>,
    /// Inferred from the code, because Bp has no unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<&'static str>,
    /// Only for a blood pressure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub systolic: Option<String>,
    /// Only for a blood pressure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub diastolic: Option<String>,
    /// In the practice's local time. Only the day if no time was recorded.
    #[schema(value_type = Option<String>, example = "2026-05-23T09:15")]
    pub observed_at: Option<ObservedAt>,
    /// A code of Bp, whose list is not public (Bp: `Description`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub modifier: Option<i64>,
    /// Who measured (Bp: `Provider`).
    pub provider: Option<String>,
    /// Members whose value in Bp could not be understood. They are null or left out here, and that says
    /// nothing about the patient. `observedAt` keeps its day. Left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<&'static str>,
}

impl Entry for Observation {
    fn unreadable(&self) -> &[&'static str] {
        &self.unreadable
    }
}

impl From<Reading> for Observation {
    fn from(reading: Reading) -> Self {
        let kind = reading.code.map_or(ObservationKind::Other, ObservationKind::of);
        let half = |wanted| reading.value.clone().filter(|_| reading.code == Some(wanted));
        Self {
            code: kind,
            bp_code: reading.code,
            record_ids: reading.record_id.into_iter().collect(),
            unit: kind.inferred_unit(),
            systolic: half(SYSTOLIC),
            diastolic: half(DIASTOLIC),
            name: reading.name,
            value: reading.value,
            observed_at: reading.at,
            modifier: reading.modifier,
            provider: reading.provider,
            unreadable: reading.unreadable,
        }
    }
}

fn joined(systolic: Reading, diastolic: &Reading) -> Observation {
    let show = |value: &Option<String>| value.clone().unwrap_or_default();
    let of_the_other = diastolic.unreadable.iter();
    let unreadable = of_the_other.filter(|member| !systolic.unreadable.contains(member)).copied();
    Observation {
        code: ObservationKind::BloodPressure,
        name: Some("Blood pressure".to_owned()),
        value: Some(format!("{}/{}", show(&systolic.value), show(&diastolic.value))),
        record_ids: systolic.record_id.into_iter().chain(diastolic.record_id).collect(),
        diastolic: diastolic.value.clone(),
        unreadable: systolic.unreadable.iter().copied().chain(unreadable).collect(),
        ..Observation::from(systolic)
    }
}

/// Joins systolic and diastolic rows of one moment, in the order of their record numbers. All other rows stay
/// as they are, in their place.
///
/// Halves stay apart if their moment is not known, or if the pairs are unclear. Pairs are unclear if the
/// numbers of halves differ, or if a record number is missing or used twice. A wrong pair is worse than none.
#[must_use]
pub fn group(readings: Vec<Reading>) -> Vec<Observation> {
    // A long record has many readings, and few of them are halves.
    let all_halves: Vec<(i64, ObservedAt, i64, usize)> = readings
        .iter()
        .enumerate()
        .filter(|(_, one)| one.value.is_some())
        .filter_map(|(place, one)| {
            let code = one.code.filter(|code| [SYSTOLIC, DIASTOLIC].contains(code))?;
            Some((code, one.moment()?, one.record_id?, place))
        })
        .collect();
    // The places of the halves of one moment, in the order of their record numbers.
    let halves = |code: i64, at: ObservedAt| {
        let mut found: Vec<(i64, usize)> = all_halves
            .iter()
            .filter(|(its, moment, ..)| *its == code && *moment == at)
            .map(|(.., record, place)| (*record, *place))
            .collect();
        found.sort_unstable();
        let is_clear = found.windows(2).all(|two| two[0].0 != two[1].0);
        if is_clear { found } else { Vec::new() }
    };
    let partner = |place: usize| -> Option<usize> {
        let at = readings[place].moment()?;
        let (code, other) = match readings[place].code? {
            SYSTOLIC => (SYSTOLIC, DIASTOLIC),
            DIASTOLIC => (DIASTOLIC, SYSTOLIC),
            _ => return None,
        };
        let (own, others) = (halves(code, at), halves(other, at));
        let turn = own.iter().position(|(_, one)| *one == place)?;
        (own.len() == others.len()).then(|| others[turn].1)
    };
    readings
        .iter()
        .enumerate()
        .filter_map(|(place, reading)| match (reading.code, partner(place)) {
            // Shown with its systolic half.
            (Some(DIASTOLIC), Some(_)) => None,
            (_, Some(diastolic)) => Some(joined(reading.clone(), &readings[diastolic])),
            (_, None) => Some(Observation::from(reading.clone())),
        })
        .collect()
}

impl Entry for Reading {
    fn unreadable(&self) -> &[&'static str] {
        &self.unreadable
    }
}

impl Reading {
    /// The moment, if it is certain: a day whose time could not be read is no moment.
    fn moment(&self) -> Option<ObservedAt> {
        self.at.filter(|_| !self.unreadable.contains(&"observedAt"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn reading(record_id: i64, code: i64, value: &str, seconds: Option<i8>) -> Reading {
        let at = seconds.map(|seconds| ObservedAt {
            date: date(2026, 5, 23),
            time: Some(time(9, 15, seconds, 0)),
        });
        let value = Some(value.to_owned());
        Reading { record_id: Some(record_id), code: Some(code), value, at, ..Reading::default() }
    }

    fn shown(readings: Vec<Reading>) -> Vec<String> {
        group(readings).into_iter().map(|one| one.value.unwrap()).collect()
    }

    #[test]
    fn every_public_code_is_named_and_any_other_is_other() {
        use ObservationKind as Kind;
        for (code, kind, unit) in [
            (1, Kind::Temperature, Some("\u{b0}C")),
            (2, Kind::Pulse, Some("/min")),
            (3, Kind::SystolicPressure, Some("mmHg")),
            (4, Kind::DiastolicPressure, Some("mmHg")),
            (5, Kind::Other, None),
            (6, Kind::BloodSugar, Some("mmol/L")),
            (7, Kind::Height, Some("cm")),
            (8, Kind::Weight, Some("kg")),
            (9, Kind::BodyMassIndex, Some("kg/m\u{b2}")),
            (10, Kind::HeadCircumference, Some("cm")),
            (17, Kind::Waist, Some("cm")),
            (18, Kind::Hip, Some("cm")),
            (21, Kind::WaistHipRatio, None),
            (26, Kind::DiabetesRisk, None),
        ] {
            let one = &group(vec![reading(1, code, "7", None)])[0];
            assert_eq!((one.code, one.unit, one.bp_code), (kind, unit, Some(code)));
        }
        let unread = &group(vec![Reading { value: Some("7".to_owned()), ..Reading::default() }])[0];
        assert_eq!((unread.code, unread.unit, unread.bp_code), (Kind::Other, None, None));
    }

    #[test]
    fn the_halves_of_a_blood_pressure_are_one_item_in_the_order_of_recording() {
        let of_two = vec![
            reading(1, 3, "138", Some(0)),
            reading(2, 4, "82", Some(0)),
            reading(3, 2, "72", Some(0)),
            reading(4, 3, "131", Some(0)),
            reading(5, 4, "79", Some(0)),
        ];
        assert_eq!(shown(of_two), ["138/82", "72", "131/79"]);
        let one = &group(vec![reading(2, 4, "82", Some(0)), reading(1, 3, "138", Some(0))])[0];
        assert_eq!((one.code, one.unit), (ObservationKind::BloodPressure, Some("mmHg")));
        assert_eq!((one.systolic.as_deref(), one.diastolic.as_deref()), (Some("138"), Some("82")));
        assert_eq!(one.record_ids, [1, 2]);
        assert_eq!(one.name.as_deref(), Some("Blood pressure"));
        assert_eq!(one.observed_at.unwrap().to_string(), "2026-05-23T09:15");
    }

    #[test]
    fn halves_that_may_not_belong_together_stay_apart() {
        let moments = vec![reading(1, 3, "138", Some(0)), reading(2, 4, "82", Some(1))];
        assert_eq!(shown(moments), ["138", "82"]);
        let undated = vec![reading(1, 3, "138", None), reading(2, 4, "82", None)];
        assert_eq!(shown(undated), ["138", "82"]);
        let three = vec![
            reading(1, 3, "138", Some(0)),
            reading(2, 3, "131", Some(0)),
            reading(3, 4, "79", Some(0)),
        ];
        assert_eq!(shown(three), ["138", "131", "79"]);
        assert_eq!(
            group(vec![reading(1, 3, "142", Some(0))])[0].code,
            ObservationKind::SystolicPressure
        );
    }

    #[test]
    fn halves_that_cannot_be_told_apart_are_all_shown_and_none_is_lost() {
        let unclear = |change: fn(&mut Reading)| {
            let mut readings = vec![
                reading(1, 3, "138", Some(0)),
                reading(2, 3, "131", Some(0)),
                reading(3, 4, "82", Some(0)),
                reading(4, 4, "79", Some(0)),
            ];
            change(&mut readings[1]);
            change(&mut readings[3]);
            shown(readings)
        };
        assert_eq!(unclear(|_| ()), ["138/82", "131/79"]);
        assert_eq!(unclear(|one| one.record_id = Some(1)), ["138", "131", "82", "79"]);
        // A half without a record number is not joined.
        assert_eq!(unclear(|one| one.record_id = None), ["138/82", "131", "79"]);
        assert_eq!(unclear(|one| one.unreadable.push("observedAt")), ["138/82", "131", "79"]);
        assert_eq!(unclear(|one| one.code = None), ["138/82", "131", "79"]);
    }

    #[test]
    fn a_pair_names_what_was_not_readable_in_either_half() {
        let mut halves = vec![reading(1, 3, "138", Some(0)), reading(2, 4, "82", Some(0))];
        halves[0].unreadable = vec!["modifier"];
        halves[1].unreadable = vec!["modifier", "provider"];
        let pairs = group(halves);
        assert_eq!(pairs.len(), 1);
        assert_eq!(pairs[0].unreadable(), ["modifier", "provider"]);
    }
}
