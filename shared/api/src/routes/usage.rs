//! `…/usage`: how much a practice uses Halo.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Invalid;
use domain::usage::{Caps, Usage, UsageDay};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::{Allowed, ManagePractice};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, Problems};

/// The number of days in an answer by default.
const USUAL_DAYS: i64 = 30;
/// The largest number of days in an answer.
const MOST_DAYS: i32 = 92;

/// Which days to show. The last 30 days by default.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageParameters {
    /// The first day, a date (UTC). 29 days before the last day by default.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The last day, a date (UTC). Today by default. At most 92 days are shown.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
}

/// How much a practice uses Halo.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageView {
    /// Oldest first. Days without any call of Halo are left out.
    days: Vec<UsageOfDay>,
    cap: CapView,
    /// The time zone of the days.
    #[schema(example = "UTC")]
    time_zone: &'static str,
}

/// The usage of one day. Today's figures still grow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageOfDay {
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Queries that Halo bills or may bill, including queries whose answer was lost.
    queries: u64,
    /// Calls of Halo that are not queries, such as calls for the site's status.
    other_calls: u64,
    /// Bytes of all request bodies.
    bytes_sent: u64,
    /// Bytes of all response bodies.
    bytes_received: u64,
    /// The number of queries per statement, such as `patient_search`.
    by_purpose: BTreeMap<String, u64>,
}

/// How much Halo allows the practice per day, if this deployment knows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CapView {
    /// The largest number of queries per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    queries_per_day: Option<u64>,
    /// The largest number of bytes per day, sent and received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bytes_per_day: Option<u64>,
}

impl From<UsageDay> for UsageOfDay {
    fn from(day: UsageDay) -> Self {
        let UsageDay { date, usage, .. } = day;
        Self {
            date,
            queries: usage.queries,
            other_calls: usage.other_calls,
            bytes_sent: usage.bytes_sent,
            bytes_received: usage.bytes_received,
            by_purpose: usage.by_purpose,
        }
    }
}

impl From<Caps> for CapView {
    fn from(caps: Caps) -> Self {
        Self { queries_per_day: caps.queries, bytes_per_day: caps.bytes }
    }
}

/// Show how much the practice uses Halo.
///
/// Shows queries and bytes per day.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/usage", tag = "Usage",
    params(("practiceId" = String, Path), UsageParameters),
    responses((status = 200, body = UsageView), Problems))]
pub(crate) async fn read_usage(
    State(app): State<Arc<App>>,
    allowed: Allowed<ManagePractice>,
    Parameters(parameters): Parameters<UsageParameters>,
) -> Result<Json<UsageView>, Problem> {
    let (from, to) = span(&parameters, Usage::day(App::now()))?;
    let days = app.store.usage(&allowed.practice, from, to).await?;
    let days = days.into_iter().map(UsageOfDay::from).collect();
    Ok(Json(UsageView { days, cap: app.counter.caps().into(), time_zone: "UTC" }))
}

fn span(parameters: &UsageParameters, today: Date) -> Result<(Date, Date), Problem> {
    let date = |text: &String| -> Result<Date, Invalid> {
        text.parse().map_err(|_| Invalid("this is a date (YYYY-MM-DD)"))
    };
    let mut fields = Checker::default();
    let to = match &parameters.to {
        Some(text) => fields.check("to", date(text)),
        None => Some(today),
    };
    let from = match &parameters.from {
        Some(text) => fields.check("from", date(text)),
        None => to.map(|to| to.saturating_sub((USUAL_DAYS - 1).days())),
    };
    if let (Some(from), Some(to)) = (from, to) {
        let days = from.until(to).map_or(MOST_DAYS, |span| span.get_days());
        if days < 0 {
            fields.wrong("from", "the first day comes after the last one");
        } else if days >= MOST_DAYS {
            fields.wrong("from", "ask for at most 92 days");
        }
    }
    fields.finish(from.zip(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: Option<&str>, to: Option<&str>) -> Result<(String, String), Problem> {
        let [from, to] = [from, to].map(|text| text.map(str::to_owned));
        let today = "2026-11-28".parse().unwrap();
        let span = span(&UsageParameters { from, to }, today)?;
        Ok((span.0.to_string(), span.1.to_string()))
    }

    #[test]
    fn the_last_thirty_days_are_shown_unless_others_are_asked_for() {
        let days = |from, to| {
            let (from, to) = asked(from, to).unwrap();
            format!("{from} {to}")
        };
        assert_eq!(days(None, None), "2026-10-30 2026-11-28");
        assert_eq!(days(Some("2026-11-28"), None), "2026-11-28 2026-11-28");
        assert_eq!(days(None, Some("2026-03-01")), "2026-01-31 2026-03-01");
        assert_eq!(days(Some("2026-01-01"), Some("2026-04-02")), "2026-01-01 2026-04-02");
    }

    #[test]
    fn days_that_are_none_too_many_or_backwards_are_refused_at_their_parameter() {
        for (from, to, at) in [
            (Some("yesterday"), None, "from"),
            (None, Some("2026-02-30"), "to"),
            (Some("2026-11-29"), None, "from"),
            (Some("2026-01-01"), Some("2026-04-03"), "from"),
            (Some("-009999-01-01"), Some("9999-12-31"), "from"),
        ] {
            let refused = asked(from, to).unwrap_err();
            assert_eq!(refused.errors[0].pointer, at, "{from:?} {to:?}");
        }
    }
}
