//! The one notation that amounts, quantities and dates are brought to, and what may be computed in it.

use time::{Date, Month};

/// The cents of `1234.50`; nothing else is an amount.
pub fn cents(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.')?;
    let is_plain = is_digits(whole, 12) && is_digits(fraction, 2) && fraction.len() == 2;
    is_plain.then(|| Some(sign * (number(whole)? * 100 + number(fraction)?))).flatten()
}

/// `1234.50`.
pub fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// The thousandths of `2.5` or `40`.
pub fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = is_digits(whole, 6) && is_digits(fraction, 3);
    is_plain.then(|| Some(number(whole)? * 1_000 + number(&format!("{fraction:0<3}"))?)).flatten()
}

/// Quantity times price, half a cent rounded up.
pub fn product(thousandths: i64, cents: i64) -> i64 {
    let product = i128::from(thousandths) * i128::from(cents);
    (product + 500).div_euclid(1_000).try_into().unwrap_or(i64::MAX)
}

/// `2026-03-14`, if a calendar has that day.
pub fn date(year: i32, month: u8, day: u8) -> Option<String> {
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    (1900..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Whether a text is a date in this notation.
pub fn is_date(text: &str) -> bool {
    let parts: Vec<i32> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [year, month, day] => {
            let month_and_day = u8::try_from(month).ok().zip(u8::try_from(day).ok());
            month_and_day.and_then(|(month, day)| date(year, month, day)).as_deref() == Some(text)
        }
        _ => false,
    }
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(digits: &str) -> Option<i64> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_notation_is_an_amount_and_nothing_else() {
        for (text, expected) in [
            ("1234.50", Some(123_450)),
            ("-0.05", Some(-5)),
            ("0.00", Some(0)),
            ("1,234.50", None),
            ("1234.5", None),
            ("1234", None),
            (".50", None),
            ("1O.00", None),
            ("9999999999999.00", None),
            ("", None),
        ] {
            assert_eq!(cents(text), expected, "{text}");
        }
        assert_eq!(amount(-5), "-0.05");
        assert_eq!(amount(i64::MIN), "-92233720368547758.08");
    }

    #[test]
    fn quantities_have_up_to_three_decimals() {
        for (text, expected) in
            [("40", Some(40_000)), ("2.5", Some(2_500)), ("0.125", Some(125)), ("2,5", None), ("x", None)]
        {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }

    #[test]
    fn products_round_half_a_cent_up_and_are_clamped() {
        assert_eq!(product(2_500, 7_800), 19_500);
        assert_eq!(product(333, 100), 33);
        assert_eq!(product(500, 1), 1);
        assert_eq!(product(i64::MAX, i64::MAX), i64::MAX);
    }

    #[test]
    fn only_days_that_a_calendar_has_are_dates() {
        for (text, expected) in [
            ("2026-03-14", true),
            ("2024-02-29", true),
            ("2026-02-29", false),
            ("2026-3-14", false),
            ("14.03.2026", false),
            ("2026-03", false),
        ] {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }
}
