//! From the notations of the world to the one of `extraction-canon`.

use extraction_canon as canon;

/// Longest first, where one begins with another.
const CURRENCIES: [(&str, &str); 7] = [
    ("EUR", "EUR"),
    ("USD", "USD"),
    ("GBP", "GBP"),
    ("CHF", "CHF"),
    ("€", "EUR"),
    ("$", "USD"),
    ("£", "GBP"),
];

/// The first three letters of each month, in English and in German.
const MONTHS: [&[&str]; 12] = [
    &["jan"],
    &["feb"],
    &["mar", "mär"],
    &["apr"],
    &["may", "mai"],
    &["jun"],
    &["jul"],
    &["aug"],
    &["sep"],
    &["oct", "okt"],
    &["nov"],
    &["dec", "dez"],
];

/// `€` is EUR.
pub(crate) fn currency(text: &str) -> Option<String> {
    CURRENCIES.iter().find(|(sign, _)| *sign == text.trim()).map(|(_, code)| (*code).to_owned())
}

/// `1.234,50 EUR`, `$1,234.50` and `1'234.50` are 1234.50: of two separators the last one is
/// decimal, and a single one with three digits behind it is not.
pub(crate) fn amount(text: &str) -> Option<String> {
    let bare = CURRENCIES.iter().fold(text.to_owned(), |text, (sign, _)| text.replace(sign, ""));
    let bare: String = bare.chars().filter(|c| !c.is_whitespace() && *c != '\'' && *c != '’').collect();
    let (sign, digits) = bare.strip_prefix('-').map_or(("", bare.as_str()), |digits| ("-", digits));
    let (whole, fraction) = parted(digits, 2)?;
    let amount = format!("{sign}{whole}.{fraction:0<2}");
    canon::cents(&amount).map(canon::amount)
}

/// `2,5` is 2.5.
pub(crate) fn quantity(text: &str) -> Option<String> {
    let quantity = text.trim().replace(',', ".");
    canon::thousandths(&quantity).map(|_| quantity)
}

/// Digits before and behind the decimal separator, if there is one.
fn parted(digits: &str, decimals: usize) -> Option<(String, &str)> {
    let at = digits.rfind(['.', ',']).filter(|at| (1..=decimals).contains(&(digits.len() - at - 1)));
    let (whole, fraction) = at.map_or((digits, ""), |at| (&digits[..at], &digits[at + 1..]));
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let is_grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    is_grouped.then(|| (groups.concat(), fraction))
}

/// `14.03.2026`, `14. März 2026`, `3 Feb 2026`.
pub(crate) fn date(text: &str) -> Option<String> {
    read_date(text, |day, month| (month, day))
}

/// The same, but `3/14/2026` has the month first.
pub(crate) fn american_date(text: &str) -> Option<String> {
    match text.contains('/') {
        true => read_date(text, |month, day| (month, day)),
        false => date(text),
    }
}

/// `order` says which of two numbers is the month and which the day.
fn read_date<'t>(text: &'t str, order: fn(&'t str, &'t str) -> (&'t str, &'t str)) -> Option<String> {
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, (month, day)) = match (named_month(a), named_month(b)) {
        (Some(_), _) => (c, (a, b)),
        (_, Some(_)) => (c, (b, a)),
        _ if a.len() == 4 => (a, (b, c)),
        _ => (c, order(a, b)),
    };
    let month = named_month(month).or_else(|| month.parse().ok())?;
    canon::date(full_year(year)?, month, day.parse().ok()?)
}

fn named_month(word: &str) -> Option<u8> {
    let start: String = word.to_lowercase().chars().take(3).collect();
    (1..).zip(MONTHS).find(|(_, names)| names.contains(&start.as_str())).map(|(month, _)| month)
}

/// No invoice is older than this century.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    Some(if text.len() == 2 { 2000 + year } else { year })
}

/// Letters that a scanner took for digits. Currency codes hold such letters and are kept.
pub(crate) fn digits(text: &str) -> String {
    let words = text.split_inclusive(' ').map(|word| match currency(word) {
        Some(_) => word.to_owned(),
        None => word.chars().map(digit).collect(),
    });
    words.collect()
}

fn digit(c: char) -> char {
    match c {
        'O' | 'o' => '0',
        'l' | 'I' => '1',
        'S' => '5',
        'B' => '8',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_all_countries_are_read() {
        for (text, expected) in [
            ("1.234,50 EUR", Some("1234.50")),
            ("$1,234.50", Some("1234.50")),
            ("-$15.75", Some("-15.75")),
            ("CHF 1'740.00", Some("1740.00")),
            ("12 345,6 €", Some("12345.60")),
            ("1.234", Some("1234.00")),
            ("1.234.567,89", Some("1234567.89")),
            ("12.34.56", None),
            ("1O4,5O €", None),
            ("€", None),
            ("", None),
        ] {
            assert_eq!(amount(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates_of_all_countries_are_read() {
        for (text, is_american, expected) in [
            ("14.03.2026", false, Some("2026-03-14")),
            ("14.3.26", false, Some("2026-03-14")),
            ("14. März 2026", false, Some("2026-03-14")),
            ("3 Feb 2026", false, Some("2026-02-03")),
            ("March 9, 2026", true, Some("2026-03-09")),
            ("03/09/2026", true, Some("2026-03-09")),
            ("2026-01-31", true, Some("2026-01-31")),
            ("03/09/2026", false, Some("2026-09-03")),
            ("2026-01-31", false, Some("2026-01-31")),
            ("31.02.2026", false, None),
            ("soon", false, None),
        ] {
            let read = if is_american { american_date } else { date };
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn look_alikes_become_digits_and_currencies_stay() {
        for (text, expected) in
            [("1O4,5O €", "104,50 €"), ("l7.O2.2026", "17.02.2026"), ("GBP BS.OO", "GBP 85.00")]
        {
            assert_eq!(digits(text), expected);
        }
    }
}
