//! Numbers that look right but belong to nobody: each is from a range that has never been issued.

use super::dice::Dice;

/// A Medicare card number with a correct check digit. Issued numbers start with 2 to 6.
pub(super) fn medicare(dice: &mut Dice) -> String {
    let stem = format!("9{}", dice.digits(7));
    let weights = [1, 3, 7, 9, 1, 3, 7, 9];
    let sum: u32 =
        stem.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{stem}{}1", sum % 10)
}

/// An individual's healthcare identifier, from a block that is not in use.
pub(super) fn ihi(dice: &mut Dice) -> String {
    with_luhn(format!("8003609{}", dice.digits(8)))
}

/// A practitioner's healthcare identifier.
pub(super) fn hpii(dice: &mut Dice) -> String {
    with_luhn(format!("8003619{}", dice.digits(8)))
}

/// An organisation's healthcare identifier.
pub(super) fn hpio(dice: &mut Dice) -> String {
    with_luhn(format!("8003629{}", dice.digits(8)))
}

fn with_luhn(stem: String) -> String {
    let sum: u32 = stem
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            let doubled = digit * 2;
            if place % 2 == 0 { doubled / 10 + doubled % 10 } else { digit }
        })
        .sum();
    format!("{stem}{}", (10 - sum % 10) % 10)
}

/// A Medicare provider number: a stem that starts with 999, the character of the practice location, and a
/// check character.
pub(super) fn provider(stem: u32, location: usize) -> String {
    with_check_character(&format!("999{stem:03}"), location)
}

fn with_check_character(stem: &str, location: usize) -> String {
    const LOCATIONS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRTUVWXY";
    const CHECKS: &[u8; 11] = b"YXWTLKJHFBA";
    let weights = [3, 5, 8, 4, 2, 1];
    let sum: usize =
        stem.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let check = CHECKS[(sum + location * 6) % 11];
    format!("{stem}{}{}", char::from(LOCATIONS[location % 32]), char::from(check))
}

/// The mobile numbers set aside for fiction.
const MOBILES: [&str; 30] = [
    "570 006", "570 156", "570 157", "570 158", "570 159", "570 110", "570 313", "570 737",
    "571 266", "571 491", "571 804", "572 549", "572 665", "572 983", "573 770", "573 087",
    "574 118", "574 632", "575 254", "575 789", "576 398", "576 801", "577 426", "577 644",
    "578 957", "578 148", "578 888", "579 212", "579 760", "579 455",
];

/// A mobile number. There are few, so patients share them. Some are written with blanks.
pub(super) fn mobile(dice: &mut Dice) -> String {
    let number = format!("0491 {}", dice.pick(&MOBILES));
    if dice.percent(40) { number.replace(' ', "") } else { number }
}

/// A landline number from those set aside for fiction.
pub(super) fn landline(dice: &mut Dice) -> String {
    let area = if dice.percent(80) { "02" } else { "07" };
    format!("{area} 5550 {}", dice.digits(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_number_ends_with_the_published_check_character() {
        // The example number of the public Australian FHIR guides.
        assert_eq!(with_check_character("242662", 1), "2426621B");
        assert!(provider(1, 0).starts_with("999001"));
    }

    #[test]
    fn identifiers_pass_their_check_digits() {
        let mut dice = Dice::new(7, 7);
        for _ in 0..50 {
            let ihi = ihi(&mut dice);
            let sum: u32 = ihi
                .bytes()
                .rev()
                .enumerate()
                .map(|(place, digit)| {
                    let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
                    value / 10 + value % 10
                })
                .sum();
            assert_eq!((ihi.len(), sum % 10), (16, 0), "{ihi}");
        }
    }
}
