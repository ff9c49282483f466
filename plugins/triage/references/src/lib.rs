//! The numbers and sums that a mail names.

/// What a reference is the number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `A-20417`
    Order,
    /// `R-2026-0331`
    Invoice,
    /// `E-1107`
    Error,
}

/// Numbers of orders, invoices and errors, each once.
pub fn references(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(bare).filter(|word| kind(word).is_some()) {
        if !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}

/// Sums such as `49.90 EUR`.
pub fn sums(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    let is_sum = |pair: &&[&str]| {
        pair[0].starts_with(|c: char| c.is_ascii_digit()) && ["EUR", "USD", "GBP"].contains(&pair[1])
    };
    words.windows(2).filter(is_sum).map(|pair| pair.join(" ")).collect()
}

/// Without what stands around a word.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The kind of a reference, if a word is one: a letter for the kind, then numbers of four to six digits.
pub fn kind(word: &str) -> Option<Kind> {
    let (letter, numbers) = word.split_once('-')?;
    let is_number =
        |part: &str| (4..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let kind = match letter {
        "A" => Kind::Order,
        "R" => Kind::Invoice,
        "E" => Kind::Error,
        _ => return None,
    };
    numbers.split('-').all(is_number).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_orders_are_found_and_other_words_are_not() {
        let text = "Order A-20417 (see R-2026-0331, and A-20417 again): E-1107. Not: e-mail, A-B, A-, A-4, 2-3, -1, \
                    COVID-19, UTF-8, ISO-8859, B-2041, A-2041x, A-2041-x, A-2041700";
        assert_eq!(references(text), ["A-20417", "R-2026-0331", "E-1107"]);
    }

    #[test]
    fn the_letter_says_what_a_number_is_of() {
        for (word, expected) in [
            ("A-20417", Some(Kind::Order)),
            ("R-2026-0331", Some(Kind::Invoice)),
            ("E-1107", Some(Kind::Error)),
            ("a-20417", None),
            ("A-204", None),
        ] {
            assert_eq!(kind(word), expected, "{word}");
        }
    }

    #[test]
    fn sums_are_numbers_with_a_currency() {
        assert_eq!(sums("I paid 49.90 EUR, then 5 USD; 3 times EUR"), ["49.90 EUR", "5 USD"]);
    }
}
