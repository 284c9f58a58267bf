//! What holds within a pair of brackets.

/// Where the characters of a group go.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Destination {
    /// Into the letter.
    #[default]
    Text,
    /// Into the letter, as lines of their own.
    Header,
    /// Into the letter, in brackets.
    Footnote,
    /// Names of fonts.
    Fonts,
    /// What a field does.
    Instruction,
    /// Pictures, styles, and whatever a reader is told to leave out.
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) destination: Destination,
    /// Whether the destination begins with this group, and not with one around it.
    own: bool,
    /// Whether `\*` was read: a destination that is not known is to be left out.
    pub(super) starred: bool,
    /// How many characters stand for each Unicode character.
    pub(super) substitutes: u32,
    pub(super) font: Option<i32>,
    pub(super) hidden: bool,
    pub(super) deleted: bool,
    /// Above the line: a power.
    pub(super) raised: bool,
    /// With a line through it.
    pub(super) struck: bool,
    /// Whether this field's symbol is in the text already.
    pub(super) field_is_shown: bool,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            destination: Destination::Text,
            own: false,
            starred: false,
            substitutes: 1,
            font: None,
            hidden: false,
            deleted: false,
            raised: false,
            struck: false,
            field_is_shown: false,
        }
    }
}

impl Group {
    /// A group within this one.
    pub(super) fn inner(&self) -> Self {
        Self { own: false, starred: false, ..self.clone() }
    }

    /// The group's characters go there. What is left out stays left out.
    pub(super) fn goes_to(&mut self, destination: Destination) {
        if self.destination != Destination::Nothing {
            self.destination = destination;
            self.own = true;
        }
    }

    /// Whether a destination begins with this group.
    pub(super) fn begins(&self, destination: Destination) -> bool {
        self.own && self.destination == destination
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.destination, Destination::Text | Destination::Header | Destination::Footnote)
    }

    pub(super) fn is_shown(&self) -> bool {
        !self.hidden && !self.deleted
    }
}
