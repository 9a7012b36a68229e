//! The tests of exercise `bounds`, for the stub and for the solution.

use super::{Plan, who_switch, who_wait};
use ch01_concurrency::s1_workshop::{Job, Random, Span, Time, Way, Workshop};

/// What the simulator says.
fn took(plan: Plan, way: Way) -> Time {
    let job = Job::new([
        Span::Busy(plan.busy),
        Span::Waiting(plan.waiting),
        Span::Busy(plan.busy),
    ]);
    let jobs = vec![job; plan.jobs as usize];
    Workshop::new(plan.workers as usize, way).run(&jobs).took()
}

fn plans() -> impl Iterator<Item = Plan> {
    let mut random = Random::new(1);
    (0..400).map(move |_| Plan {
        workers: 1 + random.below(8),
        jobs: 1 + random.below(60),
        busy: Time(1 + random.below(20_000)),
        waiting: Time(random.below(200_000)),
    })
}

#[test]
fn the_posters_of_the_chapter() {
    let plan = Plan {
        workers: 7,
        jobs: 21,
        busy: Time::secs(9),
        waiting: Time::secs(72),
    };
    let wrong =
        "exercise bounds: seven who stand by, 21 posters in two colours";
    assert_eq!(who_wait(plan), Time::secs(270), "{wrong}");
    let plan = Plan { workers: 1, ..plan };
    let wrong = "exercise bounds: one who switches, 21 posters in two colours";
    assert_eq!(who_switch(plan), Time::secs(378), "{wrong}");
}

#[test]
fn those_who_stand_by_take_exactly_that_long() {
    for plan in plans() {
        let wrong = "exercise bounds: the simulator says otherwise";
        let simulated = took(plan, Way::Wait);
        assert_eq!(who_wait(plan), simulated, "{wrong} for {plan:?}");
    }
}

#[test]
fn none_who_switches_is_faster() {
    for plan in plans() {
        let (bound, simulated) = (who_switch(plan), took(plan, Way::Switch));
        let wrong = "exercise bounds: the simulator is faster";
        assert!(
            bound <= simulated,
            "{wrong}: {bound}, {simulated}, {plan:?}"
        );
    }
}

/// Zero would be a bound as well: here it is to be reached.
#[test]
fn the_bound_is_reached() {
    for plan in plans() {
        let (bound, simulated) = (who_switch(plan), took(plan, Way::Switch));
        let wrong = "exercise bounds: the simulator never comes near that";
        assert!(
            bound == simulated,
            "{wrong}: {bound}, {simulated}, {plan:?}"
        );
    }
}
