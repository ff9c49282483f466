//! `step.zig`, which is all that an author sees of the world: the types of its events as Zig has them, and the parts of
//! the SDK for what it imports. And `root.zig`, which stands between the bindings and the author's handlers.

use wit_parser::{Docs, Flags, Type, TypeDefKind, TypeId};

use super::names::{Names, field, function};
use crate::c::{Bindings, Handler, flags_bits};
use crate::imports;

/// Writes what authors import as `step`.
pub(super) fn step(bindings: &Bindings, names: &Names) -> String {
    let world = &bindings.resolve.worlds[bindings.world].name;
    let parts = parts(bindings).map(|part| format!("pub const {part} = @import(\"lockstep/{part}.zig\");\n"));
    let parts: String = parts.collect();
    let types: String = names.types.iter().map(|(id, name)| definition(bindings, names, *id, name)).collect();
    format!(
        "//! Written by `lockstep build` from world `{world}`: whatever is changed here is written anew.\n\n\
         const core = @import(\"lockstep/core.zig\");\n\n\
         pub const allocator = core.allocator;\npub const print = core.print;\n\
         pub const Json = core.Json;\npub const Failed = core.Failed;\npub const Failure = core.Failure;\n\
         pub const FailureKind = core.FailureKind;\npub const transient = core.transient;\n\
         pub const permanent = core.permanent;\npub const fail = core.fail;\npub const explain = core.explain;\n\n\
         {parts}\n/// For `root.zig`.\npub const glue = @import(\"lockstep/glue.zig\");\n{types}"
    )
}

/// The interfaces that a world imports and the SDK has a part for.
pub(super) fn parts(bindings: &Bindings) -> impl Iterator<Item = &'static str> {
    imports::parts().filter(|part| bindings.imports(part))
}

/// Writes the root of the program.
pub(super) fn root(bindings: &Bindings, handlers: &[Handler], names: &Names) -> String {
    let world = &bindings.resolve.worlds[bindings.world].name;
    let exports: String = handlers.iter().map(|handler| export(bindings, handler, names, world)).collect();
    let log = match bindings.imports("log") {
        false => "",
        true => {
            "pub const std_options: std.Options = .{ .logFn = logged };\n\n\
             fn logged(\n    comptime level: std.log.Level,\n    comptime _: @EnumLiteral(),\n    \
             comptime format: []const u8,\n    values: anytype,\n) void {\n    \
             step.log.line(@field(step.log.Level, @tagName(if (level == .err) .@\"error\" else level)), format, values);\n}\n"
        }
    };
    format!(
        "//! Written by `lockstep build`.\n\nconst std = @import(\"std\");\nconst c = @import(\"c\");\n\
         const step = @import(\"step\");\nconst handlers = @import(\"handlers\");\n\n\
         pub const panic = std.debug.FullPanic(step.glue.panicked);\n{log}{exports}"
    )
}

/// The signature of a handler, as an author writes it.
pub(super) fn signature(bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    let params = handler
        .params
        .iter()
        .map(|(name, ty)| format!("{}: {}", parameter(name), names.write(bindings, *ty, "step.")));
    let params = params.collect::<Vec<_>>().join(", ");
    format!("pub fn {}({params}) !{}", function(handler.export), given(bindings, handler, names))
}

/// A parameter by a name that stands for nothing else.
pub(super) fn parameter(name: &str) -> String {
    if name == "step" { "step_".into() } else { field(name) }
}

/// What a handler returns that does not fail.
pub(super) fn given(bindings: &Bindings, handler: &Handler, names: &Names) -> String {
    handler.gives.as_ref().map_or("void".into(), |gives| names.write(bindings, gives.whole, "step."))
}

fn export(bindings: &Bindings, handler: &Handler, names: &Names, world: &str) -> String {
    let (name, export) = (function(handler.export), handler.export);
    let wanted = signature(bindings, handler, names).replace('"', "\\\"");
    let params: String = (0..)
        .zip(&handler.params)
        .map(|(n, (_, ty)): (u32, _)| format!("event_{n}: *c.{}, ", bindings.name(*ty)))
        .collect();
    let types: Vec<_> = handler.params.iter().map(|(_, ty)| names.write(bindings, *ty, "step.")).collect();
    let events = types.iter().enumerate().map(|(n, ty)| format!("step.glue.in({ty}, event_{n}.*)"));
    let events = events.collect::<Vec<_>>().join(", ");
    let (ret, told) = match &handler.gives {
        Some(gives) => (format!("ret: *c.{}, ", bindings.name(gives.whole)), "ret"),
        None => (String::new(), "{}"),
    };
    let given = given(bindings, handler, names);
    format!(
        "\nexport fn exports_bindings_{}({params}{ret}err: *c.lockstep_types_failure_t) bool {{\n    \
         comptime step.glue.check(handlers, \"{name}\", &.{{{}}}, {given}, \
         \"world `{world}` exports `{export}`\", \"{wanted}\");\n    \
         return step.glue.handle(handlers.{name}, .{{{events}}}, {told}, err);\n}}\n",
        handler.name,
        types.join(", ")
    )
}

fn definition(bindings: &Bindings, names: &Names, id: TypeId, name: &str) -> String {
    let it = &bindings.resolve.types[id];
    let part = |ty: Type| names.write(bindings, ty, "");
    let body = match &it.kind {
        TypeDefKind::Record(it) => {
            let fields = it.fields.iter().map(|it| {
                let ty = part(it.ty);
                let default = if ty.starts_with('?') { " = null" } else { "" };
                line(&it.docs, &format!("{}: {ty}{default}", field(&it.name)))
            });
            block("struct", fields)
        }
        TypeDefKind::Variant(it) => {
            let cases = it.cases.iter().map(|case| line(&case.docs, &member(&case.name, case.ty.map(part))));
            block("union(enum)", cases)
        }
        TypeDefKind::Result(it) => {
            let sides = [("ok", it.ok), ("err", it.err)];
            block("union(enum)", sides.map(|(name, ty)| line(&Docs::default(), &member(name, ty.map(part)))))
        }
        TypeDefKind::Enum(it) => {
            block("enum", it.cases.iter().map(|case| line(&case.docs, &field(&case.name))))
        }
        TypeDefKind::Flags(it) => flags(it),
        TypeDefKind::Type(ty) => part(*ty),
        _ => names.anonymous(bindings, Type::Id(id), ""),
    };
    format!("\n{}pub const {name} = {body};\n", docs("", &it.docs))
}

fn flags(it: &Flags) -> String {
    let (bits, used) = (flags_bits(it), it.flags.len());
    let flags = it.flags.iter().map(|flag| line(&flag.docs, &format!("{}: bool = false", field(&flag.name))));
    let rest = (bits > used).then(|| line(&Docs::default(), &format!("_: u{} = 0", bits - used)));
    block(&format!("packed struct(u{bits})"), flags.chain(rest))
}

/// A case of a union.
fn member(name: &str, ty: Option<String>) -> String {
    ty.map_or_else(|| field(name), |ty| format!("{}: {ty}", field(name)))
}

fn block(what: &str, lines: impl IntoIterator<Item = String>) -> String {
    format!("{what} {{\n{}}}", lines.into_iter().collect::<String>())
}

fn line(about: &Docs, text: &str) -> String {
    format!("{}    {text},\n", docs("    ", about))
}

fn docs(indent: &str, docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    text.trim().lines().map(|line| format!("{indent}/// {line}\n")).collect()
}
