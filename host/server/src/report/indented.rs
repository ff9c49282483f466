//! JSON as people read it: each member on a line of its own, nothing left out, nothing put in order and no
//! number spelled otherwise. A stranger wrote it: so much of it is shown as somebody can read, and that there
//! is more is said.

use crate::inert::inert;

/// So much of a value is shown.
const LONGEST: usize = 4000;
/// So many lines of it.
const MOST: usize = 80;
/// What lies deeper is not set in any further.
const DEEPEST: usize = 12;

/// The lines of JSON text, inert, and whether that is all of it.
pub(super) fn json(text: &str) -> (Vec<String>, bool) {
    let mut laid = Laid::default();
    let is_whole = text.chars().all(|char| laid.take(char));
    (laid.lines.into_iter().map(|line| inert(&line).into_owned()).collect(), is_whole)
}

/// The same of text that is no JSON.
pub(super) fn plain(text: &str) -> (Vec<String>, bool) {
    let end = text.floor_char_boundary(LONGEST.min(text.len()));
    let lines: Vec<String> = text[..end].lines().take(MOST).map(|line| inert(line).into_owned()).collect();
    let is_whole = end == text.len() && text.lines().nth(MOST).is_none();
    (lines, is_whole)
}

/// JSON while it is laid out.
#[derive(Default)]
struct Laid {
    lines: Vec<String>,
    bytes: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// A list or object has just begun.
    opened: bool,
    /// The next member begins a line.
    breaks: bool,
}

impl Laid {
    /// Lays one character out, if there is room for it.
    fn take(&mut self, char: char) -> bool {
        match char {
            _ if self.in_string => self.within(char),
            char if char.is_ascii_whitespace() => {}
            '{' | '[' => self.open(char),
            '}' | ']' => self.close(char),
            ',' => {
                self.add(char);
                self.breaks = true;
            }
            ':' => ": ".chars().for_each(|char| self.add(char)),
            char => {
                self.begin();
                self.in_string = char == '"';
                self.add(char);
            }
        }
        self.bytes <= LONGEST && self.lines.len() <= MOST
    }

    fn within(&mut self, char: char) {
        self.in_string = self.escaped || char != '"';
        self.escaped = !self.escaped && char == '\\';
        self.add(char);
    }

    fn open(&mut self, char: char) {
        self.begin();
        self.add(char);
        self.depth += 1;
        self.opened = true;
    }

    fn close(&mut self, char: char) {
        self.depth = self.depth.saturating_sub(1);
        if !self.opened {
            self.line();
        }
        (self.opened, self.breaks) = (false, false);
        self.add(char);
    }

    /// What follows on an opening or a comma begins a line.
    fn begin(&mut self) {
        if self.opened || self.breaks {
            self.line();
        }
        (self.opened, self.breaks) = (false, false);
    }

    fn line(&mut self) {
        self.lines.push("  ".repeat(self.depth.min(DEEPEST)));
    }

    fn add(&mut self, char: char) {
        self.bytes += char.len_utf8();
        if self.lines.is_empty() {
            self.line();
        }
        if let Some(line) = self.lines.last_mut() {
            line.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn json_is_laid_out_as_it_was_written() {
        let text = r#"{"b": [1.00,{}, [ ]],"a":"x: {\", \\","a":{"c":null}}"#;
        let (lines, is_whole) = json(text);
        assert!(is_whole);
        expect![[r#"
            {
              "b": [
                1.00,
                {},
                []
              ],
              "a": "x: {\", \\",
              "a": {
                "c": null
              }
            }"#]]
        .assert_eq(&lines.join("\n"));
        assert_eq!(json("7"), (vec!["7".to_owned()], true));
    }

    #[test]
    fn what_is_long_or_deep_ends_somewhere_and_that_is_known() {
        for text in ["[".repeat(1 << 20), format!("\"{}\"", "a".repeat(1 << 20)), "[1,1]".repeat(200)] {
            let (lines, is_whole) = json(&text);
            let bytes: usize = lines.iter().map(String::len).sum();
            assert!(!is_whole && lines.len() <= MOST + 1 && bytes < 4 * LONGEST, "{bytes}");
        }
        assert!(!plain(&"a\n".repeat(MOST + 1)).1 && !plain(&"é".repeat(LONGEST)).1);
    }

    #[test]
    fn nothing_of_it_acts_on_a_terminal() {
        let (lines, _) = json("{\"a\u{202e}\": \"\u{9b}31m\"}");
        assert_eq!(lines[1], "  \"a\\u{202e}\": \"\\u{9b}31m\"");
        assert_eq!(plain("a\u{1b}[2J\nb"), (vec!["a\\u{1b}[2J".to_owned(), "b".to_owned()], true));
    }
}
