//! `step.h`: all that an author sees of the world. The types of its events under short names, for each handler the
//! signature to implement and the events that it may emit, and the parts of the SDK for what the world imports.

use std::fmt::Write;

use heck::ToSnakeCase;
use wit_bindgen_c::to_c_ident;
use wit_parser::{Case, Type, TypeDefKind};

use super::bindings::Bindings;
use super::handlers::{Emit, Gives, Handler, Wrap, kind};
use super::names::Names;

/// Writes the header. `parts` are the headers of the SDK, by their paths.
pub(crate) fn write(bindings: &Bindings, handlers: &[Handler], names: &mut Names, parts: &[&str]) -> String {
    let world = &bindings.resolve.worlds[bindings.world].name;
    let includes: String = parts.iter().map(|part| format!("#include \"{part}\"\n")).collect();
    let types = types(bindings, names);
    let handlers: String = handlers.iter().map(|handler| declaration(bindings, handler, names)).collect();
    format!(
        "// Written by `lockstep build` from world `{world}`: whatever is changed here is written anew.\n\n\
         #ifndef LOCKSTEP_STEP_H\n#define LOCKSTEP_STEP_H\n\n{includes}\n\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n\
         // The types of the events, as the WIT names them.\n\n{types}\n\
         // The handlers: the step has each of them.\n{handlers}\n\
         #ifdef __cplusplus\n}}\n#endif\n#endif\n"
    )
}

/// The signature of a handler, as an author writes it.
pub(crate) fn signature(bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    let params = handler
        .params
        .iter()
        .map(|(name, ty)| format!("{} *{}, ", names.name(bindings, *ty), parameter(name, names)));
    let params: String = params.collect();
    format!("outcome {name}({params}{name}_emit {EMIT})", name = handler.name)
}

/// A parameter by a name that stands for nothing else in its handler.
pub(crate) fn parameter(name: &str, names: &Names) -> String {
    let name = to_c_ident(name);
    let is_taken = name == EMIT || names.has(&name);
    if is_taken { name + "_" } else { name }
}

/// The last parameter of every handler.
pub(crate) const EMIT: &str = "emit";

/// What `emit` has besides events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All is emitted that is to be.
    Done,
    /// There is no event.
    Nothing,
}

/// How a handler may end without one more event, each by a name that none of its events has.
pub(crate) fn ends(gives: Option<&Gives>) -> Vec<(End, String)> {
    let ends: &[End] = match gives.map(|gives| gives.wrap) {
        None | Some(Wrap::List | Wrap::ListOfOption) => &[End::Done],
        Some(Wrap::One) => &[],
        Some(Wrap::Option) => &[End::Nothing],
        Some(Wrap::OptionOfList) => &[End::Done, End::Nothing],
    };
    let events = gives.map_or(&[][..], |gives| &gives.events);
    let named = ends.iter().map(|end| {
        let mut name = match end {
            End::Done => "done".to_owned(),
            End::Nothing => "nothing".to_owned(),
        };
        while events.iter().any(|event| event.name == name) {
            name.push('_');
        }
        (*end, name)
    });
    named.collect()
}

fn types(bindings: &Bindings, names: &mut Names) -> String {
    let mut text = String::new();
    for (id, name) in names.types.clone() {
        let Some((target, kind)) = kind(&bindings.resolve, Type::Id(id)) else { continue };
        let own = bindings.resolve.types[id].docs.contents.as_deref();
        text += &docs(own.or(bindings.resolve.types[target].docs.contents.as_deref()));
        let _ = writeln!(text, "typedef {} {name};", bindings.name(Type::Id(id)));
        text += &cases(bindings, names, &name, kind);
    }
    text
}

/// The constants of an enum, of flags and of a variant; and for a variant what makes its values.
fn cases(bindings: &Bindings, names: &mut Names, ty: &str, kind: &TypeDefKind) -> String {
    let number = |at: usize| format!("{at}u");
    match kind {
        TypeDefKind::Enum(it) => constants(names, ty, it.cases.iter().map(|case| &case.name), number),
        TypeDefKind::Flags(it) => {
            constants(names, ty, it.flags.iter().map(|flag| &flag.name), |at| format!("(1u << {at})"))
        }
        TypeDefKind::Variant(it) => {
            let mut text = constants(names, ty, it.cases.iter().map(|case| &case.name), number);
            for (at, case) in it.cases.iter().enumerate() {
                let maker = names.take(format!("{}_{}", plain(ty), case.name.to_snake_case()));
                text += &constructor(bindings, names, ty, &maker, (at, case));
            }
            text
        }
        _ => String::new(),
    }
}

/// The name of a type without what keeps it apart from others.
fn plain(ty: &str) -> &str {
    ty.trim_end_matches('_')
}

/// A constant for each case: `COLOR_DEEP_BLUE`.
fn constants<'c>(
    names: &mut Names,
    ty: &str,
    cases: impl Iterator<Item = &'c String>,
    value: impl Fn(usize) -> String,
) -> String {
    let lines = cases.enumerate().map(|(at, case)| {
        let name = names.take(format!("{}_{}", plain(ty), case.to_snake_case()).to_uppercase());
        format!("#define {name} {}\n", value(at))
    });
    lines.collect()
}

/// A function that makes a value of a variant, since an initializer would have to say its case twice.
fn constructor(
    bindings: &Bindings,
    names: &Names,
    name: &str,
    maker: &str,
    (tag, case): (usize, &Case),
) -> String {
    let param = case.ty.map_or("void".into(), |ty| format!("{} value", names.name(bindings, ty)));
    let value =
        case.ty.map_or(String::new(), |_| format!("  made.val.{} = value;\n", to_c_ident(&case.name)));
    format!(
        "static inline {name} {maker}({param}) {{\n  {name} made;\n  memset(&made, 0, sizeof made);\n  \
         made.tag = {tag};\n{value}  return made;\n}}\n"
    )
}

fn declaration(bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    let name = &handler.name;
    let gives = handler.gives.as_ref();
    let returns = if gives.is_some_and(|gives| gives.wrap.is_list()) { "void" } else { "outcome" };
    let events = gives.map_or(&[][..], |gives| &gives.events);
    let event =
        |emit: &Emit| format!("  {returns} (*{})({} event);\n", emit.name, names.name(bindings, emit.event));
    let members: String = events.iter().map(event).collect();
    let ends: String = ends(gives).iter().map(|(_, end)| format!("  outcome (*{end})(void);\n")).collect();
    let docs = docs(handler.docs);
    let signature = signature(bindings, handler, names);
    format!("\ntypedef struct {name}_emit {{\n{members}{ends}}} {name}_emit;\n\n{docs}{signature};\n")
}

fn docs(text: Option<&str>) -> String {
    // A backslash at the end would draw the next line into the comment.
    let lines = text.unwrap_or_default().trim().lines().map(|line| line.trim_end_matches('\\'));
    lines.map(|line| format!("/// {line}\n")).collect()
}
