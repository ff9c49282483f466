//! Numbers of bytes as people write them: `64KiB`, `1MiB`.

const UNITS: [(&str, u32); 4] = [("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30)];

/// Reads a whole number and its unit.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, shift) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

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
