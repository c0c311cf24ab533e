//! Calls of functions, aggregates and window functions.

use sqlite3_parser::ast::{self, Expr, FrameBound, FrameExclude, FrameMode, Literal, Over, Window};

use super::{Around, Level, Lowered, Lowering};
use crate::plan::{self, Aggregate, Expression, ROUNDS_BY_ORDER, Text, quoted};
use crate::sql::call::Call;
use crate::sql::name::{bare, plain};
use crate::sql::scope::Shape;
use crate::sql::shape;

impl<'c> Lowering<'c> {
    pub(super) fn call(
        &mut self,
        expression: &'c Expr<'c>,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        let Some(call) = Call::of(expression) else { return Err("a call".to_owned()) };
        let start = out.items.clone();
        let before = std::mem::take(&mut out.text);
        out.text.push("(");
        if matches!(expression, Expr::FunctionCallStar { .. }) {
            out.text.push("*");
        }
        if call.is_distinct {
            out.text.push("DISTINCT ");
        }
        out.can_fail |= call.can_fail();
        if call.name == "match" {
            return Err("MATCH is answered by an index that SQLite keeps".to_owned());
        }
        for (at, argument) in call.arguments.iter().enumerate() {
            out.text.push(if at == 0 { "" } else { ", " });
            self.write(argument, out, level, around)?;
        }
        self.order(call.order, out, level, around)?;
        out.text.push(")");
        if let Some(filter) = call.filter {
            out.text.push(" FILTER (WHERE ");
            self.write(filter, out, level, around)?;
            out.text.push(")");
        }
        if call.is_aggregate() {
            let own = |item: &usize| level.items.iter().any(|own| own.id == *item);
            let named: Vec<usize> = out.items.difference(&start).copied().collect();
            if !named.is_empty() && !named.iter().any(own) {
                return Err("an aggregate of the SELECT around a subquery".to_owned());
            }
            out.has_aggregate = true;
            let text = called(&quoted_function(&call.name), &std::mem::replace(&mut out.text, before));
            out.aggregates.push(Aggregate {
                text: text.clone(),
                arguments: self.expressions(call.arguments, level, around)?,
                distinct: call.is_distinct,
                filter: call.filter.map(|filter| self.expression(filter, level, around)).transpose()?,
                ordered: !call.order.is_empty(),
                name: call.name,
            });
            out.text.push_aggregate(text);
            return Ok(());
        }
        let Some(over) = call.over else {
            let inside = std::mem::replace(&mut out.text, before);
            out.text.append(&called(&quoted_function(&call.name), &inside));
            return Ok(());
        };
        let window = match over {
            Over::Window(window) => *window,
            Over::Name(name) => {
                let name = plain(name.0);
                let definition = level.windows.iter().find(|window| plain(window.name.0).eq_ignore_ascii_case(&name));
                &definition.ok_or("a window that is not defined")?.window
            }
        };
        out.text.push(" OVER (");
        let (partition, order) = self.window(window, out, level, around)?;
        out.text.push(")");
        let inside = std::mem::replace(&mut out.text, before);
        out.text.append(&called(&quoted_function(&call.name), &inside));
        let is_exact = call.arguments.iter().all(|argument| shape::shape(argument, &level.scope) != Shape::Loose);
        let (shows_ties, can_overflow) = (call.shows_ties(window, is_exact), call.name == "sum");
        let rounding = (call.is_sum() && !shows_ties).then(|| {
            let text = called(ROUNDS_BY_ORDER, &inside);
            let items = text.names().into_iter().map(|(item, _)| item).collect();
            Expression { text, items, ..Expression::default() }
        });
        out.windows.push(plan::Over { partition, order, shows_ties, can_overflow, rounding });
        Ok(())
    }

    fn order(
        &mut self,
        terms: &'c [ast::SortedColumn<'c>],
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<()> {
        for (at, term) in terms.iter().enumerate() {
            out.text.push(if at == 0 { " ORDER BY " } else { ", " });
            self.write(&term.expr, out, level, around)?;
            out.text.push(&direction(term));
        }
        Ok(())
    }

    fn window(
        &mut self,
        window: &'c Window<'c>,
        out: &mut Expression,
        level: &Level<'_, 'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<(Vec<Expression>, Vec<Expression>)> {
        if window.base.is_some() {
            return Err("a window that is made of another one".to_owned());
        }
        let mut partition = Vec::new();
        for (at, expression) in window.partition_by.unwrap_or_default().iter().enumerate() {
            out.text.push(if at == 0 { "PARTITION BY " } else { ", " });
            let expression = self.expression(expression, level, around)?;
            absorb(out, &expression);
            partition.push(expression);
        }
        let terms = window.order_by.unwrap_or_default();
        let order = self.expressions(terms.iter().map(|term| &term.expr), level, around)?;
        for (at, (term, expression)) in terms.iter().zip(&order).enumerate() {
            out.text.push(if at == 0 { " ORDER BY " } else { ", " });
            absorb(out, expression);
            out.text.push(&direction(term));
        }
        if let Some(frame) = &window.frame_clause {
            out.text.push(match frame.mode {
                FrameMode::Groups => " GROUPS ",
                FrameMode::Range => " RANGE ",
                FrameMode::Rows => " ROWS ",
            });
            match &frame.end {
                None => out.text.push(&bound(&frame.start)?),
                Some(end) => out.text.push(&format!("BETWEEN {} AND {}", bound(&frame.start)?, bound(end)?)),
            }
            out.text.push(match frame.exclude {
                None => "",
                Some(FrameExclude::NoOthers) => " EXCLUDE NO OTHERS",
                Some(FrameExclude::CurrentRow) => " EXCLUDE CURRENT ROW",
                Some(FrameExclude::Group) => " EXCLUDE GROUP",
                Some(FrameExclude::Ties) => " EXCLUDE TIES",
            });
        }
        Ok((partition, order))
    }
}

/// A call of this function with what stands behind its name.
fn called(function: &str, inside: &Text) -> Text {
    let mut call = Text::constant(function);
    call.append(inside);
    call
}

/// Writes a term of a window behind what there is of the expression that it is a part of.
fn absorb(out: &mut Expression, part: &Expression) {
    out.text.push_term(part.text.clone());
    out.items.extend(&part.items);
    out.subqueries.extend(part.subqueries.iter().cloned());
    out.aggregates.extend(part.aggregates.iter().cloned());
    out.has_aggregate |= part.has_aggregate;
    out.can_fail |= part.can_fail;
}

/// What stands behind a term of ORDER BY.
fn direction(term: &ast::SortedColumn<'_>) -> String {
    let order = match term.order {
        Some(ast::SortOrder::Desc) => " DESC",
        _ => "",
    };
    let nulls = match term.nulls {
        Some(ast::NullsOrder::First) => " NULLS FIRST",
        Some(ast::NullsOrder::Last) => " NULLS LAST",
        None => "",
    };
    format!("{order}{nulls}")
}

/// A bound of a window's frame; only numbers and parameters are written.
fn bound(bound: &FrameBound<'_>) -> Lowered<String> {
    let offset = |expression: &Expr<'_>| match bare(expression) {
        Expr::Literal(Literal::Numeric(digits)) => Ok((*digits).to_owned()),
        Expr::Variable(number) => Ok(format!("?{}", number.trim_start_matches('?'))),
        _ => Err("a window's frame that is calculated".to_owned()),
    };
    Ok(match bound {
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Following(by) => format!("{} FOLLOWING", offset(by)?),
        FrameBound::Preceding(by) => format!("{} PRECEDING", offset(by)?),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
    })
}

/// A function's name. Those that are words of the grammar are no names when they are quoted.
fn quoted_function(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { name.to_owned() } else { quoted(name) }
}
