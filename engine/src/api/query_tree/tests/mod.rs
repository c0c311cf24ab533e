//! Trees as an application builds them: the text has the tree's structure. And trees as a second opinion on the binder.

mod second_opinion;
mod three_opinions;

use sqlparser::ast::{BinaryOperator, Expr, Query, SelectItem, SetExpr, Statement, UnaryOperator};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use crate::api::AsSql;

fn parsed(sql: &str) -> Query {
    match Parser::parse_sql(&SQLiteDialect {}, sql).expect("a query").swap_remove(0) {
        Statement::Query(query) => *query,
        other => panic!("{other}"),
    }
}

/// `SELECT` and the expression.
fn text(expr: Expr) -> String {
    let mut query = parsed("SELECT 1");
    let SetExpr::Select(select) = &mut *query.body else { panic!("a SELECT") };
    select.projection = vec![SelectItem::UnnamedExpr(expr)];
    query.as_sql().into_owned()
}

fn name(name: &str) -> Box<Expr> {
    Box::new(Expr::Identifier(name.into()))
}

fn binary(left: Box<Expr>, op: BinaryOperator, right: Box<Expr>) -> Box<Expr> {
    Box::new(Expr::BinaryOp { left, op, right })
}

#[test]
fn operands_of_operators_keep_their_structure() {
    use BinaryOperator::{And, Eq, Multiply, Or, Plus};
    let sum = || binary(name("a"), Plus, name("b"));
    assert_eq!(text(*binary(sum(), Multiply, name("c"))), "SELECT (a + b) * c");
    let either = || binary(name("a"), Or, name("b"));
    assert_eq!(text(*binary(name("c"), And, either())), "SELECT c AND (a OR b)");
    assert_eq!(text(*binary(either(), Or, binary(name("c"), Eq, sum()))), "SELECT a OR b OR c = (a + b)");
    let not = Expr::UnaryOp { op: UnaryOperator::Not, expr: binary(name("a"), And, name("b")) };
    assert_eq!(text(not), "SELECT NOT (a AND b)");
    assert_eq!(text(Expr::IsNull(either())), "SELECT (a OR b) IS NULL");
    let between = Expr::Between { expr: sum(), negated: false, low: name("c"), high: either() };
    assert_eq!(text(between), "SELECT (a + b) BETWEEN c AND (a OR b)");
}

#[test]
fn what_was_parsed_is_printed_without_needless_parentheses() {
    let sql = "SELECT a, -1 FROM t WHERE a = 1 AND b IN (2, 3) AND NOT c LIKE 'x' ORDER BY a DESC LIMIT 3";
    assert_eq!(
        parsed(sql).as_sql(),
        "SELECT a, -1 FROM t WHERE a = 1 AND b IN (2, 3) AND NOT (c LIKE 'x') ORDER BY a DESC LIMIT 3"
    );
}
