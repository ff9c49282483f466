//! The operator's file, `lockstep.toml`: the most that any step is granted on this machine, and where
//! secrets come from. It is read once, when a command begins.
//!
//! Which file: the one that `--config` or `LOCKSTEP_CONFIG` names, else the nearest `lockstep.toml` in
//! the current folder or above it. The folder of a workflow is never looked at for its own sake: a
//! workflow that somebody else wrote must not bring the word of the operator along. Whoever works
//! within the folder of somebody else names their own file. Should they not, the file that is found there
//! runs nothing: only one that is named may have secrets that a command prints.
//!
//! Secrets are read when a workflow is about to run, and only those that a loaded grant names. A
//! variable stays in the environment of this process, for removing one is unsound while other
//! threads run; so nothing that this program starts to get a secret inherits it.

mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use lockstep_core::grant::Grant;
use lockstep_core::operator::{self, SecretSource};
use lockstep_sandbox::{EgressSettings, Proxy, Secrets};

use crate::inert::inert;
use crate::project::Refused;
use crate::source::unreadable;

/// The name of the file.
const NAME: &str = "lockstep.toml";
/// What is shorter cannot be found in what comes back without finding it everywhere.
const SHORTEST: usize = 12;
/// Nothing that is longer is a secret for a header.
const LONGEST: u64 = 16 << 10;
/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a command gets of the environment.
const INHERITED: [&str; 2] = ["PATH", "HOME"];

/// What the operator says; without a file, nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operator {
    came: Came,
    /// The folder of the file.
    folder: PathBuf,
    said: operator::Operator,
}

/// How the file came to be the operator's.
#[derive(Clone, Copy, Debug, Default)]
enum Came {
    /// It lies where somebody works, whoever put it there.
    #[default]
    Found,
    /// Whoever runs this program named it.
    Named,
    /// There is none, and none is needed: nothing leaves.
    Needless,
}

/// Why a secret cannot be had. Its value is in none of these.
#[derive(Debug, thiserror::Error)]
enum NoSecret {
    /// The variable.
    #[error("the variable {0} is not set; set it where this program is started")]
    Unset(String),
    /// The file.
    #[error("{0}")]
    File(String),
    /// Others may read the file.
    #[error("others than you may read {0}; take that from them with `chmod 600 {0}`")]
    Shared(String),
    /// Somebody else could have written the file.
    #[error("{0} belongs to somebody else; copy it into a file of your own")]
    NotOwned(String),
    /// The command.
    #[error("`{program}` {why}")]
    Command {
        /// The first word of it.
        program: String,
        /// How it ended.
        why: String,
    },
    /// The file of the operator.
    #[error("name the file with `--config` to let it run commands")]
    Unnamed,
    /// The value.
    #[error(
        "it has {0} bytes, and a secret has {SHORTEST} at least: a shorter one cannot be kept out of logs"
    )]
    Short(usize),
    /// The value.
    #[error("it is longer than {LONGEST} bytes; give the secret alone")]
    Long,
}

impl Operator {
    /// The file that is named, or the nearest one.
    pub(crate) fn find(named: Option<&Path>) -> Result<Operator, Refused> {
        match named {
            Some(path) => Operator::read(path, Came::Named),
            None => nearest().map_or(Ok(Operator::default()), |path| Operator::read(&path, Came::Found)),
        }
    }

    fn read(path: &Path, came: Came) -> Result<Operator, Refused> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| Refused::one(format!("the operator's file {}", unreadable(&shown, &error))))?;
        let mut said = operator::parse(&text).map_err(|findings| Refused {
            lines: findings.iter().map(|it| inert(&it.in_file(&shown).to_string()).into_owned()).collect(),
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if let Some(ceiling) = &mut said.ceiling {
            real_folders(ceiling, &folder).map_err(|why| Refused::one(format!("{shown}: {why}")))?;
        }
        Ok(Operator { came, folder, said })
    }

    /// For cases, whose calls leave for nowhere: whatever a grant names is there, and nothing is taken from it.
    pub(crate) fn of_cases() -> Operator {
        Operator { came: Came::Needless, ..Operator::default() }
    }

    /// What a grant comes to under the ceiling; its folders are real ones already.
    pub(crate) fn allow(&self, grant: &Grant) -> Result<Grant, Vec<String>> {
        match self.came {
            Came::Needless => Ok(grant.clone()),
            Came::Found | Came::Named => self.said.apply(grant),
        }
    }

    /// The values of these secrets, by name.
    pub(crate) fn secrets(&self, names: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<u8>>, Refused> {
        let (mut values, mut wrong) = (BTreeMap::new(), Vec::new());
        for name in names {
            // A grant that names another one is refused when it is loaded.
            let Some(source) = self.said.secrets.get(name) else { continue };
            match self.value(source).and_then(measured) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(error) => {
                    wrong.push(inert(&format!("{NAME}: the secret `{name}`: {error}")).into_owned())
                }
            }
        }
        if wrong.is_empty() { Ok(values) } else { Err(Refused { lines: wrong }) }
    }

    /// How calls leave this machine, with these secrets.
    pub(crate) fn egress(&self, secrets: BTreeMap<String, Vec<u8>>) -> Result<EgressSettings, Refused> {
        let secrets = Secrets::new(secrets).map_err(|error| Refused::one(error.to_string()))?;
        let proxy = self.said.proxy.as_ref().map(|url| Proxy {
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            authorization: None,
        });
        let authorities = self.authorities()?;
        Ok(EgressSettings { secrets: Arc::new(secrets), authorities, proxy, ..EgressSettings::default() })
    }

    /// Certificates that are trusted beside the public ones.
    fn authorities(&self) -> Result<Vec<Vec<u8>>, Refused> {
        let read = |path: &PathBuf| {
            let path = self.folder.join(path);
            let told = |error| {
                Refused::one(format!("`tls.ca`: {}", unreadable(&path.display().to_string(), &error)))
            };
            fs::read(&path).map_err(told)
        };
        self.said.ca.iter().map(read).collect()
    }

    fn value(&self, source: &SecretSource) -> Result<Vec<u8>, NoSecret> {
        match source {
            SecretSource::Env(name) => match std::env::var_os(name) {
                Some(value) => Ok(value.into_encoded_bytes()),
                None => Err(NoSecret::Unset(name.clone())),
            },
            SecretSource::File(path) => of_file(&self.folder.join(path)),
            SecretSource::Command(words) => match self.came {
                Came::Named => of_command(words),
                Came::Found | Came::Needless => Err(NoSecret::Unnamed),
            },
        }
    }
}

/// Makes the folders of a grant real ones; they are from this folder.
pub(crate) fn real_folders(grant: &mut Grant, from: &Path) -> Result<(), String> {
    for dir in &mut grant.dirs {
        let path = from.join(&dir.host);
        let shown = path.display().to_string();
        dir.host = match path.canonicalize() {
            Ok(real) if real.is_dir() => real,
            Ok(_) => return Err(format!("[[dir]] {shown} is no folder; name one in `host`")),
            Err(error) => {
                return Err(format!("[[dir]] {}; make it, or mend `host`", unreadable(&shown, &error)));
            }
        };
    }
    Ok(())
}

/// The nearest file, from the current folder upwards.
fn nearest() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

fn measured(value: Vec<u8>) -> Result<Vec<u8>, NoSecret> {
    match value.len() {
        length if length < SHORTEST => Err(NoSecret::Short(length)),
        length if length as u64 > LONGEST => Err(NoSecret::Long),
        _ => Ok(value),
    }
}

/// A file that only its owner can read, who is whoever runs this program.
fn of_file(path: &Path) -> Result<Vec<u8>, NoSecret> {
    let shown = path.display().to_string();
    let failed = |error: io::Error| NoSecret::File(unreadable(&shown, &error));
    let file = fs::File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(NoSecret::NotOwned(shown));
    }
    if about.mode() & 0o077 != 0 {
        return Err(NoSecret::Shared(shown));
    }
    let mut value = Vec::new();
    file.take(LONGEST + 2).read_to_end(&mut value).map_err(failed)?;
    Ok(without_newline(value))
}

/// What a program prints. No shell reads its words.
fn of_command(words: &[String]) -> Result<Vec<u8>, NoSecret> {
    let program = words.first().cloned().unwrap_or_default();
    let failed = |why: String| NoSecret::Command { program: program.clone(), why };
    let mut command = Command::new(&program);
    command.args(&words[1..]).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let mut child = command.spawn().map_err(|error| failed(format!("cannot be started: {error}")))?;
    let stdout = child.stdout.take().expect("it is piped");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut value = Vec::new();
        let read = stdout.take(LONGEST + 2).read_to_end(&mut value);
        // Nobody listens any more when it took too long.
        let _ = tell.send(read.map(|_| value));
    });
    let printed = told.recv_timeout(PATIENCE);
    if printed.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| failed(error.to_string()))?;
    let value = printed.map_err(|_| failed(format!("took longer than {} s", PATIENCE.as_secs())))?;
    let value = value.map_err(|error| failed(error.to_string()))?;
    match ended.success() || value.len() as u64 > LONGEST {
        true => Ok(without_newline(value)),
        false => Err(failed(format!("ended with {ended}"))),
    }
}

/// Editors and commands end what they write with a line's end; no secret does.
fn without_newline(mut value: Vec<u8>) -> Vec<u8> {
    for end in [b'\n', b'\r'] {
        if value.last() == Some(&end) {
            value.pop();
        }
    }
    value
}
