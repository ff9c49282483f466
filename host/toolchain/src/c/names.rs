//! Short names: those that authors write. They are the names of the WIT; where C, its library or the SDK has a name
//! already, it gets a `_` at its end, and where two types of a world would share one, the later one gets the name of
//! its interface before it.

use std::collections::{HashMap, HashSet};

use wit_bindgen_c::{gen_type_name, to_c_ident};
use wit_bindgen_core::dealias;
use wit_parser::{LiveTypes, Type, TypeId, TypeOwner};

use super::bindings::Bindings;
use super::handlers::Handler;

/// What the SDK defines.
const SDK: &str = "PERMANENT TRANSIENT TRY blob_get blob_put blob_read bytes bytes_result cstr fail_details \
    fail_permanent fail_retry_after fail_transient fail_with failure http_error http_get http_header http_header_of \
    http_json http_request http_response http_result http_send http_successful http_text json_element json_integer \
    json_member json_number json_quote json_text log_debug log_error log_info log_trace log_warn outcome panic \
    run_identity run_now run_random run_whoami some state_add state_append state_delete state_get state_keys \
    state_page state_set take text text_bytes text_copy text_from text_is text_printf text_result text_same texts \
    timer_cancel timer_set tool tool_error tool_list tool_result tools_call tools_list updates_publish";

/// Those of them that stand for code wherever a parenthesis follows, even behind a point.
const SDK_MACROS: &str = "abort panic some take text";

/// The macros in the headers of C and POSIX, which an author may include: those in lower case, and those with a `_`.
const MACROS: &str = include_str!("macros.txt");

/// The functions and types in them.
const LIBRARY: &str = include_str!("declared.txt");

/// What nothing of a world may be called.
pub(super) fn taken() -> impl Iterator<Item = &'static str> {
    [SDK, MACROS, LIBRARY].into_iter().flat_map(str::split_whitespace)
}

/// Whether the SDK has this name.
pub(super) fn is_of_sdk(name: &str) -> bool {
    SDK.split_whitespace().any(|known| known == name)
}

/// What stands for code wherever it stands.
pub(super) fn macros() -> impl Iterator<Item = &'static str> {
    [SDK_MACROS, MACROS].into_iter().flat_map(str::split_whitespace)
}

/// How a member of a struct is called by which authors call a function: `emit.text(…)` would be a macro.
pub(super) fn member(name: &str) -> String {
    let name = to_c_ident(name);
    if macros().any(|known| known == name) { name + "_" } else { name }
}

/// The short names of a world.
pub(crate) struct Names {
    /// Types that get one, in the order of their definitions.
    pub(crate) types: Vec<(TypeId, String)>,
    /// All names that are taken, and whether each stands for a type.
    taken: HashMap<String, bool>,
    /// What was asked for already, with the struct of the bindings that it stands for: an alias and its type are one.
    wanted: HashSet<(String, String)>,
}

impl Names {
    /// Those of all types that the handlers of a world have to do with.
    pub(crate) fn of(bindings: &Bindings, handlers: &[Handler]) -> Names {
        let functions =
            handlers.iter().flat_map(|handler| [handler.name.clone(), format!("{}_emit", handler.name)]);
        let taken = taken().map(str::to_owned);
        let mut names = Names {
            types: Vec::new(),
            wanted: HashSet::new(),
            taken: taken.chain(functions).map(|name| (name, false)).collect(),
        };
        let mut live = LiveTypes::default();
        handlers.iter().flat_map(Handler::events).for_each(|ty| live.add_type(&bindings.resolve, &ty));
        let known = |id: &TypeId| live.contains(*id);
        let is_of_world = |id: &TypeId| matches!(bindings.resolve.types[*id].owner, TypeOwner::World(_));
        let (world, others): (Vec<_>, Vec<_>) =
            bindings.types().map(|(id, _)| id).filter(known).partition(is_of_world);
        for id in world.into_iter().chain(others) {
            names.add(bindings, id);
        }
        let order: HashMap<TypeId, usize> =
            bindings.types().enumerate().map(|(at, (id, _))| (id, at)).collect();
        names.types.sort_by_key(|(id, _)| order[id]);
        names
    }

    /// How authors call a type.
    pub(crate) fn name<'n>(&'n self, bindings: &'n Bindings, ty: Type) -> &'n str {
        match ty {
            Type::String => "text",
            Type::Id(id) => {
                let of = |id: TypeId| bindings.name(Type::Id(dealias(&bindings.resolve, id)));
                let same = |other: TypeId| of(other) == of(id);
                let exact = self.types.iter().find(|(other, _)| *other == id);
                let found = exact.or_else(|| self.types.iter().find(|(other, _)| same(*other)));
                found.map_or_else(|| bindings.name(ty), |(_, name)| name)
            }
            _ => bindings.name(ty),
        }
    }

    /// Whether a name stands for something already.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }

    /// A name for something that is no type.
    pub(crate) fn take(&mut self, wanted: String) -> String {
        let mut name = wanted;
        while self.taken.contains_key(&name) {
            name.push('_');
        }
        self.taken.insert(name.clone(), false);
        name
    }

    fn add(&mut self, bindings: &Bindings, id: TypeId) {
        let target = bindings.name(Type::Id(dealias(&bindings.resolve, id))).to_owned();
        let wanted = match &bindings.resolve.types[id].name {
            Some(name) => to_c_ident(name),
            None => gen_type_name(&bindings.resolve, id).1,
        };
        if !self.wanted.insert((target, wanted.clone())) {
            return;
        }
        let is_another_type = self.taken.get(&wanted) == Some(&true);
        let whole = bindings.name(Type::Id(id));
        let whole = whole.strip_suffix("_t").unwrap_or(whole);
        let name = self.take(if is_another_type { whole.to_owned() } else { wanted });
        self.taken.insert(name.clone(), true);
        self.types.push((id, name));
    }
}
