//! The bindings of `lockstep:step`, made once for all steps. What a tool exports is in them, and is exported by
//! those crates alone that ask for it.
//!
//! A failure that an import gives would be made an [`Error`](std::error::Error), and then `?` could not
//! make a failure of any error. `std_feature` leaves that to a feature, which the crate does not have.
#![allow(missing_docs, unreachable_pub, unsafe_code, unexpected_cfgs, clippy::all)]

wit_bindgen::generate!({
    path: "wit",
    inline: "package lockstep:sdk;
        world sdk {
          include lockstep:step/imports@0.1.0;
          import lockstep:step/host-events@0.1.0;
          export lockstep:step/tool@0.1.0;
        }",
    runtime_path: "wit_bindgen::rt",
    std_feature,
    pub_export_macro: true,
    additional_derives: [PartialEq],
    generate_all,
    generate_unused_types: true,
});
