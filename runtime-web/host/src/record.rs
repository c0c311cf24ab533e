//! A request that may write, and what it came to, as the ledger keeps it: a row in the encoding of frames, a number for the kind first.

use tidewater::WriteId;
use tidewater_protocol::frame::{FrameError, ValueRef, Values, push_value};
use tidewater_protocol::{ClientId, CommitId, ErrorInfo, Frame, HostToPage, RequestId, Seq, StatementResult};

const BEGUN: i64 = 0;
const EXECUTED: i64 = 1;
const QUERIED: i64 = 2;
const TRANSACTED: i64 = 3;
const FAILED: i64 = 4;

/// A request that may write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write<'a> {
    pub(crate) client: &'a ClientId,
    pub(crate) request: RequestId,
    pub(crate) seq: Seq,
    pub(crate) acknowledged: Seq,
}

impl Write<'_> {
    /// What the ledger knows it by.
    pub(crate) fn id(&self) -> WriteId<'_> {
        WriteId { source: &self.client.0, seq: self.seq.0, acknowledged: self.acknowledged.0 }
    }

    /// The same without what the client acknowledges, until there are many answers to forget.
    pub(crate) fn acknowledging_many(self, forgotten: Seq) -> Self {
        const MANY: u64 = 32;
        let is_worth_it = self.acknowledged.0 >= forgotten.0 + MANY;
        Self { acknowledged: if is_worth_it { self.acknowledged } else { Seq(0) }, ..self }
    }
}

/// The answer to a request, without its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// No transaction contains it, and it was begun.
    Begun,
    Executed {
        commit: CommitId,
        changes: u64,
    },
    Queried {
        commit: CommitId,
        columns: Vec<String>,
        rows: Frame,
    },
    Transacted {
        commit: CommitId,
        results: Vec<StatementResult>,
    },
    Failed(ErrorInfo),
}

impl Answer {
    /// The message that it is; none of one that was only begun.
    pub(crate) fn message(self, request: RequestId) -> Option<HostToPage> {
        Some(match self {
            Self::Begun => return None,
            Self::Executed { commit, changes } => HostToPage::Executed { request, commit, changes },
            Self::Queried { commit, columns, rows } => HostToPage::Queried { request, commit, columns, rows },
            Self::Transacted { commit, results } => HostToPage::Transacted { request, commit, results },
            Self::Failed(error) => HostToPage::Failed { request, error },
        })
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut row = Vec::new();
        match self {
            Self::Begun => integer(&mut row, BEGUN)?,
            Self::Executed { commit, changes } => {
                integer(&mut row, EXECUTED)?;
                count(&mut row, commit.0)?;
                count(&mut row, *changes)?;
            }
            Self::Queried { commit, columns, rows } => {
                integer(&mut row, QUERIED)?;
                count(&mut row, commit.0)?;
                push_value(&mut row, ValueRef::Blob(&rows.0))?;
                names(&mut row, columns)?;
            }
            Self::Transacted { commit, results } => {
                integer(&mut row, TRANSACTED)?;
                count(&mut row, commit.0)?;
                for StatementResult { changes, columns, rows } in results {
                    count(&mut row, *changes)?;
                    push_value(&mut row, rows.as_ref().map_or(ValueRef::Null, |rows| ValueRef::Blob(&rows.0)))?;
                    count(&mut row, columns.len() as u64)?;
                    names(&mut row, columns)?;
                }
            }
            Self::Failed(ErrorInfo { code, message, sqlite, offset }) => {
                integer(&mut row, FAILED)?;
                push_value(&mut row, ValueRef::Text(code.as_bytes()))?;
                push_value(&mut row, ValueRef::Text(message.as_bytes()))?;
                for number in [sqlite, offset] {
                    push_value(&mut row, number.map_or(ValueRef::Null, |number| ValueRef::Integer(number.into())))?;
                }
            }
        }
        Ok(row)
    }

    /// Reads what [`Answer::encode`] has written; none of what it has not, such as an encoding of another version.
    pub(crate) fn decode(row: &[u8]) -> Option<Self> {
        let mut fields = Fields(Values::new(row));
        let answer = match fields.integer()? {
            BEGUN => Self::Begun,
            EXECUTED => Self::Executed { commit: CommitId(fields.count()?), changes: fields.count()? },
            QUERIED => {
                let (commit, rows) = (CommitId(fields.count()?), fields.frame()?);
                let mut columns = Vec::new();
                while let Some(value) = fields.next() {
                    columns.push(text(value?)?);
                }
                Self::Queried { commit, columns, rows: rows? }
            }
            TRANSACTED => {
                let (commit, mut results) = (CommitId(fields.count()?), Vec::new());
                while let Some(value) = fields.next() {
                    let (changes, rows) = (as_count(value?)?, fields.frame()?);
                    let columns = (0..fields.count()?).map(|_| fields.text()).collect::<Option<_>>()?;
                    results.push(StatementResult { changes, columns, rows });
                }
                Self::Transacted { commit, results }
            }
            FAILED => Self::Failed(ErrorInfo {
                code: fields.text()?,
                message: fields.text()?,
                sqlite: fields.optional()?,
                offset: fields.optional()?,
            }),
            _ => return None,
        };
        fields.next().is_none().then_some(answer)
    }
}

fn integer(row: &mut Vec<u8>, value: i64) -> Result<(), FrameError> {
    push_value(row, ValueRef::Integer(value))
}

/// Counts and ids are far below 2^63.
fn count(row: &mut Vec<u8>, value: u64) -> Result<(), FrameError> {
    integer(row, i64::try_from(value).unwrap_or(i64::MAX))
}

fn names(row: &mut Vec<u8>, names: &[String]) -> Result<(), FrameError> {
    names.iter().try_for_each(|name| push_value(row, ValueRef::Text(name.as_bytes())))
}

fn as_count(value: ValueRef<'_>) -> Option<u64> {
    if let ValueRef::Integer(value) = value { u64::try_from(value).ok() } else { None }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    if let ValueRef::Text(bytes) = value { String::from_utf8(bytes.to_vec()).ok() } else { None }
}

/// The values of a row, one after another.
struct Fields<'a>(Values<'a>);

impl<'a> Fields<'a> {
    /// The next value; `Some(None)` if there is one that cannot be read.
    fn next(&mut self) -> Option<Option<ValueRef<'a>>> {
        self.0.next().map(Result::ok)
    }

    fn integer(&mut self) -> Option<i64> {
        if let ValueRef::Integer(value) = self.next()?? { Some(value) } else { None }
    }

    fn count(&mut self) -> Option<u64> {
        as_count(self.next()??)
    }

    fn text(&mut self) -> Option<String> {
        text(self.next()??)
    }

    /// A number, or NULL where there is none.
    fn optional(&mut self) -> Option<Option<u32>> {
        match self.next()?? {
            ValueRef::Integer(number) => u32::try_from(number).ok().map(Some),
            ValueRef::Null => Some(None),
            _ => None,
        }
    }

    /// A frame, or NULL where there is none.
    fn frame(&mut self) -> Option<Option<Frame>> {
        match self.next()?? {
            ValueRef::Blob(bytes) => Some(Some(Frame(bytes.to_vec()))),
            ValueRef::Null => Some(None),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Vec<Answer> {
        let (commit, rows) = (CommitId(300), Frame(vec![1, 2, 3]));
        let columns = vec!["a".to_owned(), "é".to_owned()];
        let nothing = StatementResult { changes: 2, columns: Vec::new(), rows: None };
        let something = StatementResult { changes: 0, columns: columns.clone(), rows: Some(rows.clone()) };
        vec![
            Answer::Begun,
            Answer::Executed { commit, changes: 1_000 },
            Answer::Queried { commit, columns: Vec::new(), rows: Frame::default() },
            Answer::Queried { commit, columns, rows },
            Answer::Transacted { commit, results: Vec::new() },
            Answer::Transacted { commit, results: vec![nothing.clone(), something, nothing] },
            Answer::Failed(ErrorInfo::new("sql_error", "")),
            Answer::Failed(ErrorInfo { sqlite: Some(2067), offset: Some(7), ..ErrorInfo::new("constraint", "no") }),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for answer in answers() {
            assert_eq!(Answer::decode(&answer.encode().unwrap()), Some(answer));
        }
    }

    #[test]
    fn what_was_not_written_is_not_read() {
        for answer in answers() {
            let row = answer.encode().unwrap();
            for end in 0..row.len() {
                assert_ne!(Answer::decode(&row[..end]).as_ref(), Some(&answer), "{end} bytes");
            }
            let longer: Vec<u8> = row.iter().copied().chain([9]).collect();
            assert_eq!(Answer::decode(&longer), None, "{answer:?}");
        }
        assert_eq!(Answer::decode(&[]), None);
    }
}
