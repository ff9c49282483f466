//! Keys that others than the sandbox make bite, and the tests that show it.

/// A key that a test elsewhere shows to bite.
pub(super) struct Shown {
    pub(super) key: &'static str,
    /// From the root of the repository.
    pub(super) file: &'static str,
    /// A test in that file.
    pub(super) test: &'static str,
}

impl Shown {
    pub(super) fn is_there(&self) -> bool {
        let path = format!("{}/../../{}", env!("CARGO_MANIFEST_DIR"), self.file);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.contains(&format!("fn {}(", self.test))
    }
}

const fn shown(key: &'static str, file: &'static str, test: &'static str) -> Shown {
    Shown { key, file, test }
}

const SERVERS: &str = "host/server/src/operator/tools.rs";
const GRANTS: &str = "tests/cli/grants.rs";
const STORES: &str = "tests/cli/stores.rs";
const CALLS: &str = "tests/cli/calls.rs";
const OPERATOR: &str = "tests/cli/operator.rs";

/// What the program does with a grant before the sandbox sees it, and the time that a host gives.
pub(super) const TIED: &[Shown] = &[
    shown(
        "grant",
        "host/core/src/grant/tests/refused.rs",
        "a_file_of_another_format_is_refused_by_its_number_alone",
    ),
    shown("component.digest", GRANTS, "the_same_name_with_other_bytes_inherits_no_grant"),
    shown("component.asks", GRANTS, "asks_that_nobody_accepted_are_refused"),
    shown(
        "component.signer",
        "tests/cli/sources.rs",
        "a_file_is_loaded_only_with_the_signature_that_its_grant_asks_for",
    ),
    shown("kv.ttl", STORES, "a_value_lives_as_long_as_its_grant_says"),
];

/// What the operator's file says beside its ceiling, and the ceiling of what is above.
pub(super) const OPERATORS: &[Shown] = &[
    shown("lockstep", "host/core/src/operator/tests/mod.rs", "what_is_wrong_with_the_file_is_told_at_once"),
    shown("ceiling.kv.ttl", STORES, "a_value_lives_as_long_as_its_grant_says"),
    shown("secrets.*.env", OPERATOR, "a_secret_comes_from_a_variable_a_file_or_a_command"),
    shown("secrets.*.file", OPERATOR, "a_secret_comes_from_a_variable_a_file_or_a_command"),
    shown("secrets.*.command", OPERATOR, "a_secret_comes_from_a_variable_a_file_or_a_command"),
    shown("tls.ca", CALLS, "a_server_is_trusted_by_the_authority_of_the_operators_file"),
    shown("mcp.*.command", SERVERS, "a_server_gets_what_is_declared_and_what_every_command_gets"),
    shown("mcp.*.cwd", SERVERS, "a_server_gets_what_is_declared_and_what_every_command_gets"),
    shown("mcp.*.env.*", SERVERS, "a_server_gets_what_is_declared_and_what_every_command_gets"),
    shown("mcp.*.url", SERVERS, "servers_that_are_used_are_made_ready"),
    shown("mcp.*.secret.name", SERVERS, "servers_that_are_used_are_made_ready"),
    shown("mcp.*.secret.header", SERVERS, "servers_that_are_used_are_made_ready"),
    shown("mcp.*.secret.format", SERVERS, "servers_that_are_used_are_made_ready"),
    shown(
        "mcp.*.start-timeout",
        "tests/mcp/tests/servers/process.rs",
        "a_server_that_cannot_be_started_says_why",
    ),
    shown("egress.proxy", CALLS, "calls_go_through_the_proxy_of_the_operators_file"),
];
