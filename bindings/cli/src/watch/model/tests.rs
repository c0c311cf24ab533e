//! The lines must show the rows that the edits make, whatever ghosts stand between them.

use super::*;
use std::sync::Arc;
use tidewater::Value;

fn row(text: &str) -> Row {
    [Value::from(text)].into_iter().collect()
}

fn model(texts: &[&str]) -> Model {
    Model::new(&Snapshot {
        commit: CommitId(1),
        columns: Arc::from(["a".to_owned()]),
        rows: texts.iter().map(|text| row(text)).collect(),
    })
}

fn diff(edits: Vec<Edit>) -> Diff {
    Diff { commit: CommitId(2), edits: edits.into(), causes: Arc::default() }
}

fn rows(model: &Model) -> Vec<Row> {
    model.lines().iter().filter(|line| !line.is_ghost()).map(|line| line.row.clone()).collect()
}

const NOW: Duration = Duration::from_secs(10);

#[test]
fn each_edit_leaves_its_mark() {
    let mut model = model(&["a", "b", "c"]);
    model.apply(
        &diff(vec![
            Edit::Remove { index: 0 },
            Edit::Replace { index: 0, row: row("B") },
            Edit::Insert { index: 2, row: row("d") },
            Edit::Move { from: 1, to: 0 },
        ]),
        NOW,
    );
    let shown: Vec<_> =
        model.lines().iter().map(|line| (line.row.clone(), line.mark.as_ref().map(|mark| &mark.what))).collect();
    assert_eq!(
        shown,
        [
            (row("a"), Some(&Happened::Removed)),
            (row("c"), Some(&Happened::Moved)),
            (row("B"), Some(&Happened::Changed(vec![true]))),
            (row("d"), Some(&Happened::Added)),
        ]
    );
    assert_eq!(model.row_count(), 3);
    assert_eq!(model.commit(), CommitId(2));
}

#[test]
fn marks_fade_and_ghosts_go() {
    let mut model = model(&["a", "b"]);
    model.apply(&diff(vec![Edit::Remove { index: 0 }]), NOW);
    assert!(!model.expire(NOW + MARK_LASTS / 2));
    model.apply(&diff(vec![Edit::Insert { index: 1, row: row("c") }]), NOW + MARK_LASTS / 2);
    assert!(model.expire(NOW + MARK_LASTS));
    assert_eq!(rows(&model), [row("b"), row("c")]);
    assert_eq!(model.lines().len(), 2);
    assert!(model.lines()[1].mark.is_some());
    assert!(model.expire(NOW + MARK_LASTS * 2));
    assert!(model.lines()[1].mark.is_none());
    assert!(!model.expire(NOW + MARK_LASTS * 2));
}

#[test]
fn a_row_in_the_place_of_another_is_shown_as_that() {
    let pair = |id: i64, text: &str| Row::from_iter([Value::from(id), Value::from(text)]);
    let columns = Arc::from(["id".to_owned(), "name".to_owned()]);
    let snapshot = Snapshot { commit: CommitId(1), columns, rows: Arc::from([pair(1, "a"), pair(2, "b")]) };
    let mut model = Model::new(&snapshot);
    model.apply(&diff(vec![Edit::Replace { index: 0, row: pair(3, "a") }]), NOW);
    assert_eq!(rows_and_marks(&model), [(pair(1, "a"), "-"), (pair(3, "a"), "+"), (pair(2, "b"), " ")]);
    assert_eq!((model.row_count(), rows(&model)), (2, vec![pair(3, "a"), pair(2, "b")]));
}

fn rows_and_marks(model: &Model) -> Vec<(Row, &'static str)> {
    let sign = |line: &Line| match line.mark.as_ref().map(|mark| &mark.what) {
        None => " ",
        Some(Happened::Added) => "+",
        Some(Happened::Removed) => "-",
        Some(Happened::Changed(_)) => "~",
        Some(Happened::Moved) => "m",
    };
    model.lines().iter().map(|line| (line.row.clone(), sign(line))).collect()
}

#[test]
fn a_failure_keeps_the_last_rows_until_the_next_diff() {
    let mut model = model(&["a"]);
    model.fail(CommitId(5), "integer overflow".to_owned());
    assert_eq!((rows(&model), model.trouble()), (vec![row("a")], Some("integer overflow")));
    model.apply(&diff(vec![Edit::Insert { index: 0, row: row("b") }]), NOW);
    assert_eq!(model.trouble(), None);
}

#[test]
fn a_flood_leaves_no_ghosts() {
    let names: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let mut model = model(&names.iter().map(String::as_str).collect::<Vec<_>>());
    model.apply(&diff(vec![Edit::Remove { index: 0 }]), NOW);
    model.apply(&diff(vec![Edit::Remove { index: 0 }; 1000]), NOW);
    assert_eq!(model.lines().len(), 999);
    assert_eq!(model.row_count(), 999);
}

#[test]
fn any_run_of_edits_gives_the_rows_the_engine_means() {
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    let row = |text: &str| Row::from_iter([Value::from(text), Value::Null]);
    let mut expected = vec![];
    let mut model = model(&[]);
    for step in 0..5000_u32 {
        let mut edits = Vec::new();
        let mut length = expected.len();
        for _ in 0..=random(4) {
            edits.push(match random(4) {
                1 if length > 0 => {
                    length -= 1;
                    Edit::Remove { index: random(length + 1) }
                }
                2 if length > 0 => Edit::Replace { index: random(length), row: row(&step.to_string()) },
                3 if length > 0 => Edit::Move { from: random(length), to: random(length) },
                _ if length < 12 => {
                    length += 1;
                    Edit::Insert { index: random(length), row: row(&step.to_string()) }
                }
                _ => continue,
            });
        }
        let diff = diff(edits);
        diff.apply(&mut expected);
        let now = NOW + Duration::from_millis(100) * step;
        model.apply(&diff, now);
        assert_eq!(rows(&model), expected, "step {step}");
        assert_eq!(model.row_count(), expected.len());
        model.expire(now);
    }
}
