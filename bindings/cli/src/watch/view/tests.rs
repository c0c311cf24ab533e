//! What stands on the screen, cell by cell.

use super::*;
use std::sync::Arc;
use tidewater::{CommitId, Diff, Edit, Row, Snapshot, Value};

const NOW: Duration = Duration::from_secs(5);

fn row(id: i64, name: &str) -> Row {
    [Value::from(id), Value::from(name)].into_iter().collect()
}

fn model(rows: impl IntoIterator<Item = Row>) -> Model {
    Model::new(&Snapshot {
        commit: CommitId(3),
        columns: Arc::from(["id".to_owned(), "name".to_owned()]),
        rows: rows.into_iter().collect(),
    })
}

fn heading() -> Heading {
    Heading { file: "app.db".to_owned(), sql: "SELECT *\nFROM t".to_owned(), plan: "incremental" }
}

fn draw(view: &mut View, model: &Model, trouble: Option<&str>, now: Duration) -> Buffer {
    let area = Rect::new(0, 0, 60, 8);
    let mut buffer = Buffer::empty(area);
    view.draw(model, &heading(), trouble, now, area, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let symbols: Vec<&str> = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    symbols.chunks(width).map(|line| line.concat().trim_end().to_owned()).collect()
}

#[test]
fn the_screen_says_what_where_and_as_of_when() {
    let buffer = draw(&mut View::default(), &model([row(1, "ann"), row(20, "bob")]), None, NOW);
    assert_eq!(
        text(&buffer),
        [
            " tidewater   app.db  commit 3  2 rows  incremental",
            "SELECT *␊FROM t",
            "",
            "   id  name",
            "    1  ann",
            "   20  bob",
            "",
            "q quit   ↑↓ PgUp PgDn Home End ←→ scroll",
        ]
    );
}

#[test]
fn each_change_is_marked_until_it_fades() {
    let mut model = model([row(1, "ann"), row(2, "bob")]);
    let edits = [
        Edit::Remove { index: 0 },
        Edit::Replace { index: 0, row: row(2, "bea") },
        Edit::Insert { index: 1, row: row(3, "cy") },
    ];
    model.apply(&Diff { commit: CommitId(4), edits: edits.into() }, NOW);
    let mut view = View::default();
    let loud = draw(&mut view, &model, None, NOW);
    assert_eq!(text(&loud)[4..7], ["-   1  ann", "~   2  bea", "+   3  cy"]);
    assert_eq!(loud[(4, 4)].bg, Color::Red);
    assert!(loud[(4, 4)].modifier.contains(Modifier::CROSSED_OUT));
    assert_eq!((loud[(4, 5)].bg, loud[(7, 5)].bg), (Color::Reset, Color::Yellow), "only what changed");
    assert_eq!(loud[(4, 6)].bg, Color::Green);
    let fading = draw(&mut view, &model, None, NOW + MARK_LASTS * 2 / 3);
    assert_eq!((fading[(4, 6)].bg, fading[(4, 6)].fg), (Color::Reset, Color::Green));
    model.expire(NOW + MARK_LASTS);
    let calm = draw(&mut view, &model, None, NOW + MARK_LASTS);
    assert_eq!(text(&calm)[4..7], ["    2  bea", "    3  cy", ""]);
    assert_eq!(calm[(4, 5)].fg, Color::Reset);
}

#[test]
fn scrolling_stays_within_the_table() {
    let model = model((1..=20).map(|id| row(id, "x")));
    let mut view = View::default();
    draw(&mut view, &model, None, NOW);
    view.scroll(Scroll::End);
    let bottom = text(&draw(&mut view, &model, None, NOW));
    assert_eq!((bottom[4].as_str(), bottom[6].as_str()), ("   18  x", "   20  x"));
    assert!(bottom[7].starts_with("18-20 of 20   q quit"), "{}", bottom[7]);
    view.scroll(Scroll::Down);
    assert_eq!(text(&draw(&mut view, &model, None, NOW)), bottom);
    view.scroll(Scroll::PageUp);
    assert_eq!(text(&draw(&mut view, &model, None, NOW))[4], "   15  x");
    view.scroll(Scroll::Home);
    view.scroll(Scroll::Up);
    view.scroll(Scroll::Right);
    view.scroll(Scroll::Right);
    assert_eq!(text(&draw(&mut view, &model, None, NOW))[3..5], ["   name", "   x"]);
}

#[test]
fn trouble_takes_the_last_line() {
    let buffer = draw(&mut View::default(), &model([row(1, "ann")]), Some("no such table: t\u{1b}"), NOW);
    assert_eq!(text(&buffer)[7], "no such table: t␛");
    assert_eq!(buffer[(0, 7)].bg, Color::Red);
}

#[test]
fn no_screen_is_too_small() {
    let model = model((1..=20).map(|id| row(id, "some name")));
    for width in 0..12 {
        for height in 0..9 {
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let mut view = View::default();
            view.scroll(Scroll::End);
            view.draw(&model, &heading(), Some("trouble"), NOW, area, &mut buffer);
        }
    }
}
