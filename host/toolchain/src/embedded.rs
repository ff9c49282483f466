//! The SDKs and the templates that the program carries: one table each, of the path and the text of each file.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
