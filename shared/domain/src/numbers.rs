//! Numbers as people write them: with blanks, without leading zeros, or incomplete.
//!
//! Each function returns a number in its one form, or `None` if the text is not such a number. Only a number
//! in this form is used as an identifier. All other texts are shown as they are, or left out.

use crate::spelling::is_blank;

/// The text without blanks, hyphens and slashes.
fn joined(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c) && !matches!(c, '-' | '/')).collect()
}

/// The text in capitals, without blanks of any kind.
pub(crate) fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// The digits of a text. `None` if it has more than digits and the characters that people put between them.
#[must_use]
pub fn digits(text: &str) -> Option<String> {
    let digits = joined(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A Medicare card's number: ten digits, of which the ninth is a check digit over the first eight
/// (weights 1, 3, 7, 9, modulo 10; published by Services Australia).
#[must_use]
pub fn medicare(text: &str) -> Option<String> {
    const WEIGHTS: [u32; 8] = [1, 3, 7, 9, 1, 3, 7, 9];
    let card = digits(text).filter(|card| card.len() == 10)?;
    let values: Vec<u32> = card.bytes().map(|digit| u32::from(digit - b'0')).collect();
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    (values.get(8) == Some(&(sum % 10))).then_some(card)
}

/// A person's line on a Medicare card: 1 to 9.
#[must_use]
pub fn medicare_line(text: &str) -> Option<String> {
    digits(text).filter(|line| line.len() == 1 && line != "0")
}

/// The last four of a Medicare card's ten digits, or of as many as there are. An eleventh digit is the
/// person's line on the card.
#[must_use]
pub fn medicare_ending(text: &str) -> Option<String> {
    let digits = digits(text)?;
    let card = digits.get(..10).unwrap_or(&digits);
    card.get(card.len().saturating_sub(4)..).map(str::to_owned)
}

/// A person's healthcare identifier (IHI), which begins with 800360.
#[must_use]
pub fn ihi(text: &str) -> Option<String> {
    healthcare_identifier(text, "800360")
}

/// A practitioner's healthcare identifier (HPI-I), which begins with 800361.
#[must_use]
pub fn hpii(text: &str) -> Option<String> {
    healthcare_identifier(text, "800361")
}

/// An organisation's healthcare identifier (HPI-O), which begins with 800362.
#[must_use]
pub fn hpio(text: &str) -> Option<String> {
    healthcare_identifier(text, "800362")
}

/// A healthcare identifier: 16 digits that begin with the kind's prefix and end with Luhn's check digit
/// (Australian Digital Health Agency).
fn healthcare_identifier(text: &str, prefix: &str) -> Option<String> {
    let number = digits(text).filter(|it| it.len() == 16 && it.starts_with(prefix))?;
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10).then_some(number)
}

/// An Australian Business Number: eleven digits, the first of them not 0. The first digit minus 1 and the others,
/// with the weights 10, 1, 3, 5 to 19, have a sum that 89 divides (Australian Business Register).
#[must_use]
pub fn abn(text: &str) -> Option<String> {
    const WEIGHTS: [u32; 11] = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
    let number = digits(text).filter(|it| it.len() == WEIGHTS.len() && !it.starts_with('0'))?;
    let sum: u32 =
        number.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    sum.checked_sub(10)?.is_multiple_of(89).then_some(number)
}

/// A Veterans' Affairs file number: the state's letter, up to three letters for the war, one to six digits,
/// and a letter for a dependant. At most nine characters (METeOR 339127).
#[must_use]
pub fn dva(text: &str) -> Option<String> {
    let number = without_blanks(text);
    let rest = number.strip_prefix(['N', 'Q', 'S', 'T', 'V', 'W'])?;
    let war = rest.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = rest.bytes().skip(war).take_while(u8::is_ascii_digit).count();
    let last = rest.get(war + digits..)?;
    let ends = last.is_empty() || (last.len() == 1 && last.bytes().all(|b| b.is_ascii_uppercase()));
    (war <= 3 && (1..=6).contains(&digits) && ends && number.len() <= 9).then_some(number)
}

/// A Medicare provider number in its one form: six digits with leading zeros, the location's character and
/// the check letter. The check letter is not verified: a letter is addressed with the number that Bp has,
/// even if it is wrong.
#[must_use]
pub fn provider(text: &str) -> Option<String> {
    let number = without_blanks(text);
    let (stem, end) = number.split_at_checked(number.len().checked_sub(2)?)?;
    let fits = (1..=6).contains(&stem.len())
        && stem.bytes().all(|byte| byte.is_ascii_digit())
        && end.bytes().next().is_some_and(|location| location.is_ascii_alphanumeric())
        && end.bytes().next_back().is_some_and(|check| check.is_ascii_uppercase());
    fits.then(|| format!("{stem:0>6}{end}"))
}

/// A Medicare provider number whose check letter is right (Services Australia): the digits with the weights 3, 5,
/// 8, 4, 2, 1, and the location's place among its characters with the weight 6, modulo 11.
#[must_use]
pub fn checked_provider(text: &str) -> Option<String> {
    const LOCATIONS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUVWXY";
    const CHECKS: &[u8] = b"YXWTLKJHFBA";
    const WEIGHTS: [usize; 6] = [3, 5, 8, 4, 2, 1];
    let number = provider(text)?;
    let (stem, end) = number.as_bytes().split_at_checked(WEIGHTS.len())?;
    let &[location, check] = end else { return None };
    let sum: usize =
        stem.iter().zip(WEIGHTS).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let place = LOCATIONS.iter().position(|one| *one == location)?;
    (CHECKS.get((sum + place * 6) % CHECKS.len()) == Some(&check)).then_some(number)
}

/// An AHPRA registration number: three letters and ten digits.
#[must_use]
pub fn ahpra(text: &str) -> Option<String> {
    let number = without_blanks(text);
    let (profession, digits) = number.split_at_checked(3)?;
    let fits = profession.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits.len() == 10
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_medicare_number_has_ten_digits_and_the_right_check_digit() {
        // The example of the public Australian FHIR guides is 2951254511; the others are made up.
        for spelt in ["2950000041", "2950 00004 1", "2950-00004-1", " 2950\u{a0}00004\u{a0}1 "] {
            assert_eq!(medicare(spelt), text("2950000041"), "{spelt}");
        }
        for wrong in ["2950000001", "295000004", "29500000411", "", "295000004A", "２950000041"] {
            assert_eq!(medicare(wrong), None, "{wrong}");
        }
        assert_eq!(medicare_line(" 3"), text("3"));
        for wrong in ["0", "10", "", "A"] {
            assert_eq!(medicare_line(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_ending_is_four_digits_of_the_card_or_nothing() {
        assert_eq!(medicare_ending("2950 00004 1"), text("0041"));
        assert_eq!(medicare_ending("29500000411"), text("0041"));
        assert_eq!(medicare_ending("295"), text("295"));
        assert_eq!(medicare_ending("2950 see card"), None);
        assert_eq!(medicare_ending("  "), None);
    }

    #[test]
    fn an_ihi_has_sixteen_digits_its_prefix_and_the_right_check_digit() {
        assert_eq!(ihi("8003 6000 0000 0007"), text("8003600000000007"));
        for wrong in ["8003600000000000", "8003610000000006", "800360000", "8003600000007", ""] {
            assert_eq!(ihi(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_practitioner_and_an_organisation_have_identifiers_with_prefixes_of_their_own() {
        let (person, organisation) = ("8003619900000008", "8003629900000007");
        assert_eq!((hpii(person), hpio(person), ihi(person)), (text(person), None, None));
        assert_eq!((hpii(organisation), hpio(organisation)), (None, text(organisation)));
        assert_eq!(hpio("8003 6299 0000 0007"), text(organisation));
        for wrong in ["8003619900000004", "800361990000000", "", "8003619900000008A"] {
            assert_eq!(hpii(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_abn_has_eleven_digits_that_fit_together() {
        // The first is the example of the Australian Business Register.
        assert_eq!(abn("51 824 753 556"), text("51824753556"));
        assert_eq!(abn("51-824-753-556"), text("51824753556"));
        for wrong in
            ["51824753557", "15824753556", "99 999 999 999", "5182475355", "", "00000000000"]
        {
            assert_eq!(abn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_checked_provider_number_ends_with_the_right_letter() {
        // The digits 049960 have the sum 140. With location 1 it is 146, which is 3 modulo 11: T.
        assert_eq!(checked_provider("49960 1t"), text("0499601T"));
        for wrong in ["0499601K", "0499602T", "049960IT", "499601", ""] {
            assert_eq!(checked_provider(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_veterans_number_follows_its_pattern() {
        for right in ["NX990314", "qss990314", "V 123456", "QX000001A", "NSS990314"] {
            assert!(dva(right).is_some(), "{right}");
        }
        for wrong in ["", "N", "AX990314", "NX", "NX9903145", "NABCD12", "NX99AB", "123456"] {
            assert_eq!(dva(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_provider_number_has_its_leading_zeros_and_an_ahpra_number_no_blanks() {
        for spelt in ["0499601K", "499601K", "049960 1k", " 499 601K "] {
            assert_eq!(provider(spelt), text("0499601K"), "{spelt}");
        }
        assert_eq!(provider("12 1k"), text("0000121K"));
        for wrong in ["", "1K", "K", "ABCDEFGH", "99900111A", "00000000", "04996O1K", "é1K"] {
            assert_eq!(provider(wrong), None, "{wrong}");
        }
        assert_eq!(ahpra("med 000 0000001"), text("MED0000000001"));
        for wrong in ["", "MED1", "MED00000000011", "ME00000000001", "MÉD000000001"] {
            assert_eq!(ahpra(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_and_what_is_taken_is_taken_again(given in "\\PC{0,20}") {
            let forms = [digits, medicare, medicare_line, ihi, hpii, hpio, abn, dva, provider];
            for form in forms.into_iter().chain([checked_provider, ahpra]) {
                if let Some(number) = form(&given) {
                    prop_assert_eq!(form(&number), Some(number.clone()));
                    prop_assert!(number.is_ascii());
                }
            }
            let _ = medicare_ending(&given);
        }

        #[test]
        fn one_wrong_digit_is_never_a_medicare_number_or_an_ihi(place in 0_usize..9, more in 1_u32..10) {
            let wrong = |right: &str, place: usize| -> String {
                right.chars().enumerate().map(|(at, digit)| {
                    let value = digit.to_digit(10).unwrap();
                    let value = if at == place { (value + more) % 10 } else { value };
                    char::from_digit(value, 10).unwrap()
                }).collect()
            };
            prop_assert_eq!(medicare(&wrong("2950000041", place)), None);
            prop_assert_eq!(ihi(&wrong("8003600000000007", place + 7)), None);
        }
    }
}
