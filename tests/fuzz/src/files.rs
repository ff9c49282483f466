//! The files that people write and strangers bring: each is read, or refused with lines that lie in it.

use lockstep_core::workflow::{self, Finding};
use lockstep_core::{grant, operator};

pub(crate) fn workflow(bytes: &[u8]) {
    check(bytes, |text| workflow::parse(text).map(|_| ()));
}

pub(crate) fn grant(bytes: &[u8]) {
    check(bytes, |text| grant::parse(text).map(|_| ()));
}

pub(crate) fn operator(bytes: &[u8]) {
    check(bytes, |text| operator::parse(text).map(|_| ()));
}

fn check(bytes: &[u8], parse: impl Fn(&str) -> Result<(), Vec<Finding>>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Err(findings) = parse(text) else { return };
    assert!(!findings.is_empty(), "a refusal says why");
    let lines = text.lines().count().max(1) + 1;
    for finding in &findings {
        let line = finding.line.unwrap_or(1) as usize;
        assert!((1..=lines).contains(&line), "line {line} of {lines}: {}", finding.message);
        assert!(!finding.message.is_empty(), "a finding says what it is");
    }
}
