//! Why bytes have no contract: each refusal names what is wrong, where, and the fix.

use thiserror::Error;

/// One thing that is wrong with a component.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The bytes are something else.
    #[error("this is not a component: {found}; {fix}")]
    NotAComponent {
        /// What it is instead.
        found: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// The bytes begin like a component and go wrong.
    #[error("the component is damaged: {0}; build it again")]
    Damaged(String),
    /// Nothing in it consumes an event.
    #[error(
        "the component has no handler; export a function whose name begins with `on-`, such as \
         `on-order-placed: func(event: order-placed) -> result<_, failure>`{exports}"
    )]
    NoHandler {
        /// What it exports instead, as the tail of a sentence.
        exports: String,
    },
    /// It is to be a tool.
    #[error("the component is no tool: it does not export `lockstep:step/tool`")]
    NoTool,
    /// An `on-…` export that is no handler.
    #[error("`{handler}` is not a handler: {why}")]
    Handler {
        /// The export.
        handler: String,
        /// What is wrong, and the fix.
        why: String,
    },
    /// A part of an event that is not data.
    #[error("`{path}` is of type `{found}`, which is no data; give it a data type such as `string`")]
    NotData {
        /// From the event's name to the part: `refund-requested.items[].handle`.
        path: String,
        /// What it is.
        found: &'static str,
    },
    /// An export in the host's own namespace.
    #[error(
        "the component exports `{0}`, which this host does not know; the namespace `lockstep:` is the host's"
    )]
    UnknownExport(String),
}

const BUILD: &str = "make one of it with `lockstep build`";
const GIVE: &str = "give the `.wasm` file that `lockstep build` wrote";

/// What bytes are that do not begin like a component, as a refusal.
pub fn sniff(bytes: &[u8]) -> Result<(), Refusal> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let start = text.trim_start();
    let (found, fix) = match bytes {
        [] => ("it is empty", GIVE),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => ("it is a core module", BUILD),
        [0, b'a', b's', b'm', ..] => ("its WebAssembly version is not known", GIVE),
        [0x7f, b'E', b'L', b'F', ..] => ("it is machine code (a `.cwasm` artefact or a program)", GIVE),
        _ if start.starts_with('<') => ("it is HTML or XML", GIVE),
        _ if start.starts_with("(component") || start.starts_with("(module") => {
            ("it is WebAssembly text", "encode it first")
        }
        _ => ("it does not begin with the magic bytes of WebAssembly", GIVE),
    };
    Err(Refusal::NotAComponent { found, fix })
}
