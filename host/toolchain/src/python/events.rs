//! `events.py`: the classes that authors see of a world's types, as dataclasses whose annotations say what fits.

use std::cell::RefCell;
use std::collections::BTreeSet;

use wit_parser::{Case, Docs, Enum, Field, Flags, Record, Type, TypeDef, TypeDefKind, TypeId, Variant};

use super::names;
use super::types::{Types, behind, is_json, unaliased};

/// Writes the module.
pub(super) fn events(types: &Types, world: &str) -> String {
    let writer = Writer { types, words: RefCell::default(), shadowed: RefCell::default() };
    let classes: Vec<String> = types.order.iter().map(|id| writer.class(*id)).collect();
    let spelled = spelled(types);
    let mut text = format!(
        "\"\"\"The events of world `{world}`, and what they are made of.\n\nWritten from the WIT by `lockstep \
         build`: change that.\n\"\"\"\n\n"
    );
    text += &writer.imports(!spelled.is_empty());
    text += &writer.exported();
    let shadowed = writer.shadowed.borrow();
    let another: String = shadowed.iter().map(|word| format!("_{word} = {word}\n")).collect();
    if !another.is_empty() {
        text += &format!("\n# Fields are called so as well.\n{another}");
    }
    text += &classes.iter().map(|class| format!("\n\n{class}")).collect::<String>();
    if !spelled.is_empty() {
        let rows: String = spelled.iter().map(|(own, wit)| format!("    {own}: {wit:?},\n")).collect();
        text += &format!("\n\nspelled({{\n{rows}}})\n");
    }
    text
}

/// What Python has itself, which a field may be called as well.
const BUILTINS: [&str; 6] = ["bool", "bytes", "float", "list", "str", "tuple"];

struct Writer<'t> {
    types: &'t Types<'t>,
    /// The words of annotations that were used.
    words: RefCell<BTreeSet<String>>,
    /// Those of them that a field is called as well: there they go by another name.
    shadowed: RefCell<BTreeSet<String>>,
}

impl Writer<'_> {
    fn imports(&self, is_spelled: bool) -> String {
        let kinds: Vec<&TypeDefKind> =
            self.types.order.iter().map(|id| &self.types.resolve.types[*id].kind).collect();
        let has = |wanted: fn(&TypeDefKind) -> bool| kinds.iter().any(|kind| wanted(kind));
        let has_case = has(|kind| matches!(kind, TypeDefKind::Variant(_)));
        let mut text = String::new();
        if has_case || has(|kind| matches!(kind, TypeDefKind::Record(_))) {
            text += "from dataclasses import dataclass\n";
        }
        let enums = [
            ("Enum", has(|kind| matches!(kind, TypeDefKind::Enum(_)))),
            ("Flag", has(|kind| matches!(kind, TypeDefKind::Flags(_)))),
        ];
        text += &import("enum", enums.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()));
        text += "\n";
        text += &import("lockstep", self.sdks());
        let words = self.words.borrow();
        let own = words.iter().filter(|word| !BUILTINS.contains(&word.as_str())).cloned();
        let marks = [("case", has_case), ("spelled", is_spelled)];
        let marks = marks.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned());
        text + &import("lockstep.wit", own.chain(marks))
    }

    fn exported(&self) -> String {
        let mut names: Vec<String> = self.sdks().collect();
        for id in &self.types.order {
            names.push(self.types.class(*id).to_owned());
            if let TypeDefKind::Variant(variant) = &self.types.resolve.types[*id].kind {
                names.extend(variant.cases.iter().map(|case| self.types.case(*id, &case.name)));
            }
        }
        names.sort();
        let rows: String = names.iter().map(|name| format!("    {name:?},\n")).collect();
        format!("\n__all__ = [\n{rows}]\n")
    }

    fn sdks(&self) -> impl Iterator<Item = String> {
        self.types.sdks.iter().map(|id| self.types.class(*id).to_owned())
    }

    fn class(&self, id: TypeId) -> String {
        let definition = &self.types.resolve.types[id];
        let class = self.types.class(id);
        match &definition.kind {
            TypeDefKind::Record(record) => self.record(class, definition, record),
            TypeDefKind::Variant(variant) => self.variant(id, definition, variant),
            TypeDefKind::Enum(cases) => enumeration(class, definition, cases),
            TypeDefKind::Flags(flags) => flag(class, definition, flags),
            _ => unreachable!("no other types are named"),
        }
    }

    fn record(&self, class: &str, definition: &TypeDef, record: &Record) -> String {
        let fields: Vec<String> = record.fields.iter().map(|field| names::snake(&field.name)).collect();
        let is_option =
            |field: &Field| matches!(behind(self.types.resolve, field.ty), Some((_, TypeDefKind::Option(_))));
        let trailing = record.fields.iter().rev().take_while(|field| is_option(field)).count();
        let mut text = format!("@dataclass(slots=True)\nclass {class}:\n");
        text += &docstring(&definition.docs, true);
        for (at, field) in record.fields.iter().enumerate() {
            let is_default = at + trailing >= record.fields.len();
            let default = if is_default { " = None" } else { "" };
            text += &format!("    {}: {}{default}\n", fields[at], self.annotation(field.ty, &fields));
            text += &docstring(&field.docs, false);
        }
        text
    }

    fn variant(&self, id: TypeId, definition: &TypeDef, variant: &Variant) -> String {
        let case = |case: &Case| {
            let class = self.types.case(id, &case.name);
            let head = format!("@case({:?})\n@dataclass(slots=True)\nclass {class}:\n", case.name);
            let inside = case.ty.map(|ty| format!("    value: {}\n", self.annotation(ty, &["value".into()])));
            match (docstring(&case.docs, inside.is_some()), inside) {
                (docs, None) if docs.is_empty() => format!("{head}    pass\n"),
                (docs, inside) => format!("{head}{docs}{}", inside.unwrap_or_default()),
            }
        };
        let cases: Vec<String> = variant.cases.iter().map(case).collect();
        let classes: Vec<String> = variant.cases.iter().map(|case| self.types.case(id, &case.name)).collect();
        let docs = docstring(&definition.docs, false).trim_start().to_owned();
        format!("{}\n\n{} = {}\n{docs}", cases.join("\n\n"), self.types.class(id), classes.join(" | "))
    }

    /// The annotation of a type, among fields of these names.
    fn annotation(&self, ty: Type, fields: &[String]) -> String {
        let word = |word: &str| self.word(word, fields);
        if is_json(self.types.resolve, ty) {
            return word("Json");
        }
        let Some((id, kind)) = behind(self.types.resolve, ty) else {
            return word(primitive(unaliased(self.types.resolve, ty)));
        };
        let inner = |ty: &Type| self.annotation(*ty, fields);
        let side = |ty: &Option<Type>| ty.as_ref().map_or("None".to_owned(), inner);
        match kind {
            TypeDefKind::List(Type::U8) => word("bytes"),
            TypeDefKind::List(Type::S8) => word("s8s"),
            TypeDefKind::List(item) => format!("{}[{}]", word("list"), inner(item)),
            TypeDefKind::Tuple(tuple) => {
                let items: Vec<String> = tuple.types.iter().map(inner).collect();
                format!("{}[{}]", word("tuple"), items.join(", "))
            }
            TypeDefKind::Option(item) => match behind(self.types.resolve, *item) {
                Some((_, TypeDefKind::Option(_))) => format!("{}[{}] | None", word("Some"), inner(item)),
                _ => format!("{} | None", inner(item)),
            },
            TypeDefKind::Result(result) => {
                format!("{}[{}] | {}[{}]", word("Ok"), side(&result.ok), word("Err"), side(&result.err))
            }
            _ => self.types.class(id).to_owned(),
        }
    }

    /// A word of annotations; a field of that name would stand in its way.
    fn word(&self, word: &str, fields: &[String]) -> String {
        self.words.borrow_mut().insert(word.to_owned());
        if !fields.iter().any(|field| field == word) {
            return word.to_owned();
        }
        self.shadowed.borrow_mut().insert(word.to_owned());
        format!("_{word}")
    }
}

fn primitive(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "float",
        Type::Char => "char",
        Type::String => "str",
        Type::ErrorContext | Type::Id(_) => unreachable!("a contract has no such events"),
    }
}

fn enumeration(class: &str, definition: &TypeDef, cases: &Enum) -> String {
    let members = cases.cases.iter().enumerate().map(|(at, case)| {
        format!("    {} = {at}\n{}", names::shouted(&case.name), docstring(&case.docs, false))
    });
    format!("class {class}(Enum):\n{}{}", docstring(&definition.docs, true), members.collect::<String>())
}

fn flag(class: &str, definition: &TypeDef, flags: &Flags) -> String {
    let members = flags.flags.iter().enumerate().map(|(at, flag)| {
        format!("    {} = 1 << {at}\n{}", names::shouted(&flag.name), docstring(&flag.docs, false))
    });
    format!("class {class}(Flag):\n{}{}", docstring(&definition.docs, true), members.collect::<String>())
}

/// The names in WIT that the SDK cannot tell from those in Python.
fn spelled(types: &Types) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for id in &types.order {
        let class = types.class(*id);
        let mut member = |name: &str| {
            if names::shouted(name).to_lowercase().replace('_', "-") != name {
                found.push((format!("{class}.{}", names::shouted(name)), name.to_owned()));
            }
        };
        match &types.resolve.types[*id].kind {
            TypeDefKind::Enum(cases) => cases.cases.iter().for_each(|case| member(&case.name)),
            TypeDefKind::Flags(flags) => flags.flags.iter().for_each(|flag| member(&flag.name)),
            TypeDefKind::Record(record) => {
                for field in &record.fields {
                    let (own, key) = (names::snake(&field.name), field.name.replace('-', "_"));
                    if own.trim_end_matches('_') != key {
                        found.push((format!("({class}, {own:?})"), key));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn import(module: &str, names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.sort();
    match names.is_empty() {
        true => String::new(),
        false => format!("from {module} import {}\n", names.join(", ")),
    }
}

/// Comments of WIT as a docstring, and a blank line after one that opens a class.
fn docstring(docs: &Docs, opens: bool) -> String {
    let Some(text) = docs.contents.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return String::new();
    };
    let text = text.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let end = if opens { "\n\n" } else { "\n" };
    match lines[..] {
        [line] if !line.ends_with('"') => format!("    \"\"\"{line}\"\"\"{end}"),
        _ => {
            let inner = lines.join("\n    ").replace("\n    \n", "\n\n");
            format!("    \"\"\"{inner}\n    \"\"\"{end}")
        }
    }
}
