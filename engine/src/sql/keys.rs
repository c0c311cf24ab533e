//! Which columns fix which rows: whether ORDER BY leaves ties, whether a group has one row of an item, whether a subquery
//! has one row at most.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlite3_parser::ast::{Expr, Operator};

use super::from::{From, JoinKind, On};
use super::name::bare;
use super::predicates::parts;
use super::scope::{Base, Item, Meaning, Scope};

/// A column of an item, `(item, column)`.
pub(super) type ColumnOf = (usize, usize);

/// One side of an equality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    Column(ColumnOf),
    /// The same for all rows: a literal, a parameter, a column of a SELECT around this one.
    Constant,
}

/// What is fixed to begin with.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    pub(super) columns: Vec<ColumnOf>,
    /// Items whose rowid is fixed without being a column.
    pub(super) rowids: Vec<usize>,
}

/// The equalities that hold for every row of a FROM clause.
pub(super) struct Keys<'q> {
    items: &'q [Item],
    equalities: Vec<(Term, Term)>,
    /// Those of LEFT JOINs, which hold where the items of the right side have a row at all.
    outer: Vec<(Range<usize>, Term, Term)>,
    has_right_join: bool,
}

impl<'q> Keys<'q> {
    pub(super) fn of(from: &'q From<'_>, filter: Option<&Expr<'_>>, scope: &Scope<'_>) -> Self {
        let mut keys =
            Self { items: &from.items, equalities: Vec::new(), outer: Vec::new(), has_right_join: from.has_right_join };
        if let Some(filter) = filter {
            keys.equalities.extend(equalities(filter, scope));
        }
        for condition in &from.conditions {
            let pairs = match &condition.on {
                On::Expression(expression) => equalities(expression, scope),
                On::Names(names) => {
                    let first = |items: Range<usize>, name: &str| {
                        let mut items = items.filter(|item| from.items[*item].base.is_some());
                        items.find_map(|item| Some(Term::Column((item, from.items[item].column(name)?))))
                    };
                    let pair = |name: &String| {
                        let left = first(condition.items.start..condition.middle, name)?;
                        Some((left, first(condition.middle..condition.items.end, name)?))
                    };
                    names.iter().filter_map(pair).collect()
                }
            };
            match condition.kind {
                JoinKind::Inner => keys.equalities.extend(pairs),
                JoinKind::Left => {
                    let right = condition.middle..condition.items.end;
                    keys.outer.extend(pairs.into_iter().map(|(left, other)| (right.clone(), left, other)));
                }
                JoinKind::Other => {}
            }
        }
        keys
    }

    /// Which items have one row at most for each value of the seeds.
    pub(super) fn fixed(&self, seeds: &Seeds) -> Vec<bool> {
        let mut fixed = vec![false; self.items.len()];
        // A side of a RIGHT or FULL join may be NULLs for any number of rows of the other.
        if self.has_right_join {
            return fixed;
        }
        // The columns that are fixed, and whether they are known not to be NULL: of NULLs a key may have many.
        let mut known: BTreeMap<ColumnOf, bool> = BTreeMap::new();
        for &column in &seeds.columns {
            known.insert(column, self.is_not_null(column));
        }
        loop {
            let before = (known.len(), fixed.iter().filter(|fixed| **fixed).count());
            for &(left, right) in &self.equalities {
                for (one, other) in [(left, right), (right, left)] {
                    if let Term::Column(column) = one
                        && self.follows(column, other, &known)
                    {
                        known.insert(column, true);
                    }
                }
            }
            for (item, entry) in self.items.iter().enumerate() {
                if !fixed[item] && (seeds.rowids.contains(&item) || self.has_known_key(item, &known)) {
                    fixed[item] = true;
                    for column in 0..entry.columns.len() {
                        let is_not_null = self.is_not_null((item, column));
                        known.entry((item, column)).or_insert(is_not_null);
                    }
                }
            }
            if before == (known.len(), fixed.iter().filter(|fixed| **fixed).count()) {
                return fixed;
            }
        }
    }

    pub(super) fn all_fixed(&self, seeds: &Seeds) -> bool {
        self.fixed(seeds).into_iter().all(|fixed| fixed)
    }

    /// Whether an equality with `other` fixes the column to what is one value for an index too.
    fn follows(&self, column: ColumnOf, other: Term, known: &BTreeMap<ColumnOf, bool>) -> bool {
        match other {
            Term::Constant => true,
            Term::Column(other) if known.contains_key(&other) => {
                let (Some(own), Some(theirs)) = (self.base(column), self.base(other)) else { return false };
                let (left, right) = (&own.table.columns[column.1], &theirs.table.columns[other.1]);
                own.table.rowid_alias() == Some(column.1)
                    || (left.affinity == right.affinity && left.collation == right.collation)
            }
            Term::Column(_) => false,
        }
    }

    fn has_known_key(&self, item: usize, known: &BTreeMap<ColumnOf, bool>) -> bool {
        let Some(base) = &self.items[item].base else { return false };
        let is_known = |column: usize| {
            known.get(&(item, column)) == Some(&true)
                || self.outer.iter().any(|(right, one, other)| {
                    let of_both = [(*one, *other), (*other, *one)];
                    right.contains(&item)
                        && of_both.iter().any(|(one, other)| {
                            *one == Term::Column((item, column)) && self.follows((item, column), *other, known)
                        })
                })
        };
        if let Some(alias) = base.table.rowid_alias() {
            return is_known(alias);
        }
        let columns = base.table.columns.iter().enumerate();
        let mut key = columns.filter(|(_, column)| column.primary_key > 0).map(|(at, _)| at).peekable();
        key.peek().is_some() && key.all(is_known)
    }

    fn is_not_null(&self, (item, column): ColumnOf) -> bool {
        self.base((item, column)).is_some_and(|base| {
            base.table.columns.get(column).is_some_and(|own| own.not_null) || base.table.rowid_alias() == Some(column)
        })
    }

    fn base(&self, (item, _): ColumnOf) -> Option<&'q Base> {
        self.items.get(item)?.base.as_ref()
    }
}

fn equalities(condition: &Expr<'_>, scope: &Scope<'_>) -> Vec<(Term, Term)> {
    let equality = |part: &Expr<'_>| match part {
        Expr::Binary(left, Operator::Equals, right) => Some((term(left, scope)?, term(right, scope)?)),
        _ => None,
    };
    parts(condition, Operator::And).into_iter().filter_map(equality).collect()
}

fn term(expression: &Expr<'_>, scope: &Scope<'_>) -> Option<Term> {
    let expression = bare(expression);
    if matches!(expression, Expr::Literal(_) | Expr::Variable(_)) {
        return Some(Term::Constant);
    }
    match scope.meaning_of(expression)? {
        Meaning::Columns(0, _) | Meaning::Rowid(0, _) => scope.own_column(expression).map(Term::Column),
        Meaning::Columns(..) | Meaning::Rowid(..) | Meaning::String | Meaning::Truth(_) => Some(Term::Constant),
        _ => None,
    }
}
