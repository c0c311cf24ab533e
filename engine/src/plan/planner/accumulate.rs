//! Plans of `accumulate`: a grouped SELECT all of whose columns are groups or sums.

use super::{Planner, Reason, check, linear, recompute};
use crate::plan::{
    Accumulate, Aggregate, Choice, Distinct, EXACT_SUM, Expression, Measure, Node, Select, Shown, Text, select_text,
};

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
    let groups = select.groups.iter().map(|group| group.collation.ok_or("an unknown collating sequence".to_owned()));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let (mut measures, mut arguments, mut shown, mut distinct) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in select.columns.iter().chain(by.iter().copied()) {
        shown.push(match (select.groups.iter().position(|group| group.text == column.text), column.aggregate()) {
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
    let rows = Select {
        distinct: false,
        columns: Vec::new(),
        groups: Vec::new(),
        having: None,
        is_aggregated: false,
        ..select.clone()
    };
    let columns: Vec<&Text> = select.groups.iter().map(|group| &group.text).chain(&arguments).collect();
    let one = Text::constant("1");
    let columns = if columns.is_empty() { vec![&one] } else { columns };
    let input = planner.delta_of(&rows, &columns)?;
    let distinct = distinct.into_iter().map(|(measure, collation, argument)| {
        let all = values_of_groups(&rows, &select.groups, &argument);
        Distinct { measure, collation, all: planner.render(&all), state: planner.state() }
    });
    let distinct = distinct.collect();
    let sums = sums(&measures, &arguments);
    let summed: Vec<&Text> = select.groups.iter().map(|group| &group.text).chain(&sums).collect();
    let restricted = recompute::restricted_to_group(&Select { distinct: false, ..select.clone() }, planner.parameters)?;
    let shown_columns: Vec<&Text> =
        select.columns.iter().chain(by.iter().copied()).map(|column| &column.text).collect();
    let rows = select_text(&restricted, &shown_columns);
    let is_derived = |occurrence: usize| planner.occurrences[occurrence].derived.is_some();
    let rows = if rows.occurrences().into_iter().any(is_derived) { None } else { Some(planner.render(&rows)) };
    Ok(Node::Accumulate(Accumulate {
        input,
        groups,
        measures,
        shown,
        grouped: !select.groups.is_empty(),
        rows,
        all: planner.render(&select_text(&Select { distinct: false, ..select.clone() }, &summed)),
        one: planner.render(&select_text(&restricted, &summed)),
        state: planner.state(),
        distinct,
    }))
}

/// How often each value comes in each group.
fn values_of_groups(rows: &Select, groups: &[Expression], value: &Text) -> Text {
    let by = groups.iter().map(|group| &group.text).chain([value]);
    let grouped = Select {
        groups: by.clone().map(|text| Expression { text: text.clone(), ..Expression::default() }).collect(),
        is_aggregated: true,
        ..rows.clone()
    };
    let count = Text::constant("count(*)");
    select_text(&grouped, &by.chain([&count]).collect::<Vec<_>>())
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
