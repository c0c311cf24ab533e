//! Calls of functions, aggregates and window functions.

use sqlite3_parser::ast::{self, Distinctness, Expr, FrameMode, FunctionCallOrder, FunctionTail, SortedColumn};

use super::scope::Scope;
use super::tree::{Call, Direction, Frame, FrameBound, Over, SortedBy, Window};
use super::{Around, Binder};
use crate::sql::syntax::name::plain;

impl<'t> Binder<'_, 't> {
    pub(super) fn call(&mut self, written: &'t Expr<'t>, scope: &Scope<'_, 't>, around: Around<'_, 't>) -> Call<'t> {
        let (name, arguments, distinctness, order, tail): (_, &'t [Expr<'t>], _, _, &'t Option<FunctionTail<'t>>) =
            match written {
                Expr::FunctionCall { name, distinctness, args, order_by, filter_over } => {
                    (name.0, args.unwrap_or_default(), *distinctness, order_by.as_ref(), filter_over)
                }
                Expr::FunctionCallStar { name, filter_over } => (name.0, &[][..], None, None, filter_over),
                _ => ("", &[][..], None, None, &None),
            };
        let order = order.map_or(&[][..], |FunctionCallOrder::SortList(terms)| terms);
        let filter = tail.as_ref().and_then(|tail| tail.filter_clause);
        let over = tail.as_ref().and_then(|tail| tail.over_clause);
        Call {
            name: plain(name).to_ascii_lowercase(),
            is_star: matches!(written, Expr::FunctionCallStar { .. }),
            arguments: self.expressions(arguments, scope, around),
            is_distinct: distinctness == Some(Distinctness::Distinct),
            order: self.sorted_by(order, scope, around),
            filter: filter.map(|filter| self.expression(filter, scope, around)),
            over: over.map(|over| self.over(over, scope, around)),
        }
    }

    fn over(&mut self, over: &'t ast::Over<'t>, scope: &Scope<'_, 't>, around: Around<'_, 't>) -> Over<'t> {
        let window = match over {
            ast::Over::Window(window) => Some(*window),
            ast::Over::Name(name) => {
                let name = plain(name.0);
                let is_called = |window: &&ast::WindowDef<'_>| plain(window.name.0).eq_ignore_ascii_case(&name);
                scope.windows.iter().find(is_called).map(|definition| &definition.window)
            }
        };
        window.map_or(Over::Undefined, |window| Over::Window(Box::new(self.window(window, scope, around))))
    }

    pub(super) fn window(
        &mut self,
        window: &'t ast::Window<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Window<'t> {
        let frame = window.frame_clause.as_ref().map(|frame| Frame {
            mode: frame.mode,
            start: self.frame_bound(&frame.start, scope, around),
            end: frame.end.as_ref().map(|end| self.frame_bound(end, scope, around)),
            exclude: frame.exclude.clone(),
        });
        Window {
            has_base: window.base.is_some(),
            partition: self.expressions(window.partition_by.unwrap_or_default(), scope, around),
            order: self.sorted_by(window.order_by.unwrap_or_default(), scope, around),
            frame,
        }
    }

    fn frame_bound(
        &mut self,
        bound: &'t ast::FrameBound<'t>,
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> FrameBound<'t> {
        match bound {
            ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
            ast::FrameBound::Following(by) => FrameBound::Following(self.expression(by, scope, around)),
            ast::FrameBound::Preceding(by) => FrameBound::Preceding(self.expression(by, scope, around)),
            ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
            ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
        }
    }

    fn sorted_by(
        &mut self,
        terms: &'t [SortedColumn<'t>],
        scope: &Scope<'_, 't>,
        around: Around<'_, 't>,
    ) -> Vec<SortedBy<'t>> {
        let term = |term: &'t SortedColumn<'t>| SortedBy {
            expression: self.expression(&term.expr, scope, around),
            direction: Direction::of(term),
        };
        terms.iter().map(term).collect()
    }
}

impl Call<'_> {
    /// Whether it fails for some values of its arguments, as for what is no JSON.
    pub fn can_fail(&self) -> bool {
        self.name.starts_with("json") || matches!(self.name.as_str(), "abs" | "unistr" | "zeroblob" | "randomblob")
    }

    /// Whether its value over a window depends on the order of rows that the window leaves tied. How sums of floats round is
    /// another matter.
    pub fn shows_ties(&self, window: &Window<'_>) -> bool {
        let has_whole_peers = window.frame.as_ref().is_none_or(|frame| frame.mode != FrameMode::Rows);
        match self.name.as_str() {
            "rank" | "dense_rank" | "percent_rank" | "cume_dist" => false,
            "count" | "sum" | "total" | "avg" => !has_whole_peers,
            "min" | "max" => {
                let is_exact = self.arguments.iter().all(|argument| argument.value_type.is_exact());
                !has_whole_peers || !is_exact
            }
            _ => true,
        }
    }

    /// Whether it adds numbers up, which rounds where they are floats.
    pub fn is_sum(&self) -> bool {
        matches!(self.name.as_str(), "sum" | "total" | "avg")
    }

    pub fn is_aggregate(&self) -> bool {
        const AGGREGATES: [&str; 11] = [
            "count",
            "sum",
            "total",
            "avg",
            "group_concat",
            "string_agg",
            "json_group_array",
            "json_group_object",
            "jsonb_group_array",
            "jsonb_group_object",
            "median",
        ];
        let name = self.name.as_str();
        let is_extremum = matches!(name, "min" | "max") && self.arguments.len() == 1;
        self.over.is_none() && (is_extremum || AGGREGATES.contains(&name) || name.starts_with("percentile"))
    }
}
