//! Histories: when to write, when to subscribe, what to put into one transaction.

use tidewater::{Params, Value};

use super::features::Feature;
use super::{Family, Generator, Question};
use crate::case::{Case, Step};

impl Generator {
    /// A whole case.
    pub(super) fn history(mut self) -> Case {
        let mut steps = Vec::new();
        if self.features.has(Feature::ForeignKeys) && self.random.chance(75) {
            steps.push(Step::exec("PRAGMA foreign_keys = ON"));
        }
        steps.extend(self.create_schema().into_iter().map(Step::exec));
        if self.features.has(Feature::FourPhase) {
            steps.extend(self.create_keepers().into_iter().map(Step::exec));
        }
        let questions = self.questions();
        // Half of the subscriptions come before any row, some after the first rows, the others somewhere in the middle.
        let length = self.random.between(16, 34);
        let mut waiting: Vec<(usize, u64, Question)> = Vec::new();
        for (id, question) in questions.into_iter().enumerate() {
            let at = match self.random.below(10) {
                0..5 => 0,
                5..8 => 1,
                _ => self.random.between(1, length * 2 / 3),
            };
            waiting.push((at, id as u64, question));
        }
        for time in 0..=length {
            if time == 1 {
                self.first_rows(&mut steps);
            }
            for (_, id, question) in waiting.iter().filter(|(at, ..)| *at == time) {
                steps.push(Step::Subscribe { id: *id, sql: question.sql.clone(), params: question.params() });
            }
            if time > 0 {
                self.commit(&mut steps);
                self.change_of_interest(&mut steps, &mut waiting, time);
            }
        }
        Case { steps, ..Case::default() }
    }

    fn questions(&mut self) -> Vec<Question> {
        let mut questions: Vec<Question> = (0..self.random.between(2, 6)).map(|_| self.question()).collect();
        if self.features.has(Feature::Parameters) && self.random.chance(15) {
            let asked = questions.iter().position(|question| !question.params.is_empty());
            questions.extend(asked.map(|at| self.lookalikes(&questions[at])).unwrap_or_default());
        }
        if self.family == Family::Inner && self.random.chance(18) {
            questions.extend(self.led());
        }
        if self.features.has(Feature::Siblings) {
            let first = questions[0].clone();
            for _ in 0..self.random.between(1, 3) {
                let sibling = self.sibling(&first);
                questions.push(sibling);
            }
            questions.push(first);
        }
        questions
    }

    /// One query with many values, some of which look alike: joins lead from the rows of its tables to them, or bounds.
    fn led(&mut self) -> Vec<Question> {
        let (sql, first) = self.leading();
        let question = Question { sql, params: vec![first, Value::Integer(2)] };
        let mut questions = self.lookalikes(&question);
        for key in 2..=self.random.between(4, 7) {
            let mut other = self.sibling(&question);
            other.params[0] = if self.random.chance(70) { Value::Integer(key as i64) } else { other.params[0].clone() };
            questions.push(other);
        }
        questions.iter_mut().for_each(|question| {
            let count = question.sql.matches("?2").count();
            question.params.truncate(1 + count.min(1));
        });
        questions
    }

    fn first_rows(&mut self, steps: &mut Vec<Step>) {
        for table in self.schema.tables.clone() {
            for _ in 0..self.random.between(2, 3) {
                let statement = self.insert(&table, " OR IGNORE");
                steps.push(Step::exec(statement));
            }
        }
    }

    /// The same query with values that look alike, all at once: equal to some rows by affinity, to others not.
    fn lookalikes(&mut self, question: &Question) -> Vec<Question> {
        let place = self.random.below(question.params.len());
        let values = [Value::Integer(1), Value::Real(1.0), Value::from("1"), Value::from(vec![0x31]), Value::Null];
        values
            .into_iter()
            .map(|value| {
                let mut alike = question.clone();
                alike.params[place] = value;
                alike
            })
            .collect()
    }

    /// Now and then a subscriber leaves and comes back.
    fn change_of_interest(&mut self, steps: &mut Vec<Step>, waiting: &mut [(usize, u64, Question)], time: usize) {
        if !self.random.chance(9) {
            return;
        }
        let index = self.random.below(waiting.len());
        let (at, id, _) = &mut waiting[index];
        if *at <= time {
            steps.push(Step::Unsubscribe { id: *id });
            *at = time + self.random.between(1, 3);
        }
    }

    /// One commit, or a few.
    fn commit(&mut self, steps: &mut Vec<Step>) {
        let transactions = if self.features.has(Feature::Transactions) { 40 } else { 0 };
        let savepoints = if self.features.has(Feature::Savepoints) { 14 } else { 0 };
        let rollbacks = if self.features.has(Feature::Transactions) { 6 } else { 0 };
        let phases = if self.features.has(Feature::FourPhase) { 8 } else { 0 };
        let schema = if self.features.has(Feature::SchemaChanges) { 7 } else { 0 };
        match self.random.weighted(&[
            (45, 0),
            (transactions, 1),
            (savepoints, 2),
            (rollbacks, 3),
            (phases, 4),
            (schema, 5),
            (5, 6),
        ]) {
            1 => {
                let body = self.writes();
                self.transaction(steps, body, "COMMIT");
            }
            2 => {
                let body = self.savepoints();
                self.transaction(steps, body, "COMMIT");
            }
            3 => {
                let body = self.writes();
                self.transaction(steps, body, "ROLLBACK");
            }
            4 => {
                let phases = self.four_phases();
                if self.random.chance(25) {
                    self.transaction(steps, phases, "COMMIT");
                } else {
                    steps.extend(phases.into_iter().map(Step::exec));
                }
            }
            5 => {
                let statement = self.schema_change();
                steps.push(Step::exec(statement));
            }
            6 => {
                // A script without BEGIN is all or nothing.
                let script = self.writes().join("; ");
                steps.push(Step::exec(script));
            }
            _ => {
                let statement = self.write();
                steps.push(Step::exec(statement));
            }
        }
    }

    fn writes(&mut self) -> Vec<String> {
        (0..self.random.between(2, 5)).map(|_| self.write()).collect()
    }

    fn savepoints(&mut self) -> Vec<String> {
        let mut body = vec![self.write()];
        body.push("SAVEPOINT one".to_owned());
        body.extend(self.writes());
        if self.random.chance(40) {
            body.push("SAVEPOINT two".to_owned());
            body.extend(self.writes());
            body.push(if self.random.chance(50) { "ROLLBACK TO two" } else { "RELEASE two" }.to_owned());
            body.push(self.write());
        }
        if self.random.chance(70) {
            body.push("ROLLBACK TO one".to_owned());
        }
        if self.random.chance(50) {
            body.push(self.write());
        }
        body.push("RELEASE one".to_owned());
        body.iter().map(|statement| statement.replace(" OR ROLLBACK", "")).collect()
    }

    /// A transaction, either in one script or statement by statement. Where a statement fails, the rest goes on.
    fn transaction(&mut self, steps: &mut Vec<Step>, body: Vec<String>, end: &str) {
        steps.push(Step::exec("BEGIN"));
        steps.extend(body.into_iter().map(|sql| Step::Exec { sql, params: Params::None }));
        steps.push(Step::exec(end));
        if end == "COMMIT" {
            // After a deferred constraint has failed the transaction is still open.
            steps.push(Step::exec("ROLLBACK"));
        }
    }

    fn schema_change(&mut self) -> String {
        match self.random.below(12) {
            0 if !self.schema.indexes.is_empty() => {
                let index = self.random.below(self.schema.indexes.len());
                format!("DROP INDEX IF EXISTS {}", self.schema.indexes[index])
            }
            0..=3 => self.create_index(),
            4 => {
                let table = self.random.pick(&self.schema.tables).name.clone();
                let name = self.alias("n");
                format!(
                    "ALTER TABLE {table} ADD COLUMN {name}{}",
                    self.random.pick(&["", " DEFAULT 1", " TEXT DEFAULT 'n'"])
                )
            }
            5 => "ANALYZE".to_owned(),
            6 => "VACUUM".to_owned(),
            7 => "REINDEX".to_owned(),
            8 => {
                let table = self.random.pick(&self.schema.tables);
                format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO renamed",
                    table.name,
                    table.columns[table.columns.len() - 1].name
                )
            }
            9 => {
                let name = &self.random.pick(&self.schema.tables).name;
                format!("ALTER TABLE {name} RENAME TO elsewhere; ALTER TABLE elsewhere RENAME TO {name}")
            }
            10 if !self.schema.views.is_empty() => {
                let view = self.random.below(self.schema.views.len());
                format!("DROP VIEW {}; {}", self.schema.views[view].name, self.schema.view_texts[view])
            }
            _ => {
                let table = self.random.pick(&self.schema.tables);
                format!("DROP TABLE IF EXISTS {}", table.name)
            }
        }
    }
}
