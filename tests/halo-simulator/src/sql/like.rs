//! `LIKE`, `PATINDEX` and comparisons of text in SQL Server's default collation: case does not matter,
//! accents do, and trailing blanks are ignored.

use std::cmp::Ordering;

/// One element of a pattern.
#[derive(Clone, Debug)]
enum Element {
    /// `%`
    Any,
    /// `_`
    One,
    /// `[a-z]`, `[^a-z]`
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    Literal(char),
}

/// A parsed `LIKE` pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Element>);

fn fold(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

impl Pattern {
    pub(crate) fn new(pattern: &str, escape: Option<char>) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let mut elements = Vec::with_capacity(characters.len());
        let mut at = 0;
        while let Some(&character) = characters.get(at) {
            at += 1;
            if Some(character) == escape
                && let Some(&next) = characters.get(at)
            {
                elements.push(Element::Literal(fold(next)));
                at += 1;
                continue;
            }
            elements.push(match character {
                '%' => Element::Any,
                '_' => Element::One,
                '[' => match class(&characters, at, escape) {
                    Some((element, next)) => {
                        at = next;
                        element
                    }
                    None => Element::Literal('['),
                },
                other => Element::Literal(fold(other)),
            });
        }
        Self(elements)
    }

    /// Whether the pattern matches all of `value`.
    pub(crate) fn matches(&self, value: &[char]) -> bool {
        let (mut element, mut position) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.0.get(element) {
                Some(Element::Any) => {
                    element += 1;
                    retry = Some((element, position));
                    continue;
                }
                Some(single) if value.get(position).is_some_and(|&c| single.accepts(c)) => {
                    element += 1;
                    position += 1;
                    continue;
                }
                None if position == value.len() => return true,
                _ => {}
            }
            match retry {
                Some((after, from)) if from < value.len() => {
                    retry = Some((after, from + 1));
                    element = after;
                    position = from + 1;
                }
                _ => return false,
            }
        }
    }
}

impl Element {
    fn accepts(&self, character: char) -> bool {
        let folded = fold(character);
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Literal(literal) => *literal == folded,
            Self::Class { ranges, negated } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&folded)) != *negated
            }
        }
    }
}

/// Reads a class whose `[` has been consumed. `None` if it is never closed.
fn class(characters: &[char], mut at: usize, escape: Option<char>) -> Option<(Element, usize)> {
    let negated = characters.get(at) == Some(&'^');
    if negated {
        at += 1;
    }
    let mut ranges = Vec::new();
    let start = at;
    loop {
        let mut low = *characters.get(at)?;
        if low == ']' && at > start {
            return Some((Element::Class { ranges, negated }, at + 1));
        }
        if Some(low) == escape {
            at += 1;
            low = *characters.get(at)?;
        }
        if characters.get(at + 1) == Some(&'-')
            && let Some(&high) = characters.get(at + 2)
            && high != ']'
        {
            ranges.push((fold(low), fold(high)));
            at += 3;
        } else {
            ranges.push((fold(low), fold(low)));
            at += 1;
        }
    }
}

/// `value LIKE pattern`. For ANSI values, trailing blanks of the value may stay unmatched.
pub(crate) fn like(value: &str, pattern: &str, escape: Option<char>, ansi: bool) -> bool {
    let pattern = Pattern::new(pattern, escape);
    let characters: Vec<char> = value.chars().collect();
    if pattern.matches(&characters) {
        return true;
    }
    if !ansi {
        return false;
    }
    let blanks = characters.iter().rev().take_while(|&&c| c == ' ').count();
    (1..=blanks).any(|cut| pattern.matches(&characters[..characters.len() - cut]))
}

/// `PATINDEX`: the first position (from 1) at which the pattern matches, or 0.
pub(crate) fn pattern_index(pattern: &str, value: &str) -> usize {
    let characters: Vec<char> = value.chars().collect();
    let Some(rest) = pattern.strip_prefix('%') else {
        return usize::from(like(value, pattern, None, true));
    };
    let pattern = Pattern::new(rest, None);
    (0..=characters.len()).find(|&start| pattern.matches(&characters[start..])).map_or(0, |start| {
        if start == characters.len() && !characters.is_empty() { 0 } else { start + 1 }
    })
}

/// The collation `BP`.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let mut left = left.trim_end_matches(' ').chars().map(fold);
    let mut right = right.trim_end_matches(' ').chars().map(fold);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(other)) => return ' '.cmp(&other).then(Ordering::Less),
            (Some(other), None) => return other.cmp(&' ').then(Ordering::Greater),
            (Some(a), Some(b)) => match a.cmp(&b) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Ordering, compare, like, pattern_index};

    /// LIKE by its definition: tries every possibility.
    fn naive(value: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => value.is_empty(),
            Some(('%', rest)) => (0..=value.len()).any(|skip| naive(&value[skip..], rest)),
            Some((letter, rest)) => value.split_first().is_some_and(|(first, after)| {
                (*letter == '_' || letter.eq_ignore_ascii_case(first)) && naive(after, rest)
            }),
        }
    }

    proptest! {
        #[test]
        fn wildcards_match_exactly_what_their_definition_matches(value in "[abAB ]{0,8}", pattern in "[abA%_ ]{0,6}") {
            let (v, p): (Vec<char>, Vec<char>) = (value.chars().collect(), pattern.chars().collect());
            prop_assert_eq!(like(&value, &pattern, None, false), naive(&v, &p));
        }

        #[test]
        fn an_escaped_text_matches_only_itself(value in "\\PC{0,8}", other in "\\PC{0,8}") {
            let escaped: String = value.chars().flat_map(|c| ['!', c]).collect();
            prop_assert!(like(&value, &escaped, Some('!'), false));
            if compare(&value, &other) != Ordering::Equal {
                prop_assert!(!like(&other, &escaped, Some('!'), false));
            }
        }

        #[test]
        fn the_collation_orders_totally_and_ignores_case_and_trailing_blanks(
            a in "[a-cA-C ]{0,4}", b in "[a-cA-C ]{0,4}", c in "[a-cA-C ]{0,4}",
        ) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &format!("{}  ", a.to_uppercase())), Ordering::Equal);
            if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare(&a, &c), Ordering::Greater);
            }
        }

        #[test]
        fn a_found_pattern_begins_where_patindex_says(value in "[a-c]{0,6}", needle in "[a-c]{1,2}") {
            let expected = value.find(&needle).map_or(0, |at| at + 1);
            prop_assert_eq!(pattern_index(&format!("%{needle}%"), &value), expected);
        }
    }

    #[test]
    fn classes_can_be_negated_and_hold_brackets() {
        assert!(like("a1", "a[0-9]", None, false));
        assert!(!like("a1", "a[^0-9]", None, false));
        assert!(like("50%", "50[%]", None, false));
        assert!(like("a]", "a[]]", None, false));
        assert!(like("a[", "a[[]", None, false));
    }
}
