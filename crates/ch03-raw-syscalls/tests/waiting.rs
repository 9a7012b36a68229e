//! The four ways to wait, and what they cost. Linux only.
//!
//! How often something was called is exact. Times have a strict lower bound
//! where physics gives one, and a generous upper one.
#![cfg(target_os = "linux")]

use ch03_raw_syscalls::waiting::{self, MESSAGE, Report};
use std::io;
use std::time::Duration;
use testing::within_a_minute;

const PAUSE: Duration = Duration::from_millis(100);

/// Runs `way` until it shows what it is for. On a machine under load, this
/// thread may get the processor only when the data is already there; then
/// there was nothing to wait for, and it is done again, a few times.
#[track_caller]
fn run(
    way: fn(Duration) -> io::Result<Report>,
    shows: fn(&Report) -> bool,
) -> Report {
    let run = move || {
        let mut report = way(PAUSE)?;
        for _ in 0..4 {
            if shows(&report) {
                break;
            }
            report = way(PAUSE)?;
        }
        io::Result::Ok(report)
    };
    let report = within_a_minute(run).unwrap();
    assert_eq!(report.message, MESSAGE);
    report
}

fn slept(report: &Report) -> bool {
    report.sleeps > 0
}

fn spun(report: &Report) -> bool {
    report.attempts > 100
}

/// The clock starts when the writer is already on its way, hence the half.
#[track_caller]
fn assert_waited_asleep(report: &Report) {
    assert!(report.wall > PAUSE / 2, "{report}");
    assert!(report.sleeps > 0, "{report}");
    assert!(report.cpu < PAUSE / 2, "{report}");
}

#[test]
fn a_blocking_read_sleeps_and_is_called_once() {
    let report = run(waiting::blocking_read, slept);
    assert_eq!((report.attempts, report.waits), (1, 0));
    assert_waited_asleep(&report);
}

#[test]
fn a_nonblocking_read_is_called_again_and_again() {
    let report = run(waiting::nonblocking_read, spun);
    assert!(report.attempts > 100, "{report}");
    assert_eq!(report.waits, 0);
    assert!(report.wall > PAUSE / 2, "{report}");
}

#[test]
fn an_event_queue_sleeps_once_and_reads_once() {
    let report = run(waiting::epoll_read, slept);
    assert_eq!((report.attempts, report.waits), (1, 1));
    assert_waited_asleep(&report);
}

/// How much each works for the same five bytes. Run one after the other, so
/// that they do not compete.
#[test]
fn spinning_costs_more_than_sleeping() {
    let spinning = run(waiting::nonblocking_read, spun);
    let sleeping = run(waiting::epoll_read, slept);
    assert!(spinning.cpu > sleeping.cpu, "{spinning}\n\n{sleeping}");
}

#[test]
fn a_completion_brings_the_data_with_it() {
    let report = within_a_minute(|| waiting::uring_read(PAUSE));
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            use io::ErrorKind::{PermissionDenied, Unsupported};
            assert!(
                matches!(error.kind(), PermissionDenied | Unsupported),
                "{error}"
            );
            eprintln!("not tested: {error}");
            return;
        }
    };
    assert_eq!(report.message, MESSAGE);
    assert_eq!((report.attempts, report.waits), (1, 1));
    assert_waited_asleep(&report);
}

/// Only that it measures something: how much is for the reader's machine.
#[test]
fn the_cost_of_a_wait_is_measured() {
    let cost = within_a_minute(|| waiting::wait_cost(100, 11)).unwrap();
    assert!(cost.poll > Duration::ZERO);
    assert!(cost.epoll > Duration::ZERO);
}

#[test]
fn a_report_reads_well() {
    let report = Report {
        attempts: 1,
        waits: 2,
        sleeps: 3,
        message: MESSAGE,
        cpu: Duration::from_micros(40),
        wall: Duration::from_millis(50),
    };
    let wanted = "\
message         ready
reads           1
other waits     2
put to sleep    3
processor time  0.04 ms
wall time       50.00 ms";
    assert_eq!(report.to_string(), wanted);
}
