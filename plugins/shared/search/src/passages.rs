//! Documents in Markdown, cut into passages: some paragraphs under one heading, so short that one can be cited.
//! Code is left out; it is read otherwise than prose.

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    pub file: String,
    /// The heading that it stands under.
    pub heading: String,
    /// Its paragraphs, list items and rows of tables, each in a line.
    pub text: String,
}

/// In bytes, about: a passage ends with the paragraph that goes beyond.
const LENGTH: usize = 300;

/// The passages of a document, in their order.
pub fn passages(file: &str, markdown: &str) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut heading = String::new();
    let mut is_open = false;
    for block in blocks(markdown) {
        if let Some(title) =
            block.trim_start_matches('#').strip_prefix(' ').filter(|_| block.starts_with('#'))
        {
            heading = title.to_owned();
            is_open = false;
            continue;
        }
        match passages.last_mut().filter(|last| is_open && last.text.len() < LENGTH) {
            Some(last) => last.text = format!("{}\n{block}", last.text),
            None => passages.push(Passage { file: file.to_owned(), heading: heading.clone(), text: block }),
        }
        is_open = true;
    }
    passages
}

/// Headings, paragraphs, list items and rows of tables, each in one line.
fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let (mut is_code, mut goes_on) = (false, false);
    for line in markdown.lines().map(str::trim) {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let is_left_out = is_code
            || ["", "```", "<", "|--", "| --"].iter().any(|start| match *start {
                "" => line.is_empty(),
                start => line.starts_with(start),
            });
        let is_new = ["# ", "## ", "### ", "- ", "* ", "|"].iter().any(|start| line.starts_with(start))
            || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        match blocks.last_mut() {
            _ if is_left_out => {}
            Some(last) if goes_on && !is_new => *last = format!("{last} {}", plain(line)),
            _ => blocks.push(plain(line)),
        }
        goes_on = !is_left_out && !line.starts_with('#');
    }
    blocks
}

/// Without what Markdown says about links and bold words.
fn plain(line: &str) -> String {
    let mut plain = line.replace("**", "");
    while let Some((before, text, after)) = link(&plain) {
        plain = format!("{before}{text}{after}");
    }
    plain
}

/// What stands before, in and after the first `[text](address)`.
fn link(line: &str) -> Option<(&str, &str, &str)> {
    let middle = line.find("](")?;
    let (start, end) = (line[..middle].rfind('[')?, middle + line[middle..].find(')')?);
    Some((&line[..start], &line[start + 1..middle], &line[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# Tea\n\nTea is\nmade of [leaves](leaves.md).\n\n```\ncode\n```\n- **green**\n- black,\n  for milk\n\n\
                            ## Cups\n| size | price |\n|---|---|\n| large | 2 |\n1. Take one.\n<img src=\"cup.svg\">\n";

    #[test]
    fn a_document_is_cut_at_its_headings_and_its_lines_are_made_whole() {
        let expected = [
            ("Tea", "Tea is made of leaves.\n- green\n- black, for milk"),
            ("Cups", "| size | price |\n| large | 2 |\n1. Take one."),
        ];
        let expected = expected.map(|(heading, text)| Passage {
            file: "tea.md".into(),
            heading: heading.into(),
            text: text.into(),
        });
        assert_eq!(passages("tea.md", DOCUMENT), expected);
    }

    #[test]
    fn a_passage_ends_with_the_paragraph_that_makes_it_long() {
        let paragraph = "word ".repeat(25);
        let document = format!("# A\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n");
        let lengths: Vec<usize> =
            passages("a", &document).iter().map(|passage| passage.text.lines().count()).collect();
        assert_eq!(lengths, [3, 1]);
        assert_eq!(passages("a", ""), []);
    }
}
