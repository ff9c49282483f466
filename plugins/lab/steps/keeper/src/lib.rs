//! A guest that keeps state, sets timers and tells of it: as every step may, and without end.

#[lockstep_sdk::step(world = "keeper", wit = "../../wit")]
mod handlers {
    use lockstep_sdk::{Failure, state, timer, updates};
    use std::time::Duration;

    fn on_visit(Visit { guest }: Visit) -> Result<Welcome, Failure> {
        let key = format!("visits/{guest}");
        let visit: u32 = state::get(&key).map_or(Ok(0), |count| count.parse())? + 1;
        state::set(&key, visit.to_string());
        state::append("history", format!("{guest:?}"));
        state::add("all", 1);
        timer::set(&guest, Duration::from_secs(3600));
        updates::publish("visit", format!("{guest:?}"));
        let (guests, history) = (state::keys("visits/"), state::elements("history").collect());
        Ok(Welcome { visit, guests, history })
    }

    fn on_timer_fired(event: TimerFired) -> Result<(), Failure> {
        state::delete(&format!("visits/{}", event.name));
        timer::cancel("closing");
        Ok(())
    }

    fn on_hoard(event: Hoard) -> Result<(), Failure> {
        let value = format!("{:?}", "~".repeat(event.bytes as usize));
        loop {
            state::append("hoard", &value);
        }
    }

    fn on_look(event: Look) -> Result<Seen, Failure> {
        Ok(Seen { value: state::get(&event.key) })
    }
}
