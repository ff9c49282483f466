//! The operator's servers of tools, from `[mcp]` of the file: their secrets are read, none is started. A file
//! that was only found starts no program, as it runs none for a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use lockstep_core::grant::http::SecretUse;
use lockstep_core::operator::{McpServer, McpTransport, McpValue};
use lockstep_mcp::{Backoff, Declared, HeaderSecret, Http, Process, Secret, Server, Transport, Value};
use lockstep_sandbox::ToolServer;

use super::{Came, INHERITED, NAME, Operator};
use crate::inert::inert;
use crate::project::Refused;

/// Why a server of tools cannot be had.
#[derive(Debug, thiserror::Error)]
enum NoServer {
    /// The file of the operator.
    #[error("name the file with `--config` to let it run commands")]
    Unnamed,
    /// Where it runs.
    #[error("`cwd` leads to {0}, which is no folder; make it, or mend `cwd`")]
    NoFolder(String),
    /// What it is given.
    #[error("the secret `{0}` is no text, and it takes nothing else")]
    NoText(String),
}

/// The secrets of all servers that are used.
struct Secrets(BTreeMap<String, Vec<u8>>);

impl Operator {
    /// The names of all servers of tools.
    pub(crate) fn tool_server_names(&self) -> BTreeSet<String> {
        self.said.mcp.keys().cloned().collect()
    }

    /// The servers of tools of these names; none is started yet.
    pub(crate) fn tool_servers(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Arc<dyn ToolServer>>, Refused> {
        // A grant that names another one is refused when it is loaded.
        let used: Vec<_> = names.iter().filter_map(|name| self.said.mcp.get_key_value(name)).collect();
        let wanted = used.iter().flat_map(|(_, server)| secrets_of(server)).map(str::to_owned).collect();
        let secrets = Secrets(self.secrets(&wanted)?);
        let authorities = self.authorities()?;
        let (mut servers, mut wrong) = (BTreeMap::new(), Vec::new());
        for (name, server) in used {
            match self.transport(server, &secrets, &authorities) {
                Ok(transport) => drop(servers.insert(name.clone(), ready(name, server, transport))),
                Err(why) => wrong.push(inert(&format!("{NAME}: the server `{name}`: {why}")).into_owned()),
            }
        }
        if wrong.is_empty() { Ok(servers) } else { Err(Refused { lines: wrong }) }
    }

    fn transport(
        &self,
        server: &McpServer,
        secrets: &Secrets,
        authorities: &[Vec<u8>],
    ) -> Result<Transport, NoServer> {
        match (&server.transport, self.came) {
            (McpTransport::Command { .. }, Came::Found | Came::Needless) => Err(NoServer::Unnamed),
            (McpTransport::Command { argv, cwd, env }, Came::Named) => {
                let (cwd, env) = (self.folder.join(cwd), environment(env, secrets)?);
                is_folder(&cwd)?;
                Ok(Transport::Process(Process { argv: argv.clone(), cwd, env }))
            }
            (McpTransport::Http { url, secret }, _) => Ok(Transport::Http(Http {
                url: url.clone(),
                secret: secret.as_ref().map(|used| header(used, secrets)).transpose()?,
                authorities: authorities.to_vec(),
                proxy: self.said.proxy.clone(),
            })),
        }
    }
}

fn ready(name: &str, server: &McpServer, transport: Transport) -> Arc<dyn ToolServer> {
    let (name, start_timeout) = (name.to_owned(), server.start_timeout);
    Arc::new(Server::new(Declared { name, transport, start_timeout, backoff: Backoff::default() }))
}

/// The names of the secrets that a server is given.
fn secrets_of(server: &McpServer) -> Vec<&str> {
    match &server.transport {
        McpTransport::Command { env, .. } => env.values().filter_map(secret_of).collect(),
        McpTransport::Http { secret, .. } => secret.iter().map(|used| used.name.as_str()).collect(),
    }
}

fn secret_of(value: &McpValue) -> Option<&str> {
    match value {
        McpValue::Text(_) => None,
        McpValue::Secret(name) => Some(name),
    }
}

impl Secrets {
    fn get(&self, name: &str) -> Result<Secret, NoServer> {
        let value = self.0.get(name).cloned().unwrap_or_default();
        String::from_utf8(value).map(Secret::new).map_err(|_| NoServer::NoText(name.to_owned()))
    }
}

/// What a server is given, and what every command gets.
fn environment(
    given: &BTreeMap<String, McpValue>,
    secrets: &Secrets,
) -> Result<BTreeMap<String, Value>, NoServer> {
    let inherited = |name: &str| Some((name.to_owned(), Value::Plain(std::env::var(name).ok()?)));
    let mut all: BTreeMap<_, _> = INHERITED.into_iter().filter_map(inherited).collect();
    for (name, value) in given {
        let value = match value {
            McpValue::Text(text) => Value::Plain(text.clone()),
            McpValue::Secret(secret) => Value::Secret(secrets.get(secret)?),
        };
        all.insert(name.clone(), value);
    }
    Ok(all)
}

fn header(used: &SecretUse, secrets: &Secrets) -> Result<HeaderSecret, NoServer> {
    let secret = secrets.get(&used.name)?;
    Ok(HeaderSecret { header: used.header.clone(), format: used.format.clone(), secret })
}

fn is_folder(path: &Path) -> Result<(), NoServer> {
    if path.is_dir() { Ok(()) } else { Err(NoServer::NoFolder(path.display().to_string())) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use expect_test::{Expect, expect};

    use super::*;

    const FILE: &str = r#"lockstep = 1
[secrets]
token = { file = "token" }
bytes = { file = "bytes" }
nowhere = { file = "nowhere" }
[egress]
proxy = "http://proxy.example:3128"
[mcp.files]
command = ["files", "--all"]
cwd = "servers"
env = { HOME = "/nowhere", LANG = "C", TOKEN = { secret = "token" } }
start-timeout = "30s"
[mcp.elsewhere]
command = ["files"]
cwd = "missing"
[mcp.search]
url = "https://search.example/mcp"
secret = { name = "token", header = "authorization", format = "Bearer {}" }
[mcp.bytes]
url = "https://bytes.example/mcp"
secret = { name = "bytes", header = "x-key" }
[mcp.secretless]
url = "https://secretless.example/mcp"
secret = { name = "nowhere", header = "x-key" }
"#;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("servers")).unwrap();
        fs::write(folder.path().join(NAME), FILE).unwrap();
        for (name, bytes) in [("token", &b"a-secret-of-the-operator"[..]), ("bytes", &[0xff; 20])] {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        folder
    }

    fn operator(folder: &tempfile::TempDir, came: Came) -> Operator {
        Operator::read(&folder.path().join(NAME), came).ok().unwrap()
    }

    /// What is had of these servers, or why they are not.
    fn check(came: Came, names: &[&str], expected: Expect) {
        let folder = folder();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let told = match operator(&folder, came).tool_servers(&names) {
            Ok(servers) => format!("{servers:?}"),
            Err(refused) => refused.lines.join("\n"),
        };
        expected.assert_eq(&told.replace(&folder.path().display().to_string(), "FOLDER"));
    }

    #[test]
    fn servers_that_are_used_are_made_ready() {
        check(
            Came::Named,
            &["files", "search", "unknown"],
            expect![[r#"{"files": Server("files"), "search": Server("search")}"#]],
        );
        check(Came::Named, &[], expect!["{}"]);
    }

    #[test]
    fn a_file_that_was_only_found_starts_no_program() {
        check(
            Came::Found,
            &["files", "search"],
            expect![
                "lockstep.toml: the server `files`: name the file with `--config` to let it run commands"
            ],
        );
        check(Came::Found, &["search"], expect![[r#"{"search": Server("search")}"#]]);
    }

    #[test]
    fn a_server_that_cannot_be_had_is_refused_with_the_reason() {
        check(
            Came::Named,
            &["elsewhere", "bytes"],
            expect![[r#"
            lockstep.toml: the server `bytes`: the secret `bytes` is no text, and it takes nothing else
            lockstep.toml: the server `elsewhere`: `cwd` leads to FOLDER/missing, which is no folder; make it, or mend `cwd`"#]],
        );
        check(
            Came::Named,
            &["secretless"],
            expect![
                "lockstep.toml: the secret `nowhere`: FOLDER/nowhere cannot be read: there is no such file"
            ],
        );
    }

    #[test]
    fn a_server_gets_what_is_declared_and_what_every_command_gets() {
        let folder = folder();
        let operator = operator(&folder, Came::Named);
        let secrets = Secrets([("token".to_owned(), b"a-secret-of-the-operator".to_vec())].into());
        let transport = operator.transport(&operator.said.mcp["files"], &secrets, &[]).unwrap();
        let Transport::Process(Process { argv, cwd, env }) = transport else { panic!("it is a process") };
        assert_eq!(argv, ["files", "--all"]);
        assert_eq!(cwd, folder.path().join("servers"));
        assert_eq!(env.keys().collect::<Vec<_>>(), ["HOME", "LANG", "PATH", "TOKEN"]);
        expect![[r#"Plain("/nowhere") Plain("C") Secret([secret])"#]]
            .assert_eq(&format!("{:?} {:?} {:?}", env["HOME"], env["LANG"], env["TOKEN"]));
        let transport = operator.transport(&operator.said.mcp["search"], &secrets, &[vec![1]]).unwrap();
        let Transport::Http(Http { url, secret, authorities, proxy }) = transport else {
            panic!("it is elsewhere")
        };
        expect![[r#"https://search.example/mcp Some(HeaderSecret { header: "authorization", format: "Bearer {}", secret: [secret] }) [[1]] http://proxy.example:3128/"#]].assert_eq(&format!("{url} {secret:?} {authorities:?} {}", proxy.unwrap()));
    }
}
