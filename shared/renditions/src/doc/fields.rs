//! Fields: an instruction that is not shown, and its result that is.

/// Fields within fields. Programs write some few.
const DEEPEST: usize = 64;
/// How much of an instruction is kept.
const LONGEST: usize = 64;

/// The fields that a character stands in.
#[derive(Debug, Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    /// How many of them are still at their instruction.
    instructions: usize,
}

#[derive(Debug)]
enum Field {
    Instruction(String),
    Result,
}

impl Fields {
    pub(super) fn is_shown(&self) -> bool {
        self.instructions == 0
    }

    pub(super) fn are_closed(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn begin(&mut self) -> Option<()> {
        self.open.push(Field::Instruction(String::new()));
        self.instructions += 1;
        (self.open.len() <= DEEPEST).then_some(())
    }

    /// A character of an instruction.
    pub(super) fn instruct(&mut self, character: char) {
        if let Some(Field::Instruction(text)) = self.open.last_mut()
            && text.len() < LONGEST
        {
            text.push(character);
        }
    }

    /// The result begins. Nothing where the field shows something that the result does not have.
    pub(super) fn separate(&mut self) -> Option<()> {
        let field = self.open.last_mut()?;
        let Field::Instruction(text) = std::mem::replace(field, Field::Result) else { return None };
        self.instructions -= 1;
        (!self.is_shown() || !shows_more(&text)).then_some(())
    }

    /// The field ends. Nothing where it shows something without a result.
    pub(super) fn end(&mut self) -> Option<()> {
        if let Field::Instruction(text) = self.open.pop()? {
            self.instructions -= 1;
            return (!self.is_shown() || shows_nothing(&text)).then_some(());
        }
        Some(())
    }
}

fn name(instruction: &str) -> String {
    instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase()
}

/// Formulas, tick boxes, choices and buttons are drawn.
fn shows_more(instruction: &str) -> bool {
    const DRAWN: [&str; 9] = [
        "ADVANCE",
        "CONTROL",
        "EQ",
        "FORMCHECKBOX",
        "FORMDROPDOWN",
        "GOTOBUTTON",
        "MACROBUTTON",
        "OCX",
        "SYMBOL",
    ];
    let name = name(instruction);
    DRAWN.contains(&name.as_str())
        || name == "EMBED" && instruction.to_ascii_lowercase().contains("equation")
}

/// Marks for an index or a table of contents, and numbers, which are left out as those of lists are.
fn shows_nothing(instruction: &str) -> bool {
    const SILENT: [&str; 10] =
        ["ASK", "AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "LISTNUM", "RD", "SET", "TA", "TC", "XE"];
    SILENT.contains(&name(instruction).as_str())
}
