//! What surrounds a checkout changes no verdict: ignore files, settings of
//! cargo and of the terminal, the path. And what the tool starts ends with it.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Book, LIMIT, Slot, exits};

/// The good book in a folder of this name, in a folder of its own.
#[track_caller]
fn in_folder(name: &str) -> (tempfile::TempDir, Slot) {
    let outer = tempfile::tempdir().unwrap_or_else(|e| panic!("tempdir: {e}"));
    let mut slot = Slot::any();
    slot.move_to(outer.path(), name);
    slot.lay_out(&Book::good());
    (outer, slot)
}

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(arguments);
    let ran = support::run(&mut git, LIMIT);
    assert!(ran.success(), "{ran}");
}

/// Breaks a crate that has passed: the tool must see it.
#[track_caller]
fn a_change_is_seen(slot: &Slot, home: &Path) {
    let test = |code| {
        let mut command = slot.command(&["test", "crates"]);
        // Where git looks for the user's own ignore file.
        command.env("XDG_CONFIG_HOME", home);
        exits(&support::run(&mut command, LIMIT), code);
    };
    test(0);
    test(0);
    let path = slot.root.join("crates/tally/src/lib.rs");
    let text = support::read_text(&path);
    support::write(&path, format!("{text}\nsurely no Rust\n").as_bytes());
    test(1);
}

#[test]
fn an_ignore_file_above_the_checkout_hides_no_change() {
    let (outer, slot) = in_folder("clone");
    support::write(&outer.path().join(".gitignore"), b"*\n");
    a_change_is_seen(&slot, outer.path());
}

#[test]
fn the_ignore_files_of_the_user_hide_no_change() {
    let (outer, slot) = in_folder("clone");
    git(&slot.root, &["init", "--quiet"]);
    support::write(&slot.root.join(".git/info/exclude"), b"*\n");
    support::write(&outer.path().join("git/ignore"), b"*\n");
    a_change_is_seen(&slot, outer.path());
    // Neither does a starter lack anything.
    let dir = outer.path().join("mine");
    let ran = slot.tool(&["new", "ch01-demo", &dir.to_string_lossy()]);
    exits(&ran, 0);
    assert!(dir.join("src/lib.rs").is_file(), "{ran}");
}

#[test]
fn a_package_that_the_repository_ignores_is_an_error() {
    let (_outer, slot) = in_folder("clone");
    support::write(&slot.root.join(".gitignore"), b"/crates/tally\n");
    let ran = slot.tool(&["test", "crates"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("no file that belongs"), "{ran}");
}

#[test]
fn a_path_with_blanks_and_accents_will_do() {
    let (_outer, slot) = in_folder("mes projets été");
    let ran = slot.tool(&["test", "crates", "console", "exercises"]);
    exits(&ran, 0);
}

#[test]
fn a_newer_compilers_opinions_are_told_and_are_no_failure() {
    let lib = "crates/tally/src/lib.rs";
    let mut book = Book::good();
    book.edit(lib, "numbers.iter()", "(&numbers).iter( )");
    let slot = Slot::any();
    slot.lay_out(&book);
    // Beside the oldest compiler that is supported, this one is newer.
    let manifest = slot.root.join("Cargo.toml");
    let text = support::read_text(&manifest);
    let of_this = text.lines().find(|line| line.starts_with("rust-version"));
    let of_this = of_this.unwrap_or_else(|| panic!("{text}"));
    let text = text.replace(of_this, "rust-version = \"1.85\"");
    support::write(&manifest, text.as_bytes());
    let ran = slot.tool(&["test", "style"]);
    exits(&ran, 0);
    let place = format!("{lib}:9");
    for told in ["only told", "rustfmt writes", "needless_borrow", &place] {
        assert!(ran.stdout.contains(told), "{told}: {ran}");
    }
    // What the workspace itself denies is an error for all of them.
    let text =
        support::read_text(&slot.root.join(lib)) + "\npub fn bare() {}\n";
    support::write(&slot.root.join(lib), text.as_bytes());
    let ran = slot.tool(&["test", "style"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("missing documentation"), "{ran}");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_checkout_will_do() {
    let (outer, mut slot) = in_folder("clone");
    let link = outer.path().join("link");
    std::os::unix::fs::symlink(&slot.root, &link)
        .unwrap_or_else(|error| panic!("{error}"));
    slot.root = link;
    exits(&slot.tool(&["test", "lint", "crates", "console"]), 0);
}

#[test]
fn the_users_settings_change_no_verdict() {
    let (outer, slot) = in_folder("clone");
    // cargo reads the configuration of the folders above as well.
    let settings = "[term]\nquiet = true\nverbose = false\ncolor = 'always'\n\
                    [profile.dev]\nopt-level = 3\ndebug-assertions = false\n";
    let config = outer.path().join(".cargo/config.toml");
    support::write(&config, settings.as_bytes());
    let mut command =
        slot.command(&["test", "crates", "console", "exercises", "snippets"]);
    for (name, value) in [
        ("CARGO_TERM_VERBOSE", "true"),
        ("RUST_TEST_NOCAPTURE", "1"),
        ("RUST_TEST_SHUFFLE", "1"),
        ("RUST_BACKTRACE", "full"),
        ("CLICOLOR_FORCE", "1"),
        ("LC_ALL", "de_DE.UTF-8"),
        ("GIT_DIR", "/nowhere"),
    ] {
        command.env(name, value);
    }
    exits(&support::run(&mut command, LIMIT), 0);
}

#[test]
fn a_target_that_the_user_names_changes_no_verdict() {
    let (outer, slot) = in_folder("clone");
    let mut rustc = Command::new("rustc");
    let version = support::run(rustc.arg("-vV"), LIMIT);
    let host = version
        .stdout
        .lines()
        .find_map(|l| l.strip_prefix("host: "));
    let host = host.unwrap_or_else(|| panic!("{version}"));
    let settings = format!("[build]\ntarget = '{host}'\n");
    let config = outer.path().join(".cargo/config.toml");
    support::write(&config, settings.as_bytes());
    let ran =
        slot.tool(&["test", "crates", "console", "exercises", "snippets"]);
    exits(&ran, 0);
}

/// What the user's cargo adds to every build is part of what has passed.
#[test]
fn a_new_setting_of_the_user_runs_the_checks_again() {
    let (outer, slot) = in_folder("clone");
    let path = slot.root.join("crates/tally/src/lib.rs");
    let text = support::read_text(&path);
    let text =
        format!("{text}\n#[cfg(meddled)]\ncompile_error!(\"meddled\");\n");
    support::write(&path, text.as_bytes());
    exits(&slot.tool(&["test", "crates"]), 0);
    let settings = b"[build]\nrustflags = ['--cfg', 'meddled']\n";
    support::write(&outer.path().join(".cargo/config.toml"), settings);
    let ran = slot.tool(&["test", "crates"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("meddled"), "{ran}");
}

/// Starters build into the workspace's target folder, and leave it usable.
#[test]
fn after_the_starters_cargo_test_passes_and_the_other_way_round() {
    let (_outer, slot) = in_folder("clone");
    let everything = || {
        let mut cargo = slot.cargo();
        cargo.args(["test", "--workspace", "--quiet"]);
        exits(&support::run(&mut cargo, LIMIT), 0);
    };
    exits(&slot.tool(&["test", "starters"]), 0);
    everything();
    // Changed, so that neither takes the other's word for it.
    let path = slot.root.join("crates/tally/src/lib.rs");
    let text = support::read_text(&path);
    support::write(&path, format!("{text}\n// More.\n").as_bytes());
    everything();
    exits(&slot.tool(&["test", "starters"]), 0);
}

#[test]
fn a_lock_file_that_would_be_rewritten_is_an_error() {
    let (_outer, slot) = in_folder("clone");
    let path = slot.root.join("crates/tally/Cargo.toml");
    let text = support::read_text(&path);
    let text =
        text.replacen("version.workspace = true", "version = \"0.7.0\"", 1);
    support::write(&path, text.as_bytes());
    let before = support::read(&slot.root.join("Cargo.lock"));
    let ran = slot.tool(&["test", "crates"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("--locked"), "{ran}");
    assert_eq!(support::read(&slot.root.join("Cargo.lock")), before);
}

/// Adds a test to the good book.
#[track_caller]
fn with_test(body: &str) -> Book {
    let mut book = Book::good();
    let path = "crates/tally/src/lib.rs";
    let text =
        format!("{}\n#[test]\nfn added() {{ {body} }}\n", book.text(path));
    book.set(path, text);
    book
}

#[cfg(unix)]
#[test]
fn what_a_test_leaves_running_is_told_and_killed() {
    let slot = Slot::any();
    slot.lay_out(&with_test(
        "println!(\"kept\"); let mut sleep = std::process::Command::new(\"sleep\"); \
         drop(sleep.arg(\"71.25\").spawn().unwrap());",
    ));
    let ran = slot.tool(&["test", "crates"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("left running"), "{ran}");
    assert!(ran.stdout.contains("test added ... ok"), "{ran}");
    #[cfg(target_os = "linux")]
    assert!(!sleeps("71.25"), "{ran}");
}

/// As a test that waits for real time does on a busy machine.
#[test]
fn a_test_that_fails_and_then_passes_by_itself_is_told() {
    let slot = Slot::any();
    // A run that was killed in between leaves its mark: not that of this one.
    let mark = format!("seen-by-{}", std::process::id());
    slot.lay_out(&with_test(&format!(
        "let seen = std::env::current_exe().unwrap().with_extension({mark:?}); \
         if std::fs::remove_file(&seen).is_err() {{ \
             std::fs::write(&seen, \"\").unwrap(); \
             panic!(\"too late\"); \
         }}",
    )));
    let ran = slot.tool(&["test", "crates"]);
    exits(&ran, 0);
    for text in ["only told: ", ": added\n", "run once more", "too late"] {
        assert!(ran.stdout.contains(text), "{text}: {ran}");
    }
}

#[cfg(unix)]
#[test]
fn an_exercise_that_eats_the_machine_is_stopped() {
    let slot = Slot::any();
    let mut book = Book::good();
    let path = "crates/ch01-demo/exercises/double.rs";
    book.edit(path, "todo!(", "loop { println!(\"x\"); } todo!(");
    slot.lay_out(&book);
    let mut command = slot.command(&["exercise", "double"]);
    command.env("XTASK_MEMORY_MIB", "300");
    let ran = support::run(&mut command, LIMIT);
    exits(&ran, 1);
    assert!(ran.stdout.contains("was killed"), "{ran}");
    assert!(ran.stdout.len() < 1 << 20, "{} bytes", ran.stdout.len());
}

/// Does somebody sleep for just as long?
#[cfg(target_os = "linux")]
fn sleeps(seconds: &str) -> bool {
    let wanted = format!("sleep\0{seconds}\0");
    let processes = std::fs::read_dir("/proc");
    processes.into_iter().flatten().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline"));
        line.is_ok_and(|line| line == wanted.as_bytes())
    })
}

#[cfg(target_os = "linux")]
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < LIMIT, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Does this process ignore the signals that end a program? What is started in
/// the background does, and so does what it starts.
#[cfg(target_os = "linux")]
fn is_deaf() -> bool {
    // A bit for each signal that is ignored (man 5 proc_pid_status).
    const HUP_INT_TERM: u64 = 1 | 1 << 1 | 1 << 14;
    let status = support::read_text(Path::new("/proc/self/status"));
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .unwrap_or_else(|| panic!("{status}"));
    let ignored = u64::from_str_radix(ignored.trim(), 16)
        .unwrap_or_else(|error| panic!("{ignored}: {error}"));
    ignored & HUP_INT_TERM != 0
}

/// The command with the signals as a terminal gives them.
#[cfg(target_os = "linux")]
fn with_signals(command: Command) -> Command {
    // Not every system has an `env` that knows of signals.
    if !is_deaf() {
        return command;
    }
    let mut env = Command::new("env");
    env.arg("--default-signal=INT,HUP,TERM");
    env.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => env.env(name, value),
            None => env.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        env.current_dir(dir);
    }
    env
}

/// However the tool ends, what it has started ends too.
#[cfg(target_os = "linux")]
#[test]
fn nothing_outlives_the_tool() {
    let slot = Slot::any();
    slot.lay_out(&with_test(
        "let mut sleep = std::process::Command::new(\"sleep\"); \
         sleep.arg(\"72.25\").status().unwrap();",
    ));
    for signal in ["INT", "HUP", "TERM", "KILL"] {
        let mut command = with_signals(slot.command(&["test", "crates"]));
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{error}"));
        let mut tool = support::Killed(child);
        wait_until("the test runs", || sleeps("72.25"));
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &tool.0.id().to_string()]);
        assert!(support::run(&mut kill, LIMIT).success());
        let _ = tool.0.wait();
        wait_until("the test is gone", || !sleeps("72.25"));
    }
}

/// `cargo xtask … | head -1`
#[cfg(unix)]
#[test]
fn a_reader_who_has_seen_enough_ends_the_tool_quietly() {
    let slot = Slot::any();
    slot.lay_out(&Book::good());
    let (reader, writer) =
        std::io::pipe().unwrap_or_else(|error| panic!("{error}"));
    drop(reader);
    let mut command = slot.command(&["exercise"]);
    command.stdout(writer).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap_or_else(|error| panic!("{error}"));
    let output = child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("{error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "");
    assert_ne!(output.status.code(), Some(101));
}

#[test]
fn a_starter_goes_nowhere_inside_the_workspace() {
    let (_outer, slot) = in_folder("clone");
    for dir in ["mine", "crates/mine"] {
        let dir = slot.root.join(dir);
        let ran = slot.tool(&["new", "ch01-demo", &dir.to_string_lossy()]);
        exits(&ran, 2);
        assert!(ran.stderr.contains("inside this workspace"), "{ran}");
        assert!(!dir.exists());
    }
}
