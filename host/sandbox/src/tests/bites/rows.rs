//! The table: a row for each key of a grant that the sandbox makes bite.

use lockstep_hostile::reach::{how, open};
use lockstep_hostile::{reach, stores};
use lockstep_test_support::script;

use super::Row;
use super::deeds::{ASK, Ask, Deed};

/// `PORT` is the server's, which is asked for as `server.test`; `GROUND` holds the folders `granted` and `other`.
/// A rule says of host, scheme, port and network what reaches the server, unless the row says it.
pub(super) const ROWS: &[Row] = &[
    asks(
        "http.host",
        ["host = \"*.test\"", "host = \"*.server.test\""],
        ASK,
        ["200, 1 heard", "denied host, 0 heard"],
    ),
    asks(
        "http.scheme",
        ["scheme = \"http\"", "scheme = \"https\""],
        ASK,
        ["200, 1 heard", "denied scheme, 0 heard"],
    ),
    asks(
        "http.port",
        ["port = PORT", "port = 81\nnetwork = \"loopback:81\""],
        ASK,
        ["200, 1 heard", "denied port, 0 heard"],
    ),
    asks(
        "http.methods",
        ["methods = [\"GET\"]", "methods = [\"HEAD\", \"POST\"]"],
        ASK,
        ["200, 1 heard", "denied method, 0 heard"],
    ),
    asks(
        "http.paths",
        ["paths = [\"/*\"]", "paths = [\"/*/*\"]"],
        ASK,
        ["200, 1 heard", "denied path, 0 heard"],
    ),
    asks(
        "http.query",
        ["query = [\"a\", \"b\"]", "query = [\"b\"]"],
        Ask { path: "/echo?a=1", ..ASK },
        ["200, 1 heard", "denied query, 0 heard"],
    ),
    asks(
        "http.network",
        ["network = \"loopback:PORT\"", "network = \"private\""],
        ASK,
        ["200, 1 heard", "denied network, 0 heard"],
    ),
    asks(
        "http.secret.name",
        [
            "secret = { name = \"one\", header = \"authorization\" }",
            "secret = { name = \"two\", header = \"authorization\" }",
        ],
        ASK,
        ["200, 1 heard, authorization: the-first-secret", "200, 1 heard, authorization: the-second-secret"],
    ),
    asks(
        "http.secret.header",
        [
            "secret = { name = \"one\", header = \"authorization\" }",
            "secret = { name = \"one\", header = \"x-pay\" }",
        ],
        ASK,
        ["200, 1 heard, authorization: the-first-secret", "200, 1 heard, x-pay: the-first-secret"],
    ),
    asks(
        "http.secret.format",
        [
            "secret = { name = \"one\", header = \"x-pay\" }",
            "secret = { name = \"one\", header = \"x-pay\", format = \"Bearer {}\" }",
        ],
        ASK,
        ["200, 1 heard, x-pay: the-first-secret", "200, 1 heard, x-pay: Bearer the-first-secret"],
    ),
    asks(
        "http.idempotency",
        ["", "idempotency = \"idempotency-key\""],
        ASK,
        ["200, 1 heard", "200, 1 heard, with a key"],
    ),
    asks(
        "http.effects",
        ["effects = \"at-least-once\"", "effects = \"at-most-once\""],
        Ask { path: "/silent", ..ASK },
        ["protocol, 1 heard", "UnknownEffect, 1 heard"],
    ),
    asks(
        "http.redirects",
        ["redirects = \"same-rules\"", "redirects = \"none\""],
        Ask { path: "/away", ..ASK },
        ["200, 2 heard", "302, 1 heard"],
    ),
    asks(
        "http.request-bytes",
        ["methods = [\"POST\"]\nrequest-bytes = \"3B\"", "methods = [\"POST\"]\nrequest-bytes = \"2B\""],
        Ask { body: "YWJj", ..ASK },
        ["200, 1 heard", "invalid-request, 0 heard"],
    ),
    asks(
        "http.response-bytes",
        ["response-bytes = \"4B\"", "response-bytes = \"3B\""],
        Ask { path: "/four", ..ASK },
        ["200, 1 heard", "too-large, 1 heard"],
    ),
    asks(
        "http.timeout",
        ["timeout = \"1m\"", "timeout = \"500ms\""],
        Ask { path: "/slow", ..ASK },
        ["200, 1 heard", "timeout, 1 heard"],
    ),
    asks(
        "http.rate",
        ["rate = \"2/min\"", "rate = \"1/min\""],
        Ask { times: 2, ..ASK },
        ["200, 2 heard", "not before 60000, 1 heard"],
    ),
    asks(
        "http.on-retry",
        ["on-retry = \"repeat\"", "on-retry = \"reuse\""],
        Ask { attempts: 2, ..ASK },
        ["200, 2 heard", "200, 1 heard"],
    ),
    asks(
        "on-denied.http",
        ["paths = [\"/\"]\n[on-denied]\nhttp = \"error\"", "paths = [\"/\"]\n[on-denied]\nhttp = \"fail\""],
        ASK,
        ["denied path, 0 heard", "denied http, 0 heard"],
    ),
    Row {
        key: "state.run",
        wide: "[state]\nrun = \"rw\"\n[updates]\n",
        narrow: "[state]\nrun = \"r\"\n[updates]\n",
        deed: Deed::Script(|| vec![script::deed("set", "a").value("1")]),
        through: "emitted",
        stopped: "denied state",
    },
    Row {
        key: "updates.bytes",
        wide: "[state]\nrun = \"r\"\n[updates]\nbytes = \"10B\"\n",
        narrow: "[state]\nrun = \"r\"\n[updates]\nbytes = \"9B\"\n",
        deed: Deed::Script(|| vec![script::deed("publish", "token").value("12345")]),
        through: "emitted",
        stopped: "limit updates",
    },
    Row {
        key: "kv.store",
        wide: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n",
        narrow: "[config]\n[[kv]]\nstore = \"others\"\naccess = \"r\"\n",
        deed: Deed::Keep(|| vec![stores::deed("open", "cache")]),
        through: "ok",
        stopped: "no-such-store",
    },
    Row {
        key: "kv.prefix",
        wide: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\nprefix = \"mine/\"\n",
        narrow: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\nprefix = \"mine/deeper/\"\n",
        deed: Deed::Keep(|| vec![stores::deed("open", "cache"), stores::deed("get", "a")]),
        through: "ok | ok 1",
        stopped: "ok | none",
    },
    Row {
        key: "kv.access",
        wide: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"rw\"\n",
        narrow: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n",
        deed: Deed::Keep(|| vec![stores::deed("open", "cache"), stores::deed("delete", "b")]),
        through: "ok | ok",
        stopped: "ok | access-denied",
    },
    Row {
        key: "kv.bytes",
        wide: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"rw\"\nbytes = \"6B\"\n",
        narrow: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"rw\"\nbytes = \"5B\"\n",
        deed: Deed::Keep(|| vec![stores::deed("open", "cache"), stores::deed("set", "key").value("123")]),
        through: "ok | ok",
        stopped: "ok | other: the store is full: its keys and values may come to 5 bytes; delete some",
    },
    Row {
        key: "dir.host",
        wide: "[[dir]]\nhost = \"GROUND/granted\"\nguest = \"/data\"\naccess = \"read\"\n",
        narrow: "[[dir]]\nhost = \"GROUND/other\"\nguest = \"/data\"\naccess = \"read\"\n",
        deed: Deed::Reach(1, || vec![open("file", how::READ, 9), reach::deed("read", "").at(9)]),
        through: "ok | ok inside",
        stopped: "ok | ok outside",
    },
    Row {
        key: "dir.guest",
        wide: "[[dir]]\nhost = \"GROUND/granted\"\nguest = \"/data\"\naccess = \"read\"\n",
        narrow: "[[dir]]\nhost = \"GROUND/granted\"\nguest = \"/policies\"\naccess = \"read\"\n",
        deed: Deed::Reach(1, || vec![reach::deed("where", "")]),
        through: "ok /data",
        stopped: "ok /policies",
    },
    Row {
        key: "dir.access",
        wide: "[[dir]]\nhost = \"GROUND/granted\"\nguest = \"/data\"\naccess = \"read-write\"\n",
        narrow: "[[dir]]\nhost = \"GROUND/granted\"\nguest = \"/data\"\naccess = \"read\"\n",
        deed: Deed::Reach(1, || vec![reach::deed("touch", "file")]),
        through: "ok",
        stopped: "not-permitted",
    },
    Row {
        key: "config.*",
        wide: "[config]\ncurrency = \"EUR\"\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n",
        narrow: "[config]\ncurrency = \"USD\"\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n",
        deed: Deed::Keep(|| vec![stores::deed("config", "currency")]),
        through: "ok EUR",
        stopped: "ok USD",
    },
    Row {
        key: "scratch.bytes",
        wide: "[scratch]\nbytes = \"5B\"\n",
        narrow: "[scratch]\nbytes = \"4B\"\n",
        deed: Deed::Reach(1, || {
            vec![
                open("a", how::CREATE | how::READ | how::WRITE, 9),
                reach::deed("write", "").at(9).text("12345"),
            ]
        }),
        through: "ok | ok 5",
        stopped: "ok | insufficient-space",
    },
    Row {
        key: "scratch.files",
        wide: "[scratch]\nfiles = 2\n",
        narrow: "[scratch]\nfiles = 1\n",
        deed: Deed::Reach(1, || vec![reach::deed("mkdir", "a"), reach::deed("mkdir", "b")]),
        through: "ok | ok",
        stopped: "ok | insufficient-space",
    },
    Row {
        key: "clock.wall",
        wide: "[clock]\nwall = \"real\"\n",
        narrow: "[clock]\nwall = \"delivery\"\n",
        deed: Deed::Reach(1, || vec![reach::deed("now", "")]),
        through: "ok #1",
        stopped: "ok 5",
    },
    Row {
        key: "random.source",
        wide: "[random]\nsource = \"real\"\n",
        narrow: "[random]\nsource = \"seeded\"\n",
        deed: Deed::Reach(2, || vec![reach::deed("random", "")]),
        through: "ok #1 | ok #2",
        stopped: "ok #1 | ok #1",
    },
    asks(
        "http.approve",
        ["approve = \"never\"", "approve = \"always\""],
        ASK,
        ["200, 1 heard", "Approval, 0 heard, for 86400s"],
    ),
    calls(
        "tools.mcp",
        ["allow = [\"pay\"]\nmcp = \"bank\"", "allow = [\"pay\"]\nmcp = \"slow\"\ntimeout = \"20ms\""],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "timeout, 0 heard"],
    ),
    calls(
        "tools.component",
        ["allow = [\"config\"]\ncomponent = \"kit\"", "allow = [\"config\"]\ncomponent = \"other\""],
        Deed::Tool("config", "{}", 1, 1),
        ["7, 0 heard", "8, 0 heard"],
    ),
    calls(
        "tools.allow",
        ["mcp = \"bank\"\nallow = [\"pay\", \"close\"]", "mcp = \"bank\"\nallow = [\"close\"]"],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "denied tool, 0 heard"],
    ),
    calls(
        "tools.pin",
        [
            "mcp = \"bank\"\nallow = [\"pay\"]\npin = \"PIN\"",
            "mcp = \"bank\"\nallow = [\"pay\"]\npin = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "denied pin, 0 heard"],
    ),
    calls(
        "tools.args.*.*",
        [
            "mcp = \"bank\"\nallow = [\"pay\"]\nargs = { pay = { cents = [5, 6] } }",
            "mcp = \"bank\"\nallow = [\"pay\"]\nargs = { pay = { cents = [6] } }",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "denied argument, 0 heard"],
    ),
    calls(
        "tools.approve",
        [
            "mcp = \"bank\"\nallow = [\"pay\", \"close\"]\napprove = [\"close\"]",
            "mcp = \"bank\"\nallow = [\"pay\", \"close\"]\napprove = [\"pay\"]",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "Approval, 0 heard, for 86400s"],
    ),
    calls(
        "tools.calls",
        ["mcp = \"bank\"\nallow = [\"pay\"]\ncalls = 4", "mcp = \"bank\"\nallow = [\"pay\"]\ncalls = 3"],
        Deed::Tool("pay", "{\"cents\":5}", 2, 2),
        ["{\"cents\":5}, 4 heard", "denied budget, 3 heard"],
    ),
    calls(
        "tools.result-bytes",
        [
            "mcp = \"bank\"\nallow = [\"pay\"]\nresult-bytes = \"11B\"",
            "mcp = \"bank\"\nallow = [\"pay\"]\nresult-bytes = \"10B\"",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["{\"cents\":5}, 1 heard", "too-large, 1 heard"],
    ),
    calls(
        "tools.timeout",
        [
            "component = \"kit\"\nallow = [\"spin\"]\ntimeout = \"1m\"",
            "component = \"kit\"\nallow = [\"spin\"]\ntimeout = \"20ms\"",
        ],
        Deed::Tool("spin", "{}", 1, 1),
        ["failed, 0 heard", "timeout, 0 heard"],
    ),
    calls(
        "tools.effects",
        [
            "mcp = \"slow\"\nallow = [\"pay\"]\ntimeout = \"20ms\"\neffects = \"at-least-once\"",
            "mcp = \"slow\"\nallow = [\"pay\"]\ntimeout = \"20ms\"\neffects = \"at-most-once\"",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        ["timeout, 0 heard", "UnknownEffect, 0 heard"],
    ),
    calls(
        "tools.on-retry",
        [
            "mcp = \"bank\"\nallow = [\"pay\"]\non-retry = \"repeat\"",
            "mcp = \"bank\"\nallow = [\"pay\"]\non-retry = \"reuse\"",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 1, 2),
        ["{\"cents\":5}, 2 heard", "{\"cents\":5}, 1 heard"],
    ),
    calls(
        "tools.rate",
        [
            "mcp = \"bank\"\nallow = [\"pay\"]\nrate = \"3/min\"",
            "mcp = \"bank\"\nallow = [\"pay\"]\nrate = \"2/min\"",
        ],
        Deed::Tool("pay", "{\"cents\":5}", 3, 1),
        ["{\"cents\":5}, 3 heard", "not before 60000, 2 heard"],
    ),
    Row {
        key: "approval.within",
        wide: "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\napprove = [\"pay\"]\n[approval]\nwithin = \"1h\"\n",
        narrow: "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\napprove = [\"pay\"]\n[approval]\nwithin = \"1m\"\n",
        deed: Deed::Tool("pay", "{\"cents\":5}", 1, 1),
        through: "Approval, 0 heard, for 3600s",
        stopped: "Approval, 0 heard, for 60s",
    },
    Row {
        key: "on-denied.tools",
        wide: "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n[on-denied]\ntools = \"error\"\n",
        narrow: "[[tools]]\nmcp = \"bank\"\nallow = [\"pay\"]\n[on-denied]\ntools = \"fail\"\n",
        deed: Deed::Tool("close", "{\"cents\":5}", 1, 1),
        through: "denied tool, 0 heard",
        stopped: "denied tools, 0 heard",
    },
    limited(
        "limits.memory",
        [
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nmemory = \"6528KiB\"\n",
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nmemory = \"6400KiB\"\n",
        ],
        ("grow", 100),
        ["emitted 0", "limit memory"],
    ),
    limited(
        "limits.cpu",
        [
            "[state]\nrun = \"r\"\n[updates]\n[limits]\ncpu = \"5m\"\n",
            "[state]\nrun = \"r\"\n[updates]\n[limits]\ncpu = \"20ms\"\n",
        ],
        ("spin", 500),
        ["emitted 0", "limit cpu"],
    ),
    limited(
        "limits.fuel",
        [
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nfuel = 10000000\n",
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nfuel = 1000000\n",
        ],
        ("spin", 1),
        ["emitted 0", "limit fuel"],
    ),
    limited(
        "limits.events",
        [
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nevents = 100\n",
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nevents = 99\n",
        ],
        ("flood", 100),
        ["emitted 100", "limit events"],
    ),
    limited(
        "limits.event-bytes",
        [
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nevent-bytes = 1100\n",
            "[state]\nrun = \"r\"\n[updates]\n[limits]\nevent-bytes = 1000\n",
        ],
        ("large", 1000),
        ["emitted 1", "limit event-bytes"],
    ),
    Row {
        key: "limits.host-calls",
        wide: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n[limits]\nhost-calls = 3\n",
        narrow: "[config]\n[[kv]]\nstore = \"cache\"\naccess = \"r\"\n[limits]\nhost-calls = 2\n",
        deed: Deed::Keep(|| vec![stores::deed("open", "cache"), stores::deed("get", "b").times(3)]),
        through: "ok | ok 2",
        stopped: "limit host-calls",
    },
    Row {
        key: "limits.log-bytes",
        wide: "[state]\nrun = \"r\"\n[updates]\n[limits]\nlog-bytes = \"8KiB\"\n",
        narrow: "[state]\nrun = \"r\"\n[updates]\n[limits]\nlog-bytes = 0\n",
        deed: Deed::Guest("stdout", 1),
        through: "emitted 0, 4096 bytes of log",
        stopped: "emitted 0, 0 bytes of log",
    },
];

/// A row of a rule for requests: what it says of its own.
const fn asks(key: &'static str, rules: [&'static str; 2], ask: Ask, told: [&'static str; 2]) -> Row {
    let ([wide, narrow], [through, stopped]) = (rules, told);
    Row { key, wide, narrow, deed: Deed::Ask(ask), through, stopped }
}

/// A row of a rule for tools.
const fn calls(key: &'static str, rules: [&'static str; 2], deed: Deed, told: [&'static str; 2]) -> Row {
    let ([wide, narrow], [through, stopped]) = (rules, told);
    Row { key, wide, narrow, deed, through, stopped }
}

/// A row of a limit that ends an attempt.
const fn limited(
    key: &'static str,
    grants: [&'static str; 2],
    (guest, n): (&'static str, u32),
    told: [&'static str; 2],
) -> Row {
    let ([wide, narrow], [through, stopped]) = (grants, told);
    Row { key, wide, narrow, deed: Deed::Guest(guest, n), through, stopped }
}
