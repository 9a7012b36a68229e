//! Unix sockets.

use super::run;
use ch10_runtime::net::{UnixDatagram, UnixListener, UnixStream};
use ch10_runtime::spawn;
use futures_lite::future;
use std::io::ErrorKind;
use std::net::Shutdown;
use std::{env, fs, process};

/// A path that nothing else has, and that is removed at the end.
struct Path(std::path::PathBuf);

impl Path {
    fn new(name: &str) -> Self {
        let name = format!("ch10-{}-{name}", process::id());
        Self(env::temp_dir().join(name))
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_connection_by_a_path() {
    run(async || {
        let path = Path::new("connection");
        let listener = UnixListener::bind(&path.0).unwrap();
        assert_eq!(
            listener.local_addr().unwrap().as_pathname(),
            Some(&*path.0)
        );
        let client = UnixStream::connect(&path.0);
        let (client, server) = future::zip(client, listener.accept()).await;
        let (mut client, (mut server, _)) = (client.unwrap(), server.unwrap());
        let bytes = super::scenes::pattern(500_000);
        let sent = bytes.clone();
        let sender = spawn(async move {
            client.write_all(&sent).await.unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            client
        });
        let mut received = vec![0; bytes.len()];
        server.read_exact(&mut received).await.unwrap();
        assert!(received == bytes);
        assert_eq!(server.read(&mut received).await.unwrap(), 0);
        drop(sender.await.unwrap());
    });
}

#[test]
fn nothing_listens_at_a_path_without_a_socket() {
    run(async || {
        let path = Path::new("nothing");
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_pair_and_the_end_of_one_of_them() {
    run(async || {
        let (mut one, mut other) = UnixStream::pair().unwrap();
        one.write_all(b"pair").await.unwrap();
        let mut bytes = [0; 4];
        other.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"pair");
        let reader = spawn(async move { other.read(&mut [0; 4]).await });
        future::yield_now().await;
        drop(one);
        assert_eq!(reader.await.unwrap().unwrap(), 0);
    });
}

#[test]
fn datagrams_of_a_pair_stay_whole() {
    run(async || {
        let (one, other) = UnixDatagram::pair().unwrap();
        let send = async {
            for number in 0..500_u16 {
                // Waits when the other one's queue is full.
                one.send(&number.to_be_bytes()).await.unwrap();
            }
        };
        let receive = async {
            let mut room = [0; 10];
            for number in 0..500_u16 {
                assert_eq!(other.recv(&mut room).await.unwrap(), 2);
                assert_eq!(room[..2], number.to_be_bytes());
            }
        };
        future::zip(send, receive).await;
    });
}
