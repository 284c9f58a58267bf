use std::io::Write;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::{Error, StackFile, loopback_client};

/// How many lines of an answer are shown.
const SHOWN_LINES: usize = 90;
/// How long background work after an answer of 202 may take.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Makes the calls of the demonstration and shows them.
pub(crate) struct Guide<'a> {
    pub(crate) stack: StackFile,
    http: reqwest::Client,
    out: &'a mut (dyn Write + Send),
    steps: usize,
}

/// The caller of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum As {
    /// The practice's clinician calls the service.
    Clinician,
    /// A platform's server calls the service.
    Platform,
    /// A person at the practice uses Bp: the simulator's control API.
    Practice,
}

/// One call and the status that is expected.
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
        let Call { title, method, path, body, .. } = &call;
        self.show(&format!("\n{}. {title}\n   {method} {path}\n", self.steps));
        if let Some(body) = body {
            self.show_json(body);
        }
        let (status, json) = self.send(&call).await?;
        self.show(&format!("   -> {status}\n"));
        self.show_json(&json);
        as_expected(&call, status).map(|()| json)
    }

    /// Repeats a call until its answer is as expected, and shows that answer.
    pub(crate) async fn wait(
        &mut self,
        call: Call<'_>,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, Error> {
        self.steps += 1;
        let Call { title, method, path, .. } = &call;
        self.show(&format!("\n{}. {title}\n   {method} {path} until it is\n", self.steps));
        let patience = Instant::now() + LONGEST_WAIT;
        loop {
            let (status, json) = self.send(&call).await?;
            as_expected(&call, status)?;
            let done = wanted(&json);
            if done || Instant::now() > patience {
                self.show(&format!("   -> {status}\n"));
                self.show_json(&json);
                return if done {
                    Ok(json)
                } else {
                    Err(Error::Demo { step: call.title, problem: "it did not happen".into() })
                };
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Uploads bytes to an upload link, with the headers that the link asks for.
    pub(crate) async fn upload(
        &mut self,
        title: &'static str,
        url: &str,
        headers: &Value,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        self.steps += 1;
        self.show(&format!("\n{}. {title}\n   PUT {} bytes\n", self.steps, bytes.len()));
        let failed = |problem: String| Error::Demo { step: title, problem };
        let mut request = self.http.put(url).body(bytes);
        for (name, value) in headers.as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let answer = request.send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        self.show(&format!("   -> {}\n", status.as_u16()));
        status.is_success().then_some(()).ok_or_else(|| failed(format!("the answer is {status}")))
    }

    /// Downloads from a link.
    pub(crate) async fn download(
        &mut self,
        title: &'static str,
        url: &str,
    ) -> Result<Vec<u8>, Error> {
        self.steps += 1;
        self.show(&format!("\n{}. {title}\n   GET {url}\n", self.steps));
        let failed = |problem: String| Error::Demo { step: title, problem };
        let answer = self.http.get(url).send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| failed(error.to_string()))?;
        self.show(&format!("   -> {}, {} bytes\n", status.as_u16(), bytes.len()));
        if status.is_success() {
            Ok(bytes.to_vec())
        } else {
            Err(failed(format!("the answer is {status}")))
        }
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.show(&format!("\n   {text}\n"));
    }

    async fn send(&self, call: &Call<'_>) -> Result<(u16, Value), Error> {
        let Call { title, caller, method, path, body, .. } = call;
        let (base, token) = match caller {
            As::Clinician => (&self.stack.api_url, Some(&self.stack.tokens.clinician)),
            As::Platform => (&self.stack.api_url, Some(&self.stack.tokens.platform)),
            As::Practice => (&self.stack.simulator.control_url, None),
        };
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", base.trim_end_matches('/')));
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
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub(crate) fn show_summary(&mut self) {
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
        // If nobody reads the output any more, the work still goes on.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}

fn as_expected(call: &Call<'_>, status: u16) -> Result<(), Error> {
    let Call { title, expected, .. } = call;
    if status == *expected {
        return Ok(());
    }
    Err(Error::Demo {
        step: title,
        problem: format!("the answer is {status} instead of {expected}"),
    })
}

/// A member of an answer that the step needs.
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
