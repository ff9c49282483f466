//! What a prompt holds: its parts between tags, wherever in the messages they stand. Prompts are no XML, so they
//! are not read as such: a part goes from a tag to the next closing one of the same name.

use serde_json::Value;

/// The messages of a request.
#[derive(Debug)]
pub(super) struct Prompt(String);

/// Text to answer from.
#[derive(Debug, PartialEq)]
pub(super) struct Passage<'p> {
    /// Its number, as an answer cites it.
    pub(super) number: &'p str,
    pub(super) text: &'p str,
}

impl Prompt {
    /// From `messages`; none if that is no list of texts.
    pub(super) fn read(messages: &Value) -> Option<Prompt> {
        let texts: Option<Vec<&str>> =
            messages.as_array()?.iter().map(|message| message["content"].as_str()).collect();
        texts.filter(|texts| !texts.is_empty()).map(|texts| Prompt(texts.join("\n")))
    }

    /// The last part with this tag, or nothing.
    pub(super) fn part(&self, tag: &str) -> &str {
        self.parts(tag).last().map_or("", |(_, text)| text)
    }

    /// The passages, in their order.
    pub(super) fn passages(&self) -> Vec<Passage<'_>> {
        let passage = |(attributes, text)| Some(Passage { number: attribute(attributes, "n")?, text });
        self.parts("passage").filter_map(passage).collect()
    }

    /// How many words it has.
    pub(super) fn length(&self) -> usize {
        self.0.split_whitespace().count()
    }

    /// Attributes and text of all parts with this tag.
    fn parts(&self, tag: &str) -> impl Iterator<Item = (&str, &str)> {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        let mut rest = self.0.as_str();
        std::iter::from_fn(move || {
            loop {
                rest = &rest[rest.find(&open)? + open.len()..];
                let is_whole_name = rest.starts_with(['>', ' ']);
                if let (true, Some((attributes, inside))) = (is_whole_name, rest.split_once('>')) {
                    let (text, after) = inside.split_once(&close)?;
                    rest = after;
                    return Some((attributes, text.trim()));
                }
            }
        })
    }
}

/// The value of `name="…"`.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}
