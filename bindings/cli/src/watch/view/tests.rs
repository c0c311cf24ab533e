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

fn screen(view: &mut View, model: &Model, heading: &Heading, width: u16, height: u16) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    view.draw(model, heading, None, NOW, area, &mut buffer);
    text(&buffer)
}

/// One row with the numbers 1001, 1002, .. in columns called column_1, column_2, ..
fn wide_model(columns: i64) -> Model {
    Model::new(&Snapshot {
        commit: CommitId(3),
        columns: (1..=columns).map(|column| format!("column_{column}")).collect(),
        rows: Arc::from([(1..=columns).map(|column| Value::from(1000 + column)).collect::<Row>()]),
    })
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
            "SELECT * FROM t",
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
    model.apply(&Diff { commit: CommitId(4), edits: edits.into(), causes: Arc::default() }, NOW);
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

#[test]
fn a_table_too_wide_shows_whole_columns_and_says_that_there_are_more() {
    for columns in [12, 16, 30, 60] {
        let model = wide_model(columns);
        let mut view = View::default();
        let shown = screen(&mut view, &model, &heading(), 80, 8);
        assert_eq!(
            shown[3..5],
            [
                "   column_1  column_2  column_3  column_4  column_5  column_6  column_7  column…",
                "       1001      1002      1003      1004      1005      1006      1007     1008",
            ],
            "{columns} columns"
        );
        assert!(shown[7].starts_with(&format!("columns 1-8 of {columns}   q quit")), "{}", shown[7]);
        for _ in 0..columns - 3 {
            view.scroll(Scroll::Right);
        }
        let shown = screen(&mut view, &model, &heading(), 80, 8);
        let last = format!("  column_{columns}");
        assert!(shown[3].ends_with(&last), "{}", shown[3]);
        assert!(shown[7].starts_with(&format!("columns {}-{columns} of {columns}   ", columns - 2)), "{}", shown[7]);
    }
}

#[test]
fn a_cut_number_has_a_mark() {
    let columns = Arc::from(["a".to_owned(), "b".to_owned()]);
    let rows = Arc::from([[Value::from(7), Value::from(1_234_567_890)].into_iter().collect::<Row>()]);
    let model = Model::new(&Snapshot { commit: CommitId(3), columns, rows });
    assert_eq!(screen(&mut View::default(), &model, &heading(), 12, 6)[2..4], ["   a  b", "   7  12345…"]);
}

#[test]
fn a_renamed_column_is_as_wide_as_its_new_name() {
    let mut view = View::default();
    draw(&mut view, &wide_model(2), None, NOW);
    let shown = screen(&mut view, &model([row(1, "ann")]), &heading(), 60, 8);
    assert_eq!(shown[3], "   id        name");
    let columns = Arc::from(["id".to_owned(), "name of somebody".to_owned()]);
    let renamed = Model::new(&Snapshot { commit: CommitId(4), columns, rows: Arc::from([]) });
    assert_eq!(screen(&mut view, &renamed, &heading(), 60, 8)[3], "   id        name of somebody");
}

#[test]
fn a_small_screen_is_for_rows() {
    let model = model((1..=7).map(|id| row(id, "ann")));
    assert_eq!(screen(&mut View::default(), &model, &heading(), 8, 3), ["   id", "    1", "1-1 of 7"]);
    assert_eq!(screen(&mut View::default(), &model, &heading(), 20, 2), ["   id  name", "    1  ann"]);
    assert_eq!(screen(&mut View::default(), &model, &heading(), 38, 4)[3], "1-1 of 7   q quit   ↑↓ PgUp PgDn Home…");
    assert_eq!(screen(&mut View::default(), &model, &heading(), 40, 4)[0], " tidewater   app.db  commit 3  7 rows  …");
}

#[test]
fn a_heading_that_is_cut_has_a_mark_and_keeps_what_changes() {
    let sql = "SELECT id,\n  name\nFROM t WHERE name LIKE 'a%' ORDER BY name".to_owned();
    let heading = Heading { file: "data/of/some/project/app.db".to_owned(), sql, plan: "requery" };
    let shown = screen(&mut View::default(), &model([row(1, "ann")]), &heading, 52, 8);
    assert_eq!(shown[0], " tidewater   app.db  commit 3  1 row  requery");
    assert_eq!(shown[1], "SELECT id, name FROM t WHERE name LIKE 'a%' ORDER B…");
}
