//! What is refused, each with its exact text.

use expect_test::expect;

use super::{check, refused};

#[test]
fn what_is_unknown_or_not_yet_supported_or_wrong_is_told_at_once() {
    check(
        "grant = 1\nstat = 1\n[state]\nrun = \"w\"\nall = true\n[updates]\nbytes = \"17MiB\"\n[[tool]]\nmcp = \"x\"\n[llm]\n",
        expect![[r#"
            g:2: unknown key `stat`; did you mean `state`?
            g:4: `state.run` takes one of "r", "rw", not "w"; did you mean `r`?
            g:5: unknown key `state.all`
            g:7: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not "17MiB"
            g:8: unknown key `tool`; did you mean `tools`?
            g:10: `llm` is not yet supported; remove it
        "#]],
    );
    for (text, expected) in [
        (
            "grant = 1\n[state]",
            expect![[r#"
            g:2: `state.run` is missing; say how far it goes: `run = "r"` or `run = "rw"`
        "#]],
        ),
        (
            "grant = 1\nstate = \"rw\"",
            expect![[r#"
            g:2: `state` takes a table, not "rw"
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbytes = 0",
            expect![[r#"
            g:3: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not 0
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbytes = \"1MB\"",
            expect![[r#"
            g:3: `updates.bytes` takes a size from 1B to 16MiB, such as "64KiB" or "1MiB", not "1MB"
        "#]],
        ),
        (
            "grant = 1\n[updates]\nbyte = \"1MiB\"",
            expect![[r#"
            g:3: unknown key `updates.byte`; did you mean `bytes`?
        "#]],
        ),
        (
            "grant = ",
            expect![[r#"
            g:1:9: this is not TOML: string values must be quoted, expected literal string
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_file_of_another_format_is_refused_by_its_number_alone() {
    for (text, expected) in [
        (
            "",
            expect![[r#"
            g:1: `grant` is missing; begin the file with the format that it is written in: `grant = 1`
        "#]],
        ),
        (
            "grant = 2\n[state]\nruns = 3\n[telepathy]",
            expect![[r#"
            g:1: the file is written in format 2 of grants, and this program reads format 1; write `grant = 1`, or use a program that reads the other one
        "#]],
        ),
        (
            "grant = \"1\"",
            expect![[r#"
            g:1: `grant` takes a whole number from 1 to 4294967295, the format of the file, not "1"
        "#]],
        ),
        (
            "grant = 0",
            expect![[r#"
            g:1: `grant` takes a whole number from 1 to 4294967295, the format of the file, not 0
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_rule_that_says_nothing_or_too_much_is_refused() {
    refused(
        &[
            "[[http]]",
            "[http]\nhost = \"a.example\"",
            "http = [1]",
            "[[http]]\nhost = \"*\"",
            "[[http]]\nhost = \"*.*.example\"",
            "[[http]]\nhost = \"api.*.example\"",
            "[[http]]\nhost = \"*.10.0.0.1\"",
            "[[http]]\nhost = \"https://a.example\"",
            "[[http]]\nhost = \"a.example:8080\"",
            "[[http]]\nhost = \"a.example.\"",
            "[[http]]\nhost = \"127.0.0.1\"",
            "[[http]]\nhost = \"127.0.0.1\"\nscheme = \"http\"\nnetwork = \"private\"",
            "[[http]]\nhost = \"8.8.8.8\"\nnetwork = \"private\"",
            "[[http]]\nhost = \"a.example\"\nscheme = \"ftp\"\nport = 0\nport-range = 1",
            "[[http]]\nhost = \"a.example\"\nmethods = []\npaths = []\nnetwork = []",
            "[[http]]\nhost = \"a.example\"\nmethods = [\"GET /\", \"CONNECT\"]\npaths = [\"v1\", \"/**/x\"]\nquery = \"a\"",
            "[[http]]\nhost = \"a.example\"\nnetwork = \"internet\"",
            "[[http]]\nhost = \"a.example\"\nnetwork = \"loopback:0\"",
            "[[http]]\nhost = \"a.example\"\nnetwork = \"loopback:8080\"",
            "[[http]]\nhost = \"a.example\"\nnetwork = [\"10.2.3.0/16\", \"10.0.0.0\", \"10.0.0.0/33\", \"::ffff:10.0.0.0/112\"]",
            "[[http]]\nhost = \"a.example\"\nsecret = \"key\"",
            "[[http]]\nhost = \"a.example\"\nsecret = {}",
            "[[http]]\nhost = \"a.example\"\nsecret = { name = \"k\", header = \"Host\", format = \"Bearer\" }",
            "[[http]]\nhost = \"a.example\"\nsecret = { name = \"k\", header = \"a b\", format = \"{}{}\" }",
            "[[http]]\nhost = \"a.example\"\nsecret = { name = \"k\", header = \"x\", format = \"{}\\n\", fromat = 1 }",
            "[[http]]\nhost = \"a.example\"\nsecret = { name = \"k\", header = \"X-Key\" }\nidempotency = \"x-key\"",
            "[[http]]\nhost = \"a.example\"\nidempotency = \"a:b\"\neffects = \"once\"\nredirects = true",
            "[[http]]\nhost = \"a.example\"\nrequest-bytes = \"17MiB\"\nresponse-bytes = -1\ntimeout = \"2h\"",
            "[[http]]\nhost = \"a.example\"\nrate = \"20\"",
            "[[http]]\nhost = \"a.example\"\nrate = \"+20/min\"\non-retry = \"never\"",
            "[[http]]\nhost = \"a.example\"\nrate = \"0/min\"\napprove = \"yes\"",
            "[[http]]\nhost = \"a.example\"\nredirects = \"same-rules\"\napprove = \"writes\"",
        ],
        expect![[r#"
            g:2: `http.host` is missing; name the server: `host = "api.example.com"`
            g:2: `http` takes a list of tables, such as `[[http]]`, not a table
            g:2: `http` takes a list of tables, such as `[[http]]`, not 1
            g:3: `http.host` cannot be "*": `*` stands for whole labels before a name, as in "*.example.com"; name the host
            g:3: `http.host` cannot be "*.*.example": write the name alone, without scheme, port, path and a dot at its end
            g:3: `http.host` cannot be "api.*.example": `*` stands for whole labels before a name, as in "*.example.com"; name the host
            g:3: `http.host` cannot be "*.10.0.0.1": labels stand before names, not before addresses
            g:3: `http.host` cannot be "https://a.example": write the name alone, without scheme, port, path and a dot at its end
            g:3: `http.host` cannot be "a.example:8080": write the name alone, without scheme, port, path and a dot at its end
            g:3: `http.host` cannot be "a.example.": write the name alone, without scheme, port, path and a dot at its end
            g:2: 127.0.0.1 is not in the rule's network, so the rule lets nothing through; write `network = "loopback:443"`
            g:2: 127.0.0.1 is not in the rule's network, so the rule lets nothing through; write `network = "loopback:80"`
            g:2: 8.8.8.8 is not in the rule's network, so the rule lets nothing through; write `network = "public"`
            g:4: `http.scheme` takes one of "https", "http", not "ftp"
            g:5: `http.port` takes a whole number from 1 to 65535, not 0
            g:6: unknown key `http.port-range`; did you mean `port`?
            g:4: `http.methods` is empty, so the rule lets nothing through; name one, or remove it
            g:5: `http.paths` is empty, so the rule lets nothing through; name one, or remove it
            g:6: `http.network` is empty, so the rule lets nothing through; name one, or remove it
            g:4: `http.methods` cannot be "GET /": the method is not one word of letters; use one such as `GET`
            g:4: `http.methods` cannot be "CONNECT": the method CONNECT is not for steps; use another one
            g:5: `http.paths` cannot be "v1": begin it with `/`
            g:5: `http.paths` cannot be "/**/x": `**` stands for the rest; put it last
            g:6: `http.query` takes a list of texts, not "a"
            g:4: `http.network` cannot be "internet": it takes "public", "private", "loopback:PORT" or a list of networks such as ["10.2.0.0/16"]
            g:4: `http.network` cannot be "loopback:0": it takes "public", "private", "loopback:PORT" or a list of networks such as ["10.2.0.0/16"]
            g:2: the rule is for port 443, and `http.network = "loopback:8080"` for another one; write the same port in both
            g:4: `http.network` cannot be "10.2.3.0/16": write the first address of the network
            g:4: `http.network` cannot be "10.0.0.0": write an address and how many of its bits count, such as "10.2.0.0/16"
            g:4: `http.network` cannot be "10.0.0.0/33": write an address and how many of its bits count, such as "10.2.0.0/16"
            g:4: `http.network` cannot be "::ffff:10.0.0.0/112": write the IPv4 address that is in it
            g:4: `http.secret` takes a table, not "key"
            g:4: `http.secret.name` is missing; name the secret as `[secrets]` of lockstep.toml does
            g:4: `http.secret.header` is missing; name the header that carries it: `header = "authorization"`
            g:4: `http.secret.header` cannot be "Host": the host writes that header itself; name another one
            g:4: `http.secret.format` cannot be "Bearer": write `{}` once, where the secret goes, such as "Bearer {}"
            g:4: `http.secret.header` cannot be "a b": that is not the name of a header
            g:4: `http.secret.format` cannot be "{}{}": write `{}` once, where the secret goes, such as "Bearer {}"
            g:4: unknown key `http.secret.fromat`; did you mean `format`?
            g:4: `http.secret.format` cannot be "{}\n": a header carries visible ASCII only
            g:2: the header `x-key` cannot carry the secret and the call's key; name two
            g:4: `http.idempotency` cannot be "a:b": that is not the name of a header
            g:5: `http.effects` takes one of "at-least-once", "at-most-once", not "once"
            g:6: `http.redirects` takes text that is not empty, not true
            g:4: `http.request-bytes` takes a size from 0B to 16MiB, such as "256KiB", not "17MiB"
            g:5: `http.response-bytes` takes a size from 0B to 16MiB, such as "256KiB", not -1
            g:6: `http.timeout` takes a duration from 1ms to 1h, such as "10s", not "2h"
            g:4: `http.rate` cannot be "20": write calls in a time, such as "20/min"; the times are s, min, h and d
            g:4: `http.rate` cannot be "+20/min": write calls in a time, such as "20/min"; the times are s, min, h and d
            g:5: `http.on-retry` takes one of "repeat", "reuse", not "never"
            g:4: `http.rate` cannot be "0/min": write calls in a time, such as "20/min"; the times are s, min, h and d
            g:5: `http.approve` takes one of "never", "writes", "always", not "yes"
            g:2: a person approves one request, not where it leads; remove `redirects = "same-rules"` or `approve`
        "#]],
    );
}

#[test]
fn each_of_the_other_tables_says_what_it_takes() {
    refused(
        &[
            "[component]\ndigest = \"sha256:00\"\nasks = 1\nrecord = true\nsigned = 1",
            "[kv]\nstore = \"s\"",
            "[[kv]]",
            "[[kv]]\nstore = \"s\"\naccess = \"w\"\nprefix = \"a\\u0000\"\nbytes = 0\nttl = \"0s\"",
            "[[kv]]\nstore = \"s\"\naccess = \"r\"\n[[kv]]\nstore = \"s\"\naccess = \"rw\"",
            "[[dir]]",
            "[[dir]]\nhost = \"a\"\nguest = \"a\"\naccess = \"read\"",
            "[[dir]]\nhost = \"a\"\nguest = \"/\"\naccess = \"write\"",
            "[[dir]]\nhost = \"a\"\nguest = \"/a/../b\"\naccess = \"read\"",
            "[[dir]]\nhost = \"a\"\nguest = \"/scratch/b\"\naccess = \"read\"",
            "[[dir]]\nhost = \"a\"\nguest = \"/a\"\naccess = \"read\"\n[[dir]]\nhost = \"b\"\nguest = \"/a\"\naccess = \"read\"",
            "[config]\na = []\nb = { c = 1 }\nd = 2026-01-01\ne = 99999999999999999999",
            "config = 1",
            "[scratch]\nbytes = \"2GiB\"\nfiles = 0",
            "[clock]\nwall = \"none\"\n[random]\nsource = \"none\"",
            "[limits]\nmemory = \"63KiB\"\ncpu = \"9ms\"\nfuel = -1\nevents = 100001\nevent-bytes = 0\nhost-calls = \"x\"\nlog-bytes = \"17MiB\"\nmem = 1",
            "[limits]\nmemory = \"2GiB\"\ncpu = \"11m\"",
            "[on-denied]\nhttp = \"never\"\ntools = \"asks\"\nkv = \"fail\"",
            "[approval]\nwithin = \"0s\"",
            "[approval]\nwithin = \"31d\"\nwithn = 1",
            "[on-denied]\nhttp = \"allow\"",
        ],
        expect![[r#"
            g:3: `component.digest` cannot be "sha256:00": a reference is `sha256:` and 64 small hex digits
            g:4: `component.asks` takes text that is not empty, not 1
            g:5: `component.record` is not yet supported; remove it
            g:6: unknown key `component.signed`; did you mean `signer`?
            g:2: `kv` takes a list of tables, such as `[[kv]]`, not a table
            g:2: `kv.store` is missing; name the store as the step opens it: `store = "cache"`
            g:2: `kv.access` is missing; say how far it goes: `access = "r"` or `access = "rw"`
            g:4: `kv.access` takes one of "r", "rw", not "w"; did you mean `r`?
            g:5: `kv.prefix` cannot be "a\0": use up to 256 bytes of text without control characters
            g:6: `kv.bytes` takes a size from 1B to 16GiB, such as "10MiB", not 0
            g:7: `kv.ttl` takes a duration of at least 1ms, not "0s"
            g:5: the store `s` is granted twice; give it one [[kv]]
            g:2: `dir.guest` is missing; say where the step sees it: `guest = "/policies"`
            g:2: `dir.host` is missing; name the folder, from where this file is: `host = "data/policies"`
            g:2: `dir.access` is missing; say how far it goes: `access = "read"` or `access = "read-write"`
            g:4: `dir.guest` cannot be "a": a step sees absolute paths; begin it with `/`
            g:4: `dir.guest` cannot be "/": write it without empty parts, `.`, `..` and backslashes, such as "/policies"
            g:5: `dir.access` takes one of "read", "read-write", not "write"
            g:4: `dir.guest` cannot be "/a/../b": write it without empty parts, `.`, `..` and backslashes, such as "/policies"
            g:4: `dir.guest` cannot be "/scratch/b": that is where [scratch] is; give it another place
            g:6: two folders are to be seen as "/a"; give one of them another place
            g:3: `config.a` takes text, a number, `true` or `false`, not a list
            g:4: `config.b` takes text, a number, `true` or `false`, not a table
            g:5: `config.d` takes text, a number, `true` or `false`, not a date
            g:6: `config.e` takes a whole number of 64 bits, not 99999999999999999999
            g:2: `config` takes a table, not 1
            g:3: `scratch.bytes` takes a size from 1B to 1GiB, such as "32MiB", not "2GiB"
            g:4: `scratch.files` takes a whole number from 1 to 1000000, not 0
            g:3: `clock.wall` takes one of "delivery", "real", not "none"
            g:5: `random.source` takes one of "real", "seeded", not "none"
            g:3: `limits.memory` takes a size from 64KiB to 1GiB, such as "64MiB", not "63KiB"
            g:4: `limits.cpu` takes a duration from 10ms to 10m, such as "2s", not "9ms"
            g:5: `limits.fuel` takes a whole number, 0 for no limit, not -1
            g:6: `limits.events` takes a whole number from 0 to 100000, not 100001
            g:7: `limits.event-bytes` takes a size from 1B to 16MiB, such as "1MiB", not 0
            g:8: `limits.host-calls` takes a whole number from 0 to 100000, not "x"
            g:9: `limits.log-bytes` takes a size from 0B to 16MiB, such as "64KiB", not "17MiB"
            g:10: unknown key `limits.mem`; did you mean `memory`?
            g:3: `limits.memory` takes a size from 64KiB to 1GiB, such as "64MiB", not "2GiB"
            g:4: `limits.cpu` takes a duration from 10ms to 10m, such as "2s", not "11m"
            g:3: `on-denied.http` takes one of "error", "fail", "ask", not "never"
            g:4: `on-denied.tools` takes one of "error", "fail", "ask", not "asks"; did you mean `ask`?
            g:5: `on-denied.kv` is not yet supported; remove it
            g:3: `approval.within` takes a duration from 1s to 30d, such as "24h", not "0s"
            g:3: `approval.within` takes a duration from 1s to 30d, such as "24h", not "31d"
            g:4: unknown key `approval.withn`; did you mean `within`?
            g:3: `on-denied.http` takes one of "error", "fail", "ask", not "allow"
        "#]],
    );
}

#[test]
fn a_table_of_tools_that_says_nothing_or_too_much_is_refused() {
    refused(
        &[
            "[[tools]]",
            "[tools]\nmcp = \"s\"",
            "[[tools]]\nmcp = \"s\"\ncomponent = \"c\"\nallow = [\"a\"]",
            "[[tools]]\nmcp = \"S\"\nallow = [\"a\"]",
            "[[tools]]\nmcp = \"s\"\nallow = []",
            "[[tools]]\nmcp = \"s\"\nallow = [\"*\", \"get_*\", \"a b\", \"a\", \"a\"]",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\n[[tools]]\ncomponent = \"c\"\nallow = [\"a\"]",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\npin = \"sha256:0\"\ncalls = 0\nresult-bytes = \"17MiB\"\ntimeout = \"2h\"",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\neffects = \"once\"\non-retry = \"no\"\nrate = \"9\"\nallows = 1",
            "[[tools]]\nmcp = \"s\"\nallow = [\"get_issue\"]\napprove = [\"get_isue\"]\nargs = { Get_issue = { a = 1 } }",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\napprove = []\nargs = { a = {} }",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\nargs = { a = 1 }",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\nargs = { a = { b = [], c = [1, 1], d = {}, e = 2026-01-01, f = [[1]], \"g h\" = 1 } }",
            "[[tools]]\nmcp = \"s\"\nallow = [\"a\"]\nargs = { a = { b = 0.10000000000000000001, c = inf, d = 99999999999999999999, e = -0.0 } }",
        ],
        expect![[r#"
            g:2: the tools are nobody's; name whose tools: `mcp = "server"`, or `component = "name"`
            g:2: `tools.allow` is missing; name the tools: `allow = ["search_issues"]`
            g:2: `tools` takes a list of tables, such as `[[tools]]`, not a table
            g:4: tools are of an `mcp` server or of a `component`; remove one, or write two tables
            g:3: `tools.mcp` cannot be "S": write the name as it is declared: lower-case letters, digits and `-`
            g:4: `tools.allow` is empty; name a tool, or remove it
            g:4: `tools.allow` cannot be "*": each tool is named; there are no wildcards
            g:4: `tools.allow` cannot be "get_*": each tool is named; there are no wildcards
            g:4: `tools.allow` cannot be "a b": use up to 128 letters, digits and `_`, `-`, `.`, `:` or `/`
            g:4: `tools.allow` names `a` twice; name it once
            g:7: the tool `a` is allowed by two [[tools]]; leave it in one of them
            g:5: `tools.pin` cannot be "sha256:0": a reference is `sha256:` and 64 small hex digits
            g:6: `tools.calls` takes a whole number from 1 to 4294967295, not 0
            g:7: `tools.result-bytes` takes a size from 1B to 16MiB, such as "256KiB", not "17MiB"
            g:8: `tools.timeout` takes a duration from 1ms to 1h, such as "10s", not "2h"
            g:5: `tools.effects` takes one of "at-least-once", "at-most-once", not "once"
            g:6: `tools.on-retry` takes one of "repeat", "reuse", not "no"
            g:7: `tools.rate` cannot be "9": write calls in a time, such as "20/min"; the times are s, min, h and d
            g:8: unknown key `tools.allows`; did you mean `allow`?
            g:5: `tools.approve` names "get_isue", and `allow` does not; did you mean `get_issue`?
            g:6: `tools.args` names "Get_issue", and `allow` does not; did you mean `get_issue`?
            g:5: `tools.approve` is empty; name a tool, or remove it
            g:6: `tools.args.a` takes a table of arguments that is not empty, not a table
            g:5: `tools.args.a` takes a table, not 1
            g:5: `tools.args.a.b` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not a list
            g:5: `tools.args.a.c` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not a list
            g:5: `tools.args.a.d` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not a table
            g:5: `tools.args.a.e` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not a date
            g:5: `tools.args.a.f` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not a list
            g:5: `tools.args` cannot name the argument "g h": it has white space, a control character or `=`
            g:5: `tools.args.a.b` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not 0.10000000000000000001
            g:5: `tools.args.a.c` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not inf
            g:5: `tools.args.a.d` takes text, a number that JSON has exactly, `true`, `false`, or a list of such values, each once, not 99999999999999999999
        "#]],
    );
}
