//! Stage 3 of chapter 4: a thread that waits for a socket is woken by another
//! thread. Linux only.

use std::error::Error;
use testing::println;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::s2_queue::{Events, Poll};
    use ch04_event_queue::s3_waker::Waker;
    use ch04_event_queue::{Interest, Token};
    use std::error::Error;
    use std::net::UdpSocket;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    const SOCKET: Token = Token(0);
    const WAKER: Token = Token(usize::MAX); // any value will do
    const SHORT: Option<Duration> = Some(Duration::from_millis(20));

    // ANCHOR: answer
    /// Waits for a socket that is silent, and for a thread that is not.
    pub fn answer() -> Result<String, Box<dyn Error>> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(8);
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let interest = Interest::READABLE;
        poll.registry().register(&socket, SOCKET, interest)?;
        let waker = Waker::new(poll.registry(), WAKER)?;

        poll.poll(&mut events, SHORT)?;
        let mut output = format!("alone: {} events", events.iter().count());

        let (sender, answers) = mpsc::channel();
        let worker = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50)); // hard work
            sender.send(6 * 7).expect("the other thread waits for it");
            waker.wake()?; // first the news, then the wake
            Ok::<_, std::io::Error>(waker) // dropped here, it would be gone
        });
        poll.poll(&mut events, None)?; // the socket alone would never end it
        for event in events.iter().filter(|event| event.token() == WAKER) {
            let readable = event.is_readable();
            output += &format!("\nwoken: readable {readable}");
            output += &format!(", the answer is {}", answers.try_recv()?);
        }
        worker.join().expect("it does not panic")?;
        Ok(output)
    }
    // ANCHOR_END: answer

    // ANCHOR: many_wakes
    /// Wakes before anything waits, and more than once.
    pub fn many_wakes() -> Result<String, Box<dyn Error>> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(8);
        let waker = Waker::new(poll.registry(), WAKER)?;
        for _ in 0..1_000 {
            waker.wake()?;
        }
        poll.poll(&mut events, SHORT)?;
        let mut output = format!("1000 wakes: {} event", events.iter().count());
        poll.poll(&mut events, SHORT)?;
        output += &format!("\nand then: {} events", events.iter().count());
        Ok(output)
    }
    // ANCHOR_END: many_wakes
}

#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    Ok(format!("{}\n{}", linux::answer()?, linux::many_wakes()?))
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let expected = if cfg!(target_os = "linux") {
        "alone: 0 events\n\
         woken: readable true, the answer is 42\n\
         1000 wakes: 1 event\n\
         and then: 0 events"
    } else {
        "this program is for Linux only"
    };
    assert_eq!(run()?, expected);
    Ok(())
}
