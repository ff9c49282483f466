//! What words a text has, and which of them are alike: by their letters alone, so that `approve` is like
//! `approval`, and a word with an error in it like the word.

use std::collections::{BTreeMap, BTreeSet};

/// Words that say nothing about what a text is about.
const EMPTY: &str = "a about after all also an and any anybody anything are as at be because been before but by can could \
    did do does else even ever every far few for from get give had happen happens has have how i if in \
    into is it its just like long make many may me mean means might more most much must my no not now of \
    off often on one only or other our out own please shall she should so some such than that the their \
    them then there these they this those through to too up us very was we were what when where which \
    while who whose why will with would you your";

/// From here on two words are alike.
const ALIKE: f64 = 0.55;

/// The words of a text that say something, in lower case and in their order, each once.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    all(text).filter(|word| seen.insert(word.clone())).collect()
}

/// The same, as often as they are there.
pub(super) fn all(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).filter(|word| !is_empty(word))
}

fn is_empty(word: &str) -> bool {
    EMPTY.split(' ').any(|empty| empty == word)
        || (word.chars().count() == 1 && !word.starts_with(|c: char| c.is_numeric()))
}

/// Whether two words are written alike: they begin with the same letter, and share most groups of three.
pub(super) fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    if one.chars().next() != other.chars().next() || one.contains(char::is_numeric) {
        return false;
    }
    let (one, other) = (trigrams(one), trigrams(other));
    let shared = one.iter().filter(|group| other.contains(group)).count();
    2.0 * shared as f64 >= ALIKE * (one.len() + other.len()) as f64
}

/// The groups of three letters in a word, its beginning and end among them.
pub(super) fn trigrams(word: &str) -> Vec<[char; 3]> {
    let letters: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
    letters.windows(3).map(|group| [group[0], group[1], group[2]]).collect()
}

/// Words that mean the same, as the prompt says.
#[derive(Debug, Default)]
pub(super) struct Glossary(BTreeMap<String, Vec<String>>);

impl Glossary {
    /// From lines `word: another, a third`.
    pub(super) fn read(text: &str) -> Glossary {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let others = |text: &str| {
            text.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
        };
        Glossary(lines.map(|(word, text)| (word.trim().to_lowercase(), others(text))).collect())
    }

    /// The other words for a word: all that stand in a line with it.
    pub(super) fn others(&self, word: &str) -> Vec<&str> {
        let lines = self
            .0
            .iter()
            .map(|(first, rest)| std::iter::once(first).chain(rest).map(String::as_str).collect::<Vec<_>>());
        let lines = lines.filter(|line| line.iter().any(|known| alike(known, word)));
        lines.flatten().filter(|other| !alike(other, word)).collect()
    }

    /// Whether one of these words says what `word` does.
    pub(super) fn is_among(&self, word: &str, words: &[String]) -> bool {
        let others = self.others(word);
        let says = |said: &String| alike(word, said) || others.iter().any(|other| alike(other, said));
        words.iter().any(says)
    }
}
