//! Calls of functions.

use sqlite3_parser::ast::{Distinctness, Expr, FrameMode, FunctionCallOrder, FunctionTail, Over, SortedColumn, Window};

use super::name::plain;

/// A call, be it of a function, an aggregate or a window function.
#[derive(Clone, Debug)]
pub(super) struct Call<'t> {
    /// In lower case.
    pub(super) name: String,
    /// Without `*`.
    pub(super) arguments: &'t [Expr<'t>],
    pub(super) is_distinct: bool,
    /// The ORDER BY among the arguments.
    pub(super) order: &'t [SortedColumn<'t>],
    pub(super) filter: Option<&'t Expr<'t>>,
    pub(super) over: Option<&'t Over<'t>>,
}

impl<'t> Call<'t> {
    /// The call that an expression is, if it is one.
    pub(super) fn of(expression: &'t Expr<'t>) -> Option<Self> {
        let (name, arguments, distinctness, order, tail) = match expression {
            Expr::FunctionCall { name, distinctness, args, order_by, filter_over } => {
                (name, args.unwrap_or_default(), *distinctness, order_by.as_ref(), filter_over)
            }
            Expr::FunctionCallStar { name, filter_over } => (name, Default::default(), None, None, filter_over),
            _ => return None,
        };
        let tail: Option<&FunctionTail<'t>> = tail.as_ref();
        Some(Self {
            name: plain(name.0).to_ascii_lowercase(),
            arguments,
            is_distinct: distinctness == Some(Distinctness::Distinct),
            order: order.map_or(&[], |FunctionCallOrder::SortList(terms)| terms),
            filter: tail.and_then(|tail| tail.filter_clause),
            over: tail.and_then(|tail| tail.over_clause),
        })
    }

    /// Whether it fails for some values of its arguments, as for what is no JSON.
    pub(super) fn can_fail(&self) -> bool {
        self.name.starts_with("json") || matches!(self.name.as_str(), "abs" | "unistr" | "zeroblob" | "randomblob")
    }

    /// Whether its value over a window depends on the order of rows that the window leaves tied. `is_exact` where two
    /// arguments that are equal are the same. How sums of floats round is another matter.
    pub(super) fn shows_ties(&self, window: &Window<'_>, is_exact: bool) -> bool {
        let has_whole_peers = window.frame_clause.as_ref().is_none_or(|frame| frame.mode != FrameMode::Rows);
        match self.name.as_str() {
            "rank" | "dense_rank" | "percent_rank" | "cume_dist" => false,
            "count" | "sum" | "total" | "avg" => !has_whole_peers,
            "min" | "max" => !has_whole_peers || !is_exact,
            _ => true,
        }
    }

    /// Whether it adds numbers up, which rounds where they are floats.
    pub(super) fn is_sum(&self) -> bool {
        matches!(self.name.as_str(), "sum" | "total" | "avg")
    }

    pub(super) fn is_aggregate(&self) -> bool {
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
