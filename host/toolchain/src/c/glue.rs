//! `handlers.c`: between the exports of the bindings and the author's handlers. What is emitted is copied at once,
//! with all that it points at, so that it may lie on a handler's stack.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

use wit_bindgen_c::to_c_ident;
use wit_parser::{LiveTypes, Type, TypeDefKind, TypeId};

use super::bindings::{Bindings, PREFIX};
use super::handlers::{Emit, Gives, Handler, Wrap, kind};
use super::header::{End, ends};

/// Writes the file.
pub(crate) fn write(bindings: &Bindings, handlers: &[Handler]) -> String {
    let glue = handlers.iter().map(|handler| glue(bindings, handler));
    format!(
        "// Written by `lockstep build`.\n\n#include \"step.h\"\n\n\
         void *lockstep_room(void *list, size_t len, size_t size);\n\n{}{}",
        copies(bindings, handlers),
        glue.collect::<String>()
    )
}

/// For each type that an emitted event may hold and that points somewhere, a function that copies what it points at.
/// Types without a name that two packages have are two, and one in C.
fn copies(bindings: &Bindings, handlers: &[Handler]) -> String {
    let mut live = LiveTypes::default();
    let gives = handlers.iter().filter_map(|handler| handler.gives.as_ref());
    gives.flat_map(|gives| &gives.events).for_each(|emit| live.add_type(&bindings.resolve, &emit.event));
    let ids: BTreeSet<TypeId> = live.iter().collect();
    let types = bindings.types().filter(|(id, _)| ids.contains(id) && bindings.points(Type::Id(*id)));
    let mut seen = HashSet::new();
    types
        .filter(|(_, name)| seen.insert(name.to_string()))
        .map(|(id, name)| {
            format!("static void copy_{name}({name} *it) {{\n{}}}\n\n", copy_parts(bindings, id))
        })
        .collect()
}

fn copy_parts(bindings: &Bindings, id: TypeId) -> String {
    let part = |ty: Type, place: &str| copy(bindings, ty, place);
    match &bindings.resolve.types[id].kind {
        TypeDefKind::Type(ty) => part(*ty, "*it"),
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| part(field.ty, &format!("it->{}", to_c_ident(&field.name))))
            .collect(),
        TypeDefKind::Tuple(tuple) => {
            (0..).zip(&tuple.types).map(|(n, ty): (u32, _)| part(*ty, &format!("it->f{n}"))).collect()
        }
        TypeDefKind::Option(ty) => format!("  if (it->is_some) {{\n{}  }}\n", nested(&part(*ty, "it->val"))),
        TypeDefKind::Result(result) => {
            let side = |ty: Option<Type>, name: &str| {
                nested(&ty.map_or(String::new(), |ty| part(ty, &format!("it->val.{name}"))))
            };
            format!(
                "  if (it->is_err) {{\n{}  }} else {{\n{}  }}\n",
                side(result.err, "err"),
                side(result.ok, "ok")
            )
        }
        TypeDefKind::List(ty) => copy_list(&part(*ty, "it->ptr[i]")),
        TypeDefKind::Map(key, value) => {
            copy_list(&(part(*key, "it->ptr[i].key") + &part(*value, "it->ptr[i].value")))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().enumerate().filter_map(|(n, case)| {
                let copied = part(case.ty?, &format!("it->val.{}", to_c_ident(&case.name)));
                (!copied.is_empty()).then(|| format!("  if (it->tag == {n}) {{\n{}  }}\n", nested(&copied)))
            });
            cases.collect()
        }
        _ => String::new(),
    }
}

fn copy(bindings: &Bindings, ty: Type, place: &str) -> String {
    match ty {
        Type::String => format!("  {place} = text_copy({place});\n"),
        ty if bindings.points(ty) => {
            let pointer = if place == "*it" { "it".to_owned() } else { format!("&{place}") };
            format!("  copy_{}({pointer});\n", bindings.name(ty))
        }
        _ => String::new(),
    }
}

/// Two spaces further in.
fn nested(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

fn copy_list(element: &str) -> String {
    let elements = match element.is_empty() {
        true => String::new(),
        false => format!("  for (size_t i = 0; i < it->len; i++) {{\n{}  }}\n", nested(element)),
    };
    format!(
        "  __typeof__(it->ptr) made = lockstep_take(sizeof *it->ptr, it->len);\n  \
         if (it->len) memcpy(made, it->ptr, it->len * sizeof *made);\n  it->ptr = made;\n{elements}"
    )
}

fn glue(bindings: &Bindings, handler: &Handler) -> String {
    let mut text = String::new();
    if let Some(gives) = &handler.gives {
        if gives.wrap.is_list() {
            let _ =
                writeln!(text, "static {} list_of_{};\n", bindings.name(list(bindings, gives)), handler.name);
        }
        for (at, emit) in gives.events.iter().enumerate() {
            text += &emitter(bindings, handler, gives, emit, &member(handler, at));
        }
    }
    let ends = ends(handler.gives.as_ref());
    for ((end, _), at) in ends.iter().zip(handler.gives.as_ref().map_or(0, |gives| gives.events.len())..) {
        text += &ender(bindings, handler, *end, &member(handler, at));
    }
    text + &export(bindings, handler)
}

/// The function behind a member of `emit`. By its number, since names joined to names may be the same.
fn member(handler: &Handler, at: usize) -> String {
    format!("emit_{at}_{}", handler.name)
}

/// The type of the list within the result of a handler that emits one.
fn list(bindings: &Bindings, gives: &Gives) -> Type {
    match (gives.wrap, kind(&bindings.resolve, gives.whole)) {
        (Wrap::OptionOfList, Some((_, TypeDefKind::Option(list)))) => *list,
        _ => gives.whole,
    }
}

/// The function behind `emit.refund_approved`.
fn emitter(bindings: &Bindings, handler: &Handler, gives: &Gives, emit: &Emit, called: &str) -> String {
    let (name, event_type) = (&handler.name, bindings.name(emit.event));
    let copied = copy(bindings, emit.event, "event");
    let told = match gives.wrap {
        Wrap::One | Wrap::Option => {
            format!("{whole} *told = take({whole}, 1);", whole = bindings.name(gives.whole))
        }
        _ => format!(
            "list_of_{name}.ptr = lockstep_room(list_of_{name}.ptr, list_of_{name}.len, sizeof *list_of_{name}.ptr);\n  \
             __typeof__(list_of_{name}.ptr) told = &list_of_{name}.ptr[list_of_{name}.len++];"
        ),
    };
    let (some, part, all) = match gives.wrap {
        Wrap::Option | Wrap::ListOfOption => ("  told->is_some = true;\n", "told->val.", "told->val"),
        _ => ("", "told->", "*told"),
    };
    let value = match &emit.case {
        Some((tag, case)) => {
            format!("  {part}tag = {tag};\n  {part}val.{} = event;\n", to_c_ident(case))
        }
        None => format!("  {all} = event;\n"),
    };
    let (returns, end) = match gives.wrap.is_list() {
        true => ("void", ""),
        false => ("outcome", "  outcome made = {told, NULL};\n  return made;\n"),
    };
    format!("static {returns} {called}({event_type} event) {{\n{copied}  {told}\n{some}{value}{end}}}\n\n")
}

/// The function behind `emit.done` and `emit.nothing`.
fn ender(bindings: &Bindings, handler: &Handler, end: End, called: &str) -> String {
    let name = &handler.name;
    let whole = handler.gives.as_ref().map(|gives| (gives.wrap, bindings.name(gives.whole)));
    let told = match (end, whole) {
        (End::Done, None) => "  static const bool told = true;\n  outcome made = {&told, NULL};\n".to_owned(),
        (End::Done, Some((Wrap::OptionOfList, whole))) => format!(
            "  {whole} *told = take({whole}, 1);\n  told->is_some = true;\n  told->val = list_of_{name};\n  \
             outcome made = {{told, NULL}};\n"
        ),
        (End::Done, Some(_)) => format!("  outcome made = {{&list_of_{name}, NULL}};\n"),
        (End::Nothing, whole) => {
            let whole = whole.map_or("bool", |(_, whole)| whole);
            format!("  static const {whole} told = {{0}};\n  outcome made = {{&told, NULL}};\n")
        }
    };
    format!("static outcome {called}(void) {{\n{told}  return made;\n}}\n\n")
}

/// The function that the bindings call.
fn export(bindings: &Bindings, handler: &Handler) -> String {
    let name = &handler.name;
    let params = handler.params.iter().enumerate();
    let params: String =
        params.map(|(at, (_, ty))| format!("{} *event_{at}, ", bindings.name(*ty))).collect();
    let arguments: String = (0..handler.params.len()).map(|at| format!("event_{at}, ")).collect();
    let members =
        handler.gives.as_ref().map_or(0, |gives| gives.events.len()) + ends(handler.gives.as_ref()).len();
    let emit = (0..members).map(|at| member(handler, at)).collect::<Vec<_>>().join(", ");
    let (ret, value) = match &handler.gives {
        None => (String::new(), String::new()),
        Some(gives) => {
            let whole = bindings.name(gives.whole);
            (format!("{whole} *ret, "), format!("  *ret = *(const {whole} *)lockstep_told.emitted;\n"))
        }
    };
    format!(
        "bool exports_{PREFIX}_{name}({params}{ret}lockstep_types_failure_t *err) {{\n  \
         static const {name}_emit lockstep_emit = {{{emit}}};\n  \
         outcome lockstep_told = {name}({arguments}lockstep_emit);\n  \
         if (lockstep_told.failed) {{\n    *err = *lockstep_told.failed;\n    return false;\n  }}\n  \
         if (!lockstep_told.emitted) panic(\"`{name}` returned neither an event nor a failure\");\n{value}  return true;\n}}\n\n"
    )
}
