//! `lockstep.lock`, beside a workflow: which bytes each of its steps from elsewhere was accepted with.
//!
//! A step is from elsewhere if its table has no `source`: what is built in this tree changes with it
//! and is not locked. The rule is one: whatever is locked is loaded as it is locked, field by field.
//! `lockstep grant accept` locks a step, and so does `--update` of `check` and `run`, for all steps
//! at once; until then a step is not locked, and what it reaches is bound to its digest by its grant
//! alone. `--update` never touches a grant: bytes that a grant is not for stay refused.
//!
//! Beside the steps stand the tools of servers that were accepted for any step, as their servers described
//! them then. They decide nothing, since the `pin` of a grant does: they are there so that a person can be
//! shown what has changed since.
//!
//! The file is for version control: sorted, without machine paths, and each line says one thing. It
//! reads and writes that file and judges nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lockstep_core::blob::Digest;
use lockstep_core::grant::tools::{Tool, pin_of};
use serde::{Deserialize, Serialize};

/// Its name.
pub(crate) const NAME: &str = "lockstep.lock";
/// The format that this program reads.
const FORMAT: u32 = 1;
const HEAD: &str = "# What was accepted: the bytes of steps from elsewhere, and tools. Written by `lockstep grant accept`.\n";

/// The file as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// By step.
    pub(crate) steps: BTreeMap<String, Locked>,
    /// By step and server.
    pub(crate) tools: Vec<LockedTools>,
}

/// The tools of a server that a step was allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedTools {
    /// Whose grant has them.
    pub(crate) step: String,
    /// The server.
    pub(crate) mcp: String,
    /// In the order of their names.
    #[serde(default)]
    pub(crate) accepted: Vec<LockedTool>,
}

/// A tool as it was described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockedTool {
    name: String,
    description: String,
    /// JSON.
    schema: String,
}

/// What is known of a step from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Locked {
    /// `component`, as the workflow has it.
    pub(crate) source: String,
    /// Of the component's bytes.
    pub(crate) digest: Digest,
    /// Of the rights it asks for.
    pub(crate) asks: Digest,
    /// Of its handlers and their events.
    pub(crate) contract: Digest,
    /// Of the key that signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<Digest>,
    /// When, as RFC 3339 has it.
    pub(crate) accepted: String,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be read or written.
    #[error("{shown}: {error}")]
    File {
        /// Its path.
        shown: String,
        /// Why.
        error: io::Error,
    },
    /// It is none.
    #[error("{shown} is no lock that this program reads: {why}; take it from version control again")]
    Damaged {
        /// Its path.
        shown: String,
        /// Why.
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    lock: u32,
    #[serde(default)]
    steps: BTreeMap<String, Locked>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tools: Vec<LockedTools>,
}

impl Lock {
    /// The lock of the workflow in this folder; an empty one if there is none.
    pub(crate) fn read(folder: &Path) -> Result<Lock, Error> {
        let path = path(folder);
        let shown = path.display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(error) => return Err(Error::File { shown, error }),
        };
        match toml::from_str::<Text>(&text) {
            Ok(Text { lock: FORMAT, steps, tools }) => Ok(Lock { steps, tools }),
            Ok(Text { lock, .. }) => {
                let why = format!("it is written in format {lock}, and this program reads {FORMAT}");
                Err(Error::Damaged { shown, why })
            }
            Err(error) => Err(Error::Damaged { shown, why: error.message().to_owned() }),
        }
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = path(folder);
        let failed = |error: io::Error| Error::File { shown: path.display().to_string(), error };
        let Lock { steps, tools } = self.clone();
        let text = Text { lock: FORMAT, steps, tools };
        let text = toml::to_string(&text).map_err(|error| failed(io::Error::other(error)))?;
        write_whole(&path, &format!("{HEAD}{text}")).map_err(failed)
    }

    /// Locks a step; one that is locked just so keeps the time of its acceptance.
    pub(crate) fn insert(&mut self, step: &str, locked: Locked) {
        let is_known = self.steps.get(step).is_some_and(|known| known.differences(&locked).is_empty());
        if !is_known {
            self.steps.insert(step.to_owned(), locked);
        }
    }

    /// The tools of a server that were accepted for a step and have this pin, if they are known.
    pub(crate) fn accepted(&self, step: &str, mcp: &str, pin: Digest) -> Option<Vec<Tool>> {
        let of_both = self.tools.iter().filter(|locked| locked.step == step && locked.mcp == mcp);
        of_both.filter_map(LockedTools::read).find(|tools| pin_of(tools) == pin)
    }

    /// Keeps the tools that were accepted for a step, in the place of those before.
    pub(crate) fn accept(&mut self, step: &str, tools: impl IntoIterator<Item = LockedTools>) {
        self.tools.retain(|locked| locked.step != step);
        self.tools.extend(tools);
        self.tools.sort_by(|one, other| (&one.step, &one.mcp).cmp(&(&other.step, &other.mcp)));
    }
}

impl LockedTools {
    /// Tools as a server describes them.
    pub(crate) fn of(step: &str, mcp: &str, tools: &[Tool]) -> LockedTools {
        let locked = |tool: &Tool| LockedTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            schema: tool.schema.to_string(),
        };
        let accepted = tools.iter().map(locked).collect();
        LockedTools { step: step.to_owned(), mcp: mcp.to_owned(), accepted }
    }

    /// None if somebody has written what is no schema.
    fn read(&self) -> Option<Vec<Tool>> {
        let read = |locked: &LockedTool| {
            let (name, description) = (locked.name.clone(), locked.description.clone());
            Some(Tool { name, description, schema: serde_json::from_str(&locked.schema).ok()? })
        };
        self.accepted.iter().map(read).collect()
    }
}

impl Locked {
    /// What is another in `found`, each as `digest sha256:… (locked: sha256:…)`.
    pub(crate) fn differences(&self, found: &Locked) -> Vec<String> {
        let signer = |locked: &Locked| locked.signer.map_or("nobody".to_owned(), |key| key.to_string());
        let fields = [
            ("source", self.source.clone(), found.source.clone()),
            ("digest", self.digest.to_string(), found.digest.to_string()),
            ("asks", self.asks.to_string(), found.asks.to_string()),
            ("contract", self.contract.to_string(), found.contract.to_string()),
            ("signer", signer(self), signer(found)),
        ];
        let others = fields.into_iter().filter(|(_, locked, found)| locked != found);
        others.map(|(field, locked, found)| format!("{field} {found} (locked: {locked})")).collect()
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Writes a file beside its place, then gives it that place in one step.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    io::Write::write_all(&mut draft, text.as_bytes())?;
    draft.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn locked() -> Locked {
        Locked {
            source: "theirs.wasm".into(),
            digest: Digest::of(b"bytes"),
            asks: Digest::of(b"asks"),
            contract: Digest::of(b"contract"),
            signer: None,
            accepted: "2026-01-02T03:04:05Z".into(),
        }
    }

    #[test]
    fn a_lock_reads_as_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lock::read(folder.path()).unwrap(), Lock::default());
        let mut lock = Lock::default();
        lock.insert("pay", locked());
        lock.insert("assess", Locked { signer: Some(Digest::of(b"key")), ..locked() });
        lock.write(folder.path()).unwrap();
        assert_eq!(Lock::read(folder.path()).unwrap(), lock);
        let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
        expect![[r##"
            # What was accepted: the bytes of steps from elsewhere, and tools. Written by `lockstep grant accept`.
            lock = 1

            [steps.assess]
            source = "theirs.wasm"
            digest = "sha256:277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"
            asks = "sha256:c93e3896261ff86a3a8c162bdfc7dae6f6def3b09a29118084659a0fbe025774"
            contract = "sha256:cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf"
            signer = "sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"
            accepted = "2026-01-02T03:04:05Z"

            [steps.pay]
            source = "theirs.wasm"
            digest = "sha256:277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"
            asks = "sha256:c93e3896261ff86a3a8c162bdfc7dae6f6def3b09a29118084659a0fbe025774"
            contract = "sha256:cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf"
            accepted = "2026-01-02T03:04:05Z"
        "##]]
        .assert_eq(&text);
    }

    #[test]
    fn what_is_locked_just_so_keeps_its_time() {
        let mut lock = Lock::default();
        lock.insert("pay", locked());
        lock.insert("pay", Locked { accepted: "2027-01-01T00:00:00Z".into(), ..locked() });
        assert_eq!(lock.steps["pay"], locked());
        let other = Locked { digest: Digest::of(b"other"), ..locked() };
        lock.insert("pay", other.clone());
        assert_eq!(lock.steps["pay"], other);
    }

    #[test]
    fn tools_that_were_accepted_are_found_by_their_pin() {
        let folder = tempfile::tempdir().unwrap();
        let tool = |name: &str| Tool {
            name: name.into(),
            description: "does\n\u{1b}\"it\"".into(),
            schema: serde_json::json!({ "type": "object", "a": null }),
        };
        let (pay, close) = ([tool("pay")], [tool("close"), tool("pay")]);
        let mut lock = Lock::default();
        lock.accept("work", [LockedTools::of("work", "shop", &close), LockedTools::of("work", "bank", &pay)]);
        lock.accept("pay", [LockedTools::of("pay", "bank", &close)]);
        lock.accept("work", [LockedTools::of("work", "bank", &pay)]);
        lock.write(folder.path()).unwrap();
        let lock = Lock::read(folder.path()).unwrap();
        assert_eq!(lock.accepted("work", "bank", pin_of(&pay)).unwrap(), pay);
        assert_eq!(lock.accepted("pay", "bank", pin_of(&close)).unwrap(), close);
        for (step, mcp, tools) in
            [("work", "shop", &close[..]), ("work", "bank", &close), ("pay", "bank", &pay)]
        {
            assert_eq!(lock.accepted(step, mcp, pin_of(tools)), None, "{step} {mcp}");
        }
    }

    #[test]
    fn every_field_counts_but_the_time() {
        let known = locked();
        let others = [
            Locked { source: "x".into(), ..locked() },
            Locked { digest: Digest::of(b"x"), ..locked() },
            Locked { asks: Digest::of(b"x"), ..locked() },
            Locked { contract: Digest::of(b"x"), ..locked() },
            Locked { signer: Some(Digest::of(b"x")), ..locked() },
        ];
        for other in others {
            assert_eq!(known.differences(&other).len(), 1, "{other:?}");
        }
        assert_eq!(known.differences(&Locked { accepted: "never".into(), ..locked() }), [""; 0]);
    }

    #[test]
    fn a_damaged_lock_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["lock = 2", "", "lock = 1\nmore = 1", "lock = 1\n[steps.a]\ndigest = \"x\"", "<"] {
            fs::write(folder.path().join(NAME), text).unwrap();
            let told = Lock::read(folder.path()).unwrap_err().to_string();
            assert!(told.contains("is no lock that this program reads"), "{text}: {told}");
        }
    }
}
