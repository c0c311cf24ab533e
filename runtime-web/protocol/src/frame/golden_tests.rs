//! Frames written out by hand: what other implementations of the codec have to agree with.

use super::*;
use crate::{CommitId, SubscriptionId};

fn row(values: &[ValueRef<'_>]) -> Vec<u8> {
    let mut row = Vec::new();
    for value in values {
        push_value(&mut row, *value).unwrap();
    }
    row
}

#[test]
fn values() {
    let cases: [(ValueRef<'_>, &[u8]); 12] = [
        (ValueRef::Null, &[0]),
        (ValueRef::Integer(0), &[5, 0]),
        (ValueRef::Integer(127), &[5, 127]),
        (ValueRef::Integer(-128), &[5, 128]),
        (ValueRef::Integer(128), &[1, 128, 0, 0, 0, 0, 0, 0, 0]),
        (ValueRef::Integer(-129), &[1, 127, 255, 255, 255, 255, 255, 255, 255]),
        (ValueRef::Integer((1 << 53) + 1), &[1, 1, 0, 0, 0, 0, 0, 32, 0]),
        (ValueRef::Real(1.0), &[2, 0, 0, 0, 0, 0, 0, 240, 63]),
        (ValueRef::Real(-0.0), &[2, 0, 0, 0, 0, 0, 0, 0, 128]),
        (ValueRef::Text("hé".as_bytes()), &[3, 3, 0, 0, 0, b'h', 0xc3, 0xa9]),
        (ValueRef::Text(&[0xff]), &[3, 1, 0, 0, 0, 0xff]),
        (ValueRef::Blob(&[]), &[4, 0, 0, 0, 0]),
    ];
    for (value, bytes) in cases {
        assert_eq!(row(&[value]), bytes, "{value:?}");
        assert_eq!(Values::new(bytes).collect::<Result<Vec<_>, _>>(), Ok(vec![value]));
    }
}

#[test]
fn rows() {
    let rows = [row(&[ValueRef::Integer(1), ValueRef::Text(b"a")]), row(&[ValueRef::Null])];
    let frame = rows_frame(rows.iter().map(Vec::as_slice)).unwrap();
    #[rustfmt::skip]
    let expected = [
        1, 1, 0, 0,  2, 0, 0, 0,
        8, 0, 0, 0,  9, 0, 0, 0,
        5, 1, 3, 1, 0, 0, 0, b'a',
        0,
    ];
    assert_eq!(frame.0, expected);
    let read = RowsFrame::new(&frame.0).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read.get(1), Some(&[0][..]));
    assert_eq!(read.get(2), None);
    assert_eq!(rows_frame([].into_iter()).unwrap().0, [1, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn delivery() {
    let one = row(&[ValueRef::Integer(-1)]);
    let mut writer = DeliveryWriter::new(CommitId(258));
    writer
        .push(
            SubscriptionId(7),
            [
                Edit::Insert { index: 0, row: &one },
                Edit::Remove { index: 1 },
                Edit::Replace { index: 2, row: &one },
                Edit::Move { from: 3, to: 4 },
            ]
            .into_iter(),
        )
        .unwrap();
    writer.push(SubscriptionId(8), [Edit::Remove { index: 0 }].into_iter()).unwrap();
    let frame = writer.finish();
    #[rustfmt::skip]
    let expected = [
        1, 2, 0, 0,  2, 0, 0, 0,  2, 1, 0, 0, 0, 0, 0, 0,
        7, 0, 0, 0, 0, 0, 0, 0,  4, 0, 0, 0,
        0,  0, 0, 0, 0,  2, 0, 0, 0,  5, 255,
        1,  1, 0, 0, 0,
        2,  2, 0, 0, 0,  2, 0, 0, 0,  5, 255,
        3,  3, 0, 0, 0,  4, 0, 0, 0,
        8, 0, 0, 0, 0, 0, 0, 0,  1, 0, 0, 0,
        1,  0, 0, 0, 0,
    ];
    assert_eq!(frame.0, expected);
    let read = DeliveryFrame::new(&frame.0).unwrap();
    assert_eq!(read.commit(), CommitId(258));
    let sizes: Vec<_> = read.iter().map(|(subscription, edits)| (subscription.0, edits.count())).collect();
    assert_eq!(sizes, [(7, 4), (8, 1)]);
}

#[test]
fn params() {
    let frame = positional_params([ValueRef::Integer(5), ValueRef::Null].into_iter()).unwrap();
    assert_eq!(frame.0, [1, 3, 0, 0, 2, 0, 0, 0, 5, 5, 0]);
    let frame = named_params([("id", ValueRef::Integer(5))].into_iter()).unwrap();
    assert_eq!(frame.0, [1, 4, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, b'i', b'd', 5, 5]);
    assert_eq!(ParamsFrame::new(&frame.0), Ok(ParamsFrame::Named(vec![("id", ValueRef::Integer(5))])));
}

#[test]
fn what_is_refused() {
    assert_eq!(RowsFrame::new(&[]).unwrap_err(), FrameError::Truncated);
    assert_eq!(RowsFrame::new(&[2, 1, 0, 0, 0, 0, 0, 0]).unwrap_err(), FrameError::Version(2));
    assert_eq!(RowsFrame::new(&[1, 2, 0, 0, 0, 0, 0, 0]).unwrap_err(), FrameError::Kind(2));
    assert_eq!(RowsFrame::new(&[1, 1, 1, 0, 0, 0, 0, 0]).unwrap_err(), FrameError::Excess);
    assert_eq!(RowsFrame::new(&[1, 1, 0, 0, 0, 0, 0, 0, 0]).unwrap_err(), FrameError::Excess);
    assert_eq!(RowsFrame::new(&[1, 1, 0, 0, 255, 255, 255, 255]).unwrap_err(), FrameError::Truncated);
    let down = [1, 1, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5, 5];
    assert_eq!(RowsFrame::new(&down).unwrap_err(), FrameError::Order);
    let long = [1, 3, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(ParamsFrame::new(&long).unwrap_err(), FrameError::NotShortest);
    assert_eq!(ParamsFrame::new(&[1, 3, 0, 0, 1, 0, 0, 0, 9]).unwrap_err(), FrameError::Tag(9));
    assert_eq!(ParamsFrame::new(&[1, 4, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 255, 0]).unwrap_err(), FrameError::Name);
    let lying = [1, 2, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(DeliveryFrame::new(&lying).unwrap_err(), FrameError::Truncated);
}
