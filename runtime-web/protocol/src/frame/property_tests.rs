//! What holds for all frames: they come back as they went in, and no bytes do harm.

use proptest::prelude::*;

use super::*;
use crate::{CommitId, SubscriptionId};

#[derive(Clone, Debug)]
enum Value {
    Null,
    Integer(i64),
    Real(u64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Value {
    fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(bits) => ValueRef::Real(f64::from_bits(*bits)),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

#[derive(Clone, Debug)]
enum OwnedEdit {
    Insert(u32, Vec<u8>),
    Remove(u32),
    Replace(u32, Vec<u8>),
    Move(u32, u32),
}

impl OwnedEdit {
    fn as_edit(&self) -> Edit<'_> {
        match self {
            Self::Insert(index, row) => Edit::Insert { index: *index, row },
            Self::Remove(index) => Edit::Remove { index: *index },
            Self::Replace(index, row) => Edit::Replace { index: *index, row },
            Self::Move(from, to) => Edit::Move { from: *from, to: *to },
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..12)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        (-300_i64..300).prop_map(Value::Integer),
        any::<u64>().prop_map(Value::Real),
        bytes().prop_map(Value::Text),
        bytes().prop_map(Value::Blob),
    ]
}

fn row() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(value(), 0..5).prop_map(|values| pack(&values))
}

fn pack(values: &[Value]) -> Vec<u8> {
    let mut row = Vec::new();
    for value in values {
        push_value(&mut row, value.as_ref()).unwrap();
    }
    row
}

fn edit() -> impl Strategy<Value = OwnedEdit> {
    prop_oneof![
        (any::<u32>(), row()).prop_map(|(index, row)| OwnedEdit::Insert(index, row)),
        any::<u32>().prop_map(OwnedEdit::Remove),
        (any::<u32>(), row()).prop_map(|(index, row)| OwnedEdit::Replace(index, row)),
        any::<(u32, u32)>().prop_map(|(from, to)| OwnedEdit::Move(from, to)),
    ]
}

fn delivery() -> impl Strategy<Value = (u64, Vec<(u64, Vec<OwnedEdit>)>)> {
    (any::<u64>(), prop::collection::vec((any::<u64>(), prop::collection::vec(edit(), 0..6)), 0..5))
}

fn write_delivery(commit: u64, subscriptions: &[(u64, Vec<OwnedEdit>)]) -> Frame {
    let mut writer = DeliveryWriter::new(CommitId(commit));
    for (subscription, edits) in subscriptions {
        writer.push(SubscriptionId(*subscription), edits.iter().map(OwnedEdit::as_edit)).unwrap();
    }
    writer.finish()
}

/// Decodes `bytes` as everything; what decodes must encode to the same bytes.
fn survives(bytes: &[u8]) {
    if let Ok(frame) = RowsFrame::new(bytes) {
        assert_eq!(frame.iter().count(), frame.len());
        for row in frame.iter() {
            Values::new(row).for_each(drop);
        }
        let rows: Vec<_> = frame.iter().collect();
        assert_eq!(rows_frame(rows.into_iter()).unwrap().0, bytes);
    }
    if let Ok(frame) = DeliveryFrame::new(bytes) {
        let mut writer = DeliveryWriter::new(frame.commit());
        for (subscription, edits) in frame.iter() {
            let edits: Vec<_> = edits.collect::<Result<_, _>>().unwrap();
            writer.push(subscription, edits.into_iter()).unwrap();
        }
        assert_eq!(writer.finish().0, bytes);
    }
    match ParamsFrame::new(bytes) {
        Ok(ParamsFrame::Positional(values)) => assert_eq!(positional_params(values.into_iter()).unwrap().0, bytes),
        Ok(ParamsFrame::Named(values)) => assert_eq!(named_params(values.into_iter()).unwrap().0, bytes),
        Err(_) => {}
    }
    if let Ok(values) = Values::new(bytes).collect::<Result<Vec<_>, _>>() {
        let mut row = Vec::new();
        for value in values {
            push_value(&mut row, value).unwrap();
        }
        assert_eq!(row, bytes);
    }
}

proptest! {
    #[test]
    fn values_come_back(values in prop::collection::vec(value(), 0..8)) {
        let row = pack(&values);
        let read: Vec<_> = Values::new(&row).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read, values.iter().map(Value::as_ref).collect::<Vec<_>>());
    }

    #[test]
    fn rows_come_back(rows in prop::collection::vec(row(), 0..12)) {
        let frame = rows_frame(rows.iter().map(Vec::as_slice)).unwrap();
        let read = RowsFrame::new(&frame.0).unwrap();
        prop_assert_eq!(read.iter().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn deliveries_come_back((commit, subscriptions) in delivery()) {
        let frame = write_delivery(commit, &subscriptions);
        let read = DeliveryFrame::new(&frame.0).unwrap();
        prop_assert_eq!(read.commit().0, commit);
        let read: Vec<(u64, Vec<Edit<'_>>)> =
            read.iter().map(|(subscription, edits)| (subscription.0, edits.map(Result::unwrap).collect())).collect();
        let written: Vec<(u64, Vec<Edit<'_>>)> = subscriptions
            .iter()
            .map(|(subscription, edits)| (*subscription, edits.iter().map(OwnedEdit::as_edit).collect()))
            .collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn params_come_back(values in prop::collection::vec((".{0,6}", value()), 0..8)) {
        let frame = positional_params(values.iter().map(|(_, value)| value.as_ref())).unwrap();
        let expected = ParamsFrame::Positional(values.iter().map(|(_, value)| value.as_ref()).collect());
        prop_assert_eq!(ParamsFrame::new(&frame.0).unwrap(), expected);
        let named: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
        let frame = named_params(named.iter().copied()).unwrap();
        prop_assert_eq!(ParamsFrame::new(&frame.0).unwrap(), ParamsFrame::Named(named));
    }

    #[test]
    fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        survives(&bytes);
    }

    #[test]
    fn bytes_that_look_right_are_safe(
        kind in 0_u8..6,
        count in prop_oneof![0_u32..4, any::<u32>()],
        rest in prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 0..64),
    ) {
        let mut bytes = vec![VERSION, kind, 0, 0];
        bytes.extend(count.to_le_bytes());
        bytes.extend(rest);
        survives(&bytes);
    }

    #[test]
    fn damaged_frames_are_safe(
        (commit, subscriptions) in delivery(),
        rows in prop::collection::vec(row(), 0..6),
        position: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
    ) {
        for frame in [write_delivery(commit, &subscriptions), rows_frame(rows.iter().map(Vec::as_slice)).unwrap()] {
            let mut damaged = frame.0.clone();
            let position = position.index(damaged.len());
            damaged[position] = byte;
            survives(&damaged);
            survives(&frame.0[..cut.index(frame.0.len())]);
        }
    }
}
