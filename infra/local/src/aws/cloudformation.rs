use std::collections::BTreeMap;

use serde_json::Value;

use super::Aws;
use crate::Error;

/// The outputs of a deployed template.
#[derive(Clone, Debug, Default)]
pub struct Outputs(BTreeMap<String, String>);

impl Outputs {
    /// An output that may not exist yet.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// An output that has to exist.
    ///
    /// # Errors
    /// When it does not.
    pub fn need(&self, name: &'static str) -> Result<&str, Error> {
        self.get(name).ok_or(Error::Lacks { what: "template.yaml's Outputs", field: name })
    }

    /// The outputs whose names have this ending, by their names without it.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            name.strip_suffix(ending).map(|name| (name, value.as_str()))
        })
    }
}

impl Aws {
    /// The outputs of a deployed stack.
    ///
    /// # Errors
    /// When there is no such stack.
    pub async fn stack_outputs(&self, stack: &str) -> Result<Outputs, Error> {
        let xml = self.query("cloudformation", "DescribeStacks", &[("StackName", stack)]).await?;
        Ok(Outputs(
            xml.split("<OutputKey>")
                .skip(1)
                .filter_map(|rest| {
                    let (name, rest) = rest.split_once("</OutputKey>")?;
                    let (_, rest) = rest.split_once("<OutputValue>")?;
                    let (value, _) = rest.split_once("</OutputValue>")?;
                    Some((name.trim().to_owned(), unescape(value.trim())))
                })
                .collect(),
        ))
    }

    /// The template of a deployed stack, as SAM has written it out.
    ///
    /// # Errors
    /// When there is no such stack.
    pub async fn stack_template(&self, stack: &str) -> Result<Value, Error> {
        let form = [("StackName", stack), ("TemplateStage", "Processed")];
        let xml = self.query("cloudformation", "GetTemplate", &form).await?;
        let body = xml
            .split_once("<TemplateBody>")
            .and_then(|(_, rest)| rest.split_once("</TemplateBody>"))
            .map(|(body, _)| unescape(body))
            .ok_or(Error::Lacks { what: "the deployed stack", field: "TemplateBody" })?;
        serde_json::from_str(&body).map_err(Error::malformed("the deployed template"))
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ampersand_in_an_output_is_not_unescaped_twice() {
        assert_eq!(unescape("a&amp;lt;b &lt;c&gt;"), "a&lt;b <c>");
    }
}
