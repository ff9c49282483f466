//! Whether two rules can ever let the same request through: a grant's rule that meets none of the
//! operator's is refused when it is loaded, not when it is used. Where that cannot be told, they meet.

use super::choose::is_below;
use super::{Cidr, Host, Network, PathPattern, Rule, Segment, Why};

impl Rule {
    /// Whether some request could match this rule and one of others; else the field in which the one
    /// that comes furthest differs.
    pub(in crate::grant) fn meets_any(&self, others: &[Rule]) -> Result<(), Why> {
        let mut furthest = Why::Host;
        for other in others {
            match self.parts_from(other) {
                None => return Ok(()),
                Some(why) => furthest = furthest.max(why),
            }
        }
        Err(furthest)
    }

    /// The first field in which no request can match both.
    fn parts_from(&self, other: &Rule) -> Option<Why> {
        let paths = || self.paths.iter().any(|one| other.paths.iter().any(|two| one.meets(two)));
        let fields = [
            (self.host.meets(&other.host), Why::Host),
            (self.scheme == other.scheme, Why::Scheme),
            (self.port == other.port, Why::Port),
            (self.methods.iter().any(|method| other.methods.contains(method)), Why::Method),
            (paths(), Why::Path),
            (self.secret.is_none() || self.secret == other.secret, Why::Secret),
            (self.network.meets(&other.network), Why::Network),
        ];
        fields.into_iter().find(|(is_met, _)| !is_met).map(|(_, why)| why)
    }
}

impl Host {
    fn meets(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Exactly(one), Host::Exactly(two)) => one == two,
            (Host::Exactly(name), Host::Below(apex)) | (Host::Below(apex), Host::Exactly(name)) => {
                is_below(name, apex)
            }
            (Host::Below(one), Host::Below(two)) => one == two || is_below(one, two) || is_below(two, one),
        }
    }
}

impl PathPattern {
    fn meets(&self, other: &PathPattern) -> bool {
        let (mut one, mut two) = (self.0.iter(), other.0.iter());
        loop {
            let can_meet = match (one.next(), two.next()) {
                (Some(Segment::Rest), _) | (_, Some(Segment::Rest)) => return true,
                (None, None) => return true,
                (Some(one), Some(two)) => one.meets(two),
                _ => false,
            };
            if !can_meet {
                return false;
            }
        }
    }
}

impl Segment {
    fn meets(&self, other: &Segment) -> bool {
        match (self, other) {
            (Segment::Text(one), Segment::Text(two)) => one == two,
            (Segment::Text(text), _) | (_, Segment::Text(text)) => !text.is_empty(),
            _ => true,
        }
    }
}

impl Network {
    pub(super) fn meets(&self, other: &Network) -> bool {
        match (self, other) {
            (Network::Within(one), Network::Within(two)) => {
                one.iter().any(|one| two.iter().any(|two| one.meets(two)))
            }
            (Network::Within(_) | Network::Both(..), _) | (_, Network::Within(_) | Network::Both(..)) => true,
            (one, two) => one == two,
        }
    }
}

impl Cidr {
    fn meets(&self, other: &Cidr) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }
}
