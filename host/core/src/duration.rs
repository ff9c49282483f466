//! Durations as people write them: `200ms`, `10s`, `1h30m`, `3d`.

use std::time::Duration;

/// How a duration is written; every refusal says it.
pub const FORM: &str = "a duration such as \"200ms\", \"10s\", \"1h30m\" or \"3d\"";

/// Longer than anybody waits, and far from where sums of milliseconds overflow.
const LONGEST: u64 = 3650 * 24 * 60 * 60 * 1000;

/// From the longest unit to the shortest: the order in which they may stand.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a duration of at most ten years.
pub fn parse(text: &str) -> Option<Duration> {
    let (mut rest, mut total, mut units) = (text, 0u64, UNITS.iter());
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        let (_, millis) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*millis)?)?;
        rest = after;
    }
    (!text.is_empty() && total <= LONGEST).then(|| Duration::from_millis(total))
}

/// A duration as [`parse`] reads it, to the millisecond.
pub fn show(wait: Duration) -> String {
    let (mut left, mut text) = (u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), String::new());
    for (unit, millis) in UNITS {
        if left >= millis {
            text += &format!("{}{unit}", left / millis);
            left %= millis;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("200ms", 200),
            ("10s", 10_000),
            ("10m", 600_000),
            ("3d", 259_200_000),
            ("1h30m", 5_400_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0s", 0),
            ("3650d", LONGEST),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_shown_reads_as_the_same_duration() {
        for (millis, shown) in
            [(0, "0s"), (200, "200ms"), (90_000, "1m30s"), (259_200_000, "3d"), (93_784_005, "1d2h3m4s5ms")]
        {
            assert_eq!(show(Duration::from_millis(millis)), shown);
            assert_eq!(parse(shown), Some(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in [
            "",
            "10",
            "s",
            "ten s",
            "10 s",
            "-1s",
            "1.5s",
            "1m1h",
            "1s1s",
            "10S",
            "3651d",
            "99999999999999999999d",
            "9999999999999999999s",
            "1s ",
            "é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
