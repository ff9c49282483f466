//! What the generators need of a world: its handlers, the types that their events are made of under the names that
//! JavaScript has for them, and the interfaces that it imports.

use std::collections::{BTreeSet, HashMap};

use wit_parser::{Docs, Function, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, WorldItem};

use super::names;
use crate::World;

/// The modules of the SDK, each by the interface of `lockstep:step` that it calls, in the order of its pages.
pub(super) const MODULES: [&str; 8] = ["log", "state", "http", "tools", "updates", "timer", "run", "blob"];

/// A world, as JavaScript sees it.
pub(super) struct Model<'w> {
    /// `assess`
    pub(super) name: &'w str,
    /// Its handlers, in its order.
    pub(super) handlers: Vec<Handler<'w>>,
    /// Every named type of an event, after those that it is made of.
    pub(super) types: Vec<TypeId>,
    /// The modules of the SDK that it imports the interfaces of, with the full names of those.
    pub(super) modules: Vec<(&'static str, String)>,
    resolve: &'w Resolve,
    names: HashMap<TypeId, String>,
    events: HashMap<TypeId, String>,
}

/// A handler.
pub(super) struct Handler<'w> {
    /// `on-refund-requested`
    pub(super) wit: &'w str,
    /// `onRefundRequested`
    pub(super) name: String,
    /// What the world says of it.
    pub(super) docs: &'w Docs,
    /// Its parameters by their names in WIT.
    pub(super) takes: Vec<(String, Takes)>,
    /// What it returns.
    pub(super) gives: Gives,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// An event.
    One(TypeId),
    /// All events of a scope.
    Many(TypeId),
}

/// What a handler returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// `_`
    Nothing,
    /// An event.
    Event(TypeId),
    /// One of several, by case.
    Variant(Vec<(String, TypeId)>),
    /// One of these, or nothing.
    Option(Box<Gives>),
    /// Any number of these.
    List(Box<Gives>),
}

impl<'w> Model<'w> {
    pub(super) fn of(world: &'w World) -> Model<'w> {
        let mut model = Model {
            name: world.name(),
            handlers: Vec::new(),
            types: Vec::new(),
            modules: Vec::new(),
            resolve: &world.resolve,
            names: HashMap::new(),
            events: HashMap::new(),
        };
        model.imports(world);
        model.handlers = model.functions(world).map(|function| model.handler(function)).collect();
        model.note_events(world);
        model.note_names(world);
        model
    }

    /// What WIT says of a type.
    pub(super) fn definition(&self, id: TypeId) -> &'w TypeDef {
        &self.resolve.types[id]
    }

    /// The name of a type in JavaScript, if it has one.
    pub(super) fn name_of(&self, id: TypeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The short name of an event, if a type is one that handlers take or return.
    pub(super) fn event(&self, id: TypeId) -> Option<&str> {
        self.events.get(&id).map(String::as_str)
    }

    /// The events by class, in the order of the types.
    pub(super) fn classes(&self) -> Vec<&str> {
        let events = self.types.iter().filter(|id| self.events.contains_key(*id));
        events.filter_map(|id| self.name_of(*id)).collect()
    }

    /// The type that a name in WIT leads to: through every `use`, up to where it is defined.
    pub(super) fn origin(&self, mut id: TypeId) -> TypeId {
        while let TypeDefKind::Type(Type::Id(inner)) = self.resolve.types[id].kind
            && self.resolve.types[inner].owner != self.resolve.types[id].owner
        {
            id = inner;
        }
        id
    }

    /// Whether a type is `lockstep:step/types.json`: an alias, which only its name tells.
    pub(super) fn is_json(&self, id: TypeId) -> bool {
        let definition = self.definition(id);
        let TypeOwner::Interface(owner) = definition.owner else { return false };
        let interface = &self.resolve.interfaces[owner];
        let package = interface.package.map(|id| &self.resolve.packages[id].name);
        definition.name.as_deref() == Some("json")
            && interface.name.as_deref() == Some("types")
            && package.is_some_and(|name| (&*name.namespace, &*name.name) == ("lockstep", "step"))
    }

    fn functions(&self, world: &'w World) -> impl Iterator<Item = &'w Function> + use<'w> {
        world.resolve.worlds[world.id].exports.values().filter_map(|item| match item {
            WorldItem::Function(function) if function.name.starts_with("on-") => Some(function),
            _ => None,
        })
    }

    fn imports(&mut self, world: &World) {
        for key in world.resolve.worlds[world.id].imports.keys() {
            let name = self.resolve.name_world_key(key);
            let own = name.strip_prefix("lockstep:step/").and_then(|rest| rest.split('@').next());
            if let Some(module) = MODULES.into_iter().find(|module| own == Some(module)) {
                self.modules.push((module, name));
            }
        }
        let place = |module: &str| MODULES.iter().position(|known| *known == module);
        self.modules.sort_by_key(|(module, _)| place(module));
    }

    fn handler(&self, function: &'w Function) -> Handler<'w> {
        let takes = function.params.iter().map(|param| {
            let takes = match self.kind(param.ty) {
                Some(TypeDefKind::List(inner)) => Takes::Many(self.record(*inner)),
                _ => Takes::One(self.record(param.ty)),
            };
            (param.name.clone(), takes)
        });
        let ok = function.result.and_then(|ty| match self.kind(ty) {
            Some(TypeDefKind::Result(result)) => result.ok,
            _ => None,
        });
        Handler {
            wit: &function.name,
            name: names::camel(&function.name),
            docs: &function.docs,
            takes: takes.collect(),
            gives: ok.map_or(Gives::Nothing, |ty| self.gives(ty)),
        }
    }

    fn gives(&self, ty: Type) -> Gives {
        match self.kind(ty) {
            Some(TypeDefKind::Option(inner)) => Gives::Option(Box::new(self.gives(*inner))),
            Some(TypeDefKind::List(inner)) => Gives::List(Box::new(self.gives(*inner))),
            Some(TypeDefKind::Variant(variant)) => {
                let case = |case: &wit_parser::Case| Some((case.name.clone(), self.record(case.ty?)));
                Gives::Variant(variant.cases.iter().filter_map(case).collect())
            }
            _ => Gives::Event(self.record(ty)),
        }
    }

    /// What a type is made of, behind all its names.
    fn kind(&self, mut ty: Type) -> Option<&'w TypeDefKind> {
        loop {
            let Type::Id(id) = ty else { return None };
            match &self.resolve.types[id].kind {
                TypeDefKind::Type(inner) => ty = *inner,
                kind => return Some(kind),
            }
        }
    }

    /// The record of an event; the contract has made sure that it is one.
    fn record(&self, mut ty: Type) -> TypeId {
        loop {
            let Type::Id(id) = ty else { unreachable!("an event is a record") };
            match &self.resolve.types[id].kind {
                TypeDefKind::Type(inner) => ty = *inner,
                _ => return id,
            }
        }
    }

    /// Every event by its short name, or with its interface where two have the same.
    fn note_events(&mut self, world: &World) {
        let given = self.handlers.iter().flat_map(|handler| handler.gives.events());
        let taken =
            self.handlers.iter().flat_map(|handler| handler.takes.iter().map(|(_, takes)| takes.event()));
        let all: BTreeSet<TypeId> = given.chain(taken).collect();
        let same = |name: &str| world.contract.events.keys().filter(|event| event.name == name).count();
        for id in all {
            let name = self.definition(id).name.clone().unwrap_or_default();
            let short = match same(&name) {
                0 | 1 => name,
                _ => self.unversioned(id, &name),
            };
            self.events.insert(id, short);
        }
    }

    fn unversioned(&self, id: TypeId, name: &str) -> String {
        let TypeOwner::Interface(owner) = self.definition(id).owner else { return name.to_owned() };
        let interface = self.resolve.id_of(owner).unwrap_or_default();
        format!("{}/{name}", interface.split('@').next().unwrap_or_default())
    }

    /// Names every type that an event is made of, after those that it is made of itself.
    fn note_names(&mut self, world: &World) {
        let mut preferred = HashMap::new();
        for item in world.resolve.worlds[world.id].imports.values() {
            if let WorldItem::Type { id, .. } = item {
                preferred.insert(self.origin(*id), self.definition(*id).name.clone());
            }
        }
        let taken =
            self.handlers.iter().flat_map(|handler| handler.takes.iter().map(|(_, takes)| takes.event()));
        let given = self.handlers.iter().flat_map(|handler| handler.gives.events());
        let mut order = Vec::new();
        taken.chain(given).for_each(|event| self.visit(Type::Id(event), &mut order));
        for id in &order {
            let own = preferred.get(id).cloned().flatten().or_else(|| self.definition(*id).name.clone());
            let name = self.free_name(*id, &names::class(&own.unwrap_or_default()));
            self.names.insert(*id, name);
        }
        self.types = order;
    }

    fn visit(&self, ty: Type, order: &mut Vec<TypeId>) {
        let Type::Id(id) = ty else { return };
        let id = self.origin(id);
        let definition = self.definition(id);
        if order.contains(&id) {
            return;
        }
        self.parts(definition).into_iter().for_each(|part| self.visit(part, order));
        if definition.name.is_some() {
            order.push(id);
        }
    }

    /// The types that a type is made of.
    fn parts(&self, definition: &TypeDef) -> Vec<Type> {
        match &definition.kind {
            TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            TypeDefKind::Tuple(tuple) => tuple.types.clone(),
            TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
            TypeDefKind::Option(inner)
            | TypeDefKind::List(inner)
            | TypeDefKind::FixedLengthList(inner, _)
            | TypeDefKind::Type(inner) => vec![*inner],
            TypeDefKind::Map(key, value) => vec![*key, *value],
            TypeDefKind::Result(result) => result.ok.into_iter().chain(result.err).collect(),
            _ => Vec::new(),
        }
    }

    /// The name that a type has, or with its interface before it where another has that already.
    fn free_name(&self, id: TypeId, name: &str) -> String {
        let is_taken = |name: &str| self.names.values().any(|known| known == name);
        let interface = match self.definition(id).owner {
            TypeOwner::Interface(owner) => self.resolve.interfaces[owner].name.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let longer = names::class(&interface) + name;
        let numbered = (2..).map(|n| format!("{name}{n}"));
        let mut names = [name.to_owned(), longer].into_iter().chain(numbered);
        names.find(|name| !is_taken(name)).expect("there are more numbers than types")
    }
}

impl Takes {
    /// The event.
    pub(super) fn event(self) -> TypeId {
        match self {
            Takes::One(event) | Takes::Many(event) => event,
        }
    }
}

impl Gives {
    /// The events that it may be, in order.
    pub(super) fn events(&self) -> Vec<TypeId> {
        match self {
            Gives::Nothing => Vec::new(),
            Gives::Event(event) => vec![*event],
            Gives::Variant(cases) => cases.iter().map(|(_, event)| *event).collect(),
            Gives::Option(inner) | Gives::List(inner) => inner.events(),
        }
    }
}
