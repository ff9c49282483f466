//! The policy: small items with a receipt need nobody; about every other one a person is asked.
//! As long as questions are open, those who were asked are reminded.

#[lockstep_sdk::step(world = "policy", wit = "../../wit")]
mod handlers {
    use std::time::Duration;

    use lockstep_sdk::{Failure, info, state, timer, updates};
    use refunds_money::money;

    /// Without a receipt, nothing above this is paid unasked.
    const UNPROVEN_CENTS: u64 = 1_500;

    const REMINDER: &str = "reminder";
    const DAY: u32 = 24 * 60 * 60;

    fn on_claim_filed(event: ClaimFiled) -> Result<Vec<Emits>, Failure> {
        let emitted: Vec<Emits> =
            (1..).zip(&event.items).map(|(item, line)| judge(&event, item, line)).collect();
        let decisions = emitted.iter().filter_map(|emitted| match emitted {
            Emits::ItemDecision(decision) => Some(decision),
            Emits::ItemQuestion(_) => None,
        });
        for decision in decisions.clone() {
            state::append(approvals_minutes::KEY, approvals_minutes::entry(decision.item, &said(decision)));
        }
        let asked = emitted.len() - decisions.count();
        info!("{}: {} items, {asked} to be asked about", event.claim, emitted.len());
        if asked > 0 {
            state::add("asked", asked as i64);
            remind_after(event.remind_after_seconds.unwrap_or(DAY));
        }
        Ok(emitted)
    }

    /// The timer goes with the run: when that ends, nobody is reminded any more.
    fn on_timer_fired(_: TimerFired) -> Result<(), Failure> {
        let (asked, answered) = (count("asked")?, count("answered")?);
        state::add("reminders", 1);
        updates::publish("reminder", format!(r#"{{"open": {}}}"#, asked.saturating_sub(answered)));
        if answered < asked {
            remind_after(count("remind-after")?);
        }
        Ok(())
    }

    fn remind_after(seconds: u32) {
        state::set("remind-after", seconds.to_string());
        timer::set(REMINDER, Duration::from_secs(seconds.into()));
    }

    fn count(key: &str) -> Result<u32, Failure> {
        Ok(state::get(key).map_or(Ok(0), |count| count.parse())?)
    }

    fn judge(claim: &ClaimFiled, item: u32, line: &Item) -> Emits {
        let Some(why) = doubt(line) else {
            return ItemDecision { item, asked_cents: line.cents, cents: line.cents }.into();
        };
        let question = ItemQuestion {
            claim: claim.claim.clone(),
            claimant: claim.claimant.clone(),
            item,
            what: line.what.clone(),
            cents: line.cents,
            why,
        };
        question.into()
    }

    /// Why a person has to look at an item.
    fn doubt(line: &Item) -> Option<String> {
        let (kind, limit) = match line.category {
            Category::Meal => ("a meal", 3_000),
            Category::Travel => ("a journey", 15_000),
            Category::Lodging => ("a night", 18_000),
            Category::Other => ("anything else", 2_500),
        };
        if line.cents > limit {
            return Some(format!("{} is more than the {} for {kind}", money(line.cents), money(limit)));
        }
        let is_unproven = !line.has_receipt && line.cents > UNPROVEN_CENTS;
        is_unproven.then(|| format!("there is no receipt for {}", money(line.cents)))
    }

    fn said(decision: &ItemDecision) -> String {
        format!("{} by the policy", money(decision.cents))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn line(category: Category, cents: u64, has_receipt: bool) -> Item {
            Item { what: "any".into(), category, cents, has_receipt }
        }

        #[test]
        fn a_person_is_asked_above_the_limit_and_without_a_receipt() {
            for (line, why) in [
                (line(Category::Meal, 3_000, true), None),
                (line(Category::Meal, 3_001, true), Some("30.01 is more than the 30.00 for a meal")),
                (line(Category::Travel, 15_000, true), None),
                (line(Category::Lodging, 18_001, false), Some("180.01 is more than the 180.00 for a night")),
                (line(Category::Other, 1_500, false), None),
                (line(Category::Other, 1_501, false), Some("there is no receipt for 15.01")),
                (
                    line(Category::Other, u64::MAX, true),
                    Some("184467440737095516.15 is more than the 25.00 for anything else"),
                ),
            ] {
                assert_eq!(doubt(&line).as_deref(), why, "{line:?}");
            }
        }

        #[test]
        fn an_item_is_asked_about_or_decided_under_its_number() {
            let claim = ClaimFiled {
                claim: "E-1".into(),
                claimant: "Ada".into(),
                items: vec![line(Category::Meal, 900, true), line(Category::Meal, 9_000, true)],
                remind_after_seconds: None,
                bank: Bank::Open,
            };
            let decided = judge(&claim, 1, &claim.items[0]);
            assert_eq!(decided, ItemDecision { item: 1, asked_cents: 900, cents: 900 }.into());
            let Emits::ItemQuestion(question) = judge(&claim, 2, &claim.items[1]) else { panic!("decided") };
            assert_eq!((question.item, question.cents, question.claimant.as_str()), (2, 9_000, "Ada"));
        }
    }
}
