//! `workflow.toml`, read and checked by itself.
