//! Numbers of bytes as people write them: `64KiB`, `1MiB`.

const UNITS: [(&str, u32); 4] = [("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30)];

/// Reads a whole number and its unit.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, shift) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A number of bytes in the largest unit that holds it whole.
pub(crate) fn show(bytes: u64) -> String {
    let fits = |(_, shift): &&(&str, u32)| bytes != 0 && bytes.trailing_zeros() >= *shift;
    let (name, shift) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
    format!("{}{name}", bytes >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_as_the_same_size() {
        for (bytes, shown) in
            [(0, "0B"), (17, "17B"), (65_536, "64KiB"), (68_157_440, "65MiB"), (3 << 30, "3GiB")]
        {
            assert_eq!(show(bytes), shown);
            assert_eq!(parse(shown), Some(bytes));
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0B", 0),
            ("17B", 17),
            ("64KiB", 65_536),
            ("1MiB", 1_048_576),
            ("3GiB", 3_221_225_472),
            ("17179869183GiB", 18_446_744_072_635_809_792),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_size() {
        for text in [
            "",
            "10",
            "MiB",
            "1 MiB",
            "1MB",
            "1mib",
            "1.5MiB",
            "-1B",
            "1MiB ",
            "1MiB1B",
            "17179869184GiB",
            "é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
