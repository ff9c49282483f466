//! `[mcp.NAME]`: servers of tools.

use std::collections::BTreeMap;

use super::*;

#[test]
fn servers_of_tools_are_read() {
    let operator = operator(
        r#"
[secrets]
github-token = { env = "GITHUB_TOKEN" }
search-key = { env = "SEARCH_KEY" }
[mcp.files]
command = ["node", "server.js", "/data"]
cwd = "servers"
env = { LANG = "C", TOKEN = { secret = "github-token" } }
start-timeout = "30s"
[mcp.plain]
command = ["tools"]
[mcp.search]
url = "https://search.example/mcp"
secret = { name = "search-key", header = "Authorization", format = "Bearer {}" }
[mcp.local]
url = "http://127.0.0.1:9000/mcp"
"#,
    );
    expect![[r#"
        {
            "files": McpServer {
                transport: Command {
                    argv: [
                        "node",
                        "server.js",
                        "/data",
                    ],
                    cwd: "servers",
                    env: {
                        "LANG": Text(
                            "C",
                        ),
                        "TOKEN": Secret(
                            "github-token",
                        ),
                    },
                },
                start_timeout: 30s,
            },
            "local": McpServer {
                transport: Http {
                    url: Url {
                        scheme: "http",
                        cannot_be_a_base: false,
                        username: "",
                        password: None,
                        host: Some(
                            Ipv4(
                                127.0.0.1,
                            ),
                        ),
                        port: Some(
                            9000,
                        ),
                        path: "/mcp",
                        query: None,
                        fragment: None,
                    },
                    secret: None,
                },
                start_timeout: 10s,
            },
            "plain": McpServer {
                transport: Command {
                    argv: [
                        "tools",
                    ],
                    cwd: ".",
                    env: {},
                },
                start_timeout: 10s,
            },
            "search": McpServer {
                transport: Http {
                    url: Url {
                        scheme: "https",
                        cannot_be_a_base: false,
                        username: "",
                        password: None,
                        host: Some(
                            Domain(
                                "search.example",
                            ),
                        ),
                        port: None,
                        path: "/mcp",
                        query: None,
                        fragment: None,
                    },
                    secret: Some(
                        SecretUse {
                            name: "search-key",
                            header: "authorization",
                            format: "Bearer {}",
                        },
                    ),
                },
                start_timeout: 10s,
            },
        }
    "#]]
    .assert_debug_eq(&operator.mcp);
}

#[test]
fn what_is_wrong_with_servers_of_tools_is_told_at_once() {
    refused(
        &[
            "lockstep = 1\n[mcp]\nfiles = \"node\"\n[mcp.a]\n[mcp.b]\ncommand = [\"b\"]\nurl = \"https://b.example\"",
            "lockstep = 1\n[mcp.a]\ncomand = [\"a\"]\nstart_timeout = \"1s\"",
            "lockstep = 1\n[mcp.a]\ncommand = []\ncwd = 1\nstart-timeout = \"11m\"\nenv = { A = 1, B = {}, \"C=D\" = \"e\", F = { secrte = \"x\" } }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\ncommand = [\"a\"]\nenv = { A = { secret = \"tokne\" } }\n[mcp.b]\nurl = \"https://b.example\"\nsecret = { name = \"other\", header = \"x-key\" }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\ncommand = [\"a\"]\nsecret = { name = \"token\", header = \"x-key\" }\n[mcp.b]\nurl = \"https://b.example\"\ncwd = \"b\"\nenv = { A = \"a\" }",
            "lockstep = 1\n[secrets]\ntoken = { env = \"T\" }\n[mcp.a]\nurl = \"https://a.example\"\nsecret = { name = \"token\" }\n[mcp.b]\nurl = \"https://b.example\"\nsecret = { name = \"token\", header = \"mcp-session-id\", format = \"{} {}\" }\n[mcp.c]\nurl = \"https://c.example\"\nsecret = { name = \"token\", header = \"a b\", format = \"ä{}\" }",
            "lockstep = 1\n[mcp.a]\nurl = \"http://a.example/mcp\"\n[mcp.b]\nurl = \"ftp://b.example\"\n[mcp.c]\nurl = \"https://me:pw@c.example\"\n[mcp.d]\nurl = \"d\"\n[mcp.e]\nurl = \"https://e.example/#f\"",
        ],
        expect![[r#"
            o:3: `mcp.files` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not "node"
            o:4: `mcp.a` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:5: `mcp.b` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:2: `mcp.a` takes one of `command = ["PROGRAM", …]` and `url = "https://tools.example/mcp"`, not a table
            o:3: unknown key `mcp.a.comand`; did you mean `command`?
            o:4: unknown key `mcp.a.start_timeout`; did you mean `start-timeout`?
            o:3: `command` of a server is empty; name a program and its arguments
            o:4: `mcp.a.cwd` takes text that is not empty, not 1
            o:5: `mcp.a.start-timeout` takes a duration from 1ms to 10m, such as "10s", not "11m"
            o:6: `mcp.a.env.A` takes text, or `{ secret = "NAME" }`, not 1
            o:6: `mcp.a.env.B.secret` is missing; name the secret as `[secrets]` does
            o:6: "C=D" is not the name of a variable
            o:6: unknown key `mcp.a.env.F.secrte`; did you mean `secret`?
            o:6: `mcp.a.env.F.secret` is missing; name the secret as `[secrets]` does
            o:6: the secret `tokne` is not in [secrets]; did you mean `token`?
            o:9: the secret `other` is not in [secrets]
            o:6: `secret` belongs to a server with `url`; give a process its secrets in `env`
            o:9: `cwd` belongs to a server with `command`
            o:10: `env` belongs to a server with `command`
            o:6: `mcp.a.secret.header` is missing; name the header that carries it: `header = "authorization"`
            o:9: `mcp.b.secret.header` cannot be "mcp-session-id": the host writes that header itself; name another one
            o:9: `mcp.b.secret.format` cannot be "{} {}": write `{}` once, where the secret goes, such as "Bearer {}"
            o:12: `mcp.c.secret.header` cannot be "a b": that is not the name of a header
            o:12: `mcp.c.secret.format` cannot be "ä{}": a header carries visible ASCII only
            o:3: `mcp.a.url` cannot be "http://a.example/mcp": only this machine is spoken to without TLS; use https
            o:5: `mcp.b.url` cannot be "ftp://b.example": write an address such as "https://tools.example/mcp"
            o:7: `mcp.c.url` cannot be "https://me:pw@c.example": give what it asks for in `secret`
            o:9: `mcp.d.url` cannot be "d": relative URL without a base
            o:11: `mcp.e.url` cannot be "https://e.example/#f": a fragment goes nowhere
        "#]],
    );
}

#[test]
fn a_server_of_tools_that_the_operator_does_not_have_refuses_the_grant() {
    let rule = |server: &str| ToolsRule {
        from: ToolSource::Server(server.into()),
        allow: vec!["read".into()],
        pin: None,
        args: BTreeMap::new(),
        approve: Vec::new(),
        calls: None,
        result_bytes: 1024,
        timeout: Duration::from_secs(1),
        at_most_once: false,
        reuse: false,
        rate: None,
    };
    let tools = ToolsGrant { rules: vec![rule("files"), rule("search"), rule("search")], ceiling: None };
    let grant = Grant { tools, ..Grant::default() };
    let operator = operator("[mcp.files]\ncommand = [\"files\"]");
    let line =
        "the server `search` is not in lockstep.toml; add [mcp.search] with its `command` or its `url`";
    assert_eq!(operator.apply(&grant).unwrap_err(), [line]);
}
