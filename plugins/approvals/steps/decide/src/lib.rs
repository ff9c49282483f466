//! Takes down what a person said about an item, or that nobody said anything in time.

#[lockstep_sdk::step(world = "decide", wit = "../../wit")]
mod handlers {
    use lockstep_sdk::{Failure, state, updates};
    use refunds_money::money;

    fn on_answered(asked: ItemQuestion, answer: ItemAnswer) -> Result<ItemDecision, Failure> {
        let cents = granted(&asked, &answer);
        take_down(asked.item, &said(&asked, &answer, cents));
        Ok(ItemDecision { item: asked.item, asked_cents: asked.cents, cents })
    }

    fn on_item_expired(event: ItemExpired) -> Result<ItemDecision, Failure> {
        take_down(event.item, "refused, because nobody answered in time");
        Ok(ItemDecision { item: event.item, asked_cents: event.cents, cents: 0 })
    }

    /// Branches add and append beside each other; neither waits for the other.
    fn take_down(item: u32, said: &str) {
        state::add("answered", 1);
        state::append(approvals_minutes::KEY, approvals_minutes::entry(item, said));
        updates::publish("decided", item.to_string());
    }

    /// Never more than was asked for.
    fn granted(asked: &ItemQuestion, answer: &ItemAnswer) -> u64 {
        match answer.approve {
            true => answer.cents.unwrap_or(asked.cents).min(asked.cents),
            false => 0,
        }
    }

    fn said(asked: &ItemQuestion, answer: &ItemAnswer, cents: u64) -> String {
        let said = match cents {
            0 => "refused".to_owned(),
            cents if cents < asked.cents => format!("{} of {} approved", money(cents), money(asked.cents)),
            cents => format!("{} approved", money(cents)),
        };
        match answer.note.as_deref().map(str::trim) {
            None | Some("") => said,
            Some(note) => format!("{said}: {note}"),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_granted_is_at_most_what_was_asked_for() {
            let asked = ItemQuestion {
                claim: "E-1".into(),
                claimant: "Ada".into(),
                item: 1,
                what: "dinner".into(),
                cents: 8_400,
                why: "it is much".into(),
            };
            for (approve, cents, note, granted_cents, told) in [
                (true, None, None, 8_400, "84.00 approved"),
                (true, Some(6_000), Some("no wine"), 6_000, "60.00 of 84.00 approved: no wine"),
                (true, Some(9_000), Some(" "), 8_400, "84.00 approved"),
                (true, Some(0), None, 0, "refused"),
                (false, Some(6_000), Some("ask first"), 0, "refused: ask first"),
            ] {
                let answer = ItemAnswer { approve, cents, note: note.map(str::to_owned) };
                let cents = granted(&asked, &answer);
                assert_eq!(
                    (cents, said(&asked, &answer, cents).as_str()),
                    (granted_cents, told),
                    "{answer:?}"
                );
            }
        }
    }
}
