//! Flow control: how much may be under way to a page client. One that hangs takes nothing in, and what it is told would pile up in memory.

/// How many bytes may be under way to a page client that has not confirmed them.
const WINDOW: u64 = 512 << 10;
/// After how many bytes a confirmation is asked for. Less than the window: one that stops has been asked, and its answer lets it go on.
const STEP: u64 = WINDOW / 4;

/// What was posted on a port and what has arrived.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// The number of the last packet.
    number: u64,
    /// Bytes in all packets.
    posted: u64,
    /// Bytes up to the last packet that was confirmed.
    confirmed: u64,
    /// The packets to be confirmed, with the bytes up to each.
    asked: Vec<(u64, u64)>,
}

impl Flow {
    /// Counts a packet: its number, and whether it is to be confirmed.
    pub(crate) fn post(&mut self, bytes: u64) -> (u64, bool) {
        self.number += 1;
        self.posted += bytes;
        let last = self.asked.last().map_or(self.confirmed, |(_, posted)| *posted);
        let confirm = self.posted - last >= STEP;
        if confirm {
            self.asked.push((self.number, self.posted));
        }
        (self.number, confirm)
    }

    /// A packet has arrived, and so have those before it.
    pub(crate) fn confirm(&mut self, number: u64) {
        while let Some((_, posted)) = self.asked.first().filter(|(asked, _)| *asked <= number) {
            self.confirmed = *posted;
            self.asked.remove(0);
        }
    }

    /// Whether nothing more is to be posted before a confirmation comes.
    pub(crate) fn is_full(&self) -> bool {
        self.posted - self.confirmed > WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_numbered_and_now_and_then_one_is_to_be_confirmed() {
        let mut flow = Flow::default();
        let posts: Vec<_> = (0..5).map(|_| flow.post(STEP / 2)).collect();
        assert_eq!(posts, [(1, false), (2, true), (3, false), (4, true), (5, false)]);
    }

    #[test]
    fn the_window_fills_and_confirmations_open_it() {
        let mut flow = Flow::default();
        let mut asked = Vec::new();
        while !flow.is_full() {
            let (number, confirm) = flow.post(1_000);
            asked.extend(confirm.then_some(number));
        }
        assert!(flow.posted <= WINDOW + 1_000);
        flow.confirm(asked[0]);
        assert!(!flow.is_full());
        flow.confirm(asked[0]);
        flow.confirm(u64::MAX);
        assert!(flow.posted - flow.confirmed < STEP);
    }

    #[test]
    fn whatever_sizes_there_are_a_full_window_waits_for_a_confirmation() {
        for size in [1, 100, STEP - 1, STEP, WINDOW, 3 * WINDOW] {
            let mut flow = Flow::default();
            for _ in 0..3 {
                let mut last = None;
                while !flow.is_full() {
                    let (number, confirm) = flow.post(size);
                    last = confirm.then_some(number).or(last);
                }
                flow.confirm(last.unwrap());
                assert!(!flow.is_full(), "{size}");
            }
        }
    }
}
