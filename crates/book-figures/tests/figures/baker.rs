//! The code of the fixture `baker.toml`; nothing compiles it.
fn baker() {
    look();
    look();
    bake();
}

fn clock() {
    ring();
}
