//! Measurements: Bp's rows, the two halves of a blood pressure joined.

use std::fmt;

use jiff::civil::{Date, Time};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

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
    /// 3 and 4 of one moment.
    BloodPressure,
    /// 3, where no 4 belongs to it.
    SystolicPressure,
    /// 4, where no 3 belongs to it.
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
    /// Anything else: the name tells.
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

    /// The unit. Bp's view has none: this is inferred from what Australian practices write.
    #[must_use]
    pub fn inferred_unit(self) -> Option<&'static str> {
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

/// When something was measured, on the practice's clock: `2026-05-23T09:15`, or the day alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObservedAt {
    /// The day.
    pub date: Date,
    /// The time of day, where it was recorded.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `RECORDID`.
    pub record_id: i64,
    /// `ObservationCode`.
    pub code: i64,
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
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// What was measured.
    pub code: ObservationKind,
    /// `ObservationCode`; of a blood pressure the systolic one's.
    pub bp_code: i64,
    /// `RECORDID`; of a blood pressure both.
    pub record_ids: Vec<i64>,
    /// `ObservationName`.
    pub name: Option<String>,
    /// `ObservationValue`, a text: it may begin with `<` or `>`. A blood pressure's is `120/80`.
    pub value: Option<String>,
    /// Inferred from the code: Bp records none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Of a blood pressure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub systolic: Option<String>,
    /// Of a blood pressure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diastolic: Option<String>,
    /// On the practice's clock; the day alone where no time was recorded.
    #[schema(value_type = Option<String>, example = "2026-05-23T09:15")]
    pub observed_at: Option<ObservedAt>,
    /// `Description`, a code whose list is not public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifier: Option<i64>,
    /// `Provider`.
    pub provider: Option<String>,
}

impl From<Reading> for Observation {
    fn from(reading: Reading) -> Self {
        let kind = ObservationKind::of(reading.code);
        let half = |wanted| (reading.code == wanted).then(|| reading.value.clone()).flatten();
        Self {
            code: kind,
            bp_code: reading.code,
            record_ids: vec![reading.record_id],
            unit: kind.inferred_unit(),
            systolic: half(SYSTOLIC),
            diastolic: half(DIASTOLIC),
            name: reading.name,
            value: reading.value,
            observed_at: reading.at,
            modifier: reading.modifier,
            provider: reading.provider,
        }
    }
}

fn joined(systolic: Reading, diastolic: &Reading) -> Observation {
    let show = |value: &Option<String>| value.clone().unwrap_or_default();
    Observation {
        code: ObservationKind::BloodPressure,
        name: Some("Blood pressure".to_owned()),
        value: Some(format!("{}/{}", show(&systolic.value), show(&diastolic.value))),
        record_ids: vec![systolic.record_id, diastolic.record_id],
        diastolic: diastolic.value.clone(),
        ..Observation::from(systolic)
    }
}

/// Joins systolic and diastolic rows of one moment, in the order in which they were recorded; all else
/// stays as it is, in its place. Halves that cannot be told apart (two of one, one of the other) and halves
/// without a date stay apart: a wrong pair is worse than none.
#[must_use]
pub fn group(readings: Vec<Reading>) -> Vec<Observation> {
    let halves = |code: i64, at: ObservedAt| {
        let mut ids: Vec<i64> = readings
            .iter()
            .filter(|one| one.code == code && one.at == Some(at) && one.value.is_some())
            .map(|one| one.record_id)
            .collect();
        ids.sort_unstable();
        ids
    };
    let partner = |reading: &Reading| -> Option<i64> {
        let at = reading.at?;
        let other = match reading.code {
            SYSTOLIC => DIASTOLIC,
            DIASTOLIC => SYSTOLIC,
            _ => return None,
        };
        let (own, others) = (halves(reading.code, at), halves(other, at));
        let place = own.iter().position(|id| *id == reading.record_id)?;
        (own.len() == others.len()).then(|| others[place])
    };
    readings
        .iter()
        .filter_map(|reading| match (reading.code, partner(reading)) {
            // Shown with its systolic half.
            (DIASTOLIC, Some(_)) => None,
            (SYSTOLIC, Some(id)) => {
                let diastolic =
                    readings.iter().find(|one| one.code == DIASTOLIC && one.record_id == id)?;
                Some(joined(reading.clone(), diastolic))
            }
            _ => Some(Observation::from(reading.clone())),
        })
        .collect()
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
        Reading { record_id, code, name: None, value, at, modifier: None, provider: None }
    }

    fn shown(readings: Vec<Reading>) -> Vec<String> {
        group(readings).into_iter().map(|one| one.value.unwrap()).collect()
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
}
