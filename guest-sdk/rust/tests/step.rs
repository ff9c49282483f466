//! `#[step]` on a module with every form of handler: that it compiles is most of the test.

#[lockstep_sdk::step(wit = "tests/wit/forms.wit")]
mod forms {
    use lockstep_sdk::{Failure, FailureKind};

    fn on_nothing(_: Asked) -> Result<(), Failure> {
        "12,50".parse::<u32>()?;
        Ok(())
    }

    fn on_event(Asked { parts }: Asked) -> Result<Yes, Failure> {
        Ok(Yes { n: parts.len() as u32 })
    }

    fn on_variant(event: Asked) -> Result<Emits, Failure> {
        Ok(on_event(event)?.into())
    }

    fn on_shared_variant(_: Asked) -> Result<Answer, Failure> {
        Ok(no().into())
    }

    fn on_optional_event(event: Asked) -> Result<Option<Yes>, Failure> {
        Ok(on_event(event)?.into())
    }

    fn on_optional_variant(_: Asked) -> Result<Option<Emits>, Failure> {
        Ok(no().into())
    }

    fn on_events(event: Asked) -> Result<Vec<Yes>, Failure> {
        Ok(on_event(event)?.into())
    }

    fn on_variants(event: Asked) -> Result<Vec<Emits>, Failure> {
        Ok(vec![on_event(event)?.into(), no().into()])
    }

    fn on_optional_list(_: Asked) -> Result<Option<Vec<Emits>>, Failure> {
        Ok(no().into())
    }

    fn on_twice(event: Asked) -> Result<Vec<Twice>, Failure> {
        Ok(vec![Twice::Left(on_event(event)?), no().into()])
    }

    fn on_pair(left: Yes, _: No) -> Result<Emits, Failure> {
        Ok(left.into())
    }

    fn on_gathered(all: Vec<Yes>) -> Result<Yes, Failure> {
        Ok(Yes { n: all.iter().map(|yes| yes.n).sum() })
    }

    fn on_gathered_with(_: Asked, all: Vec<Yes>) -> Result<Yes, Failure> {
        on_gathered(all)
    }

    fn on_guest(event: Guest_) -> Result<Comes, Failure> {
        Ok(event.into())
    }

    fn on_step_failed(event: StepFailed) -> Result<PassedOn, Failure> {
        Ok(event.into())
    }

    fn on_timer_fired(event: TimerFired) -> Result<Asks, Failure> {
        Ok(InputRequired { prompt: format!("{} has passed", event.name), schema: None }.into())
    }

    fn on_human_response(event: HumanResponse) -> Result<Yes, Failure> {
        Ok(Yes { n: event.response.parse()? })
    }

    fn no() -> No {
        No { why: "because".into() }
    }

    /// `Part` and `Color` are no names of the world; they come with the events that hold them.
    fn asked() -> Asked {
        Asked { parts: vec![Part { color: Color::Green, raw: "{}".into() }] }
    }

    #[test]
    fn events_become_whatever_the_result_is() {
        let yes = || Yes { n: 1 };
        assert_eq!(on_variant(asked()).unwrap(), Emits::Yes(yes()));
        assert_eq!(on_shared_variant(asked()).unwrap(), Answer::No(no()));
        assert_eq!(on_optional_event(asked()).unwrap(), Some(yes()));
        assert_eq!(on_optional_variant(asked()).unwrap(), Some(Emits::No(no())));
        assert_eq!(on_events(asked()).unwrap(), [yes()]);
        assert_eq!(on_variants(asked()).unwrap(), [Emits::Yes(yes()), Emits::No(no())]);
        assert_eq!(on_optional_list(asked()).unwrap(), Some(vec![Emits::No(no())]));
        assert_eq!(on_twice(asked()).unwrap(), [Twice::Left(yes()), Twice::No(no())]);
        let guest = Guest_ { name: "Ada".into() };
        assert_eq!(on_guest(guest.clone()).unwrap(), Comes::Guest(guest));
        assert_eq!(on_gathered_with(asked(), vec![yes(), yes()]).unwrap(), Yes { n: 2 });
    }

    #[test]
    fn the_hosts_own_events_are_those_of_the_sdk() {
        let fired = lockstep_sdk::TimerFired { name: "an hour".into() };
        let ask = lockstep_sdk::InputRequired { prompt: "an hour has passed".into(), schema: None };
        assert_eq!(on_timer_fired(fired).unwrap(), Asks::Ask(ask));
        let response = lockstep_sdk::HumanResponse { question: "r.7".into(), response: "3".into(), by: None };
        assert_eq!(on_human_response(response).unwrap(), Yes { n: 3 });
    }

    #[test]
    fn a_question_mark_makes_a_failure_of_any_error() {
        let failure = on_nothing(asked()).unwrap_err();
        assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::Permanent, "error"));
    }
}
