//! Calls of functions, aggregates and window functions.

use sqlite3_parser::ast::{FrameExclude, FrameMode, Literal};

use super::{Level, Lowered, Lowering};
use crate::plan::{self, Aggregate, Expression, ROUNDS_BY_ORDER, Reason, SqlText, quoted};
use crate::sql::bind::tree::{self, Call, Frame, FrameBound, Kind, Over, SortedBy, Window};

impl Lowering {
    pub(super) fn call<'t>(&mut self, call: &Call<'t>, out: &mut Expression, level: &Level<'_, 't>) -> Lowered<()> {
        let start = out.items.clone();
        let before = std::mem::take(&mut out.text);
        self.arguments(call, out, level)?;
        if call.is_aggregate() {
            let own = |item: &usize| level.places.iter().any(|own| own.id == *item);
            let named: Vec<usize> = out.items.difference(&start).copied().collect();
            if !named.is_empty() && !named.iter().any(own) {
                return Err(Reason::OuterAggregate);
            }
            out.has_aggregate = true;
            let text = called(&quoted_function(&call.name), &std::mem::replace(&mut out.text, before));
            out.aggregates.push(Aggregate {
                text: text.clone(),
                arguments: self.expressions(&call.arguments, level)?,
                distinct: call.is_distinct,
                filter: call.filter.as_ref().map(|filter| self.expression(filter, level)).transpose()?,
                ordered: !call.order.is_empty(),
                name: call.name.clone(),
            });
            out.text.push_aggregate(text);
            return Ok(());
        }
        let window = match &call.over {
            None => {
                let inside = std::mem::replace(&mut out.text, before);
                out.text.append(&called(&quoted_function(&call.name), &inside));
                return Ok(());
            }
            Some(Over::Undefined) => return Err(Reason::Internal("a window that is not defined")),
            Some(Over::Window(window)) => window,
        };
        out.text.push(" OVER (");
        let (partition, order) = self.window(window, out, level)?;
        out.text.push(")");
        let inside = std::mem::replace(&mut out.text, before);
        out.text.append(&called(&quoted_function(&call.name), &inside));
        let (shows_ties, can_overflow) = (call.shows_ties(window), call.name == "sum");
        let rounding = (call.is_sum() && !shows_ties).then(|| {
            let text = called(ROUNDS_BY_ORDER, &inside);
            let items = text.names().into_iter().map(|(item, _)| item).collect();
            Expression { text, items, ..Expression::default() }
        });
        out.windows.push(plan::Over { partition, order, shows_ties, can_overflow, rounding });
        Ok(())
    }

    /// What stands in the parentheses of a call, and FILTER.
    fn arguments<'t>(&mut self, call: &Call<'t>, out: &mut Expression, level: &Level<'_, 't>) -> Lowered<()> {
        out.can_fail |= call.can_fail();
        self.makes_json |= call.name.contains("json");
        if call.name == "match" {
            return Err(Reason::Match);
        }
        out.text.push(if call.is_star { "(*" } else { "(" });
        if call.is_distinct {
            out.text.push("DISTINCT ");
        }
        for (at, argument) in call.arguments.iter().enumerate() {
            out.text.push(if at == 0 { "" } else { ", " });
            self.write(argument, out, level)?;
        }
        for (at, SortedBy { expression, direction }) in call.order.iter().enumerate() {
            out.text.push(if at == 0 { " ORDER BY " } else { ", " });
            self.write(expression, out, level)?;
            out.text.push(&direction.text());
        }
        out.text.push(")");
        if let Some(filter) = &call.filter {
            out.text.push(" FILTER (WHERE ");
            self.write(filter, out, level)?;
            out.text.push(")");
        }
        Ok(())
    }

    fn window<'t>(
        &mut self,
        window: &Window<'t>,
        out: &mut Expression,
        level: &Level<'_, 't>,
    ) -> Lowered<(Vec<Expression>, Vec<Expression>)> {
        if window.has_base {
            return Err(Reason::DerivedWindow);
        }
        let mut partition = Vec::new();
        for (at, expression) in window.partition.iter().enumerate() {
            out.text.push(if at == 0 { "PARTITION BY " } else { ", " });
            let expression = self.expression(expression, level)?;
            absorb(out, &expression);
            partition.push(expression);
        }
        let order = self.expressions(window.order.iter().map(|term| &term.expression), level)?;
        for (at, (term, expression)) in window.order.iter().zip(&order).enumerate() {
            out.text.push(if at == 0 { " ORDER BY " } else { ", " });
            absorb(out, expression);
            out.text.push(&term.direction.text());
        }
        if let Some(frame) = &window.frame {
            out.text.push(&frame_text(frame)?);
        }
        Ok((partition, order))
    }
}

/// A call of this function with what stands behind its name.
fn called(function: &str, inside: &SqlText) -> SqlText {
    let mut call = SqlText::constant(function);
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

fn frame_text(frame: &Frame<'_>) -> Lowered<String> {
    let mode = match frame.mode {
        FrameMode::Groups => " GROUPS ",
        FrameMode::Range => " RANGE ",
        FrameMode::Rows => " ROWS ",
    };
    let bounds = match &frame.end {
        None => bound(&frame.start)?,
        Some(end) => format!("BETWEEN {} AND {}", bound(&frame.start)?, bound(end)?),
    };
    let exclude = match frame.exclude {
        None => "",
        Some(FrameExclude::NoOthers) => " EXCLUDE NO OTHERS",
        Some(FrameExclude::CurrentRow) => " EXCLUDE CURRENT ROW",
        Some(FrameExclude::Group) => " EXCLUDE GROUP",
        Some(FrameExclude::Ties) => " EXCLUDE TIES",
    };
    Ok(format!("{mode}{bounds}{exclude}"))
}

/// A bound of a window's frame; only numbers and parameters are written.
fn bound(bound: &FrameBound<'_>) -> Lowered<String> {
    let offset = |expression: &tree::Expression<'_>| match &expression.bare().kind {
        Kind::Literal(Literal::Numeric(digits)) => Ok((*digits).to_owned()),
        Kind::Parameter(number) => Ok(format!("?{number}")),
        _ => Err(Reason::CalculatedFrame),
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
