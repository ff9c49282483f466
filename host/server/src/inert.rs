//! Text of guests made inert for terminals and logs. What a step writes is hostile: it can move
//! the cursor, retitle the window, turn the reading direction round, or hide words in characters
//! that nobody sees. Text goes in; out comes text in which each such character stands as an
//! escape to be seen. It decides nothing about length, and nothing about HTML.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// What is active besides control characters. Unassigned and private characters are not: by
/// themselves they do nothing. A joiner that some script would need is lost rather than trusted.
const ACTIVE: [RangeInclusive<char>; 20] = [
    // without width or without ink: soft hyphen, grapheme joiner, joiners and spaces, operators
    // that are not seen, formats of musical and shorthand notation, letters that are blank
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200d}',
    '\u{2060}'..='\u{2065}',
    '\u{206a}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    // bidirectional marks, embeddings, overrides and isolates (UAX #9)
    '\u{61c}'..='\u{61c}',
    '\u{200e}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
    // line and paragraph separators
    '\u{2028}'..='\u{2029}',
    // interlinear annotation
    '\u{fff9}'..='\u{fffb}',
    // tags: a second alphabet that nobody sees
    '\u{e0000}'..='\u{e007f}',
];

/// The text on one line, with every character that acts or hides instead of showing escaped:
/// `\n`, `\t`, `\u{1b}`, `\u{202e}`. Text without any is lent as it is. A backslash of the text's
/// own stays single: the escapes are for eyes, not for reading back.
pub(crate) fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    text.chars().for_each(|char| show(char, &mut shown));
    Cow::Owned(shown)
}

/// Text of several lines that is JSON, or inert already, as it goes to stdout: what is left of active
/// characters can only stand inside strings of JSON, and becomes an escape of JSON's own, so that what
/// is read back is the same.
pub(crate) fn output(text: &str) -> Cow<'_, str> {
    let acts = |char: char| is_active(char) && !matches!(char, '\n' | '\t');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut units = [0; 2];
    let escaped = text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, char| {
        match acts(char) {
            // Writing into a string cannot fail.
            true => char.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(shown, "\\u{unit:04x}");
            }),
            false => shown.push(char),
        }
        shown
    });
    Cow::Owned(escaped)
}

/// The lines of the text, each inert by itself: for output that may take several lines.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(inert)
}

fn show(char: char, shown: &mut String) {
    match char {
        '\n' | '\r' | '\t' => shown.extend(char.escape_default()),
        char if is_active(char) => shown.extend(char.escape_unicode()),
        char => shown.push(char),
    }
}

/// Whether a character acts on what shows it, or shows nothing.
fn is_active(char: char) -> bool {
    char.is_control() || !char.is_ascii() && ACTIVE.iter().any(|range| range.contains(&char))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What must never come out, written down a second time and by itself.
    const NEVER: [(u32, u32); 12] = [
        (0x00, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x61c, 0x61c),
        (0x180e, 0x180e),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xfeff, 0xfeff),
        (0xfff9, 0xfffb),
        (0xe0000, 0xe007f),
    ];

    fn active() -> impl Strategy<Value = char> {
        let ranges = NEVER.map(|(first, last)| (first..=last).prop_map(|code| char::from_u32(code).unwrap()));
        proptest::strategy::Union::new(ranges)
    }

    fn text() -> impl Strategy<Value = String> {
        let char = prop_oneof![2 => active(), 3 => any::<char>(), 3 => prop::char::range(' ', '~')];
        prop::collection::vec(char, 0..64).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_active_ever_comes_out(text in text()) {
            for shown in std::iter::once(inert(&text)).chain(lines(&text)) {
                let bad = shown.chars().find(|char| {
                    NEVER.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(*char)))
                });
                prop_assert_eq!(bad, None, "in {:?}", shown);
            }
        }

        #[test]
        fn what_is_not_active_comes_out_unchanged_and_in_order(text in text()) {
            let harmless: String = text.chars().filter(|char| !is_active(*char)).collect();
            prop_assert_eq!(inert(&harmless), Cow::Borrowed(harmless.as_str()));
            let shown = inert(&text);
            let mut rest = shown.chars();
            prop_assert!(harmless.chars().all(|char| rest.any(|shown| shown == char)));
        }

        #[test]
        fn inert_text_is_inert(text in text()) {
            let shown = inert(&text).into_owned();
            prop_assert!(matches!(inert(&shown), Cow::Borrowed(same) if same == shown));
        }
    }

    #[test]
    fn ordinary_text_is_lent_as_it_is() {
        for text in [
            "",
            "step `charge` failed: 3 % of 1,000 \\ <b>&amp;</b> \"'{}[]",
            "Grüße, naïve façade, Ελληνικά, Русский, العربية, עברית, हिन्दी, ไทย, 日本語, 한국어",
            "e\u{301} 👍🏽 ❤\u{fe0f} 🇩🇪 ∑ → … – — “” \u{a0} \u{3000}",
            "private \u{e000} and unassigned \u{378}",
        ] {
            assert!(matches!(inert(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn each_attack_is_seen_for_what_it_is() {
        for (attack, text, shown) in [
            ("a line of its own in the log", "ok\nERROR forged", "ok\\nERROR forged"),
            ("a line written over", "bad\rgood", "bad\\rgood"),
            ("columns", "a\tb", "a\\tb"),
            ("colour", "\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("a cleared screen", "\x1b[2J\x1b[H", "\\u{1b}[2J\\u{1b}[H"),
            ("a new window title", "\x1b]0;root\x07", "\\u{1b}]0;root\\u{7}"),
            ("a link to elsewhere", "\x1b]8;;http://a\x1b\\b", "\\u{1b}]8;;http://a\\u{1b}\\b"),
            ("the clipboard", "\x1b]52;c;cm0=\x07", "\\u{1b}]52;c;cm0=\\u{7}"),
            ("colour in one character", "\u{9b}31m", "\\u{9b}31m"),
            ("a title in one character", "\u{9d}0;x\u{9c}", "\\u{9d}0;x\\u{9c}"),
            ("letters taken back", "rm\x08\x08ls", "rm\\u{8}\\u{8}ls"),
            ("the other character set", "\x0e\x0f", "\\u{e}\\u{f}"),
            ("an end for programs in C", "a\0b", "a\\u{0}b"),
            ("delete", "a\x7f", "a\\u{7f}"),
            ("a next line of C1", "a\u{85}b", "a\\u{85}b"),
            ("text turned round", "a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("text turned round by isolates", "\u{2067}a\u{2069}", "\\u{2067}a\\u{2069}"),
            ("direction by marks", "\u{200f}a\u{61c}\u{200e}", "\\u{200f}a\\u{61c}\\u{200e}"),
            ("two names that look the same", "pay\u{200b}pal", "pay\\u{200b}pal"),
            ("a joiner", "a\u{200d}b\u{2060}\u{feff}", "a\\u{200d}b\\u{2060}\\u{feff}"),
            ("a soft hyphen", "ad\u{ad}min", "ad\\u{ad}min"),
            ("a name that is blank", "\u{3164}", "\\u{3164}"),
            ("a line that only some programs see", "a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("words in tags", "hi\u{e0068}\u{e007f}", "hi\\u{e0068}\\u{e007f}"),
            ("an annotation", "\u{fff9}a\u{fffa}b\u{fffb}", "\\u{fff9}a\\u{fffa}b\\u{fffb}"),
        ] {
            assert_eq!(inert(text), shown, "{attack}");
        }
    }

    #[test]
    fn json_that_is_printed_is_inert_and_means_the_same() {
        let text = "a\u{1b}[2J\u{202e}b\u{9b}31m\u{7f}\u{e0068}\n";
        let json = serde_json::to_string_pretty(&serde_json::json!({ "said": text })).unwrap();
        let printed = output(&json);
        assert_eq!(printed.lines().map(inert).collect::<Vec<_>>().join("\n"), printed);
        assert_eq!(
            printed.lines().nth(1),
            Some(r#"  "said": "a\u001b[2J\u202eb\u009b31m\u007f\udb40\udc68\n""#)
        );
        let back: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(back["said"], text);
    }

    #[test]
    fn lines_end_at_newlines_and_each_is_inert() {
        let shown: Vec<_> = lines("one\r\ntwo\x1b[1m\n\nthr\ree\u{2028}\n").collect();
        assert_eq!(shown, ["one", "two\\u{1b}[1m", "", "thr\\ree\\u{2028}"]);
        assert_eq!(lines("").count(), 0);
    }
}
