//! Plans of `accumulate`: a grouped SELECT whose columns are groups and sums.

use super::{Planner, check, linear, recompute, values};
use crate::plan::reason::{excluded, reached};
use crate::plan::{
    Accumulate, Aggregate, CollatedPart, Distinct, EXACT_SUM, Expression, Input, Item, Measure, Node, NonlinearPlace,
    OrderDependence, PlannerFeature, Reason, Select, Shown, SqlText, select_text,
};

pub(super) fn accumulated(planner: &mut Planner, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
    planner.disabled.allows(PlannerFeature::Accumulate)?;
    let mut inputs = select.filters.iter().chain(&select.groups);
    if inputs.any(|expression| expression.has_aggregate) {
        return Err(reached(Reason::AggregateBeforeGroups));
    }
    if let Some(part) = linear::why_not(select, select.expressions().chain(by.iter().copied())) {
        return Err(reached(part.at(NonlinearPlace::Select)));
    }
    if select.having.is_some() {
        return Err(reached(Reason::Having));
    }
    if select.groups.iter().any(|group| !group.is_exact) {
        return Err(reached(Reason::Order(OrderDependence::EqualInGroup)));
    }
    if select.determined.iter().any(|column| !column.is_exact) {
        return Err(reached(Reason::LooseGroupColumn));
    }
    // Equal values of GROUP BY are the same value. A determined column may have another value after a commit, which compares
    // as equal; it is exact, so both are told apart.
    let values: Vec<&Expression> = select.groups.iter().chain(&select.determined).collect();
    let (mut measures, mut arguments, mut shown, mut distinct) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in select.columns.iter().chain(by.iter().copied()) {
        shown.push(match (values.iter().position(|value| value.text == column.text), column.aggregate()) {
            (Some(group), _) => Shown::Group(group),
            (None, Some(aggregate)) => {
                let (measure, argument) = measure(aggregate)?;
                if let (Measure::Distinct(collation), Some(argument)) = (measure, &argument) {
                    if aggregate.arguments.iter().all(|argument| argument.items.is_empty()) {
                        // GROUP BY would take an integer for the number of a column.
                        return Err(reached(Reason::CountDistinctConstant));
                    }
                    distinct.push((measures.len(), collation, argument.text.clone()));
                }
                measures.push(measure);
                arguments.extend(argument);
                Shown::Measure(measures.len() - 1)
            }
            (None, None) => return Err(reached(Reason::NeitherGroupNorAggregate)),
        });
    }
    let rows = Select { items: select.items.clone(), filters: select.filters.clone(), ..Select::default() };
    let columns: Vec<&Expression> = values.iter().copied().chain(&arguments).collect();
    let one = Expression::integer(1);
    let columns = if columns.is_empty() { vec![&one] } else { columns };
    let input = planner.delta_of(&rows, &columns)?;
    let distinct = distinct.into_iter().map(|(measure, collation, argument)| {
        let all = values_of_groups(&rows, select, &argument);
        Distinct { measure, collation, all: planner.render_all(&all), state: planner.state() }
    });
    let distinct = distinct.collect();
    let sums = sums(&measures, &arguments);
    let summed: Vec<&SqlText> = values.iter().map(|value| &value.text).chain(&sums).collect();
    let restricted = recompute::restricted_to_group(&Select { distinct: false, ..select.clone() }, planner.parameters)?;
    let shown_columns = || select.columns.iter().chain(by.iter().copied());
    let is_derived = |table_ref: usize| planner.table_refs[table_ref].derived.is_some();
    let is_sum = |item: &Item| matches!(&item.input, Input::Query(query) if query.arms.len() > 1);
    let is_read_otherwise =
        input.texts.iter().flat_map(SqlText::table_refs).any(is_derived) || select.items.iter().any(is_sum);
    let is_whole = select.groups.is_empty() && !is_read_otherwise;
    let mut order = SqlText::default();
    for aggregate in shown_columns().flat_map(|column| &column.aggregates).filter(|_| !is_whole) {
        if let Some(rounds) = check::rounds(aggregate) {
            order.append(&rounds);
        }
    }
    order.push("0");
    let with_order: Vec<&SqlText> = shown_columns().map(|column| &column.text).chain([&order]).collect();
    Ok(Node::Accumulate(Accumulate {
        input,
        values: values.len(),
        measures,
        shown,
        keys: select.groups.len(),
        rows: planner.render(&select_text(&restricted, &with_order)),
        all: planner.render_all(&select_text(&Select { distinct: false, ..select.clone() }, &summed)),
        one: planner.render(&select_text(&restricted, &summed)),
        state: planner.state(),
        distinct,
    }))
}

/// The statement that counts each value in each group.
fn values_of_groups(rows: &Select, select: &Select, value: &SqlText) -> SqlText {
    let by = select.groups.iter().map(|group| &group.text).chain([value]);
    let grouped = Select {
        groups: by.map(|text| Expression { text: text.clone(), ..Expression::default() }).collect(),
        is_aggregated: true,
        ..rows.clone()
    };
    let count = SqlText::constant("count(*)");
    let of_group = select.groups.iter().chain(&select.determined).map(|column| &column.text);
    select_text(&grouped, &of_group.chain([value, &count]).collect::<Vec<_>>())
}

/// The measure of an aggregate, and the expression that it sums.
fn measure(aggregate: &Aggregate) -> Result<(Measure, Option<Expression>), Reason> {
    let is_extremum = matches!(aggregate.name.as_str(), "min" | "max");
    let is_count = aggregate.name == "count" && aggregate.arguments.len() == 1;
    if aggregate.ordered || (aggregate.distinct && !is_extremum && !is_count) {
        return Err(reached(Reason::AggregateModifier));
    }
    let filtered = |argument: &Expression| values::filtered(argument, aggregate.filter.as_ref());
    let Some(argument) = aggregate.arguments.first() else {
        return match (aggregate.name.as_str(), &aggregate.filter) {
            ("count", None) => Ok((Measure::Rows, None)),
            ("count", Some(_)) => Ok((Measure::Count, Some(filtered(&Expression::integer(1))))),
            _ => Err(reached(Reason::NoArgument)),
        };
    };
    let measure = match aggregate.name.as_str() {
        "count" if aggregate.distinct => {
            Measure::Distinct(argument.collation.ok_or_else(|| reached(Reason::Collation(CollatedPart::Aggregate)))?)
        }
        "count" => Measure::Count,
        "sum" => Measure::Sum,
        "total" => Measure::Total,
        "avg" => Measure::Average,
        "min" | "max" => {
            if !argument.is_exact {
                return Err(reached(Reason::Order(OrderDependence::EqualExtremum)));
            }
            // An exact value has a known collating sequence.
            let collation = argument.collation.ok_or_else(|| excluded(Reason::Collation(CollatedPart::Aggregate)))?;
            if aggregate.name == "min" { Measure::Minimum(collation) } else { Measure::Maximum(collation) }
        }
        name => return Err(reached(Reason::NotASum { function: name.to_owned() })),
    };
    Ok((measure, Some(filtered(argument))))
}

/// The columns of [`Accumulate::all`].
fn sums(measures: &[Measure], arguments: &[Expression]) -> Vec<SqlText> {
    let mut sums = vec![SqlText::constant("count(*)")];
    let mut arguments = arguments.iter();
    for measure in measures {
        if *measure == Measure::Rows {
            continue;
        }
        let Some(argument) = arguments.next() else { break };
        let mut add = |before: &str, after: &str| {
            let mut text = SqlText::default();
            text.push(before);
            text.append(&argument.text);
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
