//! A limit for the addresses of this process, so that there is no room for the
//! stack of another thread. For children: the limit is not raised again.

/// Limits them to so many bytes, as `ulimit -v` does. Says whether the limit
/// is there: qemu-user accepts it and does nothing.
pub fn limit(bytes: u64) -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: it only reads the structure, which is there during the call.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
    assert_eq!(set, 0);
    // SAFETY: it only writes the structure, which is there during the call.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    assert_eq!(told, 0);
    limit.rlim_cur == bytes
}
