//! From UTF-8, which Rust and every file and pipe speak, to UTF-16, which the
//! Windows console speaks.
//!
//! Nothing here calls the system, so it is compiled and tested everywhere.
//! Two boundaries need care. The bytes handed to one `write` may end in the
//! middle of a character, because the buffer was filled by counting bytes. And a
//! character beyond U+FFFF is *two* UTF-16 units (a surrogate pair), so the
//! room for units, too, may end in the middle of one.

use std::io;

/// How much of the input became how much output. Both end at a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of UTF-8 that were used.
    pub bytes: usize,
    /// Units of UTF-16 that they became.
    pub units: usize,
}

/// Fills `room` with as many whole characters from the start of `bytes` as
/// there are and as fit.
///
/// # Errors
///
/// `InvalidData` if `bytes` does not start with a whole character of UTF-8:
/// a console shows characters, and there is none to show. (No bytes are fine.)
// ANCHOR: utf16_encode
pub fn encode(bytes: &[u8], room: &mut [u16]) -> io::Result<Piece> {
    let whole = match str::from_utf8(bytes) {
        Ok(text) => text,
        // The bytes before the fault are fine. What follows them may be only
        // the first half of a character, so it is left to the next call.
        Err(fault) if fault.valid_up_to() > 0 => {
            let good = &bytes[..fault.valid_up_to()];
            str::from_utf8(good).map_err(|_| io::ErrorKind::InvalidData)?
        }
        Err(_) => return Err(io::ErrorKind::InvalidData.into()),
    };
    let mut piece = Piece { bytes: 0, units: 0 };
    for character in whole.chars() {
        let end = piece.units + character.len_utf16();
        let Some(place) = room.get_mut(piece.units..end) else {
            break; // no room for this one, nor for half of it
        };
        character.encode_utf16(place);
        piece.units = end;
        piece.bytes += character.len_utf8();
    }
    Ok(piece)
}
// ANCHOR_END: utf16_encode

/// How many bytes of UTF-8 the given units stand for.
///
/// Half a pair stands for none: it is no character.
// ANCHOR: utf16_bytes
pub fn bytes_of(units: &[u16]) -> usize {
    char::decode_utf16(units.iter().copied())
        .map(|unit| unit.map_or(0, char::len_utf8))
        .sum()
}

/// Whether `unit` is the first half of a surrogate pair.
pub fn is_first_half(unit: u16) -> bool {
    matches!(unit, 0xD800..=0xDBFF)
}
// ANCHOR_END: utf16_bytes

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], room: usize, used: usize, units: &[u16]) {
        let mut buffer = vec![0xFFFF; room];
        let piece = encode(bytes, &mut buffer).unwrap();
        let wanted = Piece {
            bytes: used,
            units: units.len(),
        };
        assert_eq!(piece, wanted);
        assert_eq!(&buffer[..units.len()], units);
        assert!(buffer[units.len()..].iter().all(|&unit| unit == 0xFFFF));
        assert_eq!(bytes_of(units), used);
    }

    #[test]
    fn whole_text_is_encoded() {
        check("aé€".as_bytes(), 8, 6, &[0x61, 0xE9, 0x20AC]);
        check("🦀".as_bytes(), 2, 4, &[0xD83E, 0xDD80]);
        check(b"", 8, 0, &[]);
    }

    #[test]
    fn a_pair_is_never_divided() {
        check("a🦀".as_bytes(), 2, 1, &[0x61]);
        check("🦀".as_bytes(), 1, 0, &[]);
    }

    #[test]
    fn a_character_cut_at_the_end_is_left() {
        let crab = "🦀".as_bytes();
        for cut in 1..4 {
            let mut bytes = b"ab".to_vec();
            bytes.extend_from_slice(&crab[..cut]);
            check(&bytes, 8, 2, &[0x61, 0x62]);
        }
    }

    #[test]
    fn no_character_at_the_start_is_an_error() {
        let mut room = [0; 4];
        for bytes in [&b"\xFF"[..], b"\x80a", b"\xF0\x9F", b"\xC3"] {
            let error = encode(bytes, &mut room).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    /// A loop of short calls, with every size of room, loses no character.
    #[test]
    fn pieces_make_up_the_whole() {
        let text = "naïve 🦀🦀 façade — 日本語 𝄞!";
        let wanted: Vec<u16> = text.encode_utf16().collect();
        for size in 2..20 {
            let (mut rest, mut got) = (text.as_bytes(), Vec::new());
            while !rest.is_empty() {
                let mut room = vec![0; size];
                let piece = encode(rest, &mut room).unwrap();
                assert!(piece.bytes > 0);
                rest = &rest[piece.bytes..];
                got.extend_from_slice(&room[..piece.units]);
            }
            assert_eq!(got, wanted, "with room for {size} units");
        }
    }

    #[test]
    fn only_first_halves_are_first_halves() {
        assert!(is_first_half(0xD83E));
        assert!(!is_first_half(0xDD80));
        assert!(!is_first_half(0x61));
    }
}
