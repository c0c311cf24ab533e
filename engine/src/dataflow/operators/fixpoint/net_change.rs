//! What changed rows come to for statements that read some of their columns.

use rustc_hash::FxHashMap;

use crate::plan::RowImages;
use crate::types::{Row, RowBuilder, ValueRef};

/// The images without pairs of an old and a new row that agree in these columns.
pub(super) fn of(images: &RowImages, columns: &[usize]) -> RowImages {
    let read = |row: &Row| {
        let mut key = RowBuilder::default();
        columns.iter().for_each(|column| key.push(row.get(*column).unwrap_or(ValueRef::Null)));
        key.finish()
    };
    let mut old: FxHashMap<Row, usize> = FxHashMap::default();
    images.old.iter().for_each(|(_, row)| *old.entry(read(row)).or_default() += 1);
    let mut stays: FxHashMap<Row, usize> = FxHashMap::default();
    let take = |from: &mut FxHashMap<Row, usize>, key: &Row| match from.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let comes = |(_, row): &&(i64, Row)| {
        let key = read(row);
        let is_there = take(&mut old, &key);
        if is_there {
            *stays.entry(key).or_default() += 1;
        }
        !is_there
    };
    let new = images.new.iter().filter(comes).cloned().collect();
    let goes = |(_, row): &&(i64, Row)| !take(&mut stays, &read(row));
    RowImages { old: images.old.iter().filter(goes).cloned().collect(), new }
}
