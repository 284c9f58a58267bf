use std::io::Write;

use reqwest::Method;
use serde_json::Value;

use crate::{Error, StackFile, loopback_client};

/// How much of an answer is shown.
const SHOWN_LINES: usize = 90;

/// Makes the calls of the demonstration and shows them.
pub(crate) struct Guide<'a> {
    pub(crate) stack: StackFile,
    http: reqwest::Client,
    out: &'a mut (dyn Write + Send),
    steps: usize,
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum As {
    /// The practice's clinician, of the service.
    Clinician,
    /// A person at the practice, of Bp: the simulator's control.
    Practice,
}

/// One call and the status that it should be answered with.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) title: &'static str,
    pub(crate) caller: As,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<&'a Value>,
    pub(crate) expected: u16,
}

impl<'a> Guide<'a> {
    pub(crate) fn new(stack: StackFile, out: &'a mut (dyn Write + Send)) -> Result<Self, Error> {
        Ok(Self { stack, http: loopback_client()?, out, steps: 0 })
    }

    pub(crate) fn chapter(&mut self, title: &str) {
        self.show(&format!("\n== {title} ==\n"));
    }

    pub(crate) async fn call(&mut self, call: Call<'_>) -> Result<Value, Error> {
        self.steps += 1;
        let Call { title, caller, method, path, body, expected } = call;
        self.show(&format!("\n{}. {title}\n   {method} {path}\n", self.steps));
        if let Some(body) = body {
            self.show_json(body);
        }
        let (base, token) = match caller {
            As::Clinician => (&self.stack.api_url, Some(&self.stack.tokens.clinician)),
            As::Practice => (&self.stack.simulator.control_url, None),
        };
        let mut request =
            self.http.request(method, format!("{}{path}", base.trim_end_matches('/')));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |problem: String| Error::Demo { step: title, problem };
        let answer = request.send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|error| failed(error.to_string()))?;
        let json: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        self.show(&format!("   -> {status}\n"));
        self.show_json(&json);
        if status == expected {
            Ok(json)
        } else {
            Err(failed(format!("the answer is {status} instead of {expected}")))
        }
    }

    pub(crate) fn end(&mut self) {
        self.show(&format!("\nAll {} steps were answered as they should be.\n", self.steps));
    }

    fn show_json(&mut self, json: &Value) {
        let text = format!("{json:#}");
        let mut lines = text.lines();
        let shown: Vec<_> =
            lines.by_ref().take(SHOWN_LINES).map(|line| format!("      {line}\n")).collect();
        self.show(&shown.concat());
        match lines.count() {
            0 => {}
            more => self.show(&format!("      ... {more} more lines\n")),
        }
    }

    fn show(&mut self, text: &str) {
        // A reader that went away is no reason to stop.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}

/// What the step needs of an answer.
pub(crate) fn member<'v>(
    step: &'static str,
    answer: &'v Value,
    pointer: &str,
) -> Result<&'v Value, Error> {
    answer.pointer(pointer).filter(|value| !value.is_null()).ok_or_else(|| Error::Demo {
        step,
        problem: format!("the answer has nothing at {pointer}"),
    })
}
