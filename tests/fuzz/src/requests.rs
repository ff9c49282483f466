//! Requests that guests ask for: a line with method and address, held against rules. Whatever is let
//! through is normal, and where the rules say.

use lockstep_core::grant::http::Asked;
use lockstep_core::grant::{self, http::HttpGrant};

const RULES: &str = r#"
grant = 1
[[http]]
host = "api.example.com"
methods = ["GET", "POST"]
paths = ["/v1/refunds", "/v1/refunds/*", "/files/**"]
query = ["limit"]
[[http]]
host = "*.example.org"
scheme = "http"
port = 8080
"#;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (method, address) = text.split_once(' ').unwrap_or(("GET", text));
    let Ok(asked) = Asked::parse(method, address) else { return };
    is_normal(&asked);
    let again = Asked::parse(&asked.method, asked.url.as_str());
    assert_eq!(again.as_ref(), Ok(&asked), "what is normal stays as it is");
    if let Ok((_, rule)) = rules().choose(&asked) {
        let host = asked.url.host_str().unwrap_or_default();
        let granted = host == "api.example.com" || host.ends_with(".example.org");
        assert!(granted, "{host} is let through by {rule:?}");
        assert_eq!(asked.url.port_or_known_default(), Some(rule.port), "the port is the rule's");
    }
}

fn is_normal(asked: &Asked) {
    let url = &asked.url;
    assert!(matches!(url.scheme(), "http" | "https"), "no other scheme is spoken");
    assert!(url.username().is_empty() && url.password().is_none(), "nobody is named in an address");
    assert_eq!(url.fragment(), None, "a fragment is never sent");
    let path = url.path();
    assert!(!path.contains("//"), "an empty segment is no segment: {path}");
    let dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    assert!(!dots, "dots are resolved: {path}");
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2f", "%5c", "%00", "%2e"].into_iter().find(|hidden| lower.contains(hidden));
    assert_eq!(hidden, None, "nothing hides in an escape: {path}");
}

fn rules() -> HttpGrant {
    grant::parse(RULES).expect("the rules are well formed").http
}
