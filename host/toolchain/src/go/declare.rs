//! The declarations of types. A record is a struct, an enum and flags are numbers with constants. A variant is an
//! interface: a case that holds a record is that record itself, so that an author returns the event; any other case is
//! a struct of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wit_parser::{Docs, Enum, Field, Flags, FlagsRepr, Int, Record, TypeDefKind, TypeId, Variant};

use super::scope::Scope;
use super::types::{CaseForm, Home};

impl Scope<'_> {
    /// The declarations of all types of the package.
    pub(super) fn declarations(&self) -> String {
        let mut code = String::new();
        for id in &self.types.order {
            let (id, definition) = (*id, &self.types.resolve.types[*id]);
            code.push('\n');
            code += &match &definition.kind {
                TypeDefKind::Record(record) => self.record(id, record, &definition.docs),
                TypeDefKind::Variant(variant) => self.variant(id, variant, &definition.docs),
                TypeDefKind::Enum(cases) => self.enumeration(id, cases, &definition.docs),
                TypeDefKind::Flags(flags) => self.flags(id, flags, &definition.docs),
                _ => String::new(),
            };
        }
        code
    }

    fn record(&self, id: TypeId, record: &Record, docs: &Docs) -> String {
        let field =
            |field: &Field| (commented(&field.docs), [self.types.field(&field.name), self.go(&field.ty)]);
        let fields = aligned(record.fields.iter().map(field).collect());
        format!("{}type {} struct {{\n{fields}}}\n", commented(docs), self.named(id))
    }

    fn variant(&self, id: TypeId, variant: &Variant, docs: &Docs) -> String {
        let (name, marker) = (self.named(id), self.types.marker(id));
        let forms = self.types.cases(id, variant);
        let all: Vec<_> = forms.iter().map(|form| self.case(form)).collect();
        let mut code = commented(docs);
        let _ = writeln!(code, "// {name} is one of {}.", all.join(", "));
        let _ = writeln!(code, "type {name} interface {{\n{marker}() {name}\n}}");
        for ((case, form), own) in variant.cases.iter().zip(&forms).zip(&all) {
            if let CaseForm::Wrapped(_) = form {
                let value = case.ty.map(|ty| format!("Value {}", self.go(&ty))).unwrap_or_default();
                let _ = writeln!(code, "\n{}type {own} struct {{\n{value}\n}}", commented(&case.docs));
            }
            let _ = writeln!(code, "\nfunc (value {own}) {marker}() {name} {{ return value }}");
        }
        code.replace(" {\n\n}", "{}")
    }

    fn enumeration(&self, id: TypeId, cases: &Enum, docs: &Docs) -> String {
        let name = self.named(id);
        let mut code = commented(docs);
        let _ = writeln!(code, "type {name} {}\n\nconst (", number(cases.tag()));
        for (at, case) in cases.cases.iter().enumerate() {
            let first = if at == 0 { format!(" {name} = iota") } else { String::new() };
            let _ = writeln!(code, "{}{}{first}", commented(&case.docs), self.types.member(id, &case.name));
        }
        code += ")\n";
        if self.types.home == Home::Events {
            let words: Vec<_> = cases.cases.iter().map(|case| format!("{:?}", case.name)).collect();
            self.of("words", "Of");
            code += &ENUM.replace("ENUM", &name).replace("WORDS", &words.join(", "));
        }
        code
    }

    fn flags(&self, id: TypeId, flags: &Flags, docs: &Docs) -> String {
        let name = self.named(id);
        let mut code = commented(docs);
        let _ = writeln!(code, "type {name} {}\n\nconst (", bits(flags));
        for (at, flag) in flags.flags.iter().enumerate() {
            let first = if at == 0 { format!(" {name} = 1 << iota") } else { String::new() };
            let _ = writeln!(code, "{}{}{first}", commented(&flag.docs), self.types.member(id, &flag.name));
        }
        code + ")\n"
    }
}

/// What an enum of events can do: it is a word for people.
const ENUM: &str = r"
var wordsOfENUM = []string{WORDS}

// String is its word.
func (value ENUM) String() string { return words.Of(wordsOfENUM, int(value)) }
";

/// The number behind an enum.
pub(super) fn number(tag: Int) -> &'static str {
    match tag {
        Int::U8 => "uint8",
        Int::U16 => "uint16",
        Int::U32 | Int::U64 => "uint32",
    }
}

/// The number behind flags.
fn bits(flags: &Flags) -> &'static str {
    match flags.repr() {
        FlagsRepr::U8 => "uint8",
        FlagsRepr::U16 => "uint16",
        FlagsRepr::U32(_) => "uint32",
    }
}

/// Lines of two columns, of which the first is as wide as it has to be from one comment to the next.
fn aligned(lines: Vec<(String, [String; 2])>) -> String {
    let mut text = String::new();
    let mut begin = 0;
    while begin < lines.len() {
        let next = lines[begin + 1..].iter().position(|(comment, _)| !comment.is_empty());
        let end = next.map_or(lines.len(), |next| begin + 1 + next);
        let width = lines[begin..end].iter().map(|(_, [name, _])| name.len()).max().unwrap_or(0);
        for (comment, [name, ty]) in &lines[begin..end] {
            let _ = writeln!(text, "{comment}{name:width$} {ty}");
        }
        begin = end;
    }
    text
}

/// The comment of WIT as one of Go.
pub(super) fn commented(docs: &Docs) -> String {
    let lines = docs.contents.as_deref().unwrap_or_default().trim().lines();
    lines.map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect()
}

/// The tuples of Go, which has none of its own, by how many elements they have.
pub(super) fn tuples(lengths: &BTreeSet<usize>) -> String {
    let mut code = String::new();
    for length in lengths {
        let types: Vec<_> = (0..*length).map(|at| format!("T{at}")).collect();
        let fields: String = (0..*length).map(|at| format!("F{at} T{at}\n")).collect();
        let _ = writeln!(code, "\n// Tuple{length} is {length} values of types of their own.");
        let _ = writeln!(code, "type Tuple{length}[{} any] struct {{\n{fields}}}", types.join(", "));
    }
    code
}
