//! Fitting: how a component that was made for no workflow in particular could stand in this one.
//! For each event type that its handlers take or give: the workflow's events that would do, with the
//! wiring, or the fields that stop it.

use std::collections::BTreeSet;
use std::fmt;

use super::joining::{HostEvent, fields};
use super::{EventNode, Workflow};
use crate::contract::Contract;
use crate::event::TypeName;
use crate::shape::{Field, Misfit, Shape};

/// How a component fits a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// One for each event type that its handlers take or give.
    pub ports: Vec<PortFit>,
}

/// How one of a component's own event types fits.
#[derive(Clone, Debug, PartialEq)]
pub struct PortFit {
    /// The handlers that take or give it.
    pub handlers: Vec<String>,
    /// Whether they take or give it.
    pub way: Way,
    /// The component's own event type.
    pub own: TypeName,
    /// The workflow's events that come into question, the best first.
    pub offers: Vec<Offer>,
}

/// The two ways through a step's wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Events that it consumes.
    Takes,
    /// Events that it emits.
    Gives,
}

/// An event of the workflow that comes into question.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its short name in the workflow.
    pub event: String,
    /// Why it comes into question.
    pub by: By,
    /// The line of the step's table that wires it: `takes = { document = "uploaded" }`; none if it
    /// fits as it is, or not at all.
    pub wiring: Option<String>,
    /// What stops it.
    pub misfits: Vec<Misfit>,
}

/// Why an event comes into question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// It is the same type.
    Type,
    /// It has the same name in another package or version.
    Name,
    /// It has a shape that fits.
    Shape,
}

/// How a component could be wired into a workflow. The host's own events need no wiring.
pub fn fit(workflow: &Workflow, contract: &Contract) -> Fit {
    let mut ports: Vec<PortFit> = Vec::new();
    for handler in &contract.handlers {
        let taken = handler.takes.params().into_iter().map(|param| (Way::Takes, &param.event));
        let given = handler.gives.events().into_iter().map(|event| (Way::Gives, event));
        for (way, own) in taken.chain(given).filter(|(_, own)| HostEvent::of(own).is_none()) {
            match ports.iter_mut().find(|port| port.way == way && port.own == *own) {
                Some(port) if port.handlers.contains(&handler.name) => {}
                Some(port) => port.handlers.push(handler.name.clone()),
                None => ports.push(PortFit {
                    handlers: vec![handler.name.clone()],
                    way,
                    own: own.clone(),
                    offers: offers(workflow, way, own, &contract.events[own]),
                }),
            }
        }
    }
    Fit { ports }
}

fn offers(workflow: &Workflow, way: Way, own: &TypeName, shape: &Shape) -> Vec<Offer> {
    let events = workflow.events.iter().filter(|event| HostEvent::of(&event.name).is_none());
    let mut offers: Vec<Offer> = events.filter_map(|event| offer(workflow, way, own, shape, event)).collect();
    offers.sort_by_key(|offer| (!offer.misfits.is_empty(), offer.by));
    match offers.iter().any(|offer| offer.by == By::Type) {
        true => offers.into_iter().filter(|offer| offer.by == By::Type).collect(),
        false => offers,
    }
}

fn offer(workflow: &Workflow, way: Way, own: &TypeName, shape: &Shape, event: &EventNode) -> Option<Offer> {
    let by = match () {
        () if own.is_compatible_with(&event.name) => By::Type,
        () if own.name == event.name.name => By::Name,
        () => By::Shape,
    };
    let misfits = misfits(workflow, way, shape, event);
    let (shape, renames) = match by {
        By::Name if !misfits.is_empty() => renamed(way, shape, event),
        _ => (shape.clone(), Vec::new()),
    };
    let misfits = if renames.is_empty() { misfits } else { self::misfits(workflow, way, &shape, event) };
    if by == By::Shape && (!misfits.is_empty() || !shares_a_field(&shape, &event.shape)) {
        return None;
    }
    let fits = misfits.is_empty() && by != By::Type;
    let wiring = fits.then(|| wiring(way, &own.name, &event.short, &renames));
    Some(Offer { event: event.short.clone(), by, wiring, misfits })
}

/// What stops a component from reading the event, or everybody who reads it from reading the
/// component's.
fn misfits(workflow: &Workflow, way: Way, shape: &Shape, event: &EventNode) -> Vec<Misfit> {
    if way == Way::Takes {
        return event.shape.misfits(shape);
    }
    let inputs = event.consumers.iter().flat_map(|taker| {
        let inputs = &workflow.handler(taker.handler).inputs;
        inputs.iter().filter(|input| workflow.event(input.event).name == event.name)
    });
    let mut misfits = Vec::new();
    for misfit in inputs.flat_map(|input| shape.misfits(&input.shape)) {
        if !misfits.contains(&misfit) {
            misfits.push(misfit);
        }
    }
    match event.consumers.is_empty() {
        true => shape.misfits(&event.shape),
        false => misfits,
    }
}

/// The component's record with those fields renamed that miss their partner, where exactly one
/// field without a partner suits. An `option` misses nobody.
fn renamed(way: Way, shape: &Shape, event: &EventNode) -> (Shape, Vec<(String, String)>) {
    let (mut own, theirs) = (fields(shape).to_vec(), fields(&event.shape));
    let is_alone = |field: &Field, among: &[Field]| among.iter().all(|other| other.key != field.key);
    let free: Vec<&Field> = theirs.iter().filter(|field| is_alone(field, &own)).collect();
    let reads = |mine: &Field, other: &Field| match way {
        Way::Takes => other.shape.misfits(&mine.shape).is_empty(),
        Way::Gives => mine.shape.misfits(&other.shape).is_empty(),
    };
    let is_needed = |field: &&Field| is_alone(field, theirs) && !matches!(field.shape, Shape::Option(_));
    let lonely: Vec<Field> = own.iter().filter(is_needed).cloned().collect();
    let mut renames = Vec::new();
    for mine in &lonely {
        let partners: Vec<_> = free.iter().filter(|other| reads(mine, other)).collect();
        let [partner] = partners[..] else { continue };
        let is_only = lonely.iter().filter(|other| reads(other, partner)).count() == 1;
        if let (true, Some(field)) = (is_only, own.iter_mut().find(|field| field.key == mine.key)) {
            field.key = partner.key.clone();
            renames.push((mine.key.clone(), partner.key.clone()));
        }
    }
    (Shape::Record(own), renames)
}

fn shares_a_field(one: &Shape, two: &Shape) -> bool {
    let keys: BTreeSet<&str> = fields(one).iter().map(|field| field.key.as_str()).collect();
    fields(two).iter().any(|field| keys.contains(field.key.as_str()))
}

fn wiring(way: Way, own: &str, event: &str, renames: &[(String, String)]) -> String {
    let key = way.as_str();
    if renames.is_empty() {
        return format!("{key} = {{ {own} = \"{event}\" }}");
    }
    let fields: Vec<_> = renames.iter().map(|(own, theirs)| format!("{own} = \"{theirs}\"")).collect();
    format!("{key} = {{ {own} = {{ event = \"{event}\", fields = {{ {} }} }} }}", fields.join(", "))
}

impl Way {
    /// The key of a step's table that wires it.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Takes => "takes",
            Way::Gives => "gives",
        }
    }
}

/// A line for each port, and under it a line for each offer.
impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for port in &self.ports {
            writeln!(f, "{} {} {}", port.handlers.join(", "), port.way.as_str(), port.own)?;
            if port.offers.is_empty() {
                writeln!(f, "  no event of the workflow comes into question")?;
            }
            port.offers.iter().try_for_each(|offer| writeln!(f, "  {offer}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let misfits: Vec<_> = self.misfits.iter().map(Misfit::to_string).collect();
        match (&self.wiring, misfits.is_empty()) {
            (Some(wiring), _) => f.write_str(wiring),
            (None, true) => write!(f, "fits `{}` as it is", self.event),
            (None, false) => write!(f, "does not fit `{}`: {}", self.event, misfits.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::workflow::joining::tests::bench::{contract_of, workflow};

    fn check(package: &str, shapes: &[(&str, &str)], handlers: &str, expected: Expect) {
        let workflow = workflow(
            "",
            &[("scan", "", "start -> letter | measure"), ("read", "", "letter -> stop; measure -> stop")],
        );
        let contract = contract_of(package, shapes, handlers);
        expected.assert_eq(&fit(&workflow, &contract).to_string());
    }

    #[test]
    fn the_same_types_fit_as_they_are() {
        check(
            "t:t@1.3.0",
            &[("letter", "urgent: bool")],
            "letter -> stop",
            expect![[r#"
            on-letter takes t:t/events/letter@1.3.0
              fits `letter` as it is
            on-letter gives t:t/events/stop@1.3.0
              fits `stop` as it is
        "#]],
        );
    }

    #[test]
    fn the_same_type_with_another_shape_says_which_fields_stop_it() {
        check(
            "t:t@1.0.0",
            &[("letter", "urgent: string, why: string")],
            "letter -> stop",
            expect![[r#"
            on-letter takes t:t/events/letter@1.0.0
              does not fit `letter`: `urgent` is written as bool and read as string; `why` is written as nothing and read as string
            on-letter gives t:t/events/stop@1.0.0
              fits `stop` as it is
        "#]],
        );
    }

    #[test]
    fn the_same_name_in_another_package_is_wired_and_renamed() {
        check(
            "other:types@1.0.0",
            &[("letter", "is-urgent: bool, price: u64"), ("stop", "id: string, count: u32")],
            "letter -> stop",
            expect![[r#"
                on-letter takes other:types/events/letter@1.0.0
                  takes = { letter = { event = "letter", fields = { is_urgent = "urgent", price = "unit_price" } } }
                on-letter gives other:types/events/stop@1.0.0
                  gives = { stop = { event = "stop", fields = { count = "n" } } }
            "#]],
        );
    }

    #[test]
    fn fields_with_several_partners_are_not_guessed() {
        check(
            "other:types@1.0.0",
            &[("start", "one: string, n: string")],
            "start -> stop",
            expect![[r#"
            on-start takes other:types/events/start@1.0.0
              does not fit `start`: `n` is written as u32 and read as string
            on-start gives other:types/events/stop@1.0.0
              gives = { stop = "stop" }
              gives = { stop = "start" }
        "#]],
        );
    }

    #[test]
    fn a_shape_that_fits_is_wired_under_its_own_name() {
        check(
            "other:types@1.0.0",
            &[("paper", "kind: string, unit-price: u32"), ("reading", "id: u32, at: f32")],
            "paper -> reading",
            expect![[r#"
                on-paper takes other:types/events/paper@1.0.0
                  no event of the workflow comes into question
                on-paper gives other:types/events/reading@1.0.0
                  gives = { reading = "measure" }
            "#]],
        );
    }

    #[test]
    fn questions_and_answers_are_offered_like_other_events() {
        let workflow = workflow(
            "[human.letter]\nanswer = \"measure\"\n",
            &[("scan", "", "start -> letter"), ("read", "", "letter + measure -> stop")],
        );
        let contract = contract_of("t:t@1.0.0", &[], "letter + measure -> letter");
        expect![[r#"
            on-letter-and-measure takes t:t/events/letter@1.0.0
              fits `letter` as it is
            on-letter-and-measure takes t:t/events/measure@1.0.0
              fits `measure` as it is
            on-letter-and-measure gives t:t/events/letter@1.0.0
              fits `letter` as it is
        "#]]
        .assert_eq(&fit(&workflow, &contract).to_string());
    }

    #[test]
    fn every_handler_of_a_port_is_named_and_the_hosts_own_events_are_none() {
        check(
            "t:t@1.0.0",
            &[],
            "letter -> stop; step-failed -> stop; timer-fired -> input-required; human-response -> stop; \
             list<measure> -> start",
            expect![[r#"
            on-letter takes t:t/events/letter@1.0.0
              fits `letter` as it is
            on-letter, on-step-failed, on-human-response gives t:t/events/stop@1.0.0
              fits `stop` as it is
            on-measure takes t:t/events/measure@1.0.0
              fits `measure` as it is
            on-measure gives t:t/events/start@1.0.0
              fits `start` as it is
        "#]],
        );
    }
}
