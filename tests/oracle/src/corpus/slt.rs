//! Reads the sqllogictest dialect: `statement`, `query`, `onlyif`, `skipif`, `halt`, and `reset` for a new, empty database.
//! Expected results are skipped: SQLite itself gives them.

/// The engine name in `onlyif` and `skipif`.
const ENGINE: &str = "sqlite";

/// A record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Runs a statement; SQLite decides whether it fails.
    Statement(String),
    /// Runs a query.
    Query(String),
    /// Continues with a new, empty database.
    Reset,
}

/// The records of a file that are meant for SQLite.
#[must_use]
pub fn parse(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut lines = text.lines().map(|line| line.trim_end_matches('\r'));
    let mut skip = false;
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        match words.next() {
            None => {}
            Some(word) if word.starts_with('#') => {}
            Some("onlyif") => skip |= words.next() != Some(ENGINE),
            Some("skipif") => skip |= words.next() == Some(ENGINE),
            Some("halt") if !skip => return records,
            Some("reset") => {
                records.push(Record::Reset);
                skip = false;
            }
            Some("statement") => {
                let body: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
                if !std::mem::take(&mut skip) {
                    records.push(Record::Statement(body.join("\n")));
                }
            }
            Some("query") => {
                let mut body = Vec::new();
                let mut answered = false;
                for line in lines.by_ref() {
                    if line == "----" {
                        answered = true;
                        break;
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    body.push(line);
                }
                if answered {
                    lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
                }
                if !std::mem::take(&mut skip) {
                    records.push(Record::Query(body.join("\n")));
                }
            }
            Some(_) => skip = false,
        }
    }
    records
}

/// The records of each database of a file.
#[must_use]
pub fn databases(records: &[Record]) -> Vec<&[Record]> {
    records.split(|record| *record == Record::Reset).filter(|database| !database.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Record, databases, parse};

    #[test]
    fn the_dialect() {
        let text = "# a comment\n\nstatement ok\nCREATE TABLE t(a)\n\nonlyif mysql\nstatement ok\nno\n\nskipif mysql # why\nquery I rowsort x\n\
                    SELECT a\nFROM t\n----\n1\n2\n\nreset\n\nhash-threshold 8\n\nstatement error\nSELECT nothing\n\nhalt\n\nstatement ok\nnever\n";
        let records = parse(text);
        let expected = [
            Record::Statement("CREATE TABLE t(a)".to_owned()),
            Record::Query("SELECT a\nFROM t".to_owned()),
            Record::Reset,
            Record::Statement("SELECT nothing".to_owned()),
        ];
        assert_eq!(records, expected);
        assert_eq!(databases(&records).len(), 2);
    }

    #[test]
    fn a_file_may_end_early_for_us() {
        assert_eq!(parse("onlyif sqlite\nhalt\n\nstatement ok\nnever\n"), []);
        assert_eq!(parse("onlyif oracle\nhalt\n\nstatement ok\nx\n").len(), 1);
    }
}
