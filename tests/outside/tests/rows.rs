//! Rows as an application's structs, by the macro of the crate as it is exported.

use tidewater::{Engine, FromRow, LiveRows, Location, Options, RowEdit};

#[derive(Debug, FromRow, PartialEq)]
struct Contact {
    id: i64,
    email: String,
    #[tidewater(rename = "note")]
    remark: Option<String>,
}

#[test]
fn structs_are_read_and_kept_up_to_date() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("CREATE TABLE contact(id INTEGER PRIMARY KEY, email TEXT NOT NULL, note TEXT)", ()).unwrap();
    let sql = "SELECT id, email, note FROM contact ORDER BY email";
    let mut live: LiveRows<Contact> = engine.live(sql, ()).unwrap();
    let added = engine.exec("INSERT INTO contact(email, note) VALUES (?, NULL)", ["ada@example.org"]).unwrap();
    let ada = || Contact { id: added.last_insert_rowid, email: "ada@example.org".to_owned(), remark: None };
    assert_eq!(live.changes().unwrap(), [RowEdit::Insert { index: 0, row: ada() }]);
    assert_eq!((live.rows(), engine.query_as::<Contact>(sql, ()).unwrap()), (&[ada()][..], vec![ada()]));
    let wrong = engine.query_as::<Contact>("SELECT 'x' AS id, 'y' AS email, 'z' AS note", ()).unwrap_err();
    assert_eq!(wrong.to_string(), "column `id` is TEXT 'x', which is no i64 (for the field `Contact.id`)");
}
