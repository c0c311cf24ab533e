//! Ways to transform a history. The effect of each is known: an aborted attempt leaves no trace, a row that is deleted and
//! reinserted is unchanged, an update to the same values changes nothing.

use std::str::FromStr;

use super::slt::Record;
use crate::random::Random;
use crate::text::{leading_keyword, tokens};

/// How to transform the writes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// As written.
    None,
    /// Consecutive INSERTs into one table in any order.
    Shuffle,
    /// Each write first in a savepoint that is rolled back.
    Abort,
    /// What an INSERT added is deleted and inserted again.
    Bounce,
    /// After each write every row is updated to itself.
    Churn,
    /// One to five writes in one transaction, sometimes rolled back once before.
    Txn,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::None, Self::Shuffle, Self::Abort, Self::Bounce, Self::Churn, Self::Txn];
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|variant| format!("{variant:?}").eq_ignore_ascii_case(name))
            .ok_or(format!("no variant {name}"))
    }
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Run these, each by itself.
    Write(Vec<String>),
    /// The file runs this query here.
    Ask(String),
    /// Delete what the last write added to this table, then insert it again.
    Bounce(String),
    /// Update all rows to themselves.
    Churn,
}

/// Transforms the records of one database.
pub(super) fn actions(records: &[Record], variant: Variant, random: &mut Random) -> Vec<Action> {
    let plain: Vec<Action> = records
        .iter()
        .filter_map(|record| match record {
            Record::Statement(sql) => Some(Action::Write(vec![sql.clone()])),
            Record::Query(sql) => Some(Action::Ask(sql.clone())),
            Record::Reset => None,
        })
        .collect();
    match variant {
        Variant::None => plain,
        Variant::Shuffle => shuffled(plain, random),
        Variant::Abort => plain.into_iter().flat_map(aborted).collect(),
        Variant::Bounce => plain.into_iter().flat_map(bounced).collect(),
        Variant::Churn => plain.into_iter().flat_map(churned).collect(),
        Variant::Txn => grouped(plain, random),
    }
}

fn shuffled(mut actions: Vec<Action>, random: &mut Random) -> Vec<Action> {
    let mut at = 0;
    while at < actions.len() {
        let table = inserted_into(&actions[at]);
        let same = |action: &Action| table.is_some() && inserted_into(action) == table;
        let end = at + actions[at..].iter().take_while(|action| same(action)).count();
        random.shuffle(&mut actions[at..end]);
        at = end.max(at + 1);
    }
    actions
}

fn aborted(action: Action) -> Vec<Action> {
    match write(&action) {
        Some(sql) => {
            let attempt = ["SAVEPOINT attempt", sql, "ROLLBACK TO attempt", "RELEASE attempt"];
            vec![Action::Write(attempt.map(str::to_owned).into()), action]
        }
        None => vec![action],
    }
}

fn bounced(action: Action) -> Vec<Action> {
    match inserted_into(&action) {
        Some(table) => vec![action, Action::Bounce(table)],
        None => vec![action],
    }
}

fn churned(action: Action) -> Vec<Action> {
    if write(&action).is_some() { vec![action, Action::Churn] } else { vec![action] }
}

fn grouped(actions: Vec<Action>, random: &mut Random) -> Vec<Action> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let flush = |open: &mut Vec<String>, found: &mut Vec<Action>, random: &mut Random| {
        if open.is_empty() {
            return;
        }
        let body = std::mem::take(open);
        let around = |end: &str| [vec!["BEGIN".to_owned()], body.clone(), vec![end.to_owned()]].concat();
        if random.chance(30) {
            found.push(Action::Write(around("ROLLBACK")));
        }
        found.push(Action::Write(around("COMMIT")));
    };
    for action in actions {
        if let Some(sql) = write(&action) {
            open.push(sql.to_owned());
            if open.len() >= random.between(1, 5) {
                flush(&mut open, &mut found, random);
            }
        } else {
            flush(&mut open, &mut found, random);
            found.push(action);
        }
    }
    flush(&mut open, &mut found, random);
    found
}

/// The text of a write that may stand in a transaction.
fn write(action: &Action) -> Option<&str> {
    let Action::Write(statements) = action else { return None };
    let [sql] = statements.as_slice() else { return None };
    let apart = [
        "CREATE",
        "DROP",
        "ALTER",
        "PRAGMA",
        "BEGIN",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT",
        "RELEASE",
        "ATTACH",
        "DETACH",
        "VACUUM",
    ];
    (!apart.contains(&leading_keyword(sql).as_str())).then_some(sql)
}

/// The table that a plain INSERT fills.
fn inserted_into(action: &Action) -> Option<String> {
    let Action::Write(statements) = action else { return None };
    let [sql] = statements.as_slice() else { return None };
    let found = tokens(sql);
    let plain = found.first()?.is("insert") && found.get(1)?.is("into");
    plain.then(|| found.get(2).map(|table| table.text.to_ascii_lowercase())).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Action, Record, Variant, actions};
    use crate::random::Random;

    fn of(variant: Variant) -> Vec<Action> {
        let statement = |sql: &str| Record::Statement(sql.to_owned());
        let records = [
            statement("CREATE TABLE t(a)"),
            statement("INSERT INTO t VALUES(1)"),
            Record::Query("SELECT 1".to_owned()),
        ];
        actions(&records, variant, &mut Random::new(1))
    }

    #[test]
    fn variants_add_to_writes_and_nothing_else() {
        assert_eq!(of(Variant::None).len(), 3);
        assert_eq!(of(Variant::Churn)[2], Action::Churn);
        assert_eq!(of(Variant::Bounce)[2], Action::Bounce("t".to_owned()));
        let Action::Write(attempt) = &of(Variant::Abort)[1] else { panic!("no attempt") };
        assert_eq!(attempt.len(), 4);
        let Action::Write(transaction) = &of(Variant::Txn)[1] else { panic!("no transaction") };
        assert_eq!(transaction.first().map(String::as_str), Some("BEGIN"));
    }
}
