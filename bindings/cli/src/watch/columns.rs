//! Selects the columns that fit on the screen.

/// The cells between two columns, and between a row's sign and the first column.
pub const GAP: u16 = 2;

/// The maximum width of a column if there are several.
const WIDEST: u16 = 60;

/// A last column with less room than this is left out instead of cut.
const NARROWEST_CUT: u16 = 4;

/// The widths of the columns to draw, starting with the first of `wanted`: all that fit into `room`, each with a gap before
/// it, and one more that is cut if a useful part of it fits. The first is always drawn.
pub fn widths_in_sight(wanted: &[u16], room: u16) -> Vec<u16> {
    let mut shown = Vec::new();
    let mut free = room;
    for width in wanted {
        let width = if wanted.len() > 1 { (*width).min(WIDEST) } else { *width };
        free = free.saturating_sub(GAP);
        if width > free && !shown.is_empty() && free < NARROWEST_CUT {
            break;
        }
        shown.push(width.min(free));
        if width > free {
            break;
        }
        free -= width;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_whole_but_for_the_last() {
        for (wanted, room, shown) in [
            (vec![3, 3, 3], 15, vec![3, 3, 3]),
            (vec![3, 8, 8], 17, vec![3, 8]),
            (vec![3, 8, 8], 20, vec![3, 8]),
            (vec![3, 8, 8], 21, vec![3, 8, 4]),
            (vec![3, 0, 3], 12, vec![3, 0, 3]),
            (vec![9, 9], 8, vec![6]),
            (vec![9, 9], 0, vec![0]),
            (vec![200], 100, vec![98]),
            (vec![200, 9], 100, vec![60, 9]),
            (vec![], 100, vec![]),
        ] {
            assert_eq!(widths_in_sight(&wanted, room), shown, "{wanted:?} in {room}");
        }
    }
}
