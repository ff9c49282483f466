//! The WIT types of one Go package: their names, and their declarations.
//!
//! A record is a struct, an enum and flags are numbers with constants, `option` is a pointer. A variant is an
//! interface: a case that holds a record is that record itself, so that an author returns the event; any other case
//! is a struct of its own.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use wit_parser::{
    Docs, Enum, Flags, FlagsRepr, Int, Record, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner,
    Variant,
};

use super::names::{self, upper};

/// The package that has the host's own words: `failure`, `json`.
pub(super) const LOCKSTEP: &str = "lockstep";

/// Where types are declared, and whether anybody else sees them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The package `events`, which authors use.
    Events,
    /// A package of the SDK, which keeps them to itself.
    Sdk(&'static str),
}

/// The named types that something reaches, and what Go calls them.
pub(super) struct Types<'r> {
    pub(super) resolve: &'r Resolve,
    home: Home,
    /// Members before what holds them.
    order: Vec<TypeId>,
    names: BTreeMap<TypeId, String>,
    /// The cases of enums and variants, and flags, that need a name of their own.
    members: BTreeMap<(TypeId, String), String>,
    taken: BTreeSet<String>,
    /// How many elements the tuples have.
    pub(super) tuples: BTreeSet<usize>,
}

/// Types as one file of a package writes them.
pub(super) struct Scope<'t> {
    pub(super) types: &'t Types<'t>,
    /// The package of the file.
    package: &'t str,
    /// The packages that it has named so far.
    used: RefCell<BTreeSet<&'static str>>,
}

/// What stands behind a case of a variant.
pub(super) enum CaseForm {
    /// The record that it holds, as it is.
    Itself(TypeId),
    /// A struct of its own, with a field `Value` where it holds something.
    Wrapped(String),
}

impl Home {
    fn package(self) -> &'static str {
        match self {
            Home::Events => "events",
            Home::Sdk(package) => package,
        }
    }

    fn named(self, name: &str) -> String {
        match self {
            Home::Events => upper(name),
            Home::Sdk(_) => format!("host{}", upper(name)),
        }
    }
}

impl<'r> Types<'r> {
    /// Those that some types are made of; or which of them Go steps cannot have.
    pub(super) fn reached(
        resolve: &'r Resolve,
        home: Home,
        roots: impl IntoIterator<Item = Type>,
    ) -> Result<Types<'r>, String> {
        let mut types = Types {
            resolve,
            home,
            order: Vec::new(),
            names: BTreeMap::new(),
            members: BTreeMap::new(),
            taken: BTreeSet::new(),
            tuples: BTreeSet::new(),
        };
        roots.into_iter().try_for_each(|root| types.reach(root))?;
        types.name();
        Ok(types)
    }

    fn reach(&mut self, ty: Type) -> Result<(), String> {
        let Type::Id(id) = ty else { return Ok(()) };
        if self.order.contains(&id) {
            return Ok(());
        }
        let definition = &self.resolve.types[id];
        match &definition.kind {
            TypeDefKind::Type(inner) | TypeDefKind::List(inner) | TypeDefKind::Option(inner) => {
                return self.reach(*inner);
            }
            TypeDefKind::Result(result) => {
                return result.ok.into_iter().chain(result.err).try_for_each(|ty| self.reach(ty));
            }
            TypeDefKind::Tuple(tuple) => {
                self.tuples.insert(tuple.types.len());
                return tuple.types.iter().try_for_each(|ty| self.reach(*ty));
            }
            TypeDefKind::Record(record) => record.fields.iter().try_for_each(|field| self.reach(field.ty))?,
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().filter_map(|case| case.ty).try_for_each(|ty| self.reach(ty))?;
            }
            TypeDefKind::Enum(_) | TypeDefKind::Flags(_) => {}
            other => {
                return Err(format!(
                    "its events hold a {}, which steps in Go cannot have; a list says the same",
                    other.as_str()
                ));
            }
        }
        if !self.is_lockstep(definition) {
            self.order.push(id);
        }
        Ok(())
    }

    /// Types first, with the name of their interface where two are called alike; what comes with them after.
    fn name(&mut self) {
        for id in self.order.clone() {
            let definition = &self.resolve.types[id];
            let plain = self.home.named(definition.name.as_deref().unwrap_or_default());
            let interface = match definition.owner {
                TypeOwner::Interface(id) => self.resolve.interfaces[id].name.as_deref().unwrap_or_default(),
                _ => "",
            };
            let name = match self.taken.contains(&plain) {
                true => upper(interface) + &plain,
                false => plain,
            };
            let name = self.free(name);
            self.names.insert(id, name);
        }
        for id in self.order.clone() {
            for member in members(&self.resolve.types[id].kind) {
                let name = self.free(self.names[&id].clone() + &upper(member));
                self.members.insert((id, member.to_owned()), name);
            }
        }
    }

    fn free(&mut self, mut name: String) -> String {
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// Whether it is one of the words that the SDK itself declares.
    fn is_lockstep(&self, definition: &TypeDef) -> bool {
        match definition.owner {
            TypeOwner::Interface(id) => names::of_lockstep(self.resolve, id) == Some("types"),
            _ => false,
        }
    }

    /// Whether it is `json`, under whatever alias.
    pub(super) fn is_json(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        let definition = &self.resolve.types[*id];
        match &definition.kind {
            TypeDefKind::Type(_)
                if self.is_lockstep(definition) && definition.name.as_deref() == Some("json") =>
            {
                true
            }
            TypeDefKind::Type(inner) => self.is_json(inner),
            _ => false,
        }
    }

    /// The definition behind all aliases.
    pub(super) fn base(&self, ty: &Type) -> Option<(TypeId, &'r TypeDefKind)> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(inner) => self.base(inner),
            kind => Some((*id, kind)),
        }
    }

    /// Whether Go writes it as an interface, which may be nil by itself.
    pub(super) fn is_variant(&self, ty: &Type) -> bool {
        matches!(self.base(ty), Some((_, TypeDefKind::Variant(_))))
    }

    /// What stands behind each case of a variant. A record that two cases hold says of neither which it is.
    pub(super) fn cases(&self, id: TypeId, variant: &Variant) -> Vec<CaseForm> {
        let record = |ty: Option<Type>| match self.base(&ty?) {
            Some((id, TypeDefKind::Record(_))) if self.names.contains_key(&id) => Some(id),
            _ => None,
        };
        let records: Vec<_> = variant.cases.iter().map(|case| record(case.ty)).collect();
        let is_single = |id: &TypeId| records.iter().flatten().filter(|other| *other == id).count() == 1;
        let form = |(case, record): (&wit_parser::Case, &Option<TypeId>)| match record.filter(is_single) {
            Some(record) => CaseForm::Itself(record),
            None => CaseForm::Wrapped(self.member(id, &case.name)),
        };
        variant.cases.iter().zip(&records).map(form).collect()
    }

    /// A name that begins with the one of its type: `ColorDeepBlue`.
    fn member(&self, id: TypeId, name: &str) -> String {
        self.members[&(id, name.to_owned())].clone()
    }

    /// The name of a field, which no method may have.
    pub(super) fn field(&self, name: &str) -> String {
        let name = upper(name);
        let is_marker = self.names.keys().any(|id| self.marker(*id) == name);
        if is_marker { name + "_" } else { name }
    }

    /// The method by which a case says that it is one of a variant's.
    pub(super) fn marker(&self, id: TypeId) -> String {
        let word = if self.home == Home::Events { "As" } else { "as" };
        let name = &self.names[&id];
        format!("{word}{}", name.strip_prefix("host").unwrap_or(name))
    }
}

impl<'t> Scope<'t> {
    pub(super) fn new(types: &'t Types<'t>, package: &'t str) -> Scope<'t> {
        Scope { types, package, used: RefCell::default() }
    }

    /// A name of another package, or of this one.
    pub(super) fn of(&self, package: &'static str, name: &str) -> String {
        if package == self.package {
            return name.to_owned();
        }
        self.used.borrow_mut().insert(package);
        format!("{package}.{name}")
    }

    /// The packages that were named.
    pub(super) fn used(&self) -> BTreeSet<&'static str> {
        self.used.borrow().clone()
    }

    /// A named type.
    pub(super) fn named(&self, id: TypeId) -> String {
        match self.types.names.get(&id) {
            Some(name) => self.of(self.types.home.package(), name),
            None => {
                let name = self.types.resolve.types[id].name.as_deref().unwrap_or_default();
                self.of(LOCKSTEP, &upper(name))
            }
        }
    }

    /// The constant of a case of an enum.
    pub(super) fn constant(&self, id: TypeId, case: &str) -> String {
        self.local(&self.types.member(id, case))
    }

    /// A type that belongs to a named one.
    fn local(&self, name: &str) -> String {
        self.of(self.types.home.package(), name)
    }

    /// What is behind a case.
    pub(super) fn case(&self, form: &CaseForm) -> String {
        match form {
            CaseForm::Itself(id) => self.named(*id),
            CaseForm::Wrapped(name) => self.local(name),
        }
    }

    /// Any type.
    pub(super) fn go(&self, ty: &Type) -> String {
        let id = match ty {
            Type::Bool => return "bool".into(),
            Type::U8 => return "uint8".into(),
            Type::U16 => return "uint16".into(),
            Type::U32 => return "uint32".into(),
            Type::U64 => return "uint64".into(),
            Type::S8 => return "int8".into(),
            Type::S16 => return "int16".into(),
            Type::S32 => return "int32".into(),
            Type::S64 => return "int64".into(),
            Type::F32 => return "float32".into(),
            Type::F64 => return "float64".into(),
            Type::Char => return "rune".into(),
            Type::String | Type::ErrorContext => return "string".into(),
            Type::Id(id) => *id,
        };
        if self.types.is_json(ty) {
            return self.of(LOCKSTEP, "JSON");
        }
        match &self.types.resolve.types[id].kind {
            TypeDefKind::Type(inner) => self.go(inner),
            TypeDefKind::List(Type::U8) => "[]byte".into(),
            TypeDefKind::List(element) => format!("[]{}", self.go(element)),
            TypeDefKind::Option(payload) if self.types.is_variant(payload) => self.go(payload),
            TypeDefKind::Option(payload) => format!("*{}", self.go(payload)),
            TypeDefKind::Result(result) => {
                let sides = [result.ok, result.err].map(|ty| self.or_unit(ty)).join(", ");
                self.of(LOCKSTEP, &format!("Result[{sides}]"))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.go(ty)).collect();
                self.of(LOCKSTEP, &format!("Tuple{}[{}]", types.len(), types.join(", ")))
            }
            _ => self.named(id),
        }
    }

    /// The type of a side of a result.
    pub(super) fn or_unit(&self, ty: Option<Type>) -> String {
        ty.map_or_else(|| "struct{}".to_owned(), |ty| self.go(&ty))
    }

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
        let field = |field: &wit_parser::Field| {
            let key = match self.types.home {
                Home::Events => format!("`json:\"{}\"`", field.name.replace('-', "_")),
                Home::Sdk(_) => String::new(),
            };
            (commented(&field.docs), [self.types.field(&field.name), self.go(&field.ty), key])
        };
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

/// What an enum of events can do: it is a word for people and in JSON.
const ENUM: &str = r#"
var wordsOfENUM = []string{WORDS}

// String is its word.
func (value ENUM) String() string { return words.Of(wordsOfENUM, int(value)) }

// MarshalText is its word.
func (value ENUM) MarshalText() ([]byte, error) { return []byte(value.String()), nil }

// UnmarshalText reads its word.
func (value *ENUM) UnmarshalText(text []byte) error {
at, err := words.At(wordsOfENUM, string(text))
*value = ENUM(at)
return err
}
"#;

/// What of a type has a name beside its own.
fn members(kind: &TypeDefKind) -> Vec<&str> {
    match kind {
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| &*case.name).collect(),
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| &*case.name).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| &*flag.name).collect(),
        _ => Vec::new(),
    }
}

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

/// Lines of three columns, which are as wide as they have to be from one comment to the next.
fn aligned(lines: Vec<(String, [String; 3])>) -> String {
    let mut text = String::new();
    let mut begin = 0;
    while begin < lines.len() {
        let next = lines[begin + 1..].iter().position(|(comment, _)| !comment.is_empty());
        let end = next.map_or(lines.len(), |next| begin + 1 + next);
        let width = |column: usize| lines[begin..end].iter().map(|(_, cells)| cells[column].len()).max();
        let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        for (comment, [name, ty, key]) in &lines[begin..end] {
            let line = format!("{name:first$} {ty:second$} {key}");
            let _ = writeln!(text, "{comment}{}", line.trim_end());
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
