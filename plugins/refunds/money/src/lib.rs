//! Sums as people read them.

/// `12.05` for 1,205 cents.
pub fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_have_two_digits() {
        assert_eq!([money(5), money(1_205), money(u64::MAX)], ["0.05", "12.05", "184467440737095516.15"]);
    }
}
