//! The terms of a statement that is linear in the tables that a commit has changed: it is run over their rows before and after.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Tools, has_empty_version};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::plan::{Delta, MOST_CHANGED, SqlText, TableRef, TableVersion};
use crate::types::WeightedRow;

/// A statement of one term: its text, table versions and sign.
type Statement = (Arc<str>, Vec<(usize, TableVersion)>, i64);

/// A statement, with its terms by the set of changed table references in it.
pub(super) struct Terms {
    text: SqlText,
    /// The table references in it.
    own: Vec<usize>,
    statements: FxHashMap<Vec<usize>, Arc<[Statement]>>,
}

impl Terms {
    pub(super) fn new(text: &SqlText) -> Self {
        Self { text: text.clone(), own: text.table_refs(), statements: FxHashMap::default() }
    }

    /// The statement over the tables as they are.
    pub(super) fn whole(&self, table_refs: &[TableRef]) -> String {
        self.text.render_all(table_refs)
    }

    /// Adds what the statement changes by, if these table references have changed. The delta tables have to be shown.
    pub(super) fn add_changes(
        &mut self,
        table_refs: &[TableRef],
        changed: &[usize],
        job: &Job,
        (tools, start): (&Tools<'_>, u64),
        rows: &mut Vec<WeightedRow>,
    ) -> Result<(), GiveUp> {
        let own: Vec<usize> = changed.iter().copied().filter(|table_ref| self.own.contains(table_ref)).collect();
        if own.len() > MOST_CHANGED {
            return Err(GiveUp::TooManyTables);
        }
        for (sql, versions, weight) in self.statements(table_refs, own).iter() {
            if has_empty_version(table_refs, versions, job) {
                continue;
            }
            rows.extend(tools.source.rows(sql, &job.parameters)?.into_iter().map(|row| (row, *weight)));
            tools.check(job, start)?;
        }
        Ok(())
    }

    fn statements(&mut self, table_refs: &[TableRef], changed: Vec<usize>) -> Arc<[Statement]> {
        if let Some(statements) = self.statements.get(&changed) {
            return Arc::clone(statements);
        }
        let statement = |(versions, weight): (Vec<(usize, TableVersion)>, i64)| {
            (self.text.render(table_refs, &versions).into(), versions, weight)
        };
        let statements: Arc<[Statement]> = Delta::terms(&changed).into_iter().map(statement).collect();
        self.statements.insert(changed, Arc::clone(&statements));
        statements
    }
}
