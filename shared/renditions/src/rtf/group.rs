//! The state of a group, which is the text between two brackets.

/// The destination of a group's characters.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Destination {
    /// The letter.
    #[default]
    Text,
    /// The letter, as separate lines.
    Header,
    /// The letter, in brackets.
    Footnote,
    /// The names of fonts.
    Fonts,
    /// The instruction of a field.
    Instruction,
    /// Left out: pictures, styles, and unknown destinations.
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) destination: Destination,
    /// Whether the destination begins with this group and not with an outer one.
    own: bool,
    /// Whether `\*` was read, which means that an unknown destination is left out.
    pub(super) starred: bool,
    /// How many substitutes follow each Unicode character.
    pub(super) substitutes: u32,
    pub(super) font: Option<i32>,
    pub(super) hidden: bool,
    pub(super) deleted: bool,
    /// Superscript.
    pub(super) raised: bool,
    /// Struck out.
    pub(super) struck: bool,
    /// Whether the text already has this field's symbol.
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
    /// A new group inside this one.
    pub(super) fn inner(&self) -> Self {
        Self { own: false, starred: false, ..self.clone() }
    }

    /// Sets the destination, unless the group is left out.
    pub(super) fn goes_to(&mut self, destination: Destination) {
        if self.destination != Destination::Nothing {
            self.destination = destination;
            self.own = true;
        }
    }

    /// Whether the destination begins with this group.
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
