//! What is offered, and in which order.

use super::*;

fn names() -> Names {
    let table =
        |name: &str, columns: &[&str]| (name.to_owned(), columns.iter().map(|name| (*name).to_owned()).collect());
    Names {
        tables: vec![
            table("item", &["id", "name", "price"]),
            table("order", &["id", "item", "note text"]),
            table("person", &["id", "nick", "prefix"]),
        ],
        functions: vec!["nullif".to_owned(), "printf".to_owned()],
    }
}

/// The texts that are offered at the mark `|`.
fn at(line: &str) -> Vec<String> {
    let place = line.find('|').unwrap();
    complete(&line.replace('|', ""), place, &names()).texts
}

#[test]
fn columns_of_the_statement_come_before_everything() {
    assert_eq!(at("SELECT n| FROM item")[..2], ["name", "natural"]);
    assert_eq!(at("SELECT pr| FROM person"), ["prefix", "pragma", "preceding", "primary", "printf(", "price"]);
    assert_eq!(at("SELECT nic|"), ["nick"]);
    assert_eq!(at("SELECT * FROM item; SELECT pre| FROM person")[0], "prefix");
    assert!(!at("SELECT | FROM item").contains(&"SELECT".to_owned()));
    assert_eq!(at("SELECT | FROM item")[..3], ["id", "name", "price"]);
}

#[test]
fn tables_follow_from_and_its_like() {
    for line in
        ["SELECT * FROM |", "DELETE FROM |", "SELECT 1 FROM item JOIN |", "UPDATE |", "INSERT INTO |", "DROP TABLE |"]
    {
        assert_eq!(at(line), ["item", "\"order\"", "person"], "{line}");
    }
    assert_eq!(at("SELECT * FROM it|"), ["item"]);
}

#[test]
fn a_qualified_name_is_a_column_of_its_table() {
    assert_eq!(at("SELECT item.| FROM item"), ["id", "name", "price"]);
    assert_eq!(at("SELECT p.ni| FROM item AS i JOIN person p"), ["nick"]);
    assert_eq!(at("SELECT i.na| FROM item AS i"), ["name"]);
    assert_eq!(at("SELECT x.| FROM item"), [""; 0]);
    assert_eq!(at("SELECT o.n| FROM \"order\" o"), ["\"note text\""]);
}

#[test]
fn keywords_follow_the_case_of_what_is_typed() {
    assert_eq!(at("sel|"), ["select"]);
    assert_eq!(at("SEL|"), ["SELECT"]);
}

#[test]
fn inside_a_text_nothing_is_offered() {
    assert_eq!(at("SELECT 'sel|"), [""; 0]);
    assert_eq!(at("SELECT 'a' sel|")[0], "select");
}

#[test]
fn dot_commands_and_their_arguments_are_completed() {
    assert_eq!(
        complete(".wat", 4, &names()),
        Completion { span: 0..4, texts: vec![".watch".to_owned(), ".watches".to_owned()] }
    );
    assert_eq!(complete(" .q", 3, &names()), Completion { span: 1..3, texts: vec![".quit".to_owned()] });
    assert_eq!(at(".mode ma|"), ["markdown"]);
    assert_eq!(at(".schema pe|"), ["person"]);
    assert_eq!(at(".watch SELECT pric| FROM item"), ["price"]);
    assert_eq!(at(".read |"), [""; 0]);
    assert!(at(".|").len() > 20);
}
