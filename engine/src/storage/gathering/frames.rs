//! Which writes to a WAL wait for others: the frames of a transaction, one behind the other.

/// The header of a frame.
const HEADER: usize = 24;
/// The size of the database after a commit, in the header of its last frame; 0 in all others.
const COMMITS: std::ops::Range<usize> = 4..8;
/// The smallest page.
const PAGE: usize = 512;
/// So many bytes wait for no more.
const MOST: usize = 1 << 20;
/// So many are written at once. SQLite itself writes no more than a page of 64 KiB, and its VFS for Unix writes nothing of what is a multiple of
/// 128 KiB (`seekAndWriteFd`). In a browser each write is a call.
const AT_ONCE: usize = if cfg!(target_family = "wasm") { 2 * MOST } else { 1 << 16 };

/// What to do with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits for the next one.
    Gathered,
    /// What waits is to be written now, with this.
    Complete,
    /// It is to be written by itself, after what waits.
    Other,
}

/// The frames that wait.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// Where the bytes that wait begin.
    start: i64,
    /// Where the last write ended. What begins elsewhere is no next frame, and so does not wait.
    end: Option<i64>,
    /// A header waits for its page; whether that frame commits.
    awaited: Option<bool>,
    /// Commits wait too.
    holds: bool,
    /// Commits that waited could not be written. SQLite does not know, so the connection is not to be used any more.
    has_lost: bool,
}

impl Frames {
    /// Whether commits wait, until what waits is written.
    pub(super) fn hold(&mut self, holds: bool) {
        self.holds = holds;
    }

    /// Takes a write in.
    pub(super) fn take(&mut self, offset: i64, bytes: &[u8]) -> Taken {
        let is_next = self.end == Some(offset);
        self.end = i64::try_from(bytes.len()).ok().and_then(|length| offset.checked_add(length));
        let awaited = self.awaited.take();
        match awaited {
            None if is_next && bytes.len() == HEADER => {
                if self.bytes.is_empty() {
                    self.start = offset;
                }
                self.bytes.extend(bytes);
                self.awaited = Some(bytes[COMMITS] != [0; 4]);
                Taken::Gathered
            }
            Some(commits) if is_next && bytes.len() >= PAGE && bytes.len().is_power_of_two() => {
                self.bytes.extend(bytes);
                if commits && !self.holds || self.bytes.len() >= MOST { Taken::Complete } else { Taken::Gathered }
            }
            _ => Taken::Other,
        }
    }

    /// The bytes that wait, in parts that are written one after another, and where each of them begins.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (i64, &[u8])> {
        let starts = (self.start..).step_by(AT_ONCE);
        starts.zip(self.bytes.chunks(AT_ONCE))
    }

    /// Whether commits were lost that SQLite takes for committed.
    pub(super) fn has_lost(&self) -> bool {
        self.has_lost
    }

    /// What waited was written, or that failed: then SQLite has been told, and writes it again if it needs to, but for commits that were
    /// held.
    pub(super) fn written(&mut self, well: bool) {
        self.has_lost |= self.holds && !well;
        self.bytes.clear();
        self.awaited = None;
        if !well {
            self.end = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(commits: bool) -> [u8; HEADER] {
        let mut header = [7; HEADER];
        header[COMMITS].fill(u8::from(commits));
        header
    }

    const PAGE: [u8; 4096] = [9; 4096];
    const FRAME: i64 = 24 + 4096;

    /// Where each part that waits begins, and its length.
    fn waiting(frames: &Frames) -> Vec<(i64, usize)> {
        frames.waiting().map(|(start, bytes)| (start, bytes.len())).collect()
    }

    /// Behind a first write, which is always written by itself.
    fn frames() -> Frames {
        let mut frames = Frames::default();
        assert_eq!(frames.take(0, &[0; 32]), Taken::Other);
        frames
    }

    fn frame(frames: &mut Frames, offset: i64, commits: bool) -> [Taken; 2] {
        [frames.take(offset, &header(commits)), frames.take(offset + 24, &PAGE)]
    }

    #[test]
    fn the_frames_of_a_transaction_wait_for_the_one_that_commits() {
        let mut frames = frames();
        assert_eq!(frame(&mut frames, 32, false), [Taken::Gathered; 2]);
        assert_eq!(frame(&mut frames, 32 + FRAME, false), [Taken::Gathered; 2]);
        assert_eq!(frame(&mut frames, 32 + 2 * FRAME, true), [Taken::Gathered, Taken::Complete]);
        assert_eq!(waiting(&frames), [(32, 3 * 4120)]);
        frames.written(true);
        assert_eq!(waiting(&frames), []);
        assert_eq!(frame(&mut frames, 32 + 3 * FRAME, true), [Taken::Gathered, Taken::Complete]);
        assert_eq!(waiting(&frames), [(32 + 3 * FRAME, 4120)]);
    }

    #[test]
    fn commits_that_are_held_wait_for_what_follows() {
        let mut frames = frames();
        frames.hold(true);
        for n in 0..40 {
            assert_eq!(frame(&mut frames, 32 + n * FRAME, true), [Taken::Gathered; 2]);
        }
        let parts = waiting(&frames);
        assert_eq!(parts.iter().map(|(_, length)| length).sum::<usize>(), 40 * 4120);
        for (part, next) in parts.iter().zip(&parts[1..]) {
            assert_eq!(part.0 + i64::try_from(part.1).unwrap(), next.0);
        }
        frames.written(true);
        frames.hold(false);
        assert_eq!(frame(&mut frames, 32 + 40 * FRAME, true), [Taken::Gathered, Taken::Complete]);
    }

    #[test]
    fn what_is_no_next_frame_does_not_wait() {
        let mut frames = frames();
        frame(&mut frames, 32, true);
        frames.written(true);
        // SQLite writes the header of a frame again where the checksums of what follows have changed.
        assert_eq!(frames.take(32, &header(true)), Taken::Other);
        assert_eq!(frame(&mut frames, 32 + 24 + 9, true), [Taken::Other; 2]);
        // A page without its header, a header without its page, a part of a page.
        assert_eq!(frames.take(5_000, &header(false)), Taken::Other);
        assert_eq!(frames.take(5_024, &PAGE), Taken::Other);
        assert_eq!(frames.take(5_024 + 4_096, &header(true)), Taken::Gathered);
        assert_eq!(frames.take(5_048 + 4_096, &PAGE[..1_000]), Taken::Other);
        assert_eq!(frames.take(6_048 + 4_096, &header(true)), Taken::Gathered);
        assert_eq!(frames.take(6_072 + 4_096, &header(true)), Taken::Other);
    }

    #[test]
    fn after_a_failure_the_next_write_goes_by_itself() {
        let mut frames = frames();
        frame(&mut frames, 32, true);
        frames.written(false);
        assert_eq!(waiting(&frames), []);
        assert_eq!(frame(&mut frames, 32 + FRAME, true), [Taken::Other; 2]);
    }

    #[test]
    fn commits_that_are_held_and_cannot_be_written_are_lost() {
        let mut frames = frames();
        frame(&mut frames, 32, true);
        frames.written(false);
        assert!(!frames.has_lost(), "COMMIT has failed");
        frames.hold(true);
        frame(&mut frames, 32 + FRAME, true);
        frame(&mut frames, 32 + 2 * FRAME, true);
        frames.written(false);
        frames.hold(false);
        frames.written(true);
        assert!(frames.has_lost());
    }

    #[test]
    fn a_header_that_was_written_alone_has_its_page_follow_alone() {
        let mut frames = frames();
        assert_eq!(frames.take(32, &header(true)), Taken::Gathered);
        // As when SQLite reads the file in between.
        frames.written(true);
        assert_eq!(frames.take(56, &PAGE), Taken::Other);
    }

    #[test]
    fn a_large_transaction_is_written_in_parts() {
        let mut frames = frames();
        let mut offset = 32;
        while frame(&mut frames, offset, false)[1] == Taken::Gathered {
            offset += FRAME;
        }
        let length: usize = waiting(&frames).iter().map(|(_, length)| length).sum();
        assert!((MOST..MOST + 2 * 4120).contains(&length), "{length}");
    }
}
