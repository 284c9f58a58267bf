use std::future::Future;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;

/// How often plain output repeats that a step is still running.
const REMINDER: Duration = Duration::from_secs(15);
/// The longest line on a terminal.
const WIDTH: usize = 100;

/// Shows the current step and how long it has taken so far.
#[derive(Clone, Debug)]
pub struct Progress {
    style: Style,
    detail: Arc<Mutex<String>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    Terminal,
    Lines,
    Silent,
}

impl Progress {
    /// Writes to standard error: one line that updates on a terminal, plain lines elsewhere.
    #[must_use]
    pub fn shown() -> Self {
        Self::of(if std::io::stderr().is_terminal() { Style::Terminal } else { Style::Lines })
    }

    /// Writes nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::of(Style::Silent)
    }

    fn of(style: Style) -> Self {
        Self { style, detail: Arc::default() }
    }

    /// Shows a detail beside the name of the running step.
    pub(crate) fn detail(&self, text: &str) {
        let mut detail = self.detail.lock().unwrap_or_else(PoisonError::into_inner);
        text.trim().clone_into(&mut detail);
    }

    /// Runs one step and shows it.
    pub(crate) async fn step<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        self.detail("");
        let period = match self.style {
            Style::Terminal => Duration::from_millis(200),
            Style::Lines | Style::Silent => REMINDER,
        };
        let mut ticks = tokio::time::interval(period);
        if self.style == Style::Lines {
            self.write(&format!("{name} ...\n"));
            ticks.tick().await;
        }
        tokio::pin!(work);
        let result = loop {
            tokio::select! {
                result = &mut work => break result,
                _ = ticks.tick() => self.going(name, start.elapsed()),
            }
        };
        let took = start.elapsed().as_secs_f32();
        let (mark, word) = if result.is_ok() { ("✓", "done") } else { ("✗", "failed") };
        match self.style {
            Style::Terminal => self.write(&format!("\r\x1b[2K{mark} {name} ({took:.1} s)\n")),
            Style::Lines => self.write(&format!("{name}: {word} after {took:.1} s\n")),
            Style::Silent => {}
        }
        result
    }

    fn going(&self, name: &str, elapsed: Duration) {
        let seconds = elapsed.as_secs();
        let detail: String = {
            let detail = self.detail.lock().unwrap_or_else(PoisonError::into_inner);
            detail.chars().take(WIDTH).collect()
        };
        match self.style {
            Style::Terminal => {
                let line: String =
                    format!("· {name} ({seconds} s) {detail}").chars().take(WIDTH).collect();
                self.write(&format!("\r\x1b[2K{line}"));
            }
            Style::Lines => self.write(&format!("{name}: {seconds} s so far: {detail}\n")),
            Style::Silent => {}
        }
    }

    fn write(&self, text: &str) {
        if self.style != Style::Silent {
            // If nobody reads the output any more, the work still goes on.
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
            let _ = std::io::stderr().lock().flush();
        }
    }
}
