//! Plans of `accumulate`: a grouped SELECT all of whose columns are groups or sums, or expressions of them.

use super::{Planner, Reason, check, linear, recompute};
use crate::plan::rewrites::as_value;
use crate::plan::{
    Accumulate, Aggregate, Choice, Column, Distinct, EXACT_SUM, Expression, Input, Item, Join, Measure, Node, Piece,
    Select, Shown, Text, column_name, select_text,
};
use crate::types::Collation;

/// A grouped SELECT whose columns, HAVING and order are expressions of groups and sums: these are a derived table, of which
/// the SELECT is the projection.
pub(super) fn projected(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    planner.without.allows(Choice::Projection)?;
    let expressions = || select.columns.iter().chain(&select.having).chain(by.iter().copied());
    if expressions().any(|expression| !expression.subqueries.is_empty() || !expression.windows.is_empty()) {
        return Err("a subquery beside aggregates".to_owned());
    }
    let mut aggregates: Vec<&Aggregate> = Vec::new();
    for aggregate in expressions().flat_map(|expression| &expression.aggregates) {
        if !aggregates.iter().any(|known| known.text == aggregate.text) {
            aggregates.push(aggregate);
        }
    }
    let sums = aggregates.iter().map(|aggregate| {
        let mut text = Text::default();
        text.push_aggregate(aggregate.text.clone());
        Expression {
            text,
            aggregates: vec![(*aggregate).clone()],
            has_aggregate: true,
            // What an aggregate gives has no affinity, and compares byte by byte.
            affinity: Some(None),
            collation: Some(Collation::Binary),
            ..Expression::default()
        }
    });
    let values: Vec<&Expression> = select.groups.iter().chain(&select.decided).collect();
    let columns: Vec<Expression> = values.iter().map(|value| (*value).clone()).chain(sums).collect();
    let item = planner.item();
    let over = |expression: &Expression| projection(expression, &values, &aggregates, item);
    let outer = Select {
        columns: select.columns.iter().map(over).collect::<Result<_, _>>()?,
        filters: select.having.iter().map(over).collect::<Result<_, _>>()?,
        ..Select::default()
    };
    let by = by.iter().map(|expression| over(expression)).collect::<Result<Vec<_>, _>>()?;
    let named = |(at, column): (usize, &Expression)| Column {
        name: column_name(at).to_string(),
        collation: column.collation,
        affinity: column.affinity,
    };
    let held: Vec<Column> = columns.iter().enumerate().map(named).collect();
    let grouped = Select { distinct: false, columns, having: None, ..select.clone() };
    let node = accumulated(planner, &grouped, &[])?;
    let input = planner.hold(node, &held)?;
    let items = vec![Item { id: item, join: Join::Inner, input, on: Vec::new(), columns: held }];
    let outer = Select { items, ..outer };
    planner.without_distinct(&outer, &by.iter().collect::<Vec<_>>())
}

/// An expression of groups and aggregates over the table that has them as columns.
fn projection(
    expression: &Expression,
    groups: &[&Expression],
    aggregates: &[&Aggregate],
    item: usize,
) -> Result<Expression, Reason> {
    let group = |text: &Text| groups.iter().position(|group| group.text == *text);
    let is_aggregate = |call: &Text| aggregates.iter().position(|aggregate| aggregate.text == *call);
    let text = match (group(&expression.text), &expression.text.pieces[..]) {
        (Some(at), _) => Text::name(item, &column_name(at)),
        (None, [Piece::Aggregate(call)]) => {
            let at = is_aggregate(call).ok_or("an aggregate that is not known")?;
            Text::name(item, &column_name(groups.len() + at))
        }
        (None, _) => with_groups(&expression.text, groups, item).replaced(&|piece| {
            let named = |at| Text::name(item, &column_name(at));
            match piece {
                Piece::Aggregate(call) => Some(as_value(&named(groups.len() + is_aggregate(call)?))),
                Piece::Name(..) => group(&Text { pieces: vec![piece.clone()] }).map(named),
                _ => None,
            }
        }),
    };
    let is_over = |piece: &Piece| match piece {
        Piece::Name(named, _) => *named == item,
        Piece::Aggregate(_) | Piece::Subquery(_) | Piece::Table(_) => false,
        Piece::Sql(_) => true,
    };
    match text.pieces.iter().all(is_over) {
        true => Ok(Expression { text, items: [item].into(), ..Expression::default() }),
        false => Err("a column that is neither a group nor a sum".to_owned()),
    }
}

/// A text with the columns of groups in the place of the expressions that these are, where they are parts of it.
fn with_groups(text: &Text, groups: &[&Expression], item: usize) -> Text {
    let mut text = text.clone();
    for (at, group) in groups.iter().enumerate().filter(|(_, group)| !group.can_fail) {
        let column = Text::name(item, &column_name(at));
        // A column has an affinity or none, as the expression had, and always a collating sequence.
        text = match (group.is_collated, group.affinity) {
            (true, Some(_)) => text.with_part(&group.text, &column),
            (false, Some(None)) => text.with_part(&group.text, &as_value(&column)),
            _ => text,
        };
    }
    text
}

pub(super) fn accumulated(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    planner.without.allows(Choice::Accumulate)?;
    let mut inputs = select.filters.iter().chain(&select.groups);
    if inputs.any(|expression| expression.has_aggregate) {
        return Err("an aggregate where there are no groups yet".to_owned());
    }
    if let Some(why) = linear::why_not(select, select.expressions().chain(by.iter().copied())) {
        return Err(why.to_owned());
    }
    if select.having.is_some() {
        return Err("HAVING".to_owned());
    }
    if select.groups.iter().any(|group| !group.is_exact) {
        return Err("which of several equal values GROUP BY shows".to_owned());
    }
    if select.decided.iter().any(|column| !column.is_exact) {
        return Err("a column of a group that takes equal values in several forms".to_owned());
    }
    // Values of groups that are equal are the same, whatever compares them; those that the groups decide may be others after
    // a commit, of which some compare as equal.
    let values: Vec<&Expression> = select.groups.iter().chain(&select.decided).collect();
    let groups = vec![Collation::Binary; values.len()];
    let (mut measures, mut arguments, mut shown, mut distinct) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in select.columns.iter().chain(by.iter().copied()) {
        shown.push(match (values.iter().position(|value| value.text == column.text), column.aggregate()) {
            (Some(group), _) => Shown::Group(group),
            (None, Some(aggregate)) => {
                let (measure, argument) = measure(aggregate)?;
                if let (Measure::Distinct(collation), Some(argument)) = (measure, &argument) {
                    if aggregate.arguments.iter().all(|argument| argument.items.is_empty()) {
                        // GROUP BY would take a number for that of a column.
                        return Err("count(DISTINCT) of a constant".to_owned());
                    }
                    distinct.push((measures.len(), collation, argument.clone()));
                }
                measures.push(measure);
                arguments.extend(argument);
                Shown::Measure(measures.len() - 1)
            }
            (None, None) => return Err("a column that is neither a group nor a sum".to_owned()),
        });
    }
    let rows = Select { items: select.items.clone(), filters: select.filters.clone(), ..Select::default() };
    let columns: Vec<&Text> = values.iter().map(|value| &value.text).chain(&arguments).collect();
    let one = Text::constant("1");
    let columns = if columns.is_empty() { vec![&one] } else { columns };
    let input = planner.delta_of(&rows, &columns)?;
    let distinct = distinct.into_iter().map(|(measure, collation, argument)| {
        let all = values_of_groups(&rows, select, &argument);
        Distinct { measure, collation, all: planner.render(&all), state: planner.state() }
    });
    let distinct = distinct.collect();
    let sums = sums(&measures, &arguments);
    let summed: Vec<&Text> = values.iter().map(|value| &value.text).chain(&sums).collect();
    let restricted = recompute::restricted_to_group(&Select { distinct: false, ..select.clone() }, planner.parameters)?;
    let shown_columns = || select.columns.iter().chain(by.iter().copied());
    let is_derived = |occurrence: usize| planner.occurrences[occurrence].derived.is_some();
    let is_sum = |item: &Item| matches!(&item.input, Input::Query(query) if query.arms.len() > 1);
    let is_read_otherwise =
        input.texts.iter().flat_map(Text::occurrences).any(is_derived) || select.items.iter().any(is_sum);
    let is_whole = select.groups.is_empty() && !is_read_otherwise;
    let mut order = Text::default();
    for aggregate in shown_columns().flat_map(|column| &column.aggregates).filter(|_| !is_whole) {
        if let Some(rounds) = check::rounds(aggregate) {
            order.append(&rounds);
        }
    }
    order.push("0");
    let with_order: Vec<&Text> = shown_columns().map(|column| &column.text).chain([&order]).collect();
    Ok(Node::Accumulate(Accumulate {
        input,
        groups,
        measures,
        shown,
        keys: select.groups.len(),
        rows: planner.render(&select_text(&restricted, &with_order)),
        all: planner.render(&select_text(&Select { distinct: false, ..select.clone() }, &summed)),
        one: planner.render(&select_text(&restricted, &summed)),
        state: planner.state(),
        distinct,
    }))
}

/// How often each value comes in each group.
fn values_of_groups(rows: &Select, select: &Select, value: &Text) -> Text {
    let by = select.groups.iter().map(|group| &group.text).chain([value]);
    let grouped = Select {
        groups: by.map(|text| Expression { text: text.clone(), ..Expression::default() }).collect(),
        is_aggregated: true,
        ..rows.clone()
    };
    let count = Text::constant("count(*)");
    let of_group = select.groups.iter().chain(&select.decided).map(|column| &column.text);
    select_text(&grouped, &of_group.chain([value, &count]).collect::<Vec<_>>())
}

/// What an aggregate is as a sum, and what it sums up.
fn measure(aggregate: &Aggregate) -> Result<(Measure, Option<Text>), Reason> {
    let is_extremum = matches!(aggregate.name.as_str(), "min" | "max");
    let is_count = aggregate.name == "count" && aggregate.arguments.len() == 1;
    if aggregate.ordered || (aggregate.distinct && !is_extremum && !is_count) {
        return Err("DISTINCT or ORDER BY in an aggregate".to_owned());
    }
    let filtered = |argument: &Text| check::filtered(argument, aggregate.filter.as_ref());
    let Some(argument) = aggregate.arguments.first() else {
        return match (aggregate.name.as_str(), &aggregate.filter) {
            ("count", None) => Ok((Measure::Rows, None)),
            ("count", Some(_)) => Ok((Measure::Count, Some(filtered(&Text::constant("1"))))),
            _ => Err("an aggregate without an argument".to_owned()),
        };
    };
    let measure = match aggregate.name.as_str() {
        "count" if aggregate.distinct => Measure::Distinct(argument.collation.ok_or("an unknown collating sequence")?),
        "count" => Measure::Count,
        "sum" => Measure::Sum,
        "total" => Measure::Total,
        "avg" => Measure::Average,
        "min" | "max" => {
            if !argument.is_exact {
                return Err("which of several equal values MIN or MAX shows".to_owned());
            }
            let collation = argument.collation.ok_or("an unknown collating sequence")?;
            if aggregate.name == "min" { Measure::Minimum(collation) } else { Measure::Maximum(collation) }
        }
        name => return Err(format!("{name} is no sum")),
    };
    Ok((measure, Some(filtered(&argument.text))))
}

/// What is summed up of whole groups: see [`Accumulate`].
fn sums(measures: &[Measure], arguments: &[Text]) -> Vec<Text> {
    let mut sums = vec![Text::constant("count(*)")];
    let mut arguments = arguments.iter();
    for measure in measures {
        if *measure == Measure::Rows {
            continue;
        }
        let Some(argument) = arguments.next() else { break };
        let mut add = |before: &str, after: &str| {
            let mut text = Text::default();
            text.push(before);
            text.append(argument);
            text.push(after);
            sums.push(text);
        };
        match measure {
            Measure::Rows => {}
            Measure::Count => add("count(", ")"),
            Measure::Distinct(collation) => add("count(DISTINCT (", &format!(") COLLATE {})", collation.name())),
            Measure::Minimum(_) => add("min(", ")"),
            Measure::Maximum(_) => add("max(", ")"),
            Measure::Sum | Measure::Total | Measure::Average => add(&format!("{EXACT_SUM}("), ")"),
        }
    }
    sums
}
