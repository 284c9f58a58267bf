//! Fonts whose letters are signs. An "m" in the font Symbol is a Greek mu, and "mg" is a thousand times "µg".

/// The signs of a font.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Symbols {
    Greek,
    Wingdings,
    /// A symbol font whose signs are unknown.
    Other,
}

impl Symbols {
    pub(crate) fn of_font(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if name.starts_with("symbol") {
            Self::Greek
        } else if name == "wingdings" {
            Self::Wingdings
        } else {
            Self::Other
        }
    }

    /// The signs of a font, judged by its name. `None` for a font of letters.
    pub(crate) fn named(name: &str) -> Option<Self> {
        const SIGNS: [&str; 4] = ["symbol", "wingdings", "webdings", "monotype sorts"];
        let name = name.trim().to_ascii_lowercase();
        SIGNS.iter().any(|known| name.starts_with(known)).then(|| Self::of_font(&name))
    }

    /// The character for a sign, or U+FFFD if it is unknown.
    pub(crate) fn character(self, byte: u8) -> char {
        if byte == b' ' || byte == b'\t' {
            return ' ';
        }
        match self {
            Self::Greek => greek(byte),
            Self::Wingdings => wingdings(byte),
            Self::Other if byte == 0xB7 => '•',
            Self::Other => char::REPLACEMENT_CHARACTER,
        }
    }
}

fn greek(byte: u8) -> char {
    const CAPITALS: [char; 26] = [
        'Α', 'Β', 'Χ', 'Δ', 'Ε', 'Φ', 'Γ', 'Η', 'Ι', 'ϑ', 'Κ', 'Λ', 'Μ', 'Ν', 'Ο', 'Π', 'Θ', 'Ρ',
        'Σ', 'Τ', 'Υ', 'ς', 'Ω', 'Ξ', 'Ψ', 'Ζ',
    ];
    const SMALL: [char; 26] = [
        'α', 'β', 'χ', 'δ', 'ε', 'φ', 'γ', 'η', 'ι', 'ϕ', 'κ', 'λ', 'μ', 'ν', 'ο', 'π', 'θ', 'ρ',
        'σ', 'τ', 'υ', 'ϖ', 'ω', 'ξ', 'ψ', 'ζ',
    ];
    match byte {
        b'A'..=b'Z' => CAPITALS[usize::from(byte - b'A')],
        b'a'..=b'z' => SMALL[usize::from(byte - b'a')],
        0x22 => '∀',
        0x24 => '∃',
        0x27 => '∋',
        0x2A => '∗',
        0x2D => '−',
        0x40 => '≅',
        0x5C => '∴',
        0x5E => '⊥',
        0x7E => '∼',
        0x20..=0x3F | b'[' | b']' | b'_' | b'{' | b'|' | b'}' => char::from(byte),
        0xA2 => '′',
        0xA3 => '≤',
        0xA4 => '⁄',
        0xA5 => '∞',
        0xAB => '↔',
        0xAC => '←',
        0xAD => '↑',
        0xAE => '→',
        0xAF => '↓',
        0xB0 => '°',
        0xB1 => '±',
        0xB2 => '″',
        0xB3 => '≥',
        0xB4 => '×',
        0xB5 => '∝',
        0xB7 => '•',
        0xB8 => '÷',
        0xB9 => '≠',
        0xBA => '≡',
        0xBB => '≈',
        0xBC => '…',
        0xD2 => '®',
        0xD3 => '©',
        0xD4 => '™',
        0xD6 => '√',
        0xE5 => '∑',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn wingdings(byte: u8) -> char {
    match byte {
        b'o' | b'q' | 0xA8 => '☐',
        b'x' | 0xFD => '☒',
        0xFE => '☑',
        0xFC => '✓',
        0xFB => '✗',
        b'l' | b'n' | b'u' | b'v' | 0x9F | 0xA7 | 0xB7 => '•',
        0xD8 | 0xE0 | 0xF0 => '→',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// The sign of a character in the private use area, as which signs of symbol fonts are often written.
pub(crate) fn of_private_use(character: char, symbols: Option<Symbols>) -> char {
    match (u32::from(character), symbols) {
        (number @ 0xF020..=0xF0FF, symbols) => {
            let byte = u8::try_from(number - 0xF000).unwrap_or(0);
            symbols.unwrap_or(Symbols::Other).character(byte)
        }
        (number @ 0x20..=0xFF, Some(symbols)) => {
            symbols.character(u8::try_from(number).unwrap_or(0))
        }
        _ => character,
    }
}

/// The sign that a field such as `SYMBOL 109 \f "Symbol"` shows.
pub(crate) fn of_instruction(instruction: &str) -> Option<char> {
    let rest = instruction.trim().strip_prefix("SYMBOL")?.trim_start();
    let (number, switches) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    let font =
        switches.split_once("\\f").map(|(_, font)| font.trim_start().trim_start_matches('"'));
    let symbols = font.and_then(|font| Symbols::named(font.split('"').next().unwrap_or_default()));
    let character = char::from_u32(number)?;
    Some(match (symbols, u8::try_from(number)) {
        (Some(symbols), Ok(byte)) => symbols.character(byte),
        (None, Ok(byte)) if !byte.is_ascii() => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()?
        }
        _ => character,
    })
}
