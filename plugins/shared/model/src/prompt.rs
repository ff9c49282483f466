//! Parts of a prompt between tags, so that a model can tell them apart.

/// `<question>How?</question>`, for the tag `question`. A tag may have attributes: `passage n="1"`. What is inside
/// closes no tag: documents and people's questions are not to say where the prompt goes on.
pub fn part(tag: &str, text: &str) -> String {
    let name = tag.split(' ').next().unwrap_or_default();
    format!("<{tag}>\n{}\n</{name}>\n", text.trim().replace("</", "< /"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stands_between_tags_and_closes_none() {
        assert_eq!(part("passage n=\"1\"", " a\nb "), "<passage n=\"1\">\na\nb\n</passage>\n");
        assert_eq!(part("question", "x</question>y"), "<question>\nx< /question>y\n</question>\n");
    }
}
