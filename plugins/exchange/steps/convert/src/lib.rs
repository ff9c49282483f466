//! Asks a server what an amount is worth in another currency.

use lockstep_sdk::{Failure, http, step};
use serde_json::Value;

#[step(world = "convert", wit = "../../wit")]
fn on_amount(event: Amount) -> Result<Converted, Failure> {
    let Amount { cents, currency, wanted, rates } = event;
    let table = http::get(format!("{rates}/{currency}.json"))?.successful()?.text();
    let rate = rate(&table, &wanted).map_err(|why| Failure::permanent("no-rate", why))?;
    // A float becomes the nearest whole number that there is.
    Ok(Converted { cents: (f64::from(cents) * rate).round() as u64, currency: wanted, rate })
}

/// What one unit is worth, in a table such as `{"USD": 1.0842}`.
fn rate(table: &str, wanted: &str) -> Result<f64, String> {
    let table: Value = serde_json::from_str(table).map_err(|why| format!("the rates are no JSON: {why}"))?;
    let rate = table.get(wanted).and_then(Value::as_f64).filter(|rate| *rate > 0.0);
    rate.ok_or_else(|| format!("there is no rate for `{wanted}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_above_zero() {
        assert_eq!(rate(r#"{"USD": 1.25}"#, "USD"), Ok(1.25));
        for table in [r#"{"USD": 0}"#, r#"{"USD": "1"}"#, r#"{"CHF": 1}"#, "[]"] {
            assert_eq!(rate(table, "USD"), Err("there is no rate for `USD`".into()), "{table}");
        }
        assert!(rate("<html>", "USD").unwrap_err().starts_with("the rates are no JSON: "));
    }
}
