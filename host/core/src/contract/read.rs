//! Reads a contract from the bytes of a component, in any language the same: the world is decoded
//! from the binary, handlers are its `on-…` functions, and type identity follows `use` to the
//! interface that defines a record. Every byte is hostile; the answer is a contract or refusals.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wit_component::DecodedWasm;
use wit_parser::{
    Function, FunctionKind, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, World,
    WorldItem,
};

use super::classes::{classify, types_only};
use super::refusal::{Refusal, sniff};
use super::{Contract, Emits, Handler, Import, Param, Pattern};
use crate::event::TypeName;
use crate::shape::{Case, Field, Shape};

/// What a tool exports.
pub(super) const TOOL: &str = "lockstep:step/tool@0.1.";

/// Deeper types than this are refused: nobody writes them, and walking them takes stack.
const DEPTH: usize = 64;

impl Contract {
    /// The contract of a component, or everything that is wrong with it. One that is a tool needs no handler.
    pub fn read(bytes: &[u8]) -> Result<Contract, Vec<Refusal>> {
        sniff(bytes).map_err(|refusal| vec![refusal])?;
        let (resolve, world) = decode(bytes).map_err(|refusal| vec![refusal])?;
        let reader = Reader { resolve: &resolve, events: BTreeMap::new(), refusals: Vec::new() };
        reader.contract(&resolve.worlds[world])
    }

    /// Whether it can do the work of a step.
    pub fn is_step(&self) -> Result<(), Refusal> {
        if self.handlers.is_empty() { Err(no_handler(&self.ignored)) } else { Ok(()) }
    }

    /// Whether it is a tool.
    pub fn is_tool(&self) -> Result<(), Refusal> {
        let is_tool = self.ignored.iter().any(|name| name.starts_with(TOOL));
        if is_tool { Ok(()) } else { Err(Refusal::NoTool) }
    }
}

fn decode(bytes: &[u8]) -> Result<(Resolve, wit_parser::WorldId), Refusal> {
    is_whole(bytes)?;
    // The decoder is not ours, and the bytes are a stranger's: a panic in it is a damaged component.
    let decoded = catch_unwind(AssertUnwindSafe(|| wit_component::decode(bytes)));
    match decoded {
        Ok(Ok(DecodedWasm::Component(resolve, world))) => Ok((resolve, world)),
        Ok(Ok(DecodedWasm::WitPackage(..))) => Err(Refusal::NotAComponent {
            found: "it is a WIT package",
            fix: "give the component that was built against it",
        }),
        Ok(Err(error)) => {
            Err(Refusal::Damaged(error.root_cause().to_string().lines().next().unwrap_or_default().into()))
        }
        Err(_) => Err(Refusal::Damaged("its types cannot be decoded".into())),
    }
}

/// Whether every section lies within the bytes: the decoder reads from a stream, and makes room for what
/// a section claims to hold before it is there.
pub(super) fn is_whole(bytes: &[u8]) -> Result<(), Refusal> {
    let mut sections = wasmparser::Parser::new(0).parse_all(bytes);
    let damaged = |error: wasmparser::BinaryReaderError| Refusal::Damaged(error.to_string());
    sections.try_for_each(|section| section.map(drop)).map_err(damaged)
}

struct Reader<'r> {
    resolve: &'r Resolve,
    events: BTreeMap<TypeName, Shape>,
    refusals: Vec<Refusal>,
}

/// Why an export is no handler, or a part of an event no data.
type Read<T> = Result<T, Refusal>;

/// What a parameter takes.
enum Takes {
    One(Param),
    Many(Param),
}

impl<'r> Reader<'r> {
    fn contract(mut self, world: &World) -> Result<Contract, Vec<Refusal>> {
        let imports = self.imports(world);
        let (mut handlers, mut ignored) = (Vec::new(), Vec::new());
        for (key, item) in &world.exports {
            let name = self.resolve.name_world_key(key);
            match item {
                WorldItem::Function(function) if name.starts_with("on-") => match self.handler(function) {
                    Ok(handler) => handlers.push(handler),
                    Err(refusal) => self.refusals.push(refusal),
                },
                _ => match self.other_export(&name) {
                    Ok(()) => ignored.push(name),
                    Err(refusal) => self.refusals.push(refusal),
                },
            }
        }
        let is_tool = ignored.iter().any(|name| name.starts_with(TOOL));
        if handlers.is_empty() && !is_tool && self.refusals.is_empty() {
            self.refusals.push(no_handler(&ignored));
        }
        match self.refusals.is_empty() {
            true => Ok(Contract { handlers, events: self.events, imports, ignored }),
            false => Err(self.refusals),
        }
    }

    fn imports(&self, world: &World) -> Vec<Import> {
        let interfaces = world.imports.iter().filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } if self.is_types_only(*id) => {
                Some(types_only(&self.resolve.name_world_key(key)))
            }
            WorldItem::Interface { .. } => Some(classify(&self.resolve.name_world_key(key))),
            WorldItem::Function(function) => Some(classify(&function.name)),
            WorldItem::Type { .. } => None,
        });
        interfaces.collect()
    }

    fn is_types_only(&self, id: InterfaceId) -> bool {
        let interface = &self.resolve.interfaces[id];
        let is_resource = |ty: &TypeId| matches!(self.resolve.types[*ty].kind, TypeDefKind::Resource);
        interface.functions.is_empty() && !interface.types.values().any(is_resource)
    }

    /// Exports that toolchains add are nobody's business, unless they look like the host's.
    fn other_export(&self, name: &str) -> Read<()> {
        if name.starts_with("on-") {
            return Err(not_a_handler(name, "it is an interface; export a function of that name".into()));
        }
        let is_known = name.starts_with(TOOL);
        match name.starts_with("lockstep:") && !is_known {
            true => Err(Refusal::UnknownExport(name.to_owned())),
            false => Ok(()),
        }
    }

    fn handler(&mut self, function: &Function) -> Read<Handler> {
        let name = &function.name;
        let refuse = |why: String| not_a_handler(name, why);
        if !matches!(function.kind, FunctionKind::Freestanding) {
            return Err(refuse("it is async; export it as a plain `func`".into()));
        }
        let takes = self.takes(function)?;
        let gives = self.gives(function)?;
        Ok(Handler { name: name.clone(), takes, gives })
    }

    fn takes(&mut self, function: &Function) -> Read<Pattern> {
        let refuse = |why: &str| not_a_handler(&function.name, why.to_owned());
        let mut params = Vec::new();
        for param in &function.params {
            params.push(self.param(function, &param.name, param.ty)?);
        }
        match <[Takes; 1]>::try_from(params) {
            Ok([Takes::One(event)]) => return Ok(Pattern::Each(event)),
            Ok([Takes::Many(all)]) => return Ok(Pattern::Gather(all)),
            Err(several) => params = several,
        }
        match <[Takes; 2]>::try_from(params) {
            Ok([Takes::One(x), Takes::One(y)]) if x.event == y.event => Err(refuse(&format!(
                "`{}` and `{}` take the same event; take a `list` of it",
                x.name, y.name
            ))),
            Ok([Takes::One(x), Takes::One(y)]) => Ok(Pattern::Pair(x, y)),
            Ok([Takes::One(with), Takes::Many(all)]) => Ok(Pattern::GatherWith { with, all }),
            Ok([Takes::Many(_), Takes::One(_)]) => {
                Err(refuse("the single event comes first: `func(q: a, all: list<b>)`"))
            }
            Ok([Takes::Many(_), Takes::Many(_)]) => {
                Err(refuse("it takes two lists; gather each in a handler of its own"))
            }
            Err(none) if none.is_empty() => Err(refuse("it takes no event; give it one: `func(event: a)`")),
            Err(_) => Err(refuse("it takes more than two parameters; join events two by two")),
        }
    }

    fn param(&mut self, function: &Function, name: &str, ty: Type) -> Read<Takes> {
        let (many, inner) = match self.kind(ty) {
            Some(TypeDefKind::List(inner)) => (true, *inner),
            _ => (false, ty),
        };
        let event = self.event(inner).map_err(|refusal| match refusal {
            Refusal::Handler { why, .. } => {
                not_a_handler(&function.name, format!("its parameter `{name}` {why}"))
            }
            other => other,
        })?;
        let param = Param { name: name.to_owned(), event };
        Ok(if many { Takes::Many(param) } else { Takes::One(param) })
    }

    fn gives(&mut self, function: &Function) -> Read<Emits> {
        let refuse = |why: String| not_a_handler(&function.name, why);
        let wanted =
            "it must return `result<…, failure>`, where `failure` is `lockstep:step/types@0.1.0.failure`";
        let Some(TypeDefKind::Result(result)) = function.result.and_then(|ty| self.kind(ty)) else {
            return Err(refuse(wanted.into()));
        };
        let (ok, err) = (result.ok, result.err);
        match err.and_then(|ty| self.named(ty)) {
            Some(name) if is_failure(&name) => {}
            Some(name) => return Err(refuse(format!("{wanted}; its error is `{name}`"))),
            None => return Err(refuse(wanted.into())),
        }
        let Some(ok) = ok else { return Ok(Emits::Nothing) };
        let emits = self.emits(ok).map_err(|refusal| match refusal {
            Refusal::Handler { why, .. } => refuse(format!("what it returns {why}")),
            other => other,
        })?;
        match has_plain_form(&emits) {
            true => Ok(emits),
            false => Err(refuse(
                "its result nests `list` and `option` deeper than one of each; flatten it to `list<…>`"
                    .into(),
            )),
        }
    }

    fn emits(&mut self, ty: Type) -> Read<Emits> {
        match self.kind(ty) {
            Some(TypeDefKind::Option(inner)) => Ok(Emits::Option(Box::new(self.emits(*inner)?))),
            Some(TypeDefKind::List(inner)) => Ok(Emits::List(Box::new(self.emits(*inner)?))),
            Some(TypeDefKind::Variant(variant)) => {
                let mut cases = Vec::new();
                for case in &variant.cases {
                    let Some(ty) = case.ty else {
                        return Err(why(format!("has a case `{}` without an event; give it one", case.name)));
                    };
                    cases.push((case.name.clone(), self.event(ty)?));
                }
                Ok(Emits::Variant(cases))
            }
            _ => Ok(Emits::Event(self.event(ty)?)),
        }
    }

    /// The event type that a type names, its shape noted.
    fn event(&mut self, ty: Type) -> Read<TypeName> {
        let fix = "an event is a `record` that an interface defines";
        let Some(definition) = self.definition(ty) else {
            return Err(why(format!("is of type `{}`; {fix}", plain(ty))));
        };
        let name = definition.name.clone().unwrap_or_default();
        if !matches!(definition.kind, TypeDefKind::Record(_)) {
            return Err(why(format!("is of type `{}`; {fix}", definition.kind.as_str())));
        }
        let Some(full) = self.type_name(definition) else {
            return Err(why(format!("takes `{name}`, which the world itself defines; {fix}")));
        };
        if !self.events.contains_key(&full) {
            let shape = self.shape(ty, &full.name, 0)?;
            self.events.insert(full.clone(), shape);
        }
        Ok(full)
    }

    fn shape(&self, ty: Type, path: &str, depth: usize) -> Read<Shape> {
        let at = |ty: Type, path: &str| self.shape(ty, path, depth + 1).map(Box::new);
        if depth > DEPTH {
            return Err(Refusal::NotData { path: path.to_owned(), found: "type nested too deeply" });
        }
        if self.is_json(ty) {
            return Ok(Shape::Json);
        }
        let Some(kind) = self.kind(ty) else { return primitive(self.behind(ty), path) };
        Ok(match kind {
            TypeDefKind::List(Type::U8) => Shape::Bytes,
            TypeDefKind::List(inner) => Shape::List(at(*inner, &format!("{path}[]"))?),
            TypeDefKind::FixedLengthList(inner, n) => Shape::FixedList(at(*inner, &format!("{path}[]"))?, *n),
            TypeDefKind::Map(key, value) => {
                Shape::Map(at(*key, &format!("{path}{{key}}"))?, at(*value, &format!("{path}{{}}"))?)
            }
            TypeDefKind::Option(inner) => Shape::Option(at(*inner, path)?),
            TypeDefKind::Result(result) => {
                let side =
                    |ty: Option<Type>, word: &str| ty.map(|ty| at(ty, &format!("{path}.{word}"))).transpose();
                Shape::Result(side(result.ok, "ok")?, side(result.err, "err")?)
            }
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| {
                    let shape = self.shape(field.ty, &format!("{path}.{}", field.name), depth + 1)?;
                    Ok(Field::new(&field.name, shape))
                });
                Shape::Record(fields.collect::<Read<_>>()?)
            }
            TypeDefKind::Tuple(tuple) => {
                let types = (0..).zip(&tuple.types);
                let shapes = types.map(|(i, ty)| self.shape(*ty, &format!("{path}.{i}"), depth + 1));
                Shape::Tuple(shapes.collect::<Read<_>>()?)
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| {
                    let shape = case.ty.map(|ty| self.shape(ty, &format!("{path}.{}", case.name), depth + 1));
                    Ok(Case { name: case.name.clone(), shape: shape.transpose()? })
                });
                Shape::Variant(cases.collect::<Read<_>>()?)
            }
            TypeDefKind::Enum(e) => Shape::Enum(e.cases.iter().map(|case| case.name.clone()).collect()),
            TypeDefKind::Flags(f) => Shape::Flags(f.flags.iter().map(|flag| flag.name.clone()).collect()),
            other => return Err(Refusal::NotData { path: path.to_owned(), found: other.as_str() }),
        })
    }

    /// What a type is made of, behind all its aliases; `None` for a primitive.
    fn kind(&self, ty: Type) -> Option<&'r TypeDefKind> {
        self.definition(ty).map(|definition| &definition.kind)
    }

    fn definition(&self, mut ty: Type) -> Option<&'r TypeDef> {
        loop {
            let Type::Id(id) = ty else { return None };
            match &self.resolve.types[id].kind {
                TypeDefKind::Type(inner) => ty = *inner,
                _ => return Some(&self.resolve.types[id]),
            }
        }
    }

    /// A type behind all its aliases.
    fn behind(&self, mut ty: Type) -> Type {
        while let Type::Id(id) = ty
            && let TypeDefKind::Type(inner) = self.resolve.types[id].kind
        {
            ty = inner;
        }
        ty
    }

    /// The full name of the named type that a type is, or is an alias of.
    fn named(&self, ty: Type) -> Option<TypeName> {
        self.type_name(self.definition(ty)?)
    }

    fn type_name(&self, definition: &TypeDef) -> Option<TypeName> {
        let TypeOwner::Interface(interface) = definition.owner else { return None };
        let interface = &self.resolve.interfaces[interface];
        let package = &self.resolve.packages[interface.package?].name;
        Some(TypeName {
            package: format!("{}:{}", package.namespace, package.name),
            interface: interface.name.clone()?,
            name: definition.name.clone()?,
            version: package.version.clone(),
        })
    }

    /// `json` is an alias of `string`: only its name tells.
    fn is_json(&self, mut ty: Type) -> bool {
        while let Type::Id(id) = ty {
            let definition = &self.resolve.types[id];
            let name = self.type_name(definition);
            if name.is_some_and(|name| name.unversioned() == "lockstep:step/types/json") {
                return true;
            }
            let TypeDefKind::Type(inner) = definition.kind else { return false };
            ty = inner;
        }
        false
    }
}

/// `list` and `option` at most once each around a body.
fn has_plain_form(emits: &Emits) -> bool {
    match emits {
        Emits::Option(inner) => match &**inner {
            Emits::List(body) => is_body(body),
            body => is_body(body),
        },
        Emits::List(inner) => match &**inner {
            Emits::Option(body) => is_body(body),
            body => is_body(body),
        },
        body => is_body(body),
    }
}

fn is_body(emits: &Emits) -> bool {
    matches!(emits, Emits::Nothing | Emits::Event(_) | Emits::Variant(_))
}

fn is_failure(name: &TypeName) -> bool {
    let track = name.version.as_ref().map(|version| (version.major, version.minor));
    name.unversioned() == "lockstep:step/types/failure" && track == Some((0, 1))
}

fn primitive(ty: Type, path: &str) -> Read<Shape> {
    Ok(match ty {
        Type::Bool => Shape::Bool,
        Type::U8 => Shape::U8,
        Type::U16 => Shape::U16,
        Type::U32 => Shape::U32,
        Type::U64 => Shape::U64,
        Type::S8 => Shape::S8,
        Type::S16 => Shape::S16,
        Type::S32 => Shape::S32,
        Type::S64 => Shape::S64,
        Type::F32 => Shape::F32,
        Type::F64 => Shape::F64,
        Type::Char => Shape::Char,
        Type::String => Shape::String,
        Type::ErrorContext | Type::Id(_) => {
            return Err(Refusal::NotData { path: path.to_owned(), found: "error-context" });
        }
    })
}

fn plain(ty: Type) -> String {
    format!("{ty:?}").to_lowercase()
}

pub(super) fn no_handler(exports: &[String]) -> Refusal {
    let list = exports.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let exports = if list.is_empty() { String::new() } else { format!("; it exports {list}") };
    Refusal::NoHandler { exports }
}

fn not_a_handler(handler: &str, why: String) -> Refusal {
    Refusal::Handler { handler: handler.to_owned(), why }
}

/// A refusal of a part of a handler; whoever knows the handler puts its name in.
fn why(why: String) -> Refusal {
    not_a_handler("", why)
}
