//! What stands in an object and in a core module: which functions are there, which are missing.

use wasmparser::{KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo};

/// The names of the functions that an object defines for others.
pub(super) fn functions(object: &[u8]) -> Vec<String> {
    let sections = Parser::new(0).parse_all(object).flatten();
    let linking = sections.filter_map(|payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Linking(linking) => Some(linking),
            _ => None,
        },
        _ => None,
    });
    let tables = linking.flat_map(|linking| linking.subsections().flatten().collect::<Vec<_>>());
    let symbols = tables.filter_map(|table| match table {
        Linking::SymbolTable(symbols) => Some(symbols),
        _ => None,
    });
    symbols
        .flat_map(|symbols| symbols.into_iter().flatten().filter_map(defined).collect::<Vec<_>>())
        .collect()
}

fn defined(symbol: SymbolInfo) -> Option<String> {
    let hidden = SymbolFlags::UNDEFINED | SymbolFlags::BINDING_LOCAL;
    match symbol {
        SymbolInfo::Func { flags, name: Some(name), .. } if !flags.intersects(hidden) => {
            Some(name.to_owned())
        }
        _ => None,
    }
}

/// Whether a core module imports anything of the WASI of preview 1.
pub(crate) fn wants_wasi(module: &[u8]) -> bool {
    let imports = Parser::new(0).parse_all(module).flatten().filter_map(|payload| match payload {
        Payload::ImportSection(imports) => Some(imports),
        _ => None,
    });
    imports
        .flat_map(|imports| imports.into_imports().flatten())
        .any(|import| import.module == "wasi_snapshot_preview1")
}
