//! Counts passed, failed and skipped tests from the closing lines of test runners.

use std::fmt;

/// Tests counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that were not run.
    pub skipped: u64,
}

impl Tally {
    /// Adds what one line of a runner's output says, if it is a closing line.
    pub fn read(&mut self, line: &str) {
        let line = strip_colours(line);
        let line = line.trim();
        if is_cargo(line) {
            for part in line.split([',', ';', ':', '.']) {
                self.add(part);
            }
        } else {
            self.read_playwright(line);
            self.read_vitest(line);
        }
    }

    /// Adds the tests of another run.
    pub fn include(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// `12 passed (3.4s)`, one count a line.
    fn read_playwright(&mut self, line: &str) {
        let line = line.split(" (").next().unwrap_or(line);
        if line.split(' ').count() == 2 {
            self.add(line);
        }
    }

    /// `Tests  2 failed | 12 passed (14)`
    fn read_vitest(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("Tests  ") {
            counts.split('|').for_each(|part| self.add(part));
        }
    }

    fn add(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        let Some(count) = words.next().and_then(|count| count.parse::<u64>().ok()) else {
            return;
        };
        match words.next() {
            Some("passed" | "flaky") => self.passed += count,
            Some("failed" | "interrupted") => self.failed += count,
            Some("skipped" | "ignored") => self.skipped += count,
            _ => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// nextest's `Summary [..] 4 tests run: 4 passed, 1 skipped`, libtest's `test result: ok. 4 passed; ..`.
fn is_cargo(line: &str) -> bool {
    line.starts_with("test result:") || (line.starts_with("Summary [") && line.contains("run:"))
}

fn strip_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..start]);
        rest = &rest[start + 2..];
        rest = rest.find(|c: char| c.is_ascii_alphabetic()).map_or("", |end| &rest[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn counted(lines: &[&str]) -> (u64, u64, u64) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        (tally.passed, tally.failed, tally.skipped)
    }

    #[test]
    fn nextest() {
        let line = "     Summary [   0.013s] 9 tests run: 7 passed (1 slow), 2 failed, 3 skipped";
        assert_eq!(counted(&[line]), (7, 2, 3));
    }

    #[test]
    fn libtest() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.01s";
        assert_eq!(counted(&[line]), (3, 1, 2));
    }

    #[test]
    fn playwright() {
        assert_eq!(
            counted(&["  1 failed", "    two.spec.ts:3:1 > tabs", "  2 skipped", "  14 passed (1.2m)"]),
            (14, 1, 2)
        );
    }

    #[test]
    fn vitest() {
        assert_eq!(
            counted(&[" Test Files  1 failed | 2 passed (3)", "      Tests  2 failed | 12 passed (14)"]),
            (12, 2, 0)
        );
    }

    #[test]
    fn colours_do_not_matter() {
        assert_eq!(counted(&["\u{1b}[32m  14 passed\u{1b}[39m\u{1b}[2m (9.8s)\u{1b}[22m"]), (14, 0, 0));
    }

    #[test]
    fn prose_is_not_a_count() {
        assert_eq!(counted(&["1 failed attempt was retried", "running 4 tests", "ok"]), (0, 0, 0));
    }
}
