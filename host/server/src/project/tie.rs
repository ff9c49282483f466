//! What binds a grant to the bytes that it is for. A name is no identity: whoever can put another
//! file in a component's place would inherit what the old one was granted. So what was not built in
//! this tree (its step has no `source`) reaches something only by a grant file that names the digest
//! of its bytes; and whatever a grant says of its component, digest, asks or signer, must be true.

use std::path::Path;

use lockstep_core::blob::Digest;
use lockstep_core::contract::Contract;
use lockstep_core::grant::{Grant, Tie};
use lockstep_core::workflow::file::{GivenGrant, Step};

use super::Refused;
use super::file::WorkflowFile;
use crate::contract;
use crate::lock::Locked;
use crate::sign::Key;
use crate::source::{self, Fetched, Place};

/// No key is larger.
const LARGEST_KEY: u64 = 16 << 10;

/// A component that was found for a step.
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) fetched: Fetched,
    pub(crate) contract: Contract,
}

/// Whether the component of a step is not built in this tree.
pub(super) fn is_from_elsewhere(step: &Step) -> bool {
    step.source.is_none()
}

impl Candidate {
    /// Of its bytes.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.fetched.bytes)
    }

    /// Whether it may have the grant of its step. Gives the digest of the key that signed it, if one is
    /// asked for.
    pub(super) fn check(
        &self,
        file: &WorkflowFile,
        step: &Step,
        grant: Option<&Grant>,
    ) -> Result<Option<Digest>, Refused> {
        let mut wrong: Vec<String> = self.untied(file, step, grant).into_iter().collect();
        let tie = grant.and_then(|grant| grant.component.as_ref()).cloned().unwrap_or_default();
        wrong.extend(self.against(&tie, &Names::of(file, step)));
        let folder = file.grant_path(step).and_then(|path| Some(path.parent()?.to_owned()));
        let signer = match self.signer(&tie, &folder.unwrap_or_default()) {
            Ok(signer) => signer,
            Err(why) => {
                wrong.push(why);
                None
            }
        };
        if wrong.is_empty() { Ok(signer) } else { Err(file.refused(step, wrong)) }
    }

    /// Why a grant of a component from elsewhere is bound to no bytes, if so.
    fn untied(&self, file: &WorkflowFile, step: &Step, grant: Option<&Grant>) -> Option<String> {
        if !is_from_elsewhere(step) {
            return None;
        }
        let names = Names::of(file, step);
        let name = &step.name.value;
        match (&step.grant, grant) {
            (GivenGrant::Inline(grant), _) if grants_something(grant) => Some(format!(
                "its component is not built here (it has no `source`), so its grant needs a file of its own \
                 that is tied to the component's bytes; move [steps.{name}.grant] to grants/{name}.toml, then \
                 `{}`",
                names.accept
            )),
            (GivenGrant::File(path), Some(grant)) if grants_something(grant) && digest(grant).is_none() => {
                Some(format!(
                    "its component is not built here (it has no `source`), and {} does not say which bytes it \
                     is for; `{}` writes `[component] digest = \"{}\"`",
                    path.value,
                    names.accept,
                    self.digest()
                ))
            }
            _ => None,
        }
    }

    /// What a grant says of its component and is not so.
    fn against(&self, tie: &Tie, names: &Names) -> Vec<String> {
        let (bytes, asks) = (self.digest(), contract::asks(&self.contract));
        let digest = tie.digest.filter(|digest| *digest != bytes).map(|digest| {
            format!(
                "{} is not what its grant is for: the grant names {digest}, and the component is {bytes}; look \
                 at it with `lockstep inspect`, then `{}`",
                self.place, names.accept
            )
        });
        let asks = tie.asks.filter(|accepted| *accepted != asks).map(|accepted| {
            format!(
                "{} asks for other rights than those that were accepted: {asks} instead of {accepted}; look at \
                 them with `lockstep inspect`, then `{}`",
                self.place, names.accept
            )
        });
        digest.into_iter().chain(asks).collect()
    }

    /// The key that a tie asks for, from this folder, if the component is signed with it.
    pub(crate) fn signer(&self, tie: &Tie, folder: &Path) -> Result<Option<Digest>, String> {
        let Some(named) = &tie.signer else { return Ok(None) };
        let path = folder.join(named);
        let shown = path.display().to_string();
        let bytes = source::read_at_most(&path, LARGEST_KEY)
            .map_err(|error| format!("its signer's key {}", source::unreadable(&shown, &error)))?;
        let key =
            Key::from_pem(&String::from_utf8_lossy(&bytes)).map_err(|error| format!("{shown}: {error}"))?;
        match self.place.check_signature(&self.fetched, &key) {
            Ok(()) => Ok(Some(key.digest)),
            Err(error) => Err(format!("{error} (its grant names the signer {named})")),
        }
    }

    /// What the lock keeps of it.
    pub(crate) fn locked(&self, step: &Step, signer: Option<Digest>) -> Locked {
        Locked {
            source: step.code.path().to_owned(),
            digest: self.digest(),
            asks: contract::asks(&self.contract),
            contract: contract::digest(&self.contract),
            signer,
            accepted: format!("{:.0}", jiff::Timestamp::now()),
        }
    }
}

/// What messages call things.
struct Names {
    /// The command that ties a grant to what is there.
    accept: String,
}

impl Names {
    fn of(file: &WorkflowFile, step: &Step) -> Names {
        let accept = format!("lockstep grant accept {} --workflow {}", step.name.value, file.path.display());
        Names { accept }
    }
}

/// Whether a grant changes what the step may do or use.
fn grants_something(grant: &Grant) -> bool {
    Grant { component: None, ..grant.clone() } != Grant::default()
}

fn digest(grant: &Grant) -> Option<Digest> {
    grant.component.as_ref()?.digest
}
