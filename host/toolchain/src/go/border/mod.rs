//! Calls over the border of a component, as Go: what the host calls, and what it is called by.
//!
//! The canonical ABI is wit-bindgen's; the words are ours. Those of its own generator for Go are not what an author
//! wants to hold (variants by tag, enums that are plain numbers), keep every answer of the host for as long as the
//! attempt lasts, and trap on text that is not UTF-8.

mod body;
mod emit;

use wit_bindgen_core::abi::{self, AbiVariant, LiftLower, WasmType};
use wit_parser::{Function, SizeAlign};

use super::names::{lower, upper};
use super::scope::Scope;
use body::{Body, Callee, Value};

/// A function of the host, as `hostGet`.
pub(super) fn import(scope: &Scope, sizes: &SizeAlign, module: &str, function: &Function) -> String {
    let resolve = scope.types.resolve;
    let (variant, direction) = (AbiVariant::GuestImport, LiftLower::LowerArgsLiftResults);
    let flat = resolve.wasm_signature(variant, function);
    let interface = module.split(['/', '@']).nth(1).unwrap_or_default();
    let arg = |name: &str| Value { go: lower(name), path: format!("{interface}.{}.{name}", function.name) };
    let args = function.params.iter().map(|param| arg(&param.name)).collect();
    let name = upper(&function.name);
    let mut body = Body::new(scope, sizes, args, Callee::Host { raw: format!("wasm{name}") });
    abi::call(resolve, variant, direction, function, &mut body, false);
    let params =
        function.params.iter().map(|param| format!("{} {}", lower(&param.name), scope.go(&param.ty)));
    format!(
        "\n//go:wasmimport {module} {}\nfunc wasm{name}({}) {}\n\nfunc host{name}({}) {}{{\ncall := new({})\n{}}}\n",
        function.name,
        flat_params(&flat.params),
        flat.results.first().map_or("", wasm),
        params.collect::<Vec<_>>().join(", "),
        function.result.map(|ty| scope.go(&ty) + " ").unwrap_or_default(),
        scope.of("abi", "Call"),
        body.code,
    )
}

/// A handler, which the host calls.
pub(super) fn export(scope: &Scope, sizes: &SizeAlign, function: &Function) -> String {
    let resolve = scope.types.resolve;
    let (variant, direction) = (AbiVariant::GuestExport, LiftLower::LiftArgsLowerResults);
    let flat = resolve.wasm_signature(variant, function);
    let arg = |at: usize| Value { go: format!("arg{at}"), path: String::new() };
    let args = (0..flat.params.len()).map(arg).collect();
    let mut body = Body::new(scope, sizes, args, Callee::Handler { variable: lower(&function.name) });
    abi::call(resolve, variant, direction, function, &mut body, false);
    format!(
        "\n//go:wasmexport {}\nfunc export{}({}) {} {{\n{}()\n{}}})\n}}\n",
        function.name,
        upper(&function.name),
        flat_params(&flat.params),
        scope.of("unsafe", "Pointer"),
        scope.of("abi", "Arrived"),
        body.code,
    )
}

fn flat_params(types: &[WasmType]) -> String {
    let params: Vec<_> = types.iter().enumerate().map(|(at, ty)| format!("arg{at} {}", wasm(ty))).collect();
    params.join(", ")
}

/// A type of core WebAssembly. What is a pointer stays one, so that the collector sees it.
fn wasm(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I32 => "int32",
        WasmType::I64 | WasmType::PointerOrI64 => "int64",
        WasmType::F32 => "float32",
        WasmType::F64 => "float64",
        WasmType::Pointer => "unsafe.Pointer",
        WasmType::Length => "uint32",
    }
}
