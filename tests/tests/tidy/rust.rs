//! A look at Rust sources by their tokens: enough to see which paths a file names, which macros it
//! calls, what its attributes say and how long its functions are. Comments and text never count.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::offence::Offence;
use crate::tree::File;

/// The tokens of a file, level by level: those at the top, then those of each bracket.
pub(crate) struct Tokens(Vec<Vec<TokenTree>>);

/// Something that a file names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// `std::env::args`, or the bare name of a macro.
    pub(crate) name: String,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of its `fn`.
    pub(crate) line: usize,
    /// Lines from its `fn` to its closing brace.
    pub(crate) length: usize,
}

impl Tokens {
    /// The tokens of a file; an offence if it is no Rust.
    pub(crate) fn of(file: &File) -> Result<Tokens, Offence> {
        let stream = file.text.parse::<TokenStream>();
        let stream = stream.map_err(|error| {
            file.offence(error.span().start().line, format!("this cannot be read as rust: {error}"))
        })?;
        Ok(Tokens(levels(stream)))
    }

    /// Every path, with the groups of `use` taken apart: `use std::{env, fs}` names two.
    pub(crate) fn paths(&self) -> Vec<Named> {
        self.0.iter().flat_map(|level| paths(level, "")).collect()
    }

    /// Every macro that is called.
    pub(crate) fn macros(&self) -> Vec<Named> {
        self.starts().filter_map(call).collect()
    }

    /// Every word of every attribute.
    pub(crate) fn attributes(&self) -> Vec<Named> {
        let words = self.starts().filter_map(attribute).flat_map(|group| levels(group.stream())).flatten();
        words.filter_map(|token| word(&token)).collect()
    }

    /// Every function with a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        self.starts().filter_map(function).collect()
    }

    /// Each token with those that follow it on its level.
    fn starts(&self) -> impl Iterator<Item = &[TokenTree]> {
        self.0.iter().flat_map(|level| (0..level.len()).map(|at| &level[at..]))
    }
}

fn levels(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let level: Vec<TokenTree> = stream.into_iter().collect();
    let inner: Vec<_> = level.iter().filter_map(group).flat_map(|group| levels(group.stream())).collect();
    std::iter::once(level).chain(inner).collect()
}

fn group(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    }
}

fn word(token: &TokenTree) -> Option<Named> {
    match token {
        TokenTree::Ident(ident) => Some(Named { name: ident.to_string(), line: line(ident.span()) }),
        _ => None,
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn paths(level: &[TokenTree], before: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < level.len() {
        let (named, next) = path(&level[at..], before);
        found.extend(named);
        at += next;
    }
    found
}

/// The paths that begin with the first of these tokens, and how many tokens they take.
fn path(tokens: &[TokenTree], before: &str) -> (Vec<Named>, usize) {
    let Some(mut named) = word(&tokens[0]).filter(|word| word.name != "use") else {
        return (Vec::new(), 1);
    };
    named.name.insert_str(0, before);
    let mut taken = 1;
    while is_punct(tokens.get(taken), ':') && is_punct(tokens.get(taken + 1), ':') {
        match tokens.get(taken + 2) {
            Some(TokenTree::Ident(ident)) => named.name.push_str(&format!("::{ident}")),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let level: Vec<TokenTree> = group.stream().into_iter().collect();
                return (paths(&level, &format!("{}::", named.name)), taken + 3);
            }
            _ => break,
        }
        taken += 3;
    }
    (vec![named], taken)
}

fn call(tokens: &[TokenTree]) -> Option<Named> {
    match tokens {
        [name, TokenTree::Punct(bang), TokenTree::Group(_), ..] if bang.as_char() == '!' => word(name),
        _ => None,
    }
}

fn attribute(tokens: &[TokenTree]) -> Option<&Group> {
    let after = if is_punct(tokens.get(1), '!') { 2 } else { 1 };
    let brackets = group(tokens.get(after)?).filter(|group| group.delimiter() == Delimiter::Bracket);
    brackets.filter(|_| is_punct(tokens.first(), '#'))
}

fn function(tokens: &[TokenTree]) -> Option<Function> {
    let start = word(tokens.first()?).filter(|named| named.name == "fn")?;
    let name = word(tokens.get(1)?)?.name;
    let rest = tokens[2..].iter().take_while(|token| !is_punct(Some(token), ';'));
    let body = rest.filter_map(group).find(|group| group.delimiter() == Delimiter::Brace)?;
    let length = body.span_close().end().line + 1 - start.line;
    Some(Function { name, line: start.line, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Tokens {
        Tokens::of(&File::planted("a.rs", text)).unwrap_or_else(|offence| panic!("{offence}"))
    }

    fn names(named: Vec<Named>) -> Vec<String> {
        named.into_iter().map(|named| format!("{} {}", named.line, named.name)).collect()
    }

    #[test]
    fn groups_of_use_are_taken_apart() {
        let text = "use std::{env,\n  fs::{self, File}};\nuse ::a::b as c;";
        let expected = ["1 std::env", "2 std::fs::self", "2 std::fs::File", "3 a::b"];
        assert_eq!(names(tokens(text).paths())[..4], expected);
    }

    #[test]
    fn paths_are_seen_inside_macros_and_not_inside_text_or_comments() {
        let text =
            "fn f() { m!(x, std::env::args()) }\n// std::fs\nconst A: &str = \"std::net\"; /* std::io */";
        let found = names(tokens(text).paths());
        assert!(found.contains(&"1 std::env::args".to_owned()));
        assert!(!found.iter().any(|name| name.contains("fs") || name.contains("net") || name.contains("io")));
    }

    #[test]
    fn a_macro_call_is_no_comparison() {
        let text = "fn f() { println!(\"\"); a != (b); a = !(c); std::todo!() }";
        assert_eq!(names(tokens(text).macros()), ["1 println", "1 todo"]);
    }

    #[test]
    fn words_of_attributes_are_seen_inside_and_outside() {
        let text = "#![allow(x)]\n#[test]\n#[cfg_attr(y, ignore)]\nfn f() { vec![z]; }";
        assert_eq!(
            names(tokens(text).attributes()),
            ["1 allow", "1 x", "2 test", "3 cfg_attr", "3 y", "3 ignore"]
        );
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace_wherever_they_stand() {
        let text = "trait T { fn none(); fn one(&self) -> [u8; { 1 }] where Self: Sized {\n } }\n\
                    type F = fn(u8);\nmod m { fn two() {\n fn in_it() {}\n } }";
        let found: Vec<_> =
            tokens(text).functions().into_iter().map(|f| (f.name, f.line, f.length)).collect();
        assert_eq!(found, [("one".into(), 1, 2), ("two".into(), 4, 3), ("in_it".into(), 5, 1)]);
    }

    #[test]
    fn what_is_no_rust_is_an_offence() {
        assert!(Tokens::of(&File::planted("a.rs", "fn f( {")).is_err());
    }
}
