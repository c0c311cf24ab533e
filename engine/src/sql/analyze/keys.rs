//! Which columns fix which rows: whether ORDER BY leaves ties, whether a group has one row of an item, whether a subquery
//! has one row at most.

use std::ops::Range;

use sqlite3_parser::ast::Operator;

use crate::plan::Join;
use crate::sql::bind::tree::{Base, ColumnOf, Expression, From, Item, Kind};
use crate::types::SortedMap;

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
pub(super) struct Keys<'q, 't> {
    items: &'q [Item<'t>],
    equalities: Vec<(Term, Term)>,
    /// Those of LEFT JOINs, which hold where the items of the right side have a row at all.
    outer: Vec<(Range<usize>, Term, Term)>,
    has_right_join: bool,
}

impl<'q, 't> Keys<'q, 't> {
    pub(super) fn of(from: &'q From<'t>, filter: Option<&Expression<'t>>) -> Self {
        let items = &from.items[..];
        let joins = from.all_joins();
        let has_right_join = joins.iter().any(|joined| matches!(joined.join, Join::Right | Join::Full));
        let mut keys = Self { items, equalities: Vec::new(), outer: Vec::new(), has_right_join };
        if let Some(filter) = filter {
            keys.equalities.extend(equalities(filter, items));
        }
        for joined in joins {
            let first = |side: &Range<usize>, name: &str| {
                let mut side = side.clone().filter(|item| items[*item].base().is_some());
                side.find_map(|item| Some(Term::Column((item, items[item].column(name)?))))
            };
            let pair = |name: &String| Some((first(&joined.left, name)?, first(&joined.right, name)?));
            let mut pairs: Vec<_> = joined.using.iter().filter_map(pair).collect();
            pairs.extend(joined.on.iter().flat_map(|on| equalities(on, items)));
            match joined.join {
                Join::Inner => keys.equalities.extend(pairs),
                Join::Left => {
                    keys.outer.extend(pairs.into_iter().map(|(one, other)| (joined.right.clone(), one, other)));
                }
                Join::Right | Join::Full => {}
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
        let mut known: SortedMap<ColumnOf, bool> = SortedMap::new();
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
                        known.or_insert_with((item, column), || is_not_null);
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
    fn follows(&self, column: ColumnOf, other: Term, known: &SortedMap<ColumnOf, bool>) -> bool {
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

    fn has_known_key(&self, item: usize, known: &SortedMap<ColumnOf, bool>) -> bool {
        let Some(base) = self.items[item].base() else { return false };
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
        self.items.get(item)?.base()
    }
}

fn equalities(condition: &Expression<'_>, items: &[Item<'_>]) -> Vec<(Term, Term)> {
    let equality = |part: &Expression<'_>| match &part.kind {
        Kind::Binary(left, Operator::Equals, right) => Some((term(left, items)?, term(right, items)?)),
        _ => None,
    };
    condition.chain(Operator::And).into_iter().filter_map(equality).collect()
}

fn term(expression: &Expression<'_>, items: &[Item<'_>]) -> Option<Term> {
    match &expression.bare().kind {
        Kind::Column(0, _) | Kind::Rowid(0, _) => expression.own_base_column(items).map(Term::Column),
        Kind::Column(..) | Kind::Rowid(..) | Kind::Literal(_) | Kind::Parameter(_) | Kind::Text(_) | Kind::Truth(_) => {
            Some(Term::Constant)
        }
        _ => None,
    }
}
