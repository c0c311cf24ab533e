//! Dot commands, right and wrong.

use super::*;

#[test]
fn dot_commands_are_read() {
    for (line, command) in [
        (".watch SELECT 1;", DotCommand::Watch("SELECT 1".to_owned())),
        ("  .unwatch 2 ", DotCommand::Unwatch(Some(2))),
        (".unwatch", DotCommand::Unwatch(None)),
        (".schema", DotCommand::Schema(None)),
        (".schema t", DotCommand::Schema(Some("t".to_owned()))),
        (".exit", DotCommand::Quit),
        (".mode csv", DotCommand::Mode(Some((Mode::Csv, None)))),
        (".mode insert t", DotCommand::Mode(Some((Mode::Insert, Some("t".to_owned()))))),
        (".headers OFF", DotCommand::Headers(false)),
        (".read 'a b.sql'", DotCommand::Read("a b.sql".into())),
        (".output", DotCommand::Output(None)),
        (".output stdout", DotCommand::Output(None)),
        (".nullvalue ''", DotCommand::NullValue(String::new())),
        (".dump a 'b%'", DotCommand::Dump(vec!["a".to_owned(), "b%".to_owned()])),
    ] {
        assert_eq!(DotCommand::parse(line), Ok(command), "{line}");
    }
}

#[test]
fn an_import_has_a_file_and_a_table() {
    let import = |separator, skip| {
        Ok(DotCommand::Import(Import { file: "a.csv".into(), table: "t".to_owned(), separator, skip }))
    };
    assert_eq!(DotCommand::parse(".import a.csv t"), import(b',', None));
    assert_eq!(DotCommand::parse(".import --tabs --skip 2 a.csv t"), import(b'\t', Some(2)));
    assert_eq!(DotCommand::parse(".import a.csv t --csv"), import(b',', None));
}

#[test]
fn a_wrong_dot_command_says_what_to_write() {
    for (line, says) in [
        (".watch", "type .watch SELECT"),
        (".unwatch x", ".watches lists them"),
        (".databases t", "takes no argument"),
        (".wat", "unknown command .wat"),
        (".mode xml", "csv"),
        (".headers", "on or off"),
        (".import a.csv", "FILE TABLE"),
        (".import a.csv t --skip x", "--skip N"),
        (".import a.csv t --nonsense", "FILE TABLE"),
        (".read", "type .read FILE"),
    ] {
        let error = DotCommand::parse(line).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn every_command_has_help_and_completion() {
    assert!(NAMES.is_sorted());
    for name in NAMES {
        assert!(HELP.contains(name) || *name == ".exit", "{name}");
        let is_known = !DotCommand::parse(name).is_err_and(|error| error.contains("unknown"));
        assert!(is_known, "{name}");
    }
}
