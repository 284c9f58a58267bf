//! Reads and writes dates and times as SQL Server does.

use std::cell::Cell;

use jiff::civil::{Date, DateTime, Time, Weekday};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The order of day and month in a written date that does not make it clear.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    MonthFirst,
    DayFirst,
    /// The year comes first, then the month. It differs from `MonthFirst` for years of two digits only.
    YearMonthDay,
}

impl Order {
    pub(crate) fn of_style(style: i64) -> Self {
        match style {
            3 | 4 | 5 | 103 | 104 | 105 | 113 | 13 => Self::DayFirst,
            _ => Self::MonthFirst,
        }
    }
}

thread_local! {
    /// The session's settings. A command runs on one thread, and functions that SQLite calls have no other
    /// way to know the session.
    static SETTINGS: Cell<Settings> = const {
        Cell::new(Settings { order: Order::MonthFirst, first_weekday: 7 })
    };
}

/// What the session's language, or SET, says about dates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    /// DATEFORMAT.
    pub(crate) order: Order,
    /// DATEFIRST. 1 is Monday and 7 is Sunday.
    pub(crate) first_weekday: u8,
}

/// The session's settings.
pub(crate) fn settings() -> Settings {
    SETTINGS.get()
}

/// Sets the session's settings.
pub(crate) fn set(settings: Settings) {
    SETTINGS.set(settings);
}

/// Why a string is not a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// It has the form of a date, but there is no such day.
    OutOfRange,
    /// It does not have the form of a date.
    NoDate,
}

/// Reads a string that a statement converts. Where the day comes first, `datetime` and `smalldatetime`
/// (`old`) read `2026-05-06` as 5 June. The newer types do not.
pub(crate) fn read(text: &str, order: Order, old: bool) -> Result<DateTime, Unreadable> {
    let plain = text.trim();
    let (date, time) = split(plain);
    let parts: Vec<&str> = date.split(['-', '/', '.']).collect();
    let swapped = match parts[..] {
        [year, day, month]
            if old
                && order == Order::DayFirst
                && year.len() == 4
                && !plain.contains(['T', 't']) =>
        {
            Some(format!("{year}-{month}-{day} {time}"))
        }
        _ => None,
    };
    parse(swapped.as_deref().unwrap_or(plain), order).ok_or_else(|| {
        let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let shaped = match parts[..] {
            [one] => matches!(one.len(), 6 | 8),
            _ => parts.len() == 3,
        };
        if shaped && parts.iter().all(digits) && (time.is_empty() || parse_time(time).is_some()) {
            Unreadable::OutOfRange
        } else {
            Unreadable::NoDate
        }
    })
}

/// The day of the week as `DATEPART(weekday)` counts it: 1 is the session's first day.
pub(crate) fn weekday_number(date: Date) -> i64 {
    let monday_first = i64::from(date.weekday().to_monday_one_offset());
    (monday_first - i64::from(settings().first_weekday)).rem_euclid(7) + 1
}

pub(crate) fn weekday_name(date: Date) -> &'static str {
    DAYS[usize::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or(0)]
}

pub(crate) fn month_name(month: i8) -> &'static str {
    MONTHS.get(usize::try_from(month - 1).unwrap_or(0)).copied().unwrap_or("")
}

pub(crate) fn base() -> Date {
    Date::constant(1900, 1, 1)
}

/// Reads a string as `datetime` and similar types accept it.
pub(crate) fn parse(text: &str, order: Order) -> Option<DateTime> {
    let text = text.trim();
    if text.is_empty() {
        return Some(base().to_datetime(Time::midnight()));
    }
    let (date_text, time_text) = split(text);
    let date = match date_text {
        "" => base(),
        other => parse_date(other, order)?,
    };
    let time = match time_text {
        "" => Time::midnight(),
        other => parse_time(other)?,
    };
    Some(date.to_datetime(time))
}

fn split(text: &str) -> (&str, &str) {
    if let Some(at) = text.find(['T', 't'])
        && text[..at].chars().all(|c| c.is_ascii_digit() || c == '-')
        && at > 0
    {
        return (&text[..at], &text[at + 1..]);
    }
    match text.find(':') {
        None => match text.to_ascii_lowercase() {
            lower if lower.ends_with("am") || lower.ends_with("pm") => {
                let start = text.rfind(' ').map_or(0, |at| at + 1);
                (text[..start].trim(), &text[start..])
            }
            _ => (text, ""),
        },
        Some(colon) => {
            let start = text[..colon].rfind(' ').map_or(0, |at| at + 1);
            (text[..start].trim(), text[start..].trim())
        }
    }
}

fn parse_date(text: &str, order: Order) -> Option<Date> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            8 => civil(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?),
            6 => civil(
                century(text[..2].parse().ok()?),
                text[2..4].parse().ok()?,
                text[4..].parse().ok()?,
            ),
            4 => civil(text.parse().ok()?, 1, 1),
            _ => None,
        };
    }
    let parts: Vec<&str> =
        text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts[..] else { return None };
    if let Some(month) = month_number(a) {
        return civil(year(c)?, month, b.parse().ok()?);
    }
    if let Some(month) = month_number(b) {
        return civil(year(c)?, month, a.parse().ok()?);
    }
    if a.len() == 4 {
        return civil(a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
    }
    match order {
        Order::YearMonthDay if c.len() <= 2 => civil(year(a)?, b.parse().ok()?, c.parse().ok()?),
        Order::MonthFirst | Order::YearMonthDay => {
            civil(year(c)?, a.parse().ok()?, b.parse().ok()?)
        }
        Order::DayFirst => civil(year(c)?, b.parse().ok()?, a.parse().ok()?),
    }
}

fn year(text: &str) -> Option<i16> {
    let number: i16 = text.parse().ok()?;
    Some(if text.len() <= 2 { century(number) } else { number })
}

fn century(year: i16) -> i16 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

fn month_number(text: &str) -> Option<i8> {
    if text.len() < 3 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| {
        let month = month.to_ascii_lowercase();
        month == lower || month[..3] == lower
    })?;
    i8::try_from(at + 1).ok()
}

fn civil(year: i16, month: i8, day: i8) -> Option<Date> {
    if year < 1 {
        return None;
    }
    Date::new(year, month, day).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let lower = text.to_ascii_lowercase();
    let (clock, half) = match lower.strip_suffix("am") {
        Some(rest) => (rest.trim(), Some(false)),
        None => match lower.strip_suffix("pm") {
            Some(rest) => (rest.trim(), Some(true)),
            None => (lower.trim(), None),
        },
    };
    let clock = clock.trim_end_matches('z');
    let clock = clock.split(['+', '-']).next()?.trim();
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let mut hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    let second: i8 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    match half {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    let nanos: i32 =
        if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().ok()? };
    Time::new(hour, minute, second, nanos).ok()
}

/// Rounds to the steps of `datetime`: its milliseconds end in 0, 3 or 7.
pub(crate) fn round_datetime(value: DateTime) -> DateTime {
    let millis = i64::from(value.subsec_nanosecond() + 500_000) / 1_000_000;
    let rounded = match millis % 10 {
        0 | 1 => millis - millis % 10,
        2..=4 => millis - millis % 10 + 3,
        5..=8 => millis - millis % 10 + 7,
        _ => millis + 1,
    };
    let whole = value.with().subsec_nanosecond(0).build().unwrap_or(value);
    whole.checked_add(jiff::Span::new().milliseconds(rounded)).unwrap_or(whole)
}

/// ISO text, with a fraction only if there is one.
pub(crate) fn iso(value: DateTime) -> String {
    let text = value.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    text + &fraction(value.time())
}

pub(crate) fn iso_time(value: Time) -> String {
    value.strftime("%H:%M:%S").to_string() + &fraction(value)
}

fn fraction(value: Time) -> String {
    match value.subsec_nanosecond() {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos => format!(".{:07}", nanos / 100),
    }
}

/// `CONVERT(varchar, value, style)`. `None` for a style that SQL Server does not know either.
pub(crate) fn styled(value: DateTime, style: i64, date_only: bool) -> Option<String> {
    let hour12 = |text: &str| {
        let hour = match value.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let half = if value.hour() < 12 { "AM" } else { "PM" };
        format!("{hour:>2}:{}{half}", value.strftime(text))
    };
    let millis = value.subsec_nanosecond() / 1_000_000;
    let time = value.strftime("%H:%M:%S").to_string();
    let date = |format: &str| value.strftime(format).to_string();
    Some(match style {
        0 | 100 if date_only => date("%b %e %Y"),
        0 | 100 => format!("{} {}", date("%b %e %Y"), hour12("%M")),
        1 => date("%m/%d/%y"),
        101 => date("%m/%d/%Y"),
        2 => date("%y.%m.%d"),
        102 => date("%Y.%m.%d"),
        3 => date("%d/%m/%y"),
        103 => date("%d/%m/%Y"),
        104 => date("%d.%m.%Y"),
        105 => date("%d-%m-%Y"),
        6 => date("%d %b %y"),
        106 => date("%d %b %Y"),
        107 => date("%b %d, %Y"),
        8 | 108 | 24 => time,
        110 => date("%m-%d-%Y"),
        11 => date("%y/%m/%d"),
        111 => date("%Y/%m/%d"),
        12 => date("%y%m%d"),
        112 => date("%Y%m%d"),
        13 | 113 => format!("{} {time}:{millis:03}", date("%d %b %Y")),
        14 | 114 => format!("{time}:{millis:03}"),
        20 | 120 if date_only => date("%Y-%m-%d"),
        20 | 120 => format!("{} {time}", date("%Y-%m-%d")),
        21 | 25 | 121 if date_only => date("%Y-%m-%d"),
        21 | 25 | 121 => format!("{} {time}.{millis:03}", date("%Y-%m-%d")),
        23 => date("%Y-%m-%d"),
        126 | 127 if date_only => date("%Y-%m-%d"),
        126 | 127 => iso(value),
        _ => return None,
    })
}

/// The first day of the week of `date`. Weeks begin on Sunday, as DATEDIFF counts them.
pub(crate) fn week_start(date: Date) -> Date {
    let days = i64::from(date.weekday().since(Weekday::Sunday));
    date.checked_sub(jiff::Span::new().days(days)).unwrap_or(date)
}
