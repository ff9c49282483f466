//! The drawing as a Mermaid flowchart, for pages that draw Mermaid themselves.

use std::fmt::Write;

use super::{Drawing, Edge, Kind, Node, Style};

pub(super) fn render(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, node) in drawing.nodes.iter().enumerate() {
        let (open, close) = shape(node.kind);
        let _ = writeln!(out, "  n{at}{open}\"{}\"{close}", text(node));
    }
    for edge in &drawing.edges {
        let _ = writeln!(out, "  n{} {} n{}", edge.from, arrow(edge), edge.to);
    }
    out + &classes(drawing)
}

fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Start => ("([", "])"),
        Kind::Stop => ("(((", ")))"),
        Kind::Each | Kind::Failure => ("[", "]"),
        Kind::Timer => ("(", ")"),
        Kind::Question => ("[/", "/]"),
        Kind::Pair => ("[[", "]]"),
        Kind::Gather => ("{{", "}}"),
        Kind::Observers => (">", "]"),
    }
}

fn text(node: &Node) -> String {
    let notes = node.notes.iter().map(|note| format!("<br/><small>{}</small>", escape(note)));
    std::iter::once(escape(&node.label)).chain(notes).collect()
}

fn arrow(edge: &Edge) -> String {
    let line = match edge.style {
        Style::Event => "-->",
        Style::Until | Style::Failure | Style::Timer | Style::Deadline => "-.->",
    };
    match edge.label.is_empty() {
        true => line.to_owned(),
        false => format!(
            "{line}|\"{}\"|",
            edge.label.iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
        ),
    }
}

fn classes(drawing: &Drawing) -> String {
    let failures = drawing.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Failure);
    let names: Vec<String> = failures.map(|(at, _)| format!("n{at}")).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("  classDef failure stroke-dasharray: 5 4\n  class {} failure\n", names.join(",")),
    }
}

/// Mermaid reads quotes, brackets, backticks and tags inside labels too: whatever is neither a
/// letter nor harmless is written as its number.
fn escape(label: &str) -> String {
    let harmless = |char: char| char.is_alphanumeric() || " -_.,:/=…".contains(char);
    let escape = |char: char| match char {
        char if harmless(char) => char.to_string(),
        char if char.is_control() => char::REPLACEMENT_CHARACTER.to_string(),
        char => format!("#{};", u32::from(char)),
    };
    label.chars().map(escape).collect()
}
