//! What a ceiling takes away, table by table, and with which words.

use super::*;

#[test]
fn without_a_ceiling_a_grant_is_what_it_says() {
    let grant = granted("[state]\nrun = \"rw\"\n[limits]\nmemory = \"1GiB\"");
    assert_eq!(operator("").apply(&grant), Ok(grant));
}

#[test]
fn an_empty_ceiling_takes_every_table_away_and_says_each() {
    applied(
        "[ceiling]",
        r#"
[[http]]
host = "api.example"
[state]
run = "r"
[updates]
[[kv]]
store = "cache"
access = "r"
[[dir]]
host = "/srv/data"
guest = "/data"
access = "read"
[config]
[scratch]
[clock]
wall = "real"
[limits]
memory = "65MiB"
cpu = "3s"
fuel = 7
events = 2000
event-bytes = "2MiB"
host-calls = 2000
log-bytes = "1MiB"
"#,
        expect![[r#"
            [[http]] https://api.example:443: its host is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [state] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [updates] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[kv]] `cache` with the prefix "" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[dir]] /srv/data is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [config] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [scratch] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `wall = "real"` of [clock] is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `limits.memory` is 65MiB and at most 64MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.event-bytes` is 2MiB and at most 1MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.log-bytes` is 1MiB and at most 64KiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.cpu` is 3s and at most 2s in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.events` is 2000 and at most 1024 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.host-calls` is 2000 and at most 1000 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
        "#]],
    );
}

#[test]
fn what_a_ceiling_cannot_meet_is_refused_and_what_it_narrows_is_not() {
    let ceiling = r#"
[secrets]
key = { env = "KEY" }
[ceiling]
state = { run = "r" }
updates = { bytes = "1KiB" }
scratch = { bytes = "1MiB", files = 10 }
config = { mode = "strict" }
limits = { memory = "32MiB", fuel = 1000 }
random = { source = "seeded" }
on-denied = { http = "fail" }
[[ceiling.http]]
host = "*.example.com"
methods = ["GET"]
paths = ["/v1/**"]
secret = { name = "key", header = "authorization" }
[[ceiling.kv]]
store = "cache"
prefix = "a/"
access = "rw"
bytes = "1MiB"
ttl = "1d"
[[ceiling.dir]]
host = "/srv/data"
access = "read"
"#;
    applied(
        ceiling,
        r#"
[[http]]
host = "a.example.com"
paths = ["/**"]
secret = { name = "key", header = "authorization" }
[updates]
[scratch]
[config]
mode = "strict"
[[kv]]
store = "cache"
prefix = "a/b/"
access = "rw"
ttl = "7d"
[[dir]]
host = "/srv/data/policies"
guest = "/policies"
access = "read"
"#,
        expect![[r#"
            Grant { component: None, http: HttpGrant { rules: [Rule { host: Exactly("a.example.com"), scheme: Https, port: 443, methods: ["GET", "HEAD"], paths: [PathPattern([Rest])], query: None, network: Public, secret: Some(SecretUse { name: "key", header: "authorization", format: "{}" }), idempotency: None, at_most_once: false, redirects: false, request_bytes: 262144, response_bytes: 1048576, timeout: 10s, rate: None, reuse: false, approve: Never }], ceiling: Some([Rule { host: Below("example.com"), scheme: Https, port: 443, methods: ["GET"], paths: [PathPattern([Text("v1"), Rest])], query: None, network: Public, secret: Some(SecretUse { name: "key", header: "authorization", format: "{}" }), idempotency: None, at_most_once: false, redirects: false, request_bytes: 262144, response_bytes: 1048576, timeout: 10s, rate: None, reuse: false, approve: Never }]) }, tools: ToolsGrant { rules: [], ceiling: Some([]) }, approval: ApprovalGrant { within: 86400s }, state: None, updates: Some(UpdatesGrant { bytes: 1024 }), kv: [KvGrant { store: "cache", prefix: "a/b/", access: ReadWrite, bytes: 1048576, ttl: Some(86400s) }], dirs: [DirGrant { host: "/srv/data/policies", guest: "/policies", access: Read }], config: Some({"mode": "strict"}), scratch: Some(ScratchGrant { bytes: 1048576, files: 10 }), wall: Delivery, random: Seeded, limits: Limits { memory: 33554432, cpu: 2s, fuel: 1000, events: 1024, event_bytes: 1048576, host_calls: 1000, log_bytes: 65536 }, on_denied: OnDenied { http: Fail, tools: Error } }
        "#]],
    );
    applied(
        ceiling,
        r#"
[[http]]
host = "example.com"
[[http]]
host = "a.example.com"
scheme = "http"
[[http]]
host = "a.example.com"
port = 8443
[[http]]
host = "a.example.com"
methods = ["POST"]
[[http]]
host = "a.example.com"
paths = ["/v2/*", "/"]
[[http]]
host = "a.example.com"
secret = { name = "other", header = "authorization" }
[[http]]
host = "a.example.com"
network = "private"
[state]
run = "rw"
[updates]
bytes = "2KiB"
[scratch]
files = 11
[config]
mode = "lax"
[limits]
memory = "33MiB"
fuel = 1001
[[kv]]
store = "cache"
prefix = "b/"
access = "r"
[[kv]]
store = "other"
access = "r"
[[dir]]
host = "/srv/data"
guest = "/a"
access = "read-write"
[[dir]]
host = "/srv/database"
guest = "/b"
access = "read"
[[dir]]
host = "/srv/data/../secret"
guest = "/c"
access = "read"
"#,
        expect![[r#"
            [[http]] https://example.com:443: its host is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] http://a.example.com:80: its scheme is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:8443: its port is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its method is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its path is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its secret is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[http]] https://a.example.com:443: its network is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `state.run` is to read and write and at most to read in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `updates.bytes` is 2KiB and at most 1KiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            [[kv]] `cache` with the prefix "b/" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[kv]] `other` with the prefix "" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `dir.access` of /srv/data is to read and write and at most to read in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            [[dir]] /srv/database is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [[dir]] /srv/data/../secret is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            [config] "mode" = "lax" is not in [ceiling] of lockstep.toml; add it there, or remove it from the grant
            `scratch.files` is 11 and at most 10 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.memory` is 33MiB and at most 32MiB in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            `limits.fuel` is 1001 and at most 1000 in [ceiling] of lockstep.toml; raise it there, or lower it in the grant
            the secret `other` is not in lockstep.toml; add `other = { env = "…" }` to [secrets]
        "#]],
    );
}
