//! The parts of a tree: what an expression, a SELECT or a FROM clause is made of.

use sqlite3_parser::ast::{
    Expr, FrameBound, FromClause, FunctionCallOrder, FunctionTail, JoinConstraint, OneSelect, Over, ResultColumn,
    Select, SelectTable, SortedColumn, Window,
};

/// A piece of a tree that has pieces of its own.
#[derive(Clone, Copy)]
pub(super) enum Node<'t> {
    Expression(&'t Expr<'t>),
    Query(&'t Select<'t>),
    From(&'t FromClause<'t>),
}

/// The pieces that a node is directly made of, in the order of the text.
pub(super) fn parts<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut parts = Parts(Vec::new());
    match node {
        Node::Expression(expression) => parts.of_expression(expression),
        Node::Query(select) => parts.of_select(select),
        Node::From(from) => parts.of_from(from),
    }
    parts.0
}

/// The expressions in a window's definition.
fn window<'t>(window: &'t Window<'t>) -> Vec<&'t Expr<'t>> {
    let bounds = window.frame_clause.iter().flat_map(|frame| [Some(&frame.start), frame.end.as_ref()]);
    let bound = |bound: &'t FrameBound<'t>| match bound {
        FrameBound::Following(expression) | FrameBound::Preceding(expression) => Some(expression),
        _ => None,
    };
    let partitions = window.partition_by.unwrap_or_default().iter();
    let order = window.order_by.into_iter().flatten().map(|term| &term.expr);
    partitions.chain(order).chain(bounds.flatten().filter_map(bound)).collect()
}

/// Whether a SELECT's pieces are in one another more than `limit` times.
pub(super) fn is_deeper_than(limit: usize, select: &Select<'_>) -> bool {
    let mut pending = vec![(Node::Query(select), 0)];
    while let Some((node, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        pending.extend(parts(node).into_iter().map(|part| (part, depth + 1)));
    }
    false
}

struct Parts<'t>(Vec<Node<'t>>);

impl<'t> Parts<'t> {
    fn expressions(&mut self, expressions: impl IntoIterator<Item = &'t Expr<'t>>) {
        self.0.extend(expressions.into_iter().map(Node::Expression));
    }

    fn order(&mut self, terms: Option<&'t [SortedColumn<'t>]>) {
        self.expressions(terms.into_iter().flatten().map(|term| &term.expr));
    }

    fn of_expression(&mut self, expression: &'t Expr<'t>) {
        match expression {
            Expr::Between { lhs, start, end, .. } => self.expressions([*lhs, start, end]),
            Expr::Binary(left, _, right) => self.expressions([*left, right]),
            Expr::Case { base, when_then_pairs, else_expr } => {
                self.expressions(*base);
                self.expressions(when_then_pairs.iter().flat_map(|(when, then)| [when, then]));
                self.expressions(*else_expr);
            }
            Expr::Cast { expr, .. } => self.expressions([*expr]),
            Expr::Collate(operand, _) | Expr::IsNull(operand) | Expr::NotNull(operand) | Expr::Unary(_, operand) => {
                self.expressions([*operand]);
            }
            Expr::Exists(query) | Expr::Subquery(query) => self.0.push(Node::Query(query)),
            Expr::FunctionCall { args, order_by, filter_over, .. } => {
                self.expressions(args.unwrap_or_default());
                if let Some(FunctionCallOrder::SortList(terms)) = order_by {
                    self.order(Some(terms));
                }
                self.tail(filter_over.as_ref());
            }
            Expr::FunctionCallStar { filter_over, .. } => self.tail(filter_over.as_ref()),
            Expr::InList { lhs, rhs, .. } => {
                self.expressions([*lhs]);
                self.expressions(rhs.unwrap_or_default());
            }
            Expr::InSelect { lhs, rhs, .. } => {
                self.expressions([*lhs]);
                self.0.push(Node::Query(rhs));
            }
            Expr::InTable { lhs, args, .. } => {
                self.expressions([*lhs]);
                self.expressions(args.unwrap_or_default());
            }
            Expr::Like { lhs, rhs, escape, .. } => {
                self.expressions([*lhs, rhs]);
                self.expressions(*escape);
            }
            Expr::Parenthesized(elements) => self.expressions(elements),
            Expr::Raise(_, message) => self.expressions(*message),
            Expr::DoublyQualified(..)
            | Expr::Id(_)
            | Expr::Literal(_)
            | Expr::Name(_)
            | Expr::Qualified(..)
            | Expr::Variable(_) => {}
        }
    }

    fn tail(&mut self, tail: Option<&'t FunctionTail<'t>>) {
        let Some(tail) = tail else { return };
        self.expressions(tail.filter_clause);
        if let Some(Over::Window(definition)) = tail.over_clause {
            self.expressions(window(definition));
        }
    }

    fn of_select(&mut self, select: &'t Select<'t>) {
        self.0.extend(select.with.iter().flat_map(|with| with.ctes).map(|cte| Node::Query(cte.select)));
        let compounds = select.body.compounds.iter().flatten().map(|compound| &compound.select);
        for arm in std::iter::once(&select.body.select).chain(compounds) {
            self.of_arm(arm);
        }
        self.order(select.order_by);
        if let Some(limit) = select.limit {
            self.expressions(std::iter::once(&limit.expr).chain(&limit.offset));
        }
    }

    fn of_arm(&mut self, arm: &'t OneSelect<'t>) {
        match arm {
            OneSelect::Select { columns, from, where_clause, group_by, having, window_clause, .. } => {
                self.expressions(columns.iter().filter_map(|column| match column {
                    ResultColumn::Expr(expression, _) => Some(expression),
                    _ => None,
                }));
                self.0.extend(from.iter().map(Node::From));
                self.expressions(*where_clause);
                self.expressions(group_by.unwrap_or_default());
                self.expressions(*having);
                for definition in window_clause.unwrap_or_default() {
                    self.expressions(window(&definition.window));
                }
            }
            OneSelect::Values(rows) => self.expressions(rows.iter().flatten()),
        }
    }

    fn of_from(&mut self, from: &'t FromClause<'t>) {
        let first = from.select.map(|table| (table, None));
        let joined = from.joins.iter().flatten().map(|join| (&join.table, join.constraint.as_ref()));
        for (table, constraint) in first.into_iter().chain(joined) {
            match table {
                SelectTable::Table(..) => {}
                SelectTable::TableCall(_, arguments, _) => self.expressions(arguments.unwrap_or_default()),
                SelectTable::Select(query, _) => self.0.push(Node::Query(query)),
                SelectTable::Sub(inner, _) => self.0.push(Node::From(inner)),
            }
            if let Some(JoinConstraint::On(condition)) = constraint {
                self.expressions([condition]);
            }
        }
    }
}
