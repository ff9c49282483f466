//! What a step is configured with: the values of its grant's `[config]`, by `wasi:config`.

#[allow(warnings, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit/wasi-config",
        inline: "package gallery:config; world reaches { import wasi:config/store@0.2.0-rc.1; }",
        generate_all,
    });
}

use lockstep_sdk::Failure;

/// The value of a key.
pub fn config(key: &str) -> Result<String, Failure> {
    let value = bindings::wasi::config::store::get(key).ok().flatten();
    value.ok_or_else(|| Failure::permanent("no-config", format!("[config] of the grant has no `{key}`")))
}
