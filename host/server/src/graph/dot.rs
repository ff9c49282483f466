//! The drawing in the language of Graphviz.

use std::fmt::Write;

use super::{Drawing, Edge, Kind, Node, Style};

pub(super) fn render(drawing: &Drawing) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR\n", quoted(&[&drawing.title]));
    out += "  node [fontname=\"sans-serif\" fontsize=12 shape=box style=rounded]\n";
    out += "  edge [fontname=\"sans-serif\" fontsize=10]\n";
    for (at, node) in drawing.nodes.iter().enumerate() {
        let _ = writeln!(out, "  n{at} [label={}{}]", text(node), shape(node.kind));
    }
    for edge in &drawing.edges {
        let _ = writeln!(out, "  n{} -> n{}{}", edge.from, edge.to, attributes(edge));
    }
    out + "}\n"
}

fn text(node: &Node) -> String {
    let lines: Vec<&str> = std::iter::once(&node.label).chain(&node.notes).map(String::as_str).collect();
    quoted(&lines)
}

fn shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Start => " shape=circle style=\"\"",
        Kind::Stop => " shape=doublecircle style=\"\"",
        Kind::Each => "",
        Kind::Pair => " peripheries=2",
        Kind::Gather => " shape=hexagon style=\"\"",
        Kind::Failure => " style=\"rounded,dashed\"",
        Kind::Timer => " style=\"rounded,dotted\"",
        Kind::Question => " shape=parallelogram style=\"\"",
        Kind::Observers => " shape=note style=\"\"",
    }
}

fn attributes(edge: &Edge) -> String {
    let lines: Vec<&str> = edge.label.iter().map(String::as_str).collect();
    let label = (!lines.is_empty()).then(|| format!("label={}", quoted(&lines)));
    let style = match edge.style {
        Style::Event => None,
        Style::Until | Style::Timer => Some("style=dotted".to_owned()),
        Style::Failure | Style::Deadline => Some("style=dashed".to_owned()),
    };
    let all: Vec<String> = label.into_iter().chain(style).collect();
    if all.is_empty() { String::new() } else { format!(" [{}]", all.join(" ")) }
}

/// A string of DOT. Graphviz reads entities in it, so an ampersand is one.
fn quoted(lines: &[&str]) -> String {
    let escape = |char: char| match char {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '&' => "&amp;".to_owned(),
        char if char.is_control() => char::REPLACEMENT_CHARACTER.to_string(),
        char => char.to_string(),
    };
    let lines: Vec<String> = lines.iter().map(|line| line.chars().map(escape).collect()).collect();
    format!("\"{}\"", lines.join("\\n"))
}
