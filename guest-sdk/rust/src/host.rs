//! The bindings of `lockstep:step`, made once for all steps.
#![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all)]

wit_bindgen::generate!({
    path: "wit",
    inline: "package lockstep:sdk;
        world sdk {
          include lockstep:step/imports@0.1.0;
          import lockstep:step/host-events@0.1.0;
        }",
    runtime_path: "wit_bindgen::rt",
    additional_derives: [PartialEq],
    generate_all,
    generate_unused_types: true,
});
