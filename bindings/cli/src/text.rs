//! Fits text into terminal cells: measures it, joins its lines, cuts it with an ellipsis.

use ratatui::style::Style;
use ratatui::text::Span;

use crate::cell::{printable, printable_up_to};

/// The maximum number of characters of a printed line.
const LINE: usize = 2000;

const ELLIPSIS: char = '…';

/// The number of terminal cells that a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

/// The text if it fits into `room` cells, otherwise its beginning and an ellipsis.
pub fn fitted(text: String, room: u16) -> String {
    if width(&text) <= room {
        return text;
    }
    let mut cut = String::new();
    let mut free = room;
    for letter in Span::raw(text.as_str()).styled_graphemes(Style::new()) {
        let needed = width(letter.symbol);
        // One cell is reserved for the ellipsis.
        if needed >= free {
            break;
        }
        free -= needed;
        cut.push_str(letter.symbol);
    }
    if room > 0 {
        cut.push(ELLIPSIS);
    }
    cut
}

/// Puts SQL or a message on one line: each run of white space becomes a space.
pub fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text that keeps its lines.
pub fn paragraph(text: &str) -> String {
    text.trim_end().lines().map(|line| printable_up_to(LINE, line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_with_a_mark() {
        for (text, room, shown) in [
            ("name", 4, "name"),
            ("name", 3, "na…"),
            ("name", 1, "…"),
            ("name", 0, ""),
            ("水水", 4, "水水"),
            ("水水", 3, "水…"),
            ("水水", 2, "…"),
            ("e\u{301}ee", 2, "e\u{301}…"),
        ] {
            assert_eq!(fitted(text.to_owned(), room), shown, "{text} in {room}");
            assert!(width(&fitted(text.to_owned(), room)) <= room, "{text} in {room}");
        }
    }

    #[test]
    fn white_space_does_not_break_the_line() {
        assert_eq!(one_line("SELECT\n\t a\r\n  FROM t\u{1b}\n"), "SELECT a FROM t␛");
        assert!(one_line(&"x\n".repeat(200_000)).len() < 1000);
    }

    #[test]
    fn a_paragraph_keeps_its_lines() {
        assert_eq!(paragraph("a\n  b\u{1b}\n"), "a\n  b␛");
        assert_eq!(paragraph(&"x".repeat(LINE + 1)), format!("{}…", "x".repeat(LINE)));
    }
}
