//! Frames of deliveries: all edits that one commit makes in one client's subscriptions.

use super::reader::Reader;
use super::{Frame, FrameError, Kind, header, to_u32};
use crate::{CommitId, SubscriptionId};

const INSERT: u8 = 0;
const REMOVE: u8 = 1;
const REPLACE: u8 = 2;
const MOVE: u8 = 3;

/// One step that brings a result up to date; rows are packed bytes. Indices count from 0 in the list as it stands when the
/// step is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Put `row` in so that it stands at `index`.
    Insert {
        /// Where the row will stand.
        index: u32,
        /// The new row.
        row: &'a [u8],
    },
    /// Take the row at `index` out.
    Remove {
        /// Where the row stands.
        index: u32,
    },
    /// Put `row` in the place of the one at `index`.
    Replace {
        /// Where both stand.
        index: u32,
        /// The new row.
        row: &'a [u8],
    },
    /// Take the row at `from` out, then put it in so that it stands at `to`.
    Move {
        /// Where the row stands.
        from: u32,
        /// Where it will stand, counted after it was taken out.
        to: u32,
    },
}

/// Packs a delivery, subscription by subscription.
#[derive(Debug)]
pub struct DeliveryWriter {
    bytes: Vec<u8>,
    subscriptions: u32,
}

impl DeliveryWriter {
    /// Begins the delivery of `commit`.
    #[must_use]
    pub fn new(commit: CommitId) -> Self {
        let mut bytes = Vec::new();
        bytes.extend(header(Kind::Delivery, 0));
        bytes.extend(commit.0.to_le_bytes());
        Self { bytes, subscriptions: 0 }
    }

    /// Appends the edits of a subscription.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] for 2^32 edits or a row of 4 GiB; the writer is then of no further use.
    pub fn push<'a>(
        &mut self,
        subscription: SubscriptionId,
        edits: impl ExactSizeIterator<Item = Edit<'a>>,
    ) -> Result<(), FrameError> {
        self.subscriptions = self.subscriptions.checked_add(1).ok_or(FrameError::TooLarge)?;
        self.bytes.extend(subscription.0.to_le_bytes());
        self.operand(to_u32(edits.len())?);
        for edit in edits {
            match edit {
                Edit::Insert { index, row } => self.with_row(INSERT, index, row)?,
                Edit::Remove { index } => {
                    self.bytes.push(REMOVE);
                    self.operand(index);
                }
                Edit::Replace { index, row } => self.with_row(REPLACE, index, row)?,
                Edit::Move { from, to } => {
                    self.bytes.push(MOVE);
                    self.operand(from);
                    self.operand(to);
                }
            }
        }
        Ok(())
    }

    /// Whether no subscription was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subscriptions == 0
    }

    /// The frame.
    #[must_use]
    pub fn finish(mut self) -> Frame {
        if let Some(start) = self.bytes.first_chunk_mut() {
            *start = header(Kind::Delivery, self.subscriptions);
        }
        Frame(self.bytes)
    }

    fn operand(&mut self, operand: u32) {
        self.bytes.extend(operand.to_le_bytes());
    }

    fn with_row(&mut self, tag: u8, index: u32, row: &[u8]) -> Result<(), FrameError> {
        let length = to_u32(row.len())?;
        self.bytes.push(tag);
        self.operand(index);
        self.operand(length);
        self.bytes.extend(row);
        Ok(())
    }
}

/// A frame of a delivery, checked and ready to be read.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryFrame<'a> {
    commit: CommitId,
    subscriptions: u32,
    reader: Reader<'a>,
}

impl<'a> DeliveryFrame<'a> {
    /// Checks the structure of `bytes`.
    ///
    /// # Errors
    /// Any [`FrameError`] but those of values.
    pub fn new(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (mut reader, _, subscriptions) = Reader::open(bytes, &[Kind::Delivery])?;
        let commit = CommitId(reader.u64()?);
        let frame = Self { commit, subscriptions, reader };
        for _ in 0..subscriptions {
            let (_, mut edits) = read_edits(&mut reader)?;
            edits.try_for_each(|edit| edit.map(drop))?;
            reader = edits.reader;
        }
        reader.close()?;
        Ok(frame)
    }

    /// The commit that is delivered.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }

    /// The subscriptions with their edits, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SubscriptionId, Edits<'a>)> + use<'a> {
        let mut reader = self.reader;
        (0..self.subscriptions).map_while(move |_| {
            let (subscription, edits) = read_edits(&mut reader).ok()?;
            let mut skipped = edits.clone();
            skipped.by_ref().for_each(drop);
            reader = skipped.reader;
            Some((subscription, edits))
        })
    }
}

fn read_edits<'a>(reader: &mut Reader<'a>) -> Result<(SubscriptionId, Edits<'a>), FrameError> {
    let subscription = SubscriptionId(reader.u64()?);
    let left = reader.u32()?;
    Ok((subscription, Edits { left, reader: *reader }))
}

/// The edits of one subscription, in the order in which they are to be applied. Those of a checked frame are never errors.
#[derive(Clone, Debug)]
pub struct Edits<'a> {
    left: u32,
    reader: Reader<'a>,
}

impl<'a> Iterator for Edits<'a> {
    type Item = Result<Edit<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let edit = read_edit(&mut self.reader);
        if edit.is_err() {
            self.left = 0;
        }
        Some(edit)
    }
}

fn read_edit<'a>(reader: &mut Reader<'a>) -> Result<Edit<'a>, FrameError> {
    let [tag] = reader.take()?;
    Ok(match tag {
        INSERT => Edit::Insert { index: reader.u32()?, row: reader.sized()? },
        REMOVE => Edit::Remove { index: reader.u32()? },
        REPLACE => Edit::Replace { index: reader.u32()?, row: reader.sized()? },
        MOVE => Edit::Move { from: reader.u32()?, to: reader.u32()? },
        tag => return Err(FrameError::Tag(tag)),
    })
}
