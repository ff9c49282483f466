//! The drawing as a finished picture, in the colours of a light or a dark page, whichever the
//! reader has. Text is measured by estimate, with room to spare: the fonts are the reader's.

use std::fmt::{self, Display, Write};

use super::layout::{self, HEAD, Link, Plan, Point, Route, Size};
use super::{Drawing, Edge, Kind, Node, Style};

/// Around everything.
const MARGIN: f64 = 16.0;

/// Between the border of a box and its text.
const PADDING: Size = Size { width: 16.0, height: 9.0 };

/// Around the text on a line.
const LABEL_PADDING: Size = Size { width: 5.0, height: 1.0 };

/// Narrower boxes look lost.
const NARROWEST: f64 = 72.0;

const LABEL: Font = Font { class: "label", size: 13.0, line: 18.0 };
const NOTE: Font = Font { class: "note", size: 11.0, line: 15.0 };
const EVENT: Font = Font { class: "event", size: 11.0, line: 14.0 };

const STYLE: &str = include_str!("style.css");

struct Font {
    class: &'static str,
    size: f64,
    /// From one line to the next.
    line: f64,
}

pub(super) fn render(drawing: &Drawing) -> String {
    let (boxes, _, plan) = laid_out(drawing);
    let mut out = head(drawing, &plan);
    for (edge, route) in drawing.edges.iter().zip(&plan.routes) {
        out += &line(edge, route);
    }
    for (edge, route) in drawing.edges.iter().zip(&plan.routes) {
        out += &line_label(edge, route.label);
    }
    for ((node, middle), size) in drawing.nodes.iter().zip(&plan.boxes).zip(&boxes) {
        out += &node_box(node, *middle, *size);
    }
    out + "</g>\n</svg>\n"
}

/// The sizes of all boxes and labels, and where they go.
pub(super) fn laid_out(drawing: &Drawing) -> (Vec<Size>, Vec<Link>, Plan) {
    let boxes: Vec<Size> = drawing.nodes.iter().map(box_size).collect();
    let links: Vec<Link> = drawing.edges.iter().map(link).collect();
    let plan = layout::place(&boxes, &links);
    (boxes, links, plan)
}

fn head(drawing: &Drawing, plan: &Plan) -> String {
    let (width, height) = (plan.size.width + 2.0 * MARGIN, plan.size.height + 2.0 * MARGIN);
    let (width, height) = (Short(width.ceil()), Short(height.ceil()));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lockstep\" role=\"img\" \
         aria-labelledby=\"lockstep-title lockstep-desc\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" style=\"max-width:100%;height:auto\">"
    );
    let _ = writeln!(out, "<title id=\"lockstep-title\">workflow {}</title>", escape(&drawing.title));
    let _ = writeln!(out, "<desc id=\"lockstep-desc\">{}</desc>", escape(&told(drawing)));
    let _ = writeln!(out, "<style>\n{STYLE}</style>");
    let _ = writeln!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>");
    let _ = writeln!(out, "<g transform=\"translate({} {})\">", Short(MARGIN), Short(MARGIN));
    out
}

/// The picture in words, for those who do not see it.
fn told(drawing: &Drawing) -> String {
    let name = |at: usize| drawing.nodes[at].label.as_str();
    let edge = |edge: &Edge| match edge.label.is_empty() {
        true => format!("{} to {} on failure", name(edge.from), name(edge.to)),
        false => format!("{} to {}: {}", name(edge.from), name(edge.to), edge.label.join(", ")),
    };
    drawing.edges.iter().map(edge).collect::<Vec<_>>().join("; ")
}

fn box_size(node: &Node) -> Size {
    let notes = node.notes.iter().map(|note| width(note, &NOTE)).fold(0.0, f64::max);
    let text = width(&node.label, &LABEL).max(notes).max(NARROWEST - 2.0 * PADDING.width);
    let height = LABEL.line + NOTE.line * node.notes.len() as f64;
    Size { width: (text + 2.0 * PADDING.width).ceil(), height: height + 2.0 * PADDING.height }
}

fn link(edge: &Edge) -> Link {
    let text = edge.label.iter().map(|line| width(line, &EVENT)).fold(0.0, f64::max);
    let label = match edge.label.is_empty() {
        true => Size { width: 0.0, height: 0.0 },
        false => Size {
            width: (text + 2.0 * LABEL_PADDING.width).ceil(),
            height: EVENT.line * edge.label.len() as f64 + 2.0 * LABEL_PADDING.height,
        },
    };
    Link { from: edge.from, to: edge.to, label }
}

/// What a text may be wide: a little more than in the widest of the usual fonts.
fn width(text: &str, font: &Font) -> f64 {
    let share = |char: char| match char {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | ' ' | '.' | ',' | ':' | '-' | '\'' | '|' => 0.38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.74,
        char if char.is_ascii() => 0.62,
        _ => 1.05,
    };
    text.chars().map(share).sum::<f64>() * font.size
}

fn line(edge: &Edge, route: &Route) -> String {
    let class = match edge.style {
        Style::Event => "way",
        Style::Until => "way until",
        Style::Failure => "way failing",
        Style::Timer | Style::Deadline => "way timing",
    };
    let start = route.points[0];
    let curves = route.points[1..]
        .chunks(3)
        .map(|curve| format!(" C{} {} {}", At(curve[0]), At(curve[1]), At(curve[2])));
    let curves: String = curves.collect();
    format!("<g class=\"{class}\"><path d=\"M{}{curves}\"/>{}</g>\n", At(start), arrow(&route.points))
}

/// A head in the direction of the line's end.
fn arrow(points: &[Point]) -> String {
    let (end, before) = (points[points.len() - 1], points[points.len() - 2]);
    let length = (end.x - before.x).hypot(end.y - before.y).max(f64::EPSILON);
    let (along, across) = ((end.x - before.x) / length * HEAD, (end.y - before.y) / length * HEAD);
    let corner = |side: f64| Point { x: end.x - across * side, y: end.y + along * side };
    let tip = Point { x: end.x + along, y: end.y + across };
    format!("<path class=\"head\" d=\"M{} L{} L{} Z\"/>", At(tip), At(corner(0.5)), At(corner(-0.5)))
}

fn line_label(edge: &Edge, middle: Point) -> String {
    if edge.label.is_empty() {
        return String::new();
    }
    let Size { width, height } = link(edge).label;
    let back = format!(
        "<rect class=\"back\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
        Short(middle.x - width / 2.0),
        Short(middle.y - height / 2.0),
        Short(width),
        Short(height),
    );
    let first = middle.y - height / 2.0 + LABEL_PADDING.height + EVENT.line / 2.0;
    let fonts = std::iter::once(&EVENT).chain(std::iter::repeat(&Font { class: "aside", ..EVENT }));
    let lines =
        edge.label.iter().zip(fonts).enumerate().map(|(at, (line, font))| {
            text(line, Point { x: middle.x, y: first + EVENT.line * at as f64 }, font)
        });
    format!("<g>{back}{}</g>\n", lines.collect::<String>())
}

fn node_box(node: &Node, middle: Point, size: Size) -> String {
    let class = match node.kind {
        Kind::Start => "start",
        Kind::Each => "each",
        Kind::Pair => "pair",
        Kind::Gather => "gather",
        Kind::Failure => "failure",
        Kind::Timer => "timer",
        Kind::Question => "question",
        Kind::Stop => "stop",
        Kind::Observers => "observers",
    };
    let first = middle.y - size.height / 2.0 + PADDING.height + LABEL.line / 2.0;
    let notes = node.notes.iter().enumerate().map(|(at, note)| {
        let y = first + (LABEL.line + NOTE.line) / 2.0 + NOTE.line * at as f64;
        text(note, Point { x: middle.x, y }, &NOTE)
    });
    let notes: String = notes.collect();
    let label = text(&node.label, Point { x: middle.x, y: first }, &LABEL);
    format!("<g class=\"{class}\">{}{label}{notes}</g>\n", shape(node, middle, size))
}

/// A box; a second one behind it if many come out, inside it if two come in, pointed ends if many
/// come in, and a sign where a person or a clock moves the run.
fn shape(node: &Node, middle: Point, size: Size) -> String {
    let round = size.height / 2.0;
    match node.kind {
        Kind::Start | Kind::Observers => rect(middle, size, 0.0, round),
        Kind::Stop => rect(middle, size, 0.0, round) + &rect(middle, size, 3.5, round - 3.5),
        Kind::Pair => rect(middle, size, 0.0, 8.0) + &rect(middle, size, 3.5, 5.0),
        Kind::Gather => pointed(middle, size),
        Kind::Question => rect(middle, size, 0.0, 8.0) + &person(corner(middle, size)),
        Kind::Timer => rect(middle, size, 0.0, 8.0) + &clock(corner(middle, size)),
        Kind::Each | Kind::Failure if node.opens => {
            let behind = Point { x: middle.x + 4.0, y: middle.y + 4.0 };
            rect(behind, size, 0.0, 8.0) + &rect(middle, size, 0.0, 8.0)
        }
        Kind::Each | Kind::Failure => rect(middle, size, 0.0, 8.0),
    }
}

fn rect(middle: Point, size: Size, inset: f64, round: f64) -> String {
    let (width, height) = (size.width - 2.0 * inset, size.height - 2.0 * inset);
    format!(
        "<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        Short(middle.x - width / 2.0),
        Short(middle.y - height / 2.0),
        Short(width),
        Short(height),
        Short(round),
    )
}

/// Where a sign stands in a box: in the padding beside the label.
fn corner(middle: Point, size: Size) -> Point {
    let (left, top) = (middle.x - size.width / 2.0, middle.y - size.height / 2.0);
    Point { x: left + PADDING.width / 2.0 + 1.0, y: top + PADDING.width / 2.0 + 2.0 }
}

/// A head and shoulders.
fn person(at: Point) -> String {
    let (left, right) = (Point { x: at.x - 5.0, y: at.y + 6.0 }, Point { x: at.x + 5.0, y: at.y + 6.0 });
    let head = format!("<circle cx=\"{}\" cy=\"{}\" r=\"2.6\"/>", Short(at.x), Short(at.y - 2.4));
    format!("<g class=\"sign\">{head}<path d=\"M{} A5 5 0 0 1 {}\"/></g>", At(left), At(right))
}

/// A clock at three.
fn clock(at: Point) -> String {
    let (twelve, three) = (Point { y: at.y - 3.2, ..at }, Point { x: at.x + 2.6, ..at });
    let face = format!("<circle cx=\"{}\" cy=\"{}\" r=\"5\"/>", Short(at.x), Short(at.y));
    format!("<g class=\"sign\">{face}<path d=\"M{} L{} L{}\"/></g>", At(twelve), At(at), At(three))
}

fn pointed(middle: Point, size: Size) -> String {
    let (x, y, tip) = (size.width / 2.0, size.height / 2.0, 10.0);
    let corners = [(-x, 0.0), (tip - x, -y), (x - tip, -y), (x, 0.0), (x - tip, y), (tip - x, y)];
    let corners = corners.map(|(dx, dy)| At(Point { x: middle.x + dx, y: middle.y + dy }).to_string());
    format!("<path class=\"box\" d=\"M{} Z\"/>", corners.join(" L"))
}

fn text(text: &str, middle: Point, font: &Font) -> String {
    let base = Point { x: middle.x, y: middle.y + font.size * 0.35 };
    format!(
        "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>",
        font.class,
        Short(base.x),
        Short(base.y),
        escape(text)
    )
}

/// Text of XML, which has no word for control characters.
fn escape(text: &str) -> String {
    let escape = |char: char| match char {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER.to_string(),
        char if char.is_control() => char::REPLACEMENT_CHARACTER.to_string(),
        char => char.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A length with at most one digit after the point.
struct Short(f64);

impl Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            _ => write!(f, "{}", tenths as f64 / 10.0),
        }
    }
}

/// A point as paths have it.
struct At(Point);

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", Short(self.0.x), Short(self.0.y))
    }
}
