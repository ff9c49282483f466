//! The words by which texts are found: in lower case, without those that every text has, cut down to what is the
//! same in `approve`, `approved` and `approving`. A dozen endings of English do; an index of other languages wants a
//! stemmer of each.

const EMPTY: &str = "a about after all also an and any are as at be because been before but by can could did do does \
    each else even ever every for from get gets had has have how i if in into is it its just many may me might more \
    most much must my no not of off on one only or other our out own should so some such than that the their them \
    then there these they this those through to too up us was we were what when where which while who whose why will \
    with would you your";

/// The words of a text, in their order and as often as they are there.
pub fn words(text: &str) -> Vec<String> {
    plain_words(text).map(|word| stem(&word).to_owned()).collect()
}

/// The same, as they stand there but for capitals.
pub fn plain_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).filter(|word| EMPTY.split(' ').all(|empty| empty != word))
}

fn stem(word: &str) -> &str {
    if !word.is_ascii() {
        return word;
    }
    let word = match word {
        _ if ["ches", "shes", "sses", "xes"].iter().any(|end| word.ends_with(end)) => &word[..word.len() - 2],
        _ if ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => word,
        _ => longer_than(3, word, "s"),
    };
    let word = longer_than(3, longer_than(3, word, "ing"), "ed");
    let word = longer_than(3, word, "e");
    word.strip_suffix('y').or(word.strip_suffix('i')).filter(|rest| rest.len() > 2).unwrap_or(word)
}

/// Without an ending, if more than so many letters are left.
fn longer_than<'w>(letters: usize, word: &'w str, end: &str) -> &'w str {
    word.strip_suffix(end).filter(|rest| rest.len() >= letters).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_in_their_endings_are_the_same() {
        for same in [
            &["approve", "approved", "approves", "approving"][..],
            &["delivery", "deliveries"],
            &["crash", "crashes", "crashed"],
            &["compute", "computing"],
            &["step", "steps", "Step's"],
        ] {
            let stems: Vec<_> = same.iter().map(|word| words(word)[0].clone()).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{stems:?}");
        }
    }

    #[test]
    fn words_that_every_text_has_are_left_out() {
        assert_eq!(words("How is the bus, and what does it need?"), ["bus", "need"]);
        assert_eq!(words("of the"), [""; 0]);
    }
}
