//! What a practice does in a day: assumptions, which flags change.

use clap::Args;
use domain::schedule::{Job, until_checked_again};
use jiff::SignedDuration;

/// What people do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Action {
    Search,
    Demographics,
    Record,
    Attachments,
    Import,
    Referral,
    Message,
    Booking,
    Status,
}

impl Action {
    pub(crate) const ALL: [Self; 9] = [
        Self::Search,
        Self::Demographics,
        Self::Record,
        Self::Attachments,
        Self::Import,
        Self::Referral,
        Self::Message,
        Self::Booking,
        Self::Status,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Demographics => "demographics",
            Self::Record => "record",
            Self::Attachments => "attachments",
            Self::Import => "import",
            Self::Referral => "referral",
            Self::Message => "message",
            Self::Booking => "booking",
            Self::Status => "status",
        }
    }
}

/// A practice's Monday, and the months around it.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Patient searches of a practice on a Monday.
    #[arg(long, default_value_t = 12.0)]
    pub(crate) searches: f64,
    /// Patients whose demographics are read.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) demographics: f64,
    /// Clinical records.
    #[arg(long, default_value_t = 6.0)]
    pub(crate) records: f64,
    /// Lists of attachments.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) attachments: f64,
    /// Documents that are imported.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) imports: f64,
    /// Referrals to Correspondence Out.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) referrals: f64,
    /// Messages to doctors' inboxes.
    #[arg(long, default_value_t = 6.0)]
    pub(crate) messages: f64,
    /// Bookings.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) bookings: f64,
    /// Reads of the connection's status.
    #[arg(long, default_value_t = 8.0)]
    pub(crate) statuses: f64,
    /// The part of the day's actions that falls into the busiest hour.
    #[arg(long, default_value_t = 0.2)]
    pub(crate) busiest_hour: f64,
    /// The hours in which people work.
    #[arg(long, default_value_t = 9.0)]
    pub(crate) hours: f64,
    /// Working days of a month. All are counted like a Monday.
    #[arg(long, default_value_t = 22.0)]
    pub(crate) working_days: f64,
    /// How much more the busiest second has than the average of the busiest hour.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) burst: f64,
}

impl Load {
    /// How often a practice does something on a Monday.
    pub(crate) fn in_a_day(&self, action: Action) -> f64 {
        match action {
            Action::Search => self.searches,
            Action::Demographics => self.demographics,
            Action::Record => self.records,
            Action::Attachments => self.attachments,
            Action::Import => self.imports,
            Action::Referral => self.referrals,
            Action::Message => self.messages,
            Action::Booking => self.bookings,
            Action::Status => self.statuses,
        }
    }

    /// How often a job runs for a practice in the busiest hour.
    pub(crate) fn jobs_in_busiest_hour(&self, job: Job) -> f64 {
        let hour = SignedDuration::from_hours(1);
        match job {
            Job::Checked => {
                // The wait is never shorter than the interval, and messages of this hour keep it there.
                let between = 1.0 / (self.messages * self.busiest_hour).max(f64::MIN_POSITIVE);
                let age = SignedDuration::from_secs((between * 3600.0 / 2.0).min(86_400.0) as i64);
                hour.as_secs_f64() / until_checked_again(Some(age)).as_secs_f64()
            }
            // Every practice has a visit within a day.
            other => (hour.as_secs_f64() / other.interval().as_secs_f64()).min(60.0),
        }
    }

    /// How often a job runs for a practice in a day of 24 hours.
    pub(crate) fn jobs_in_a_day(&self, job: Job, works: bool) -> f64 {
        let day = 24.0 * 3600.0;
        if job != Job::Checked {
            return day / job.interval().as_secs_f64();
        }
        // On a working day messages arrive at even intervals. Between them, and afterwards, the wait grows.
        let between =
            if works { self.hours * 3600.0 / self.messages.max(1.0) } else { f64::INFINITY };
        let last = if works { self.hours * 3600.0 } else { 0.0 };
        let (mut now, mut runs) = (0.0, 0.0);
        while now < day {
            let latest = if now < last { now - now % between } else { last };
            let age = if works { now - latest } else { now + day };
            let wait = until_checked_again(Some(SignedDuration::from_secs(age as i64)));
            now += wait.as_secs_f64();
            runs += 1.0;
        }
        runs
    }
}
