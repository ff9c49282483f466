//! The choice of a rule: the first one that a request matches in every field, and under a ceiling the
//! first of the operator's too.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

use super::{Asked, Host, HttpGrant, Rule, Why};

impl HttpGrant {
    /// The first rule that a request matches, and which one it is. Under a ceiling the request must
    /// match a rule of it too, one with the same secret if the rule has one and for a network that can
    /// be the same; what comes back is no wider than either. Otherwise the field in which the rule that
    /// came furthest did not match.
    pub fn choose(&self, asked: &Asked) -> Result<(usize, Cow<'_, Rule>), Why> {
        let (at, rule) = first(&self.rules, |rule| miss(rule, asked))?;
        let Some(ceiling) = &self.ceiling else { return Ok((at, Cow::Borrowed(rule))) };
        let (_, above) = first(ceiling, |above| miss(above, asked).or(parts(rule, above)))?;
        Ok((at, Cow::Owned(rule.within(above))))
    }
}

fn first(rules: &[Rule], miss: impl Fn(&Rule) -> Option<Why>) -> Result<(usize, &Rule), Why> {
    let mut furthest = Why::Host;
    for (at, rule) in rules.iter().enumerate() {
        match miss(rule) {
            None => return Ok((at, rule)),
            Some(why) => furthest = furthest.max(why),
        }
    }
    Err(furthest)
}

/// The first field in which a request does not match a rule.
fn miss(rule: &Rule, asked: &Asked) -> Option<Why> {
    let url = &asked.url;
    let fields = [
        (rule.host.matches(asked), Why::Host),
        (url.scheme() == rule.scheme.as_str(), Why::Scheme),
        (url.port_or_known_default() == Some(rule.port), Why::Port),
        (rule.methods.contains(&asked.method), Why::Method),
        (rule.paths.iter().any(|pattern| pattern.matches(url.path())), Why::Path),
        (rule.query.as_ref().is_none_or(|names| has_only(url, names)), Why::Query),
    ];
    fields.into_iter().find(|(is_met, _)| !is_met).map(|(_, why)| why)
}

/// What else the operator's rule must allow: a secret goes only where it sends it too.
fn parts(rule: &Rule, above: &Rule) -> Option<Why> {
    let fields = [
        (rule.secret.is_none() || rule.secret == above.secret, Why::Secret),
        (rule.network.meets(&above.network), Why::Network),
    ];
    fields.into_iter().find(|(is_met, _)| !is_met).map(|(_, why)| why)
}

impl Host {
    fn matches(&self, asked: &Asked) -> bool {
        match self {
            Host::Exactly(host) => asked.host() == host,
            Host::Below(apex) => asked.is_named() && is_below(asked.host(), apex),
        }
    }
}

/// Whether a name is another one with labels before it.
pub(super) fn is_below(name: &str, apex: &str) -> bool {
    name.strip_suffix(apex)
        .and_then(|labels| labels.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty())
}

fn has_only(url: &Url, names: &[String]) -> bool {
    names_in(url).all(|name| names.contains(&name))
}

/// The names in a query. Some servers end a pair at `;` too, so it ends here as well.
pub(super) fn names_in(url: &Url) -> impl Iterator<Item = String> {
    let pairs = url.query().unwrap_or_default().split(['&', ';']);
    pairs.flat_map(|pair| form_urlencoded::parse(pair.as_bytes()).map(|(name, _)| name.into_owned()))
}
