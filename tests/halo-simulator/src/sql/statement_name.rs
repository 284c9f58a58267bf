//! The name of a command, for logs and the list of received queries.

use super::{Command, CommandKind};

/// The statement's name: from a `/* statement: NAME */` or `-- statement: NAME` comment at the start of a
/// text, or the procedure's own name without schema.
#[must_use]
pub fn statement_name(command: &Command) -> Option<String> {
    if command.kind == CommandKind::StoredProcedure {
        let name = command.text.trim().trim_end_matches(';').rsplit('.').next()?;
        let name = name.trim_matches(['[', ']', '"', ' ']);
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let mut rest = command.text.trim_start();
    loop {
        let (comment, after) = if let Some(line) = rest.strip_prefix("--") {
            line.split_once('\n').unwrap_or((line, ""))
        } else {
            rest.strip_prefix("/*")?.split_once("*/")?
        };
        let comment = comment.trim();
        if let Some((label, name)) = comment.split_once(':')
            && label.trim().eq_ignore_ascii_case("statement")
        {
            let name = name.split_whitespace().next().unwrap_or("");
            return (!name.is_empty()).then(|| name.to_owned());
        }
        rest = after.trim_start();
    }
}
