//! The canonical log of what an engine delivered: the same text on every platform, or two platforms differ.

use std::fmt::Write as _;

use tidewater::{Diff, Edit, Event, Row, ValueRef};

/// A log and its running hash.
#[derive(Clone, Debug)]
pub struct Log {
    text: Option<String>,
    hash: u64,
}

impl Log {
    /// A log of which only the hash is kept.
    #[must_use]
    pub fn hashed() -> Self {
        Self { text: None, hash: 0xcbf2_9ce4_8422_2325 }
    }

    /// A log that keeps its text as well.
    #[must_use]
    pub fn kept() -> Self {
        Self { text: Some(String::new()), ..Self::hashed() }
    }

    /// The text, if it is kept.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The 64-bit FNV-1a hash of all lines.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The hash as 16 hexadecimal digits.
    #[must_use]
    pub fn hash_text(&self) -> String {
        format!("{:016x}", self.hash)
    }

    /// Appends a line.
    pub fn line(&mut self, line: &str) {
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if let Some(text) = &mut self.text {
            text.push_str(line);
            text.push('\n');
        }
    }

    /// Appends a first result.
    pub fn snapshot(&mut self, id: u64, rows: &[Row]) {
        let rows: Vec<String> = rows.iter().map(row).collect();
        self.line(&format!("subscribe {id}: {}", rows.join(" ")));
    }

    /// Appends an event.
    pub fn event(&mut self, id: u64, event: &Event) {
        let commit = event.commit();
        let what = match event {
            Event::Diff(diff) => edits(diff),
            Event::Recovered(diff) => format!("recovered {}", edits(diff)),
            Event::Columns(snapshot) => {
                format!(
                    "columns {} {}",
                    snapshot.columns.join(","),
                    snapshot.rows.iter().map(row).collect::<Vec<_>>().join(" ")
                )
            }
            Event::Error { error, closed, .. } => format!("error {} closed={closed}", error.code()),
            Event::Divergence(_) => "divergence".to_owned(),
            other => panic!("the oracle does not know {other:?}"),
        };
        self.line(&format!("commit {commit} {id}: {what}"));
    }
}

fn edits(diff: &Diff) -> String {
    diff.edits.iter().map(edit).collect::<Vec<_>>().join(" ")
}

fn edit(edit: &Edit) -> String {
    match edit {
        Edit::Insert { index, row: new } => format!("+{index}{}", row(new)),
        Edit::Remove { index } => format!("-{index}"),
        Edit::Replace { index, row: new } => format!("={index}{}", row(new)),
        Edit::Move { from, to } => format!("{from}>{to}"),
    }
}

fn row(row: &Row) -> String {
    let mut text = String::from("(");
    for (index, value) in row.values().enumerate() {
        if index > 0 {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = match value {
            ValueRef::Real(real) => write!(text, "r{:016x}", real.to_bits()),
            ValueRef::Text(bytes) => write!(text, "t{}", bytes.escape_ascii()),
            other => write!(text, "{other}"),
        };
    }
    text.push(')');
    text
}
