//! How a stack grows: a page at a time, when it is touched. And how it does not
//! shrink. Linux: the kernel is asked which pages there are (`mincore`).

#[cfg(target_os = "linux")]
mod quiet;

#[cfg(target_os = "linux")]
mod linux {
    use ch05_fibers::s1_stack_swap::visit;
    use ch05_fibers::stack::Stack;
    use std::hint::black_box;
    use std::io;

    /// The size of a page, in bytes.
    pub fn page_size() -> usize {
        // SAFETY: takes a number.
        unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
    }

    /// How many pages of the stack have memory.
    pub fn pages(stack: &Stack) -> io::Result<usize> {
        let page = page_size();
        let length = stack.top().addr() - stack.bottom().addr();
        let mut present = vec![0; length / page];
        let (bottom, list) = (stack.bottom().cast(), present.as_mut_ptr());
        // SAFETY: writes a byte for each page of the range.
        if unsafe { libc::mincore(bottom, length, list) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(present.iter().filter(|page| **page & 1 == 1).count())
    }

    // ANCHOR: touch
    /// Touches `bytes` bytes of the stack below the caller's frame.
    fn touch(bytes: usize) {
        let room = black_box([1_u8; 1024]);
        if bytes > room.len() {
            touch(bytes - room.len());
        }
        black_box(&room);
    }

    /// The stack, before and after visits that go deeper and deeper, and then
    /// one that does not.
    pub fn grow() -> io::Result<Vec<(&'static str, usize)>> {
        let mut stack = Stack::new(1024 * 1024)?;
        let mut rows = vec![("new", pages(&stack)?)];
        let visits = [
            ("after a visit that does nothing", 0),
            ("after 10 KiB of frames", 10 * 1024),
            ("after 200 KiB of frames", 200 * 1024),
            ("after nothing once more", 0),
        ];
        for (name, bytes) in visits {
            let mut guest = || {
                if bytes > 0 {
                    touch(bytes);
                }
            };
            // SAFETY: its frames are smaller than the guard.
            unsafe { visit(&mut stack, &mut guest) };
            rows.push((name, pages(&stack)?));
        }
        Ok(rows)
    }
    // ANCHOR_END: touch

    /// How many pages have memory after a call whose frame of 256 KiB nothing
    /// writes to.
    #[cfg(test)]
    pub fn large_frame() -> io::Result<usize> {
        #[inline(never)]
        fn step() {
            let room = std::mem::MaybeUninit::<[u8; 256 * 1024]>::uninit();
            black_box(room.as_ptr());
        }
        let mut stack = Stack::new(1024 * 1024)?;
        // SAFETY: the stack has room for four such frames.
        unsafe { visit(&mut stack, &mut step) };
        pages(&stack)
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    quiet::end_on_closed_pipes();
    println!("pages with memory, of a stack of 1 MiB:");
    for (name, pages) in linux::grow()? {
        println!("  {name:<34} {pages:>4}");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this program is for Linux only");
}

#[cfg(target_os = "linux")]
#[test]
fn runs() -> std::io::Result<()> {
    let rows = linux::grow()?;
    let pages: Vec<usize> = rows.iter().map(|(_, pages)| *pages).collect();
    let [new, nothing, little, much, again] = pages[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(new, 0);
    assert!((1..=4).contains(&nothing), "{rows:?}");
    assert!(little > nothing && much >= 50, "{rows:?}");
    assert_eq!(again, much, "it does not shrink by itself");
    main()
}

/// `Runtime::new`, the README and the book say where Rust's own frames have stack
/// probes, and so does the example `overflow`. When this fails, that has changed.
#[cfg(target_os = "linux")]
#[test]
fn large_frames_are_probed_except_on_risc_v() -> std::io::Result<()> {
    let touched = linux::large_frame()?;
    let probed = touched * linux::page_size() >= 256 * 1024;
    let expected = !cfg!(target_arch = "riscv64");
    assert_eq!(probed, expected, "{touched} pages were touched");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() {
    main();
}
