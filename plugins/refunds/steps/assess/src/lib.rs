//! Opens the case: prices what comes back, turns dates into ages, and sends each check what it needs.
//! A request that contradicts itself gets no checks but one result that says so.

use std::collections::BTreeMap;

use lockstep_sdk::{Failure, info, step};
use time::Date;
use time::macros::format_description;

/// Below this a refund is not worth the fraud check.
const SMALL_CENTS: u64 = 2_000;

#[step(world = "assess", wit = "../../wit")]
fn on_refund_requested(event: RefundRequested) -> Result<Vec<Emits>, Failure> {
    let ages = Ages::on(&event)?;
    if let Some(note) = objection(&event, &ages) {
        return Ok(CheckResult::refusal(note).into());
    }
    let lines = priced(&event)?;
    let checks = checks(&event, &ages, lines);
    info!("{}: {} lines come back, {} checks", event.request, event.returns.len(), checks.len());
    Ok(checks)
}

/// Days between the dates of a request; negative where it contradicts itself.
struct Ages {
    customer: i32,
    order: i32,
    delivery: Option<i32>,
    past: Vec<i32>,
}

impl Ages {
    fn on(event: &RefundRequested) -> Result<Ages, Failure> {
        let today = day("requested", &event.requested)?;
        let age = |field: &str, date: &str| Ok::<_, Failure>(today - day(field, date)?);
        let past = event.past_refunds.iter().map(|refund| age("past_refunds", &refund.date));
        Ok(Ages {
            customer: age("customer_since", &event.customer_since)?,
            order: age("placed", &event.placed)?,
            delivery: event.delivered.as_deref().map(|date| age("delivered", date)).transpose()?,
            past: past.collect::<Result<_, _>>()?,
        })
    }
}

fn day(field: &str, date: &str) -> Result<i32, Failure> {
    let parsed = Date::parse(date, format_description!("[year]-[month]-[day]"));
    let bad = |_| Failure::permanent("bad-date", format!("{field}: `{date}` is no date like 2026-03-14"));
    parsed.map(Date::to_julian_day).map_err(bad)
}

/// What makes the request impossible.
fn objection(event: &RefundRequested, ages: &Ages) -> Option<String> {
    if ages.order < 0 || ages.delivery.is_some_and(|days| days < 0) {
        return Some(format!("request {} is older than its order", event.request));
    }
    let bought = count(event.lines.iter().map(|line| (line.sku.as_str(), line.quantity)));
    let returned = count(event.returns.iter().map(|line| (line.sku.as_str(), line.quantity)));
    returned.into_iter().find_map(|(sku, quantity)| match bought.get(sku) {
        None => Some(format!("{sku} is not part of order {}", event.order)),
        Some(bought) if *bought < quantity => {
            Some(format!("{quantity} of {sku} come back, but order {} has {bought}", event.order))
        }
        Some(_) => None,
    })
}

/// In u64, so that no number of lines overflows.
fn count<'e>(lines: impl Iterator<Item = (&'e str, u32)>) -> BTreeMap<&'e str, u64> {
    let mut counts = BTreeMap::new();
    for (sku, quantity) in lines {
        *counts.entry(sku).or_default() += u64::from(quantity);
    }
    counts
}

/// What comes back, at what was paid for it.
fn priced(event: &RefundRequested) -> Result<Vec<PricedLine>, Failure> {
    let priced = event.returns.iter().filter_map(|back| {
        let line = event.lines.iter().find(|line| line.sku == back.sku)?;
        Some(price(line, back))
    });
    let priced = priced.collect::<Result<Vec<_>, _>>()?;
    let sum = priced.iter().try_fold(0u64, |sum, line| sum.checked_add(line.cents));
    sum.ok_or_else(|| too_large(&event.order)).map(|_| priced)
}

fn price(line: &OrderLine, back: &ReturnLine) -> Result<PricedLine, Failure> {
    let cents = line.unit_cents.checked_mul(back.quantity.into()).ok_or_else(|| too_large(&line.sku))?;
    Ok(PricedLine {
        sku: back.sku.clone(),
        category: line.category,
        reason: back.reason,
        opened: back.opened,
        cents,
    })
}

fn too_large(what: &str) -> Failure {
    Failure::permanent("too-large", format!("the price of {what} is no sum that a shop asks for"))
}

/// Nothing returned, nothing checked.
fn checks(event: &RefundRequested, ages: &Ages, lines: Vec<PricedLine>) -> Vec<Emits> {
    if lines.is_empty() {
        return Vec::new();
    }
    let cents = lines.iter().map(|line| line.cents).sum();
    let fraud = (cents >= SMALL_CENTS).then(|| fraud_check(event, ages, cents).into());
    let window = WindowCheck { days_since_delivery: ages.delivery.map(days), lines };
    [window.into(), history_check(event, ages, cents).into()].into_iter().chain(fraud).collect()
}

fn history_check(event: &RefundRequested, ages: &Ages, cents: u64) -> HistoryCheck {
    let past = event.past_refunds.iter().zip(&ages.past);
    let past = past.map(|(refund, age)| AgedRefund { days: days(*age), cents: refund.cents }).collect();
    HistoryCheck { customer_days: days(ages.customer), cents, past, ledger: event.ledger }
}

fn fraud_check(event: &RefundRequested, ages: &Ages, cents: u64) -> FraudCheck {
    FraudCheck {
        customer_days: days(ages.customer),
        days_since_order: days(ages.order),
        cents,
        claims_not_received: event.returns.iter().any(|line| line.reason == Reason::NotReceived),
        payment: event.payment.clone(),
    }
}

/// A date in the future counts as today.
fn days(age: i32) -> u32 {
    age.try_into().unwrap_or(0)
}

impl CheckResult {
    fn refusal(note: String) -> CheckResult {
        CheckResult {
            check: "request".into(),
            outcome: Outcome::Reject,
            points: 0,
            payable_cents: Some(0),
            notes: vec![note],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(returns: &[(&str, u32)]) -> RefundRequested {
        let returns = returns.iter().map(|(sku, quantity)| ReturnLine {
            sku: (*sku).into(),
            quantity: *quantity,
            reason: Reason::ChangedMind,
            opened: false,
        });
        let payment =
            Payment { card_country: "DE".into(), ship_country: "DE".into(), refund_to: Payee::Original };
        RefundRequested {
            request: "R-1".into(),
            requested: "2026-03-01".into(),
            order: "A-1".into(),
            placed: "2026-02-27".into(),
            delivered: Some("2026-02-28".into()),
            lines: vec![OrderLine {
                sku: "MUG".into(),
                category: Category::General,
                quantity: 3,
                unit_cents: 700,
            }],
            returns: returns.collect(),
            customer: "C-1".into(),
            customer_since: "2024-02-29".into(),
            past_refunds: vec![PastRefund { date: "2025-03-01".into(), cents: 100 }],
            payment,
            ledger: Ledger::Ready,
        }
    }

    fn kinds(emitted: &[Emits]) -> Vec<&'static str> {
        let kind = |emitted: &Emits| match emitted {
            Emits::WindowCheck(_) => "window",
            Emits::HistoryCheck(_) => "history",
            Emits::FraudCheck(_) => "fraud",
            Emits::CheckResult(_) => "result",
        };
        emitted.iter().map(kind).collect()
    }

    #[test]
    fn a_request_opens_the_checks_that_it_needs() {
        for (returns, expected) in [
            (&[("MUG", 3)][..], &["window", "history", "fraud"][..]),
            (&[("MUG", 2)], &["window", "history"]),
            (&[("MUG", 2), ("MUG", 2)], &["result"]),
            (&[("CUP", 1)], &["result"]),
            (&[], &[]),
        ] {
            let emitted = on_refund_requested(request(returns)).unwrap();
            assert_eq!(kinds(&emitted), expected, "{returns:?}");
        }
    }

    #[test]
    fn ages_are_counted_in_days_over_months_and_leap_years() {
        let ages = Ages::on(&request(&[])).unwrap();
        assert_eq!((ages.delivery, ages.order, ages.customer, ages.past[0]), (Some(1), 2, 731, 365));
    }

    #[test]
    fn an_order_of_the_future_is_an_objection() {
        let request = RefundRequested { placed: "2026-03-02".into(), ..request(&[("MUG", 1)]) };
        assert_eq!(kinds(&on_refund_requested(request).unwrap()), ["result"]);
    }

    #[test]
    fn what_no_calendar_has_is_a_permanent_failure_that_names_the_field() {
        let request = RefundRequested { placed: "2026-02-30".into(), ..request(&[]) };
        let failure = on_refund_requested(request).unwrap_err();
        assert_eq!(failure.code, "bad-date");
        assert_eq!(failure.message, "placed: `2026-02-30` is no date like 2026-03-14");
    }

    #[test]
    fn prices_that_overflow_are_a_failure_and_no_small_number() {
        let mut request = request(&[("MUG", 3)]);
        request.lines[0].unit_cents = u64::MAX / 2;
        assert_eq!(on_refund_requested(request).unwrap_err().code, "too-large");
    }
}
