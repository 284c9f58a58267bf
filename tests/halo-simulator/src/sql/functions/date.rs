//! Date functions.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time};

use super::super::SqlError;
use super::super::convert::{self, Val};
use super::super::dates;
use super::super::types::Type;
use super::{Body, at, float_at, integer_at, text_at, type_at};

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("ts_dateadd", date_add),
    ("ts_datediff", date_diff),
    ("ts_datepart", date_part),
    ("ts_datename", date_name),
    ("ts_datefromparts", |a| from_parts(a, 3)),
    ("ts_datetimefromparts", |a| from_parts(a, 7)),
    ("ts_eomonth", end_of_month),
    ("ts_isdate", |a| {
        let valid = match at(a, 0) {
            Val::Null => false,
            Val::Text(text) => dates::read(text, dates::settings().order, true)
                .is_ok_and(|moment| moment.year() >= 1753),
            _ => false,
        };
        Ok(Val::Integer(i64::from(valid)))
    }),
    ("ts_format", format_value),
];

/// A date part, with all its names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Year,
    Quarter,
    Month,
    DayOfYear,
    Day,
    Week,
    Weekday,
    Hour,
    Minute,
    Second,
    Millisecond,
    IsoWeek,
}

fn part(arguments: &[Val], function: &str) -> Result<Part, SqlError> {
    let name = text_at(arguments, 0)?.unwrap_or_default();
    Ok(match name.to_ascii_lowercase().as_str() {
        "year" | "yy" | "yyyy" => Part::Year,
        "quarter" | "qq" | "q" => Part::Quarter,
        "month" | "mm" | "m" => Part::Month,
        "dayofyear" | "dy" | "y" => Part::DayOfYear,
        "day" | "dd" | "d" => Part::Day,
        "week" | "wk" | "ww" => Part::Week,
        "weekday" | "dw" | "w" => Part::Weekday,
        "hour" | "hh" => Part::Hour,
        "minute" | "mi" | "n" => Part::Minute,
        "second" | "ss" | "s" => Part::Second,
        "millisecond" | "ms" => Part::Millisecond,
        "iso_week" | "isowk" | "isoww" => Part::IsoWeek,
        _ => {
            return Err(SqlError::new(
                155,
                format!("'{name}' is not a recognized {function} option."),
            ));
        }
    })
}

/// `ts_dateadd(part, number, moment, type)`
fn date_add(arguments: &[Val]) -> Result<Val, SqlError> {
    let part = part(arguments, "dateadd")?;
    let number = match at(arguments, 1) {
        Val::Real(number) => Some(convert::truncated(*number)),
        _ => integer_at(arguments, 1)?,
    };
    let (Some(number), Some(moment)) = (number, convert::moment(at(arguments, 2), 0)?) else {
        return Ok(Val::Null);
    };
    let span = match part {
        Part::Year => Span::new().try_years(number),
        Part::Quarter => Span::new().try_months(number.saturating_mul(3)),
        Part::Month => Span::new().try_months(number),
        Part::DayOfYear | Part::Day | Part::Weekday => Span::new().try_days(number),
        Part::Week | Part::IsoWeek => Span::new().try_weeks(number),
        Part::Hour => Span::new().try_hours(number),
        Part::Minute => Span::new().try_minutes(number),
        Part::Second => Span::new().try_seconds(number),
        Part::Millisecond => Span::new().try_milliseconds(number),
    };
    let moved = span.and_then(|span| moment.checked_add(span)).map_err(|_| {
        SqlError::new(517, "Adding a value to a 'datetime' column caused an overflow.")
    })?;
    let target = match type_at(arguments, 3) {
        temporal if temporal.is_temporal() => temporal,
        _ => Type::DateTime,
    };
    Ok(convert::write_moment(moved, target))
}

fn days(date: Date) -> i64 {
    i64::from(date.since(dates::base()).map_or(0, |span| span.get_days()))
}

fn millis(moment: DateTime) -> i64 {
    let time = moment.time();
    let seconds =
        (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    (days(moment.date()) * 86_400 + seconds) * 1000
        + i64::from(time.subsec_nanosecond() / 1_000_000)
}

fn date_diff(arguments: &[Val]) -> Result<Val, SqlError> {
    let part = part(arguments, "datediff")?;
    let (Some(from), Some(to)) =
        (convert::moment(at(arguments, 1), 0)?, convert::moment(at(arguments, 2), 0)?)
    else {
        return Ok(Val::Null);
    };
    let months = |m: DateTime| i64::from(m.year()) * 12 + i64::from(m.month()) - 1;
    let units = |m: DateTime| match part {
        Part::Year => i64::from(m.year()),
        Part::Quarter => months(m) / 3,
        Part::Month => months(m),
        Part::DayOfYear | Part::Day | Part::Weekday => days(m.date()),
        Part::Week | Part::IsoWeek => days(dates::week_start(m.date())).div_euclid(7),
        Part::Hour => millis(m).div_euclid(3_600_000),
        Part::Minute => millis(m).div_euclid(60_000),
        Part::Second => millis(m).div_euclid(1000),
        Part::Millisecond => millis(m),
    };
    let difference = units(to) - units(from);
    if i32::try_from(difference).is_err() {
        return Err(SqlError::new(
            535,
            "The datediff function resulted in an overflow. The number of dateparts separating two \
             date/time instances is too large. Try to use datediff with a less precise datepart.",
        ));
    }
    Ok(Val::Integer(difference))
}

fn date_part(arguments: &[Val]) -> Result<Val, SqlError> {
    let part = part(arguments, "datepart")?;
    let Some(moment) = convert::moment(at(arguments, 1), 0)? else { return Ok(Val::Null) };
    Ok(Val::Integer(match part {
        Part::Year => i64::from(moment.year()),
        Part::Quarter => (i64::from(moment.month()) + 2) / 3,
        Part::Month => i64::from(moment.month()),
        Part::DayOfYear => i64::from(moment.day_of_year()),
        Part::Day => i64::from(moment.day()),
        Part::Week => {
            let first = moment.date().first_of_year();
            let began = |date: Date| days(date) - dates::weekday_number(date);
            (began(moment.date()) - began(first)) / 7 + 1
        }
        Part::Weekday => dates::weekday_number(moment.date()),
        Part::Hour => i64::from(moment.hour()),
        Part::Minute => i64::from(moment.minute()),
        Part::Second => i64::from(moment.second()),
        Part::Millisecond => i64::from(moment.subsec_nanosecond() / 1_000_000),
        Part::IsoWeek => i64::from(moment.date().iso_week_date().week()),
    }))
}

fn date_name(arguments: &[Val]) -> Result<Val, SqlError> {
    let part = part(arguments, "datename")?;
    let Some(moment) = convert::moment(at(arguments, 1), 0)? else { return Ok(Val::Null) };
    Ok(Val::Text(match part {
        Part::Month => dates::month_name(moment.month()).to_owned(),
        Part::Weekday => dates::weekday_name(moment.date()).to_owned(),
        _ => match date_part(arguments)? {
            Val::Integer(number) => number.to_string(),
            _ => String::new(),
        },
    }))
}

fn from_parts(arguments: &[Val], count: usize) -> Result<Val, SqlError> {
    let numbers: Option<Vec<i64>> = (0..count)
        .map(|index| integer_at(arguments, index))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .collect();
    let Some(numbers) = numbers else { return Ok(Val::Null) };
    let wrong = || {
        SqlError::new(
            289,
            "Cannot construct data type date, some of the arguments have values which are not valid.",
        )
    };
    let small =
        |index: usize| i8::try_from(numbers.get(index).copied().unwrap_or(0)).map_err(|_| wrong());
    let year = i16::try_from(numbers[0]).map_err(|_| wrong())?;
    let date = Date::new(year, small(1)?, small(2)?).map_err(|_| wrong())?;
    if count == 3 {
        return Ok(convert::write_moment(date.to_datetime(Time::midnight()), Type::Date));
    }
    let millis = i32::try_from(numbers[6]).map_err(|_| wrong())?;
    let time = Time::new(small(3)?, small(4)?, small(5)?, millis.saturating_mul(1_000_000))
        .map_err(|_| wrong())?;
    Ok(convert::write_moment(date.to_datetime(time), Type::DateTime))
}

fn end_of_month(arguments: &[Val]) -> Result<Val, SqlError> {
    let Some(moment) = convert::moment(at(arguments, 0), 0)? else { return Ok(Val::Null) };
    let months = integer_at(arguments, 1)?.unwrap_or(0);
    let moved = Span::new().try_months(months).and_then(|span| moment.checked_add(span));
    let moved = moved
        .map_err(|_| SqlError::new(517, "Adding a value to a 'date' column caused an overflow."))?;
    Ok(convert::write_moment(
        moved.date().last_of_month().to_datetime(Time::midnight()),
        Type::Date,
    ))
}

/// `FORMAT(value, picture)`: custom .NET pictures for dates and the common pictures for numbers.
fn format_value(arguments: &[Val]) -> Result<Val, SqlError> {
    let Some(picture) = text_at(arguments, 1)? else { return Ok(Val::Null) };
    match at(arguments, 0) {
        Val::Null => Ok(Val::Null),
        Val::Text(_) => Ok(convert::moment(at(arguments, 0), 0)?
            .map_or(Val::Null, |moment| Val::Text(date_picture(moment, &picture)))),
        _ => {
            let number = float_at(arguments, 0)?.unwrap_or(0.0);
            number_picture(number, &picture).map(Val::Text)
        }
    }
}

fn date_picture(moment: DateTime, picture: &str) -> String {
    let characters: Vec<char> = match picture {
        "d" => "M/d/yyyy".chars().collect(),
        other => other.chars().collect(),
    };
    let mut result = String::new();
    let mut at = 0;
    while let Some(&letter) = characters.get(at) {
        let run = characters[at..].iter().take_while(|&&c| c == letter).count();
        let text = |format: &str| moment.strftime(format).to_string();
        let number = |value: i8| format!("{value:0>run$}");
        let hour12 = match moment.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let mut used = run;
        match (letter, run) {
            ('y', 2) => result += &text("%y"),
            ('y', _) => result += &text("%Y"),
            ('M', 3) => result += &text("%b"),
            ('M', 4..) => result += &text("%B"),
            ('M', _) => result += &number(moment.month()),
            ('d', 3) => result += &text("%a"),
            ('d', 4..) => result += &text("%A"),
            ('d', _) => result += &number(moment.day()),
            ('H', _) => result += &number(moment.hour()),
            ('h', _) => result += &number(hour12),
            ('m', _) => result += &number(moment.minute()),
            ('s', _) => result += &number(moment.second()),
            ('t', _) => result += if moment.hour() < 12 { "AM" } else { "PM" },
            ('f', _) => {
                let digits = format!("{:09}", moment.subsec_nanosecond());
                result += &digits[..run.min(9)];
            }
            ('\'', _) => {
                let literal: String =
                    characters[at + 1..].iter().take_while(|&&c| c != '\'').collect();
                used = literal.chars().count() + 2;
                result += &literal;
            }
            ('\\', _) => {
                used = 2;
                result.extend(characters.get(at + 1));
            }
            _ => result.extend(&characters[at..at + run]),
        }
        at += used;
    }
    result
}

fn number_picture(number: f64, picture: &str) -> Result<String, SqlError> {
    let digits = |default: usize| picture[1..].parse().unwrap_or(default);
    match picture.chars().next() {
        Some('N' | 'n') => Ok(grouped(&format!("{number:.*}", digits(2)))),
        Some('F' | 'f') => Ok(format!("{number:.*}", digits(2))),
        Some('D' | 'd') => Ok(format!("{:0width$}", convert::truncated(number), width = digits(1))),
        _ if picture.chars().all(|c| matches!(c, '0' | '#' | '.' | ',')) => {
            let (whole, fraction) = picture.split_once('.').unwrap_or((picture, ""));
            let least = whole.chars().filter(|&c| c == '0').count();
            let text = format!("{number:.*}", fraction.len());
            let (integer, decimals) = text.split_once('.').unwrap_or((&text, ""));
            let integer = format!("{integer:0>least$}");
            let integer = if whole.contains(',') { grouped(&integer) } else { integer };
            Ok(if decimals.is_empty() { integer } else { format!("{integer}.{decimals}") })
        }
        _ => Err(SqlError::unsupported(format!("FORMAT(..., '{picture}')"))),
    }
}

fn grouped(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let mut result = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            result.push(',');
        }
        result.push(digit);
    }
    if let Some(fraction) = fraction {
        result.push('.');
        result += fraction;
    }
    result
}
