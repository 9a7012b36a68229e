//! What the kernel tells the child, and how it gets through the pipe.

/// What a report begins with, so that no other message is mistaken for one.
const REPORT: u64 = u64::from_ne_bytes(*b"address:");

/// What the kernel told a handler in the child. Plain numbers: a signal handler
/// writes them into a pipe, and may not allocate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The signal (Unix) or the exception code (Windows).
    pub what: u64,
    /// Unix: `si_code`, why the signal was sent. Windows: 0 for a read, 1 for
    /// a write, 8 for an instruction.
    pub why: u64,
    /// The address that the kernel names.
    pub address: u64,
    /// Linux on x86-64: the number of the exception. Elsewhere 0.
    pub trap: u64,
    /// Linux on x86-64: the error code of the exception. Elsewhere 0.
    pub error: u64,
}

impl Told {
    /// The report on this, after the address `asked` was used.
    pub(super) fn report(self, asked: u64) -> [u64; 7] {
        let Self {
            what,
            why,
            address,
            trap,
            error,
        } = self;
        [REPORT, asked, what, why, address, trap, error]
    }

    /// The address that was used and what the kernel told, if this is a report.
    /// Anything after it is ignored: an emulator adds words of its own.
    pub(super) fn read(report: &[u8]) -> Option<(u64, Self)> {
        let (words, _) = report.as_chunks::<8>();
        let words = words.first_chunk::<7>()?.map(u64::from_ne_bytes);
        let [REPORT, asked, what, why, address, trap, error] = words else {
            return None;
        };
        Some((
            asked,
            Self {
                what,
                why,
                address,
                trap,
                error,
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let (what, why, address, trap, error) = (1, 2, 3, 4, 5);
        let told = Told {
            what,
            why,
            address,
            trap,
            error,
        };
        let words = told.report(6);
        let bytes: Vec<u8> =
            words.into_iter().flat_map(u64::to_ne_bytes).collect();
        assert_eq!(Told::read(&bytes), Some((6, told)));
        let more = [&bytes, &b"and more"[..]].concat();
        assert_eq!(Told::read(&more), Some((6, told)));
        assert_eq!(Told::read(&bytes[..55]), None);
        assert_eq!(Told::read(&[b'?'; 56]), None);
    }
}
