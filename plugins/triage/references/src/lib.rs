//! The numbers and sums that a mail names.

/// Numbers of orders, invoices and errors such as `A-20417` and `R-2026-0331`, each once.
pub fn references(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(bare).filter(|word| is_reference(word)) {
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

fn is_reference(word: &str) -> bool {
    let Some((letters, digits)) = word.split_once('-') else { return false };
    let are_letters = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    are_letters && are_digits && digits.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_orders_are_found_and_other_words_are_not() {
        let text = "Order A-20417 (see R-2026-0331, and A-20417 again): E-1107. Not: e-mail, A-B, A-, 2-3, -1, COVID-19x";
        assert_eq!(references(text), ["A-20417", "R-2026-0331", "E-1107"]);
    }

    #[test]
    fn sums_are_numbers_with_a_currency() {
        assert_eq!(sums("I paid 49.90 EUR, then 5 USD; 3 times EUR"), ["49.90 EUR", "5 USD"]);
    }
}
