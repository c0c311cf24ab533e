//! A cursor over bytes that fails instead of panicking.

use super::{FrameError, Kind, VERSION};

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads the first eight bytes; gives the kind, which is one of `kinds`, and the count.
    pub(super) fn open(bytes: &'a [u8], kinds: &[Kind]) -> Result<(Self, Kind, u32), FrameError> {
        let mut reader = Self::new(bytes);
        let [version] = reader.take()?;
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let [kind] = reader.take()?;
        let kind = *kinds.iter().find(|known| **known as u8 == kind).ok_or(FrameError::Kind(kind))?;
        if reader.take::<2>()? != [0, 0] {
            return Err(FrameError::Excess);
        }
        let count = reader.u32()?;
        Ok((reader, kind, count))
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(FrameError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    pub(super) fn u32(&mut self) -> Result<u32, FrameError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, FrameError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(FrameError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Bytes after their length.
    pub(super) fn sized(&mut self) -> Result<&'a [u8], FrameError> {
        let length = self.u32()?;
        self.bytes(length as usize)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn close(self) -> Result<(), FrameError> {
        if self.rest.is_empty() { Ok(()) } else { Err(FrameError::Excess) }
    }
}
