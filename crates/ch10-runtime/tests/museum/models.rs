//! Runs one model in all interleavings. Compiled by the museum only.

#[path = "../../src/museum.rs"]
mod museum;
#[path = "../models_pool/mod.rs"]
mod pool;
#[path = "../../src/blocking/queue.rs"]
mod queue;
#[path = "../../src/task/state.rs"]
mod state;
mod sync {
    pub use testing::proof::loom::sync::*;
}
mod task;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let wake: (&str, fn()) = ("a waker is used up", task::used_up);
    let models = pool::MODELS.into_iter().chain([wake]);
    let model = models.into_iter().find(|(model, _)| *model == name);
    let (_, model) = model.expect("a model of this name");
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = None; // whatever the environment says
    builder.check(model);
}
