//! The tests of exercise `drain`, for the stub and for the solution.

use super::{ROOM, receive};
use ch04_event_queue::event::Source;
use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// A connection that counts what is done with it.
struct Counted {
    stream: TcpStream,
    /// Reads that found nothing.
    in_vain: usize,
    /// The largest buffer of a read.
    largest: usize,
    /// The next read is interrupted by a signal (or so it says).
    interrupt: bool,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.largest = self.largest.max(room.len());
        if std::mem::take(&mut self.interrupt) {
            return Err(ErrorKind::Interrupted.into());
        }
        let result = self.stream.read(room);
        if let Err(error) = &result {
            self.in_vain += usize::from(error.kind() == ErrorKind::WouldBlock);
        }
        result
    }
}

impl Source for Counted {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.stream.register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        self.stream.reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.stream.deregister(registry)
    }
}

/// Has the exercise receive what `send` sends, and looks at how it did it.
#[track_caller]
fn arrives(
    send: impl FnOnce(&mut std::net::TcpStream) -> Vec<u8> + Send + 'static,
) -> Counted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sender = thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        send(&mut stream) // and then it is dropped: the end
    });
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    let mut counted = Counted {
        stream: TcpStream::from_std(stream),
        in_vain: 0,
        largest: 0,
        interrupt: true,
    };
    let (done, received) = channel();
    let receiver = thread::spawn(move || {
        let result = receive(&mut counted);
        let _ = done.send(());
        (counted, result)
    });
    let late = received.recv_timeout(Duration::from_secs(20));
    let late = late == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    assert!(
        !late,
        "exercise drain: still waiting, for what was not read?"
    );
    let (counted, result) = receiver
        .join()
        .unwrap_or_else(|why| std::panic::resume_unwind(why));
    let wrong = "exercise drain: gave up";
    let received = result.expect(wrong);
    let sent = sender.join().unwrap();
    let wrong = "exercise drain: another number of bytes than were sent";
    assert_eq!(received.len(), sent.len(), "{wrong}");
    let wrong = "exercise drain: not what was sent";
    assert!(received == sent, "{wrong}");
    let wrong = "exercise drain: a read takes a kibibyte at most";
    assert!(counted.largest <= ROOM, "{wrong}");
    counted
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

#[test]
fn a_megabyte_arrives() {
    arrives(|stream| {
        let bytes = pattern(1 << 20);
        for burst in bytes.chunks(100_000) {
            stream.write_all(burst).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
        bytes
    });
}

#[test]
fn what_is_there_before_it_begins_arrives() {
    arrives(|stream| {
        let bytes = pattern(5_000);
        stream.write_all(&bytes).unwrap();
        bytes
    });
}

#[test]
fn nothing_but_the_end_arrives() {
    arrives(|_| Vec::new());
}

#[test]
fn it_sleeps_while_there_is_nothing() {
    let counted = arrives(|stream| {
        let bytes = pattern(10);
        for byte in &bytes {
            stream.write_all(std::slice::from_ref(byte)).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        bytes
    });
    let wrong = "exercise drain: asks again and again instead of sleeping";
    assert!(counted.in_vain <= 30, "{wrong}: {} times", counted.in_vain);
}
