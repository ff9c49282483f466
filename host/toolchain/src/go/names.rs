//! Names as Go writes them.

/// Words that a value may not be called by: Go's own, and those of the code around it.
const TAKEN: &str = "break case chan const continue default defer else fallthrough for func go goto if import interface \
    map package range return select struct switch type var \
    any append bool byte error false float32 float64 int int16 int32 int64 int8 len make nil rune string true uint16 \
    uint32 uint64 uint8 \
    abi call came events handler lockstep math result step unsafe value";

/// `refund-approved` to `RefundApproved`.
pub(super) fn upper(name: &str) -> String {
    name.split('-').map(capital).collect()
}

/// `after-ms` to `afterMs`; what Go would read as something else gets a line at its end.
pub(super) fn lower(name: &str) -> String {
    let (first, rest) = name.split_once('-').unwrap_or((name, ""));
    let name = first.to_lowercase() + &upper(rest);
    if TAKEN.split_whitespace().any(|taken| taken == name) { name + "_" } else { name }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Code with the indentation that its brackets ask for.
pub(super) fn indented(code: &str) -> String {
    let (mut depth, mut text) = (0_usize, String::new());
    for line in code.lines().map(str::trim) {
        let closes = line.starts_with(['}', ')']);
        depth = depth.saturating_sub(usize::from(closes));
        let is_case = line.starts_with("case ") || line == "default:";
        let width = if line.is_empty() { 0 } else { depth.saturating_sub(usize::from(is_case)) };
        text += &"\t".repeat(width);
        text += line;
        text.push('\n');
        depth += usize::from(line.ends_with(['{', '(']));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_names_of_go() {
        for (name, public, private) in [
            ("refund-approved", "RefundApproved", "refundApproved"),
            ("text", "Text", "text"),
            ("type", "Type", "type_"),
            ("HTTP-url", "HTTPUrl", "httpUrl"),
        ] {
            assert_eq!((&*upper(name), &*lower(name)), (public, private));
        }
    }
}
