//! What authors are told when their functions and their world do not fit, and which conversions a
//! world brings forth. That the expansion compiles is tested in `lockstep-sdk`.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use wit_bindgen_core::wit_parser::Resolve;

use crate::emits::Conversion;
use crate::handlers::Target;
use crate::tool::{Tool, tools_of};
use crate::world::{Read, SDK_WIT, World};

const EVENTS: &str = "
    package shop:refunds@1.0.0;
    interface events { record asked { n: u32 } record paid { n: u32 } record kept { n: u32 } }
";

const USES: &str = "
    use lockstep:step/types@0.1.0.{failure};
    use lockstep:step/host-events@0.1.0.{step-failed};
    use events.{asked, paid, kept};
    variant emits { paid(paid), kept(kept) }
";

fn read(worlds: &str, name: Option<&str>) -> Read<World> {
    let mut resolve = Resolve::default();
    resolve.push_path(SDK_WIT).map_err(|error| resolve.render_error(&error))?;
    let package = resolve.push_str("test.wit", &format!("{EVENTS}{worlds}"));
    let package = package.map_err(|error| resolve.render_error(&error))?;
    World::select(&resolve, package, name)
}

/// A world with one handler for each of the given results.
fn assess(results: &[&str]) -> String {
    let exports = results.iter().enumerate();
    let exports =
        exports.map(|(n, result)| format!("export on-{}: func(event: asked) -> {result};", letter(n)));
    format!("world assess {{ {USES} {} }}", exports.collect::<String>())
}

fn letter(n: usize) -> char {
    char::from(b'a' + n as u8)
}

fn check_world(worlds: &str, name: Option<&str>, expected: Expect) {
    let told = match read(worlds, name) {
        Ok(world) => format!("{} with {}", world.id, world.handlers.join(", ")),
        Err(why) => why,
    };
    expected.assert_eq(&told);
}

fn check_item(item: &str, expected: Expect) {
    let world = read(&assess(&["result<_, failure>", "result<_, failure>"]), None).unwrap();
    let item: TokenStream = item.parse().unwrap();
    let told = match Target::parse(item).and_then(|target| target.handlers(&world)) {
        Ok(handlers) => handlers.iter().map(|handler| format!("{}\n", handler.name)).collect(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

fn check_conversions(result: &str, expected: Expect) {
    let world = read(&assess(&[result]), None).unwrap();
    let told = world.conversions.iter().map(|conversion| {
        let Conversion { event, result, value } = conversion;
        format!("{} as {}: {}\n", short(event), short(result), short(value))
    });
    expected.assert_eq(&told.collect::<String>());
}

/// A path by its last name.
fn short(tokens: &TokenStream) -> String {
    let modules = ["::std::vec::", "::std::", "::core::option::", "generated::", "shop::refunds::events::"];
    modules.iter().fold(tokens.to_string().replace(' ', ""), |text, module| text.replace(module, ""))
}

#[test]
fn the_world_is_the_only_one_or_the_named_one() {
    let world = |name: &str| {
        format!("world {name} {{ {USES} export on-a: func(event: asked) -> result<_, failure>; }}")
    };
    let two = world("assess") + &world("decide");
    check_world(&world("assess"), None, expect!["shop:refunds/assess@1.0.0 with on-a"]);
    check_world(&two, Some("decide"), expect!["shop:refunds/decide@1.0.0 with on-a"]);
    check_world(
        &two,
        None,
        expect![
            "package `shop:refunds@1.0.0` has the worlds `assess`, `decide`; name one: #[step(world = \"…\")]"
        ],
    );
    check_world(
        &two,
        Some("asses"),
        expect!["package `shop:refunds@1.0.0` has no world `asses`; it has `assess`, `decide`"],
    );
    check_world(
        "",
        None,
        expect!["package `shop:refunds@1.0.0` has no world; add one that exports the step's handlers"],
    );
}

#[test]
fn a_step_exports_handlers_and_nothing_else() {
    check_world(
        "world assess { import events; }",
        None,
        expect!["world `assess` has no handler; export a function whose name begins with `on-`"],
    );
    check_world(
        "world assess { export init: func(); }",
        None,
        expect!["export `init` is no handler; begin its name with `on-`"],
    );
    check_world(
        "world assess { export events; }",
        None,
        expect!["export `shop:refunds/events@1.0.0` is no function; a step exports nothing but its handlers"],
    );
    check_world(
        "world assess { export on-a: async func(); }",
        None,
        expect!["handler `on-a` is async; export it as a plain `func`"],
    );
}

#[test]
fn functions_and_handlers_must_fit() {
    let a = "fn on_a(event: Asked) -> Result<(), Failure> { Ok(()) }";
    let b = "fn on_b(event: Asked) -> Result<(), Failure> { Ok(()) }";
    check_item(
        &format!("mod handlers {{ {a} {b} fn helper() {{}} }}"),
        expect![[r#"
            on_a
            on_b
        "#]],
    );
    check_item(
        a,
        expect![
            "world `assess` exports `on-b`, and there is no `fn on_b`; put all handlers into an inline `mod` under #[step]"
        ],
    );
    check_item(
        &format!("mod handlers {{ {a} }}"),
        expect!["world `assess` exports `on-b`, and there is no `fn on_b`; write it"],
    );
    check_item(
        &format!("mod handlers {{ {a} {b} fn on_c() {{}} }}"),
        expect!["`fn on_c` is no handler of world `assess`, which exports `on-a`, `on-b`"],
    );
    check_item(
        "fn main() {}",
        expect!["`fn main` is no handler of world `assess`, which exports `on-a`, `on-b`"],
    );
    check_item("mod handlers;", expect!["#[step] goes on a handler `fn` or on an inline `mod` of handlers"]);
    check_item(
        &format!("mod handlers {{ {a} fn on_b(&self) {{}} }}"),
        expect!["a handler has no `self`; it is a plain `fn`"],
    );
}

#[test]
fn every_event_gets_into_every_result() {
    check_conversions("result<_, failure>", expect![""]);
    check_conversions("result<paid, failure>", expect![""]);
    check_conversions("result<option<paid>, failure>", expect![""]);
    check_conversions(
        "result<emits, failure>",
        expect![[r#"
            Kept as Emits: Emits::Kept(event)
            Paid as Emits: Emits::Paid(event)
        "#]],
    );
    check_conversions(
        "result<list<paid>, failure>",
        expect![[r#"
            Paid as Vec<Paid>: vec![event]
        "#]],
    );
    check_conversions(
        "result<option<list<emits>>, failure>",
        expect![[r#"
            Kept as Option<Vec<Emits>>: Option::Some(vec![Emits::Kept(event)])
            Kept as Emits: Emits::Kept(event)
            Paid as Option<Vec<Emits>>: Option::Some(vec![Emits::Paid(event)])
            Paid as Emits: Emits::Paid(event)
        "#]],
    );
    check_conversions("result<list<step-failed>, failure>", expect![""]);
}

#[test]
fn unknown_options_are_refused() {
    let refused = syn::parse_str::<crate::options::Options>("word = \"assess\"").unwrap_err();
    assert_eq!(refused.to_string(), "#[step] knows `world = \"…\"` and `wit = \"…\"`");
}

fn check_tools(item: &str, expected: Expect) {
    let tools = match syn::parse_str(item).unwrap() {
        syn::Item::Mod(mut module) => tools_of(&mut module),
        syn::Item::Fn(function) => Tool::read(&function, TokenStream::new()).map(|tool| vec![tool]),
        _ => unreachable!("these are all"),
    };
    let told = match tools {
        Ok(tools) => tools.iter().map(Tool::told).collect(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn a_tool_is_a_described_function_with_a_schema() {
    let a = "/// Counts words,\n/// one by one.\n#[tool(schema = \"{}\")] fn count(it: Json) -> R { r }";
    check_tools(
        &format!("mod tools {{ {a} fn helper() {{}} }}"),
        expect![[r#"
            count: Counts words, one by one.
        "#]],
    );
    check_tools(
        "mod tools { fn helper() {} }",
        expect!["no function in here is a tool; write #[tool(schema = …)] over those that are"],
    );
    check_tools(
        "mod tools { #[tool(schema = \"{}\")] fn count(it: Json) -> R { r } }",
        expect!["say in a doc comment what the tool does: whoever chooses tools reads it"],
    );
    check_tools(
        "/// Counts.\nfn count(it: Json) -> R { r }",
        expect![[r##"give the JSON Schema of its arguments: #[tool(schema = r#"{"type": "object"}"#)]"##]],
    );
    check_tools(
        "/// Counts.\nfn count() -> R { r }",
        expect!["a tool takes its arguments as one: `arguments: Json`, or whatever is read from text"],
    );
    check_tools(
        "mod tools { /// Counts.\n#[tool(shema = \"{}\")] fn count(it: Json) -> R { r } }",
        expect!["#[tool] knows `schema = …`"],
    );
}

#[test]
fn a_tool_is_a_function_or_a_module_of_them() {
    let tool = |item: &str| crate::tool::tool(TokenStream::new(), item.parse().unwrap());
    let told = tool("struct Tool;").unwrap_err().to_string();
    expect!["#[tool(schema = …)] goes on a `fn`, and a plain #[tool] on an inline `mod` of such functions"]
        .assert_eq(&told);
}
