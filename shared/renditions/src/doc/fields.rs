//! Fields. Each has an instruction, which is not shown, and a result, which is.

/// The deepest nesting of fields. Programs write a few levels.
const DEEPEST: usize = 64;
/// How much of an instruction is kept.
const LONGEST: usize = 64;

/// The fields that are open.
#[derive(Debug, Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    /// How many of them have not reached their result.
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

    /// Adds a character of the instruction.
    pub(super) fn instruct(&mut self, character: char) {
        if let Some(Field::Instruction(text)) = self.open.last_mut()
            && text.len() < LONGEST
        {
            text.push(character);
        }
    }

    /// The result begins. `None` if the field shows something that is not in its result.
    pub(super) fn separate(&mut self) -> Option<()> {
        let field = self.open.last_mut()?;
        let Field::Instruction(text) = std::mem::replace(field, Field::Result) else { return None };
        self.instructions -= 1;
        (!self.is_shown() || !shows_more(&text)).then_some(())
    }

    /// The field ends. `None` if it shows something although it has no result.
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

/// Whether Word draws the field: formulas, tick boxes, choices and buttons.
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

/// Whether the field shows nothing here: marks for an index or a table of contents, and numbers, which are
/// left out like those of lists.
fn shows_nothing(instruction: &str) -> bool {
    const SILENT: [&str; 10] =
        ["ASK", "AUTONUM", "AUTONUMLGL", "AUTONUMOUT", "LISTNUM", "RD", "SET", "TA", "TC", "XE"];
    SILENT.contains(&name(instruction).as_str())
}
