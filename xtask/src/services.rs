//! The servers of this machine that stand where workflows call services: a workflow is played with them in a folder
//! of its own, where its files name the ports at which they are now.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::stage::say;

/// The servers, and the ports at which the files in `plugins/` look for them.
const SERVERS: [(&str, &str); 2] = [("model", "8089"), ("payments", "8090")];

/// What the servers ask for, by the names under which operators' files have it.
pub(crate) const KEYS: [(&str, &str); 2] =
    [("MODEL_KEY", "only-for-this-machine"), ("PAYMENTS_KEY", "only-for-this-machine")];

/// Servers that run until this is dropped.
pub(crate) struct Services(Vec<Service>);

struct Service {
    /// The port in the files.
    named: &'static str,
    /// Where it is.
    port: String,
    /// Its input ends with this process, and it with its input.
    _server: Child,
}

impl Services {
    /// Starts them, each on a port that is free.
    pub(crate) fn begin(program: &Path) -> Result<Services> {
        SERVERS
            .iter()
            .map(|(name, named)| Service::begin(program, name, named))
            .collect::<Result<_>>()
            .map(Services)
    }

    /// Puts the files of a workflow into a folder. Whatever they name beside them stays where it is.
    pub(crate) fn place(&self, workflow: &Path, folder: &Path) -> Result<()> {
        for file in ["workflow.toml", "lockstep.toml"] {
            self.copy(&workflow.join(file), &folder.join(file), workflow)?;
        }
        fs::create_dir_all(folder.join("grants"))?;
        for grant in fs::read_dir(workflow.join("grants"))? {
            let grant = grant?.path();
            let name = grant.file_name().context("a grant has a name")?;
            self.copy(&grant, &folder.join("grants").join(name), &workflow.join("grants"))?;
        }
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path, home: &Path) -> Result<()> {
        let text = fs::read_to_string(from).with_context(|| format!("{} cannot be read", from.display()))?;
        let up = |levels| home.ancestors().nth(levels).map(Path::display).context("a file lies in the tree");
        let text =
            text.replace("\"../../", &format!("\"{}/", up(2)?)).replace("\"../", &format!("\"{}/", up(1)?));
        let text = text.replace("\"components/", &format!("\"{}/components/", home.display()));
        let text = self.0.iter().fold(text, |text, service| text.replace(service.named, &service.port));
        fs::write(to, text).with_context(|| format!("{} cannot be written", to.display()))
    }
}

impl Service {
    fn begin(program: &Path, name: &str, named: &'static str) -> Result<Service> {
        let mut command = Command::new(program);
        command.args([name, "--with-parent"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server =
            command.spawn().with_context(|| format!("{} could not be started", program.display()))?;
        let mut address = String::new();
        BufReader::new(server.stdout.take().context("its output was piped")?).read_line(&mut address)?;
        let port = address.trim().trim_end_matches("/v1").rsplit(':').next().unwrap_or_default().to_owned();
        say(&format!("   {name} at {}", address.trim()));
        Ok(Service { named, port, _server: server })
    }
}
